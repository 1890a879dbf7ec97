/*
 * Calls on threads of this process.  Threads are made when calls want them,
 * and stay; one that hangs in a library when the work is freed is left behind
 * with the memory it may still touch.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "stconsole/job_watch.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/thread.h"
#include "stconsole/work_maker.h"

#include "text.def"
#include "work_pool.h"

#define JOBS_END_S	30	/* engine.md: to the next safe point */
#define CALLS_END_S	1

struct work_local {
	struct work		 work;
	struct pool		*pool;
	struct job_watch	*watch;		/* made with the first call */
	int			 fd;		/* epoll over both */
};

/* ---- the pool and its threads */

static void
pool_free(struct pool *p)
{
	while (p->calls != NULL) {
		struct pool_call *c = p->calls;

		p->calls = c->next;
		pool_call_free(c);
	}
	if (p->kept != NULL)
		p->world.hooks->site_free(p->kept);
	world_close(&p->world);
	if (p->event_fd >= 0)
		close(p->event_fd);
	free(p->state_wanted);
	pthread_cond_destroy(&p->wake);
	pthread_cond_destroy(&p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void
conds_init(struct pool *p)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->idle, &attr);
	pthread_condattr_destroy(&attr);
	pthread_cond_init(&p->wake, NULL);
	pthread_mutex_init(&p->lock, NULL);
}

/* A store of its own: a thread that is left behind may outlive the world. */
static struct pool *
pool_new(const struct world *w, unsigned threads, struct err *e)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		err_nomem(e);
		return NULL;
	}
	conds_init(p);
	p->tail = &p->head;
	p->threads_max = threads > 0 ? threads : 1;
	p->world = *w;
	p->world.site_wanted = NULL;
	p->world.store = store_open(store_dir(w->store), e);
	p->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->state_wanted != NULL)
		p->state_wanted = strdup(w->state_wanted);
	p->world.state_wanted = p->state_wanted;
	if (p->world.store != NULL && p->event_fd >= 0 &&
	    (w->state_wanted == NULL || p->state_wanted != NULL))
		return p;
	if (p->world.store != NULL)
		err_sys(e, T_WORK_START);
	pool_free(p);
	return NULL;
}

static struct pool_call *
call_wanting(struct pool *p)
{
	struct pool_call *c = p->calls;

	while (c != NULL && c->state != CALL_QUEUED)
		c = c->next;
	return c;
}

static void
call_end(struct pool_call *c, json_t *answer)
{
	c->state = CALL_ENDED;
	c->answer = answer;
	pool_item_put(&c->items[WORK_ANSWER]);
	pthread_cond_broadcast(&c->pool->idle);
}

/* Lock held, and given up meanwhile. */
static void
call_carry_out(struct pool *p, struct pool_call *c)
{
	AUTO_FREE char	*warning = NULL;
	bool		 is_first = !p->is_recovered;
	json_t		*answer;

	c->state = CALL_RUNNING;
	p->is_recovered = true;
	pthread_mutex_unlock(&p->lock);
	if (is_first)
		warning = pool_recover(p);
	answer = pool_call_run(c, warning);
	pthread_mutex_lock(&p->lock);
	call_end(c, answer);
}

static void
thread_run(void *arg)
{
	struct pool		*p = arg;
	struct pool_call	*c;
	bool			 is_last;

	pthread_mutex_lock(&p->lock);
	while (!p->is_ending) {
		c = call_wanting(p);
		if (c != NULL) {
			call_carry_out(p, c);
			continue;
		}
		p->waiting++;
		pthread_cond_wait(&p->wake, &p->lock);
		p->waiting--;
	}
	p->threads--;
	is_last = p->is_left && p->threads == 0;
	pthread_cond_broadcast(&p->idle);
	pthread_mutex_unlock(&p->lock);
	if (is_last)
		pool_free(p);
}

/* Fails only where no thread is there to take one call more. */
static bool
thread_want(struct pool *p, struct err *e)
{
	struct pool_call	*c;
	unsigned		 queued = 0;
	struct err		 why = { 0 };

	for (c = p->calls; c != NULL; c = c->next)
		queued += c->state == CALL_QUEUED;
	if (p->waiting > queued || p->threads == p->threads_max)
		return true;
	if (!thread_start(thread_run, p, &why))
		return p->threads > 0 || err_copy(e, &why);
	p->threads++;
	return true;
}

/* ---- the table of a struct work */

static struct pool *
pool_of(const struct work *w)
{
	return ((const struct work_local *)w)->pool;
}

/* Without it only other programs' jobs come unannounced. */
static void
watch_start(struct work_local *l)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (l->watch != NULL)
		return;
	l->watch = job_watch_new(l->work.world->store, NULL);
	if (l->watch != NULL)
		(void)epoll_ctl(l->fd, EPOLL_CTL_ADD,
		    job_watch_fd(l->watch), &ev);
}

