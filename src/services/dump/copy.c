/*
 * Collections from server to server: what a cursor brought is inserted from
 * where it lies, batch by batch.  Work is cut into pieces (ranges of _id of
 * one big collection, else whole collections), taken by workers with two
 * connections each.
 *
 * The source of truth is the target: an item that is not done is begun
 * anew, on an empty collection.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "dump.h"
#include "text.def"

#define COPY_DOCS	32768	/* of one insert */
#define COPY_BEGUN_MAX	6	/* how often an item is begun anew */
#define COPY_BATCH	(4u * 1024 * 1024)
#define SPLIT_MIN_BYTES	(32u * 1024 * 1024)
#define SPLIT_PIECES	4	/* for each worker */
#define ANSWER_MS	600000
#define WORKERS_MAX	16

/* What is known of an item while it is copied; under the pool's lock. */
struct item {
	atomic_uint_fast64_t	 docs, bytes;
	json_t			*bounds;	/* between its pieces */
	unsigned		 left;		/* pieces */
	unsigned		 begun;
	atomic_bool		 again;		/* a piece could not go on */
	atomic_bool		 ready;		/* for done() */
	atomic_bool		 outside;
	uint64_t		 at;
	struct mongo_hash	 hash;
	char			 why[160];
};

struct copy {
	struct mongo_copy	*c;
	struct item		*items;
	atomic_size_t		 moving;	/* item last seen at work */
};

struct worker {
	struct mongo		*from, *to;
	struct mongo_bytes	*docs;
};

static void
worker_end(void *arg, void *worker)
{
	struct worker	*w = worker;

	(void)arg;
	mongo_close(w->from);
	mongo_close(w->to);
	free(w->docs);
	free(w);
}

static bool
open_side(const struct mongo_copy *c, const struct secret *url,
    enum mongo_wants wants, struct mongo **out, struct err *e)
{
	const struct mongo_open_spec spec = { .url = url, .wants = wants,
		.timeout_ms = c->timeout_ms, .answer_ms = ANSWER_MS };

	return mongo_open_as(&spec, out, e);
}

static void *
worker_begin(void *arg, struct err *e)
{
	struct copy	*cp = arg;
	struct worker	*w = calloc(1, sizeof(*w));

	if (w == NULL || (w->docs = calloc(COPY_DOCS,
	    sizeof(*w->docs))) == NULL) {
		free(w);
		err_nomem(e);
		return NULL;
	}
	if (open_side(cp->c, cp->c->from, MONGO_PRIMARY, &w->from, e) &&
	    open_side(cp->c, cp->c->to, MONGO_PRIMARY, &w->to, e))
		return w;
	worker_end(arg, w);
	return NULL;
}

/* All of a piece; *hash and the item's counters grow. */
static bool
piece_copy(struct copy *cp, struct worker *w, struct pool *p,
    const struct mongo_scan *scan, size_t n, struct mongo_hash *hash,
    bool *reading, struct err *e)
{
	const struct mongo_copy_item *it = &cp->c->items[n];
	AUTO_MONGO_CURSOR struct mongo_cursor *cursor = NULL;
	uint64_t		 bytes;
	size_t			 count, i;

	*reading = true;
	if (!scan_open(w->from, scan, &cursor, e))
		return false;
	for (;; *reading = true) {
		if (!pool_goes_on(p, e) ||
		    !mongo_cursor_next(cursor, &w->docs[0], e))
			return false;
		if (w->docs[0].data == NULL)
			return true;
		count = 1 + mongo_cursor_here(cursor, w->docs + 1,
		    COPY_DOCS - 1);
		bytes = hash->bytes;
		for (i = 0; i < count; i++)
			mongo_hash_add(hash, w->docs[i].data, w->docs[i].len);
		*reading = false;
		if (!put_docs(w->to, it->db, it->entry, w->docs, count,
		    cp->c->cancel, e))
			return false;
		atomic_fetch_add(&cp->items[n].docs, count);
		atomic_fetch_add(&cp->items[n].bytes, hash->bytes - bytes);
	}
}

/* The item's last piece has ended: done, or all of it once more. */
static bool
item_end(struct copy *cp, struct worker *w, struct pool *p, size_t n,
    struct err *e)
{
	const struct mongo_copy_item *it = &cp->c->items[n];
	struct item	*s = &cp->items[n];

