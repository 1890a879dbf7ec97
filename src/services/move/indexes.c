/*
 * Collections created on the target, and their indexes.  A TTL index is made
 * early, so that nothing is built while writes are blocked, but with a time
 * under which nothing expires; it gets the source's time at the very end.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "move.h"

#define TTL	"expireAfterSeconds"

static bool
is_ttl(const json_t *index)
{
	return json_object_get(index, TTL) != NULL;
}

static bool
index_park(json_t *indexes, size_t i, struct err *e)
{
	AUTO_JSON json_t *index = move_parse(json_string_value(
	    json_array_get(indexes, i)), e);
	AUTO_FREE char	*text = NULL;

	if (index == NULL)
		return false;
	if (!is_ttl(index))
		return true;
	if (json_object_set_new(index, TTL, json_integer(MOVE_TTL_PARKED)) < 0
	    || (text = move_text(index)) == NULL ||
	    json_array_set_new(indexes, i, json_string(text)) < 0)
		return err_nomem(e);
	return true;
}

/* Time series and clustered collections have it among their options. */
static bool
options_park(json_t *entry, struct err *e)
{
	AUTO_JSON json_t *options = json_loads(json_text(entry, "options"), 0,
	    NULL);
	AUTO_FREE char	*text = NULL;

	if (json_object_get(options, TTL) == NULL)
		return true;
	json_object_del(options, TTL);
	text = move_text(options);
	return (text != NULL && json_object_set_new(entry, "options",
	    json_string(text)) == 0) || err_nomem(e);
}

/* A copy of the entry whose TTL indexes wait. */
static json_t *
entry_parked(const json_t *entry, struct err *e)
{
	AUTO_JSON json_t *copy = json_deep_copy(entry);
	json_t		*indexes = json_object_get(copy, "indexes");
	size_t		 i;

	if (copy == NULL) {
		err_nomem(e);
		return NULL;
	}
	for (i = 0; i < json_array_size(indexes); i++)
		if (!index_park(indexes, i, e))
			return NULL;
	return options_park(copy, e) ? TAKE(copy) : NULL;
}

bool
move_item_create(struct move *m, const json_t *item, struct err *e)
{
	return mongo_catalog_create(m->target, json_text(item, "db"),
	    json_object_get(item, "entry"), e);
}

bool
move_item_index(struct move *m, const json_t *item, struct err *e)
{
	AUTO_JSON json_t *entry = entry_parked(json_object_get(item,
	    "entry"), e);

	return entry != NULL &&
	    mongo_catalog_index(m->target, json_text(item, "db"), entry,
	    false, e) &&
	    mongo_catalog_index(m->target, json_text(item, "db"), entry,
	    true, e);
}

/* --- the target's time to live ------------------------------------------ */

static bool
ttl_set(struct move *m, const json_t *item, const json_t *index,
    struct err *e)
{
	return move_command(m->target, json_text(item, "db"), json_pack(
	    "{s:s, s:{s:O, s:O}, s:{s:s}}", "collMod",
	    json_text(item, "name"), "index", "name",
	    json_object_get(index, "name"), TTL, json_object_get(index, TTL),
	    "writeConcern", "w", "majority"), "dbAdmin", NULL, e);
}

static bool
item_ttl(struct move *m, const json_t *item, struct err *e)
{
	const json_t	*text;
	size_t		 i;

	json_array_foreach (json_object_get(json_object_get(item, "entry"),
	    "indexes"), i, text) {
		AUTO_JSON json_t *index = move_parse(json_string_value(text),
		    e);

		if (index == NULL)
			return false;
		if (is_ttl(index) && !ttl_set(m, item, index, e))
			return false;
	}
	/* What is no index but an option; the indexes are there already. */
	return !move_item_has_documents(item) ||
	    mongo_catalog_index(m->target, json_text(item, "db"),
	    json_object_get(item, "entry"), true, e);
}

bool
move_items_ttl(struct move *m, struct err *e)
{
	const json_t	*item;
	size_t		 i;

	json_array_foreach (json_object_get(m->state, "items"), i, item)
		if (!item_ttl(m, item, e))
			return false;
	return true;
}

/* --- what the source changed meanwhile ---------------------------------- */

static const json_t *
catalog_entry(const json_t *catalog, const char *db, const char *name)
{
	const json_t	*d, *c;
	size_t		 i, n;

	json_array_foreach (catalog, i, d) {
		if (!str_equal(json_str(d, "db"), db))
			continue;
		json_array_foreach (json_object_get(d, "collections"), n, c)
			if (str_equal(json_str(c, "name"), name))
				return c;
	}
	return NULL;
}

