/*
 * The verbs that show and steer jobs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/audit.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"

#include "core.h"
#include "text.def"

static json_t *
job_summary(const struct job_file *f)
{
	const json_t	*plan = json_object_get(f->meta, "plan");
	json_t		*steps = job_file_steps(f);
	size_t		 count = json_array_size(steps);

	json_decref(steps);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I}", "id",
	    f->id, "created", json_text(f->meta, "created"), "user",
	    json_text(f->meta, "user"), "site", json_text(f->meta,
	    "site_wanted"), "verb", json_text(plan, "verb"), "state",
	    job_state_name(job_file_state(f)), "verified",
	    job_file_verified(f), "steps", (json_int_t)count);
}

/*
 * A job that cannot be read may have changed something: it is named.  A
 * folder whose plan.json was never finished is no job; it is passed.
 */
static bool
damaged_add(struct ctx *ctx, const char *id, const struct err *why,
    json_t *out, struct err *e)
{
	AUTO_FREE char *path = store_path(ctx->store, "jobs/%s/plan.json", id);

	if (path == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, path))
		return true;
	return json_array_append_new(out, json_pack("{s:s, s:o}", "id", id,
	    "problem", json_lossy(why->msg, strlen(why->msg)))) == 0 ? true :
	    err_nomem(e);
}

bool
job_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*ids = job_file_ids(ctx, e);
	AUTO_JSON json_t	*out = json_array();
	AUTO_JSON json_t	*damaged = json_array();
	const json_t		*id;
	struct err		 why = { 0 };
	int64_t			 limit = json_int(params, "limit", 50);
	struct job_file		 f;
	size_t			 i;

	if (ids == NULL)
		return false;
	if (out == NULL || damaged == NULL)
		return err_nomem(e);
	json_array_foreach (ids, i, id) {
		if ((int64_t)json_array_size(out) >= limit)
			break;
		if (!job_file_open(ctx, json_string_value(id), &f, &why)) {
			if (!damaged_add(ctx, json_string_value(id), &why,
			    damaged, e))
				return false;
			continue;
		}
		json_array_append_new(out, job_summary(&f));
		job_file_fini(&f);
	}
	*result = json_pack("{s:O, s:O}", "jobs", out, "damaged", damaged);
	return *result != NULL ? true : err_nomem(e);
}

static json_t *
step_summary(const struct job_file *f, const json_t *step)
{
	struct step_record	 r;
	const json_t		*why = json_object_get(job_file_line(f,
	    json_text(step, "id"), "failed"), "data");
	json_t			*out;

	job_file_step(f, json_text(step, "id"), &r);
	out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s*}", "id",
	    json_text(step, "id"), "kind", json_text(step, "kind"), "title",
	    json_text(step, "title"), "undo", json_text(step, "undo"),
	    "state", r.is_done && r.was_done_before ? "already" : r.is_done ?
	    "done" : r.has_intent ? "begun" : "open", "verified",
	    r.is_verified, "reason", r.is_done ? NULL :
	    json_str(why, "message"));
	return out;
}

bool
job_show_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*steps = NULL;
	AUTO_JSON json_t	*list = json_array();
	AUTO_JSON json_t	*job = NULL;
	const json_t		*step;
	struct job_file		 f;
	size_t			 i;

	if (!job_file_open(ctx, json_text(params, "id"), &f, e))
		return false;
	steps = job_file_steps(&f);
	json_array_foreach (steps, i, step)
		json_array_append_new(list, step_summary(&f, step));
	job = job_summary(&f);
	json_object_set(job, "steps", list);
	json_object_set(job, "journal", f.lines);
	job_file_fini(&f);
	*result = TAKE(job);
	return *result != NULL ? true : err_nomem(e);
}

static json_t *
result_json(const struct job_result *r)
{
	return json_pack("{s:s, s:s, s:b}", "id", r->id, "state",
	    job_state_name(r->state), "verified", r->verified);
}

bool
job_resume_direct(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	struct job_result r;

	if (!job_resume(ctx, json_text(params, "id"), &r, e))
		return false;
	*result = json_pack("{s:o}", "job", result_json(&r));
	return *result != NULL ? true : err_nomem(e);
}

