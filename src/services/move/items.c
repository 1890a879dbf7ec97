/*
 * The collections of a move: listed, copied, compared.  An item is done when
 * its documents were copied and counted; compared when the target was read
 * back and had them.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "move.h"
#include "text.def"

json_t *
move_item(const struct move *m, const char *db, const char *name)
{
	json_t	*item;
	size_t	 i;

	json_array_foreach (json_object_get(m->state, "items"), i, item)
		if (str_equal(json_str(item, "db"), db) &&
		    str_equal(json_str(item, "name"), name))
			return item;
	return NULL;
}

bool
move_item_has_documents(const json_t *item)
{
	return !str_equal(json_str(json_object_get(item, "entry"), "type"),
	    "view");
}

const char *
move_item_data(const json_t *item)
{
	const char *buckets = json_str(json_object_get(item, "entry"),
	    "buckets");

	return buckets != NULL ? buckets : json_text(item, "name");
}

const char *
move_item_why(const json_t *item)
{
	static const struct {
		const char	*code, *words;
	} table[] = {
		{ "created", T_WHY_CREATED }, { "dropped", T_WHY_DROPPED },
		{ "renamed", T_WHY_RENAMED }, { "altered", T_WHY_ALTERED },
		{ "untold", T_WHY_UNTOLD }, { "oplog", T_WHY_OPLOG },
	};
	const char	*why = json_text(item, "why");
	size_t		 i;

	for (i = 0; i < LENGTH(table); i++)
		if (strcmp(table[i].code, why) == 0)
			return table[i].words;
	return why;
}

/*
 * Streams of a database leave out system collections and time series, and
 * what falls off the end of a capped one is no event.
 */
bool
move_item_follows(const json_t *item)
{
	const json_t *entry = json_object_get(item, "entry");

	return str_equal(json_str(entry, "type"), "collection") &&
	    !json_flag(entry, "capped") &&
	    !str_starts(json_text(item, "name"), "system.");
}

static bool
item_add(struct move *m, const char *db, const json_t *entry, json_t **out,
    struct err *e)
{
	json_t	*item = json_pack("{s:s, s:s, s:O, s:b, s:b}", "db", db,
	    "name", json_text(entry, "name"), "entry", entry, "done", false,
	    "compared", false);

	*out = item;
	return json_array_append_new(json_object_get(m->state, "items"),
	    item) == 0 || err_nomem(e);
}

bool
move_item_again(struct move *m, const char *db, const char *name,
    const char *why, struct err *e)
{
	AUTO_JSON json_t *unknown = json_pack("{s:s, s:s}", "name", name,
	    "type", "collection");
	json_t	*item = move_item(m, db, name);

	if (unknown == NULL)
		return err_nomem(e);
	if (item == NULL && !item_add(m, db, unknown, &item, e))
		return false;
	if (json_object_set_new(item, "again", json_string(why)) < 0 ||
	    json_object_set_new(item, "done", json_false()) < 0 ||
	    json_object_set_new(item, "compared", json_false()) < 0)
		return err_nomem(e);
	return true;
}

/* Our own marker is nobody's data. */
static void
catalog_strip(json_t *catalog)
{
	json_t	*db, *list;
	size_t	 i, n;

	json_array_foreach (catalog, i, db) {
		list = json_object_get(db, "collections");
		for (n = json_array_size(list); n-- > 0;)
			if (str_equal(json_str(json_array_get(list, n),
			    "name"), MOVE_MARKER))
				json_array_remove(list, n);
	}
}

bool
move_catalog(struct move *m, struct mongo *side, json_t **out,
    struct err *e)
{
	AUTO_FREE const char **dbs = move_dbs(m, e);

	if (dbs == NULL || !mongo_catalog_read(side, dbs, out, e))
		return false;
	catalog_strip(*out);
	return true;
}

bool
move_items_read(struct move *m, struct err *e)
{
	AUTO_JSON json_t	*catalog = NULL;
	const json_t		*db, *entry;
	json_t			*item;
	size_t			 i, n;

	if (!move_source(m, e) || !move_catalog(m, m->source, &catalog, e) ||
	    !move_set(m, "items", json_array(), e))
		return false;
	json_array_foreach (catalog, i, db)
		json_array_foreach (json_object_get(db, "collections"), n,
		    entry)
			if (!item_add(m, json_text(db, "db"), entry, &item,
			    e))
				return false;
	return true;
}

/* --- copying ------------------------------------------------------------ */

