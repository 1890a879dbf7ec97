/*
 * What a screen makes of a result: rows, members, marks, and the parameters
 * of what is called from it.  Pure: no call is made here.
 */
#include "screen.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_screen.def"

static json_t *
member_below(const json_t *of, const char *path)
{
	AUTO_FREE char	*name = NULL;
	size_t		 len = strcspn(path, ".");
	json_t		*value;

	/* "." is a whole row, see screen_rows; "*" is a name like others. */
	if (len == 0)
		return json_incref(json_object_get(of, path));
	name = strndup(path, len);
	value = name != NULL ? json_object_get(of, name) : NULL;
	return path[len] == '\0' ? json_incref(value) :
	    screen_member(value, path + len + 1);
}

json_t *
screen_member(const json_t *of, const char *path)
{
	AUTO_JSON json_t	*list = NULL;
	json_t			*entry, *value;
	size_t			 i;

	if (!json_is_array(of))
		return member_below(of, path);
	list = json_array();
	json_array_foreach (of, i, entry) {
		value = screen_member(entry, path);
		if (value != NULL && json_array_append_new(list, value) < 0)
			return NULL;
	}
	return TAKE(list);
}

/* A row as an object that the screen may keep and mark. */
static json_t *
row_new(const char *name, json_t *value)
{
	json_t *row = json_is_object(value) ? json_copy(value) : json_object();

	if (!json_is_object(value))
		json_object_set(row, ".", value);
	if (name != NULL)
		json_object_set_new(row, "*", json_string(name));
	return row;
}

json_t *
screen_rows(const struct screen *s, const json_t *result)
{
	AUTO_JSON json_t	*from = NULL, *rows = json_array();
	const char		*name;
	json_t			*value;
	size_t			 i;

	if (s->rows != NULL)
		from = screen_member(result, s->rows);
	json_array_foreach (from, i, value)
		if (json_array_append_new(rows, row_new(NULL, value)) < 0)
			return NULL;
	if (json_is_object(from))
		json_object_foreach (from, name, value)
			if (json_array_append_new(rows, row_new(name,
			    value)) < 0)
				return NULL;
	return TAKE(rows);
}

void
screen_value_text(const json_t *value, struct buf *out)
{
	const char	*key;
	json_t		*entry;
	size_t		 i, n = 0;

	json_array_foreach (value, i, entry) {
		buf_puts(out, i > 0 ? ", " : "");
		screen_value_text(entry, out);
	}
	if (json_is_object(value))
		json_object_foreach ((json_t *)value, key, entry) {
			buf_puts(out, n++ > 0 ? " " : "");
			screen_value_text(entry, out);
		}
	if (json_is_string(value))
		buf_puts(out, json_string_value(value));
	else if (json_is_integer(value))
		buf_printf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, "%.10g", json_real_value(value));
	else if (json_is_boolean(value))
		buf_puts(out, json_is_true(value) ? T_SCREEN_YES :
		    T_SCREEN_NO);
}

/* As it is written in "marks" and "ways": booleans are not translated. */
static bool
value_is(const json_t *value, const char *text)
{
	AUTO_BUF struct buf shown = BUF_INIT;

	if (json_is_boolean(value))
		return strcmp(text, json_is_true(value) ? "true" :
		    "false") == 0;
	screen_value_text(value, &shown);
	return strcmp(buf_str(&shown), text) == 0;
}

enum screen_mark
screen_row_mark(const struct screen *s, const json_t *row)
{
	AUTO_JSON json_t	*value = NULL;
	size_t			 i;

	if (s->mark == NULL)
		return MARK_NONE;
	value = screen_member(row, s->mark);
	for (i = 0; i < s->marks_count; i++)
		if (value_is(value, s->marks[i].value))
			return s->marks[i].mark;
	return MARK_NONE;
}

const char *
screen_row_way(const struct screen *s, const json_t *row)
{
	AUTO_JSON json_t	*value = NULL;
	size_t			 i;

	if (s->way == NULL)
		return NULL;
	value = screen_member(row, s->way);
	for (i = 0; i < s->way_count; i++)
		if (value_is(value, s->ways[i].value))
			return s->ways[i].open;
	return NULL;
}

static json_t *
from_rows(const struct screen_with *w, const json_t *rows)
{
	AUTO_JSON json_t	*all = NULL;

	if (w->many) {
		all = rows != NULL ? screen_member(rows, w->what) : NULL;
		return json_array_size(all) > 0 ? TAKE(all) : NULL;
	}
	return json_array_size(rows) > 0 ?
	    screen_member(json_array_get(rows, 0), w->what) : NULL;
}

static json_t *
with_value(const struct screen_with *w, const struct screen_values *values)
{
	switch (w->from) {
	case FROM_COLUMN:
		return from_rows(w, values->rows);
	case FROM_FIELD:
		return json_incref(json_object_get(values->fields, w->what));
	case FROM_GIVEN:
		return json_incref(json_object_get(values->given, w->what));
	default:
		return w->type == PARAM_FLAG ?
		    json_boolean(strcmp(w->what, "true") == 0) :
		    json_string(w->what);
	}
}

json_t *
screen_with_fill(const struct screen_with *with, size_t count,
    const struct screen_values *values)
{
	AUTO_JSON json_t	*out = json_object();
	json_t			*value;
	size_t			 i;

	if (out == NULL)
		return NULL;
	for (i = 0; i < count; i++) {
		value = with_value(&with[i], values);
		if (json_is_null(value)) {
			json_decref(value);
			continue;
		}
		if (value != NULL && json_object_set_new(out, with[i].param,
		    value) < 0)
			return NULL;
	}
	return TAKE(out);
}
