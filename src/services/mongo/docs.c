/*
 * Documents: read as a majority has them, written with a majority's word.
 * Outside of this folder a document is text; the SHA-256 of its BSON proves
 * that text and document are the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "driver.h"
#include "text.def"

#define WORDS_MAX	256

bson_t *
mongo_bson(const char *text, struct err *e)
{
	bson_error_t	 be;
	bson_t		*b = bson_new_from_json((const uint8_t *)text,
	    (ssize_t)strlen(text), &be);

	if (b == NULL)
		err_set(e, ERR_MONGO, 0, T_BSON, be.message);
	return b;
}

static void
bson_digest(const bson_t *b, char digest[DIGEST_HEX_SIZE])
{
	digest_sha256(bson_get_data(b), b->len, digest);
}

bool
mongo_doc_set(struct mongo_doc *doc, const bson_t *bson, struct err *e)
{
	char	*text = bson_as_canonical_extended_json(bson, NULL);

	doc->text = text == NULL ? NULL : strdup(text);
	bson_free(text);
	if (doc->text == NULL)
		return err_nomem(e);
	bson_digest(bson, doc->digest);
	return true;
}

void
mongo_doc_fini(struct mongo_doc *doc)
{
	free(doc->text);
	doc->text = NULL;
}

bool
mongo_text_digest(const char *text, char digest[DIGEST_HEX_SIZE],
    struct err *e)
{
	AUTO_BSON bson_t *b = mongo_bson(text, e);

	if (b == NULL)
		return false;
	bson_digest(b, digest);
	return true;
}

void
mongo_id_new(char hex[25])
{
	bson_oid_t	 oid;

	bson_oid_init(&oid, NULL);
	bson_oid_to_string(&oid, hex);
}

/* What is being done, in words, in the caller's memory. */
static struct mongo_need
need_words(const struct mongo_where *w, bool writes, char words[WORDS_MAX])
{
	if (writes)
		snprintf(words, WORDS_MAX, T_NEED_WRITE, w->db,
		    w->collection);
	else
		snprintf(words, WORDS_MAX, T_NEED_READ, w->db,
		    w->collection);
	return (struct mongo_need){ words, writes ? "readWrite" : "read",
		w->db };
}

/* Options by value: {"writeConcern":{"w":"majority","wtimeout":10000}} */
static bson_t *
write_options(void)
{
	return BCON_NEW("writeConcern", "{", "w", BCON_UTF8("majority"),
	    "wtimeout", BCON_INT32(MONGO_WTIMEOUT_MS), "}");
}

static bson_t *
read_options(int limit)
{
	if (limit > 0)
		return BCON_NEW("readConcern", "{", "level",
		    BCON_UTF8("majority"), "}", "limit", BCON_INT64(limit));
	return BCON_NEW("readConcern", "{", "level", BCON_UTF8("majority"),
	    "}", "sort", "{", "_id", BCON_INT32(1), "}");
}

static bool
cursor_each(mongoc_cursor_t *cursor, bool (*each)(void *arg,
    struct mongo_doc *doc, struct err *e), void *arg, struct err *e)
{
	const bson_t	*b;
	bool		 ok = true;

	while (ok && mongoc_cursor_next(cursor, &b)) {
		AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };

		ok = mongo_doc_set(&doc, b, e) && each(arg, &doc, e);
	}
	return ok;
}

static bool
find_by(struct mongo *m, const struct mongo_where *w, const bson_t *filter,
    int limit, bool (*each)(void *arg, struct mongo_doc *doc, struct err *e),
    void *arg, struct err *e)
{
	AUTO_BSON bson_t	*opts = read_options(limit);
	char			 words[WORDS_MAX];
	struct mongo_need	 need = need_words(w, false, words);
	mongoc_collection_t	*c;
	mongoc_cursor_t		*cursor;
	bson_error_t		 be;
	bool			 ok;

	c = mongoc_client_get_collection(m->client, w->db, w->collection);
	cursor = mongoc_collection_find_with_opts(c, filter, opts, NULL);
	ok = cursor_each(cursor, each, arg, e);
	if (ok && mongoc_cursor_error(cursor, &be))
		ok = mongo_blame(m, &be, &need, e);
	mongoc_cursor_destroy(cursor);
	mongoc_collection_destroy(c);
	return ok;
}

