/*
 * One step: probe, write the intent, act, probe again, write the outcome.
 * Each line is on disk before the next phase, so whoever comes after a kill
 * knows what may have happened; what did happen the probe tells.
 */
#include <fcntl.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "core.h"
#include "step.h"
#include "text.def"

bool
step_note(struct step *s, const char *phase, json_t *data, struct err *e)
{
	return journal_add(s->run->journal, s->id, phase, data, e);
}

static void
step_report(struct step *s, const char *phase)
{
	struct progress *p = s->run->ctx->progress;

	if (p == NULL)
		return;
	p->now.title = s->title;
	p->now.phase = phase;
	p->now.done = p->now.total = 0;
	p->now.unit = "";
	p->now.per_second = 0;
	p->now.left_s = -1;
	p->since_ms = clock_mono_ms(s->run->ctx->clock);
	p->report(p->arg, &p->now);
}

void
progress_partial(struct ctx *ctx, json_t *result)
{
	if (result != NULL && ctx->progress != NULL &&
	    ctx->progress->partial != NULL)
		ctx->progress->partial(ctx->progress->arg, result);
	else
		json_decref(result);
}

void
progress_amount(struct ctx *ctx, int64_t done, int64_t total,
    const char *unit)
{
	struct progress	*p = ctx->progress;
	double		 seconds;

	if (p == NULL)
		return;
	seconds = (double)(clock_mono_ms(ctx->clock) - p->since_ms) / 1000;
	p->now.done = done;
	p->now.total = total;
	p->now.unit = unit;
	p->now.per_second = seconds > 0.5 ? (double)done / seconds : 0;
	p->now.left_s = p->now.per_second > 0 && total > 0 ?
	    (int64_t)((double)(total - done) / p->now.per_second) : -1;
	p->report(p->arg, &p->now);
}

/* STATE/jobs/ID/cancel is how another process says stop. */
bool
run_is_stopped(struct run *run, struct err *e)
{
	AUTO_FREE char	*wish = job_file_path(run->file, "cancel");
	struct cancel	*c = run->ctx->cancel;

	if (wish != NULL && c != NULL && c->wanted == CANCEL_NO &&
	    file_exists(AT_FDCWD, wish))
		cancel_request(c, CANCEL_ASKED);
	return !cancel_check(c, e);
}

static bool
step_probe(struct step *s, enum probe *found, json_t *seen, struct err *e)
{
	return s->action->probe(s->run->ctx, s->args, s->memo, found, seen, e);
}

enum step_end
step_failed(struct step *s, struct err *e)
{
	struct err why = e != NULL ? *e : (struct err){ 0 };

	step_note(s, "failed", json_pack("{s:s, s:i, s:s}", "domain",
	    err_domain_name(why.domain), "code", why.code, "message",
	    why.msg), NULL);
	if (why.domain == ERR_CANCELLED)
		return STEP_END_STOPPED;
	err_context(e, T_JOB_STEP_FAILED, s->id, s->title);
	return STEP_END_FAILED;
}

enum step_end
step_done(struct step *s, bool already, bool verified, json_t *seen,
    struct err *e)
{
	if (!verified)
		s->run->all_verified = false;
	return step_note(s, "done", json_pack("{s:b, s:b, s:o}", "already",
	    already, "verified", verified, "seen", seen), e) ?
	    STEP_END_DONE : STEP_END_FAILED;
}

/* With the reason when the last probe knew one. */
static void
wait_over(const json_t *seen, int64_t gone_s, struct err *e)
{
	const char *why = json_text(seen, "why");

	if (*why != '\0')
		err_set(e, ERR_JOB, 0, T_JOB_STEP_TIMEOUT_WHY,
		    (long long)gone_s, why);
	else
		err_set(e, ERR_JOB, 0, T_JOB_STEP_TIMEOUT,
		    (long long)gone_s);
}

/* WAIT and VERIFY: probes until it holds, the time is over or a stop. */
static enum step_end
step_wait(struct step *s, struct err *e)
{
	struct run	*run = s->run;
	int64_t		 limit_s = json_int(s->args, "timeout_s",
	    ACTION_TIMEOUT_S);
	int64_t		 poll_ms = json_int(s->args, "poll_ms",
	    ACTION_POLL_MS);
	int64_t		 start = clock_mono_ms(run->ctx->clock), gone;
	enum probe	 found;
	struct err	 why;

	for (;;) {
		AUTO_JSON json_t *seen = json_object();

		err_clear(&why);

		gone = (clock_mono_ms(run->ctx->clock) - start) / 1000;
		/* What restarts does not answer; that is what is waited for. */
		found = PROBE_TODO;
		if (!step_probe(s, &found, seen, &why)) {
			if (!why.retryable || gone >= limit_s) {
				err_copy(e, &why);
				return step_failed(s, e);
			}
			found = PROBE_TODO;
		}
		if (found == PROBE_DONE)
			return step_done(s, false, true, TAKE(seen), e);
		if (found == PROBE_CHANGED || gone >= limit_s) {
			wait_over(seen, gone, e);
			return step_failed(s, e);
		}
		progress_amount(run->ctx, gone, limit_s, "s");
		cancel_wait(run->ctx->cancel, (int)poll_ms);
		if (run_is_stopped(run, e))
			return STEP_END_STOPPED;
	}
}

