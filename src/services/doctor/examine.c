/*
 * Many questions at once, none waited for longer than its limit.
 *
 * A thread that hangs (in a name server's silence, say) cannot be ended, so
 * it must be able to outlive the call: it works on a round of its own (site,
 * state folder, wish to stop, identity, clock) that lives until the last
 * thread has let go of it.  The caller copies what is there when time is up.
 */
#include "doctor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/thread.h"

#include "text.def"

#define SLICE_MS	50	/* how long a cancel may go unheard */

struct round;

/* What one thread has for itself. */
struct seat {
	struct round		*round;
	const struct check	*check;
	struct ctx		 ctx;
	struct finding		 finding;	/* under the lock, like done */
	int64_t			 done_ms;	/* monotonic */
	bool			 is_done;
};

struct round {
	atomic_uint	 users;
	pthread_mutex_t	 lock;
	pthread_cond_t	 changed;
	struct clock	 clock;
	struct cancel	 cancel;
	struct identity	 who;
	struct store	*store;
	struct site	*site;
	char		 no_site[700];
	int		 limit_ms;
	size_t		 count;
	struct seat	 seats[];
};

static void
round_release(struct round *r)
{
	if (atomic_fetch_sub(&r->users, 1) > 1)
		return;
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	cancel_fini(&r->cancel);
	store_close(r->store);
	site_free(r->site);
	free(r);
}

static bool
round_sync_init(struct round *r)
{
	pthread_condattr_t	attr;
	bool			ok;

	if (pthread_mutex_init(&r->lock, NULL) != 0)
		return false;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	ok = pthread_cond_init(&r->changed, &attr) == 0;
	pthread_condattr_destroy(&attr);
	if (!ok)
		pthread_mutex_destroy(&r->lock);
	return ok;
}

/* A world of its own for a thread, made of what the round owns. */
static void
seat_init(struct round *r, struct seat *s, const struct ctx *ctx,
    const struct check *check)
{
	s->round = r;
	s->check = check;
	s->ctx = (struct ctx){
		.registry = ctx->registry, .store = r->store,
		.clock = &r->clock, .cancel = &r->cancel, .who = &r->who,
		.read_only = true, .site = r->site,
	};
	memcpy(s->ctx.site_id, ctx->site_id, sizeof(s->ctx.site_id));
}

static struct round *
round_new(const struct ctx *ctx, const char *no_site,
    const struct check *checks, size_t count, int limit_ms, struct err *e)
{
	struct round	*r = calloc(1, sizeof(*r) +
	    count * sizeof(r->seats[0]));
	size_t		 i;

	if (r == NULL || !round_sync_init(r)) {
		free(r);
		err_nomem(e);
		return NULL;
	}
	atomic_init(&r->users, 1);
	r->cancel.fd = -1;
	r->clock = *ctx->clock;
	r->site = site_ref(ctx->site);
	r->limit_ms = limit_ms;
	r->count = count;
	snprintf(r->no_site, sizeof(r->no_site), "%s", no_site);
	if (ctx->who != NULL)
		r->who = *ctx->who;
	if (!cancel_init(&r->cancel, e) || (ctx->store != NULL &&
	    (r->store = store_open(store_dir(ctx->store), e)) == NULL)) {
		round_release(r);
		return NULL;
	}
	for (i = 0; i < count; i++)
		seat_init(r, &r->seats[i], ctx, &checks[i]);
	return r;
}

static void
finding_begin(const struct check *check, struct finding *f)
{
	memset(f, 0, sizeof(*f));
	finding_set(f, MARK_UNKNOWN, "%s", check->subject);
}

static void
seat_work(void *arg)
{
	struct seat	*s = arg;
	struct round	*r = s->round;
	struct probe	 p = { &s->ctx, r->site, r->no_site, r->limit_ms };
	struct finding	 f;

	finding_begin(s->check, &f);
	if (s->check->needs_site && r->site == NULL) {
		finding_why(&f, T_NO_SITE);
		f.fix = FIX_SETUP;
	} else {
		s->check->run(&p, &f);
	}
	pthread_mutex_lock(&r->lock);
	s->finding = f;
	s->done_ms = clock_mono_ms(&clock_system);
	s->is_done = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	round_release(r);
}

