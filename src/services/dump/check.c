/*
 * Everything of a dump read once before anything is written anywhere:
 * structure, and count and hash against the manifest where there is one.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "files.h"
#include "text.def"

#define DOCS_MAX	4096
#define WORKERS		2

struct check {
	int			 dirfd;
	json_t			**entries;
	struct mongo_hash	*hashes;
	size_t			 count;
	atomic_uint_fast64_t	 bytes;
	const struct found_progress *progress;
};

static void *
check_begin(void *arg, struct err *e)
{
	struct mongo_bytes	*docs = calloc(DOCS_MAX, sizeof(*docs));

	(void)arg;
	if (docs == NULL)
		err_nomem(e);
	return docs;
}

static void
check_end(void *arg, void *worker)
{
	(void)arg;
	free(worker);
}

static bool
check_job(void *arg, void *worker, struct pool *p, struct pool_job job,
    struct err *e)
{
	struct check		*c = arg;
	struct mongo_bytes	*docs = worker;
	struct mongo_hash	*h = &c->hashes[job.item], want;
	const json_t		*entry = c->entries[job.item];
	struct reader		*r = found_open(c->dirfd, entry, e);
	size_t			 n = 1, i;
	bool			 ok = r != NULL;
	uint64_t		 before;

	while (ok && n > 0) {
		before = h->bytes;
		ok = pool_goes_on(p, e) && reader_docs(r, docs, DOCS_MAX, &n,
		    e);
		for (i = 0; ok && i < n; i++)
			mongo_hash_add(h, docs[i].data, docs[i].len);
		atomic_fetch_add(&c->bytes, h->bytes - before);
	}
	reader_free(r);
	if (!ok || json_str(entry, "hash") == NULL)
		return ok;
	if (manifest_hash_get(entry, &want) && mongo_hash_is_equal(h, &want))
		return true;
	return err_set(e, ERR_REFUSED, 0, T_FOUND_CHANGED,
	    json_text(entry, "file"));
}

static bool
check_tick(void *arg, struct err *e)
{
	struct check	*c = arg;

	(void)e;
	if (c->progress->report != NULL)
		c->progress->report(c->progress->arg, c->bytes);
	return true;
}

static bool
check_list(struct check *c, const json_t *found, struct err *e)
{
	const json_t	*dbs = json_object_get(found, "databases"), *db;
	json_t		*one;
	size_t		 i, k, n = 0;

	json_array_foreach(dbs, i, db)
		n += json_array_size(json_object_get(db, "collections"));
	c->entries = calloc(n + 1, sizeof(*c->entries));
	c->hashes = calloc(n + 1, sizeof(*c->hashes));
	if (c->entries == NULL || c->hashes == NULL)
		return err_nomem(e);
	json_array_foreach(dbs, i, db)
		json_array_foreach(json_object_get(db, "collections"), k, one)
			if (json_str(one, "file") != NULL)
				c->entries[c->count++] = one;
	return true;
}

static bool
check_run(struct check *c, struct err *e)
{
	const struct pool_spec spec = { .workers = WORKERS,
		.jobs_max = c->count, .begin = check_begin,
		.run = check_job, .end = check_end, .tick = check_tick,
		.arg = c, .cancel = c->progress->cancel };
	struct pool	*p = pool_new(&spec, e);
	size_t		 i;
	bool		 ok;

	if (p == NULL)
		return false;
	for (i = 0; i < c->count; i++)
		pool_push(p, (struct pool_job){ i, 0 });
	ok = pool_run(p, e);
	pool_free(p);
	return ok;
}

bool
found_check(int dirfd, json_t *found, const struct found_progress *progress,
    struct err *e)
{
	struct check	 c = { .dirfd = dirfd, .progress = progress };
	size_t		 i;
	bool		 ok = check_list(&c, found, e) &&
	    (c.count == 0 || check_run(&c, e));

	for (i = 0; ok && i < c.count; i++)
		ok = manifest_hash_put(c.entries[i], &c.hashes[i]) ||
		    err_nomem(e);
	free(c.entries);
	free(c.hashes);
	return ok;
}
