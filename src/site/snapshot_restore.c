/*
 * Putting back what a snapshot holds, as a plan of the same steps that any
 * edit makes: bytes, mode, owner and time of each file, links, and folders
 * that are gone.  What came since is left alone unless asked for.
 */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/blob.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "effect.h"
#include "site_private.h"
#include "text_daily.def"

struct restore {
	struct ctx		*ctx;
	struct site		*site;
	struct plan		*plan;
	struct effect		*effect;
	json_t			*have, *want;	/* entries */
	bool			 is_exact;
};

static void
attributes_of(const json_t *entry, struct site_attributes *a)
{
	const char	*mtime = json_text(entry, "mtime"), *dot;

	a->mode = (mode_t)strtoul(json_text(entry, "mode"), NULL, 8);
	a->uid = (uid_t)json_int(entry, "uid", 0);
	a->gid = (gid_t)json_int(entry, "gid", 0);
	a->mtime.tv_sec = (time_t)strtoll(mtime, NULL, 10);
	dot = strchr(mtime, '.');
	a->mtime.tv_nsec = dot != NULL ? strtol(dot + 1, NULL, 10) : 0;
}

static bool
is_binary(const struct buf *b)
{
	return b->len > 0 && memchr(b->data, '\0', b->len) != NULL;
}

/* want NULL: the file goes away. */
static bool
restore_file(struct restore *r, const char *path, const json_t *want,
    struct err *e)
{
	const json_t		*have = json_object_get(r->have, path);
	bool			 was = json_str(have, "sha256") != NULL;
	struct site_attributes	 a;
	struct buf		 old = BUF_INIT, new = BUF_INIT;
	struct site_write	 w = { .path = path };
	bool			 ok;

	ok = !was || file_read(site_root_fd(r->site), path,
	    SNAPSHOT_FILE_MAX, &old, e);
	ok = ok && (want == NULL ||
	    blob_get(r->ctx, json_text(want, "sha256"), &new, e));
	if (ok) {
		w.before = was ? &old : NULL;
		w.after = want != NULL ? &new : NULL;
		w.hides_diff = is_binary(&old) || is_binary(&new) ||
		    snapshot_holds_keys(path);
		if (want != NULL) {
			attributes_of(want, &a);
			w.attributes = &a;
		}
		ok = site_write_step(r->ctx, r->plan, &w, e) &&
		    effect_add(r->effect, path, was ? &old : NULL,
		    want != NULL ? &new : NULL, e);
	}
	buf_wipe(&old);
	buf_wipe(&new);
	return ok;
}

static bool
restore_link(struct restore *r, const char *path, const char *before,
    const char *after, struct err *e)
{
	AUTO_FREE char *lock = str_format("file:%s", path);

	if (lock == NULL)
		return err_nomem(e);
	return plan_lock_add(r->plan, lock, e) &&
	    plan_step_add(r->plan, &(struct step_spec){
	    .action = "snapshot.link", .risk = RISK_LOW,
	    .undo = T_SNAP_LINK_UNDO,
	    .args = json_pack("{s:s, s:s?, s:s?}", "path", path, "before",
	    before, "after", after) }, e,
	    after != NULL ? T_SNAP_LINK_TITLE : T_SNAP_UNLINK_TITLE, path,
	    after);
}

/* Mode and owner only; the entries of what it holds come by themselves. */
static bool
restore_folder(struct restore *r, const char *path, json_t *have,
    json_t *want, struct err *e)
{
	return plan_step_add(r->plan, &(struct step_spec){
	    .action = "snapshot.folder", .risk = RISK_LOW,
	    .undo = T_SNAP_FOLDER_UNDO,
	    .args = json_pack("{s:s, s:O?, s:O}", "path", path, "before",
	    have, "after", want) }, e, T_SNAP_FOLDER_TITLE, path);
}

static bool
is_type(const json_t *entry, const char *type)
{
	return strcmp(json_text(entry, "type"), type) == 0;
}

