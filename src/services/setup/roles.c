/*
 * setup.role: one line of roles.yaml, changed without touching the others.
 * Nobody takes the right away from themselves here: a file that does not name
 * its writer would make a viewer of root.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/action.h"
#include "stconsole/diff.h"
#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "setup.h"
#include "text.def"

#define ROLES_MAX	(1u << 20)
#define ROLES_HEAD	"# Who may do what on this host: viewer, operator, " \
			"admin (stconsole).\n"

struct wish {
	const char	*file;
	const char	*kind;		/* "users" or "groups" */
	const char	*name;
	const char	*role;		/* NULL: the line goes */
};

static char *
path_of(const struct wish *w)
{
	return str_format("%s[\"%s\"]", w->kind, w->name);
}

static bool
text_read(const char *file, struct buf *text, bool *is_missing,
    struct err *e)
{
	*is_missing = access(file, F_OK) < 0 && errno == ENOENT;
	return *is_missing || file_read(AT_FDCWD, file, ROLES_MAX, text, e);
}

/* A first file names its writer too. */
static void
text_begin(const struct ctx *ctx, const struct wish *w, struct buf *out)
{
	bool is_own = strcmp(w->kind, "users") == 0 &&
	    strcmp(w->name, ctx->who->user) == 0;

	buf_puts(out, ROLES_HEAD "users:\n");
	if (!is_own)
		buf_printf(out, "  \"%s\": admin\n", ctx->who->user);
	if (strcmp(w->kind, "users") != 0)
		buf_puts(out, "groups:\n");
	buf_printf(out, "  \"%s\": %s\n", w->name, w->role);
}

/* The first name of its kind: the group of lines goes to the end. */
static bool
text_extend(const struct wish *w, const struct buf *old, struct buf *out,
    struct err *e)
{
	AUTO_FREE char		*path = path_of(w);
	const struct doc_node	*node;
	struct doc		 doc = { 0 };
	bool			 ok;

	buf_add(out, buf_str(old), old->len);
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_putc(out, '\n');
	buf_printf(out, "%s:\n  \"%s\": %s\n", w->kind, w->name, w->role);
	if (path == NULL || !buf_ok(out, e))
		return err_nomem(e);
	ok = doc_parse(&doc, &doc_yaml, buf_str(out), out->len, e);
	node = ok ? doc_find(&doc, path) : NULL;
	if (ok && (node == NULL || !str_equal(node->value, w->role))) {
		err_set(e, ERR_YAML, 0, T_ROLE_SHAPE, w->file);
		ok = err_hint(e, T_ROLE_SHAPE_HINT);
	}
	doc_fini(&doc);
	return ok;
}

static bool
text_change(const struct wish *w, const struct buf *old, struct buf *out,
    struct err *e)
{
	AUTO_FREE char	*path = path_of(w);
	struct doc	 doc = { 0 };
	bool		 ok;

	if (path == NULL)
		return err_nomem(e);
	ok = doc_parse(&doc, &doc_yaml, buf_str(old), old->len, e);
	if (ok && w->role != NULL && doc_find(&doc, w->kind) == NULL)
		ok = text_extend(w, old, out, e);
	else if (ok && w->role == NULL && doc_find(&doc, path) == NULL)
		buf_add(out, buf_str(old), old->len);
	else if (ok)
		ok = doc_edit(&doc, w->role != NULL ? DOC_SET : DOC_UNSET,
		    path, w->role, out, NULL, e);
	if (!ok)
		err_context(e, "%s", w->file);
	doc_fini(&doc);
	return ok;
}

/* Two things a plan is refused for, each said with what to do. */
static bool
checks_add(const struct ctx *ctx, const struct wish *w,
    const struct buf *text, struct plan *plan, struct err *e)
{
	AUTO_FREE char	*copy = strdup(w->file);
	const char	*folder;
	enum role	 role;

	if (copy == NULL)
		return err_nomem(e);
	if (!role_in(buf_str(text), text->len, w->file, ctx->who, &role, e))
		return false;
	if (role < ROLE_ADMIN && !plan_block(plan, T_ROLE_SELF_HINT, e,
	    T_ROLE_SELF, ctx->who->user, role_name(role)))
		return false;
	folder = dirname(copy);
	if (access(folder, W_OK) == 0 || errno == ENOENT)
		return true;
	return plan_block(plan, T_ROLE_WRITE_HINT, e, T_ROLE_WRITE, folder);
}

