/*
 * Locks on resources of a site, for the time of one apply.  The lock is the
 * flock on a small file; its content only names the holder.  A process that
 * dies loses its locks by itself; the file that it leaves is stale and is
 * taken over silently.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "core.h"
#include "text.def"

#define RUN_DIR		"/run/stconsole"
#define LOCK_TRIES	16
#define NAME_BYTES	200
#define PEEK_TRIES	50
#define PEEK_MS		10
#define HOLDER_MAX	4096

struct held {
	int	 fd;
	char	*path;
};

struct lock_set {
	struct held	*held;
	size_t		 count;
	char		*dir;		/* NULL until all are held */
};

/*
 * root locks a site for everybody, whatever state folder is used; what
 * belongs to no site is the state folder's own.
 */
static char *
lock_dir(const struct ctx *ctx, struct err *e)
{
	char *dir;

	if (geteuid() != 0 || *ctx->site_id == '\0')
		return store_site_path(ctx->store, ctx->site_id, "locks", e);
	dir = str_format(RUN_DIR "/%s", ctx->site_id);
	if (dir == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (!file_make_dirs(dir, 0700, e)) {
		free(dir);
		return NULL;
	}
	return dir;
}

/* The file of a resource: "/" cannot be part of a name, nor can 256 bytes. */
static char *
lock_path(const char *dir, const char *resource)
{
	char	 hex[DIGEST_HEX_SIZE];
	char	*path, *p;

	if (strlen(resource) > NAME_BYTES || *resource == '.' ||
	    *resource == '\0') {
		digest_sha256(resource, strlen(resource), hex);
		return str_format("%s/%s", dir, hex);
	}
	path = str_format("%s/%s", dir, resource);
	for (p = path != NULL ? path + strlen(dir) + 1 : NULL;
	    p != NULL && *p != '\0'; p++)
		if (*p == '/')
			*p = '\\';
	return path;
}

bool
lock_fd(int fd)
{
	int tries;

	for (tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if ((errno != EWOULDBLOCK && errno != EINTR) ||
		    tries == PEEK_TRIES)
			return false;
		(void)poll(NULL, 0, PEEK_MS);
	}
	return true;
}

static json_t *
holder_read(const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (!file_read(AT_FDCWD, path, HOLDER_MAX, &b, NULL))
		return NULL;
	return json_parse(buf_str(&b), b.len, NULL);
}

static bool
holder_write(struct ctx *ctx, int fd, const char *resource, const char *job,
    struct err *e)
{
	AUTO_JSON json_t	*j = NULL;
	AUTO_FREE char		*text = NULL;
	char			 now[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(ctx->clock), now);
	j = json_pack("{s:s, s:i, s:I, s:s, s:s, s:s}", "resource", resource,
	    "pid", (int)getpid(), "start",
	    (json_int_t)proc_start_time(getpid()), "user", ctx->who->user,
	    "since", now, "job", job);
	text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
	if (text == NULL)
		return err_nomem(e);
	if (ftruncate(fd, 0) < 0)
		return err_sys(e, "%s", resource);
	return file_write_all(fd, text, strlen(text), e);
}

static bool
say_held(const char *path, const char *resource, struct err *e)
{
	AUTO_JSON json_t *who = holder_read(path);

	err_set(e, ERR_HELD, 0, T_LOCK_HELD, resource, who != NULL ?
	    json_text(who, "user") : "?", (int)json_int(who, "pid", 0),
	    json_text(who, "since"), json_text(who, "job"));
	return err_hint(e, T_LOCK_HELD_HINT, json_text(who, "job"));
}

/*
 * The file may be removed by its last holder between our open and our flock;
 * then the name leads to another file and we try again.
 */
static int
lock_file(const char *dir, const char *path, const char *resource,
    struct err *e)
{
	struct stat	 ours, named;
	int		 fd, tries;

	for (tries = 0; tries < LOCK_TRIES; tries++) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		/* The last holder took the empty folder with it. */
		if (fd < 0 && errno == ENOENT && file_make_dirs(dir, 0700, e))
			continue;
		if (fd < 0) {
			err_sys(e, "%s", path);
			return -1;
		}
		if (!lock_fd(fd)) {
			if (errno != EWOULDBLOCK)
				err_sys(e, "%s", path);
			else
				say_held(path, resource, e);
			close(fd);
			return -1;
		}
		if (fstat(fd, &ours) == 0 && stat(path, &named) == 0 &&
		    ours.st_ino == named.st_ino && ours.st_dev == named.st_dev)
			return fd;
		close(fd);
	}
	say_held(path, resource, e);
	return -1;
}

static bool
lock_one(struct ctx *ctx, struct lock_set *set, const char *dir,
    const char *resource, const char *job, struct err *e)
{
	struct held *h = &set->held[set->count];

	h->path = lock_path(dir, resource);
	if (h->path == NULL)
		return err_nomem(e);
	h->fd = lock_file(dir, h->path, resource, e);
	if (h->fd < 0) {
		free(h->path);
		return false;
	}
	set->count++;
	return holder_write(ctx, h->fd, resource, job, e);
}

