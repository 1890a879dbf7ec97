/*
 * The steps by which one member gets another binary: try, stop, swap, start.
 * Each asks the world whether it is so; once the featureCompatibilityVersion
 * was raised they are neither done again nor taken back.
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "steps.h"
#include "text_steps.def"

/* Where the FCV stands: past the hop there is nothing to do or to undo. */
static bool
past_check(struct member_step *s, enum probe *found, bool *past,
    struct err *e)
{
	*found = PROBE_TODO;
	return reach_is_past(&s->reach, s->task.from, past, e);
}

static bool
past_refuse(struct member_step *s, struct err *e)
{
	bool	 past;

	if (!reach_is_past(&s->reach, s->task.from, &past, e))
		return false;
	return past ? err_set(e, ERR_CHANGED, 0, T_STEP_PAST, s->task.from,
	    s->task.member) : true;
}

static bool
runs_target(const struct member_step *s)
{
	struct reach_seen seen;

	reach_look(&s->reach, s->task.member, &seen);
	return strcmp(seen.major, s->task.to) == 0;
}

/* ---- try */

bool
step_try_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };

	(void)memo;
	(void)seen;
	if (!member_step_init(&s, ctx, args, e))
		return false;
	/* What runs has been tried better than we can. */
	*found = runs_target(&s) ? PROBE_DONE : PROBE_TODO;
	return true;
}

bool
step_try_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };

	(void)memo;
	return member_step_init(&s, ctx, args, e) &&
	    s.how->try(&s.task, e);
}

/* ---- stop */

bool
step_stop_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };
	bool	 past;

	if (!member_step_init(&s, ctx, args, e) ||
	    !past_check(&s, found, &past, e))
		return false;
	if (!past && (runs_target(&s) || member_is_down(&s, memo)))
		*found = PROBE_DONE;
	return json_object_set_new(seen, "past", json_boolean(past)) == 0 ||
	    err_nomem(e);
}

bool
step_stop_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };

	return member_step_init(&s, ctx, args, e) &&
	    member_pid_keep(&s, memo, e);
}

bool
step_stop_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };

	return member_step_init(&s, ctx, args, e) && past_refuse(&s, e) &&
	    member_down(&s, memo, e);
}

/* The old binary is in its place again by then. */
bool
step_stop_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };

	(void)memo;
	return member_step_init(&s, ctx, args, e) &&
	    member_up(&s, s.task.from, e);
}

/* ---- swap */

bool
step_swap_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };
	bool	 past, yes;

	(void)memo;
	(void)seen;
	if (!member_step_init(&s, ctx, args, e) ||
	    !past_check(&s, found, &past, e) ||
	    !s.how->is_swapped(&s.task, &yes, e))
		return false;
	if (!past && yes)
		*found = PROBE_DONE;
	return true;
}

/* A running server keeps its binary: it must be down, or replaced whole. */
static bool
swap_check(struct member_step *s, struct err *e)
{
	if (s->how->is_replaced || member_is_down(s, NULL))
		return true;
	return err_set(e, ERR_CHANGED, 0, T_SWAP_RUNS, s->task.member);
}

bool
step_swap_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };

	(void)memo;
	return member_step_init(&s, ctx, args, e) && past_refuse(&s, e) &&
	    swap_check(&s, e) && s.how->swap(&s.task, e);
}

bool
step_swap_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };

	(void)memo;
	return member_step_init(&s, ctx, args, e) && past_refuse(&s, e) &&
	    swap_check(&s, e) && s.how->unswap(&s.task, e);
}

/* ---- start */

bool
step_start_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };
	bool	 past;

	(void)memo;
	(void)seen;
	if (!member_step_init(&s, ctx, args, e) ||
	    !past_check(&s, found, &past, e))
		return false;
	if (!past && runs_target(&s))
		*found = PROBE_DONE;
	return true;
}

bool
step_start_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };
	struct reach_seen seen;

	(void)memo;
	if (!member_step_init(&s, ctx, args, e) || !past_refuse(&s, e))
		return false;
	/* Something (a manager) started the old one again meanwhile. */
	reach_look(&s.reach, s.task.member, &seen);
	if (!s.how->is_replaced && strcmp(seen.major, s.task.from) == 0 &&
	    !member_down(&s, NULL, e))
		return false;
	return member_up(&s, s.task.to, e);
}

/* One that is replaced whole goes back whole. */
bool
step_start_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };
	AUTO_JSON json_t *now = json_object();

	(void)memo;
	if (!member_step_init(&s, ctx, args, e) || !past_refuse(&s, e))
		return false;
	if (s.how->is_replaced)
		return s.how->unswap(&s.task, e) &&
		    member_up(&s, s.task.from, e);
	return member_pid_keep(&s, now, e) && member_down(&s, now, e);
}

/* ---- by hand */

bool
step_hand_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MEMBER struct member_step s = { .how = NULL };

	(void)memo;
	if (!member_step_init(&s, ctx, args, e))
		return false;
	*found = runs_target(&s) ? PROBE_DONE : PROBE_TODO;
	return json_object_set_new(seen, "text", json_string(json_text(
	    s.task.args, "text"))) == 0 || err_nomem(e);
}

/* A place to stop and look. */
bool
step_hold_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)seen;
	(void)e;
	*found = PROBE_TODO;
	return true;
}
