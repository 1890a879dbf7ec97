/*
 * A dump that somebody brings: ours with its manifest, or one of the official
 * tools.  Names come from outside; none of them leaves the folder, and what
 * is not a plain file is not opened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "files.h"
#include "text.def"

#define META_MAX	((size_t)16 << 20)
#define META_END	".metadata.json"
#define DATA_END	".bson"

/* A plain file below dirfd, not by a link. */
static int
file_open(int dirfd, const char *path, struct err *e)
{
	int		 fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK);
	struct stat	 st;

	if (fd < 0) {
		err_sys(e, T_READ, path);
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	err_set(e, ERR_REFUSED, 0, T_NOT_A_FILE, path);
	return -1;
}

static bool
names_of(int dirfd, const char *path, json_t **out, struct err *e)
{
	int		 fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW);
	DIR		*d = fd < 0 ? NULL : fdopendir(fd);
	AUTO_JSON json_t *list = json_array();
	struct dirent	*one;
	bool		 ok = true;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, T_READ, path);
	}
	while (ok && (one = readdir(d)) != NULL)
		if (one->d_name[0] != '.')
			ok = json_array_append_new(list,
			    json_string(one->d_name)) == 0 ||
			    err_set(e, ERR_REFUSED, 0, T_FOUND_NAME, path);
	closedir(d);
	*out = ok ? TAKE(list) : NULL;
	return ok;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a),
	    json_string_value(*(json_t *const *)b));
}

static bool
names_sorted(int dirfd, const char *path, json_t **out, struct err *e)
{
	AUTO_JSON json_t *list = NULL;
	AUTO_FREE json_t **all = NULL;
	size_t		 n, i;

	if (!names_of(dirfd, path, &list, e))
		return false;
	n = json_array_size(list);
	all = calloc(n + 1, sizeof(json_t *));
	*out = json_array();
	if (all == NULL || *out == NULL)
		return err_nomem(e);
	for (i = 0; i < n; i++)
		all[i] = json_array_get(list, i);
	qsort(all, n, sizeof(json_t *), by_text);
	for (i = 0; i < n; i++)
		json_array_append(*out, all[i]);
	return true;
}

/* "X" of "X.metadata.json[.gz]"; 0: another ending. */
static size_t
stem_of(const char *file, const char *ending, bool *gz)
{
	AUTO_FREE char	*packed = str_format("%s.gz", ending);

	*gz = packed != NULL && str_ends(file, packed);
	if (*gz)
		return strlen(file) - strlen(packed);
	return str_ends(file, ending) ? strlen(file) - strlen(ending) : 0;
}

/* The file's name and the collection's belong together. */
static bool
name_fits(const char *stem, const char *name, struct err *e)
{
	AUTO_BUF struct buf escaped = BUF_INIT, plain = BUF_INIT;

	name_escape(name, &escaped);
	if (strcmp(buf_str(&escaped), stem) == 0)
		return true;
	/* Tools of old did not escape; a cut name cannot be undone. */
	if (!name_is_cut(stem, strlen(stem)) && name_unescape(stem,
	    strlen(stem), &plain) && strcmp(buf_str(&plain), name) == 0)
		return true;
	return err_set(e, ERR_REFUSED, 0, T_FOUND_OTHER_NAME, stem, name);
}

struct folder {
	int		 dirfd;
	const char	*db;
	const json_t	*manifest, *names;
	json_t		*out;		/* collections */
};

static bool
manifest_fits(const struct folder *f, const char *path, const struct buf *raw,
    struct err *e)
{
	const json_t	*line = manifest_file(f->manifest, path);
	char		 sha[DIGEST_HEX_SIZE];

	if (f->manifest == NULL)
		return true;
	if (line == NULL)
		return err_set(e, ERR_REFUSED, 0, T_FOUND_NO_LINE, path);
	digest_sha256(buf_str(raw), raw->len, sha);
	return strcmp(sha, json_text(line, "sha256")) == 0 ||
	    err_set(e, ERR_REFUSED, 0, T_FOUND_CHANGED, path);
}

