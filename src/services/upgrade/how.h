/*
 * The ways by which a member's server is given another binary: one const
 * table entry each.  What a way needs to know is worked out when the plan is
 * made (plan) and kept in the step's args, so that a resumed job goes on the
 * same way.
 *
 * Stopping is by the shutdown command of the server (stop.c) unless the args
 * hold a "stop"; whether it is stopped, swapped or started is always asked of
 * the world and never believed.  Every function but plan and the two that
 * show is idempotent: it may be called again after a kill.
 */
#ifndef UPGRADE_HOW_H
#define UPGRADE_HOW_H

#include "stconsole/action.h"
#include "stconsole/mongo_set.h"

/* What the person said: --how, --binaries, --image. */
struct how_wish {
	const char	*how;		/* NULL: found per member */
	const char	*binaries;	/* folder with MAJOR/bin/mongod */
	const char	*image;		/* "mongo:{major}" */
};

struct how_task {
	struct ctx	*ctx;
	const char	*member;	/* "host:port" */
	const char	*from, *to;	/* majors */
	const json_t	*args;		/* what plan made; NULL in plan */
	const json_t	*facts;		/* MEMBER of mongo_set; in plan */
	const struct how_wish *wish;	/* only in plan */
};

struct how {
	const char	*name;		/* "tarball" */
	/*
	 * A person does it and we wait: there is nothing but name and plan,
	 * and args hold "text", what to do.
	 */
	bool		 is_by_hand;
	/*
	 * start ends the old server itself: there is no stop, and swap is
	 * done while it runs (a pod that is deleted).
	 */
	bool		 is_replaced;
	/*
	 * New reference to the args: strings and argv arrays, whatever is
	 * needed later (exe, argv, environment, user, unit, image).  "notes"
	 * is an array of sentences that a person should read before.  NULL
	 * with ERR_REFUSED when it cannot be done this way, and why.
	 */
	json_t	*(*plan)(const struct how_task *t, struct err *e);
	/* The argv that swap, and start, run: for eyes.  NULL: none. */
	json_t	*(*show_swap)(const struct how_task *t);
	json_t	*(*show_start)(const struct how_task *t);
	/*
	 * Called when args hold "stop", the argv for eyes: a manager that
	 * would start the server again must stop it itself.  Returns when it
	 * is down.  Else the server's shutdown command is the way.
	 */
	bool	(*stop)(const struct how_task *t, struct err *e);
	/*
	 * Starts the new binary with the member's own options on an empty
	 * folder and another port for a moment; false with what it said.
	 * NULL: cannot be tried here (a warning).
	 */
	bool	(*try)(const struct how_task *t, struct err *e);
	/* Whether the binary that start would run is the one of "to". */
	bool	(*is_swapped)(const struct how_task *t, bool *yes,
		    struct err *e);
	bool	(*swap)(const struct how_task *t, struct err *e);
	/* Puts the binary of "from" back. */
	bool	(*unswap)(const struct how_task *t, struct err *e);
	/*
	 * Returns when the process was started, not when it answers; one that
	 * ends at once is an error with what it said, also with exit code 0.
	 */
	bool	(*start)(const struct how_task *t, struct err *e);
	/*
	 * The newest words of the server from where its first moments go
	 * (not always its log): for a start that does not come up.  malloc'd
	 * line for people; NULL: nothing there.
	 */
	char	*(*said)(const struct how_task *t);
};

/* NULL when there is no such way. */
const struct how *how_find(const char *name);
/*
 * The way for a member: what the wish says, else by its RUN; a member that is
 * elsewhere is "hand".  Sets *args.  ERR_REFUSED when none fits.
 */
const struct how *how_choose(const struct how_task *t, json_t **args,
	     struct err *e);

extern const struct how how_tarball, how_docker, how_hand, how_command;

#endif
