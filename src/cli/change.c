/*
 * A changing verb on the command line: the plan is shown, somebody agrees (a
 * person, --yes, or --yes=HASH), exactly that plan is applied.  Whoever
 * cannot be asked has not agreed.
 */
#include "parts.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define HASH_SHOWN		8
#define CONFIRM_DEFAULT_S	60
#define ASK_TIMES		3

static void
say(const struct buf *b)
{
	(void)out_text(STDOUT_FILENO, buf_str(b), b->len, NULL);
}

/*
 * A call as it would be typed again, with extra options in front.  The
 * verb's own line has --site; --state is only ours to know.
 */
static void
command_line(const struct cli_run *run, const struct verb *v,
    const json_t *params, const char *extra, struct buf *out)
{
	const char *const	 argv[] = { "--state", run->options->state,
				    NULL };
	AUTO_BUF struct buf	 line = BUF_INIT;
	const char		*rest;

	verb_command(run->ctx, v, params, &line);
	rest = buf_str(&line);
	rest += strcspn(rest, " ");
	buf_puts(out, "stconsole");
	if (argv[1] != NULL) {
		buf_putc(out, ' ');
		proc_argv_show(argv, out);
	}
	if (extra != NULL)
		buf_printf(out, " %s", extra);
	buf_puts(out, rest);
}

static void
plan_show(struct cli_run *run, const struct plan *plan, const json_t *doc)
{
	AUTO_BUF struct buf	 b = BUF_INIT, command = BUF_INIT;
	char			 yes[sizeof("--yes=") + HASH_SHOWN];

	if (run->options->json)
		return;
	snprintf(yes, sizeof(yes), "--yes=%.*s", HASH_SHOWN, plan_hash(plan));
	command_line(run, run->verb, run->params, yes, &command);
	print_plan(doc, plan_is_blocked(plan) ? NULL : buf_str(&command), &b);
	say(&b);
}

static int
nothing_to_do(struct cli_run *run, const json_t *doc)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (run->options->json)
		return report_value("plan", json_deep_copy(doc));
	print_plan(doc, NULL, &b);
	say(&b);
	return EXIT_DONE;
}

/* "c" is offered where a mistake can lock people out or drop their calls. */
static bool
may_confirm(const struct verb *v)
{
	return v->risk == RISK_ACCESS || v->risk == RISK_SERVICE;
}

bool
cli_answer_parse(const char *line, bool with_confirm,
    enum cli_answer *answer)
{
	static const char *const yes[] = { "y", "yes" };
	static const char *const no[] = { "n", "no", "" };
	size_t i;

	for (i = 0; i < LENGTH(yes); i++)
		if (str_equal_nocase(line, yes[i])) {
			*answer = ANSWER_YES;
			return true;
		}
	for (i = 0; i < LENGTH(no); i++)
		if (str_equal_nocase(line, no[i])) {
			*answer = ANSWER_NO;
			return true;
		}
	*answer = ANSWER_CONFIRM;
	return with_confirm && str_equal_nocase(line, "c");
}

/* The words of a call without "stconsole" and the site: " admin add ...". */
static void
call_words(const struct cli_run *run, struct buf *out)
{
	AUTO_BUF struct buf	 line = BUF_INIT;
	struct ctx		 bare = *run->ctx;

	bare.site_wanted = NULL;
	verb_command(&bare, run->verb, run->params, &line);
	buf_puts(out, buf_str(&line) + strcspn(buf_str(&line), " "));
}

/* Names what is changed, and where. */
static void
question(const struct cli_run *run, int confirm_within_s, struct buf *out)
{
	AUTO_BUF struct buf	 what = BUF_INIT;
	const char		*site = run->ctx->site_wanted;

	call_words(run, &what);
	if (site != NULL && !run->verb->no_site)
		buf_printf(out, T_ASK_SITE, buf_str(&what), site);
	else
		buf_printf(out, T_ASK, buf_str(&what));
	buf_putc(out, '\n');
	if (may_confirm(run->verb)) {
		buf_printf(out, T_ASK_CONFIRM, confirm_within_s);
		buf_putc(out, '\n');
	}
	buf_puts(out, may_confirm(run->verb) ? T_ASK_END_CONFIRM : T_ASK_END);
}

static bool
ask(struct cli_run *run, int confirm_within_s, enum cli_answer *answer,
    struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			 line[64];
	int			 i;

	question(run, confirm_within_s, &b);
	for (i = 0; i < ASK_TIMES; i++) {
		say(&b);
		if (!cli_line_read(run->ctx->cancel, line, sizeof(line), e))
			return false;
		if (cli_answer_parse(line, may_confirm(run->verb), answer))
			return true;
		width_clean_line(line);
		buf_reset(&b);
		buf_printf(&b, T_ASK_AGAIN, line);
		buf_putc(&b, '\n');
		question(run, confirm_within_s, &b);
	}
	*answer = ANSWER_NO;
	return true;
}

/* Whether this very plan may be applied; fills *e when not. */
static bool
agree(struct cli_run *run, const struct plan *plan,
    struct job_options *options, struct err *e)
{
	const struct cli_options	*o = run->options;
	int				 within = CONFIRM_DEFAULT_S;
	enum cli_answer			 answer;