static const char *
json_text_at(const json_t *list, size_t i)
{
	const char *s = json_string_value(json_array_get(list, i));

	return s != NULL ? s : "";
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In one order for everybody, so that two cannot each hold half. */
struct lock_set *
lock_take(struct ctx *ctx, const json_t *resources, const char *job,
    struct err *e)
{
	AUTO_FREE char		*dir = lock_dir(ctx, e);
	AUTO_FREE const char	**names = NULL;
	size_t			 n = json_array_size(resources), i;
	struct lock_set		*set = NULL;

	if (dir == NULL)
		return NULL;
	names = calloc(n + 1, sizeof(*names));
	set = calloc(1, sizeof(*set));
	if (set != NULL)
		set->held = calloc(n + 1, sizeof(*set->held));
	if (names == NULL || set == NULL || set->held == NULL) {
		lock_release(set);
		err_nomem(e);
		return NULL;
	}
	for (i = 0; i < n; i++)
		names[i] = json_text_at(resources, i);
	qsort(names, n, sizeof(*names), by_name);
	for (i = 0; i < n; i++)
		if (!lock_one(ctx, set, dir, names[i], job, e)) {
			lock_release(set);
			return NULL;
		}
	set->dir = TAKE(dir);
	return set;
}

void
lock_release(struct lock_set *set)
{
	size_t i;

	if (set == NULL)
		return;
	for (i = 0; i < set->count; i++) {
		unlink(set->held[i].path);
		/* As in journal_close: a forked child may have it too. */
		(void)flock(set->held[i].fd, LOCK_UN);
		close(set->held[i].fd);
		free(set->held[i].path);
	}
	/* Not while somebody else holds another lock there. */
	if (set->dir != NULL)
		(void)rmdir(set->dir);
	free(set->dir);
	free(set->held);
	free(set);
}

/*
 * A holder that lives is believed: trying its lock would hold it for a
 * moment, against whoever wants it just then.  Only where the file names
 * nobody that can be seen from here is the lock itself asked.
 */
static bool
lock_is_held(const char *path, const json_t *who)
{
	int64_t	pid = json_int(who, "pid", 0);
	int64_t	start = json_int(who, "start", 0);

	if (pid > 0 && start > 0 &&
	    (int64_t)proc_start_time((pid_t)pid) == start)
		return true;
	return journal_is_held(path);
}

static json_t *
lock_describe(const char *dir, const char *site, const char *name)
{
	AUTO_FREE char	*path = str_format("%s/%s", dir, name);
	json_t		*who = path != NULL ? holder_read(path) : NULL;
	bool		 held = path != NULL && lock_is_held(path, who);

	if (!json_is_object(who)) {
		json_decref(who);
		who = json_pack("{s:o}", "resource", json_lossy(name,
		    strlen(name)));
	}
	json_object_del(who, "start");
	json_object_set_new(who, "site", json_string(site));
	json_object_set_new(who, "held", json_boolean(held));
	json_object_set_new(who, "stale", json_boolean(!held));
	return who;
}

/* A folder that is not there has no locks. */
static void
list_folder(const char *dir, const char *site, json_t *out)
{
	DIR		*open_dir = opendir(dir);
	struct dirent	*d;

	while (open_dir != NULL && (d = readdir(open_dir)) != NULL)
		if (d->d_name[0] != '.')
			json_array_append_new(out, lock_describe(dir, site,
			    d->d_name));
	if (open_dir != NULL)
		closedir(open_dir);
}

/* base/SITE/below for every site. */
static bool
list_sites(const char *base, const char *below, json_t *out, struct err *e)
{
	DIR		*dir = opendir(base);
	struct dirent	*d;
	bool		 ok = true;

	while (ok && dir != NULL && (d = readdir(dir)) != NULL) {
		AUTO_FREE char *path = NULL;

		if (d->d_name[0] == '.')
			continue;
		path = str_format("%s/%s%s", base, d->d_name, below);
		ok = path != NULL || err_nomem(e);
		if (ok)
			list_folder(path, d->d_name, out);
	}
	if (dir != NULL)
		closedir(dir);
	return ok;
}

/* Of every site: whoever asks need not know which one is meant. */
json_t *
lock_list(struct ctx *ctx, struct err *e)
{
	AUTO_FREE char		*own = store_path(ctx->store, "locks");
	AUTO_FREE char		*sites = store_path(ctx->store, "sites");
	AUTO_JSON json_t	*out = json_array();

	if (own == NULL || sites == NULL || out == NULL) {
		err_nomem(e);
		return NULL;
	}
	list_folder(own, "", out);
	if (!list_sites(sites, "/locks", out, e) ||
	    (geteuid() == 0 && !list_sites(RUN_DIR, "", out, e)))
		return NULL;
	return TAKE(out);
}
