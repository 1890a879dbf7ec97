/*
 * Carrying out a plan: locks, journal, steps in order, end state.  Whatever
 * ends a job early leaves a journal that job_resume and job.undo can use.
 */
#include "stconsole/job.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/audit.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "core.h"
#include "text.def"

#define HASH_PREFIX_MIN	8

static bool
write_state(struct run *run, enum job_state state, bool verified,
    struct err *e)
{
	return journal_add(run->journal, "", "state", json_pack("{s:s, s:b}",
	    "state", job_state_name(state), "verified", verified), e);
}

static enum job_state
stop_state(const struct run *run)
{
	const struct cancel *c = run->ctx->cancel;

	return c != NULL && c->wanted == CANCEL_INTERRUPT ? JOB_INTERRUPTED :
	    JOB_CANCELLED;
}

static enum job_state
run_steps(struct run *run, const json_t *steps, struct err *e)
{
	struct progress	*p = run->ctx->progress;
	const json_t	*step;
	enum step_end	 end;
	size_t		 i;

	json_array_foreach (steps, i, step) {
		if (p != NULL) {
			p->now.job = run->file->id;
			p->now.step = (unsigned)i + 1;
			p->now.steps = (unsigned)json_array_size(steps);
		}
		end = run_is_stopped(run, NULL) ? STEP_END_STOPPED :
		    step_run(run, step, e);
		if (end == STEP_END_FAILED)
			return JOB_FAILED;
		if (end == STEP_END_HELD)
			return JOB_HELD;
		if (end == STEP_END_STOPPED) {
			err_set(e, ERR_CANCELLED, 0, T_JOB_STOPPED,
			    run->file->id, json_text(step, "id"));
			err_hint(e, T_JOB_STOPPED_HINT, run->file->id);
			return stop_state(run);
		}
	}
	return JOB_DONE;
}

static bool
is_good(enum job_state state)
{
	return state == JOB_DONE || state == JOB_WAITING;
}

/* A change that waits for "keep it?" is not done yet. */
static enum job_state
end_of(const struct run *run, enum job_state state)
{
	if (state == JOB_DONE &&
	    json_int(run->file->meta, "confirm_within_s", 0) > 0)
		return JOB_WAITING;
	return state;
}

static bool
audit_job(struct ctx *ctx, const struct job_file *f, const char *outcome,
    const struct err *why, struct err *e)
{
	const json_t		*plan = json_object_get(f->meta, "plan");
	const struct verb	*v = registry_verb(ctx->registry,
	    json_text(plan, "verb"));

	return v == NULL || audit_add(ctx, v, json_object_get(plan, "params"),
	    json_text(plan, "hash"), f->id, outcome, why, e);
}

/*
 * Who begins a change is in the audit before its first step: a job that is
 * killed and never resumed is there too.
 */
static bool
begin_job(struct run *run, struct err *e)
{
	struct err why = { 0 };

	if (json_array_size(run->file->lines) == 0 &&
	    !audit_job(run->ctx, run->file, AUDIT_BEGUN, NULL, &why))
		return err_set(e, ERR_AUDIT, why.code, T_AUDIT_FIRST,
		    run->file->id, why.msg);
	return write_state(run, JOB_RUNNING, false, e);
}

/*
 * The audit comes before the journal's last word: a kill between them is
 * resumed and audited again, none is lost.  What cannot be audited is not
 * done.  A job that failed is no refused call, whatever its step met: the
 * domains up to ERR_UNVERIFIED speak of calls.
 */
static bool
end_job(struct run *run, enum job_state *state, struct err *e)
{
	struct err why = { 0 };

	if (*state == JOB_WAITING && !guard_restart(run->ctx, run->file, e))
		*state = JOB_FAILED;
	if (!audit_job(run->ctx, run->file, job_state_name(*state),
	    is_good(*state) ? NULL : e, &why) && is_good(*state)) {
		*state = JOB_FAILED;
		err_set(e, ERR_AUDIT, why.code, T_AUDIT_LOST, run->file->id,
		    why.msg);
	}
	if (*state == JOB_FAILED && e->domain < ERR_SYS)
		e->domain = ERR_JOB;
	if (*state == JOB_FAILED && e->hint[0] == '\0')
		err_hint(e, T_JOB_RESUME_HINT, run->file->id);
	return write_state(run, *state, run->all_verified && is_good(*state),
	    is_good(*state) ? e : NULL) && is_good(*state);
}