static json_t *
metadata_read(const struct folder *f, const char *file, const char *stem,
    bool gz, struct err *e)
{
	AUTO_FREE char		*path = str_format("%s/%s", f->db, file);
	AUTO_BUF struct buf	 text = BUF_INIT, raw = BUF_INIT;
	AUTO_JSON json_t	*entry = NULL;
	int			 fd;

	if (path == NULL || (fd = file_open(f->dirfd, path, e)) < 0 ||
	    !reader_all(fd, false, path, META_MAX, &raw, e) ||
	    !manifest_fits(f, path, &raw, e) ||
	    (fd = file_open(f->dirfd, path, e)) < 0 ||
	    !reader_all(fd, gz, path, META_MAX, &text, e))
		return NULL;
	entry = metadata_entry(buf_str(&text), text.len, stem, e);
	if (entry == NULL || !name_fits(stem, json_text(entry, "name"), e))
		return NULL;
	return TAKE(entry);
}

static bool
has_name(const json_t *names, const char *name)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach(names, i, one)
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	return false;
}

/* Where the documents of an entry are; that they are all there. */
static bool
data_find(const struct folder *f, const char *stem, json_t *entry,
    struct err *e)
{
	const char	*prefix = json_str(entry, "buckets") != NULL ?
	    "system.buckets." : "";
	AUTO_FREE char	*plain = str_format("%s%s" DATA_END, prefix, stem);
	AUTO_FREE char	*packed = str_format("%s%s" DATA_END ".gz", prefix,
	    stem);
	AUTO_FREE char	*path = NULL;
	const json_t	*line;
	struct stat	 st;
	bool		 a, b;

