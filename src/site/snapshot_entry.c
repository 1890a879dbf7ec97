/*
 * Steps for what is not a file: a symbolic link and a folder's mode and
 * owner.  Both reach their parent folder without following a link out of the
 * root, and are whole or not done.
 */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_daily.def"

/* The folder that holds path, -1 with *e; *name is the rest of path. */
static int
open_parent(struct ctx *ctx, const char *path, const char **name,
    struct err *e)
{
	struct site	*site;
	const char	*slash = strrchr(path, '/');
	AUTO_FREE char	*parent = slash == NULL ? strdup(".") :
	    strndup(path, (size_t)(slash - path));

	*name = slash == NULL ? path : slash + 1;
	if (!site_need(ctx, &site, e))
		return -1;
	if (parent == NULL) {
		err_nomem(e);
		return -1;
	}
	return file_open_beneath(site_root_fd(site), parent,
	    O_RDONLY | O_DIRECTORY, e);
}

/* ---- a link */

/* What is there: its target, "" for none, NULL with a file in the way. */
static const char *
target_now(int dirfd, const char *name, char *text, size_t size)
{
	ssize_t n = readlinkat(dirfd, name, text, size - 1);

	if (n < 0)
		return errno == ENOENT ? "" : NULL;
	text[n] = '\0';
	return text;
}

bool
snapshot_link_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char	*name, *now;
	struct err	 why = { 0 };
	AUTO_CLOSE int	 fd = open_parent(ctx, json_text(args, "path"),
	    &name, &why);
	char		 text[4096];

	(void)memo;
	if (fd < 0 && why.code != ENOENT)
		return err_copy(e, &why);
	now = fd < 0 ? "" : target_now(fd, name, text, sizeof(text));
	*found = PROBE_CHANGED;
	if (now != NULL && strcmp(now, json_text(args, "after")) == 0)
		*found = PROBE_DONE;
	else if (now != NULL && strcmp(now, json_text(args, "before")) == 0)
		*found = PROBE_TODO;
	return json_object_set_new(seen, "target", now != NULL ?
	    json_lossy(now, strlen(now)) : json_null()) == 0 ? true :
	    err_nomem(e);
}

/* Made beside and moved over, so that the name always leads somewhere. */
static bool
link_put(struct ctx *ctx, const char *path, const char *target,
    struct err *e)
{
	const char	*name;
	AUTO_CLOSE int	 fd = open_parent(ctx, path, &name, e);
	AUTO_FREE char	*temp = NULL;
	char		 random[17];

	if (fd < 0)
		return false;
	if (*target == '\0')
		return file_remove(fd, name, e);
	if (!digest_random_hex(8, random, e))
		return false;
	temp = str_format("%s.%s.tmp", name, random);
	if (temp == NULL)
		return err_nomem(e);
	if (symlinkat(target, fd, temp) < 0)
		return err_sys(e, T_SNAP_LINK_MAKE, path);
	if (renameat(fd, temp, fd, name) < 0) {
		err_sys(e, T_SNAP_LINK_MAKE, path);
		unlinkat(fd, temp, 0);
		return false;
	}
	return file_sync_dir(fd, ".", e);
}

bool
snapshot_link_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return link_put(ctx, json_text(args, "path"),
	    json_text(args, "after"), e);
}

bool
snapshot_link_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return link_put(ctx, json_text(args, "path"),
	    json_text(args, "before"), e);
}

/* ---- a folder */

static bool
is_like(const struct stat *st, const json_t *entry)
{
	return (st->st_mode & 07777) ==
	    (mode_t)strtoul(json_text(entry, "mode"), NULL, 8) &&
	    st->st_uid == (uid_t)json_int(entry, "uid", 0) &&
	    st->st_gid == (gid_t)json_int(entry, "gid", 0);
}

bool
snapshot_folder_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const json_t	*before = json_object_get(args, "before");
	const char	*name;
	struct err	 why = { 0 };
	AUTO_CLOSE int	 fd = open_parent(ctx, json_text(args, "path"),
	    &name, &why);
	struct stat	 st;
	bool		 is_there;

	(void)memo;
	if (fd < 0 && why.code != ENOENT)
		return err_copy(e, &why);
	is_there = fd >= 0 &&
	    fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	*found = PROBE_CHANGED;
	if (is_there && S_ISDIR(st.st_mode) &&
	    is_like(&st, json_object_get(args, "after")))
		*found = PROBE_DONE;
	else if (json_is_object(before) ? is_there && is_like(&st, before) :
	    !is_there)
		*found = PROBE_TODO;
	/* Between mkdir and chown of an interrupted step. */
	else if (!json_is_object(before) && is_there &&
	    S_ISDIR(st.st_mode))
		*found = PROBE_TODO;
	return json_object_set_new(seen, "is_there",
	    json_boolean(is_there)) == 0 ? true : err_nomem(e);
}

static bool
folder_put(struct ctx *ctx, const char *path, const json_t *entry,
    struct err *e)
{
	mode_t		 mode = (mode_t)strtoul(json_text(entry, "mode"),
	    NULL, 8);
	const char	*name;
	AUTO_CLOSE int	 fd = open_parent(ctx, path, &name, e);
	AUTO_CLOSE int	 own = -1;

	if (fd < 0)
		return false;
	if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST)
		return err_sys(e, T_SNAP_FOLDER_MAKE, path);
	own = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (own < 0 || fchown(own, (uid_t)json_int(entry, "uid", 0),
	    (gid_t)json_int(entry, "gid", 0)) < 0 || fchmod(own, mode) < 0)
		return err_sys(e, T_SNAP_FOLDER_MAKE, path);
	return file_sync_dir(fd, ".", e);
}

bool
snapshot_folder_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return folder_put(ctx, json_text(args, "path"),
	    json_object_get(args, "after"), e);
}

bool
snapshot_folder_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const json_t	*before = json_object_get(args, "before");
	const char	*path = json_text(args, "path"), *name;
	AUTO_CLOSE int	 fd = -1;

	(void)memo;
	if (json_is_object(before))
		return folder_put(ctx, path, before, e);
	fd = open_parent(ctx, path, &name, e);
	if (fd < 0)
		return false;
	if (unlinkat(fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, T_SNAP_FOLDER_MAKE, path);
	return file_sync_dir(fd, ".", e);
}