	if (o->yes_hash[0] != '\0' && !str_starts(plan_hash(plan),
	    o->yes_hash)) {
		err_set(e, ERR_CHANGED, 0, T_CHANGED, HASH_SHOWN, o->yes_hash,
		    HASH_SHOWN, plan_hash(plan));
		return err_hint(e, T_CHANGED_HINT);
	}
	if (o->yes)
		return true;
	if (o->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		err_set(e, ERR_REFUSED, 0, T_NEEDS_YES);
		return err_hint(e, T_NEEDS_YES_HINT, HASH_SHOWN,
		    plan_hash(plan));
	}
	if (options->confirm_within_s > 0)
		within = options->confirm_within_s;
	if (!ask(run, within, &answer, e))
		return false;
	if (answer == ANSWER_NO)
		return err_set(e, ERR_CANCELLED, 0, T_ANSWER_NO);
	if (answer == ANSWER_CONFIRM)
		options->confirm_within_s = within;
	return true;
}

/* "Done, verified at 14:03:22: admin add ... · undo: ..." */
static void
done_show(struct cli_run *run, const struct job_result *job)
{
	AUTO_BUF struct buf	 b = BUF_INIT, line = BUF_INIT;
	const struct verb	*undo = registry_verb(run->ctx->registry,
				    "job.undo");
	AUTO_JSON json_t	*id = json_pack("{s:s}", "id", job->id);
	time_t			 at = (time_t)(job->ended_ms / 1000);
	char			 clock[16] = "";
	struct tm		 tm;

	if (localtime_r(&at, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	call_words(run, &line);
	buf_printf(&b, job->verified ? T_DONE : T_DONE_UNVERIFIED, clock,
	    buf_str(&line));
	if (undo != NULL) {
		buf_puts(&b, T_DONE_UNDO);
		command_line(run, undo, id, NULL, &b);
	}
	buf_putc(&b, '\n');
	say(&b);
}

static int
done(struct cli_run *run, const json_t *doc, const struct job_result *job)
{
	int	 status = exit_from_job(job->state, job->verified), shown;
	json_t	*all;

	if (!run->options->json) {
		if (job->id[0] != '\0')
			done_show(run, job);
		return status;
	}
	if (job->id[0] == '\0')
		return report_value("plan", json_deep_copy(doc));
	all = json_pack("{s:b, s:O, s:o}", "ok", true, "plan", doc, "job",
	    report_job(job));
	shown = report_document(all);
	return shown != EXIT_DONE ? shown : status;
}

static int
failed(struct cli_run *run, const json_t *doc, const struct plan *now,
    const struct job_result *job, const struct err *e)
{
	AUTO_JSON json_t	*job_doc = job->id[0] != '\0' ?
				    report_job(job) : NULL;
	AUTO_JSON json_t	*now_doc = now != NULL && job->id[0] == '\0' &&
				    e->domain == ERR_CHANGED ?
				    plan_json(now) : NULL;
	int			 status;

	if (now_doc != NULL)
		plan_show(run, now, now_doc);
	status = report_error(run->options->json, e,
	    now_doc != NULL ? now_doc : doc, job_doc);
	if (job->id[0] != '\0' && exit_from_job(job->state, job->verified) !=
	    EXIT_DONE)
		return exit_from_job(job->state, job->verified);
	return status;
}

/*
 * The change is made and will be undone unless it is confirmed: here by
 * typing yes, elsewhere by job confirm.
 */
static bool
wait_confirmed(struct cli_run *run, const struct job_options *options,
    struct job_result *job, struct err *e)
{
	AUTO_BUF struct buf	 command = BUF_INIT;
	const struct verb	*v = registry_verb(run->ctx->registry,
				    "job.confirm");
	AUTO_JSON json_t	*id = json_pack("{s:s}", "id", job->id);

	if (v != NULL)
		command_line(run, v, id, NULL, &command);
	return confirm_wait(run, options->confirm_within_s,
	    buf_str(&command), job, e);
}

static int
apply(struct cli_run *run, const struct plan *plan, const json_t *doc,
    const struct job_options *options)
{
	AUTO_PLAN struct plan	*now = NULL;
	struct job_result	 job = { .id = "" };
	struct err		 e = { 0 };
	bool			 ok;

	ok = job_apply_shown(run->ctx, run->verb, run->params, plan, options,
	    &now, &job, &e);
	cli_progress_clear(&run->progress);
	if (ok && job.state == JOB_WAITING && options->confirm_within_s > 0)
		ok = wait_confirmed(run, options, &job, &e);
	return ok ? done(run, doc, &job) : failed(run, doc, now, &job, &e);
}

int
run_plan(struct cli_run *run, struct plan *plan)
{
	AUTO_JSON json_t	*doc = plan_json(plan);
	struct job_options	 options = {
		.confirm_within_s = (int)run->options->confirm_within_s
	};
	struct err		 e = { 0 };

	if (doc == NULL) {
		err_nomem(&e);
		return report_error(run->options->json, &e, NULL, NULL);
	}
	if (plan_is_blocked(plan)) {
		plan_show(run, plan, doc);
		plan_blocked_err(plan, &e);
		return report_error(run->options->json, &e, doc, NULL);
	}
	if (plan_is_empty(plan))
		return nothing_to_do(run, doc);
	plan_show(run, plan, doc);
	if (run->options->dry_run)
		return run->options->json ?
		    report_value("plan", json_incref(doc)) : EXIT_DONE;
	if (!agree(run, plan, &options, &e))
		return report_error(run->options->json, &e, doc, NULL);
	return apply(run, plan, doc, &options);
}
