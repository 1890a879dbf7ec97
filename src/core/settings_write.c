/*
 * Settings of the program, changed: the plan and its action.  The secrets
 * that a change takes away are kept as objects, so that it can be undone.
 */
#include "settings_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/blob.h"
#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

/* --- the action settings.write: args {name, before, after}, values null
 *     for "not set"; a secret's values are HMACs of kept objects -------- */

static json_t *
value_or_null(const char *s)
{
	return s != NULL && *s != '\0' ? json_string(s) : json_null();
}

static bool
write_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const struct setting	*s = setting_find(json_text(args, "name"), e);
	AUTO_FREE char		*now = NULL;

	(void)memo;
	(void)seen;
	if (s == NULL || !setting_current(ctx, s, &now, e))
		return false;
	if (str_equal(now, json_str(args, "after")))
		*found = PROBE_DONE;
	else if (str_equal(now, json_str(args, "before")))
		*found = PROBE_TODO;
	else
		*found = PROBE_CHANGED;
	return true;
}

static bool
write_secret(struct ctx *ctx, const char *name, const char *hmac,
    struct err *e)
{
	AUTO_FREE char	*path = setting_secret_path(ctx, name);
	struct buf	 b = BUF_INIT;
	bool		 ok;

	if (path == NULL)
		return err_nomem(e);
	if (hmac == NULL)
		return file_remove(AT_FDCWD, path, e);
	ok = blob_get(ctx, hmac, &b, e) && file_write(AT_FDCWD, path,
	    buf_str(&b), b.len, 0600, e);
	buf_wipe(&b);
	return ok;
}

static bool
write_plain(struct ctx *ctx, const char *name, const char *value,
    struct err *e)
{
	AUTO_FREE char		*file = store_path(ctx->store,
	    "settings.yaml");
	AUTO_FREE char		*path = setting_yaml_path(name);
	AUTO_BUF struct buf	 text = BUF_INIT, out = BUF_INIT;
	struct doc		 doc = { 0 };
	bool			 ok;

	if (file == NULL || path == NULL)
		return err_nomem(e);
	if (!settings_read_text(ctx, &text, e))
		return false;
	/* A mapping with one entry always: then any entry can be unset. */
	if (text.len == 0)
		buf_puts(&text, "# Settings of stconsole\nformat: 1\n");
	ok = doc_parse(&doc, &doc_yaml, buf_str(&text), text.len, e) &&
	    doc_edit(&doc, value != NULL ? DOC_SET : DOC_UNSET, path, value,
	    &out, NULL, e) && file_write(AT_FDCWD, file, buf_str(&out),
	    out.len, 0600, e);
	doc_fini(&doc);
	return ok;
}

static bool
write_value(struct ctx *ctx, const json_t *args, const char *which,
    struct err *e)
{
	const struct setting *s = setting_find(json_text(args, "name"), e);

	if (s == NULL)
		return false;
	return setting_is_secret(s) ?
	    write_secret(ctx, s->value.name, json_str(args, which), e) :
	    write_plain(ctx, s->value.name, json_str(args, which), e);
}

static bool
write_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return write_value(ctx, args, "after", e);
}

static bool
write_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return write_value(ctx, args, "before", e);
}

static const struct action actions[] = {
	{ .name = "settings.write", .kind = STEP_WRITE, .probe = write_probe,
	  .act = write_act, .undo = write_undo }
};

const struct service settings_service = {
	"settings", NULL, 0, actions, LENGTH(actions)
};

/* The old secret is kept as an object too, or undo would have nothing. */
static bool
stage_secrets(struct ctx *ctx, struct plan *plan, const struct setting *s,
    const struct secret *value, char after[65], struct err *e)
{
	AUTO_SECRET struct secret	*old = NULL;
	char				 before[65];

	after[0] = '\0';
	if (!settings_get_secret(ctx, s->value.name, &old, e))
		return false;
	if (old != NULL && !plan_secret_add(ctx, plan, old, before, e))
		return false;
	return value == NULL || plan_secret_add(ctx, plan, value, after, e);
}

bool
setting_plan_write(struct ctx *ctx, struct plan *plan, const struct setting *s,
    const char *after, struct err *e)
{
	AUTO_FREE char	*now = NULL;
	const char	*name = s->value.name;
	struct step_spec spec = { .action = "settings.write",
	    .risk = RISK_LOW, .undo = "the value before" };

	/* An empty value is none, in the file and in the step. */
	if (after != NULL && *after == '\0')
		after = NULL;
	if (!setting_current(ctx, s, &now, e))
		return false;
	if (str_equal(now, after) || (now == NULL && after == NULL))
		return true;
	spec.args = json_pack("{s:s, s:o, s:o}", "name", name, "before",
	    value_or_null(now), "after", value_or_null(after));
	if (!plan_lock_add(plan, "settings", e))
		return false;
	if (after == NULL)
		return plan_step_add(plan, &spec, e, T_SETTING_UNSET_TITLE,
		    name);
	if (setting_is_secret(s))
		return plan_step_add(plan, &spec, e, T_SETTING_TITLE_SECRET,
		    name);
	return plan_step_add(plan, &spec, e, T_SETTING_TITLE, name, after);
}

static bool
set_secret(struct ctx *ctx, struct plan *plan, const struct setting *s,
    const json_t *params, struct err *e)
{
	const struct secret	*value = ctx_secret(ctx, "value_file");
	char			 after[65];

	if (json_str(params, "value") != NULL || value == NULL) {
		err_set(e, ERR_USAGE, 0, T_SETTING_SECRET, s->value.name);
		return err_hint(e, T_SETTING_SECRET_HINT);
	}
	return stage_secrets(ctx, plan, s, value, after, e) &&
	    setting_plan_write(ctx, plan, s, after, e);
}

bool
settings_set_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const struct setting	*s = setting_find(json_text(params, "name"),
	    e);
	const char		*value = json_str(params, "value");

	if (s == NULL)
		return false;
	if (setting_is_secret(s))
		return set_secret(ctx, plan, s, params, e);
	if (value == NULL)
		return err_set(e, ERR_USAGE, 0, T_SETTING_VALUE, s->value.name);
	if (!setting_check(s, value, e))
		return false;
	return setting_plan_write(ctx, plan, s, value, e);
}

bool
settings_unset_plan(struct ctx *ctx, const json_t *params,
    struct plan *plan, struct err *e)
{
	const struct setting	*s = setting_find(json_text(params, "name"),
	    e);
	char			 after[65];

	if (s == NULL)
		return false;
	if (setting_is_secret(s) &&
	    !stage_secrets(ctx, plan, s, NULL, after, e))
		return false;
	return setting_plan_write(ctx, plan, s, NULL, e);
}
