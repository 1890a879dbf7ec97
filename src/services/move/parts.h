/*
 * What the steps of this folder share.
 */
#ifndef MOVE_PARTS_H
#define MOVE_PARTS_H

#include "move.h"

/* DONE when the state has the step's mark. */
bool	 step_probe_mark(struct ctx *ctx, const json_t *args,
	     const char *step, enum probe *found, json_t *seen,
	     struct err *e);
/* Removes the list of touched _ids that an earlier move left. */
bool	 begin_forget(struct move *m, struct err *e);

/* The target's URL with the account of the site's. */
bool	 url_switched(const struct secret *from, const struct secret *to,
	     struct secret **out, struct err *e);

/* --- block.c ------------------------------------------------------------ */

/* Has the source refuse writes, or take them again, as the state says. */
bool	 block_set(struct move *m, bool on, struct err *e);
/* The services of the site that may write, running now. */
bool	 site_writers(struct move *m, json_t **names, struct err *e);
/* Adds the steps of a verb for each of the services. */
bool	 services_plan(struct ctx *ctx, const char *verb,
	     const json_t *services, struct plan *sub, struct err *e);

/* --- whole.c ------------------------------------------------------------- */

/*
 * Reads both sides whole and compares, unless there is more than most_bytes;
 * the state's "whole" says whether it did.
 */
bool	 whole_verify(struct move *m, int64_t most_bytes, struct err *e);

/* --- finish.c ----------------------------------------------------------- */

/* Our marker on the target; gone already is success. */
bool	 marker_remove(struct move *m, struct err *e);
/* What is proved and what not, for the report and for who looks. */
json_t	*report_make(const struct move *m);

#endif
