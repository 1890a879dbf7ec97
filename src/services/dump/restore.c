/*
 * A dump into a server: data, then indexes, then the proof, then views and
 * what expires.  Workers that find no other file left help with the one that
 * is being read: reading is cheap and done by one at a time, inserting is not.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "restore.h"
#include "text.def"

#define BATCH_DOCS	32768
#define BATCH_BYTES	(4u * 1024 * 1024)
#define ANSWER_MS	600000
#define WORKERS_MAX	16

struct item {
	const char		*db;
	json_t			*entry;
	struct reader		*reader;
	pthread_mutex_t		 lock;		/* the reader */
	unsigned		 left;
	uint64_t		 want;		/* bytes */
	struct mongo_hash	 hash;		/* of what was read */
};

struct load {
	struct restore		*r;
	struct item		*items;
	size_t			 count;
	uint64_t		 total;
	atomic_uint_fast64_t	 bytes;
};

struct loader {
	struct mongo		*m;
	struct buf		 data;
	struct mongo_bytes	*docs;
};

static bool
target_open(const struct restore *r, struct mongo **m, struct err *e)
{
	const struct mongo_open_spec spec = { .url = r->url,
		.wants = MONGO_PRIMARY, .timeout_ms = r->timeout_ms,
		.answer_ms = ANSWER_MS };

	return mongo_open_as(&spec, m, e);
}

bool
restore_open(struct restore *r, struct err *e)
{
	return r->m != NULL || target_open(r, &r->m, e);
}

void
restore_close(struct restore *r)
{
	mongo_close(r->m);
	json_decref(r->found);
	if (r->dirfd >= 0)
		close(r->dirfd);
}

static void
loader_end(void *arg, void *worker)
{
	struct loader	*w = worker;

	(void)arg;
	mongo_close(w->m);
	buf_fini(&w->data);
	free(w->docs);
	free(w);
}

static void *
loader_begin(void *arg, struct err *e)
{
	struct load	*l = arg;
	struct loader	*w = calloc(1, sizeof(*w));

	if (w != NULL && (w->docs = calloc(BATCH_DOCS,
	    sizeof(*w->docs))) != NULL && target_open(l->r, &w->m, e))
		return w;
	if (w == NULL || w->docs == NULL)
		err_nomem(e);
	if (w != NULL)
		loader_end(arg, w);
	return NULL;
}

/*
 * A batch out of the shared reader into memory of our own, under its lock.
 * One document may be larger than the bound; then it is alone.
 */
static bool
batch_take(struct item *it, struct loader *w, size_t *count, struct err *e)
{
	struct mongo_bytes	*docs = w->docs;
	size_t			 n, i, room = BATCH_DOCS;
	bool			 ok = true;

	buf_reset(&w->data);
	*count = 0;
	while (ok && w->data.len < BATCH_BYTES && room > 0) {
		ok = reader_docs(it->reader, docs + *count, room < 4096 ?
		    room : 4096, &n, e);
		if (!ok || n == 0)
			break;
		for (i = 0; i < n; i++) {
			const struct mongo_bytes *d = &docs[*count + i];

			mongo_hash_add(&it->hash, d->data, d->len);
		}
		/* They lie one behind the other. */
		buf_add(&w->data, docs[*count].data, (size_t)(
		    docs[*count + n - 1].data - docs[*count].data) +
		    docs[*count + n - 1].len);
		*count += n;
		room -= n;
	}
	return ok && buf_ok(&w->data, e);
}

/* The reader's memory is gone: the same documents in ours. */
static void
batch_place(struct loader *w, size_t count)
{
	const uint8_t	*at = (const uint8_t *)w->data.data;
	size_t		 i;

	for (i = 0; i < count; i++) {
		w->docs[i].data = at;
		at += w->docs[i].len;
	}
}

static bool
item_load(struct load *l, struct loader *w, struct pool *p, struct item *it,
    struct err *e)
{
	size_t	 count;
	bool	 ok;

	for (;;) {
		if (!pool_goes_on(p, e))
			return false;
		pthread_mutex_lock(&it->lock);
		ok = batch_take(it, w, &count, e);
		pthread_mutex_unlock(&it->lock);
		if (!ok || count == 0)
			return ok;
		batch_place(w, count);
		if (!put_docs(w->m, it->db, it->entry, w->docs, count,
		    l->r->ctx->cancel, e))
			return false;
		atomic_fetch_add(&l->bytes, w->data.len);
	}
}

