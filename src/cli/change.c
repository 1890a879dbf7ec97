/*
 * A changing verb on the command line: the plan is shown, somebody agrees (a
 * person, --yes, or --yes=HASH), exactly that plan is applied.  Whoever
 * cannot be asked has not agreed.
 */
#include "parts.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
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

static void
command_line(const struct cli_run *run, const struct verb *v,
    const json_t *params, const char *extra, struct buf *out)
{
	answer_command(run->ctx, run->options->state, v, params, extra, out);
}

static bool
is_blocked(const json_t *doc)
{
	return json_array_size(json_object_get(doc, "blocked")) > 0;
}

static void
plan_show(struct cli_run *run, const json_t *doc)
{
	AUTO_BUF struct buf	 b = BUF_INIT, command = BUF_INIT;
	char			 yes[sizeof("--yes=") + HASH_SHOWN];

	if (run->options->json)
		return;
	snprintf(yes, sizeof(yes), "--yes=%.*s", HASH_SHOWN,
	    json_text(doc, "hash"));
	command_line(run, run->verb, run->params, yes, &command);
	print_plan(doc, is_blocked(doc) ? NULL : buf_str(&command), &b);
	say(&b);
}

static int
nothing_to_do(struct cli_run *run, const struct answer *preview)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (run->options->json)
		return report_answer(true, preview);
	print_plan(json_object_get(preview->doc, "plan"), NULL, &b);
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
agree(struct cli_run *run, const char *hash, int *within_s, struct err *e)
{
	const struct cli_options	*o = run->options;
	int				 within = CONFIRM_DEFAULT_S;
	enum cli_answer			 answer;

	if (o->yes_hash[0] != '\0' && !str_starts(hash,
	    o->yes_hash)) {
		err_set(e, ERR_CHANGED, 0, T_CHANGED, HASH_SHOWN, o->yes_hash,
		    HASH_SHOWN, hash);
		return err_hint(e, T_CHANGED_HINT);
	}
	if (o->yes)
		return true;
	if (o->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		err_set(e, ERR_REFUSED, 0, T_NEEDS_YES);
		return err_hint(e, T_NEEDS_YES_HINT, HASH_SHOWN,
		    hash);
	}
	if (*within_s > 0)
		within = *within_s;
	if (!ask(run, within, &answer, e))
		return false;
	if (answer == ANSWER_NO)
		return err_set(e, ERR_CANCELLED, 0, T_ANSWER_NO);
	if (answer == ANSWER_CONFIRM)
		*within_s = within;
	return true;
}

/* "Done, verified at 14:03:22: admin add ... · undo: ..." */
static void
done_show(struct cli_run *run, const struct answer *a)
{
	AUTO_BUF struct buf	 b = BUF_INIT, line = BUF_INIT;
	const json_t		*job = json_object_get(a->doc, "job");
	const struct verb	*undo = registry_verb(run->ctx->registry,
				    "job.undo");
	AUTO_JSON json_t	*id = json_pack("{s:s}", "id", json_text(job,
				    "id"));
	time_t			 at = (time_t)(a->ended_ms / 1000);
	char			 clock[16] = "";
	struct tm		 tm;

	if (localtime_r(&at, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	call_words(run, &line);
	buf_printf(&b, json_flag(job, "verified") ? T_DONE :
	    T_DONE_UNVERIFIED, clock, buf_str(&line));
	if (undo != NULL) {
		buf_puts(&b, T_DONE_UNDO);
		command_line(run, undo, id, NULL, &b);
	}
	buf_putc(&b, '\n');
	say(&b);
}

static int
applied_show(struct cli_run *run, const json_t *doc, const struct answer *a)
{
	const json_t	*now = json_object_get(a->doc, "plan");
	const json_t	*job = json_object_get(a->doc, "job");
	struct err	 e = { 0 };

	if (answer_is_ok(a, &e)) {
		if (!run->options->json && job != NULL)
			done_show(run, a);
	} else if (job == NULL && e.domain == ERR_CHANGED && now != NULL &&
	    !str_equal(json_text(now, "hash"), json_text(doc, "hash"))) {
		plan_show(run, now);
	}
	return report_answer(run->options->json, a);
}

/*
 * The change is made and will be undone unless it is confirmed: here by
 * typing yes, elsewhere by job confirm.
 */
static void
wait_confirmed(struct cli_run *run, int within_s, struct answer *a)
{
	AUTO_BUF struct buf	 command = BUF_INIT;
	const struct verb	*v = registry_verb(run->ctx->registry,
				    "job.confirm");
	AUTO_JSON json_t	*id = json_pack("{s:s}", "id", json_text(
				    json_object_get(a->doc, "job"), "id"));

	if (v != NULL)
		command_line(run, v, id, NULL, &command);
	confirm_wait(run, within_s, buf_str(&command), a);
}

static int
apply(struct cli_run *run, const struct plan *plan, const json_t *doc,
    int within_s)
{
	AUTO_ANSWER struct answer	 a = { 0 };
	const json_t			*job;

	engine_apply(run, run->verb, run->params, plan, json_text(doc,
	    "hash"), within_s, &a);
	cli_progress_clear(&run->progress);
	job = json_object_get(a.doc, "job");
	if (within_s > 0 && json_flag(a.doc, "ok") && str_equal(json_str(job,
	    "state"), job_state_name(JOB_WAITING)))
		wait_confirmed(run, within_s, &a);
	return applied_show(run, doc, &a);
}

int
run_plan(struct cli_run *run, const struct plan *plan,
    const struct answer *preview)
{
	const json_t	*doc = json_object_get(preview->doc, "plan");
	int		 within_s = (int)run->options->confirm_within_s;
	struct err	 e = { 0 };

	if (is_blocked(doc)) {
		plan_show(run, doc);
		return report_answer(run->options->json, preview);
	}
	if (json_flag(doc, "empty"))
		return nothing_to_do(run, preview);
	plan_show(run, doc);
	if (run->options->dry_run)
		return report_answer(run->options->json, preview);
	if (!agree(run, json_text(doc, "hash"), &within_s, &e))
		return report_error(run->options->json, &e, doc);
	return apply(run, plan, doc, within_s);
}
