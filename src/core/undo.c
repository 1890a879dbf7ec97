/*
 * Undo of a whole job is a plan like any other: its steps are the done steps
 * of the job, last first, each named by job and step id.  It has a preview,
 * a hash, a journal, and can be killed and resumed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "core.h"
#include "text.def"

struct undo_source {
	struct undo_source	*next;
	struct job_file		 file;
	json_t			*steps;		/* by id; owns them */
};

/* The original step that args name, borrowed from its source. */
struct target {
	const json_t		*args;
	const struct action	*action;
	struct step_record	 record;
};

static void
source_free(struct undo_source *s)
{
	json_decref(s->steps);
	job_file_fini(&s->file);
	free(s);
}

void
undo_forget(struct ctx *ctx)
{
	struct undo_source *s;

	while ((s = ctx->undo_sources) != NULL) {
		ctx->undo_sources = s->next;
		source_free(s);
	}
}

static bool
source_read(struct ctx *ctx, const char *job, struct undo_source *s,
    struct err *e)
{
	AUTO_JSON json_t	*steps = NULL;
	json_t			*step;
	size_t			 i;

	if (!job_file_open(ctx, job, &s->file, e))
		return false;
	steps = job_file_steps(&s->file);
	s->steps = json_object();
	json_array_foreach (steps, i, step)
		if (json_object_set(s->steps, json_text(step, "id"), step) < 0)
			return err_nomem(e);
	return steps != NULL && s->steps != NULL ? true : err_nomem(e);
}

static struct undo_source *
source_get(struct ctx *ctx, const char *job, struct err *e)
{
	struct undo_source *s;

	for (s = ctx->undo_sources; s != NULL; s = s->next)
		if (strcmp(s->file.id, job) == 0)
			return s;
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (!source_read(ctx, job, s, e)) {
		source_free(s);
		return NULL;
	}
	s->next = ctx->undo_sources;
	ctx->undo_sources = s;
	return s;
}

static bool
target_find(struct ctx *ctx, const json_t *args, struct target *t,
    struct err *e)
{
	const char		*id = json_text(args, "step");
	struct undo_source	*s = source_get(ctx, json_text(args, "job"),
	    e);
	const json_t		*what;

	memset(t, 0, sizeof(*t));
	if (s == NULL)
		return false;
	what = json_object_get(json_object_get(s->steps, id), "do");
	t->args = json_object_get(what, "args");
	t->action = registry_action(ctx->registry, json_text(what,
	    "action"));
	job_file_step(&s->file, id, &t->record);
	if (t->action != NULL && t->action->undo != NULL)
		return true;
	return err_set(e, ERR_JOB, 0, T_PLAN_ACTION, json_text(what,
	    "action"));
}

static bool
undo_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	struct target	t;
	enum probe	was = PROBE_CHANGED;
	bool		ok;

	(void)memo;
	if (!target_find(ctx, args, &t, e))
		return false;
	ok = t.action->probe(ctx, t.args, t.record.memo, &was, seen, e);
	*found = was == PROBE_DONE ? PROBE_TODO :
	    was == PROBE_TODO ? PROBE_DONE : PROBE_CHANGED;
	/* The act itself proves such an undo; it works on what it finds. */
	if (was == PROBE_CHANGED && t.action->undoes_over_change)
		*found = PROBE_TODO;
	return ok;
}

static bool
undo_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	struct target t;

	(void)memo;
	return target_find(ctx, args, &t, e) &&
	    t.action->undo(ctx, t.args, t.record.memo, e);
}

/* Undo of an undo: the step is carried out again, with what it drew then. */
static bool
undo_again(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	struct target t;

	(void)memo;
	return target_find(ctx, args, &t, e) &&
	    t.action->act(ctx, t.args, t.record.memo, e);
}

static bool
mark_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	struct job_file f;

	(void)memo;
	(void)seen;
	if (!job_file_open(ctx, json_text(args, "job"), &f, e))
		return false;
	*found = job_file_state(&f) == JOB_UNDONE ? PROBE_DONE : PROBE_TODO;
	job_file_fini(&f);
	return true;
}

static bool
mark_state(struct ctx *ctx, const json_t *args, enum job_state state,
    struct err *e)
{
	AUTO_FREE char	*path = store_path(ctx->store, "jobs/%s/journal",
	    json_text(args, "job"));
	struct journal	*j = path != NULL ?
	    journal_open(ctx->clock, path, e) : NULL;
	bool		 ok;

	if (j == NULL)
		return path != NULL ? false : err_nomem(e);
	ok = journal_add(j, "", "state", json_pack("{s:s, s:b}", "state",
	    job_state_name(state), "verified", 1), e);
	journal_close(j);
	return ok;
}

static bool
mark_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return mark_state(ctx, args, JOB_UNDONE, e);
}

static bool
mark_again(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return mark_state(ctx, args, JOB_DONE, e);
}

