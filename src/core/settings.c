/*
 * Settings of the program.  One table; the file holds only what differs from
 * it.  Secret ones are files of their own, compared by HMAC.
 */
#include "stconsole/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/blob.h"
#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "core.h"
#include "text.def"

#define SETTINGS_MAX	(1u << 20)
#define SECRET_MAX	65536

struct setting {
	const char	*name;
	bool		 is_int, is_secret;
	const char	*fallback;
	const char	*help;
	const char	*choices;	/* "a|b", NULL: any text */
};

/* Milliseconds, days and counts: what fits an int everywhere. */
#define INT_SETTING_MAX	100000000

static const struct setting table[] = {
	{ "me.mail", false, false, "", "Your own mail address", NULL },
	{ "mongo.admin_url", false, true, "",
	  "A MongoDB URL whose account may read the state of the set "
	  "(clusterMonitor)", NULL },
	{ "mongo.timeout_ms", true, false, "5000",
	  "How long to look for a MongoDB server", NULL },
	{ "directory.timeout_ms", true, false, "5000",
	  "How long a directory server may take to be reached", NULL },
	{ "directory.starttls", false, false, "auto",
	  "auto, never or require: StartTLS on the plain port",
	  "auto|never|require" },
	{ "directory.referrals", false, false, "report",
	  "report or follow: what to do with referrals", "report|follow" },
	{ "admins.route", false, false, "mongo",
	  "mongo or api: how administrators are read and written",
	  "mongo|api" },
	{ "admins.api_path", false, false,
	  "/sametime-admin/api/v1/administrators",
	  "Path or whole URL of the Admin API (unverified: not published)",
	  NULL },
	{ "admins.api_login", false, true, "",
	  "User and password for the Admin API, a line each", NULL },
	{ "http.ca_file", false, false, "",
	  "CA file for HTTPS instead of the system's", NULL },
	{ "status.timeout_ms", true, false, "5000",
	  "How long a line of status may take to find out", NULL },
	{ "snapshot.keep_count", true, false, "50",
	  "How many snapshots are kept", NULL },
	{ "snapshot.keep_days", true, false, "90",
	  "How long a snapshot is kept", NULL }
};

static const struct setting *
setting_find(const char *name, struct err *e)
{
	size_t i;

	for (i = 0; i < LENGTH(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	err_set(e, ERR_USAGE, 0, T_SETTING_UNKNOWN, name);
	err_hint(e, T_SETTING_UNKNOWN_HINT);
	return NULL;
}

static bool
read_text(const struct ctx *ctx, struct buf *text, struct err *e)
{
	AUTO_FREE char *path = store_path(ctx->store, "settings.yaml");

	if (path == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, path))
		return true;
	return file_read(AT_FDCWD, path, SETTINGS_MAX, text, e);
}

/* The names hold dots, so in the file each is one quoted path element. */
static char *
yaml_path(const char *name)
{
	return str_format("[\"%s\"]", name);
}

/* *value is NULL when the file does not say. */
static bool
read_value(const struct ctx *ctx, const char *name, char **value,
    struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_FREE char		*path = yaml_path(name);
	const struct doc_node	*node;
	struct doc		 doc = { 0 };
	bool			 ok;

	*value = NULL;
	if (path == NULL)
		return err_nomem(e);
	if (!read_text(ctx, &text, e))
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

static char *
secret_path(const struct ctx *ctx, const char *name)
{
	return store_path(ctx->store, "secrets/%s", name);
}

bool
settings_get_secret(const struct ctx *ctx, const char *name,
    struct secret **value, struct err *e)
{
	AUTO_FREE char	*path = secret_path(ctx, name);
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
settings_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*list = json_array();
	size_t			 i;

	(void)params;
	for (i = 0; i < LENGTH(table); i++) {
		AUTO_FREE char	*value = NULL;
		char		 mark[65];

		if (table[i].is_secret) {
			if (!secret_mark(ctx, table[i].name, mark, e))
				return false;
			value = strdup(mark[0] != '\0' ? "(set)" : "");
		} else if (!settings_get(ctx, table[i].name, &value, e)) {
			return false;
		}
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, "
		    "s:s}", "name", table[i].name, "value",
		    value != NULL ? value : "", "default", table[i].fallback,
		    "secret", table[i].is_secret, "help", table[i].help));
	}
	*result = json_pack("{s:O}", "settings", list);
	return *result != NULL ? true : err_nomem(e);
}

