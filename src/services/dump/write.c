/*
 * Collections to files, as the bytes that came.  Workers as in copy.c; those
 * of one split collection append whole blocks of documents to the same file,
 * in whatever order they come.
 *
 * A file is NAME.part until all of it is on disk; then it gets its name, and
 * then its line in the manifest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "files.h"
#include "text.def"
#include "write.h"

#define BLOCK_BYTES	(1024u * 1024)
#define FLUSH_BYTES	(8u * 1024 * 1024)
#define ANSWER_MS	600000
#define SPLIT_MIN_BYTES	(32u * 1024 * 1024)
#define SPLIT_PIECES	4
#define BEGUN_MAX	6
#define WORKERS_MAX	16
#define DOCS_MAX	4096

struct writer {
	struct mongo		*m;
	struct gz		*gz;		/* NULL: as it is */
	struct buf		 block;
	struct mongo_bytes	*docs;
};

static void
writer_end(void *arg, void *worker)
{
	struct writer	*w = worker;

	(void)arg;
	mongo_close(w->m);
	gz_free(w->gz);
	buf_fini(&w->block);
	free(w->docs);
	free(w);
}

static void *
writer_begin(void *arg, struct err *e)
{
	struct write_all	*all = arg;
	struct writer		*w = calloc(1, sizeof(*w));
	const struct mongo_open_spec spec = { .url = all->url,
		.wants = MONGO_PRIMARY, .timeout_ms = all->timeout_ms,
		.answer_ms = ANSWER_MS };

	if (w == NULL || (w->docs = calloc(DOCS_MAX,
	    sizeof(*w->docs))) == NULL) {
		free(w);
		err_nomem(e);
		return NULL;
	}
	if (mongo_open_as(&spec, &w->m, e) && (!all->gzip ||
	    (w->gz = gz_new(all->level, e)) != NULL))
		return w;
	writer_end(arg, w);
	return NULL;
}