/* What was inserted is what was checked before, byte for byte. */
static bool
item_end(struct loader *w, struct item *it, struct err *e)
{
	struct mongo_hash	 want;

	reader_free(it->reader);
	it->reader = NULL;
	if (!manifest_hash_get(it->entry, &want) ||
	    !mongo_hash_is_equal(&want, &it->hash))
		return err_set(e, ERR_REFUSED, 0, T_FOUND_CHANGED,
		    json_text(it->entry, "file"));
	return put_settle(w->m, it->db, it->entry, e);
}

static bool
load_job(void *arg, void *worker, struct pool *p, struct pool_job job,
    struct err *e)
{
	struct load	*l = arg;
	struct item	*it = &l->items[job.item];
	bool		 ok = true, last;

	pthread_mutex_lock(&it->lock);
	if (it->reader == NULL && it->hash.count == 0)
		ok = (it->reader = found_open(l->r->dirfd, it->entry,
		    e)) != NULL;
	pthread_mutex_unlock(&it->lock);
	if (!ok || !item_load(l, worker, p, it, e))
		return false;
	pool_lock(p);
	last = --it->left == 0;
	pool_unlock(p);
	return !last || item_end(worker, it, e);
}

static bool
load_tick(void *arg, struct err *e)
{
	struct load	*l = arg;

	(void)e;
	progress_amount(l->r->ctx, (int64_t)l->bytes, (int64_t)l->total,
	    "bytes");
	return true;
}

/* On the target already, as a killed run or an earlier one left it. */
static bool
item_is_there(const struct restore *r, const char *db, const json_t *entry,
    bool *there, struct err *e)
{
	const struct mongo_scan	 scan = { .db = db,
		.collection = catalog_data_name(entry) };
	AUTO_JSON json_t	*now = NULL;
	struct mongo_hash	 want, have = { 0 };

	*there = false;
	if (!catalog_entry(r->m, db, json_text(entry, "name"), &now, e))
		return false;
	if (now == NULL || !manifest_hash_get(entry, &want) ||
	    (uint64_t)json_int(now, "count", 0) != want.count)
		return true;
	if (!mongo_scan_run(r->m, &scan, &have, NULL, NULL, r->ctx->cancel,
	    e))
		return false;
	*there = mongo_hash_is_equal(&want, &have);
	return true;
}

static bool
item_prepare(struct load *l, const char *db, json_t *entry, struct err *e)
{
	struct item	*it = &l->items[l->count];
	bool		 there;

	if (!item_is_there(l->r, db, entry, &there, e))
		return false;
	if (there)
		return true;
	if (!put_clear(l->r->m, db, entry, e))
		return false;
	it->db = db;
	it->entry = entry;
	it->left = 1;
	it->want = (uint64_t)json_int(entry, "document_bytes", 0);
	l->total += it->want;
	l->count++;
	return true;
}

/* The biggest first; the one that is more than the rest gets them all. */
static int
by_size(const void *a, const void *b)
{
	const struct item	*x = a, *y = b;

	return x->want < y->want ? 1 : x->want > y->want ? -1 :
	    strcmp(json_text(x->entry, "file"), json_text(y->entry, "file"));
}

static bool
load_run(struct load *l, struct err *e)
{
	struct pool_spec	 spec = { .begin = loader_begin,
		.run = load_job, .end = loader_end, .tick = load_tick,
		.arg = l, .cancel = l->r->ctx->cancel };
	unsigned		 workers = l->r->workers <= 0 ? 2 :
	    l->r->workers > WORKERS_MAX ? WORKERS_MAX :
	    (unsigned)l->r->workers;
	struct pool		*p;
	unsigned		 n;
	size_t			 i;
	bool			 ok;

	spec.workers = (int)workers;
	spec.jobs_max = l->count + workers;
	if ((p = pool_new(&spec, e)) == NULL)
		return false;
	qsort(l->items, l->count, sizeof(*l->items), by_size);
	for (i = 0; i < l->count; i++) {
		struct item	*it = &l->items[i];

		pthread_mutex_init(&it->lock, NULL);
		if (i == 0 && it->want * workers > l->total &&
		    !json_flag(it->entry, "capped"))
			it->left = workers;
		for (n = 0; n < it->left; n++)
			pool_push(p, (struct pool_job){ i, 0 });
	}
	ok = pool_run(p, e);
	pool_free(p);
	for (i = 0; i < l->count; i++) {
		reader_free(l->items[i].reader);
		pthread_mutex_destroy(&l->items[i].lock);
	}
	return ok;
}

/* Calls each for every entry; false from it ends. */
static bool
each_entry(const struct restore *r, bool (*each)(void *arg, const char *db,
    json_t *entry, struct err *e), void *arg, struct err *e)
{
	const json_t	*db;
	json_t		*one;
	size_t		 i, k;

	json_array_foreach(json_object_get(r->found, "databases"), i, db)
		json_array_foreach(json_object_get(db, "collections"), k, one)
			if (!cancel_check(r->ctx->cancel, e) ||
			    !each(arg, json_text(db, "db"), one, e))
				return false;
	return true;
}

