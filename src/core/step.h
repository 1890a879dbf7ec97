/*
 * One step while it runs, for the files that carry steps out.
 */
#ifndef CORE_STEP_H
#define CORE_STEP_H

#include "core.h"

struct step {
	struct run		*run;
	const struct action	*action;
	const json_t		*args;
	const char		*id;
	const char		*title;
	json_t			*memo;		/* owned */
};

/* A durable line of the journal; data is taken. */
bool	 step_note(struct step *s, const char *phase, json_t *data,
	     struct err *e);
/* The ends: each is in the journal, and *e has the step's context. */
enum step_end step_failed(struct step *s, struct err *e);
enum step_end step_done(struct step *s, bool already, bool verified,
	     json_t *seen, struct err *e);

/* --- job_expand.c ---------------------------------------------------- */

enum step_end step_expand(struct step *s, struct err *e);

#endif
