/*
 * Many documents at once, unordered: the driver sends them as sections of
 * one message, up to what the server takes (48 MB, 100,000 documents).
 *
 * A server puts the present time into a field of the top level that holds
 * Timestamp(0,0).  Only the newest can be told not to
 * (bypassEmptyTsReplacement); such a document is inserted and then put there
 * once more by a pipeline, whose values all of them keep.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "driver.h"
#include "raw.h"
#include "text.def"

#define WORDS_MAX	256
#define INSERT_WTIMEOUT	600000	/* a lagging set while it is being filled */

struct insert {
	struct mongo			*m;
	const struct mongo_insert_spec	*spec;
	struct mongo_need		 need;
	char				 words[WORDS_MAX];
	mongoc_collection_t		*c;
	bson_t				*opts;
	bson_t				*docs;
	const bson_t			**list;
	size_t				 count;
};

static bson_t *
insert_options(const struct mongo_insert_spec *spec)
{
	bson_t	*opts = bson_new();
	bson_t	 wc;

	BSON_APPEND_BOOL(opts, "ordered", false);
	BSON_APPEND_BOOL(opts, "validate", false);
	if (spec->bypasses_validation)
		BSON_APPEND_BOOL(opts, "bypassDocumentValidation", true);
	BSON_APPEND_DOCUMENT_BEGIN(opts, "writeConcern", &wc);
	if (spec->is_majority) {
		BSON_APPEND_UTF8(&wc, "w", "majority");
		BSON_APPEND_INT32(&wc, "wtimeout", INSERT_WTIMEOUT);
	} else
		BSON_APPEND_INT32(&wc, "w", 1);
	bson_append_document_end(opts, &wc);
	return opts;
}

static bool
insert_begin(struct insert *in, const struct mongo_bytes *docs, size_t count,
    struct err *e)
{
	size_t	 i;

	in->docs = malloc((count + 1) * sizeof(*in->docs));
	in->list = malloc((count + 1) * sizeof(*in->list));
	if (in->docs == NULL || in->list == NULL)
		return err_nomem(e);
	for (i = 0; i < count; i++) {
		if (!bson_init_static(&in->docs[i], docs[i].data,
		    docs[i].len))
			return err_set(e, ERR_MONGO, 0, T_RAW_BROKEN);
		in->list[i] = &in->docs[i];
	}
	in->count = count;
	return true;
}

static void
insert_end(struct insert *in)
{
	if (in->c != NULL)
		mongoc_collection_destroy(in->c);
	if (in->opts != NULL)
		bson_destroy(in->opts);
	free(in->docs);
	free(in->list);
}

/* One of the reply's writeErrors. */
static void
error_count(struct insert *in, bson_iter_t *one, struct mongo_inserted *r)
{
	bson_error_t	 be = { .domain = MONGOC_ERROR_SERVER };
	bson_iter_t	 it;

	if (!bson_iter_recurse(one, &it))
		return;
	while (bson_iter_next(&it)) {
		if (strcmp(bson_iter_key(&it), "code") == 0)
			be.code = (uint32_t)bson_iter_as_int64(&it);
		if (strcmp(bson_iter_key(&it), "errmsg") == 0 &&
		    BSON_ITER_HOLDS_UTF8(&it))
			snprintf(be.message, sizeof(be.message), "%s",
			    bson_iter_utf8(&it, NULL));
	}
	if (be.code == MONGO_DUPLICATE_KEY)
		r->duplicates++;
	else
		r->failed++;
	if (r->why.domain == ERR_NONE)
		mongo_blame(in->m, &be, &in->need, &r->why);
}

/* Adds what a reply says to *r; the number of its errors. */
static uint64_t
reply_count(struct insert *in, const bson_t *reply, struct mongo_inserted *r)
{
	uint64_t	 before = r->duplicates + r->failed;
	bson_iter_t	 it, one;

	if (bson_iter_init_find(&it, reply, "insertedCount"))
		r->inserted += (uint64_t)bson_iter_as_int64(&it);
	if (bson_iter_init_find(&it, reply, "writeErrors") &&
	    BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, &one))
		while (bson_iter_next(&one))
			error_count(in, &one, r);
	return r->duplicates + r->failed - before;
}

/* A missing majority is in the reply, and not in be. */
static bool
reply_concern(struct insert *in, const bson_t *reply, struct err *e)
{
	bson_t		 only = BSON_INITIALIZER;
	bson_iter_t	 it;
	bool		 ok;

	if (bson_iter_init_find(&it, reply, "writeConcernErrors"))
		bson_append_iter(&only, NULL, 0, &it);
	ok = mongo_reply_check(in->m, &only, &in->need, e);
	bson_destroy(&only);
	return ok;
}

