/*
 * config.get, config.set and config.unset: one value of one file of the
 * site.  A changing one is a plan with one file.write and what makes it take
 * effect.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "site_private.h"

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

struct config_file {
	struct site	*site;
	const char	*path;
	struct buf	 text;
	struct doc	 doc;
};

static void
config_fini(struct config_file *f)
{
	doc_fini(&f->doc);
	buf_wipe(&f->text);
}

/* Names the files that were read, as a hint. */
static bool
hint_files(const struct site *site, struct err *e)
{
	AUTO_BUF struct buf list = BUF_INIT;

	for (size_t i = 0; i < site->file_count; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "",
		    site->files[i].path);
	return err_hint(e, T_CONFIG_FORMAT_HINT, buf_str(&list));
}

/* Which file it is, and at least this advice.  Always false. */
static bool
blame_file(const struct config_file *f, const char *hint, struct err *e)
{
	err_context(e, "%s", f->path);
	return e->hint[0] != '\0' ? false : err_hint(e, "%s", hint);
}

static bool
config_open(struct ctx *ctx, const json_t *params, struct config_file *f,
    struct err *e)
{
	const struct doc_format	*format;
	AUTO_CLOSE int		 folder = -1;
	const char		*name;

	*f = (struct config_file){ .site = NULL };
	if (!site_need(ctx, &f->site, e))
		return false;
	f->path = site_path_check(json_text(params, "file"), e);
	if (f->path == NULL)
		return false;
	format = doc_format_of(f->path);
	if (format == NULL) {
		err_set(e, ERR_USAGE, 0, T_CONFIG_FORMAT, f->path);
		return hint_files(f->site, e);
	}
	if (json_text(params, "key")[0] == '\0')
		return err_set(e, ERR_USAGE, 0, T_CONFIG_EMPTY, f->path);
	folder = site_folder_open(f->site, f->path, &name, NULL, e);
	if (folder < 0) {
		if (e != NULL && e->code == ENOENT)
			hint_files(f->site, e);
		return false;
	}
	return file_read(folder, name, DOC_MAX_BYTES, &f->text, e) &&
	    (doc_parse(&f->doc, format, buf_str(&f->text), f->text.len, e) ||
	    blame_file(f, T_CONFIG_MEND_HINT, e));
}

/* How a key of this file is written: most absent keys are misspelled. */
static bool
hint_key(const struct config_file *f, struct err *e)
{
	static const struct {
		const char *format, *hint;
	} hints[] = {
		{ "env", T_CONFIG_KEY_ENV }, { "ini", T_CONFIG_KEY_INI },
		{ "xml", T_CONFIG_KEY_XML }, { "yaml", T_CONFIG_KEY_YAML },
		{ "helm", T_CONFIG_KEY_YAML },
	};

	for (size_t i = 0; i < LENGTH(hints); i++)
		if (strcmp(f->doc.format->name, hints[i].format) == 0)
			return err_hint(e, "%s", hints[i].hint);
	return false;
}

/* ---- reading */

static bool
node_need(const struct config_file *f, const char *key,
    const struct doc_node **node, struct err *e)
{
	const struct doc_node *n = doc_find(&f->doc, key);

	*node = n;
	if (n == NULL) {
		err_set(e, ERR_SITE, ENOENT, T_CONFIG_ABSENT, f->path, key);
		return hint_key(f, e);
	}
	if (n->kind == DOC_SCALAR)
		return true;
	if (n->kind == DOC_ALIAS) {
		err_set(e, ERR_SITE, EINVAL, T_CONFIG_ALIAS, key, f->path,
		    n->line, n->value != NULL ? n->value : "");
		return err_hint(e, T_CONFIG_ALIAS_HINT,
		    n->value != NULL ? n->value : "");
	}
	err_set(e, ERR_SITE, EISDIR, T_CONFIG_GROUP, key, f->path, n->line);
	return err_hint(e, T_CONFIG_GROUP_HINT);
}

/* The value as it may be seen by who asks; malloc'd. */
static bool
value_show(const struct ctx *ctx, const struct doc_node *n, bool reveal,
    char **shown, bool *masked, struct err *e)
{
	const char *value = n->value != NULL ? n->value : "";

	*shown = site_value_mask(n->path, value);
	if (*shown == NULL)
		return err_nomem(e);
	*masked = strstr(*shown, SITE_MASK) != NULL &&
	    strstr(value, SITE_MASK) == NULL;
	/*
	 * Reading is for viewers, secrets are not: the one verb whose right
	 * depends on what the file holds.
	 */
	if (*masked && reveal && ctx->who != NULL &&
	    ctx_role(ctx) < ROLE_ADMIN) {
		free(TAKE(*shown));
		return err_set(e, ERR_REFUSED, EPERM, T_CONFIG_REVEAL,
		    n->path);
	}
	*masked = *masked && !reveal;
	if (*masked)
		return true;
	/* The very value: who prints it strips what steers a terminal. */
	free(*shown);
	*shown = strdup(value);
	return *shown != NULL || err_nomem(e);
}

