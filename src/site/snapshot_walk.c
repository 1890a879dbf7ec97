/*
 * The walk that finds what is configuration below a site's root.  Bounded in
 * depth, names and bytes; what it leaves out for a reason that matters is
 * listed as skipped, so that a snapshot never claims more than it holds.
 * It never leaves the root: links are recorded as links.
 */
#include "snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/blob.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_daily.def"

struct walk {
	struct ctx	*ctx;
	bool		 keep;
	dev_t		 device;	/* of the root */
	unsigned	 visited;
	json_t		*entries, *skipped;
};

/* Facts 4.1 and 4.10, certificate stores of certbot and acme.sh. */
static const char *const wanted_ends[] = {
	".env", ".yml", ".yaml", ".ini", ".xml", ".conf", ".cfg",
	".properties", ".json", ".toml", ".lua", ".tpl", ".sh", ".cmd",
	".bat", ".p12", ".pfx", ".jks", ".keys", ".key", ".crt", ".cer",
	".cert", ".pem", ".der", ".csr", ".p7b", ".js", ".css"
};
static const char *const wanted_names[] = { ".htpasswd", "hosts" };

/* Never configuration, often large. */
static const char *const closed_folders[] = {
	"recordings", "recording", "logs", "log", "trace", "transcripts",
	"tmp", "temp", "cache", ".cache", "node_modules", ".git", "mongo",
	"mongodb", "mongo-data", "dumps", "jre", "proxy-storage"
};

bool
snapshot_wants(const char *name)
{
	size_t i, len = strlen(name), end;

	if (str_ends(name, ".tmp") || str_ends(name, ".stconsole-before"))
		return false;
	for (i = 0; i < LENGTH(wanted_ends); i++) {
		end = strlen(wanted_ends[i]);
		if (len >= end &&
		    strcasecmp(name + len - end, wanted_ends[i]) == 0)
			return true;
	}
	for (i = 0; i < LENGTH(wanted_names); i++)
		if (strcmp(name, wanted_names[i]) == 0)
			return true;
	/* "custom.env.before-upgrade", ".env-12.0.2" */
	return strstr(name, ".env") != NULL;
}

static bool
is_closed_folder(const char *name)
{
	size_t i;

	for (i = 0; i < LENGTH(closed_folders); i++)
		if (strcasecmp(name, closed_folders[i]) == 0)
			return true;
	return false;
}

static bool
skip(struct walk *w, const char *path, const char *why, struct err *e)
{
	AUTO_JSON json_t	*name = json_lossy(path, strlen(path));
	const char		*key = json_string_value(name);

	if (key == NULL ||
	    json_object_set_new(w->skipped, key, json_string(why)) < 0)
		return err_nomem(e);
	return true;
}

static bool
add(struct walk *w, const char *path, json_t *entry, struct err *e)
{
	if (entry == NULL ||
	    json_object_set_new(w->entries, path, entry) < 0)
		return err_nomem(e);
	return true;
}

static json_t *
attributes(const char *type, const struct stat *st)
{
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", (unsigned)st->st_mode & 07777);
	return json_pack("{s:s, s:s, s:I, s:I}", "type", type, "mode", mode,
	    "uid", (json_int_t)st->st_uid, "gid", (json_int_t)st->st_gid);
}

static bool
read_fd(int fd, const char *path, size_t size, struct buf *out,
    struct err *e)
{
	ssize_t n;

	for (;;) {
		buf_reserve(out, size - out->len + 4096);
		if (!buf_ok(out, e))
			return false;
		n = read(fd, out->data + out->len, out->cap - out->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, T_SNAP_READ, path);
		if (n == 0)
			break;
		out->len += (size_t)n;
		if (out->len > SNAPSHOT_FILE_MAX)
			break;
		size = out->len > size ? out->len : size;
	}
	out->data[out->len] = '\0';
	return true;
}

