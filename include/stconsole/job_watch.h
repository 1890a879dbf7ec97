/*
 * Told by the kernel when a job of this state folder begins or ends, whoever
 * carries it out.  One thread owns it.
 */
#ifndef STCONSOLE_JOB_WATCH_H
#define STCONSOLE_JOB_WATCH_H

#include "stconsole/store.h"

struct job_watch;

struct job_watch *job_watch_new(const struct store *s, struct err *e);
void	 job_watch_free(struct job_watch *w);
/* Readable when something happened. */
int	 job_watch_fd(const struct job_watch *w);
/* Whether something happened since it was asked last; never waits. */
bool	 job_watch_happened(struct job_watch *w);

#endif