/* --- the action settings.write: args {name, before, after}, values null
 *     for "not set"; a secret's values are HMACs of kept objects -------- */

static json_t *
value_or_null(const char *s)
{
	return s != NULL && *s != '\0' ? json_string(s) : json_null();
}

static bool
current_value(const struct ctx *ctx, const struct setting *s, char **value,
    struct err *e)
{
	char mark[65];

	if (!s->is_secret)
		return read_value(ctx, s->name, value, e);
	if (!secret_mark(ctx, s->name, mark, e))
		return false;
	*value = mark[0] != '\0' ? strdup(mark) : NULL;
	return true;
}

static bool
write_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const struct setting	*s = setting_find(json_text(args, "name"), e);
	AUTO_FREE char		*now = NULL;

	(void)memo;
	(void)seen;
	if (s == NULL || !current_value(ctx, s, &now, e))
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
	AUTO_FREE char	*path = secret_path(ctx, name);
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
	AUTO_FREE char		*path = yaml_path(name);
	AUTO_BUF struct buf	 text = BUF_INIT, out = BUF_INIT;
	struct doc		 doc = { 0 };
	bool			 ok;

	if (file == NULL || path == NULL)
		return err_nomem(e);
	if (!read_text(ctx, &text, e))
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
	return s->is_secret ?
	    write_secret(ctx, s->name, json_str(args, which), e) :
	    write_plain(ctx, s->name, json_str(args, which), e);
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
	if (!settings_get_secret(ctx, s->name, &old, e))
		return false;
	if (old != NULL && !plan_secret_add(ctx, plan, old, before, e))
		return false;
	return value == NULL || plan_secret_add(ctx, plan, value, after, e);
}

static bool
add_write(struct ctx *ctx, struct plan *plan, const struct setting *s,
    const char *after, struct err *e)
{
	AUTO_FREE char	*now = NULL;
	struct step_spec spec = { .action = "settings.write",
	    .risk = RISK_LOW, .undo = "the value before" };

	if (!current_value(ctx, s, &now, e))
		return false;
	if (str_equal(now, after) || (now == NULL && after == NULL))
		return true;
	spec.args = json_pack("{s:s, s:o, s:o}", "name", s->name, "before",
	    value_or_null(now), "after", value_or_null(after));
	if (!plan_lock_add(plan, "settings", e))
		return false;
	if (after == NULL)
		return plan_step_add(plan, &spec, e, T_SETTING_UNSET_TITLE,
		    s->name);
	if (s->is_secret)
		return plan_step_add(plan, &spec, e, T_SETTING_TITLE_SECRET,
		    s->name);
	return plan_step_add(plan, &spec, e, T_SETTING_TITLE, s->name, after);
}

static bool
set_secret(struct ctx *ctx, struct plan *plan, const struct setting *s,
    const json_t *params, struct err *e)
{
	const struct secret	*value = ctx_secret(ctx, "value_file");
	char			 after[65];

	if (json_str(params, "value") != NULL || value == NULL) {
		err_set(e, ERR_USAGE, 0, T_SETTING_SECRET, s->name);
		return err_hint(e, T_SETTING_SECRET_HINT);
	}
	return stage_secrets(ctx, plan, s, value, after, e) &&
	    add_write(ctx, plan, s, after, e);
}

static bool
is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value), n;

	for (;; choices += n + 1) {
		n = strcspn(choices, "|");
		if (n == len && strncmp(choices, value, n) == 0)
			return true;
		if (choices[n] == '\0')
			return false;
	}
}

bool
settings_set_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const struct setting	*s = setting_find(json_text(params, "name"),
	    e);
	const char		*value = json_str(params, "value");
	int64_t			 number;

	if (s == NULL)
		return false;
	if (s->is_secret)
		return set_secret(ctx, plan, s, params, e);
	if (value == NULL)
		return err_set(e, ERR_USAGE, 0, T_SETTING_VALUE, s->name);
	if (s->choices != NULL && !is_choice(s->choices, value))
		return err_set(e, ERR_USAGE, 0, T_PARAM_CHOICE, s->name,
		    s->choices, value);
	if (s->is_int && !str_to_int(value, 0, INT_SETTING_MAX, &number))
		return err_set(e, ERR_USAGE, 0, T_SETTING_INT, s->name,
		    value);
	return add_write(ctx, plan, s, value, e);
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
	if (s->is_secret && !stage_secrets(ctx, plan, s, NULL, after, e))
		return false;
	return add_write(ctx, plan, s, NULL, e);
}