	if (!s->again) {
		if (!put_settle(w->to, it->db, it->entry, e))
			return false;
		pool_lock(p);
		s->ready = true;
		pool_unlock(p);
		return true;
	}
	if (++s->begun > COPY_BEGUN_MAX)
		return err_set(e, ERR_MONGO, 0, T_NO_PROGRESS, it->db,
		    it->name, (int)s->begun);
	if (!put_clear(w->to, it->db, it->entry, e))
		return false;
	json_decref(s->bounds);
	s->bounds = NULL;
	s->again = false;
	s->hash = (struct mongo_hash){ 0 };
	s->left = 1;
	atomic_store(&s->docs, 0);
	atomic_store(&s->bytes, 0);
	pool_push(p, (struct pool_job){ n, 0 });
	return true;
}

/*
 * A source that cannot give it at T any more, or that was lost on the way,
 * is asked anew from the start; true when that may help.
 */
static bool
piece_again(struct copy *cp, struct pool *p, size_t n, bool reading,
    const struct err *why)
{
	struct item	*s = &cp->items[n];
	bool		 outside = s->at != 0 && scan_is_outside(why);

	if (!reading || (!outside && !why->retryable) ||
	    !cancel_wait(cp->c->cancel, outside ? 0 : 1000))
		return false;
	pool_lock(p);
	s->again = true;
	if (outside) {
		s->outside = true;
		snprintf(s->why, sizeof(s->why), T_OUTSIDE, why->msg);
	}
	pool_unlock(p);
	return true;
}

static bool
copy_job(void *arg, void *worker, struct pool *p, struct pool_job job,
    struct err *e)
{
	struct copy	*cp = arg;
	struct worker	*w = worker;
	const struct mongo_copy_item *it = &cp->c->items[job.item];
	struct item	*s = &cp->items[job.item];
	struct mongo_hash hash = { 0 };
	struct err	 why = { 0 };
	bool		 reading, last;
	const struct mongo_scan scan = { .db = it->db,
		.collection = catalog_data_name(it->entry),
		.at = s->outside ? 0 : s->at, .batch_bytes = COPY_BATCH,
		.count = (uint64_t)json_int(it->entry, "count", 0),
		.bytes = (uint64_t)json_int(it->entry, "bytes", 0),
		.min = job.piece == 0 ? NULL : json_string_value(
		    json_array_get(s->bounds, job.piece - 1)),
		.max = json_string_value(json_array_get(s->bounds,
		    job.piece)) };

	cp->moving = job.item;
	if (!s->again && !piece_copy(cp, w, p, &scan, job.item, &hash,
	    &reading, &why) && !piece_again(cp, p, job.item, reading, &why))
		return err_copy(e, &why);
	pool_lock(p);
	mongo_hash_join(&s->hash, &hash);
	last = --s->left == 0;
	pool_unlock(p);
	return !last || item_end(cp, w, p, job.item, e);
}

static bool
copy_tick(void *arg, struct err *e)
{
	struct copy		*cp = arg;
	struct mongo_copy	*c = cp->c;
	uint64_t		 docs = 0, bytes = 0;
	size_t			 i;

	for (i = 0; i < c->count; i++) {
		struct mongo_copy_item	*it = &c->items[i];
		struct item		*s = &cp->items[i];

		if (!it->is_done) {
			it->docs_now = atomic_load(&s->docs);
			it->bytes_now = atomic_load(&s->bytes);
		}
		docs += it->docs_now;
		bytes += it->bytes_now;
		if (it->is_done || !s->ready)
			continue;
		it->hash = s->hash;
		it->outside = it->outside || s->outside;
		if (s->why[0] != '\0')
			memcpy(it->why, s->why, sizeof(it->why));
		it->is_done = true;
		if (c->done != NULL && !c->done(c->arg, c, i, e))
			return false;
	}
	if (c->progress != NULL)
		c->progress(c->arg, c, cp->moving, docs, bytes);
	return true;
}

/* Bytes that are still to be copied. */
static uint64_t
copy_bytes(const struct mongo_copy *c)
{
	uint64_t	 sum = 0;
	size_t		 i;

	for (i = 0; i < c->count; i++)
		if (!c->items[i].is_done)
			sum += (uint64_t)json_int(c->items[i].entry, "bytes",
			    0);
	return sum;
}

