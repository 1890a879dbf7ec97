/*
 * Settings as a file that can be taken to another host: YAML with what
 * differs from the table.  Secrets are named in it, never held.
 */
#include "settings_parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/doc.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define FORMAT		"format"
#define FORMAT_NUMBER	"1"

/* --- export ------------------------------------------------------------- */

/* Through the editor, which knows how YAML quotes. */
static bool
export_value(struct buf *yaml, const char *name, const char *value,
    struct err *e)
{
	AUTO_FREE char		*path = setting_yaml_path(name);
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct doc		 doc = { 0 };
	bool			 ok;

	if (path == NULL)
		return err_nomem(e);
	ok = doc_parse(&doc, &doc_yaml, buf_str(yaml), yaml->len, e) &&
	    doc_edit(&doc, DOC_SET, path, value, &out, NULL, e);
	doc_fini(&doc);
	if (!ok)
		return false;
	buf_reset(yaml);
	buf_add(yaml, buf_str(&out), out.len);
	return buf_ok(yaml, e);
}

/* What is set becomes a line, what is not a comment with the default. */
static bool
export_one(struct ctx *ctx, const struct setting *s, struct buf *yaml,
    struct buf *comments, struct err *e)
{
	AUTO_FREE char	*now = NULL;
	const char	*name = s->value.name;

	if (!setting_current(ctx, s, &now, e))
		return false;
	if (setting_is_secret(s))
		buf_printf(comments, now != NULL ? T_EXPORT_SECRET_SET :
		    T_EXPORT_SECRET_NONE, name);
	else if (now == NULL)
		buf_printf(comments, T_EXPORT_DEFAULT, name, s->fallback);
	else
		return export_value(yaml, name, now, e);
	buf_putc(comments, '\n');
	return true;
}

bool
settings_export_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_BUF struct buf	yaml = BUF_INIT, comments = BUF_INIT;
	size_t			i;

	(void)params;
	buf_puts(&yaml, T_EXPORT_HEAD);
	buf_puts(&yaml, "\n" FORMAT ": " FORMAT_NUMBER "\n");
	for (i = 0; i < setting_count(); i++)
		if (!export_one(ctx, setting_at(i), &yaml, &comments, e))
			return false;
	buf_add(&yaml, buf_str(&comments), comments.len);
	if (!buf_ok(&comments, e) || !buf_ok(&yaml, e))
		return false;
	*result = json_pack("{s:s}", "yaml", buf_str(&yaml));
	return *result != NULL ? true : err_nomem(e);
}

/* --- import ------------------------------------------------------------- */

/* A name with dots is one quoted element; "ui: {theme: ...}" is fine too. */
static char *
node_name(const struct doc_node *node)
{
	size_t len = strlen(node->path);

	if (str_starts(node->path, "[\"") && str_ends(node->path, "\"]"))
		return strndup(node->path + 2, len - 4);
	return strdup(node->path);
}

static bool
import_is_once(const json_t *seen, const char *name, struct err *e)
{
	return json_object_get(seen, name) == NULL ||
	    err_set(e, ERR_USAGE, 0, T_IMPORT_TWICE, name);
}

/* Checks one entry; seen gets name: value. */
static bool
import_entry(const struct doc_node *node, json_t *seen, struct err *e)
{
	AUTO_FREE char		*name = node_name(node);
	const char		*value = node->value != NULL ? node->value :
				    "";
	const struct setting	*s;

	if (name == NULL)
		return err_nomem(e);
	if (node->kind != DOC_SCALAR)
		return err_set(e, ERR_USAGE, 0, T_IMPORT_ONE_VALUE, name);
	if (!import_is_once(seen, name, e))
		return false;
	if (str_equal(name, FORMAT)) {
		if (!str_equal(value, FORMAT_NUMBER))
			return err_set(e, ERR_USAGE, 0, T_IMPORT_FORMAT,
			    value);
	} else {
		s = setting_find(name, e);
		if (s == NULL)
			return false;
		if (setting_is_secret(s)) {
			err_set(e, ERR_USAGE, 0, T_IMPORT_SECRET, name);
			return err_hint(e, T_IMPORT_SECRET_HINT, name);
		}
		if (*value != '\0' && !setting_check(s, value, e))
			return false;
	}
	return json_object_set_new(seen, name, json_string(value)) == 0 ?
	    true : err_nomem(e);
}

static bool
import_check(const struct doc *doc, json_t *seen, struct err *e)
{
	size_t i;

	for (i = 0; i < doc->n; i++) {
		const struct doc_node *node = &doc->nodes[i];

		if (node->kind != DOC_MAPPING && !import_entry(node, seen, e))
			return err_context(e, T_IMPORT_LINE, node->line);
	}
	if (json_object_get(seen, FORMAT) != NULL)
		return true;
	err_set(e, ERR_USAGE, 0, T_IMPORT_NO_FORMAT);
	return err_hint(e, T_IMPORT_NO_FORMAT_HINT);
}

bool
settings_import_plan(struct ctx *ctx, const json_t *params,
    struct plan *plan, struct err *e)
{
	AUTO_JSON json_t	*seen = json_object();
	const json_t		*file = json_object_get(params, "file");
	struct doc		 doc = { 0 };
	const char		*value;
	size_t			 i;
	bool			 ok;

	ok = doc_parse(&doc, &doc_yaml, json_string_value(file),
	    json_string_length(file), e) && import_check(&doc, seen, e);
	doc_fini(&doc);
	for (i = 0; ok && i < setting_count(); i++) {
		value = json_str(seen, setting_at(i)->value.name);
		ok = value == NULL || setting_plan_write(ctx, plan,
		    setting_at(i), value, e);
	}
	return ok;
}