static void
seat_start(struct seat *s)
{
	struct err why;

	atomic_fetch_add(&s->round->users, 1);
	if (thread_start(seat_work, s, &why))
		return;
	atomic_fetch_sub(&s->round->users, 1);
	pthread_mutex_lock(&s->round->lock);
	finding_begin(s->check, &s->finding);
	finding_err(&s->finding, MARK_UNKNOWN, &why);
	s->done_ms = clock_mono_ms(&clock_system);
	s->is_done = true;
	pthread_mutex_unlock(&s->round->lock);
}

/* With the lock held. */
static size_t
answered(const struct round *r)
{
	size_t i, count = 0;

	for (i = 0; i < r->count; i++)
		count += r->seats[i].is_done;
	return count;
}

/* With the lock held. */
static void
wait_slice(struct round *r)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += SLICE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&r->changed, &r->lock, &until);
}

void
doctor_lines_begin(const struct check *checks, size_t count,
    struct line *out)
{
	size_t i;

	for (i = 0; i < count; i++) {
		out[i] = (struct line){ .is_asked = true };
		finding_begin(&checks[i], &out[i].finding);
	}
}

/* With the lock held: what is there, and who has not answered. */
static void
lines_copy(struct round *r, int64_t now_ms, struct line *out)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		const struct seat *s = &r->seats[i];

		if (s->is_done) {
			out[i] = (struct line){ s->finding,
			    now_ms - s->done_ms, false };
			continue;
		}
		doctor_lines_begin(s->check, 1, &out[i]);
		finding_why(&out[i].finding, T_NO_ANSWER,
		    r->limit_ms / 1000.0);
	}
}

/* With the lock held, which it lets go while it tells. */
static void
tell(struct round *r, struct line *lines, doctor_told told, void *arg)
{
	lines_copy(r, clock_mono_ms(&clock_system), lines);
	if (told == NULL)
		return;
	pthread_mutex_unlock(&r->lock);
	told(arg, lines);
	pthread_mutex_lock(&r->lock);
}

bool
doctor_examine(struct ctx *ctx, const char *no_site,
    const struct check *checks, size_t count, int limit_ms, doctor_told told,
    void *arg, struct line *out, struct err *e)
{
	struct round	*r = round_new(ctx, no_site, checks, count, limit_ms,
	    e);
	int64_t		 deadline_ms;
	size_t		 i, known = 0;
	bool		 ok;

	if (r == NULL)
		return false;
	deadline_ms = clock_mono_ms(&clock_system) + limit_ms;
	for (i = 0; i < count; i++)
		seat_start(&r->seats[i]);
	pthread_mutex_lock(&r->lock);
	while ((ok = cancel_check(ctx->cancel, e)) && answered(r) < count &&
	    clock_mono_ms(&clock_system) < deadline_ms) {
		wait_slice(r);
		if (answered(r) > known && answered(r) < count)
			tell(r, out, told, arg);
		known = answered(r);
	}
	lines_copy(r, clock_mono_ms(&clock_system), out);
	pthread_mutex_unlock(&r->lock);
	for (i = 0; i < count; i++)
		out[i].is_asked = false;
	/* Who still works shall stop soon: nobody listens any more. */
	cancel_request(&r->cancel, CANCEL_ASKED);
	round_release(r);
	return ok;
}

int
doctor_exit_code(const struct line *lines, size_t count)
{
	bool	seen[4] = { false, false, false, false };
	size_t	i;

	for (i = 0; i < count; i++)
		if (!lines[i].finding.is_idle)
			seen[lines[i].finding.mark] = true;
	if (seen[MARK_FAIL])
		return 2;
	if (seen[MARK_WARN])
		return 1;
	return seen[MARK_UNKNOWN] ? 3 : 0;
}