bool
mongo_find(struct mongo *m, const struct mongo_where *w, const char *filter,
    bool (*each)(void *arg, struct mongo_doc *doc, struct err *e), void *arg,
    struct err *e)
{
	AUTO_BSON bson_t *b = mongo_bson(filter != NULL ? filter : "{}", e);

	return b != NULL && find_by(m, w, b, 0, each, arg, e);
}

static bool
find_keep(void *arg, struct mongo_doc *doc, struct err *e)
{
	struct mongo_doc	*out = arg;

	(void)e;
	if (out->text == NULL)
		*out = (struct mongo_doc){ TAKE(doc->text), "" };
	memcpy(out->digest, doc->digest, sizeof(out->digest));
	return true;
}

bool
mongo_find_one(struct mongo *m, const struct mongo_where *w,
    const char *filter, struct mongo_doc *doc, struct err *e)
{
	AUTO_BSON bson_t *b = mongo_bson(filter, e);

	doc->text = NULL;
	return b != NULL && find_by(m, w, b, 1, find_keep, doc, e);
}

/*
 * {_id: the document's, $expr: the whole document is this one}: compared and
 * changed in one step by the server, whatever happens in between.  Not by
 * $eq: up to 4.4 the server takes "$$ROOT" there for a field's path and
 * fails (16409).
 */
static bson_t *
filter_exact(const bson_t *doc)
{
	bson_t		*f = bson_new();
	bson_t		 expr, eq, cmp, both, literal;
	bson_iter_t	 it;

	if (bson_iter_init_find(&it, doc, "_id"))
		bson_append_iter(f, "_id", -1, &it);
	BSON_APPEND_DOCUMENT_BEGIN(f, "$expr", &expr);
	BSON_APPEND_ARRAY_BEGIN(&expr, "$eq", &eq);
	BSON_APPEND_INT32(&eq, "0", 0);
	BSON_APPEND_DOCUMENT_BEGIN(&eq, "1", &cmp);
	BSON_APPEND_ARRAY_BEGIN(&cmp, "$cmp", &both);
	BSON_APPEND_UTF8(&both, "0", "$$ROOT");
	BSON_APPEND_DOCUMENT_BEGIN(&both, "1", &literal);
	BSON_APPEND_DOCUMENT(&literal, "$literal", doc);
	bson_append_document_end(&both, &literal);
	bson_append_array_end(&cmp, &both);
	bson_append_document_end(&eq, &cmp);
	bson_append_array_end(&expr, &eq);
	bson_append_document_end(f, &expr);
	return f;
}

enum write { WRITE_INSERT, WRITE_DELETE, WRITE_REPLACE };

/* One acknowledged write.  *count: documents deleted or matched. */
static bool
write_one(struct mongo *m, const struct mongo_where *w, enum write what,
    const bson_t *before, const bson_t *after, int *count, struct err *e)
{
	AUTO_BSON bson_t	*opts = write_options();
	AUTO_BSON bson_t	*filter = NULL;
	char			 words[WORDS_MAX];
	struct mongo_need	 need = need_words(w, true, words);
	mongoc_collection_t	*c;
	bson_iter_t		 it;
	bson_error_t		 be = { 0 };
	bson_t			 reply;
	bool			 ok;

	c = mongoc_client_get_collection(m->client, w->db, w->collection);
	if (what != WRITE_INSERT)
		filter = filter_exact(before);
	if (what == WRITE_INSERT)
		ok = mongoc_collection_insert_one(c, after, opts, &reply,
		    &be);
	else if (what == WRITE_DELETE)
		ok = mongoc_collection_delete_one(c, filter, opts, &reply,
		    &be);
	else
		ok = mongoc_collection_replace_one(c, filter, after, opts,
		    &reply, &be);
	*count = 0;
	if (bson_iter_init_find(&it, &reply,
	    what == WRITE_DELETE ? "deletedCount" : "matchedCount"))
		*count = (int)bson_iter_as_int64(&it);
	/* The reply first: it names a missing majority where be does not. */
	if (mongo_reply_check(m, &reply, &need, e))
		ok = ok || mongo_blame(m, &be, &need, e);
	else
		ok = false;
	bson_destroy(&reply);
	mongoc_collection_destroy(c);
	return ok;
}