static unsigned
local_start(struct work *w, const struct work_call *asked, struct err *e)
{
	struct pool		*p = pool_of(w);
	struct pool_call	*c = pool_call_new(p, w, asked, e), **at;
	unsigned		 id = 0;

	if (c == NULL)
		return 0;
	watch_start((struct work_local *)w);
	pthread_mutex_lock(&p->lock);
	if (p->is_ending) {
		err_set(e, ERR_CANCELLED, 0, T_WORK_ENDING);
	} else if (thread_want(p, e)) {
		for (at = &p->calls; *at != NULL; at = &(*at)->next)
			;
		*at = c;
		id = c->id = ++p->last_id;
		pthread_cond_signal(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
	if (id == 0)
		pool_call_free(c);
	return id;
}

static void
local_cancel(struct work *w, unsigned id)
{
	struct pool		*p = pool_of(w);
	struct pool_call	*c;

	pthread_mutex_lock(&p->lock);
	for (c = p->calls; c != NULL && c->id != id; c = c->next)
		;
	if (c != NULL && c->state != CALL_ENDED)
		cancel_request(&c->cancel, CANCEL_ASKED);
	if (c != NULL && c->state == CALL_QUEUED)
		call_end(c, pool_call_dropped(c));
	pthread_mutex_unlock(&p->lock);
}

static int
local_fd(const struct work *w)
{
	return ((const struct work_local *)w)->fd;
}

static bool
local_next(struct work *w, struct work_event *ev)
{
	struct work_local	*l = (struct work_local *)w;
	bool			 some;

	pthread_mutex_lock(&l->pool->lock);
	some = pool_item_take(l->pool, ev);
	pthread_mutex_unlock(&l->pool->lock);
	if (some || l->watch == NULL || !job_watch_happened(l->watch))
		return some;
	ev->kind = WORK_JOBS;
	return true;
}

static unsigned
calls_running(struct pool *p, bool is_job)
{
	struct pool_call	*c;
	unsigned		 n = 0;

	for (c = p->calls; c != NULL; c = c->next)
		n += c->state != CALL_ENDED && c->is_job == is_job;
	return n;
}

static unsigned
local_jobs_hosted(const struct work *w)
{
	struct pool	*p = pool_of(w);
	unsigned	 n;

	pthread_mutex_lock(&p->lock);
	n = calls_running(p, true);
	pthread_mutex_unlock(&p->lock);
	return n;
}

/* Queued calls never begin; running ones hear of it.  Lock held. */
static void
pool_end(struct pool *p)
{
	struct pool_call *c;

	if (!p->is_ending)
		clock_gettime(CLOCK_MONOTONIC, &p->ended);
	p->is_ending = true;
	for (c = p->calls; c != NULL; c = c->next) {
		if (c->state != CALL_ENDED)
			cancel_request(&c->cancel, CANCEL_INTERRUPT);
		if (c->state == CALL_QUEUED)
			call_end(c, pool_call_dropped(c));
	}
	pthread_cond_broadcast(&p->wake);
}

void
work_local_end(struct work *w)
{
	struct pool *p = pool_of(w);

	pthread_mutex_lock(&p->lock);
	pool_end(p);
	pthread_mutex_unlock(&p->lock);
}

static unsigned
jobs_left(struct pool *p)
{
	return calls_running(p, true);
}

static unsigned
threads_left(struct pool *p)
{
	return p->threads;
}

/* Until nothing of it is left, or so long after from.  Lock held. */
static void
pool_await(struct pool *p, unsigned (*left)(struct pool *),
    const struct timespec *from, time_t seconds)
{
	struct timespec until = *from;

	until.tv_sec += seconds;
	while (left(p) > 0 && pthread_cond_timedwait(&p->idle, &p->lock,
	    &until) != ETIMEDOUT)
		;
}

static void
local_free(struct work *w)
{
	struct work_local	*l = (struct work_local *)w;
	struct pool		*p = l->pool;
	bool			 is_last = true;
	struct timespec		 now;

	if (p != NULL) {
		pthread_mutex_lock(&p->lock);
		pool_end(p);
		/* serve has waited already since it began to end. */
		pool_await(p, jobs_left, &p->ended, JOBS_END_S);
		clock_gettime(CLOCK_MONOTONIC, &now);
		pool_await(p, threads_left, &now, CALLS_END_S);
		p->is_left = true;
		is_last = p->threads == 0;
		pthread_mutex_unlock(&p->lock);
		if (is_last)
			pool_free(p);
	}
	job_watch_free(l->watch);
	if (l->fd >= 0)
		close(l->fd);
	work_fini(&l->work);
	free(l);
}

static const struct work_ops local_ops = {
	.free = local_free, .start = local_start, .cancel = local_cancel,
	.fd = local_fd, .next = local_next, .jobs_hosted = local_jobs_hosted
};

struct work *
work_local_new(const struct world *w, unsigned threads, struct err *e)
{
	struct work_local	*l = calloc(1, sizeof(*l));
	struct epoll_event	 ev = { .events = EPOLLIN };

	if (l == NULL) {
		err_nomem(e);
		return NULL;
	}
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	if (work_init(&l->work, &local_ops, w, e) &&
	    (l->fd >= 0 || err_sys(e, T_WORK_START)) &&
	    (l->pool = pool_new(w, threads, e)) != NULL &&
	    (epoll_ctl(l->fd, EPOLL_CTL_ADD, l->pool->event_fd, &ev) == 0 ||
	    err_sys(e, T_WORK_START)))
		return &l->work;
	local_free(&l->work);
	return NULL;
}
