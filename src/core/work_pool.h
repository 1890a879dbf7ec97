/*
 * Private to src/core/work_*.c: the calls of a work_local, the threads that
 * carry them out, and what waits to be taken by work_next().
 */
#ifndef WORK_POOL_H
#define WORK_POOL_H

#include <pthread.h>
#include <time.h>

#include "stconsole/cancel.h"
#include "stconsole/job.h"
#include "stconsole/work.h"

/* What is kept for somebody who does not read. */
#define POOL_LINES_MAX		2048
#define POOL_PROGRESS_MAX	256

struct pool;
struct pool_call;

/* Part of its call, so that an answer needs no memory to be queued. */
struct pool_item {
	struct pool_item	*next;
	struct pool_call	*call;
	enum work_event_kind	 kind;
	bool			 is_queued;
};

/* A progress_event whose words are its own; the newest is the last. */
struct pool_progress {
	struct pool_progress	*next;
	struct progress_event	 ev;
	char			 job[JOB_ID_SIZE], title[256];
	char			 phase[24], unit[24];
};

/* The newest lines; what did not fit is counted. */
struct pool_lines {
	char	*line[POOL_LINES_MAX];
	size_t	 first, count, lost;
};

enum pool_state { CALL_QUEUED, CALL_RUNNING, CALL_ENDED };

struct pool_call {
	/* Fixed before a thread sees it. */
	struct pool		*pool;
	unsigned		 id;
	enum work_kind		 kind;
	const struct verb	*verb;		/* NULL: WORK_WAIT */
	json_t			*params;
	struct ctx_secret	 secrets[CTX_SECRETS];	/* all of it owned */
	struct ctx_input	 inputs[CTX_SECRETS];
	char			 hash[65];
	int			 confirm_within_s;
	struct identity		 who;
	bool			 read_only;
	char			*site;
	bool			 is_job;
	/* Asked from any thread. */
	struct cancel		 cancel;
	/* Of the thread that runs it. */
	struct progress		 listener;
	/* Under the pool's lock. */
	struct pool_call	*next;		/* in the order of start */
	enum pool_state		 state;
	struct pool_progress	*progress, *progress_last;
	size_t			 progress_count;
	struct pool_lines	*lines;		/* of a follower */
	json_t			*partial, *answer;
	struct pool_item	 items[WORK_ANSWER + 1];
};

struct pool {
	pthread_mutex_t		 lock;
	pthread_cond_t		 wake;		/* a call, or the end */
	pthread_cond_t		 idle;		/* a call or a thread ended */
	/* Fixed while threads live. */
	struct world		 world;		/* with a store of its own */
	char			*state_wanted;
	int			 event_fd;	/* readable: items */
	unsigned		 threads_max;
	/* Under the lock. */
	struct pool_call	*calls;
	struct pool_item	*head, **tail;
	struct site		*kept;		/* from site_keep */
	unsigned		 threads, waiting, last_id;
	bool			 is_ending, is_recovered;
	struct timespec		 ended;		/* when is_ending was set */
	bool			 is_left;	/* the last thread frees it */
};

/* --- work_call.c: one call -------------------------------------------- */

/* Copies what is asked; NULL with *e. */
struct pool_call *pool_call_new(struct pool *p, const struct work *w,
	     const struct work_call *asked, struct err *e);
void	 pool_call_free(struct pool_call *c);
/* Carries it out and returns the data of its WORK_ANSWER. */
json_t	*pool_call_run(struct pool_call *c, const char *warning);
/* The answer of one that was never begun. */
json_t	*pool_call_dropped(struct pool_call *c);
/* Undoes what nobody confirmed (job_recover); a new sentence, or NULL. */
char	*pool_recover(struct pool *p);

/* --- work_report.c: from the threads to work_next() ------------------- */

/* Queues an item of its call unless it is queued already.  Lock held. */
void	 pool_item_put(struct pool_item *item);
/* The first item becomes an event; false when there is none.  Lock held. */
bool	 pool_item_take(struct pool *p, struct work_event *ev);
/* ctx->progress and ctx->on_line of a call; arg is the call. */
void	 pool_progress_report(void *arg, const struct progress_event *ev);
void	 pool_partial_report(void *arg, json_t *result);
void	 pool_line_report(void *arg, const char *line);
void	 pool_progress_free(struct pool_call *c);
void	 pool_lines_free(struct pool_lines *l);

#endif
