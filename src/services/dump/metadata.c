/*
 * NAME.metadata.json: one line of canonical Extended JSON v2, its keys in the
 * order of the official tools (facts, mongodb.md 3.2).
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "files.h"
#include "text.def"

static void
put_string(struct buf *out, const char *text)
{
	json_t		*s = json_string(text);
	AUTO_FREE char	*quoted = s == NULL ? NULL :
	    json_dumps(s, JSON_ENCODE_ANY);

	json_decref(s);
	if (quoted == NULL)
		out->failed = true;
	else
		buf_puts(out, quoted);
}

/* What was written says the same when it is read. */
static bool
metadata_is_true(const json_t *entry, const struct buf *text, struct err *e)
{
	AUTO_JSON json_t *back = metadata_entry(buf_str(text), text->len,
	    json_text(entry, "name"), e);
	static const char *const keys[] = { "name", "type", "options",
		"indexes", "uuid" };
	AUTO_BUF struct buf bytes = BUF_INIT;
	size_t		 i;

	if (back == NULL || !mongo_text_bytes(buf_str(text), &bytes, e))
		return false;
	for (i = 0; i < LENGTH(keys); i++) {
		const json_t	*a = json_object_get(entry, keys[i]);
		const json_t	*b = json_object_get(back, keys[i]);

		if ((a == NULL) != (b == NULL) ||
		    (a != NULL && !json_equal(a, b)))
			return err_set(e, ERR_JSON, 0, T_META_LOST,
			    json_text(entry, "name"), keys[i]);
	}
	return true;
}

bool
metadata_text(const json_t *entry, struct buf *out, struct err *e)
{
	const char	*options = json_text(entry, "options");
	const json_t	*one;
	size_t		 i;

	buf_putc(out, '{');
	if (options[0] != '\0' && strcmp(options, "{}") != 0)
		buf_printf(out, "\"options\":%s,", options);
	buf_puts(out, "\"indexes\":[");
	json_array_foreach(json_object_get(entry, "indexes"), i, one)
		buf_printf(out, "%s%s", i > 0 ? "," : "",
		    json_string_value(one));
	buf_puts(out, "],");
	if (json_str(entry, "uuid") != NULL)
		buf_printf(out, "\"uuid\":\"%s\",", json_str(entry, "uuid"));
	buf_puts(out, "\"collectionName\":");
	put_string(out, json_text(entry, "name"));
	buf_printf(out, ",\"type\":\"%s\"}", json_text(entry, "type"));
	return buf_ok(out, e) && metadata_is_true(entry, out, e);
}

static json_t *
text_of(const json_t *value)
{
	AUTO_FREE char	*text = value == NULL ? NULL :
	    json_dumps(value, JSON_COMPACT);

	return json_string(text != NULL ? text : "{}");
}

static json_t *
indexes_of(const json_t *list)
{
	json_t		*out = json_array();
	const json_t	*one;
	size_t		 i;

	json_array_foreach(list, i, one)
		if (out == NULL || !json_is_object(one) ||
		    json_array_append_new(out, text_of(one)) != 0) {
			json_decref(out);
			return NULL;
		}
	return out;
}

/* Tools before 100.0 wrote neither name nor type. */
static bool
entry_named(json_t *entry, const json_t *meta, const char *file,
    struct err *e)
{
	const char	*name = json_str(meta, "collectionName");
	const char	*type = json_str(meta, "type");
	const json_t	*options = json_object_get(meta, "options");
	AUTO_BUF struct buf plain = BUF_INIT;

	if (name == NULL) {
		if (!name_unescape(file, strlen(file), &plain))
			return err_set(e, ERR_REFUSED, 0, T_META_NAME, file);
		name = buf_str(&plain);
	}
	if (name[0] == '\0' || strlen(name) > 255)
		return err_set(e, ERR_REFUSED, 0, T_META_NAME, file);
	if (type == NULL)
		type = json_str(options, "viewOn") != NULL ? "view" :
		    json_object_get(options, "timeseries") != NULL ?
		    "timeseries" : "collection";
	if (json_object_set_new(entry, "name", json_string(name)) != 0 ||
	    json_object_set_new(entry, "type", json_string(type)) != 0)
		return err_nomem(e);
	if (strcmp(type, "timeseries") == 0 && json_object_set_new(entry,
	    "buckets", json_sprintf("system.buckets.%s", name)) != 0)
		return err_nomem(e);
	return true;
}

json_t *
metadata_entry(const char *text, size_t len, const char *file,
    struct err *e)
{
	AUTO_JSON json_t *meta = json_parse(text, len, e), *entry = NULL;
	const json_t	*options, *indexes;

	if (meta == NULL) {
		err_context(e, "%s", file);
		return NULL;
	}
	options = json_object_get(meta, "options");
	indexes = json_object_get(meta, "indexes");
	if (!json_is_object(meta) ||
	    (options != NULL && !json_is_object(options)) ||
	    (indexes != NULL && !json_is_array(indexes) &&
	    !json_is_null(indexes))) {
		err_set(e, ERR_REFUSED, 0, T_META_SHAPE, file);
		return NULL;
	}
	entry = json_pack("{s:o,s:o,s:b}", "options", text_of(options),
	    "indexes", indexes_of(indexes), "capped",
	    json_is_true(json_object_get(options, "capped")));
	if (entry == NULL) {
		err_set(e, ERR_REFUSED, 0, T_META_SHAPE, file);
		return NULL;
	}
	if (json_str(meta, "uuid") != NULL)
		json_object_set(entry, "uuid", json_object_get(meta, "uuid"));
	return entry_named(entry, meta, file, e) ? TAKE(entry) : NULL;
}
