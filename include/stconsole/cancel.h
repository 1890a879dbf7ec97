/*
 * A wish to stop, set from any thread or signal handler and asked between
 * pieces of work.  Waiting for it is by its descriptor, never by sleeping.
 */
#ifndef STCONSOLE_CANCEL_H
#define STCONSOLE_CANCEL_H

#include <stdatomic.h>

#include "stconsole/err.h"

enum cancel_why {
	CANCEL_NO,
	CANCEL_ASKED,		/* a person said stop: the job is cancelled */
	CANCEL_INTERRUPT	/* the terminal or process ends: resumable */
};

struct cancel {
	atomic_int	 wanted;	/* enum cancel_why; lock-free */
	int		 fd;		/* eventfd, readable once wanted */
};

bool	 cancel_init(struct cancel *c, struct err *e);
void	 cancel_fini(struct cancel *c);
/* Async-signal-safe.  The first reason stays. */
void	 cancel_request(struct cancel *c, enum cancel_why why);
/* False with ERR_CANCELLED once requested; c may be NULL. */
bool	 cancel_check(const struct cancel *c, struct err *e);
/* Waits ms milliseconds or until requested; false when requested. */
bool	 cancel_wait(const struct cancel *c, int ms);

#endif
