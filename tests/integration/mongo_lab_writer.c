/*
 * Somebody who goes on chatting while the servers are changed.  Document N is
 * in chatlogging.EVENTS or, when odd, in meeting; of ten, one is deleted
 * again and three are updated.  Every attempt is a line of a file: what was
 * acknowledged must be there afterwards; what was refused may be there or
 * not, and its document is not touched again.
 */
#include "mongo_lab_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "stconsole/buf.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define NOTED_MAX	(64u << 20)
#define BURST_MS	2000
#define STOP_TRIES	1200		/* of 50 ms: an attempt may wait */

struct writing {
	const char	*url;
	const char	*file;
	int		 interval_ms;
};

static volatile sig_atomic_t ends;

static void
on_end(int sig)
{
	(void)sig;
	ends = 1;
}

static void
where(long n, const char **db, const char **collection)
{
	*db = n % 2 == 0 ? "chatlogging" : "meeting";
	*collection = n % 2 == 0 ? "EVENTS" : MONGO_LAB_WRITER;
}

/* One of 'I', 'U' (to value), 'D'. */
static bool
attempt(mongoc_client_t *c, char what, long n, int value, bson_error_t *be)
{
	AUTO_FREE char		*id = str_format(MONGO_LAB_WRITTEN "%ld", n);
	const char		*db, *name;
	mongoc_collection_t	*at;
	bson_t			*one, *change;
	bool			 ok;

	where(n, &db, &name);
	at = mongoc_client_get_collection(c, db, name);
	one = BCON_NEW("_id", BCON_UTF8(id));
	if (what == 'I') {
		BSON_APPEND_INT32(one, "value", value);
		ok = mongoc_collection_insert_one(at, one, NULL, NULL, be);
	} else if (what == 'U') {
		change = BCON_NEW("$set", "{", "value", BCON_INT32(value),
		    "}");
		ok = mongoc_collection_update_one(at, one, change, NULL,
		    NULL, be);
		bson_destroy(change);
	} else {
		ok = mongoc_collection_delete_one(at, one, NULL, NULL, be);
	}
	bson_destroy(one);
	mongoc_collection_destroy(at);
	return ok;
}

static bool
noted(FILE *f, mongoc_client_t *c, char what, long n, int value)
{
	int64_t		 began = clock_mono_ms(&clock_system);
	bson_error_t	 be = { 0 };
	bool		 ok = attempt(c, what, n, value, &be);

	fprintf(f, "%c %ld %d %d %lld %lld %s\n", what, n, value, ok,
	    (long long)began, (long long)(clock_mono_ms(&clock_system) -
	    began), ok ? "-" : be.message);
	fflush(f);
	return ok;
}

static int
write_on(void *arg)
{
	const struct writing	*w = arg;
	FILE			*f = fopen(w->file, "w");
	mongoc_client_t		*c = f == NULL ? NULL :
	    mongo_lab_client(w->url);

	signal(SIGTERM, on_end);
	if (c == NULL)
		return 1;
	for (long n = 0; !ends; n++) {
		bool	 ok = noted(f, c, 'I', n, 0);

		if (ok && n % 10 >= 7)
			ok = noted(f, c, 'U', n, (int)(n % 1000) + 1);
		if (ok && n % 10 == 9)
			noted(f, c, 'D', n, 0);
		(void)poll(NULL, 0, w->interval_ms);
	}
	mongoc_client_destroy(c);
	return fclose(f) == 0 ? 0 : 1;
}

void
mongo_lab_writer_start(struct mongo_lab *l, int interval_ms)
{
	struct lab_house	*h = &l->own->house;
	AUTO_FREE char		*url = mongo_lab_url(l, "sametimeUser");
	AUTO_FREE char		*log = lab_path(h, "log/writer");
	struct writing		 w = { url, NULL, interval_ms };
	struct err		 e;

	assert_int_equal(l->writer, 0);
	if (l->own->noted == NULL)
		l->own->noted = lab_path(h, "log/written");
	w.file = l->own->noted;
	assert_non_null(w.file);
	assert_non_null(log);
	l->writer = lab_fork(h, write_on, &w, log, &e);
	mongo_lab_ok(l->writer > 0, &e);
}

void
mongo_lab_writer_kill(struct mongo_lab *l)
{
	if (l->writer > 0)
		kill(l->writer, SIGKILL);
	l->writer = 0;
	free(TAKE(l->own->noted));
}

/* --- afterwards */

struct written_doc {
	bool	 is_in;			/* acknowledged, not deleted */
	bool	 may_go, may_come;	/* a refused delete, insert */
	bool	 was_deleted;
	bool	 is_seen;
	int	 value, other;		/* other: by a refused update */
};

struct written {
	struct written_doc	*docs;
	long			 count;
	struct mongo_lab_written sums;
	int64_t			 refused_at;
};