bool
job_confirm_direct(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	const char *id = json_text(params, "id");

	if (!job_confirm(ctx, id, e))
		return false;
	*result = json_pack("{s:{s:s, s:s, s:b}}", "job", "id", id, "state",
	    "done", "verified", 1);
	return *result != NULL ? true : err_nomem(e);
}

/* A file, not a signal: it reaches a job on whatever thread or host user. */
bool
job_cancel_direct(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_FREE char	*wish = NULL;
	struct job_file	 f;
	enum job_state	 state;
	bool		 ok;

	if (!job_file_open(ctx, json_text(params, "id"), &f, e))
		return false;
	state = job_file_state(&f);
	wish = job_file_path(&f, "cancel");
	ok = job_may_steer(ctx, &f, e);
	job_file_fini(&f);
	if (!ok)
		return false;
	if (state != JOB_RUNNING)
		return err_set(e, ERR_REFUSED, 0, T_JOB_NOT_RUNNING,
		    json_text(params, "id"), job_state_name(state));
	if (wish == NULL || !file_write(AT_FDCWD, wish, "", 0, 0600, e))
		return false;
	*result = json_pack("{s:{s:s, s:s}}", "job", "id",
	    json_text(params, "id"), "asked", "cancel");
	return *result != NULL ? true : err_nomem(e);
}

bool
job_guard_direct(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	if (!guard_watch(ctx, json_text(params, "id"), e))
		return false;
	*result = json_object();
	return *result != NULL ? true : err_nomem(e);
}

bool
lock_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	json_t *list = lock_list(ctx, e);

	(void)params;
	*result = list != NULL ? json_pack("{s:o}", "locks", list) : NULL;
	return *result != NULL;
}

/* --- takeover --------------------------------------------------------- */

static const json_t *
holder_of(const json_t *locks, const char *job)
{
	const json_t	*lock;
	size_t		 i;

	json_array_foreach (locks, i, lock)
		if (json_flag(lock, "held") &&
		    strcmp(json_text(lock, "job"), job) == 0)
			return lock;
	return NULL;
}

bool
job_takeover_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_JSON json_t	*locks = NULL;
	const char		*id = json_text(params, "id");
	const json_t		*who;
	struct job_file		 f;
	enum job_state		 state;
	bool			 ok;
	pid_t			 pid;

	if (!job_file_open(ctx, id, &f, e))
		return false;
	state = job_file_state(&f);
	ok = job_may_steer(ctx, &f, e) && ctx_site_adopt(ctx, id,
	    json_text(f.meta, "site"), json_text(f.meta, "site_wanted"), e);
	job_file_fini(&f);
	locks = ok ? lock_list(ctx, e) : NULL;
	if (locks == NULL)
		return false;
	who = holder_of(locks, id);
	if (who == NULL)
		return err_set(e, ERR_REFUSED, 0, T_JOB_NOT_RUNNING, id,
		    job_state_name(state));
	pid = (pid_t)json_int(who, "pid", 0);
	if (pid == getpid()) {
		err_set(e, ERR_REFUSED, 0, T_JOB_TAKEN_OURS, id);
		return err_hint(e, T_JOB_TAKEN_OURS_HINT, id);
	}
	return plan_note_add(plan, e, T_JOB_TAKEN_NOTE) &&
	    plan_step_add(plan, &(struct step_spec){
	    .action = "job.end_holder", .args = json_pack("{s:s, s:i, s:I}",
	    "job", id, "pid", (int)pid, "start",
	    (json_int_t)proc_start_time(pid)), .risk = RISK_DATA }, e,
	    T_JOB_TAKEN, id, (int)pid, json_text(who, "user"),
	    json_text(who, "since"));
}

bool
audit_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	json_t *lines = audit_read(ctx->store,
	    (size_t)json_int(params, "limit", 50), e);

	*result = lines != NULL ? json_pack("{s:o}", "lines", lines) : NULL;
	return *result != NULL;
}

bool
audit_verify_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	int64_t lines;

	(void)params;
	if (!audit_verify(ctx->store, &lines, e))
		return false;
	*result = json_pack("{s:I, s:b}", "lines", (json_int_t)lines,
	    "intact", 1);
	return *result != NULL ? true : err_nomem(e);
}