static bool
restore_one(struct restore *r, const char *path, struct err *e)
{
	json_t		*have = json_object_get(r->have, path);
	json_t		*want = json_object_get(r->want, path);
	const char	*is_link = json_str(have, "target");
	const char	*be_link = json_str(want, "target");

	if (want == NULL && is_type(have, "folder"))
		return true;
	if (have != NULL && want != NULL &&
	    is_type(have, "folder") != is_type(want, "folder"))
		return plan_block(r->plan, T_SNAP_KIND_HINT, e, T_SNAP_KIND,
		    path);
	if (is_type(want, "folder"))
		return restore_folder(r, path, have, want, e);
	/* A link is never written through: it goes first. */
	if (is_link != NULL && be_link == NULL &&
	    !restore_link(r, path, is_link, NULL, e))
		return false;
	if (have != NULL && is_link == NULL && !is_type(want, "file") &&
	    !restore_file(r, path, NULL, e))
		return false;
	if (be_link != NULL)
		return restore_link(r, path, is_link, be_link, e);
	return is_type(want, "file") ? restore_file(r, path, want, e) : true;
}

/* True when this change belongs to what was asked for. */
static bool
is_asked(const struct restore *r, const json_t *change, const char *file)
{
	const char	*path = json_text(change, "path");
	const json_t	*want = json_object_get(r->want, path);
	size_t		 len = strlen(path);

	if (want == NULL && !r->is_exact)
		return false;
	if (file == NULL || strcmp(path, file) == 0)
		return true;
	/* A folder above the file that is gone. */
	return json_object_get(r->have, path) == NULL &&
	    is_type(want, "folder") && str_starts(file, path) &&
	    file[len] == '/';
}

static bool
add_steps(struct restore *r, const json_t *changes, const char *file,
    bool folders, struct err *e)
{
	const char	*last = "", *path;
	json_t		*change;
	size_t		 i;
	bool		 is_folder;

	json_array_foreach(changes, i, change) {
		path = json_text(change, "path");
		is_folder = is_type(json_object_get(r->want, path), "folder");
		if (strcmp(path, last) == 0 || is_folder != folders ||
		    !is_asked(r, change, file))
			continue;
		last = path;
		if (!restore_one(r, path, e))
			return false;
	}
	return true;
}

/* Says what came since and stays: "snapshot diff" lists it as removed. */
static bool
mention_newer(struct restore *r, const json_t *changes, size_t *count,
    struct err *e)
{
	const char	*path, *first = "";
	json_t		*change;
	size_t		 i;

	json_array_foreach(changes, i, change) {
		path = json_text(change, "path");
		if (r->is_exact || json_object_get(r->want, path) != NULL ||
		    is_type(json_object_get(r->have, path), "folder"))
			continue;
		if ((*count)++ == 0)
			first = path;
	}
	return *count == 0 || plan_note_add(r->plan, e, T_SNAP_NEWER, *count,
	    first);
}

static bool
restore_all(struct restore *r, const char *id, const char *file,
    struct err *e)
{
	AUTO_JSON json_t	*changes = NULL;
	size_t			 newer = 0;

	while (file != NULL && str_starts(file, "./"))
		file += 2;
	if (file != NULL && json_object_get(r->want, file) == NULL) {
		err_set(e, ERR_SNAPSHOT, ENOENT, T_SNAP_NO_FILE, id, file);
		return err_hint(e, T_SNAP_NO_FILE_HINT, id);
	}
	changes = snapshot_compare(r->have, r->want, e);
	if (changes == NULL || !add_steps(r, changes, file, true, e) ||
	    !add_steps(r, changes, file, false, e))
		return false;
	if (file == NULL && !mention_newer(r, changes, &newer, e))
		return false;
	if (plan_is_empty(r->plan))
		return newer > 0 || plan_note_add(r->plan, e, T_SNAP_SAME,
		    id);
	return effect_plan(r->ctx, r->plan, r->effect, e);
}

bool
snapshot_restore_plan(struct ctx *ctx, const json_t *params,
    struct plan *plan, struct err *e)
{
	AUTO_JSON json_t	*manifest = NULL, *scan = NULL;
	struct restore		 r = { .ctx = ctx, .plan = plan,
	    .is_exact = json_flag(params, "exact") };
	char			 id[SNAPSHOT_ID_SIZE];
	bool			 ok;

	if (!site_need(ctx, &r.site, e) ||
	    !snapshot_find(ctx, json_text(params, "id"), id, e) ||
	    !snapshot_load(ctx, id, &manifest, e) ||
	    !snapshot_verify(ctx, manifest, e) ||
	    !snapshot_scan(ctx, r.site, false, &scan, e))
		return false;
	r.have = json_object_get(scan, "entries");
	r.want = json_object_get(manifest, "entries");
	r.effect = effect_new(r.site, e);
	if (r.effect == NULL)
		return false;
	ok = restore_all(&r, id, json_str(params, "file"), e);
	effect_free(r.effect);
	return ok;
}
