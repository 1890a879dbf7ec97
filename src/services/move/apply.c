/*
 * Documents by _id from the source to the target.  What an event says of a
 * document is not used: the document is read as it is now, so that applying
 * an event twice, or late, does no harm.
 *
 * The target's documents are removed first and then written: a unique value
 * may have gone from one to another of the same batch.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/buf.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "move.h"

#define GROUP_BYTES	(8u << 20)

char *
apply_place(const char *db, const char *name)
{
	return str_format("%s\t%s", db, name);
}

bool
apply_chunks(const json_t *ids, bool (*each)(void *arg, const json_t *chunk,
    struct err *e), void *arg, struct err *e)
{
	AUTO_JSON json_t *chunk = json_object();
	const char	*id;
	json_t		*yes;

	if (chunk == NULL)
		return err_nomem(e);
	json_object_foreach ((json_t *)ids, id, yes) {
		if (json_object_set(chunk, id, yes) < 0)
			return err_nomem(e);
		if (json_object_size(chunk) < MOVE_CHUNK)
			continue;
		if (!each(arg, chunk, e))
			return false;
		json_object_clear(chunk);
	}
	return json_object_size(chunk) == 0 || each(arg, chunk, e);
}

/* {"_id":{"$in":[...]}} */
static json_t *
filter_in(const json_t *ids, struct err *e)
{
	AUTO_JSON json_t *list = json_array();
	const char	*text;
	json_t		*yes, *id, *filter;

	json_object_foreach ((json_t *)ids, text, yes) {
		id = json_loads(text, JSON_DECODE_ANY, NULL);
		if (json_array_append_new(list, id) < 0) {
			err_nomem(e);
			return NULL;
		}
	}
	filter = json_pack("{s:{s:O}}", "_id", "$in", list);
	if (filter == NULL)
		err_nomem(e);
	return filter;
}

bool
apply_fetch(struct mongo *m, const char *db, const char *name,
    const json_t *ids, bool (*each)(void *arg, struct mongo_bytes doc,
    struct err *e), void *arg, struct err *e)
{
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	AUTO_JSON json_t	*filter = filter_in(ids, e);
	AUTO_JSON json_t	*find = NULL;
	AUTO_FREE char		*text = NULL;
	struct mongo_bytes	 doc;

	if (filter == NULL)
		return false;
	find = json_pack("{s:s, s:O, s:{s:s}}", "find", name, "filter",
	    filter, "readConcern", "level", "majority");
	if (find == NULL || (text = move_text(find)) == NULL)
		return err_nomem(e);
	if (!mongo_cursor_open(m, &(struct mongo_cursor_spec){ .db = db,
	    .command = text, .role = "read" }, &c, e))
		return false;
	for (;;) {
		if (!mongo_cursor_next(c, &doc, e))
			return false;
		if (doc.data == NULL)
			return true;
		if (!each(arg, doc, e))
			return false;
	}
}

/* --- writing ------------------------------------------------------------ */

struct group {
	struct move		*m;
	const char		*db, *name;
	struct buf		 bytes;
	struct mongo_bytes	 docs[MOVE_CHUNK];
	size_t			 offset[MOVE_CHUNK];
	size_t			 count;
	uint64_t		 duplicates;
};

static bool
group_write(struct group *g, struct err *e)
{
	struct mongo_inserted	 r = { .inserted = 0 };
	size_t			 i;

	if (!buf_ok(&g->bytes, e))
		return false;
	for (i = 0; i < g->count; i++)
		g->docs[i].data = (const uint8_t *)g->bytes.data +
		    g->offset[i];
	if (g->count > 0 && !mongo_insert_many(g->m->target,
	    &(struct mongo_insert_spec){ .db = g->db, .collection = g->name,
	    .is_majority = true, .bypasses_validation = true,
	    .keeps_timestamps = true }, g->docs, g->count, &r, e))
		return false;
	if (r.failed > 0)
		return err_copy(e, &r.why);
	g->duplicates += r.duplicates;
	g->count = 0;
	buf_reset(&g->bytes);
	return true;
}

static bool
group_add(void *arg, struct mongo_bytes doc, struct err *e)
{
	struct group *g = arg;

	if (g->count > 0 && (g->count == MOVE_CHUNK ||
	    g->bytes.len + doc.len > GROUP_BYTES) && !group_write(g, e))
		return false;
	g->offset[g->count] = g->bytes.len;
	g->docs[g->count++].len = doc.len;
	buf_add(&g->bytes, doc.data, doc.len);
	return true;
}

static bool
target_remove(struct move *m, const char *db, const char *name,
    const json_t *ids, struct err *e)
{
	AUTO_JSON json_t *filter = filter_in(ids, e);

	return filter != NULL && move_command(m->target, db, json_pack(
	    "{s:s, s:[{s:O, s:i}], s:b, s:{s:s}}", "delete", name, "deletes",
	    "q", filter, "limit", 0, "ordered", false, "writeConcern", "w",
	    "majority"), "readWrite", NULL, e);
}

bool
apply_ids(struct move *m, const char *db, const char *name,
    const json_t *ids, json_t *pending, struct err *e)
{
	struct group	*g = calloc(1, sizeof(*g));
	bool		 ok;

	if (g == NULL)
		return err_nomem(e);
	g->m = m;
	g->db = db;
	g->name = name;
	ok = target_remove(m, db, name, ids, e) &&
	    apply_fetch(m->source, db, name, ids, group_add, g, e) &&
	    group_write(g, e);
	/* The other owner of a unique value has yet to lose it here. */
	if (ok && g->duplicates > 0)
		ok = json_object_update(pending, (json_t *)ids) == 0 ||
		    err_nomem(e);
	buf_fini(&g->bytes);
	free(g);
	return ok;
}
