/*
 * The action file.write: one file becomes exactly the content whose digest
 * the plan holds.  Idempotent: writing the same bytes again changes nothing,
 * so a killed job may act a second time.  The file's bytes come from the
 * site's objects; journal and plan hold digests only.
 */
#include "site_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/action.h"
#include "stconsole/blob.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define NEW_FILE_MODE	0600

/* A file as it is now. */
struct found {
	struct site	*site;
	const char	*path;
	const char	*name;		/* in the folder */
	int		 folder;
	bool		 is_missing;
	struct buf	 text;
	char		 digest[65];	/* "" when missing */
	struct stat	 st;
};

static void
found_fini(struct found *f)
{
	buf_wipe(&f->text);
	mem_close_at(&f->folder);
}

static bool
found_read(struct ctx *ctx, const json_t *args, struct found *f,
    struct err *e)
{
	*f = (struct found){ .folder = -1, .path = json_text(args, "path") };
	if (!site_need(ctx, &f->site, e))
		return false;
	f->folder = site_folder_open(f->site, f->path, &f->name,
	    &f->is_missing, e);
	if (f->folder < 0)
		return false;
	if (f->is_missing)
		return true;
	if (fstatat(f->folder, f->name, &f->st, 0) < 0)
		return err_sys(e, T_FILE_LOOK, f->path);
	if (!file_read(f->folder, f->name, DOC_MAX_BYTES, &f->text, e))
		return false;
	digest_sha256(buf_str(&f->text), f->text.len, f->digest);
	return true;
}

/* ---- owner, mode and time */

static bool
attributes_read(const json_t *j, struct site_attributes *a)
{
	const char	*mode = json_str(j, "mode"), *mtime = json_str(j,
	    "mtime");
	char		*rest;

	if (mode == NULL || mtime == NULL)
		return false;
	a->mode = (mode_t)strtoul(mode, NULL, 8);
	a->uid = (uid_t)json_int(j, "uid", 0);
	a->gid = (gid_t)json_int(j, "gid", 0);
	a->mtime.tv_sec = (time_t)strtoll(mtime, &rest, 10);
	a->mtime.tv_nsec = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
	return true;
}

static bool
attributes_fit(const json_t *args, const struct stat *st)
{
	struct site_attributes a;

	return !attributes_read(args, &a) || (a.mode == (st->st_mode & 07777) &&
	    a.uid == st->st_uid && a.gid == st->st_gid &&
	    a.mtime.tv_sec == st->st_mtim.tv_sec &&
	    a.mtime.tv_nsec == st->st_mtim.tv_nsec);
}

static bool
attributes_set(const struct found *f, const json_t *from, struct err *e)
{
	struct site_attributes	 a;
	AUTO_CLOSE int		 fd = -1;
	struct stat		 st;

	if (!attributes_read(from, &a))
		return true;
	fd = openat(f->folder, f->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, T_FILE_LOOK, f->path);
	if ((st.st_uid != a.uid || st.st_gid != a.gid) &&
	    fchown(fd, a.uid, a.gid) < 0)
		return err_sys(e, T_FILE_OWNER, f->path);
	if (fchmod(fd, a.mode) < 0 ||
	    futimens(fd, (struct timespec[2]){
	    { .tv_nsec = UTIME_OMIT }, a.mtime }) < 0 || fsync(fd) < 0)
		return err_sys(e, T_FILE_OWNER, f->path);
	return true;
}

/* ---- the action */

static bool
write_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	struct found	 f;
	bool		 ok = found_read(ctx, args, &f, e);

	(void)memo;
	if (ok) {
		*found = PROBE_CHANGED;
		if (strcmp(f.digest, json_text(args, "after")) == 0 &&
		    (f.is_missing || attributes_fit(args, &f.st)))
			*found = PROBE_DONE;
		else if (strcmp(f.digest, json_text(args, "before")) == 0 ||
		    strcmp(f.digest, json_text(args, "after")) == 0)
			*found = PROBE_TODO;
		json_object_set_new(seen, "sha256", f.is_missing ?
		    json_null() : json_string(f.digest));
	}
	found_fini(&f);
	return ok;
}