/* Ranges for an item that alone would keep one worker busy to the end. */
static bool
item_cut(struct copy *cp, struct mongo *from, size_t n, uint64_t total,
    int workers, struct err *e)
{
	const struct mongo_copy_item *it = &cp->c->items[n];
	uint64_t	 bytes = (uint64_t)json_int(it->entry, "bytes", 0);
	const struct mongo_scan scan = { .db = it->db,
		.collection = catalog_data_name(it->entry) };

	if (workers < 2 || bytes < SPLIT_MIN_BYTES ||
	    bytes * (uint64_t)workers <= total ||
	    !scan_may_split(it->entry))
		return true;
	return scan_split(from, &scan, (unsigned)workers * SPLIT_PIECES,
	    &cp->items[n].bounds, e);
}

/* Targets emptied, big ones cut; before any worker. */
static bool
copy_prepare(struct copy *cp, int workers, size_t *jobs, struct err *e)
{
	AUTO_MONGO struct mongo	*from = NULL, *to = NULL;
	struct mongo_copy	*c = cp->c;
	uint64_t		 total = copy_bytes(c);
	bool			 empty;
	size_t			 i;

	if (!open_side(c, c->from, MONGO_PRIMARY, &from, e) ||
	    !open_side(c, c->to, MONGO_PRIMARY, &to, e))
		return false;
	*jobs = 0;
	for (i = 0; i < c->count; i++) {
		struct mongo_copy_item *it = &c->items[i];

		if (it->is_done)
			continue;
		cp->items[i].at = it->outside ? 0 : c->at;
		if (!cancel_check(c->cancel, e) ||
		    !put_is_empty(to, it->db, it->entry, &empty,
		    e) ||
		    (!empty && !put_clear(to, it->db, it->entry, e)) ||
		    !item_cut(cp, from, i, total, workers, e))
			return false;
		cp->items[i].begun = 1;
		cp->items[i].left = 1 +
		    (unsigned)json_array_size(cp->items[i].bounds);
		*jobs += cp->items[i].left;
	}
	return true;
}

struct sized {
	uint64_t	 bytes;
	size_t		 item;
};

static int
by_size(const void *a, const void *b)
{
	const struct sized	*x = a, *y = b;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 :
	    x->item < y->item ? -1 : 1;
}

/* The biggest first, so that none is begun last. */
static bool
copy_push(struct copy *cp, struct pool *p, struct err *e)
{
	const struct mongo_copy	*c = cp->c;
	AUTO_FREE struct sized	*order = calloc(c->count + 1,
	    sizeof(*order));
	unsigned		 piece;
	size_t			 i;

	if (order == NULL)
		return err_nomem(e);
	for (i = 0; i < c->count; i++)
		order[i] = (struct sized){ (uint64_t)json_int(
		    c->items[i].entry, "bytes", 0), i };
	qsort(order, c->count, sizeof(*order), by_size);
	for (i = 0; i < c->count; i++)
		for (piece = 0; piece < cp->items[order[i].item].left; piece++)
			pool_push(p, (struct pool_job){ order[i].item,
			    piece });
	return true;
}

static void
copy_end(struct copy *cp)
{
	size_t	 i;

	for (i = 0; i < cp->c->count; i++)
		json_decref(cp->items[i].bounds);
	free(cp->items);
}

bool
mongo_copy_run(struct mongo_copy *c, struct err *e)
{
	struct copy	 cp = { .c = c };
	struct pool_spec spec = { .begin = worker_begin, .run = copy_job,
		.end = worker_end, .tick = copy_tick, .arg = &cp,
		.cancel = c->cancel };
	struct pool	*p = NULL;
	size_t		 jobs = 0;
	bool		 ok;

	spec.workers = c->workers <= 0 ? 2 :
	    c->workers > WORKERS_MAX ? WORKERS_MAX : c->workers;
	cp.items = calloc(c->count + 1, sizeof(*cp.items));
	if (cp.items == NULL)
		return err_nomem(e);
	ok = copy_prepare(&cp, spec.workers, &jobs, e);
	/* Every item may be begun anew, in one piece then. */
	spec.jobs_max = jobs + c->count * COPY_BEGUN_MAX;
	if (ok && jobs > 0)
		ok = (p = pool_new(&spec, e)) != NULL &&
		    copy_push(&cp, p, e) && pool_run(p, e);
	pool_free(p);
	copy_end(&cp);
	return ok;
}
