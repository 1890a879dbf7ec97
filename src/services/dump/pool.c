/*
 * Workers over a queue.  The thread that waits is the one that reports, so
 * that nothing above needs to be thread-safe.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "stconsole/mem.h"
#include "stconsole/thread.h"

#include "dump.h"

#define TICK_MS		200

struct pool {
	struct pool_spec	 spec;
	pthread_mutex_t		 lock;
	pthread_cond_t		 work;		/* a job, or the end */
	pthread_cond_t		 idle;		/* a worker ended */
	struct pool_job		*jobs;
	size_t			 head, tail;
	int			 threads;	/* alive */
	int			 busy;
	bool			 stopped;
	struct err		 why;		/* the first error */
};

struct pool *
pool_new(const struct pool_spec *spec, struct err *e)
{
	struct pool		*p = calloc(1, sizeof(*p));
	pthread_condattr_t	 attr;

	if (p == NULL || (p->jobs = calloc(spec->jobs_max + 1,
	    sizeof(*p->jobs))) == NULL) {
		free(p);
		err_nomem(e);
		return NULL;
	}
	p->spec = *spec;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->work, &attr);
	pthread_cond_init(&p->idle, &attr);
	pthread_condattr_destroy(&attr);
	return p;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	pthread_cond_destroy(&p->idle);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p->jobs);
	free(p);
}

void
pool_lock(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
}

void
pool_unlock(struct pool *p)
{
	pthread_mutex_unlock(&p->lock);
}

void
pool_push(struct pool *p, struct pool_job job)
{
	pool_lock(p);
	if (p->tail < p->spec.jobs_max)
		p->jobs[p->tail++] = job;
	pthread_cond_signal(&p->work);
	pool_unlock(p);
}

bool
pool_goes_on(struct pool *p, struct err *e)
{
	bool	 stopped;

	if (!cancel_check(p->spec.cancel, e))
		return false;
	pool_lock(p);
	stopped = p->stopped;
	if (stopped)
		err_copy(e, &p->why);
	pool_unlock(p);
	return !stopped;
}

static void
pool_stop(struct pool *p, const struct err *why)
{
	pool_lock(p);
	if (!p->stopped && why != NULL)
		p->why = *why;
	p->stopped = true;
	pthread_cond_broadcast(&p->work);
	pool_unlock(p);
}

/* The next job; false when there will be none. */
static bool
pool_take(struct pool *p, struct pool_job *job)
{
	bool	 found = false;

	pool_lock(p);
	while (!p->stopped && p->head == p->tail && p->busy > 0)
		pthread_cond_wait(&p->work, &p->lock);
	if (!p->stopped && p->head < p->tail) {
		*job = p->jobs[p->head++];
		p->busy++;
		found = true;
	}
	pool_unlock(p);
	return found;
}

static void
pool_give(struct pool *p)
{
	pool_lock(p);
	p->busy--;
	pthread_cond_broadcast(&p->work);
	pool_unlock(p);
}

static void
pool_thread(void *arg)
{
	struct pool	*p = arg;
	struct pool_job	 job;
	struct err	 e = { 0 };
	void		*worker = p->spec.begin(p->spec.arg, &e);

	if (worker == NULL)
		pool_stop(p, &e);
	while (worker != NULL && pool_take(p, &job)) {
		if (!p->spec.run(p->spec.arg, worker, p, job, &e))
			pool_stop(p, &e);
		pool_give(p);
	}
	if (worker != NULL)
		p->spec.end(p->spec.arg, worker);
	pool_lock(p);
	p->threads--;
	pthread_cond_broadcast(&p->idle);
	pool_unlock(p);
}

/* Waits a tick or until the last worker ended; false when it did. */
static bool
pool_wait(struct pool *p)
{
	struct timespec	 until;
	bool		 alive;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pool_lock(p);
	if (p->threads > 0)
		pthread_cond_timedwait(&p->idle, &p->lock, &until);
	alive = p->threads > 0;
	pool_unlock(p);
	return alive;
}

bool
pool_run(struct pool *p, struct err *e)
{
	struct err	 why = { 0 };
	bool		 alive;
	int		 i;

	for (i = 0; i < p->spec.workers; i++) {
		pool_lock(p);
		p->threads++;
		pool_unlock(p);
		if (thread_start(pool_thread, p, &why))
			continue;
		pool_lock(p);
		p->threads--;
		pool_unlock(p);
		if (i == 0)
			pool_stop(p, &why);
		break;
	}
	do {
		alive = pool_wait(p);
		if (!p->spec.tick(p->spec.arg, &why))
			pool_stop(p, &why);
	} while (alive);
	return !p->stopped || err_copy(e, &p->why);
}