struct copying {
	struct move	*m;
	json_t		**items;	/* of the state, beside c.items */
	uint64_t	 total;
};

static void
copy_progress(void *arg, const struct mongo_copy *c, size_t item,
    uint64_t docs, uint64_t bytes)
{
	struct copying	*k = arg;
	struct err	 ignored;
	size_t		 i;

	(void)bytes;
	for (i = 0; i < c->count; i++)
		if (!c->items[i].is_done)
			json_object_set_new(k->items[i], "docs", json_integer(
			    (json_int_t)c->items[i].docs_now));
	progress_amount(k->m->ctx, (int64_t)docs, (int64_t)k->total,
	    "documents");
	json_object_set_new(k->m->state, "now", json_integer((json_int_t)
	    docs));
	json_object_set_new(k->m->state, "moving", json_pack("{s:O, s:O}",
	    "db", json_object_get(k->items[item], "db"), "name",
	    json_object_get(k->items[item], "name")));
	/* For who looks: what is not written now is the next time. */
	move_save_soon(k->m, &ignored);
}

static bool
copy_done(void *arg, const struct mongo_copy *c, size_t n, struct err *e)
{
	struct copying			*k = arg;
	const struct mongo_copy_item	*i = &c->items[n];
	json_t				*item = k->items[n];
	char				 hash[MONGO_HASH_TEXT];

	mongo_hash_text(&i->hash, hash);
	if (json_object_set_new(item, "done", json_true()) < 0 ||
	    json_object_set_new(item, "hash", json_string(hash)) < 0 ||
	    json_object_set_new(item, "docs", json_integer((json_int_t)
	    i->hash.count)) < 0 ||
	    json_object_set_new(item, "bytes", json_integer((json_int_t)
	    i->hash.bytes)) < 0)
		return err_nomem(e);
	if (i->outside && json_int(k->m->state, "at", 0) != 0 &&
	    (json_object_set_new(item, "outside", json_true()) < 0 ||
	    json_object_set_new(item, "why", json_string(i->why)) < 0))
		return err_nomem(e);
	return move_save(k->m, e);
}

static bool
copy_run(struct copying *k, struct mongo_copy *c, struct err *e)
{
	const json_t	*entry;
	json_t		*item;
	size_t		 i;

	json_array_foreach (json_object_get(k->m->state, "items"), i, item) {
		if (json_flag(item, "done") || json_str(item, "again") ||
		    !move_item_has_documents(item))
			continue;
		entry = json_object_get(item, "entry");
		k->total += (uint64_t)json_int(entry, "count", 0);
		k->items[c->count] = item;
		c->items[c->count++] = (struct mongo_copy_item){
		    .db = json_text(item, "db"),
		    .name = json_text(item, "name"), .entry = entry };
	}
	return c->count == 0 || mongo_copy_run(c, e);
}

bool
move_items_copy(struct move *m, struct err *e)
{
	size_t		 most = json_array_size(json_object_get(m->state,
	    "items")) + 1;
	struct copying	 k = { .m = m };
	struct mongo_copy c = { .from = m->from, .to = m->to,
		.at = (uint64_t)json_int(m->state, "at", 0),
		.workers = (int)json_int(m->state, "workers", 0),
		.timeout_ms = 10000, .cancel = m->ctx->cancel,
		.progress = copy_progress, .done = copy_done, .arg = &k };
	bool		 ok;

	k.items = calloc(most, sizeof(json_t *));
	c.items = calloc(most, sizeof(struct mongo_copy_item));
	ok = k.items != NULL && c.items != NULL ? copy_run(&k, &c, e) :
	    err_nomem(e);
	free(k.items);
	free(c.items);
	return ok;
}

/* --- comparing ---------------------------------------------------------- */

/* What a scan of the target gives must be what was written into it. */
static bool
item_compare(struct move *m, json_t *item, struct err *e)
{
	struct mongo_scan	 scan = { .db = json_text(item, "db"),
		.collection = move_item_data(item),
		.count = (uint64_t)json_int(item, "docs", 0),
		.bytes = (uint64_t)json_int(item, "bytes", 0) };
	struct mongo_hash	 hash = { 0, 0, 0, 0 };
	char			 text[MONGO_HASH_TEXT];

	if (!mongo_scan_run(m->target, &scan, &hash, NULL, NULL,
	    m->ctx->cancel, e))
		return false;
	mongo_hash_text(&hash, text);
	if (!str_equal(text, json_str(item, "hash")) ||
	    (int64_t)hash.count != json_int(item, "docs", -1))
		return err_set(e, ERR_MONGO, 0, T_COPY_DIFFERS, scan.db,
		    scan.collection, (long long)json_int(item, "docs", 0),
		    (long long)hash.count);
	return (json_object_set_new(item, "compared", json_true()) == 0 ||
	    err_nomem(e)) && move_save_soon(m, e);
}

