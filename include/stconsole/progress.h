/*
 * Progress of long work: amount done, rate and time left.  Reported from the
 * thread that works; the listener must copy what it keeps.
 */
#ifndef STCONSOLE_PROGRESS_H
#define STCONSOLE_PROGRESS_H

#include <jansson.h>
#include <stdint.h>

struct ctx;

struct progress_event {
	const char	*job;		/* id, "" outside a job */
	unsigned	 step, steps;	/* from 1 */
	const char	*title;		/* of the step */
	const char	*phase;		/* "probe" "act" "verify" "wait" ... */
	int64_t		 done, total;	/* in unit; total 0: not known */
	const char	*unit;		/* "documents", "bytes", "s" */
	double		 per_second;	/* 0: not known */
	int64_t		 left_s;	/* -1: not known */
};

struct progress {
	void	(*report)(void *arg, const struct progress_event *ev);
	/* See progress_partial; may be NULL. */
	void	(*partial)(void *arg, json_t *result);
	void	*arg;
	struct progress_event now;	/* kept by job.c */
	int64_t	 since_ms;		/* start of this step */
};

/* From inside an action: how far it is.  Cheap; may be called often. */
void	 progress_amount(struct ctx *ctx, int64_t done, int64_t total,
	     const char *unit);

/*
 * From inside a reading verb: what its result is so far, for somebody who
 * looks while the rest is still asked for.  result is taken, also when nobody
 * listens; NULL is ignored.
 */
void	 progress_partial(struct ctx *ctx, json_t *result);

#endif
