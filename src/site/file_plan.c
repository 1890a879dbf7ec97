/*
 * The step file.write as part of a plan: digests of both contents, the place
 * of the edit, no values.  The contents themselves are staged as blobs.
 */
#include "site_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "effect.h"
#include "stconsole/action.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/plan.h"
#include "stconsole/str.h"

#include "text.def"

const char *
site_path_check(const char *path, struct err *e)
{
	const char *p = path;

	while (str_starts(p, "./"))
		p += 2;
	if (*p != '\0' && *p != '/' && !str_ends(p, "/") &&
	    strcmp(p, "..") != 0 && !str_starts(p, "../") &&
	    strstr(p, "/../") == NULL && !str_ends(p, "/..") &&
	    strstr(p, "//") == NULL && strstr(p, "/./") == NULL)
		return p;
	err_set(e, ERR_USAGE, 0, T_PATH_BAD, path);
	err_hint(e, T_PATH_BAD_HINT);
	return NULL;
}

/* A file may be a link, as long as it stays beneath the root. */
static bool
file_check(const struct site *site, const char *path, bool *is_missing,
    struct err *e)
{
	struct err	 why = { 0 };
	AUTO_CLOSE int	 fd = file_open_beneath(site->root_fd, path, O_PATH,
	    &why);
	struct stat	 st;

	if (is_missing != NULL)
		*is_missing = fd < 0 && why.code == ENOENT;
	if (fd < 0)
		return (is_missing != NULL && *is_missing) ||
		    err_copy(e, &why);
	if (fstat(fd, &st) < 0)
		return err_sys(e, T_FILE_LOOK, path);
	return S_ISREG(st.st_mode) ||
	    err_set(e, ERR_REFUSED, EINVAL, T_FILE_REGULAR, path);
}

int
site_folder_open(const struct site *site, const char *path,
    const char **name, bool *is_missing, struct err *e)
{
	const char	*slash;
	AUTO_FREE char	*folder = NULL;

	if ((path = site_path_check(path, e)) == NULL ||
	    !file_check(site, path, is_missing, e))
		return -1;
	slash = strrchr(path, '/');
	*name = slash != NULL ? slash + 1 : path;
	folder = slash != NULL ? strndup(path, (size_t)(slash - path)) :
	    strdup(".");
	if (folder == NULL) {
		err_nomem(e);
		return -1;
	}
	return file_open_beneath(site->root_fd, folder,
	    O_RDONLY | O_DIRECTORY, e);
}

/* ---- the step */

static json_t *
splice_json(const struct doc_splice *s)
{
	return json_pack("{s:I, s:I, s:I}", "start", (json_int_t)s->start,
	    "old_len", (json_int_t)(s->end - s->start), "new_len",
	    (json_int_t)s->data.len);
}

static bool
attributes_put(json_t *args, const struct site_attributes *a)
{
	AUTO_FREE char	*mode = str_format("%04o", (unsigned)a->mode & 07777);
	AUTO_FREE char	*mtime = str_format("%lld.%09ld",
	    (long long)a->mtime.tv_sec, a->mtime.tv_nsec);

	return mode != NULL && mtime != NULL &&
	    json_object_set_new(args, "mode", json_string(mode)) == 0 &&
	    json_object_set_new(args, "uid", json_integer(a->uid)) == 0 &&
	    json_object_set_new(args, "gid", json_integer(a->gid)) == 0 &&
	    json_object_set_new(args, "mtime", json_string(mtime)) == 0;
}

/* Stages a content; *digest is NULL for none. */
static bool
content_stage(struct plan *plan, const struct buf *b, char hex[65],
    const char **digest, struct err *e)
{
	*digest = NULL;
	if (b == NULL)
		return true;
	*digest = hex;
	return plan_blob_add(plan, buf_str(b), b->len, hex, e);
}

static json_t *
args_make(struct plan *plan, const struct site_write *w, const char *path,
    char after_hex[65], struct err *e)
{
	char		 before_hex[65];
	const char	*before, *after;
	json_t		*args;
	bool		 ok;

	if (!content_stage(plan, w->before, before_hex, &before, e) ||
	    !content_stage(plan, w->after, after_hex, &after, e))
		return NULL;
	args = json_pack("{s:s, s:s?, s:s?}", "path", path, "before", before,
	    "after", after);
	ok = args != NULL && (w->key == NULL ||
	    json_object_set_new(args, "key", json_string(w->key)) == 0);
	ok = ok && (w->splice == NULL || json_object_set_new(args, "splice",
	    splice_json(w->splice)) == 0);
	ok = ok && (w->attributes == NULL || w->after == NULL ||
	    attributes_put(args, w->attributes));
	if (!ok) {
		json_decref(args);
		err_nomem(e);
		return NULL;
	}
	return args;
}

static bool
is_equal(const struct buf *a, const struct buf *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->len == b->len && (a->len == 0 ||
	    memcmp(a->data, b->data, a->len) == 0);
}

static bool
step_put(struct plan *plan, const struct site_write *w,
    const struct step_spec *spec, const char *path, struct err *e)
{
	if (w->after == NULL)
		return plan_step_add(plan, spec, e, T_WRITE_REMOVE, path);
	if (w->before == NULL)
		return plan_step_add(plan, spec, e, T_WRITE_CREATE, path);
	if (w->key != NULL)
		return plan_step_add(plan, spec, e, T_WRITE_KEY, w->key, path);
	if (is_equal(w->before, w->after))
		return plan_step_add(plan, spec, e, T_WRITE_ATTRIBUTES, path);
	return plan_step_add(plan, spec, e, T_WRITE_WHOLE, path);
}

bool
site_write_step(struct ctx *ctx, struct plan *plan, const struct site_write *w,
    struct err *e)
{
	const char		*path = site_path_check(w->path, e);
	AUTO_FREE char		*lock = NULL;
	AUTO_BUF struct buf	 diff = BUF_INIT;
	char			 after[65] = "";
	struct step_spec	 spec = {
		.action = site_file_write.name, .risk = RISK_LOW,
		.undo = T_WRITE_UNDO
	};

	(void)ctx;
	if (path == NULL)
		return false;
	if (is_equal(w->before, w->after) && w->attributes == NULL)
		return true;
	lock = str_format("file:%s", path);
	if (lock == NULL)
		return err_nomem(e);
	if (!plan_lock_add(plan, lock, e) || (!w->hides_diff &&
	    !site_diff_put(path, w, &diff, e)))
		return false;
	spec.args = args_make(plan, w, path, after, e);
	if (spec.args == NULL)
		return false;
	spec.diff = diff.len > 0 ? buf_str(&diff) : NULL;
	spec.blob = *after != '\0' ? after : NULL;
	return step_put(plan, w, &spec, path, e);
}

bool
site_plan_write(struct ctx *ctx, struct plan *plan, const char *path,
    const char *key, const struct doc *doc, const struct buf *old_text,
    const struct buf *new_text, const struct doc_splice *splice,
    struct err *e)
{
	const struct site_write w = {
		.path = path, .key = key, .doc = doc, .before = old_text,
		.after = new_text, .splice = splice
	};

	if (is_equal(old_text, new_text))
		return true;
	return site_write_step(ctx, plan, &w, e) &&
	    effect_plan_file(ctx, plan, path, old_text, new_text, e);
}
