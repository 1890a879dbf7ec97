/*
 * What databases hold: collections with their options and indexes, as the
 * server lists them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "dump.h"
#include "text.def"

/* sametime.md 3.1 */
const char *const mongo_sametime_databases[] = {
	"chatlogging", "mobileOffline", "meeting", "privacy", "userinfo", NULL
};

#define NAMESPACE_GONE	26	/* NamespaceNotFound */

const char *
catalog_data_name(const json_t *entry)
{
	const char	*buckets = json_str(entry, "buckets");

	return buckets != NULL ? buckets : json_text(entry, "name");
}

bool
catalog_has_data(const json_t *entry)
{
	return strcmp(json_text(entry, "type"), "view") != 0;
}

bool
catalog_index_is_id(const json_t *index)
{
	const json_t	*key = json_object_get(index, "key");
	double		 way;

	return json_object_size(key) == 1 &&
	    ask_number(json_object_get(key, "_id"), &way);
}

/* The server's own, which it makes itself (facts, mongodb.md 3.5). */
static bool
name_is_left_out(const char *name)
{
	if (strcmp(name, "system.js") == 0)
		return false;
	return str_starts(name, "system.") || strchr(name, '$') != NULL ||
	    str_starts(name, "__mdb_internal_");
}

static int
base64_value(char c)
{
	static const char	 digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char		*at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* {"$binary":{"base64":...}} of 16 bytes to 32 hex digits. */
static bool
uuid_hex(const json_t *uuid, char hex[33])
{
	const char	*text = json_text(json_object_get(uuid, "$binary"),
	    "base64");
	unsigned	 bits = 0, count = 0, n = 0;
	int		 v;

	for (; n < 16 && (v = base64_value(*text)) >= 0; text++) {
		bits = bits << 6 | (unsigned)v;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		snprintf(hex + (size_t)2 * n++, 3, "%02x",
		    bits >> count & 0xff);
	}
	return n == 16;
}

static json_t *
dumped(const json_t *value)
{
	AUTO_FREE char	*text = json_dumps(value, JSON_COMPACT);

	return text == NULL ? NULL : json_string(text);
}

static bool
entry_indexes(struct mongo *m, const char *db, json_t *entry, struct err *e)
{
	AUTO_JSON json_t *list = NULL;
	json_t		*indexes = json_object_get(entry, "indexes"), *one;
	struct err	 why = { 0 };
	size_t		 i;

	if (!catalog_has_data(entry))
		return true;
	if (!ask_list(m, db, json_pack("{s:s,s:{}}", "listIndexes",
	    json_text(entry, "name"), "cursor"), "read", &list, &why))
		return (why.domain == ERR_MONGO &&
		    why.code == NAMESPACE_GONE) || err_copy(e, &why);
	json_array_foreach(list, i, one) {
		/* 5.0 and later name a build that still runs so. */
		if (json_object_get(one, "buildUUID") != NULL)
			continue;
		if (json_array_append_new(indexes, dumped(one)) != 0)
			return err_nomem(e);
	}
	return true;
}

/* How much there is.  An estimate: who may not ask goes without. */
static bool
entry_size(struct mongo *m, const char *db, json_t *entry, struct err *e)
{
	AUTO_JSON json_t *stats = NULL;
	double		  count = 0, bytes = 0;

	if (catalog_has_data(entry) && ask_run(m, db, json_pack("{s:s}",
	    "collStats", catalog_data_name(entry)), "read", &stats, NULL)) {
		ask_number(json_object_get(stats, "count"), &count);
		ask_number(json_object_get(stats, "size"), &bytes);
	}
	if (json_object_set_new(entry, "count",
	    json_integer((json_int_t)count)) != 0 ||
	    json_object_set_new(entry, "bytes",
	    json_integer((json_int_t)bytes)) != 0)
		return err_nomem(e);
	return true;
}

/* From one document of listCollections. */
static json_t *
entry_new(const json_t *listed, struct err *e)
{
	const char	*name = json_text(listed, "name");
	const char	*type = json_text(listed, "type");
	const json_t	*options = json_object_get(listed, "options");
	AUTO_JSON json_t *out = NULL;
	char		 hex[33];
	bool		 ok;

	out = json_pack("{s:s,s:s,s:o,s:[],s:b}", "name", name, "type",
	    type[0] != '\0' ? type : "collection", "options",
	    json_object_size(options) > 0 ? dumped(options) :
	    json_string("{}"), "indexes", "capped",
	    json_is_true(json_object_get(options, "capped")));
	ok = out != NULL;
	if (ok && uuid_hex(json_object_get(json_object_get(listed, "info"),
	    "uuid"), hex))
		ok = json_object_set_new(out, "uuid", json_string(hex)) == 0;
	if (ok && strcmp(type, "timeseries") == 0)
		ok = json_object_set_new(out, "buckets",
		    json_sprintf("system.buckets.%s", name)) == 0;
	if (ok)
		return TAKE(out);
	err_nomem(e);
	return NULL;
}

static bool
entry_add(struct mongo *m, const char *db, const json_t *listed, json_t *to,
    struct err *e)
{
	json_t	*entry = entry_new(listed, e);

	if (entry == NULL)
		return false;
	if (json_array_append_new(to, entry) != 0)
		return err_nomem(e);
	return entry_indexes(m, db, entry, e) && entry_size(m, db, entry, e);
}

bool
catalog_entry(struct mongo *m, const char *db, const char *name,
    json_t **out, struct err *e)
{
	AUTO_JSON json_t *list = NULL;
	AUTO_JSON json_t *found = json_array();

	*out = NULL;
	if (found == NULL)
		return err_nomem(e);
	if (!ask_list(m, db, json_pack("{s:i,s:{s:s}}", "listCollections", 1,
	    "filter", "name", name), "read", &list, e))
		return false;
	if (json_array_size(list) == 0)
		return true;
	if (!entry_add(m, db, json_array_get(list, 0), found, e))
		return false;
	*out = json_incref(json_array_get(found, 0));
	return true;
}

/* Whether a pipeline reads from the view or collection. */
static bool
pipeline_names(const json_t *value, const char *name)
{
	const char	*key;
	const json_t	*one;
	size_t		 i;

	if (json_is_array(value)) {
		json_array_foreach(value, i, one)
			if (pipeline_names(one, name))
				return true;
		return false;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, one) {
		if (json_is_string(one) && (strcmp(key, "from") == 0 ||
		    strcmp(key, "coll") == 0 ||
		    strcmp(key, "$unionWith") == 0) &&
		    strcmp(json_string_value(one), name) == 0)
			return true;
		if (pipeline_names(one, name))
			return true;
	}
	return false;
}

static bool
view_needs(const json_t *view, const char *name)
{
	AUTO_JSON json_t *options = json_loads(json_text(view, "options"), 0,
	    NULL);

	return strcmp(json_text(options, "viewOn"), name) == 0 ||
	    pipeline_names(json_object_get(options, "pipeline"), name);
}

/* Moves the first view to out that needs none of those that stay. */
static bool
view_move(json_t *views, json_t *out)
{
	size_t	 n = json_array_size(views), i, k, chosen = 0;

	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++)
			if (k != i && view_needs(json_array_get(views, i),
			    json_text(json_array_get(views, k), "name")))
				break;
		if (k == n) {
			chosen = i;
			break;
		}
	}
	return json_array_append(out, json_array_get(views, chosen)) == 0 &&
	    json_array_remove(views, chosen) == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(json_text(*(json_t *const *)a, "name"),
	    json_text(*(json_t *const *)b, "name"));
}