static bool
insert_send(struct insert *in, size_t from, size_t count,
    struct mongo_inserted *r, struct err *e)
{
	bson_error_t	 be = { 0 };
	bson_t		 reply;
	uint64_t	 errors;
	bool		 ok;

	if (count == 0)
		return true;
	ok = mongoc_collection_insert_many(in->c, in->list + from, count,
	    in->opts, &reply, &be);
	errors = reply_count(in, &reply, r);
	if (!reply_concern(in, &reply, e))
		ok = false;
	else if (!ok && errors > 0 && be.domain != MONGOC_ERROR_STREAM)
		ok = true;
	else if (!ok)
		mongo_blame(in->m, &be, &in->need, e);
	bson_destroy(&reply);
	return ok;
}

/* Whether a server would put a time into it. */
static bool
doc_has_zero_time(const bson_t *doc)
{
	bson_iter_t	 it;
	uint32_t	 t, i;

	if (!bson_iter_init(&it, doc))
		return false;
	while (bson_iter_next(&it)) {
		if (!BSON_ITER_HOLDS_TIMESTAMP(&it))
			continue;
		bson_iter_timestamp(&it, &t, &i);
		if (t == 0 && i == 0 && strcmp(bson_iter_key(&it), "_id") != 0)
			return true;
	}
	return false;
}

/* Those with such a time to the end; the number of the others. */
static size_t
insert_sort(struct insert *in)
{
	size_t		 i = 0, end = in->count;
	const bson_t	*doc;

	while (i < end) {
		if (!doc_has_zero_time(in->list[i])) {
			i++;
			continue;
		}
		doc = in->list[--end];
		in->list[end] = in->list[i];
		in->list[i] = doc;
	}
	return end;
}

/*
 * [{$replaceWith: {$literal: DOCUMENT}}]: what a pipeline makes is kept as it
 * is, and a field's name may hold a dot.
 */
static bool
times_put(struct insert *in, const bson_t *doc, struct err *e)
{
	bson_t		 filter = BSON_INITIALIZER, update = BSON_INITIALIZER;
	bson_t		 opts = BSON_INITIALIZER, stage, with;
	bson_error_t	 be = { 0 };
	bson_iter_t	 it;
	bool		 ok;

	if (bson_iter_init_find(&it, doc, "_id"))
		bson_append_iter(&filter, NULL, 0, &it);
	BSON_APPEND_DOCUMENT_BEGIN(&update, "0", &stage);
	BSON_APPEND_DOCUMENT_BEGIN(&stage, "$replaceWith", &with);
	BSON_APPEND_DOCUMENT(&with, "$literal", doc);
	bson_append_document_end(&stage, &with);
	bson_append_document_end(&update, &stage);
	BSON_APPEND_BOOL(&opts, "validate", false);
	ok = mongoc_collection_update_one(in->c, &filter, &update, &opts,
	    NULL, &be);
	bson_destroy(&filter);
	bson_destroy(&update);
	bson_destroy(&opts);
	return ok || mongo_blame(in->m, &be, &in->need, e);
}

static bool
insert_times(struct insert *in, size_t from, struct mongo_inserted *r,
    struct err *e)
{
	uint64_t	 before;
	size_t		 i;

	for (i = from; i < in->count; i++) {
		before = r->inserted;
		if (!insert_send(in, i, 1, r, e))
			return false;
		if (r->inserted > before && !times_put(in, in->list[i], e))
			return false;
	}
	return true;
}

bool
mongo_insert_many(struct mongo *m, const struct mongo_insert_spec *spec,
    const struct mongo_bytes *docs, size_t count, struct mongo_inserted *r,
    struct err *e)
{
	struct insert	 in = { .m = m, .spec = spec };
	size_t		 plain;
	bool		 ok;

	snprintf(in.words, sizeof(in.words), T_NEED_WRITE, spec->db,
	    spec->collection);
	in.need = (struct mongo_need){ in.words, "readWrite", spec->db };
	in.c = mongoc_client_get_collection(m->client, spec->db,
	    spec->collection);
	in.opts = insert_options(spec);
	ok = insert_begin(&in, docs, count, e);
	if (ok) {
		plain = spec->keeps_timestamps ? insert_sort(&in) : count;
		ok = insert_send(&in, 0, plain, r, e) &&
		    insert_times(&in, plain, r, e);
	}
	insert_end(&in);
	return ok;
}
