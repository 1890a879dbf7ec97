/*
 * The steps of an upgrade.  Args of one that works on a member:
 *   {"topo":..., "from":"4.2", "to":"4.4", "member":NAME, "how":"tarball",
 *    "how_args":{...}}
 * Private to src/services/upgrade.
 */
#ifndef UPGRADE_STEPS_H
#define UPGRADE_STEPS_H

#include "stconsole/action.h"

#include "how.h"
#include "reach.h"

struct member_step {
	struct reach		 reach;
	struct how_task		 task;
	const struct how	*how;
};

#define AUTO_MEMBER	__attribute__((cleanup(member_step_fini)))

bool	 member_step_init(struct member_step *s, struct ctx *ctx,
	     const json_t *args, struct err *e);
void	 member_step_fini(struct member_step *s);

/* ---- stop.c */

/* The process that listens now, kept so that its end can be seen. */
bool	 member_pid_keep(struct member_step *s, json_t *memo, struct err *e);
/* Whether the member is down: nothing listens and the kept one is gone. */
bool	 member_is_down(const struct member_step *s, const json_t *memo);
/*
 * Brings it down: the others must be ready, a primary steps down first.
 * Success when it is down already.
 */
bool	 member_down(struct member_step *s, const json_t *memo,
	     struct err *e);
/* Starts it and waits until it answers as a member that is ready. */
bool	 member_up(struct member_step *s, const char *major, struct err *e);

/* ---- stepdown.c */

/* Lag is looked at first; never by force.  *e tells why it did not. */
bool	 stepdown_run(const struct reach *r, const char *member,
	     struct err *e);

/* ---- card.c */

/* What still leads back, as sentences: before and after the FCV is raised. */
void	 card_before(const char *from, const char *to, bool enterprise,
	     char *out, size_t size);
void	 card_after(const char *from, const char *to, bool enterprise,
	     char *out, size_t size);

/* What a wait tells while it lasts; rights and log-in end it at once. */
bool	 wait_goes_on(const struct err *why, json_t *seen, struct err *e);

/* ---- what the actions of service.c are made of; see action.h */

typedef bool step_probe_fn(struct ctx *ctx, const json_t *args,
	     const json_t *memo, enum probe *found, json_t *seen,
	     struct err *e);
typedef bool step_act_fn(struct ctx *ctx, const json_t *args,
	     const json_t *memo, struct err *e);

step_probe_fn step_back_probe, step_backup_probe, step_burn_probe,
	     step_down_probe,
	     step_fcv_all_probe, step_fcv_probe, step_hand_probe,
	     step_hold_probe, step_hop_probe, step_mark_probe,
	     step_report_probe, step_rolled_probe, step_start_probe,
	     step_stop_probe, step_swap_probe, step_try_probe;
step_act_fn step_backup_act, step_down_act, step_fcv_act, step_mark_act,
	     step_report_act, step_start_act, step_start_undo,
	     step_stop_act, step_stop_undo, step_swap_act,
	     step_swap_undo, step_try_act;
bool	 step_stop_prepare(struct ctx *ctx, const json_t *args,
	     json_t *memo, struct err *e);
bool	 step_backup_prepare(struct ctx *ctx, const json_t *args,
	     json_t *memo, struct err *e);
bool	 step_hop_expand(struct ctx *ctx, const json_t *args,
	     struct plan *sub, struct err *e);

/* ---- plan.c */

bool	 upgrade_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);

#endif
