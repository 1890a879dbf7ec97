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
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

static void
tell(const struct buf *b)
{
	(void)out_text(STDERR_FILENO, buf_str(b), b->len, NULL);
}

/* Takes the change back now instead of at the end of its time. */
static bool
undo_now(struct cli_run *run, struct job_result *job, struct err *e)
{
	const struct verb	*v = registry_verb(run->ctx->registry,
				    "job.undo");
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id", job->id);
	AUTO_PLAN struct plan	*plan = NULL, *now = NULL;
	struct job_options	 options = { .confirm_within_s = 0 };
	struct job_result	 undo = { .id = "" };
	json_t			*none = NULL;

	if (v == NULL || params == NULL)
		return err_nomem(e);
	if (!verb_call(run->ctx, v, params, &none, &plan, e))
		return false;
	if (plan_is_blocked(plan))
		return plan_blocked_err(plan, e);
	if (!job_apply(run->ctx, v, params, plan_hash(plan), &options, &now,
	    &undo, e))
		return false;
	cli_progress_clear(&run->progress);
	job->state = JOB_UNDONE;
	job->verified = undo.verified;
	job->ended_ms = undo.ended_ms;
	return err_set(e, ERR_JOB, 0, T_CONFIRM_NO);
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
static bool
keep_ask(struct cli_run *run, int within_s, struct job_result *job,
    struct err *e)
{
	int64_t	 end_ms = clock_mono_ms(run->ctx->clock) + within_s * 1000LL;
	char	 line[64];

	for (;;) {
		AUTO_BUF struct buf	 b = BUF_INIT;
		enum cli_answer		 answer;

		buf_puts(&b, T_CONFIRM_ASK);
		tell(&b);
		if (!answer_read(run, end_ms, line, sizeof(line)))
			break;
		if (line[0] == '\0' ||
		    !cli_answer_parse(line, false, &answer)) {
			buf_reset(&b);
			width_clean_line(line);
			buf_printf(&b, T_CONFIRM_AGAIN, line, (int)((end_ms -
			    clock_mono_ms(run->ctx->clock)) / 1000));
			buf_putc(&b, '\n');
			tell(&b);
			continue;
		}
		if (answer == ANSWER_NO)
			return undo_now(run, job, e);
		return job_confirm(run->ctx, job->id, e) &&
		    job_wait(run->ctx, job->id, job, e);
	}
	(void)out_text(STDERR_FILENO, "\n", 1, NULL);
	return job_wait(run->ctx, job->id, job, e);
}

bool
confirm_wait(struct cli_run *run, int within_s, const char *command,
    struct job_result *job, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT;

	buf_printf(&b, run->options->yes ? T_CONFIRM_ELSEWHERE :
	    T_CONFIRM_WITHIN, within_s);
	buf_puts(&b, command);
	buf_putc(&b, '\n');
	tell(&b);
	if (run->options->yes)
		return job_wait(run->ctx, job->id, job, e);
	return keep_ask(run, within_s, job, e);
}
