/*
 * The plan of an upgrade while it is made.  Private to plan*.c.
 */
#ifndef UPGRADE_PLAN_PARTS_H
#define UPGRADE_PLAN_PARTS_H

#include "steps.h"

struct upgrade {
	struct ctx	*ctx;
	struct plan	*plan;
	struct secret	*url;
	json_t		*set, *topo;
	json_t		*told;		/* notes that stand already */
	json_t		*said;		/* what hop_check's args keep */
	const char	*to;
	struct how_wish	 wish;
	int64_t		 burn_in_s;
	bool		 keeps_fcv, holds_members, holds_hops;
	bool		 is_set, is_enterprise;
	const char	*chain[MONGO_CHAIN_MAX];
	size_t		 count;
};

struct upgrade_hop {
	const char	*from, *to;
	bool		 is_last;
};

/*
 * How each member that does not run h->to yet is given it, appended to
 * members; what will be run, for eyes, to shown.  A way that does not fit
 * blocks the plan.
 */
bool	 upgrade_ways(struct upgrade *u, const struct upgrade_hop *h,
	     json_t *members, struct buf *shown, struct err *e);
/* What a person should know before: not rolling, majority, the way back. */
bool	 upgrade_notes(struct upgrade *u, const char *from,
	     const json_t *params, struct err *e);
/* What forbids it (check.h), and nobody to take over. */
bool	 upgrade_gate(struct upgrade *u, const json_t *params,
	     struct err *e);
/* What the person said that the checks of a hop go by; new reference. */
json_t	*upgrade_said(const json_t *params);
/* The rollback card, one entry for each hop. */
json_t	*upgrade_card(const struct upgrade *u, const char *from);

#endif