bool
move_items_compare(struct move *m, struct err *e)
{
	const json_t	*items = json_object_get(m->state, "items");
	json_t		*item;
	size_t		 i;

	if (!move_target(m, e))
		return false;
	json_array_foreach (items, i, item) {
		progress_amount(m->ctx, (int64_t)i,
		    (int64_t)json_array_size(items), "collections");
		if (move_item_has_documents(item) && json_flag(item, "done")
		    && !json_flag(item, "compared") &&
		    !item_compare(m, item, e))
			return false;
	}
	return move_save(m, e);
}

/* --- once more ---------------------------------------------------------- */

bool
move_target_drop(struct move *m, const char *db, const char *name,
    struct err *e)
{
	struct err	 why = { 0 };

	/* system.js cannot be dropped, but emptied. */
	if (str_starts(name, "system."))
		return move_command(m->target, db, json_pack(
		    "{s:s, s:[{s:{}, s:i}], s:{s:s}}", "delete", name,
		    "deletes", "q", "limit", 0, "writeConcern", "w",
		    "majority"), "readWrite", NULL, e);
	/* 26 NamespaceNotFound: gone is what it shall be. */
	return move_command(m->target, db, json_pack("{s:s, s:{s:s}}",
	    "drop", name, "writeConcern", "w", "majority"), "readWrite",
	    NULL, &why) || why.code == 26 || err_copy(e, &why);
}

/* The collection as the source has it now; NULL in *entry when it is gone. */
static bool
source_entry(struct move *m, const char *db, const char *name,
    json_t **entry, struct err *e)
{
	const char *const	 dbs[] = { db, NULL };
	AUTO_JSON json_t	*catalog = NULL;
	json_t			*one;
	size_t			 i;

	*entry = NULL;
	if (!mongo_catalog_read(m->source, dbs, &catalog, e))
		return false;
	json_array_foreach (json_object_get(json_array_get(catalog, 0),
	    "collections"), i, one)
		if (str_equal(json_str(one, "name"), name))
			*entry = json_incref(one);
	return true;
}

static bool
items_remove(struct move *m, const json_t *item, struct err *e)
{
	json_t	*items = json_object_get(m->state, "items");
	size_t	 i;

	for (i = json_array_size(items); i-- > 0;)
		if (json_array_get(items, i) == item)
			json_array_remove(items, i);
	return move_save(m, e);
}

static bool
item_again(struct move *m, json_t *item, struct err *e)
{
	AUTO_JSON json_t *kept = json_incref(item);
	AUTO_JSON json_t *entry = NULL;
	const char	 *db = json_text(item, "db");
	const char	 *name = json_text(item, "name");

	if (!move_target_drop(m, db, name, e) ||
	    !source_entry(m, db, name, &entry, e))
		return false;
	if (entry == NULL)
		return items_remove(m, kept, e);
	if (json_object_set(kept, "entry", entry) < 0 ||
	    json_object_set_new(kept, "outside", json_true()) < 0 ||
	    json_object_set(kept, "why", json_object_get(kept, "again")) < 0)
		return err_nomem(e);
	if (!move_item_create(m, kept, e) || !move_item_index(m, kept, e) ||
	    !move_save(m, e))
		return false;
	/* From here on it is an item like any other that is not done. */
	json_object_del(kept, "again");
	if (move_item_has_documents(kept))
		return move_items_copy(m, e) && item_compare(m, kept, e) &&
		    move_save(m, e);
	return (json_object_set_new(kept, "done", json_true()) == 0 ||
	    err_nomem(e)) && move_save(m, e);
}

bool
move_items_again(struct move *m, struct err *e)
{
	AUTO_JSON json_t *items = json_copy(json_object_get(m->state,
	    "items"));
	json_t	*item;
	size_t	 i;

	if (items == NULL)
		return err_nomem(e);
	json_array_foreach (items, i, item)
		if (json_str(item, "again") != NULL &&
		    !item_again(m, item, e))
			return false;
	return true;
}
