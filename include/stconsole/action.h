/*
 * What a step does, as functions over data: probe, act, probe again.  An
 * action knows nothing of journals and plans; the engine (job.h) calls it in
 * this order, each phase journaled and fsynced before the next:
 *
 *   probe    -> DONE: nothing to do.  CHANGED: stop, "changed since the
 *               preview".  TODO: go on.
 *   prepare  draws what is random and keeps what undo will need, in memo;
 *               memo is written with the intent.  Optional.
 *   act      changes the world.
 *   probe    must say DONE now, else the step failed verification.
 *
 * After a kill the next process probes first and goes on from what is true.
 * probe and act must therefore be idempotent with the same args and memo.
 * For undo: probe says DONE -> undo -> probe must say TODO; CHANGED means
 * that somebody else changed it since and undo is refused.  An undo that can
 * work around such a change returns true from undo and the engine accepts
 * CHANGED afterwards if undoes_over_change is set.
 */
#ifndef STCONSOLE_ACTION_H
#define STCONSOLE_ACTION_H

#include <jansson.h>

#include "stconsole/ctx.h"
#include "stconsole/plan.h"

enum probe { PROBE_TODO, PROBE_DONE, PROBE_CHANGED };

struct action {
	const char	*name;		/* "file.write", "mongo.insert" */
	enum step_kind	 kind;
	/* seen: an object to describe what was found, without secrets. */
	bool	(*probe)(struct ctx *ctx, const json_t *args,
		    const json_t *memo, enum probe *found, json_t *seen,
		    struct err *e);
	bool	(*prepare)(struct ctx *ctx, const json_t *args, json_t *memo,
		    struct err *e);
	/* NULL for WAIT, VERIFY and MANUAL: they are done when probe holds. */
	bool	(*act)(struct ctx *ctx, const json_t *args,
		    const json_t *memo, struct err *e);
	/* NULL: the step has no undo (a verify or a restart needs none). */
	bool	(*undo)(struct ctx *ctx, const json_t *args,
		    const json_t *memo, struct err *e);
	bool	 undoes_over_change;
	/* Whether a probe after act is meaningless (a restart): not verified
	 * by state but by the act's own success. */
	bool	 is_momentary;
	/*
	 * STEP_MANUAL: a place to stop and look, "hold here".  The first time
	 * it is reached the job is held; resuming it is what the person has to
	 * do, so the step is done then.  probe may still say DONE at once.
	 */
	bool	 is_pause;
	/*
	 * STEP_EXPAND: adds the sub-steps to sub when the step is reached.
	 * Only the kinds that the preview listed; args hold the rule.  Locks
	 * that sub asks for beyond the plan's are held while its steps run.
	 */
	bool	(*expand)(struct ctx *ctx, const json_t *args,
		    struct plan *sub, struct err *e);
};

/*
 * WAIT and VERIFY steps: args may hold "timeout_s" (default 60) and
 * "poll_ms" (default 500); the engine probes until DONE.  A "why" in seen,
 * words for people, is told when the time is over.
 */
#define ACTION_TIMEOUT_S	60
#define ACTION_POLL_MS		500

#endif