/* Runs what is left; the journal is open and the locks are held. */
static bool
run_job(struct run *run, struct job_result *result, struct err *e)
{
	const json_t	*plan = json_object_get(run->file->meta, "plan");
	enum job_state	 state = JOB_FAILED;
	bool		 ok;

	run->all_verified = true;
	if (begin_job(run, e))
		state = end_of(run, run_steps(run, json_object_get(plan,
		    "steps"), e));
	ok = end_job(run, &state, e);
	result->state = state;
	result->verified = run->all_verified && is_good(state);
	result->ended_ms = clock_wall_ms(run->ctx->clock);
	return ok;
}

/*
 * Whoever else resumed, confirmed or undid the job between our first look
 * and the lock on its journal has decided it: then there is nothing to run.
 */
static bool
is_settled(struct job_file *f, struct job_result *result)
{
	enum job_state s = job_file_last_state(f);

	if (s != JOB_DONE && s != JOB_UNDONE && s != JOB_WAITING)
		return false;
	result->state = s;
	result->verified = job_file_verified(f);
	return true;
}

static bool
run_file(struct ctx *ctx, struct job_file *f, struct job_result *result,
    struct err *e)
{
	AUTO_FREE char	*path = job_file_path(f, "journal");
	struct run	 run = { .ctx = ctx, .file = f };
	bool		 ok;

	snprintf(result->id, sizeof(result->id), "%s", f->id);
	if (path == NULL)
		return err_nomem(e);
	run.locks = json_copy(json_object_get(json_object_get(f->meta, "plan"),
	    "locks"));
	if (run.locks == NULL)
		return err_nomem(e);
	run.journal = journal_open(ctx->clock, path, e);
	ok = run.journal != NULL && job_file_reload(f, e);
	if (ok && !is_settled(f, result)) {
		ok = run_job(&run, result, e);
		undo_forget(ctx);
	}
	if (run.journal != NULL)
		journal_close(run.journal);
	json_decref(run.locks);
	return ok;
}

/*
 * Order matters: objects, then plan.json, then the guardian, then the first
 * change.  A kill between them leaves a job that has done nothing.
 */
static bool
start_job(struct ctx *ctx, struct plan *plan,
    const struct job_options *options, const char *id, struct job_file *f,
    struct err *e)
{
	if (!plan_blobs_store(ctx, plan, e))
		return false;
	if (!job_file_make(ctx, plan, options, id, f, e))
		return false;
	if (options->confirm_within_s > 0 && !guard_start(ctx, f, e)) {
		file_remove_tree(f->dir, NULL);
		job_file_fini(f);
		return false;
	}
	return true;
}

bool
job_run_plan(struct ctx *ctx, struct plan *plan,
    const struct job_options *options, struct job_result *result,
    struct err *e)
{
	struct lock_set	*locks;
	struct job_file	 f;
	char		 id[JOB_ID_SIZE];
	bool		 ok = false;

	memset(result, 0, sizeof(*result));
	if (!job_id_make(ctx, id, e))
		return false;
	locks = lock_take(ctx, plan_locks(plan), id, e);
	if (locks == NULL)
		return false;
	if (start_job(ctx, plan, options, id, &f, e)) {
		ok = run_file(ctx, &f, result, e);
		job_file_fini(&f);
	}
	lock_release(locks);
	return ok;
}

static bool
hash_fits(const char *hash, const char *wanted)
{
	size_t len = strlen(wanted);

	return len >= HASH_PREFIX_MIN && len <= 64 &&
	    strncmp(hash, wanted, len) == 0;
}

/* Plans again under the locks of the plan that was shown. */
bool
job_plan_again(struct ctx *ctx, const struct verb *v, const json_t *params,
    const char *hash, struct plan **now, struct err *e)
{
	json_t	*none = NULL;

	if (!verb_call(ctx, v, params, &none, now, e))
		return false;
	if (!hash_fits(plan_hash(*now), hash)) {
		err_set(e, ERR_CHANGED, 0, T_PLAN_CHANGED, hash,
		    plan_hash(*now));
		return err_hint(e, T_PLAN_CHANGED_HINT);
	}
	return true;
}