static void
doc_note(struct written_doc *d, char what, int value, bool ok)
{
	if (what == 'I') {
		d->is_in = ok;
		d->may_come = !ok;
		d->value = d->other = value;
	} else if (what == 'U') {
		d->other = value;
		if (ok)
			d->value = value;
	} else {
		d->is_in = !ok;
		d->was_deleted = ok;
		d->may_go = !ok;
	}
}

static void
sums_note(struct written *w, bool ok, int64_t at, int64_t took)
{
	if (ok) {
		w->sums.acknowledged++;
		if (took > w->sums.longest_ms)
			w->sums.longest_ms = (long)took;
		return;
	}
	w->sums.refused++;
	if (w->sums.bursts == 0 || at + took - w->refused_at > BURST_MS)
		w->sums.bursts++;
	w->refused_at = at + took;
}

static void
line_note(struct written *w, const char *line)
{
	char		 what = 0;
	long		 n = 0;
	int		 value = 0, ok = 0;
	long long	 at = 0, took = 0;

	if (sscanf(line, "%c %ld %d %d %lld %lld", &what, &n, &value, &ok,
	    &at, &took) != 6)
		fail_msg("the writer's line \"%s\"", line);
	if (n >= w->count) {
		w->docs = realloc(w->docs, (size_t)(n + 1) *
		    sizeof(*w->docs));
		assert_non_null(w->docs);
		memset(&w->docs[w->count], 0, (size_t)(n + 1 - w->count) *
		    sizeof(*w->docs));
		w->count = n + 1;
	}
	doc_note(&w->docs[n], what, value, ok);
	sums_note(w, ok, at, took);
	if (!ok)
		print_message("refused: %s\n", line);
}

static void
doc_compare(struct written *w, const bson_t *doc)
{
	bson_iter_t		 it;
	const char		*id;
	struct written_doc	*d;
	int64_t			 n = 0;
	int			 value;

	assert_true(bson_iter_init_find(&it, doc, "_id"));
	id = bson_iter_utf8(&it, NULL);
	/* A document that was never written has no number of ours. */
	if (!str_to_int(id + strlen(MONGO_LAB_WRITTEN), 0, w->count - 1,
	    &n) || !bson_iter_init_find(&it, doc, "value")) {
		w->sums.changed++;
		return;
	}
	d = &w->docs[n];
	value = bson_iter_int32(&it);
	d->is_seen = true;
	if (!(d->is_in || d->may_come) || bson_count_keys(doc) != 2 ||
	    (value != d->value && value != d->other))
		w->sums.changed++;
}

static void
compare(struct written *w, const char *url)
{
	mongoc_client_t	*c = mongo_lab_client(url);
	bson_t		*filter = BCON_NEW("_id", "{", "$regex",
	    "^" MONGO_LAB_WRITTEN, "}");

	for (long parity = 0; parity < 2; parity++) {
		const char		*db, *name;
		mongoc_collection_t	*at;
		mongoc_cursor_t		*cursor;
		const bson_t		*doc;
		bson_error_t		 be;

		where(parity, &db, &name);
		at = mongoc_client_get_collection(c, db, name);
		cursor = mongoc_collection_find_with_opts(at, filter, NULL,
		    NULL);
		while (mongoc_cursor_next(cursor, &doc))
			doc_compare(w, doc);
		if (mongoc_cursor_error(cursor, &be))
			fail_msg("%s.%s: %s", db, name, be.message);
		mongoc_cursor_destroy(cursor);
		mongoc_collection_destroy(at);
	}
	bson_destroy(filter);
	mongoc_client_destroy(c);
	for (long n = 0; n < w->count; n++) {
		const struct written_doc	*d = &w->docs[n];

		if (d->is_in && !d->may_go && !d->is_seen)
			w->sums.lost++;
	}
}

static void
writer_end(struct mongo_lab *l)
{
	int	 status = -1, tries = 0;

	assert_true(l->writer > 0);
	kill(l->writer, SIGTERM);
	while (waitpid(l->writer, &status, WNOHANG) == 0) {
		if (++tries > STOP_TRIES)
			fail_msg("the writer does not end");
		(void)poll(NULL, 0, 50);
	}
	lab_child_forget(&l->own->house, l->writer);
	l->writer = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the writer ended with status %d", status);
}

struct mongo_lab_written
mongo_lab_writer_stop(struct mongo_lab *l, const char *url)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*own = mongo_lab_url(l, "labRoot");
	struct written		 w = { .docs = NULL };
	char			*save = NULL;
	struct err		 e;

	writer_end(l);
	mongo_lab_ok(file_read(AT_FDCWD, l->own->noted, NOTED_MAX, &b, &e),
	    &e);
	assert_true(b.len > 0);
	for (char *line = strtok_r(b.data, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		line_note(&w, line);
	compare(&w, url != NULL ? url : own);
	free(w.docs);
	return w.sums;
}
