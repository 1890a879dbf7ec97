/*
 * Holds a JSON value against its shape.  The shapes are constants of the
 * verb tables; a shape that is no JSON never fits.
 */
#include "stconsole/schema.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

static bool	 fits(const json_t *shape, const json_t *v, const char *path,
		     struct err *e);

/* "=a|b|c": v is one of the words. */
static bool
is_choice(const char *words, const json_t *v)
{
	const char	*s = json_string_value(v);
	size_t		 len = s != NULL ? strlen(s) : 0, n;

	for (; s != NULL && *words != '\0'; words += n + (words[n] == '|')) {
		n = strcspn(words, "|");
		if (n == len && strncmp(words, s, n) == 0)
			return true;
		if (words[n] == '\0')
			break;
	}
	return false;
}

static bool
leaf_fits(const char *type, const json_t *v)
{
	static const struct {
		const char	*name;
		json_type	 type;
	} types[] = {
		{ "string", JSON_STRING }, { "int", JSON_INTEGER },
		{ "null", JSON_NULL }
	};
	size_t i;

	if (*type == '=')
		return is_choice(type + 1, v);
	if (strcmp(type, "any") == 0)
		return true;
	if (strcmp(type, "bool") == 0)
		return json_is_boolean(v);
	if (strcmp(type, "number") == 0)
		return json_is_number(v);
	for (i = 0; i < LENGTH(types); i++)
		if (strcmp(type, types[i].name) == 0)
			return json_typeof(v) == types[i].type;
	return false;
}

static bool
string_fits(const json_t *shape, const json_t *v, const char *path,
    struct err *e)
{
	AUTO_FREE char	*type = strdup(json_string_value(shape));
	size_t		 len;

	if (type == NULL)
		return err_nomem(e);
	len = strlen(type);
	if (len > 0 && type[len - 1] == '?') {
		type[len - 1] = '\0';
		if (v == NULL || json_is_null(v))
			return true;
	}
	if (v != NULL && leaf_fits(type, v))
		return true;
	return err_set(e, ERR_JSON, 0, T_SCHEMA, path, type);
}

static bool
array_fits(const json_t *shape, const json_t *v, const char *path,
    struct err *e)
{
	AUTO_FREE char	*below = NULL;
	const json_t	*item;
	size_t		 i;

	if (!json_is_array(v))
		return err_set(e, ERR_JSON, 0, T_SCHEMA, path, "array");
	below = str_format("%s[]", path);
	if (below == NULL)
		return err_nomem(e);
	json_array_foreach (v, i, item)
		if (!fits(json_array_get(shape, 0), item, below, e))
			return false;
	return true;
}

static bool
member_fits(const json_t *shape, const json_t *v, const char *path,
    const char *key, struct err *e)
{
	AUTO_FREE char *below = str_format("%s.%s", path, key);

	return below != NULL ? fits(shape, v, below, e) : err_nomem(e);
}

static bool
object_fits(const json_t *shape, const json_t *v, const char *path,
    struct err *e)
{
	const json_t	*any = json_object_get(shape, "*"), *sub;
	json_t		*s = (json_t *)(uintptr_t)shape;
	json_t		*o = (json_t *)(uintptr_t)v;
	const char	*key;
	json_t		*value;

	if (!json_is_object(v))
		return err_set(e, ERR_JSON, 0, T_SCHEMA, path, "object");
	json_object_foreach (s, key, value)
		if (strcmp(key, "*") != 0 && !member_fits(value,
		    json_object_get(v, key), path, key, e))
			return false;
	json_object_foreach (o, key, value) {
		sub = json_object_get(shape, key);
		if (sub != NULL)
			continue;
		if (any == NULL)
			return err_set(e, ERR_JSON, 0, T_SCHEMA_EXTRA, key);
		if (!member_fits(any, value, path, key, e))
			return false;
	}
	return true;
}

/* ["string", "?"]: an array that may be null or absent. */
static bool
is_optional(const json_t *shape)
{
	return json_is_array(shape) && json_array_size(shape) == 2;
}

static bool
fits(const json_t *shape, const json_t *v, const char *path, struct err *e)
{
	if ((v == NULL || json_is_null(v)) && is_optional(shape))
		return true;
	if (json_is_string(shape))
		return string_fits(shape, v, path, e);
	if (json_is_array(shape))
		return array_fits(shape, v, path, e);
	if (json_is_object(shape))
		return object_fits(shape, v, path, e);
	return err_set(e, ERR_JSON, 0, T_SCHEMA, path, "nothing");
}

bool
schema_check(const char *schema, const json_t *value, struct err *e)
{
	AUTO_JSON json_t *shape = json_loads(schema, JSON_DECODE_ANY, NULL);

	return fits(shape, value, "$", e);
}
