/*
 * What a client may say, read strictly: a member of the wrong type is an
 * error, one that nobody knows is passed over, as a newer client may have it.
 */
#include "control_private.h"

#include <limits.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define CONFIRM_MAX_S	(24 * 3600)

static const char *const type_names[] = {
	[MESSAGE_HELLO] = "hello", [MESSAGE_CALL] = "call",
	[MESSAGE_CANCEL] = "cancel", [MESSAGE_OPERATE] = "operate"
};

static const char *const kind_names[] = {
	[WORK_CALL] = "call", [WORK_PLAN] = "plan", [WORK_APPLY] = "apply",
	[WORK_WAIT] = "wait"
};

const char *
message_kind_name(enum work_kind kind)
{
	return kind_names[kind];
}

static bool
wrong(const char *name, struct err *e)
{
	return err_set(e, ERR_JSON, 0, T_MESSAGE_MEMBER, name);
}

/* A string without a NUL inside; absent or null is NULL. */
static bool
text_read(const json_t *o, const char *name, const char **out,
    struct err *e)
{
	const json_t *v = json_object_get(o, name);

	*out = NULL;
	if (v == NULL || json_is_null(v))
		return true;
	if (!json_is_string(v) ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return wrong(name, e);
	*out = json_string_value(v);
	return true;
}

static bool
flag_read(const json_t *o, const char *name, bool *out, struct err *e)
{
	const json_t *v = json_object_get(o, name);

	*out = json_is_true(v);
	return v == NULL || json_is_boolean(v) || wrong(name, e);
}

static bool
number_read(const json_t *o, const char *name, int64_t max, int64_t *out,
    struct err *e)
{
	const json_t *v = json_object_get(o, name);

	*out = 0;
	if (v == NULL)
		return true;
	if (!json_is_integer(v))
		return wrong(name, e);
	*out = json_integer_value(v);
	return (*out >= 0 && *out <= max) || wrong(name, e);
}

static bool
object_read(const json_t *o, const char *name, const json_t **out,
    struct err *e)
{
	*out = json_object_get(o, name);
	return *out == NULL || json_is_object(*out) || wrong(name, e);
}

static bool
names_read(const json_t *o, const char *name, const char **out,
    size_t *count, struct err *e)
{
	const json_t	*list = json_object_get(o, name), *v;
	size_t		 i;

	*count = 0;
	if (list == NULL)
		return true;
	if (!json_is_array(list) || json_array_size(list) > CTX_SECRETS)
		return wrong(name, e);
	json_array_foreach (list, i, v) {
		if (!json_is_string(v) || json_string_length(v) == 0 ||
		    strlen(json_string_value(v)) != json_string_length(v))
			return wrong(name, e);
		out[(*count)++] = json_string_value(v);
	}
	return true;
}

static bool
hello_read(const json_t *o, struct message *m, struct err *e)
{
	if (!text_read(o, "state", &m->state, e) ||
	    !text_read(o, "where", &m->where, e) ||
	    !text_read(o, "sudo_user", &m->sudo_user, e) ||
	    !flag_read(o, "console", &m->is_console, e) ||
	    !flag_read(o, "read_only", &m->read_only, e))
		return false;
	return m->state != NULL || wrong("state", e);
}

static bool
kind_read(const json_t *o, enum work_kind *kind, struct err *e)
{
	const char	*word;
	size_t		 i;

	if (!text_read(o, "kind", &word, e))
		return false;
	for (i = 0; i < LENGTH(kind_names); i++)
		if (str_equal(word, kind_names[i])) {
			*kind = (enum work_kind)i;
			return true;
		}
	return wrong("kind", e);
}

static bool
call_read(const json_t *o, struct message *m, struct err *e)
{
	int64_t within = 0;

	if (!kind_read(o, &m->kind, e) ||
	    !text_read(o, "verb", &m->verb, e) ||
	    !text_read(o, "site", &m->site, e) ||
	    !text_read(o, "hash", &m->hash, e) ||
	    !object_read(o, "params", &m->params, e) ||
	    !object_read(o, "paths", &m->paths, e) ||
	    !number_read(o, "confirm_within_s", CONFIRM_MAX_S, &within, e) ||
	    !names_read(o, "secrets", m->secrets, &m->secret_count, e) ||
	    !names_read(o, "inputs", m->inputs, &m->input_count, e))
		return false;
	m->confirm_within_s = (int)within;
	if (m->kind != WORK_WAIT && m->verb == NULL)
		return wrong("verb", e);
	return m->kind != WORK_APPLY || m->hash != NULL || wrong("hash", e);
}

bool
message_read(const json_t *object, struct message *m, struct err *e)
{
	const char	*type = json_str(object, "type");
	size_t		 i = 0;

	*m = (struct message){ .id = 0 };
	while (i < LENGTH(type_names) && !str_equal(type, type_names[i]))
		i++;
	if (i == LENGTH(type_names))
		return wrong("type", e);
	m->type = (enum message_type)i;
	if (m->type == MESSAGE_HELLO)
		return hello_read(object, m, e);
	if (m->type == MESSAGE_OPERATE)
		return true;
	if (!number_read(object, "id", UINT_MAX, &m->id, e))
		return false;
	if (m->id == 0)
		return wrong("id", e);
	return m->type == MESSAGE_CANCEL || call_read(object, m, e);
}