json_t *
catalog_sort(json_t *list, struct err *e)
{
	size_t		  n = json_array_size(list), i;
	AUTO_FREE json_t **all = calloc(n + 1, sizeof(json_t *));
	AUTO_JSON json_t *out = json_array(), *views = json_array();
	bool		  ok = all != NULL && out != NULL && views != NULL;

	for (i = 0; ok && i < n; i++)
		all[i] = json_array_get(list, i);
	if (ok)
		qsort(all, n, sizeof(json_t *), by_name);
	for (i = 0; ok && i < n; i++)
		ok = json_array_append(catalog_has_data(all[i]) ? out : views,
		    all[i]) == 0;
	while (ok && json_array_size(views) > 0)
		ok = view_move(views, out);
	if (ok)
		return TAKE(out);
	err_nomem(e);
	return NULL;
}

static bool
db_read(struct mongo *m, const char *db, json_t **collections, struct err *e)
{
	AUTO_JSON json_t *list = NULL, *found = json_array();
	json_t		*one;
	size_t		 i;

	if (found == NULL)
		return err_nomem(e);
	if (!ask_list(m, db, json_pack("{s:i,s:{}}", "listCollections", 1,
	    "cursor"), "read", &list, e))
		return false;
	json_array_foreach(list, i, one)
		if (!name_is_left_out(json_text(one, "name")) &&
		    !entry_add(m, db, one, found, e))
			return false;
	*collections = catalog_sort(found, e);
	return *collections != NULL;
}

static bool
db_is_there(const json_t *reply, const char *db)
{
	const json_t	*list = json_object_get(reply, "databases"), *one;
	size_t		 i;

	json_array_foreach(list, i, one)
		if (strcmp(json_text(one, "name"), db) == 0)
			return true;
	return false;
}

bool
mongo_catalog_read(struct mongo *m, const char *const *dbs, json_t **out,
    struct err *e)
{
	AUTO_JSON json_t *there = NULL, *list = json_array();
	json_t		*collections = NULL;
	bool		 absent;

	if (list == NULL)
		return err_nomem(e);
	if (!ask_run(m, "admin", json_pack("{s:i,s:b}", "listDatabases", 1,
	    "nameOnly", true), "readAnyDatabase", &there, e))
		return false;
	for (; *dbs != NULL; dbs++) {
		if (!db_read(m, *dbs, &collections, e))
			return false;
		/* Empty, and not in the list: nobody ever wrote there. */
		absent = json_array_size(collections) == 0 &&
		    !db_is_there(there, *dbs);
		if (json_array_append_new(list, json_pack("{s:s,s:b,s:o}",
		    "db", *dbs, "absent", absent, "collections",
		    collections)) != 0)
			return err_nomem(e);
	}
	*out = TAKE(list);
	return true;
}