/* A name that nobody has now may be a slip, or a person of tomorrow. */
static bool
notes_add(const struct wish *w, struct plan *plan, struct err *e)
{
	bool is_known = strcmp(w->kind, "users") == 0 ?
	    getpwnam(w->name) != NULL : getgrnam(w->name) != NULL;

	if (w->role == NULL || is_known)
		return true;
	return plan_note_add(plan, e, strcmp(w->kind, "users") == 0 ?
	    T_ROLE_NO_USER : T_ROLE_NO_GROUP, w->name);
}

static bool
step_add(const struct wish *w, const struct buf *old, bool is_missing,
    const struct buf *text, struct plan *plan, struct err *e)
{
	AUTO_BUF struct buf	 diff = BUF_INIT;
	AUTO_FREE char		*lock = str_format("file:%s", w->file);
	char			 before[65], after[65];
	struct step_spec	 spec = { .action = "roles.write",
	    .risk = RISK_ACCESS, .undo = T_ROLE_UNDO };

	if (lock == NULL)
		return err_nomem(e);
	if (!plan_lock_add(plan, lock, e) || !plan_blob_add(plan,
	    buf_str(old), old->len, before, e) || !plan_blob_add(plan,
	    buf_str(text), text->len, after, e) || !diff_unified(is_missing ?
	    "/dev/null" : w->file, w->file, buf_str(old), old->len,
	    buf_str(text), text->len, NULL, NULL, &diff, e))
		return false;
	spec.args = json_pack("{s:s, s:s?, s:s}", "path", w->file, "before",
	    is_missing ? NULL : before, "after", after);
	spec.diff = buf_str(&diff);
	spec.blob = after;
	if (w->role == NULL)
		return plan_step_add(plan, &spec, e, T_ROLE_GONE, w->name,
		    w->file);
	return plan_step_add(plan, &spec, e, T_ROLE_TITLE, w->name, w->role,
	    w->file);
}

static bool
wish_read(const json_t *params, struct wish *w, struct err *e)
{
	const char	*file = json_str(params, "roles_file");
	const char	*role = json_text(params, "role"), *c;

	w->file = file != NULL ? file : ROLES_FILE;
	w->kind = json_flag(params, "group") ? "groups" : "users";
	w->name = json_text(params, "name");
	w->role = strcmp(role, "none") != 0 ? role : NULL;
	for (c = w->name; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || strchr("\"\\:#", *c) != NULL)
			break;
	if (w->name[0] == '\0' || *c != '\0')
		return err_set(e, ERR_USAGE, 0, T_ROLE_NAME, w->name);
	if (w->file[0] != '/')
		return err_set(e, ERR_USAGE, 0, T_ROLE_FILE, w->file);
	return true;
}

bool
setup_role_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_BUF struct buf	 old = BUF_INIT, text = BUF_INIT;
	struct wish		 w;
	bool			 is_missing, ok;

	if (!wish_read(params, &w, e) ||
	    !text_read(w.file, &old, &is_missing, e))
		return false;
	if (is_missing && w.role == NULL)
		return true;
	if (is_missing) {
		text_begin(ctx, &w, &text);
		ok = buf_ok(&text, e);
	} else {
		ok = text_change(&w, &old, &text, e);
	}
	if (!ok || (text.len == old.len && memcmp(buf_str(&text),
	    buf_str(&old), old.len) == 0))
		return ok;
	return checks_add(ctx, &w, &text, plan, e) &&
	    notes_add(&w, plan, e) &&
	    step_add(&w, &old, is_missing, &text, plan, e);
}
