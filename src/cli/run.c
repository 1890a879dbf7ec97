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

static int
result_show(struct cli_run *run, const struct answer *a)
{
	const json_t		*result = json_object_get(a->doc, "result");
	AUTO_BUF struct buf	 b = BUF_INIT, beside = BUF_INIT;
	struct err		 e = { 0 };

	if (run->options->json)
		return report_answer(true, a);
	if (run->lines_shown)
		return a->status;
	if (!print_raw(run->verb, result, &b, &beside))
		print_result(run->verb, result,
		    width_of_terminal(STDOUT_FILENO), &b);
	if (!buf_ok(&b, &e) || !out_text(STDOUT_FILENO, buf_str(&b), b.len,
	    &e))
		return report_error(false, &e, NULL);
	(void)out_text(STDERR_FILENO, buf_str(&beside), beside.len, NULL);
	return a->status;
}

static int
answer_show(struct cli_run *run, const struct plan *plan,
    const struct answer *a)
{
	struct err	e = { 0 };
	int		status;

	if (json_object_get(a->doc, "plan") != NULL)
		return run_plan(run, plan, a);
	if (answer_is_ok(a, &e))
		return result_show(run, a);
	status = report_answer(run->options->json, a);
	if (e.domain == ERR_USAGE)
		report_see(run->verb);
	return status;
}

int
run_verb(struct cli_run *run)
{
	AUTO_PLAN struct plan		*plan = NULL;
	AUTO_ANSWER struct answer	 a = { 0 };
	struct ctx			*ctx = run->ctx;
	struct err			 e = { 0 };

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
	engine_call(run, run->verb, run->params, &plan, &a);
	cli_progress_clear(&run->progress);
	report_banner(run);
	return answer_show(run, plan, &a);
}