static const struct action actions[] = {
	{ .name = "job.undo_step", .kind = STEP_WRITE, .probe = undo_probe,
	  .act = undo_act, .undo = undo_again },
	{ .name = "job.undo_over_change", .kind = STEP_WRITE,
	  .probe = undo_probe, .act = undo_act, .is_momentary = true },
	{ .name = "job.mark_undone", .kind = STEP_WRITE, .probe = mark_probe,
	  .act = mark_act, .undo = mark_again }
};

const struct service undo_service = {
	"undo", NULL, 0, actions, LENGTH(actions)
};

/* Whether this step still has something to take back, and how. */
/* The step's diff the other way round: what comes back, what goes. */
static void
diff_turn(const char *diff, struct buf *out)
{
	const char	*nl;
	size_t		 len;
	char		 c;

	for (; *diff != '\0'; diff += len) {
		nl = strchr(diff, '\n');
		len = nl != NULL ? (size_t)(nl - diff) + 1 : strlen(diff);
		c = *diff;
		if (strncmp(diff, "--- ", 4) != 0 &&
		    strncmp(diff, "+++ ", 4) != 0)
			c = c == '+' ? '-' : c == '-' ? '+' : c;
		buf_putc(out, c);
		buf_add(out, diff + 1, len - 1);
	}
}

static enum risk
risk_of(const json_t *step)
{
	enum risk r;

	for (r = RISK_NONE; r < RISK_DATA; r++)
		if (strcmp(risk_name(r), json_text(step, "risk")) == 0)
			break;
	return r;
}

static bool
plan_one(struct ctx *ctx, const struct job_file *f, const json_t *step,
    struct plan *plan, size_t *added, struct err *e)
{
	const json_t		*what = json_object_get(step, "do");
	const struct action	*a = registry_action(ctx->registry,
	    json_text(what, "action"));
	struct step_record	 record;
	enum probe		 was = PROBE_DONE;
	AUTO_JSON json_t	*seen = json_object();
	AUTO_BUF struct buf	 diff = BUF_INIT;
	bool			 over;

	job_file_step(f, json_text(step, "id"), &record);
	if (!record.has_intent || record.was_done_before || a == NULL ||
	    a->undo == NULL)
		return true;
	if (!a->probe(ctx, json_object_get(what, "args"), record.memo, &was,
	    seen, e))
		return false;
	if (was == PROBE_TODO)
		return true;
	over = was == PROBE_CHANGED && a->undoes_over_change;
	if (was == PROBE_CHANGED && !over)
		return plan_block(plan, NULL, e, T_JOB_STEP_CHANGED,
		    json_text(step, "id"), json_text(step, "title"));
	*added += 1;
	diff_turn(json_text(step, "diff"), &diff);
	return buf_ok(&diff, e) && plan_step_add(plan, &(struct step_spec){
	    .action = over ? "job.undo_over_change" : "job.undo_step",
	    .args = json_pack("{s:s, s:s, s:O}", "job", f->id, "step",
	    json_text(step, "id"), "of", what), .risk = risk_of(step),
	    .diff = buf_str(&diff), .undo = over ? NULL : "do it again" }, e,
	    T_UNDO_TITLE,
	    json_text(step, "title"));
}

static bool
plan_all(struct ctx *ctx, struct job_file *f, struct plan *plan,
    struct err *e)
{
	AUTO_JSON json_t	*steps = job_file_steps(f);
	const json_t		*locks = json_object_get(json_object_get(
	    f->meta, "plan"), "locks"), *lock;
	size_t			 i = json_array_size(steps), n, added = 0;

	json_array_foreach (locks, n, lock)
		if (json_is_string(lock) && !plan_lock_add(plan,
		    json_string_value(lock), e))
			return false;
	while (i-- > 0)
		if (!plan_one(ctx, f, json_array_get(steps, i), plan, &added,
		    e))
			return false;
	if (added == 0 && !plan_is_blocked(plan))
		plan_note_add(plan, e, T_UNDO_NOTHING, f->id);
	return plan_step_add(plan, &(struct step_spec){
	    .action = "job.mark_undone", .args = json_pack("{s:s}", "job",
	    f->id), .risk = RISK_NONE }, e, T_UNDO_MARK, f->id);
}

bool
job_undo_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	struct job_file	f;
	enum job_state	state;
	bool		ok = false;

	if (!job_file_open(ctx, json_text(params, "id"), &f, e))
		return false;
	state = job_file_state(&f);
	if (!job_may_steer(ctx, &f, e))
		ok = false;
	else if (state == JOB_RUNNING)
		err_set(e, ERR_HELD, 0, T_JOURNAL_RUNS, f.id);
	else if (state == JOB_UNDONE)
		ok = plan_note_add(plan, e, T_UNDO_ALREADY, f.id);
	else
		ok = ctx_site_adopt(ctx, f.id, json_text(f.meta, "site"),
		    json_text(f.meta, "site_wanted"), e) &&
		    plan_all(ctx, &f, plan, e);
	undo_forget(ctx);
	job_file_fini(&f);
	return ok;
}
