/*
 * Settings of the program, read: the file holds only what differs from the
 * table.  Secret ones are files of their own, compared by HMAC.
 */
#include "settings_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define SETTINGS_MAX	(1u << 20)
#define SECRET_MAX	65536

bool
settings_read_text(const struct ctx *ctx, struct buf *text, struct err *e)
{
	AUTO_FREE char *path = store_path(ctx->store, "settings.yaml");

	if (path == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, path))
		return true;
	return file_read(AT_FDCWD, path, SETTINGS_MAX, text, e);
}

/* The names hold dots, so in the file each is one quoted path element. */
char *
setting_yaml_path(const char *name)
{
	return str_format("[\"%s\"]", name);
}

/* *value is NULL when the file does not say. */
static bool
read_value(const struct ctx *ctx, const char *name, char **value,
    struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_FREE char		*path = setting_yaml_path(name);
	const struct doc_node	*node;
	struct doc		 doc = { 0 };
	bool			 ok;

	*value = NULL;
	if (path == NULL)
		return err_nomem(e);
	if (!settings_read_text(ctx, &text, e))
		return false;
	if (text.len == 0)
		return true;
	ok = doc_parse(&doc, &doc_yaml, buf_str(&text), text.len, e);
	if (!ok)
		err_context(e, "settings.yaml");
	node = ok ? doc_find(&doc, path) : NULL;
	if (node != NULL && node->value != NULL) {
		*value = strdup(node->value);
		ok = *value != NULL || err_nomem(e);
	}
	doc_fini(&doc);
	return ok;
}

bool
settings_get(const struct ctx *ctx, const char *name, char **value,
    struct err *e)
{
	const struct setting *s = setting_find(name, e);

	*value = NULL;
	if (s == NULL || !read_value(ctx, name, value, e))
		return false;
	if (*value == NULL)
		*value = strdup(s->fallback);
	return *value != NULL ? true : err_nomem(e);
}

bool
settings_get_int(const struct ctx *ctx, const char *name, int64_t *value,
    struct err *e)
{
	AUTO_FREE char *text = NULL;

	if (!settings_get(ctx, name, &text, e))
		return false;
	if (str_to_int(text, INT64_MIN, INT64_MAX, value))
		return true;
	return err_set(e, ERR_USAGE, 0, T_SETTING_INT, name, text);
}

char *
setting_secret_path(const struct ctx *ctx, const char *name)
{
	return store_path(ctx->store, "secrets/%s", name);
}

bool
settings_get_secret(const struct ctx *ctx, const char *name,
    struct secret **value, struct err *e)
{
	AUTO_FREE char	*path = setting_secret_path(ctx, name);
	struct buf	 b = BUF_INIT;
	bool		 ok;

	*value = NULL;
	if (path == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, path))
		return true;
	ok = file_read(AT_FDCWD, path, SECRET_MAX, &b, e);
	if (ok) {
		*value = secret_new(buf_str(&b), b.len, e);
		ok = *value != NULL;
	}
	buf_wipe(&b);
	return ok;
}

/* The HMAC of a secret that is set, "" when it is not. */
static bool
secret_mark(const struct ctx *ctx, const char *name, char hex[65],
    struct err *e)
{
	AUTO_SECRET struct secret *s = NULL;

	hex[0] = '\0';
	if (!settings_get_secret(ctx, name, &s, e))
		return false;
	return s == NULL || store_hmac(ctx->store, secret_reveal(s),
	    secret_len(s), hex, e);
}

bool
setting_current(const struct ctx *ctx, const struct setting *s, char **value,
    struct err *e)
{
	char mark[65];

	*value = NULL;
	if (!setting_is_secret(s)) {
		if (!read_value(ctx, s->value.name, value, e))
			return false;
		if (*value != NULL && **value == '\0')
			free(TAKE(*value));
		return true;
	}
	if (!secret_mark(ctx, s->value.name, mark, e))
		return false;
	*value = mark[0] != '\0' ? strdup(mark) : NULL;
	return mark[0] == '\0' || *value != NULL || err_nomem(e);
}

/* What it is now, for eyes: of a secret only that it is set. */
static bool
value_shown(const struct ctx *ctx, const struct setting *s, char **value,
    struct err *e)
{
	char mark[65];

	if (!setting_is_secret(s))
		return settings_get(ctx, s->value.name, value, e);
	if (!secret_mark(ctx, s->value.name, mark, e))
		return false;
	*value = strdup(mark[0] != '\0' ? "(set)" : "");
	return *value != NULL ? true : err_nomem(e);
}

static json_t *
setting_describe(const struct setting *s, const char *value)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s*}", "name",
	    s->value.name, "value", value, "default", s->fallback, "secret",
	    setting_is_secret(s), "help", s->value.help, "type",
	    param_type_name(s->value.type), "choices", s->value.choices);

	if (s->value.type == PARAM_INT) {
		json_object_set_new(j, "min", json_integer(s->value.min));
		json_object_set_new(j, "max", json_integer(s->value.max));
	}
	return j;
}

bool
settings_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*list = json_array();
	size_t			 i;

	(void)params;
	for (i = 0; i < setting_count(); i++) {
		AUTO_FREE char *value = NULL;

		if (!value_shown(ctx, setting_at(i), &value, e))
			return false;
		if (json_array_append_new(list, setting_describe(
		    setting_at(i), value)) < 0)
			return err_nomem(e);
	}
	*result = json_pack("{s:O}", "settings", list);
	return *result != NULL ? true : err_nomem(e);
}