static bool
one_count(void *arg, const char *db, json_t *entry, struct err *e)
{
	(void)db;
	(void)entry;
	(void)e;
	++*(size_t *)arg;
	return true;
}

static bool
one_prepare(void *arg, const char *db, json_t *entry, struct err *e)
{
	return !catalog_has_data(entry) || item_prepare(arg, db, entry, e);
}

bool
restore_data(struct restore *r, struct err *e)
{
	struct load	 l = { .r = r };
	size_t		 n = 0;
	bool		 ok;

	if (!restore_open(r, e))
		return false;
	each_entry(r, one_count, &n, NULL);
	if ((l.items = calloc(n + 1, sizeof(*l.items))) == NULL)
		return err_nomem(e);
	ok = each_entry(r, one_prepare, &l, e) &&
	    (l.count == 0 || load_run(&l, e));
	free(l.items);
	return ok;
}

struct with {
	struct restore	*r;
	bool		 ttl;
};

static bool
one_index(void *arg, const char *db, json_t *entry, struct err *e)
{
	const struct with	*w = arg;

	return mongo_catalog_index(w->r->m, db, entry, w->ttl, e);
}

bool
restore_indexes(struct restore *r, bool ttl, struct err *e)
{
	struct with	 w = { r, ttl };

	return restore_open(r, e) && each_entry(r, one_index, &w, e);
}

static bool
one_view(void *arg, const char *db, json_t *entry, struct err *e)
{
	struct restore	*r = arg;

	return catalog_has_data(entry) ||
	    mongo_catalog_create(r->m, db, entry, e);
}

bool
restore_views(struct restore *r, struct err *e)
{
	return restore_open(r, e) && each_entry(r, one_view, r, e);
}

static bool
one_proof(void *arg, const char *db, json_t *entry, struct err *e)
{
	struct restore		*r = arg;
	const struct mongo_scan	 scan = { .db = db,
		.collection = catalog_data_name(entry),
		.count = (uint64_t)json_int(entry, "documents", 0),
		.bytes = (uint64_t)json_int(entry, "document_bytes", 0) };
	struct mongo_hash	 want, have = { 0 };

	if (!catalog_has_data(entry))
		return true;
	if (!manifest_hash_get(entry, &want))
		return err_set(e, ERR_UNVERIFIED, 0, T_PROOF_NONE, db,
		    json_text(entry, "name"));
	if (!mongo_scan_run(r->m, &scan, &have, NULL, NULL, r->ctx->cancel,
	    e))
		return false;
	return mongo_hash_is_equal(&want, &have) || err_set(e,
	    ERR_UNVERIFIED, 0, T_PROOF_OTHER, db, json_text(entry, "name"),
	    (unsigned long long)have.count, (unsigned long long)want.count);
}

static bool
catalog_proof(struct restore *r, const json_t *db, struct err *e)
{
	const char *const names[] = { json_text(db, "db"), NULL };
	AUTO_JSON json_t *now = NULL, *lines = NULL;
	AUTO_JSON json_t *want = json_pack("[O]", db);

	if (want == NULL || !mongo_catalog_read(r->m, names, &now, e))
		return false;
	lines = mongo_catalog_compare(want, now);
	if (json_array_size(lines) == 0)
		return true;
	return err_set(e, ERR_UNVERIFIED, 0, "%s", json_string_value(
	    json_array_get(lines, 0)));
}

bool
restore_proof(struct restore *r, bool with_indexes, struct err *e)
{
	const json_t	*db;
	size_t		 i;

	if (!restore_open(r, e))
		return false;
	if (!with_indexes)
		return each_entry(r, one_proof, r, e);
	json_array_foreach(json_object_get(r->found, "databases"), i, db)
		if (!catalog_proof(r, db, e))
			return false;
	return true;
}

bool
restore_filled(struct mongo *m, const json_t *found, json_t **names,
    struct err *e)
{
	AUTO_JSON json_t *out = json_array();
	const json_t	*db;
	size_t		 i;

	json_array_foreach(json_object_get(found, "databases"), i, db) {
		const char *const one[] = { json_text(db, "db"), NULL };
		AUTO_JSON json_t *now = NULL;

		if (!mongo_catalog_read(m, one, &now, e))
			return false;
		if (json_array_size(json_object_get(json_array_get(now, 0),
		    "collections")) > 0)
			json_array_append(out, json_object_get(db, "db"));
	}
	*names = TAKE(out);
	return true;
}