bool
config_get_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	const char		*key = json_text(params, "key");
	struct config_file	 f;
	const struct doc_node	*n;
	char			*shown = NULL;
	bool			 masked = false, ok;

	ok = config_open(ctx, params, &f, e) && node_need(&f, key, &n, e) &&
	    value_show(ctx, n, json_flag(params, "reveal"), &shown, &masked,
	    e);
	if (ok) {
		*result = json_pack("{s:s, s:s, s:o, s:i, s:b}", "file",
		    f.path, "key", key, "value",
		    json_lossy(shown, strlen(shown)), "line", (int)n->line,
		    "masked", masked);
		ok = *result != NULL || err_nomem(e);
	}
	if (shown != NULL)
		explicit_bzero(shown, strlen(shown));
	free(shown);
	config_fini(&f);
	return ok;
}

/* ---- changing */

/* "public_url" beside PUBLIC_URL is most likely a slip, but may be meant. */
static bool
note_other_case(const struct config_file *f, const char *key,
    struct plan *plan, struct err *e)
{
	const struct doc_node	*n;
	size_t			 i;

	if (doc_find(&f->doc, key) != NULL)
		return true;
	for (i = 0; i < f->doc.n; i++) {
		n = &f->doc.nodes[i];
		if (n->kind == DOC_SCALAR && str_equal_nocase(n->path, key))
			return plan_note_add(plan, e, T_CONFIG_OTHER_CASE,
			    f->path, n->path, n->line, key);
	}
	return true;
}

static bool
edit_plan(struct ctx *ctx, const struct config_file *f,
    enum doc_change change, const char *key, const char *value,
    struct plan *plan, struct err *e)
{
	struct doc_splice	 splice = { 0 };
	struct buf		 text = BUF_INIT;
	bool			 ok;

	ok = doc_edit(&f->doc, change, key, value, &text, &splice, e) ||
	    blame_file(f, T_CONFIG_BY_HAND_HINT, e);
	ok = ok && (change != DOC_SET || note_other_case(f, key, plan, e));
	ok = ok && site_plan_write(ctx, plan, f->path, key, &f->doc, &f->text,
	    &text, &splice, e);
	buf_wipe(&splice.data);
	doc_splice_fini(&splice);
	buf_wipe(&text);
	return ok;
}

/* A secret would stand in the process list and in the shell's history. */
static bool
value_is_allowed(const char *key, const char *value, struct err *e)
{
	AUTO_FREE char *shown = site_value_mask(key, value);

	if (shown == NULL)
		return err_nomem(e);
	if (!site_key_is_secret(key) && strstr(shown, SITE_MASK) == NULL)
		return true;
	err_set(e, ERR_USAGE, 0, T_CONFIG_SECRET, key);
	return err_hint(e, T_CONFIG_SECRET_HINT);
}

static bool
value_need(const struct ctx *ctx, const json_t *params, const char **value,
    struct err *e)
{
	const char		*key = json_text(params, "key");
	const char		*typed = json_str(params, "value");
	const struct secret	*secret = ctx_secret(ctx, "value_file");

	if (typed != NULL && secret != NULL)
		return err_set(e, ERR_USAGE, 0, T_CONFIG_TWO_VALUES, key);
	if (typed == NULL && secret == NULL) {
		err_set(e, ERR_USAGE, 0, T_CONFIG_NO_VALUE, key);
		return err_hint(e, T_CONFIG_NO_VALUE_HINT);
	}
	*value = typed != NULL ? typed : secret_reveal(secret);
	return typed == NULL || value_is_allowed(key, typed, e);
}

bool
config_set_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	struct config_file	 f = { .site = NULL };
	const char		*value = NULL;
	bool			 ok;

	ok = value_need(ctx, params, &value, e) &&
	    config_open(ctx, params, &f, e) &&
	    edit_plan(ctx, &f, DOC_SET, json_text(params, "key"), value, plan,
	    e);
	config_fini(&f);
	return ok;
}

/* Nothing to do is said with its reason: a typo looks the same. */
static bool
absent_mention(const struct config_file *f, const char *key,
    struct plan *plan, struct err *e)
{
	struct err	 why = { 0 };

	if (doc_find(&f->doc, key) != NULL)
		return true;
	hint_key(f, &why);
	return plan_note_add(plan, e, T_CONFIG_UNSET_ABSENT, f->path, key,
	    why.hint);
}

bool
config_unset_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	struct config_file	 f = { .site = NULL };
	bool			 keeps = json_flag(params, "comment_out");
	const char		*reason = json_str(params, "reason");
	bool			 ok;

	if (reason != NULL && !keeps)
		return err_set(e, ERR_USAGE, 0, T_CONFIG_REASON);
	ok = config_open(ctx, params, &f, e) &&
	    absent_mention(&f, json_text(params, "key"), plan, e) &&
	    edit_plan(ctx, &f, keeps ? DOC_COMMENT_OUT : DOC_UNSET,
	    json_text(params, "key"), reason, plan, e);
	config_fini(&f);
	return ok;
}