char *
mongo_id_filter(const bson_t *doc)
{
	AUTO_BSON bson_t *f = bson_new();
	bson_iter_t	 it;
	char		*text, *out;

	if (!bson_iter_init_find(&it, doc, "_id"))
		return NULL;
	bson_append_iter(f, "_id", -1, &it);
	text = bson_as_canonical_extended_json(f, NULL);
	out = strdup(text);
	bson_free(text);
	return out;
}

/* After "duplicate key": is it our own document, from before a kill? */
static bool
insert_is_there(struct mongo *m, const struct mongo_where *w,
    const bson_t *doc)
{
	AUTO_MONGO_DOC struct mongo_doc found = { .text = NULL };
	AUTO_FREE char	*filter = mongo_id_filter(doc);
	char		 digest[DIGEST_HEX_SIZE];
	struct err	 ignored;

	if (filter == NULL || !mongo_find_one(m, w, filter, &found, &ignored))
		return false;
	bson_digest(doc, digest);
	return found.text != NULL && strcmp(found.digest, digest) == 0;
}

bool
mongo_insert(struct mongo *m, const struct mongo_where *w, const char *text,
    struct err *e)
{
	AUTO_BSON bson_t *doc = mongo_bson(text, e);
	int		 count;

	if (doc == NULL)
		return false;
	if (write_one(m, w, WRITE_INSERT, NULL, doc, &count, e))
		return true;
	if (e == NULL || e->code != MONGO_DUPLICATE_KEY ||
	    !insert_is_there(m, w, doc))
		return false;
	err_clear(e);
	return true;
}

static bool
write_exact(struct mongo *m, const struct mongo_where *w, enum write what,
    const char *before, const char *after, struct err *e)
{
	AUTO_BSON bson_t *old = mongo_bson(before, e);
	AUTO_BSON bson_t *new = NULL;
	int		 count;

	if (old == NULL)
		return false;
	if (after != NULL && (new = mongo_bson(after, e)) == NULL)
		return false;
	if (!write_one(m, w, what, old, new, &count, e))
		return false;
	return count == 1 || err_set(e, ERR_CHANGED, 0, T_DOC_GONE, w->db,
	    w->collection);
}

bool
mongo_delete(struct mongo *m, const struct mongo_where *w,
    const char *before, struct err *e)
{
	return write_exact(m, w, WRITE_DELETE, before, NULL, e);
}

bool
mongo_replace(struct mongo *m, const struct mongo_where *w,
    const char *before, const char *after, struct err *e)
{
	return write_exact(m, w, WRITE_REPLACE, before, after, e);
}

bool
mongo_command(struct mongo *m, const char *db, const char *command,
    const char *role, json_t **reply, struct err *e)
{
	AUTO_BSON bson_t	*b = mongo_bson(command, e);
	struct mongo_need	 need = { .role = role, .db = db };
	char			 words[WORDS_MAX], *text;
	mongoc_read_prefs_t	*prefs;
	bson_error_t		 be;
	bson_iter_t		 it;
	bson_t			 answer;
	bool			 ok;

	if (b == NULL)
		return false;
	snprintf(words, sizeof(words), T_NEED_COMMAND,
	    bson_iter_init(&it, b) && bson_iter_next(&it) ?
	    bson_iter_key(&it) : "", db);
	need.what = words;
	prefs = mongoc_read_prefs_new(MONGOC_READ_PRIMARY_PREFERRED);
	ok = mongoc_client_command_simple(m->client, db, b, prefs, &answer,
	    &be);
	mongoc_read_prefs_destroy(prefs);
	if (!ok) {
		mongo_blame(m, &be, &need, e);
	} else if ((ok = mongo_reply_check(m, &answer, &need, e))) {
		text = bson_as_relaxed_extended_json(&answer, NULL);
		*reply = json_parse(text, strlen(text), e);
		ok = *reply != NULL;
		bson_free(text);
	}
	bson_destroy(&answer);
	return ok;
}
