/*
 * Collections and indexes made as a catalog says, on a server of the same or
 * a newer major.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "dump.h"
#include "text.def"

#define NAMESPACE_EXISTS	48
#define NAMESPACE_GONE		26

/* In listings of old servers and of new, and taken by none. */
static const char *const never_given[] = {
	"autoIndexId", "recordIdsReplicated", "temp", "flags", "uuid", "create"
};

static bool
expires_by_option(const json_t *options)
{
	return json_object_get(options, "timeseries") != NULL ||
	    json_object_get(options, "clusteredIndex") != NULL;
}

static json_t *
entry_options(const json_t *entry, struct err *e)
{
	const char	*text = json_text(entry, "options");

	if (text[0] == '\0')
		text = "{}";
	return json_parse(text, strlen(text), e);
}

static json_t *
create_command(const json_t *entry, struct err *e)
{
	AUTO_JSON json_t *options = entry_options(entry, e);
	AUTO_JSON json_t *command = json_pack("{s:s}", "create",
	    json_text(entry, "name"));
	size_t		  i;

	if (options == NULL)
		return NULL;
	for (i = 0; i < LENGTH(never_given); i++)
		json_object_del(options, never_given[i]);
	if (expires_by_option(options))
		json_object_del(options, "expireAfterSeconds");
	if (command == NULL || json_object_update(command, options) != 0) {
		err_nomem(e);
		return NULL;
	}
	return TAKE(command);
}

bool
mongo_catalog_create(struct mongo *m, const char *db,
    const json_t *collection, struct err *e)
{
	json_t		*command = create_command(collection, e);
	AUTO_JSON json_t *there = NULL, *lines = json_array();
	struct err	 why = { 0 };

	if (command == NULL || lines == NULL)
		return false;
	if (ask_run(m, db, command, "readWrite", NULL, &why))
		return true;
	if (why.domain != ERR_MONGO || why.code != NAMESPACE_EXISTS)
		return err_copy(e, &why);
	if (!catalog_entry(m, db, json_text(collection, "name"), &there, e))
		return false;
	if (there == NULL)
		return err_copy(e, &why);
	catalog_differ(db, collection, there, false, lines);
	if (json_array_size(lines) == 0)
		return true;
	err_set(e, ERR_CHANGED, 0, T_THERE_ALREADY, json_text(collection,
	    "name"), db, json_string_value(json_array_get(lines, 0)));
	return err_hint(e, T_THERE_ALREADY_HINT);
}

bool
catalog_drop(struct mongo *m, const char *db, const char *name,
    struct err *e)
{
	struct err	 why = { 0 };

	/* Of what a copy reaches, the one that servers refuse to drop. */
	if (strcmp(name, "system.js") == 0)
		return ask_run(m, db, json_pack("{s:s, s:[{s:{}, s:i}],"
		    " s:{s:s}}", "delete", name, "deletes", "q", "limit", 0,
		    "writeConcern", "w", "majority"), "readWrite", NULL, e);
	if (ask_run(m, db, json_pack("{s:s}", "drop", name), "readWrite",
	    NULL, &why))
		return true;
	return (why.domain == ERR_MONGO && why.code == NAMESPACE_GONE) ||
	    err_copy(e, &why);
}

/*
 * expireAfterSeconds NaN: up to 4.4 nothing expires by it, 5.0 takes it for
 * 0 and removes everything (facts, mongodb.md 1.4).  The largest number is
 * what newer servers put in its place.
 */
static void
index_tame(json_t *index)
{
	double	 after;

	json_object_del(index, "ns");
	json_object_del(index, "safe");
	if (ask_number(json_object_get(index, "expireAfterSeconds"),
	    &after) && isnan(after))
		json_object_set_new(index, "expireAfterSeconds",
		    json_integer(2147483647));
	/* DocumentDB writes 4; only these two can be asked for. */
	if (ask_number(json_object_get(index, "v"), &after) && after != 1 &&
	    after != 2)
		json_object_del(index, "v");
}

/*
 * An index without collation on a collection that has one is listed like any
 * other, but would be made with the collection's.
 */
static bool
index_add(json_t *list, const char *text, bool ttl, bool has_collation,
    struct err *e)
{
	AUTO_JSON json_t *index = json_parse(text, strlen(text), e);

	if (index == NULL)
		return false;
	if (catalog_index_is_id(index) ||
	    (json_object_get(index, "expireAfterSeconds") != NULL) != ttl)
		return true;
	index_tame(index);
	if (has_collation && json_object_get(index, "collation") == NULL &&
	    json_object_set_new(index, "collation",
	    json_pack("{s:s}", "locale", "simple")) != 0)
		return err_nomem(e);
	return json_array_append(list, index) == 0 || err_nomem(e);
}

static bool
expiry_set(struct mongo *m, const char *db, const json_t *collection,
    struct err *e)
{
	AUTO_JSON json_t *options = entry_options(collection, e);
	json_t		*after;

	if (options == NULL)
		return false;
	after = json_object_get(options, "expireAfterSeconds");
	if (after == NULL || !expires_by_option(options))
		return true;
	return ask_run(m, db, json_pack("{s:s,s:O}", "collMod",
	    json_text(collection, "name"), "expireAfterSeconds", after),
	    "dbAdmin", NULL, e);
}

bool
mongo_catalog_index(struct mongo *m, const char *db,
    const json_t *collection, bool ttl, struct err *e)
{
	AUTO_JSON json_t *list = json_array();
	AUTO_JSON json_t *options = entry_options(collection, e);
	bool		 collated;
	const json_t	*one;
	size_t		 i;

	if (options == NULL)
		return false;
	if (list == NULL)
		return err_nomem(e);
	collated = json_object_get(options, "collation") != NULL;
	if (!catalog_has_data(collection))
		return true;
	json_array_foreach(json_object_get(collection, "indexes"), i, one)
		if (!index_add(list, json_string_value(one), ttl, collated,
		    e))
			return false;
	if (json_array_size(list) > 0 && !ask_run(m, db,
	    json_pack("{s:s,s:O,s:b}", "createIndexes",
	    json_text(collection, "name"), "indexes", list,
	    "ignoreUnknownIndexOptions", true), "readWrite", NULL, e))
		return false;
	return !ttl || expiry_set(m, db, collection, e);
}