	if (plain == NULL || packed == NULL)
		return err_nomem(e);
	a = has_name(f->names, plain);
	b = has_name(f->names, packed);
	if (a == b)
		return err_set(e, ERR_REFUSED, 0, a ? T_FOUND_TWICE :
		    T_FOUND_NO_DATA, f->db, plain);
	path = str_format("%s/%s", f->db, a ? plain : packed);
	if (path == NULL)
		return err_nomem(e);
	if (fstatat(f->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(e, T_READ, path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_REFUSED, 0, T_NOT_A_FILE, path);
	if (json_object_set_new(entry, "file", json_string(path)) != 0 ||
	    json_object_set_new(entry, "gz", json_boolean(b)) != 0 ||
	    json_object_set_new(entry, "bytes", json_integer(st.st_size)) != 0)
		return err_nomem(e);
	if (f->manifest == NULL)
		return true;
	line = manifest_file(f->manifest, path);
	if (line == NULL)
		return err_set(e, ERR_REFUSED, 0, T_FOUND_NO_LINE, path);
	if (json_int(line, "bytes", -1) != st.st_size)
		return err_set(e, ERR_REFUSED, 0, T_FOUND_CHANGED, path);
	json_object_set(entry, "documents", json_object_get(line,
	    "documents"));
	json_object_set(entry, "document_bytes", json_object_get(line,
	    "document_bytes"));
	json_object_set(entry, "hash", json_object_get(line, "hash"));
	return true;
}

static bool
entry_keep(const struct folder *f, const char *stem, json_t *entry,
    struct err *e)
{
	const json_t	*one;
	size_t		 i;

	if (catalog_has_data(entry) && !data_find(f, stem, entry, e))
		return false;
	json_array_foreach(f->out, i, one)
		if (strcmp(json_text(one, "name"), json_text(entry,
		    "name")) == 0)
			return err_set(e, ERR_REFUSED, 0, T_FOUND_TWICE,
			    f->db, json_text(entry, "name"));
	return json_array_append(f->out, entry) == 0 || err_nomem(e);
}

/* Users, roles and what else a server has to itself. */
static bool
is_servers_own(const char *stem)
{
	return strncmp(stem, "$admin.", 7) == 0 ||
	    strncmp(stem, "%24admin.", 9) == 0 ||
	    (strncmp(stem, "system.", 7) == 0 &&
	    strcmp(stem, "system.js") != 0);
}

/* Data without metadata, as the oldest tools left it. */
static bool
data_alone(const struct folder *f, const char *file, const char *stem,
    struct err *e)
{
	AUTO_FREE char	*a = str_format("%s" META_END, stem);
	AUTO_FREE char	*b = str_format("%s" META_END ".gz", stem);
	AUTO_JSON json_t *entry = NULL;

	if (a == NULL || b == NULL)
		return err_nomem(e);
	if (has_name(f->names, a) || has_name(f->names, b) ||
	    is_servers_own(stem))
		return true;
	if (f->manifest != NULL)
		return err_set(e, ERR_REFUSED, 0, T_FOUND_NO_LINE, file);
	entry = metadata_entry("{}", 2, stem, e);
	return entry != NULL && entry_keep(f, stem, entry, e);
}

static bool
folder_file(const struct folder *f, const char *file, struct err *e)
{
	AUTO_FREE char	*stem = NULL;
	AUTO_JSON json_t *entry = NULL;
	bool		 gz;
	size_t		 len;

	if ((len = stem_of(file, META_END, &gz)) > 0) {
		if ((stem = strndup(file, len)) == NULL)
			return err_nomem(e);
		if (is_servers_own(stem))
			return true;
		entry = metadata_read(f, file, stem, gz, e);
		return entry != NULL && entry_keep(f, stem, entry, e);
	}
	if ((len = stem_of(file, DATA_END, &gz)) == 0)
		return true;
	if ((stem = strndup(file, len)) == NULL)
		return err_nomem(e);
	return data_alone(f, file, stem, e);
}

static bool
folder_read(struct folder *f, json_t **out, struct err *e)
{
	AUTO_JSON json_t *names = NULL, *list = json_array();
	const json_t	*one;
	size_t		 i;

	if (list == NULL)
		return err_nomem(e);
	if (!names_sorted(f->dirfd, f->db, &names, e))
		return false;
	f->names = names;
	f->out = list;
	json_array_foreach(names, i, one)
		if (!folder_file(f, json_string_value(one), e))
			return false;
	*out = catalog_sort(list, e);
	return *out != NULL;
}

static bool
wanted(const char *const *dbs, const char *name)
{
	if (dbs == NULL)
		return strcmp(name, "admin") != 0 &&
		    strcmp(name, "config") != 0 && strcmp(name, "local") != 0;
	for (; *dbs != NULL; dbs++)
		if (strcmp(*dbs, name) == 0)
			return true;
	return false;
}

static json_t *
database_named(const json_t *list, const char *name, bool any_case)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(list, i, one)
		if (any_case ? strcasecmp(json_text(one, "db"), name) == 0 :
		    strcmp(json_text(one, "db"), name) == 0)
			return one;
	return NULL;
}

static bool
database_add(int dirfd, const char *name, const json_t *manifest,
    json_t *list, struct err *e)
{
	struct folder	 f = { .dirfd = dirfd, .db = name,
		.manifest = manifest };
	json_t		*collections = NULL;
	struct stat	 st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISDIR(st.st_mode))
		return true;
	if (!name_is_database(name))
		return err_set(e, ERR_REFUSED, 0, T_FOUND_NAME, name);
	/* A server takes no two names that differ in case only. */
	if (database_named(list, name, true) != NULL)
		return err_set(e, ERR_REFUSED, 0, T_FOUND_CASE, name);
	if (!folder_read(&f, &collections, e))
		return false;
	return json_array_append_new(list, json_pack("{s:s,s:b,s:o}", "db",
	    name, "absent", 0, "collections", collections)) == 0 ||
	    err_nomem(e);
}

