/*
 * Two catalogs side by side.  Numbers are compared by value (a version
 * rewrites 1 as 1.0), the order of keys counts where it means something, and
 * what a server writes down by itself is as good as not written.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "dump.h"
#include "text.def"

/* A value that is the same as the field not being there. */
static const struct {
	const char	*key, *text;
} defaults[] = {
	{ "validationLevel", "strict" }, { "validationAction", "error" },
};

/* Of no importance for what is stored. */
static const char *const ignored[] = {
	"ns", "v", "background", "safe", "dropDups", "autoIndexId",
	"recordIdsReplicated", "temp", "flags", "uuid", "buildUUID"
};

static bool
key_counts(const char *key, const json_t *value)
{
	size_t	 i;

	for (i = 0; i < LENGTH(ignored); i++)
		if (strcmp(key, ignored[i]) == 0)
			return false;
	for (i = 0; i < LENGTH(defaults); i++)
		if (strcmp(key, defaults[i].key) == 0 &&
		    str_equal(json_string_value(value), defaults[i].text))
			return false;
	return true;
}

static bool	 same(const json_t *a, const json_t *b);

static bool
same_array(const json_t *a, const json_t *b)
{
	size_t	 i, n = json_array_size(a);

	if (n != json_array_size(b))
		return false;
	for (i = 0; i < n; i++)
		if (!same(json_array_get(a, i), json_array_get(b, i)))
			return false;
	return true;
}

/* Deep, in order: a key pattern, a filter, a pipeline's stage. */
static bool
same_object(const json_t *a, const json_t *b)
{
	void	*x = json_object_iter((json_t *)(uintptr_t)a);
	void	*y = json_object_iter((json_t *)(uintptr_t)b);

	for (; x != NULL && y != NULL;
	    x = json_object_iter_next((json_t *)(uintptr_t)a, x),
	    y = json_object_iter_next((json_t *)(uintptr_t)b, y))
		if (strcmp(json_object_iter_key(x),
		    json_object_iter_key(y)) != 0 ||
		    !same(json_object_iter_value(x),
		    json_object_iter_value(y)))
			return false;
	return x == NULL && y == NULL;
}

static bool
same(const json_t *a, const json_t *b)
{
	double	 x, y;

	if (ask_number(a, &x) && ask_number(b, &y)) {
		x = isnan(x) ? 2147483647 : x;
		y = isnan(y) ? 2147483647 : y;
		return x >= y && x <= y;
	}
	if (json_is_object(a) && json_is_object(b))
		return same_object(a, b);
	if (json_is_array(a) && json_is_array(b))
		return same_array(a, b);
	return json_equal(a, b) != 0;
}

/* Every field of a is in b, whatever the order. */
static const char *
field_differs(const json_t *a, const json_t *b)
{
	const char	*key;
	json_t		*value;

	json_object_foreach((json_t *)(uintptr_t)a, key, value)
		if (key_counts(key, value) &&
		    !same(value, json_object_get(b, key)))
			return key;
	return NULL;
}

static const char *
fields_differ(const json_t *a, const json_t *b)
{
	const char	*key = field_differs(a, b);

	return key != NULL ? key : field_differs(b, a);
}

__attribute__((format(printf, 2, 3)))
static void
line_add(json_t *lines, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	json_array_append_new(lines, json_vsprintf(fmt, ap));
	va_end(ap);
}

/* An entry's options as they are made: see mongo_catalog_create. */
static json_t *
options_of(const json_t *entry)
{
	const char	*text = json_text(entry, "options");
	json_t		*options = json_loads(text[0] != '\0' ? text : "{}",
	    0, NULL);

	return options != NULL ? options : json_object();
}

static void
options_differ(const char *db, const json_t *a, const json_t *b,
    bool with_expiry, json_t *lines)
{
	AUTO_JSON json_t *x = options_of(a), *y = options_of(b);
	const char	*key;

	if (!with_expiry) {
		json_object_del(x, "expireAfterSeconds");
		json_object_del(y, "expireAfterSeconds");
	}
	key = fields_differ(x, y);
	if (key != NULL)
		line_add(lines, T_DIFFERS_OPTION, db, json_text(a, "name"),
		    key);
}

static json_t *
index_named(const json_t *indexes, const char *name)
{
	const json_t	*text;
	json_t		*one;
	size_t		 i;

	json_array_foreach(indexes, i, text) {
		one = json_loads(json_string_value(text), 0, NULL);
		if (strcmp(json_text(one, "name"), name) == 0)
			return one;
		json_decref(one);
	}
	return NULL;
}

static void
indexes_differ(const char *db, const json_t *a, const json_t *b,
    bool is_back, json_t *lines)
{
	const json_t	*text;
	size_t		 i;

	json_array_foreach(json_object_get(a, "indexes"), i, text) {
		AUTO_JSON json_t *x = json_loads(json_string_value(text), 0,
		    NULL), *y = NULL;
		const char	*name = json_text(x, "name"), *key;

		if (catalog_index_is_id(x))
			continue;
		y = index_named(json_object_get(b, "indexes"), name);
		if (y == NULL)
			line_add(lines, is_back ? T_DIFFERS_INDEX_MORE :
			    T_DIFFERS_INDEX_LESS, db, json_text(a, "name"),
			    name);
		else if (!is_back && (key = fields_differ(x, y)) != NULL)
			line_add(lines, T_DIFFERS_INDEX, db,
			    json_text(a, "name"), name, key);
	}
}

void
catalog_differ(const char *db, const json_t *a, const json_t *b,
    bool with_indexes, json_t *lines)
{
	if (strcmp(json_text(a, "type"), json_text(b, "type")) != 0) {
		line_add(lines, T_DIFFERS_TYPE, db, json_text(a, "name"),
		    json_text(a, "type"), json_text(b, "type"));
		return;
	}
	options_differ(db, a, b, with_indexes, lines);
	if (!with_indexes)
		return;
	indexes_differ(db, a, b, false, lines);
	indexes_differ(db, b, a, true, lines);
}

static const json_t *
entry_named(const json_t *db, const char *name)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach(json_object_get(db, "collections"), i, one)
		if (strcmp(json_text(one, "name"), name) == 0)
			return one;
	return NULL;
}

static void
dbs_differ(const json_t *a, const json_t *b, json_t *lines)
{
	const char	*db = json_text(a, "db");
	const json_t	*x, *y;
	size_t		 i;

	json_array_foreach(json_object_get(a, "collections"), i, x) {
		y = entry_named(b, json_text(x, "name"));
		if (y == NULL)
			line_add(lines, T_DIFFERS_LESS, db,
			    json_text(x, "name"));
		else
			catalog_differ(db, x, y, true, lines);
	}
	json_array_foreach(json_object_get(b, "collections"), i, y)
		if (entry_named(a, json_text(y, "name")) == NULL)
			line_add(lines, T_DIFFERS_MORE, db,
			    json_text(y, "name"));
}

json_t *
mongo_catalog_compare(const json_t *a, const json_t *b)
{
	json_t		*lines = json_array();
	const json_t	*x, *y = NULL;
	size_t		 i, k;

	json_array_foreach(a, i, x) {
		json_array_foreach(b, k, y)
			if (strcmp(json_text(x, "db"), json_text(y,
			    "db")) == 0)
				break;
		if (k < json_array_size(b))
			dbs_differ(x, y, lines);
		else if (json_array_size(json_object_get(x,
		    "collections")) > 0)
			line_add(lines, T_DIFFERS_DB, json_text(x, "db"));
	}
	return lines;
}
