/*
 * Walks the schema of a verb's result (schema.h) as screen_rows.c walks the
 * result, so that a member that will never be there is told when the screen
 * is read.
 */
#include <string.h>

#include "stconsole/mem.h"

#include "screen_parse.h"

json_t *
screen_shape_of(const struct verb *v)
{
	return v->schema != NULL ? json_loads(v->schema, JSON_DECODE_ANY,
	    NULL) : NULL;
}

static const json_t *
shape_below(const json_t *shape, const char *path)
{
	AUTO_FREE char	*name = NULL;
	size_t		 len = strcspn(path, ".");
	const json_t	*found;

	if (len == 0)
		return json_object_get(shape, path);
	name = strndup(path, len);
	if (name == NULL)
		return NULL;
	found = json_object_get(shape, name);
	if (found == NULL)
		found = json_object_get(shape, "*");
	return path[len] == '\0' ? found :
	    screen_shape_at(found, path + len + 1);
}

const json_t *
screen_shape_at(const json_t *shape, const char *path)
{
	const char *leaf = json_string_value(shape);

	if (leaf != NULL)
		return strncmp(leaf, "any", 3) == 0 ? shape : NULL;
	if (json_is_array(shape))
		return screen_shape_at(json_array_get(shape, 0), path);
	return shape_below(shape, path);
}

json_t *
screen_shape_row(const json_t *shape, const char *rows)
{
	const json_t	*from = screen_shape_at(shape, rows);
	json_t		*any = json_object_get(from, "*"), *row;
	json_t		*entry = json_is_array(from) ?
			    json_array_get(from, 0) : any;

	if (entry == NULL)
		return NULL;
	row = json_is_object(entry) ? json_copy(entry) : json_object();
	if (!json_is_object(entry))
		json_object_set(row, ".", entry);
	if (any != NULL)
		json_object_set_new(row, "*", json_string("string"));
	return row;
}

const char *
screen_shape_leaf(const json_t *shape, char *out, size_t size)
{
	const char	*leaf = json_string_value(shape);
	size_t		 len;

	if (leaf == NULL)
		return NULL;
	len = strlen(leaf);
	if (len > 0 && leaf[len - 1] == '?')
		len--;
	if (len >= size)
		return NULL;
	memcpy(out, leaf, len);
	out[len] = '\0';
	return out;
}

static bool
leaf_is_one_of(const char *leaf, const char *const *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(leaf, words[i]) == 0)
			return true;
	return strcmp(leaf, "any") == 0;
}

bool
screen_shape_fits(const json_t *shape, enum screen_format format)
{
	static const char *const number[] = { "int", "number" };
	static const char *const when[] = { "int", "number", "string" };
	static const char *const truth[] = { "bool" };
	static const char *const text[] = { "string" };
	char		 word[512];
	const char	*leaf;

	if (format == FORMAT_TEXT)
		return true;
	leaf = screen_shape_leaf(shape, word, sizeof(word));
	if (leaf == NULL)
		return false;
	switch (format) {
	case FORMAT_AGE:
	case FORMAT_TIME:
		return leaf_is_one_of(leaf, when, LENGTH(when));
	case FORMAT_YESNO:
		return leaf_is_one_of(leaf, truth, LENGTH(truth));
	case FORMAT_HASH:
		return leaf_is_one_of(leaf, text, LENGTH(text));
	default:
		return leaf_is_one_of(leaf, number, LENGTH(number));
	}
}

bool
screen_shape_can_be(const json_t *shape, const char *value)
{
	char		 word[512];
	const char	*leaf = screen_shape_leaf(shape, word, sizeof(word));
	size_t		 n, len = strlen(value);

	if (leaf == NULL)
		return false;
	if (strcmp(leaf, "bool") == 0)
		return strcmp(value, "true") == 0 ||
		    strcmp(value, "false") == 0;
	if (*leaf != '=')
		return true;
	for (leaf++;; leaf += n + 1) {
		n = strcspn(leaf, "|");
		if (n == len && strncmp(leaf, value, n) == 0)
			return true;
		if (leaf[n] == '\0')
			return false;
	}
}