/* Of what an index is: not how long, not the format it is kept in. */
static bool
index_is_same(const json_t *a, const json_t *b)
{
	static const char *const aside[] = { TTL, "v", "ns", "background" };
	AUTO_JSON json_t *x = json_copy((json_t *)a);
	AUTO_JSON json_t *y = json_copy((json_t *)b);
	AUTO_FREE char	*x_key = move_text(json_object_get(a, "key"));
	AUTO_FREE char	*y_key = move_text(json_object_get(b, "key"));
	size_t		 i;

	for (i = 0; i < LENGTH(aside); i++) {
		json_object_del(x, aside[i]);
		json_object_del(y, aside[i]);
	}
	/* The order of a key's members counts, elsewhere it does not. */
	return json_equal(x, y) && str_equal(x_key, y_key) &&
	    is_ttl(a) == is_ttl(b);
}

static bool
has_same(const json_t *entry, const json_t *index)
{
	const json_t	*text;
	size_t		 i;

	json_array_foreach (json_object_get(entry, "indexes"), i, text) {
		AUTO_JSON json_t *other = json_loads(
		    json_string_value(text), 0, NULL);

		if (other != NULL && index_is_same(index, other))
			return true;
	}
	return false;
}

/* Drops on the target what the source does not have (so). */
static bool
indexes_drop(struct move *m, const char *db, const json_t *there,
    const json_t *here, struct err *e)
{
	const json_t	*text;
	size_t		 i;

	json_array_foreach (json_object_get(there, "indexes"), i, text) {
		AUTO_JSON json_t *index = move_parse(json_string_value(text),
		    e);

		if (index == NULL)
			return false;
		if (str_equal(json_str(index, "name"), "_id_") ||
		    has_same(here, index))
			continue;
		if (!move_command(m->target, db, json_pack("{s:s, s:O}",
		    "dropIndexes", json_text(there, "name"), "index",
		    json_object_get(index, "name")), "dbAdmin", NULL, e))
			return false;
	}
	return true;
}

static bool
indexes_are_same(const json_t *a, const json_t *b)
{
	const json_t	*text;
	size_t		 i;

	if (json_array_size(json_object_get(a, "indexes")) !=
	    json_array_size(json_object_get(b, "indexes")))
		return false;
	json_array_foreach (json_object_get(a, "indexes"), i, text) {
		AUTO_JSON json_t *index = json_loads(
		    json_string_value(text), 0, NULL);

		if (!str_equal(json_str(index, "name"), "_id_") &&
		    !has_same(b, index))
			return false;
	}
	return true;
}

static bool
item_reconcile(struct move *m, json_t *item, const json_t *here,
    const json_t *there, struct err *e)
{
	const char *db = json_text(item, "db");

	if (json_object_set(item, "entry", (json_t *)here) < 0)
		return err_nomem(e);
	if (indexes_are_same(here, there))
		return true;
	return indexes_drop(m, db, there, here, e) &&
	    move_item_index(m, item, e);
}

static bool
options_differ(const json_t *here, const json_t *there)
{
	AUTO_JSON json_t *a = json_loads(json_text(here, "options"), 0, NULL);
	AUTO_JSON json_t *b = json_loads(json_text(there, "options"), 0,
	    NULL);

	return a != NULL && b != NULL && !json_equal(a, b);
}

/* Whether the source's entry was read once and is other now. */
static bool
collection_reconcile(struct move *m, const char *db, const json_t *here,
    const json_t *target, struct err *e)
{
	const char	*name = json_text(here, "name");
	const json_t	*there = catalog_entry(target, db, name);
	json_t		*item = move_item(m, db, name);

	if (item == NULL || there == NULL ||
	    options_differ(here, json_object_get(item, "entry")))
		return move_item_again(m, db, name, "altered", e);
	return item_reconcile(m, item, here, there, e);
}

/* Collections that only the target has: dropped on the source. */
static bool
surplus_mark(struct move *m, const json_t *source, const json_t *target,
    struct err *e)
{
	const json_t	*d, *c;
	size_t		 i, n;

	json_array_foreach (target, i, d)
		json_array_foreach (json_object_get(d, "collections"), n, c)
			if (catalog_entry(source, json_text(d, "db"),
			    json_text(c, "name")) == NULL &&
			    !move_item_again(m, json_text(d, "db"),
			    json_text(c, "name"), "dropped", e))
				return false;
	return true;
}

bool
move_items_reconcile(struct move *m, struct err *e)
{
	AUTO_JSON json_t	*source = NULL, *target = NULL;
	const json_t		*d, *c;
	size_t			 i, n;

	if (!move_source(m, e) || !move_target(m, e) ||
	    !move_catalog(m, m->source, &source, e) ||
	    !move_catalog(m, m->target, &target, e))
		return false;
	json_array_foreach (source, i, d)
		json_array_foreach (json_object_get(d, "collections"), n, c)
			if (!collection_reconcile(m, json_text(d, "db"), c,
			    target, e))
				return false;
	return surplus_mark(m, source, target, e) && move_save(m, e) &&
	    move_items_again(m, e);
}

bool
move_items_differ(struct move *m, json_t **lines, struct err *e)
{
	AUTO_JSON json_t	*source = NULL, *target = NULL;

	if (!move_catalog(m, m->source, &source, e) ||
	    !move_catalog(m, m->target, &target, e))
		return false;
	*lines = mongo_catalog_compare(source, target);
	return *lines != NULL || err_nomem(e);
}
