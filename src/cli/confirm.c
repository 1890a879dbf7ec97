/*
 * After a change that waits to be confirmed: whoever made it on a terminal
 * is asked to keep it.  The promise to undo it is the guardian's (job.h);
 * here only "no" hastens it.
 */
#include "parts.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

static void
tell(const struct buf *b)
{
	(void)out_text(STDERR_FILENO, buf_str(b), b->len, NULL);
}

/* The answer of the whole: what the job did, and how it ended. */
static void
ended(struct answer *a, const struct answer *last, const json_t *job)
{
	AUTO_JSON json_t	*plan = json_incref(json_object_get(a->doc,
				    "plan"));
	AUTO_JSON json_t	*end = json_deep_copy(job != NULL ? job :
				    json_object_get(a->doc, "job"));
	struct answer		 whole = { .status = last->status };
	struct err		 e = { 0 };

	if (answer_is_ok(last, &e)) {
		whole.doc = json_pack("{s:b, s:O, s:O}", "ok", true, "plan",
		    plan, "job", end);
	} else {
		answer_error(&e, plan, end, &whole);
	}
	whole.ended_ms = last->ended_ms;
	answer_fini(a);
	*a = whole;
}

static void
failed(struct answer *a, const struct err *e)
{
	AUTO_ANSWER struct answer last = { 0 };

	answer_error(e, NULL, NULL, &last);
	ended(a, &last, NULL);
}

/* The end of the job as job_wait() sees it. */
static void
waited(struct cli_run *run, struct answer *a)
{
	AUTO_ANSWER struct answer	 last = { 0 };
	AUTO_FREE char			*id = strdup(json_text(
					    json_object_get(a->doc, "job"),
					    "id"));

	engine_wait(run, id != NULL ? id : "", &last);
	ended(a, &last, json_object_get(last.doc, "job"));
}

/* Takes the change back now instead of at the end of its time. */
static void
undo_now(struct cli_run *run, struct answer *a)
{
	const json_t			*job = json_object_get(a->doc, "job");
	const struct verb		*v = registry_verb(
					    run->ctx->registry, "job.undo");
	AUTO_JSON json_t		*params = json_pack("{s:s}", "id",
					    json_text(job, "id"));
	AUTO_JSON json_t		*undone = NULL;
	AUTO_PLAN struct plan		*plan = NULL;
	AUTO_ANSWER struct answer	 last = { 0 };
	struct err			 e = { 0 };

	engine_call(run, v, params, &plan, &last);
	if (answer_is_ok(&last, &e)) {
		AUTO_JSON json_t *doc = TAKE(last.doc);

		engine_apply(run, v, params, plan, json_text(json_object_get(
		    doc, "plan"), "hash"), 0, &last);
	}
	cli_progress_clear(&run->progress);
	if (!answer_is_ok(&last, &e)) {
		failed(a, &e);
		return;
	}
	undone = json_pack("{s:s, s:s, s:b}", "id", json_text(job, "id"),
	    "state", job_state_name(JOB_UNDONE), "verified", json_flag(
	    json_object_get(last.doc, "job"), "verified"));
	err_set(&e, ERR_JOB, 0, T_CONFIRM_NO);
	answer_fini(&last);
	answer_error(&e, NULL, NULL, &last);
	ended(a, &last, undone);
}

/* Keeps it, and waits until that is so. */
static void
keep_now(struct cli_run *run, struct answer *a)
{
	const json_t			*job = json_object_get(a->doc, "job");
	AUTO_JSON json_t		*params = json_pack("{s:s}", "id",
					    json_text(job, "id"));
	const struct verb		*v = registry_verb(
					    run->ctx->registry,
					    "job.confirm");
	AUTO_PLAN struct plan		*none = NULL;
	AUTO_ANSWER struct answer	 kept = { 0 };
	struct err			 e = { 0 };

	engine_call(run, v, params, &none, &kept);
	if (answer_is_ok(&kept, &e))
		waited(run, a);
	else
		failed(a, &e);
}

/* False when nobody answers: the time is over, input ended, cancelled. */
static bool
answer_read(struct cli_run *run, int64_t end_ms, char *line, size_t size)
{
	struct pollfd	 p[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = run->ctx->cancel->fd, .events = POLLIN }
	};
	int64_t		 left = end_ms - clock_mono_ms(run->ctx->clock);
	struct err	 ignored = { 0 };

	return left > 0 && poll(p, LENGTH(p), (int)left) > 0 &&
	    cli_line_read(run->ctx->cancel, line, size, &ignored);
}

/* Only yes and no are answers; a lone Enter is none here. */
static void
keep_ask(struct cli_run *run, int within_s, struct answer *a)
{
	int64_t	 end_ms = clock_mono_ms(run->ctx->clock) + within_s * 1000LL;
	char	 line[64];

	for (;;) {
		AUTO_BUF struct buf	 b = BUF_INIT;
		enum cli_answer		 said;

		buf_puts(&b, T_CONFIRM_ASK);
		tell(&b);
		if (!answer_read(run, end_ms, line, sizeof(line)))
			break;
		if (line[0] != '\0' && cli_answer_parse(line, false, &said)) {
			if (said == ANSWER_NO)
				undo_now(run, a);
			else
				keep_now(run, a);
			return;
		}
		buf_reset(&b);
		width_clean_line(line);
		buf_printf(&b, T_CONFIRM_AGAIN, line, (int)((end_ms -
		    clock_mono_ms(run->ctx->clock)) / 1000));
		buf_putc(&b, '\n');
		tell(&b);
	}
	(void)out_text(STDERR_FILENO, "\n", 1, NULL);
	waited(run, a);
}

void
confirm_wait(struct cli_run *run, int within_s, const char *command,
    struct answer *a)
{
	AUTO_BUF struct buf b = BUF_INIT;

	buf_printf(&b, run->options->yes ? T_CONFIRM_ELSEWHERE :
	    T_CONFIRM_WITHIN, within_s);
	buf_puts(&b, command);
	buf_putc(&b, '\n');
	tell(&b);
	if (run->options->yes)
		waited(run, a);
	else
		keep_ask(run, within_s, a);
}