/*
 * The first planning only finds out which locks to take; the plan that is
 * carried out is made while they are held.
 */
static bool
apply_locked(struct ctx *ctx, const struct verb *v, const json_t *params,
    const char *hash, const struct job_options *options, const char *id,
    struct plan **now, struct job_result *result, struct err *e)
{
	struct job_file	 f;
	bool		 ok = false;

	if (!job_plan_again(ctx, v, params, hash, now, e))
		return false;
	if (start_job(ctx, *now, options, id, &f, e)) {
		ok = run_file(ctx, &f, result, e);
		job_file_fini(&f);
	}
	return ok;
}

bool
job_apply(struct ctx *ctx, const struct verb *v, const json_t *params,
    const char *hash, const struct job_options *options, struct plan **now,
    struct job_result *result, struct err *e)
{
	AUTO_PLAN struct plan *shown = NULL;

	memset(result, 0, sizeof(*result));
	*now = NULL;
	if (job_plan_again(ctx, v, params, hash, &shown, e))
		return job_apply_shown(ctx, v, params, shown, options, now,
		    result, e);
	if (e == NULL || e->domain == ERR_CHANGED)
		*now = TAKE(shown);
	return false;
}

bool
job_apply_shown(struct ctx *ctx, const struct verb *v, const json_t *params,
    const struct plan *shown, const struct job_options *options,
    struct plan **now, struct job_result *result, struct err *e)
{
	struct lock_set	*locks;
	struct err	 why = { 0 };
	char		 id[JOB_ID_SIZE];
	bool		 ok;

	memset(result, 0, sizeof(*result));
	*now = NULL;
	if (plan_is_blocked(shown))
		return plan_blocked_err(shown, e);
	if (plan_is_empty(shown))
		return true;
	if (!job_id_make(ctx, id, e))
		return false;
	locks = lock_take(ctx, plan_locks(shown), id, e);
	if (locks == NULL)
		return false;
	ok = apply_locked(ctx, v, params, plan_hash(shown), options, id, now,
	    result, &why);
	lock_release(locks);
	if (!ok)
		err_copy(e, &why);
	return ok;
}

static bool
resume_file(struct ctx *ctx, struct job_file *f, struct job_result *result,
    struct err *e)
{
	const json_t	*plan = json_object_get(f->meta, "plan");
	AUTO_FREE char	*wish = job_file_path(f, "cancel");
	struct lock_set	*locks;
	bool		 ok;

	if (wish == NULL || !file_remove(AT_FDCWD, wish, e))
		return false;
	locks = lock_take(ctx, json_object_get(plan, "locks"), f->id, e);
	if (locks == NULL)
		return false;
	ok = run_file(ctx, f, result, e);
	lock_release(locks);
	return ok;
}

bool
job_resume(struct ctx *ctx, const char *id, struct job_result *result,
    struct err *e)
{
	struct job_file	f;
	enum job_state	state;
	bool		ok = false;

	memset(result, 0, sizeof(*result));
	if (!job_file_open(ctx, id, &f, e))
		return false;
	state = job_file_state(&f);
	result->state = state;
	result->verified = job_file_verified(&f);
	snprintf(result->id, sizeof(result->id), "%s", f.id);
	if (!job_may_steer(ctx, &f, e)) {
		ok = false;
	} else if (state == JOB_RUNNING) {
		err_set(e, ERR_HELD, 0, T_JOURNAL_RUNS, id);
		err_hint(e, T_JOURNAL_RUNS_HINT);
	} else if (state == JOB_DONE || state == JOB_UNDONE ||
	    state == JOB_WAITING) {
		ok = true;
	} else if (ctx_site_adopt(ctx, f.id, json_text(f.meta, "site"),
	    json_text(f.meta, "site_wanted"), e)) {
		ok = resume_file(ctx, &f, result, e);
	}
	job_file_fini(&f);
	return ok;
}