/* Owner, mode and time as they were, for undo. */
static bool
write_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	struct found	 f;
	AUTO_FREE char	*mode = NULL, *mtime = NULL;
	bool		 ok = found_read(ctx, args, &f, e);

	if (ok && !f.is_missing) {
		mode = str_format("%04o", (unsigned)f.st.st_mode & 07777);
		mtime = str_format("%lld.%09ld",
		    (long long)f.st.st_mtim.tv_sec, f.st.st_mtim.tv_nsec);
		ok = (mode != NULL && mtime != NULL &&
		    json_object_set_new(memo, "mode", json_string(mode)) == 0 &&
		    json_object_set_new(memo, "uid",
		    json_integer(f.st.st_uid)) == 0 &&
		    json_object_set_new(memo, "gid",
		    json_integer(f.st.st_gid)) == 0 &&
		    json_object_set_new(memo, "mtime", json_string(mtime)) ==
		    0) || err_nomem(e);
	}
	found_fini(&f);
	return ok;
}

/* Makes the file hold the blob, or go away when digest is "". */
static bool
content_put(struct ctx *ctx, const struct found *f, const char *digest,
    struct err *e)
{
	struct buf	 text = BUF_INIT;
	bool		 ok;

	if (*digest == '\0')
		return file_remove(f->folder, f->name, e);
	if (strcmp(f->digest, digest) == 0)
		return true;
	ok = blob_get(ctx, digest, &text, e) &&
	    file_replace(f->folder, f->name, buf_str(&text), text.len,
	    NEW_FILE_MODE, e);
	buf_wipe(&text);
	return ok;
}

static bool
write_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	struct found	 f;
	const char	*after = json_text(args, "after");
	bool		 ok;

	(void)memo;
	ok = found_read(ctx, args, &f, e) && content_put(ctx, &f, after, e) &&
	    (*after == '\0' || attributes_set(&f, args, e));
	found_fini(&f);
	return ok;
}

/* Somebody edited the file since: takes back our part alone. */
static bool
undo_around(struct ctx *ctx, const json_t *args, const struct found *f,
    struct err *e)
{
	struct buf	 before = BUF_INIT, after = BUF_INIT, out = BUF_INIT;
	bool		 ok;

	ok = (*json_text(args, "before") != '\0' &&
	    *json_text(args, "after") != '\0' && !f->is_missing) ||
	    err_set(e, ERR_CHANGED, 0, T_UNDO_CHANGED, f->path);
	ok = ok && blob_get(ctx, json_text(args, "before"), &before, e) &&
	    blob_get(ctx, json_text(args, "after"), &after, e) &&
	    site_undo_merge(args, &before, &after, &f->text, &out, e) &&
	    file_replace(f->folder, f->name, buf_str(&out), out.len,
	    NEW_FILE_MODE, e);
	buf_wipe(&before);
	buf_wipe(&after);
	buf_wipe(&out);
	return ok;
}

static bool
write_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	struct found	 f;
	const char	*before = json_text(args, "before");
	bool		 ok = found_read(ctx, args, &f, e);

	if (ok && strcmp(f.digest, before) != 0 &&
	    strcmp(f.digest, json_text(args, "after")) != 0) {
		ok = undo_around(ctx, args, &f, e);
	} else if (ok) {
		ok = content_put(ctx, &f, before, e) && (*before == '\0' ||
		    json_str(args, "mode") == NULL ||
		    attributes_set(&f, memo, e));
	}
	found_fini(&f);
	return ok;
}

const struct action site_file_write = {
	.name = "file.write", .kind = STEP_WRITE, .probe = write_probe,
	.prepare = write_prepare, .act = write_act, .undo = write_undo,
	.undoes_over_change = true
};
