/*
 * A step that works out its sub-steps when it is reached: journaled before
 * the first of them, so that whoever resumes the job does the same ones.
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "step.h"
#include "text.def"

/* Sub-steps may only be of kinds that the args of the preview listed. */
static bool
expand_kinds_ok(struct step *s, const json_t *steps, struct err *e)
{
	const json_t	*kinds = json_object_get(s->args, "kinds"), *sub, *k;
	size_t		 i, n;
	bool		 listed;

	json_array_foreach (steps, i, sub) {
		listed = false;
		json_array_foreach (kinds, n, k)
			if (str_equal(json_string_value(k),
			    json_text(sub, "kind")))
				listed = true;
		if (!listed)
			return err_set(e, ERR_JOB, 0, T_EXPAND_KIND, s->id,
			    json_text(sub, "kind"));
	}
	return true;
}

/* The sub-steps get the ids "3.1", "3.2" ... */
static json_t *
steps_numbered(struct step *s, const struct plan *sub)
{
	json_t	*steps = json_deep_copy(plan_steps(sub)), *step;
	char	 id[48];
	size_t	 i;

	json_array_foreach (steps, i, step) {
		snprintf(id, sizeof(id), "%.24s.%zu", s->id, i + 1);
		json_object_set_new(step, "id", json_string(id));
	}
	return steps;
}

/* {"steps","locks"} as they are journaled. */
static json_t *
expand_now(struct step *s, struct err *e)
{
	AUTO_JSON json_t	*params = json_object();
	AUTO_PLAN struct plan	*sub = plan_new(s->run->ctx, s->title,
	    params, e);
	json_t			*steps;

	/* What they will write is on disk before they are journaled. */
	if (sub == NULL || !s->action->expand(s->run->ctx, s->args, sub, e) ||
	    !plan_blobs_store(s->run->ctx, sub, e))
		return NULL;
	if (plan_is_blocked(sub) && !plan_blocked_err(sub, e))
		return NULL;
	steps = steps_numbered(s, sub);
	if (steps == NULL)
		err_nomem(e);
	if (steps == NULL || !expand_kinds_ok(s, steps, e)) {
		json_decref(steps);
		return NULL;
	}
	return json_pack("{s:o, s:O}", "steps", steps, "locks",
	    plan_locks(sub));
}

/* As it was worked out before a kill, else now. */
static json_t *
expand_once(struct step *s, struct err *e)
{
	const json_t *line = job_file_line(s->run->file, s->id, "expand");
	json_t	*what = json_incref(json_object_get(line, "data"));

	if (what != NULL)
		return what;
	what = expand_now(s, e);
	if (what == NULL) {
		step_failed(s, e);
		return NULL;
	}
	if (step_note(s, "expand", json_incref(what), e))
		return what;
	json_decref(what);
	return NULL;
}

static bool
is_listed(const json_t *names, const json_t *name)
{
	const json_t	*have;
	size_t		 i;

	json_array_foreach (names, i, have)
		if (json_equal(have, name))
			return true;
	return false;
}

/* The locks that the job does not hold yet; added to those it holds. */
static struct lock_set *
locks_more(struct step *s, const json_t *wanted, struct err *e)
{
	AUTO_JSON json_t	*more = json_array();
	struct lock_set		*set;
	json_t			*name;
	size_t			 i;

	json_array_foreach (wanted, i, name)
		if (!is_listed(s->run->locks, name))
			json_array_append(more, name);
	set = lock_take(s->run->ctx, more, s->run->file->id, e);
	if (set != NULL)
		json_array_extend(s->run->locks, more);
	return set;
}

static void
locks_less(struct step *s, struct lock_set *set, size_t held)
{
	while (json_array_size(s->run->locks) > held)
		json_array_remove(s->run->locks,
		    json_array_size(s->run->locks) - 1);
	lock_release(set);
}

static enum step_end
steps_run(struct step *s, const json_t *steps, struct err *e)
{
	const json_t	*sub;
	enum step_end	 end;
	size_t		 i;

	json_array_foreach (steps, i, sub) {
		if (run_is_stopped(s->run, e))
			return STEP_END_STOPPED;
		end = step_run(s->run, sub, e);
		if (end != STEP_END_DONE)
			return end;
	}
	return step_done(s, false, true, json_object(), e);
}

enum step_end
step_expand(struct step *s, struct err *e)
{
	AUTO_JSON json_t	*what = expand_once(s, e);
	size_t			 held = json_array_size(s->run->locks);
	struct lock_set		*set;
	enum step_end		 end;

	if (what == NULL)
		return STEP_END_FAILED;
	set = locks_more(s, json_object_get(what, "locks"), e);
	if (set == NULL)
		return step_failed(s, e);
	end = steps_run(s, json_object_get(what, "steps"), e);
	locks_less(s, set, held);
	return end;
}