/* What was asked for and is not there: absent, or forgotten. */
static bool
database_missing(const char *const *dbs, const json_t *manifest,
    json_t *list, struct err *e)
{
	const json_t	*known;

	for (; dbs != NULL && *dbs != NULL; dbs++) {
		if (database_named(list, *dbs, false) != NULL)
			continue;
		known = database_named(json_object_get(manifest,
		    "databases"), *dbs, false);
		if (known == NULL || !json_flag(known, "absent"))
			return err_set(e, ERR_REFUSED, 0, T_FOUND_FORGOTTEN,
			    *dbs);
		json_array_append_new(list, json_pack("{s:s,s:b,s:[]}", "db",
		    *dbs, "absent", 1, "collections"));
	}
	return true;
}

/* Every file that the manifest names is there: nothing was taken out. */
static bool
manifest_is_there(int dirfd, const json_t *manifest, struct err *e)
{
	const json_t	*one;
	struct stat	 st;
	size_t		 i;

	if (!json_flag(manifest, "complete"))
		return err_set(e, ERR_REFUSED, 0, T_FOUND_INCOMPLETE);
	json_array_foreach(json_object_get(manifest, "files"), i, one) {
		const char	*path = json_text(one, "path");

		if (path[0] == '/' || strstr(path, "..") == path ||
		    strstr(path, "/../") != NULL)
			return err_set(e, ERR_REFUSED, 0, T_FOUND_NAME, path);
		if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
			return err_sys(e, T_READ, path);
		if (st.st_size != json_int(one, "bytes", -1))
			return err_set(e, ERR_REFUSED, 0, T_FOUND_CHANGED,
			    path);
	}
	return true;
}

static void
prelude_read(int dirfd, const char *at, json_t *out)
{
	AUTO_FREE char	*plain = str_format("%s" PRELUDE_NAME, at);
	AUTO_FREE char	*packed = str_format("%s" PRELUDE_NAME ".gz", at);
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_JSON json_t *prelude = NULL;
	int		 fd;

	if (plain == NULL || packed == NULL ||
	    json_str(out, "server_version") != NULL)
		return;
	if ((fd = file_open(dirfd, plain, NULL)) >= 0)
		reader_all(fd, false, plain, META_MAX, &text, NULL);
	else if ((fd = file_open(dirfd, packed, NULL)) >= 0)
		reader_all(fd, true, packed, META_MAX, &text, NULL);
	prelude = json_parse(buf_str(&text), text.len, NULL);
	if (json_str(prelude, "ServerVersion") != NULL)
		json_object_set(out, "server_version", json_object_get(
		    prelude, "ServerVersion"));
}

bool
found_read(int dirfd, const char *path, const char *const *dbs, json_t **out,
    struct err *e)
{
	AUTO_JSON json_t *names = NULL, *manifest = NULL;
	AUTO_JSON json_t *list = json_array(), *found = NULL;
	const json_t	*one;
	size_t		 i;

	if (!manifest_read(dirfd, &manifest, e) ||
	    (manifest != NULL && !manifest_is_there(dirfd, manifest, e)) ||
	    !names_sorted(dirfd, ".", &names, e))
		return false;
	json_array_foreach(names, i, one)
		if (wanted(dbs, json_string_value(one)) && !database_add(
		    dirfd, json_string_value(one), manifest, list, e))
			return false;
	if (!database_missing(dbs, manifest, list, e))
		return false;
	if (json_array_size(list) == 0)
		return err_set(e, ERR_REFUSED, 0, T_FOUND_NONE, path);
	found = json_pack("{s:s,s:b,s:O}", "path", path, "manifest",
	    manifest != NULL, "databases", list);
	if (found == NULL)
		return err_nomem(e);
	prelude_read(dirfd, "", found);
	json_array_foreach(list, i, one) {
		AUTO_FREE char *at = str_format("%s/", json_text(one, "db"));

		if (at != NULL)
			prelude_read(dirfd, at, found);
	}
	*out = TAKE(found);
	return true;
}

struct reader *
found_open(int dirfd, const json_t *entry, struct err *e)
{
	const char	*path = json_text(entry, "file");
	int		 fd = file_open(dirfd, path, e);

	return fd < 0 ? NULL : reader_new(fd, json_flag(entry, "gz"), path,
	    e);
}