static bool
file_entry(struct walk *w, const char *path, const struct stat *st,
    const struct buf *text, struct err *e)
{
	char	 digest[DIGEST_HEX_SIZE], mtime[32];
	json_t	*entry;

	digest_sha256(buf_str(text), text->len, digest);
	if (w->keep &&
	    !blob_put(w->ctx, buf_str(text), text->len, digest, e))
		return false;
	snprintf(mtime, sizeof(mtime), "%lld.%09ld",
	    (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	entry = attributes("file", st);
	if (entry == NULL ||
	    json_object_set_new(entry, "mtime", json_string(mtime)) < 0 ||
	    json_object_set_new(entry, "size",
	    json_integer((json_int_t)text->len)) < 0 ||
	    json_object_set_new(entry, "sha256", json_string(digest)) < 0) {
		json_decref(entry);
		return err_nomem(e);
	}
	return add(w, path, entry, e);
}

/* Attributes are those of the opened file: they belong to these bytes. */
static bool
visit_file(struct walk *w, int dirfd, const char *name, const char *path,
    struct err *e)
{
	AUTO_CLOSE int	 fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	struct buf	 text = BUF_INIT;
	struct stat	 st;
	bool		 ok;

	if (fd < 0)
		return errno == ENOENT ? true :
		    skip(w, path, "unreadable", e);
	if (fstat(fd, &st) < 0)
		return err_sys(e, T_SNAP_READ, path);
	if (!S_ISREG(st.st_mode))
		return true;
	if ((size_t)st.st_size > SNAPSHOT_FILE_MAX)
		return skip(w, path, "large", e);
	ok = read_fd(fd, path, (size_t)st.st_size, &text, e);
	if (ok && text.len > SNAPSHOT_FILE_MAX)
		ok = skip(w, path, "large", e);
	else if (ok)
		ok = file_entry(w, path, &st, &text, e);
	buf_wipe(&text);
	return ok;
}

static bool
visit_link(struct walk *w, int dirfd, const char *name, const char *path,
    struct err *e)
{
	char	 target[4096];
	ssize_t	 n = readlinkat(dirfd, name, target, sizeof(target) - 1);

	if (n < 0)
		return errno == ENOENT ? true :
		    skip(w, path, "unreadable", e);
	target[n] = '\0';
	if (!str_is_utf8(target, (size_t)n))
		return skip(w, path, "name", e);
	return add(w, path, json_pack("{s:s, s:s}", "type", "link",
	    "target", target), e);
}

static bool	 visit_folder(struct walk *w, int fd, const char *path,
		     int depth, struct err *e);

static bool
enter_folder(struct walk *w, int dirfd, const char *name, const char *path,
    int depth, const struct stat *st, struct err *e)
{
	size_t	 had = json_object_size(w->entries);
	int	 fd;

	if (is_closed_folder(name))
		return true;
	if (st->st_dev != w->device)
		return skip(w, path, "mount", e);
	if (depth >= SNAPSHOT_DEPTH_MAX || w->visited >= SNAPSHOT_VISIT_MAX)
		return skip(w, path, "limit", e);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd < 0)
		return skip(w, path, "unreadable", e);
	if (!visit_folder(w, fd, path, depth + 1, e))
		return false;
	if (json_object_size(w->entries) == had)
		return true;
	return add(w, path, attributes("folder", st), e);
}

static bool
visit(struct walk *w, int dirfd, const char *name, const char *path,
    int depth, struct err *e)
{
	struct stat st;

	if (!cancel_check(w->ctx->cancel, e))
		return false;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? true :
		    skip(w, path, "unreadable", e);
	if (S_ISDIR(st.st_mode))
		return enter_folder(w, dirfd, name, path, depth, &st, e);
	if (!snapshot_wants(name))
		return true;
	if (!str_is_utf8(path, strlen(path)))
		return skip(w, path, "name", e);
	if (S_ISLNK(st.st_mode))
		return visit_link(w, dirfd, name, path, e);
	if (S_ISREG(st.st_mode))
		return visit_file(w, dirfd, name, path, e);
	return true;
}

/* Takes fd.  A link to a folder is recorded like any other when its name
 * is of configuration; certbot's live/ links are. */
static bool
visit_folder(struct walk *w, int fd, const char *path, int depth,
    struct err *e)
{
	DIR		*dir = fdopendir(fd);
	struct dirent	*d;
	char		*below;
	bool		 ok = true;

	if (dir == NULL) {
		close(fd);
		return err_sys(e, T_SNAP_READ, path);
	}
	while (ok && (d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0)
			continue;
		if (++w->visited > SNAPSHOT_VISIT_MAX) {
			ok = skip(w, path, "limit", e);
			break;
		}
		below = *path == '\0' ? strdup(d->d_name) :
		    str_format("%s/%s", path, d->d_name);
		ok = below != NULL ? visit(w, fd, d->d_name, below, depth, e) :
		    err_nomem(e);
		free(below);
	}
	closedir(dir);
	return ok;
}

bool
snapshot_scan(struct ctx *ctx, const struct site *site, bool keep,
    json_t **scan, struct err *e)
{
	AUTO_JSON json_t	*entries = json_object();
	AUTO_JSON json_t	*skipped = json_object();
	struct walk		 w = { .ctx = ctx, .keep = keep,
	    .entries = entries, .skipped = skipped };
	struct stat		 st;
	int			 fd = openat(site_root_fd(site), ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, T_SNAP_READ, site_root(site));
	if (entries == NULL || skipped == NULL || fstat(fd, &st) < 0) {
		close(fd);
		return err_nomem(e);
	}
	w.device = st.st_dev;
	if (!visit_folder(&w, fd, "", 0, e))
		return err_context(e, T_SNAP_CONTEXT);
	*scan = json_pack("{s:O, s:O}", "entries", entries, "skipped",
	    skipped);
	return *scan != NULL ? true : err_nomem(e);
}