static bool
part_write(const struct write_item *it, const uint8_t *data, size_t len,
    uint64_t at, struct err *e)
{
	ssize_t	 n;

	while (len > 0) {
		n = pwrite(it->fd, data, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(e, T_WRITE, it->path);
			return err_hint(e, errno == ENOSPC ||
			    errno == EDQUOT ? T_FULL_HINT : T_WRITE_HINT);
		}
		data += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

/* A block of whole documents behind what others have written. */
static bool
block_flush(struct writer *w, struct pool *p, struct write_item *it,
    struct err *e)
{
	struct mongo_bytes	 out = { (uint8_t *)w->block.data,
		(uint32_t)w->block.len };
	uint64_t		 at;

	if (w->block.len == 0)
		return true;
	if (w->gz != NULL && !gz_member(w->gz, w->block.data, w->block.len,
	    &out, e))
		return false;
	pool_lock(p);
	at = it->size;
	it->size += out.len;
	pool_unlock(p);
	if (!part_write(it, out.data, out.len, at, e))
		return false;
	/* So that the fsync at the end has little left to wait for. */
	if (at / FLUSH_BYTES != (at + out.len) / FLUSH_BYTES)
		sync_file_range(it->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	buf_reset(&w->block);
	return true;
}

static bool
piece_read(struct writer *w, struct pool *p, struct write_item *it,
    struct mongo_cursor *c, struct mongo_hash *hash, struct err *e)
{
	uint64_t	 bytes;
	size_t		 count, i;

	for (;;) {
		if (!pool_goes_on(p, e) ||
		    !mongo_cursor_next(c, &w->docs[0], e))
			return false;
		if (w->docs[0].data == NULL)
			return block_flush(w, p, it, e);
		count = 1 + mongo_cursor_here(c, w->docs + 1, DOCS_MAX - 1);
		bytes = hash->bytes;
		for (i = 0; i < count; i++) {
			if (w->block.len + w->docs[i].len > BLOCK_BYTES &&
			    !block_flush(w, p, it, e))
				return false;
			mongo_hash_add(hash, w->docs[i].data, w->docs[i].len);
			buf_add(&w->block, w->docs[i].data, w->docs[i].len);
		}
		if (!buf_ok(&w->block, e))
			return false;
		atomic_fetch_add(&it->docs, count);
		atomic_fetch_add(&it->bytes, hash->bytes - bytes);
	}
}

/* All of it is on disk, under its name. */
static bool
item_close(struct write_all *all, struct writer *w, struct write_item *it,
    struct err *e)
{
	AUTO_FREE char		*part = str_format("%s.part", it->path);
	AUTO_FREE char		*folder = strdup(it->path);
	struct mongo_bytes	 none;

	if (part == NULL || folder == NULL)
		return err_nomem(e);
	/* An empty file is no gzip file, and ends mongorestore. */
	if (w->gz != NULL && it->size == 0) {
		if (!gz_member(w->gz, "", 0, &none, e) ||
		    !part_write(it, none.data, none.len, 0, e))
			return false;
		it->size = none.len;
	}
	if (fsync(it->fd) != 0) {
		err_sys(e, T_WRITE, it->path);
		return err_hint(e, T_FULL_HINT);
	}
	close(it->fd);
	it->fd = -1;
	if (renameat(all->dirfd, part, all->dirfd, it->path) != 0)
		return err_sys(e, T_WRITE, it->path);
	if (strrchr(folder, '/') != NULL)
		*strrchr(folder, '/') = '\0';
	return file_sync_dir(all->dirfd, folder, e);
}

static bool
item_end(struct write_all *all, struct writer *w, struct pool *p, size_t n,
    struct err *e)
{
	struct write_item	*it = &all->items[n];

	if (!it->again) {
		if (!item_close(all, w, it, e))
			return false;
		it->ready = true;
		return true;
	}
	if (++it->begun > BEGUN_MAX)
		return err_set(e, ERR_MONGO, 0, T_NO_PROGRESS, it->db,
		    it->name, (int)it->begun);
	if (ftruncate(it->fd, 0) != 0)
		return err_sys(e, T_WRITE, it->path);
	json_decref(it->bounds);
	it->bounds = NULL;
	it->hash = (struct mongo_hash){ 0 };
	it->size = 0;
	it->left = 1;
	it->again = false;
	it->docs = 0;
	it->bytes = 0;
	pool_push(p, (struct pool_job){ n, 0 });
	return true;
}

/* As piece_again in copy.c: the source could not, but may be asked anew. */
static bool
piece_again(struct write_all *all, struct pool *p, struct write_item *it,
    const struct err *why)
{
	const bool	 outside = it->at != 0 && scan_is_outside(why);

	if ((!outside && !why->retryable) ||
	    !cancel_wait(all->cancel, outside ? 0 : 1000))
		return false;
	pool_lock(p);
	it->again = true;
	if (outside) {
		it->outside = true;
		snprintf(it->why, sizeof(it->why), T_OUTSIDE, why->msg);
	}
	pool_unlock(p);
	return true;
}

/* Opened with its first piece: a folder may have thousands. */
static bool
item_open(struct write_all *all, struct pool *p, struct write_item *it,
    struct err *e)
{
	AUTO_FREE char	*part = str_format("%s.part", it->path);
	bool		 ok = true;

	if (part == NULL)
		return err_nomem(e);
	pool_lock(p);
	if (it->fd < 0) {
		it->fd = openat(all->dirfd, part, O_RDWR | O_CREAT |
		    O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
		ok = it->fd >= 0 || err_sys(e, T_WRITE, it->path);
	}
	pool_unlock(p);
	return ok;
}

static bool
write_job(void *arg, void *worker, struct pool *p, struct pool_job job,
    struct err *e)
{
	struct write_all	*all = arg;
	struct writer		*w = worker;
	struct write_item	*it = &all->items[job.item];
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	const struct mongo_scan	 scan = { .db = it->db,
		.collection = catalog_data_name(it->entry),
		.at = it->outside ? 0 : it->at,
		.count = (uint64_t)json_int(it->entry, "count", 0),
		.bytes = (uint64_t)json_int(it->entry, "bytes", 0),
		.min = job.piece == 0 ? NULL : json_string_value(
		    json_array_get(it->bounds, job.piece - 1)),
		.max = json_string_value(json_array_get(it->bounds,
		    job.piece)) };
	struct mongo_hash	 hash = { 0 };
	struct err		 why = { 0 };
	bool			 last;

	all->moving = job.item;
	buf_reset(&w->block);
	if (!item_open(all, p, it, e))
		return false;
	if (!it->again && (!scan_open(w->m, &scan, &c, &why) ||
	    !piece_read(w, p, it, c, &hash, &why)) &&
	    !piece_again(all, p, it, &why))
		return err_copy(e, &why);
	pool_lock(p);
	mongo_hash_join(&it->hash, &hash);
	last = --it->left == 0;
	pool_unlock(p);
	return !last || item_end(all, w, p, job.item, e);
}

static bool
write_tick(void *arg, struct err *e)
{
	struct write_all	*all = arg;
	uint64_t		 bytes = 0;
	size_t			 i;

	for (i = 0; i < all->count; i++) {
		struct write_item	*it = &all->items[i];

		bytes += it->bytes;
		if (it->is_done || !it->ready)
			continue;
		it->is_done = true;
		if (!all->done(all->arg, it, e))
			return false;
	}
	if (all->progress != NULL)
		all->progress(all->arg, &all->items[all->moving], bytes);
	return true;
}

/* Ranges for what alone would keep one worker busy to the end. */
static bool
item_cut(struct write_all *all, struct mongo *m, struct write_item *it,
    uint64_t total, struct err *e)
{
	uint64_t	 bytes = (uint64_t)json_int(it->entry, "bytes", 0);
	const struct mongo_scan scan = { .db = it->db,
		.collection = catalog_data_name(it->entry) };

	it->begun = 1;
	it->at = all->at;
	if (all->workers > 1 && bytes >= SPLIT_MIN_BYTES &&
	    bytes * (uint64_t)all->workers > total &&
	    scan_may_split(it->entry) && !scan_split(m, &scan,
	    (unsigned)all->workers * SPLIT_PIECES, &it->bounds, e))
		return false;
	it->left = 1 + (unsigned)json_array_size(it->bounds);
	return true;
}

static int
by_size(const void *a, const void *b)
{
	const struct write_item	*x = a, *y = b;
	const json_int_t	 m = json_int(x->entry, "bytes", 0);
	const json_int_t	 n = json_int(y->entry, "bytes", 0);

	return m < n ? 1 : m > n ? -1 : strcmp(x->path, y->path);
}

/* Parts that nobody will go on with. */
static void
parts_remove(struct write_all *all)
{
	size_t	 i;

	for (i = 0; i < all->count; i++) {
		struct write_item	*it = &all->items[i];
		AUTO_FREE char		*part = NULL;

		json_decref(it->bounds);
		it->bounds = NULL;
		if (it->fd < 0)
			continue;
		close(it->fd);
		it->fd = -1;
		if ((part = str_format("%s.part", it->path)) != NULL)
			unlinkat(all->dirfd, part, 0);
	}
}

static bool
write_pool(struct write_all *all, size_t jobs, struct err *e)
{
	const struct pool_spec	 spec = { .workers = all->workers,
		.jobs_max = jobs + all->count * BEGUN_MAX,
		.begin = writer_begin, .run = write_job, .end = writer_end,
		.tick = write_tick, .arg = all, .cancel = all->cancel };
	struct pool		*p = pool_new(&spec, e);
	unsigned		 piece;
	size_t			 i;
	bool			 ok;

	if (p == NULL)
		return false;
	for (i = 0; i < all->count; i++)
		for (piece = 0; piece < all->items[i].left; piece++)
			pool_push(p, (struct pool_job){ i, piece });
	ok = pool_run(p, e);
	pool_free(p);
	return ok;
}

bool
write_run(struct write_all *all, struct mongo *m, struct err *e)
{
	uint64_t	 total = 0;
	size_t		 jobs = 0, i;
	bool		 ok = true;

	if (all->workers <= 0)
		all->workers = 2;
	if (all->workers > WORKERS_MAX)
		all->workers = WORKERS_MAX;
	qsort(all->items, all->count, sizeof(*all->items), by_size);
	for (i = 0; i < all->count; i++) {
		all->items[i].fd = -1;
		total += (uint64_t)json_int(all->items[i].entry, "bytes", 0);
	}
	for (i = 0; ok && i < all->count; i++) {
		ok = item_cut(all, m, &all->items[i], total, e);
		jobs += all->items[i].left;
	}
	if (ok && jobs > 0)
		ok = write_pool(all, jobs, e);
	parts_remove(all);
	return ok;
}
