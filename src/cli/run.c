/*
 * One verb, from the call to the exit status.  Reading verbs end here; what
 * a plan needs is in change.c.
 */
#include "parts.h"

#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

/* A line of a verb that follows; a reader that went away ends it. */
static void
line_print(void *arg, const char *line)
{
	struct cli_run		*run = arg;
	AUTO_BUF struct buf	 b = BUF_INIT;

	report_banner(run);
	run->lines_shown = true;
	buf_puts(&b, line);
	if (!buf_ok(&b, NULL))
		return;
	if (b.len > 0) {
		width_clean_line(b.data);
		b.len = strlen(b.data);
	}
	buf_putc(&b, '\n');
	if (!out_followed(STDOUT_FILENO, buf_str(&b), b.len))
		cancel_request(run->ctx->cancel, CANCEL_ASKED);
}

/*
 * What a result says about success: a test that fails is ok false, a job
 * that was resumed has its state.  status exits with its own number when it
 * is asked to.
 */
static int
result_status(const struct cli_run *run, const json_t *result)
{
	const json_t *code = json_object_get(result, "exit_code");
	const json_t *job = json_object_get(result, "job");

	if (json_flag(run->params, "exit_code") && json_is_integer(code))
		return (int)json_integer_value(code);
	if (json_is_false(json_object_get(result, "ok")))
		return EXIT_FAILED;
	if (run->verb->direct != NULL && json_str(job, "state") != NULL)
		return exit_from_job_name(json_str(job, "state"),
		    json_flag(job, "verified"));
	return EXIT_DONE;
}

static int
result_show(struct cli_run *run, json_t *result)
{
	AUTO_BUF struct buf	 b = BUF_INIT, beside = BUF_INIT;
	struct err		 e = { 0 };
	int			 status = result_status(run, result), shown;

	if (run->options->json) {
		shown = report_value("result", json_incref(result));
		return shown != EXIT_DONE ? shown : status;
	}
	if (run->lines_shown)
		return status;
	if (!print_raw(run->verb, result, &b, &beside))
		print_result(run->verb, result,
		    width_of_terminal(STDOUT_FILENO), &b);
	if (!buf_ok(&b, &e) || !out_text(STDOUT_FILENO, buf_str(&b), b.len,
	    &e))
		return report_error(false, &e, NULL, NULL);
	(void)out_text(STDERR_FILENO, buf_str(&beside), beside.len, NULL);
	return status;
}

int
run_verb(struct cli_run *run)
{
	AUTO_PLAN struct plan	*plan = NULL;
	AUTO_JSON json_t	*result = NULL;
	struct ctx		*ctx = run->ctx;
	struct err		 e = { 0 };
	bool			 ok;

	if (run->verb->direct != NULL && run->options->dry_run) {
		char typed[64];

		cli_verb_typed(run->verb->name, typed, sizeof(typed));
		err_set(&e, ERR_USAGE, 0, T_DIRECT_DRY_RUN, typed);
		return report_call_error(run->options->json, run->verb, &e);
	}
	if (run->verb->follows && !run->options->json) {
		ctx->on_line = line_print;
		ctx->on_line_arg = run;
	}
	ok = verb_call(ctx, run->verb, run->params, &result, &plan, &e);
	cli_progress_clear(&run->progress);
	report_banner(run);
	if (!ok)
		return report_call_error(run->options->json, run->verb, &e);
	return plan != NULL ? run_plan(run, plan) : result_show(run, result);
}