static enum step_end
step_manual(struct step *s, enum probe found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *kept = seen;

	/* Resuming the job was what this step waited for. */
	if (found == PROBE_TODO && s->action->is_pause &&
	    job_file_line(s->run->file, s->id, "held") != NULL)
		found = PROBE_DONE;
	if (found == PROBE_DONE)
		return step_done(s, false, true, TAKE(kept), e);
	step_note(s, "held", TAKE(kept), NULL);
	err_set(e, ERR_REFUSED, 0, T_JOB_HELD, s->run->file->id, s->title);
	err_hint(e, T_JOB_HELD_HINT, s->run->file->id);
	return STEP_END_HELD;
}

/*
 * After acting: is it so?  A probe that fails leaves "not verified"; one that
 * was told to stop leaves the question to whoever resumes the job.
 */
static enum step_end
step_verify(struct step *s, struct err *e)
{
	AUTO_JSON json_t	*seen = json_object();
	enum probe		 found = PROBE_TODO;
	struct err		 why = { 0 };
	bool			 is_answered;

	if (s->action->is_momentary)
		return step_done(s, false, true, TAKE(seen), e);
	step_report(s, "verify");
	is_answered = step_probe(s, &found, seen, &why);
	if (!is_answered && why.domain == ERR_CANCELLED) {
		err_copy(e, &why);
		return step_failed(s, e != NULL ? e : &why);
	}
	if (!is_answered)
		return step_done(s, false, false, json_pack("{s:s}", "reason",
		    why.msg), e);
	if (found == PROBE_DONE)
		return step_done(s, false, true, TAKE(seen), e);
	err_set(e, ERR_JOB, 0, T_JOB_STEP_NOT_SO, s->id, s->title);
	step_note(s, "failed", TAKE(seen), NULL);
	return STEP_END_FAILED;
}

/* The act failed: perhaps only its answer was lost. */
static enum step_end
step_act_failed(struct step *s, struct err *e)
{
	AUTO_JSON json_t	*seen = json_object();
	enum probe		 found = PROBE_TODO;

	if (!s->action->is_momentary && e->domain != ERR_CANCELLED &&
	    step_probe(s, &found, seen, NULL) && found == PROBE_DONE)
		return step_done(s, false, true, TAKE(seen), e);
	return step_failed(s, e);
}

static enum step_end
step_act(struct step *s, json_t *seen, struct err *e)
{
	AUTO_JSON json_t	*before = seen;
	struct err		 why = { 0 };

	if (s->memo == NULL) {
		s->memo = json_object();
		if (s->memo == NULL || (s->action->prepare != NULL &&
		    !s->action->prepare(s->run->ctx, s->args, s->memo, e)))
			return step_failed(s, e);
	}
	if (!step_note(s, "intent", json_pack("{s:O, s:O}", "memo", s->memo,
	    "seen", before), e))
		return STEP_END_FAILED;
	step_report(s, "act");
	if (s->action->act(s->run->ctx, s->args, s->memo, &why))
		return step_verify(s, e);
	err_copy(e, &why);
	return step_act_failed(s, e != NULL ? e : &why);
}

static enum step_end
step_begin(struct step *s, bool had_intent, struct err *e)
{
	AUTO_JSON json_t	*seen = json_object();
	enum probe		 found = PROBE_TODO;

	if (s->action->kind == STEP_WAIT || s->action->kind == STEP_VERIFY)
		return step_wait(s, e);
	if (s->action->kind == STEP_EXPAND)
		return step_expand(s, e);
	step_report(s, "probe");
	if (!step_probe(s, &found, seen, e))
		return step_failed(s, e);
	if (s->action->kind == STEP_MANUAL)
		return step_manual(s, found, TAKE(seen), e);
	if (found == PROBE_DONE)
		return step_done(s, !had_intent, true, TAKE(seen), e);
	if (found == PROBE_TODO)
		return step_act(s, TAKE(seen), e);
	err_set(e, ERR_CHANGED, 0, T_JOB_STEP_CHANGED, s->id, s->title);
	err_hint(e, T_JOB_STEP_CHANGED_HINT);
	step_note(s, "failed", TAKE(seen), NULL);
	return STEP_END_FAILED;
}

enum step_end
step_run(struct run *run, const json_t *step, struct err *e)
{
	const json_t		*what = json_object_get(step, "do");
	struct step_record	 record;
	struct step		 s = {
		.run = run,
		.action = registry_action(run->ctx->registry,
		    json_text(what, "action")),
		.args = json_object_get(what, "args"),
		.id = json_text(step, "id"),
		.title = json_text(step, "title")
	};
	enum step_end		 end;

	job_file_step(run->file, s.id, &record);
	if (record.is_done) {
		if (!record.is_verified)
			run->all_verified = false;
		return STEP_END_DONE;
	}
	if (s.action == NULL) {
		err_set(e, ERR_JOB, 0, T_PLAN_ACTION,
		    json_text(what, "action"));
		return STEP_END_FAILED;
	}
	if (record.memo != NULL)
		s.memo = json_deep_copy(record.memo);
	end = step_begin(&s, record.has_intent, e);
	json_decref(s.memo);
	return end;
}
