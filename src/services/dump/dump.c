/*
 * A dump from beginning to end: catalog, metadata, data, prelude, manifest;
 * and going on with one that was interrupted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"
#include "write.h"

struct dump {
	struct ctx			*ctx;
	const struct mongo_dump_spec	*spec;
	struct mongo			*m;
	int				 dirfd;
	json_t				*catalog, *manifest;
	struct write_all		 all;
	uint64_t			 total;		/* bytes, an estimate */
	size_t				 kept;
	int64_t				 begun_ms;
	struct rusage			 before;
};

static const char *
spec_suffix(const struct mongo_dump_spec *spec)
{
	return spec->gzip ? ".gz" : "";
}

/* The newest point that a majority has, and the version. */
static bool
source_now(struct dump *d, uint64_t *at, json_t **build, struct err *e)
{
	const struct mongo_cursor_spec spec = { .db = "admin",
		.command = "{\"listCollections\":1,\"nameOnly\":true,"
		"\"authorizedCollections\":true,\"cursor\":{}}" };
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;

	if (!ask_run(d->m, "admin", json_pack("{s:i}", "buildInfo", 1),
	    "read", build, e) || !mongo_cursor_open(d->m, &spec, &c, e))
		return false;
	*at = 0;
	/* Snapshots outside of transactions: 5.0 and later. */
	if (mongo_kind(d->m) == MONGO_REPLICA_SET && json_integer_value(
	    json_array_get(json_object_get(*build, "versionArray"), 0)) >= 5)
		*at = mongo_cursor_time(c);
	return true;
}

static json_t *
manifest_new(struct dump *d, struct err *e)
{
	AUTO_JSON json_t *build = NULL;
	json_t		*out;
	uint64_t	 at;

	if (!source_now(d, &at, &build, e))
		return NULL;
	out = json_pack("{s:i,s:s,s:s,s:s,s:I,s:b,s:b,s:[],s:[]}", "format",
	    1, "tool", "stconsole " STCONSOLE_VERSION, "server_version",
	    json_text(build, "version"), "hosts", mongo_hosts(d->m),
	    "time_ms", (json_int_t)clock_wall_ms(d->ctx->clock), "gzip",
	    d->spec->gzip, "complete", 0, "databases", "files");
	if (out != NULL && at != 0)
		json_object_set_new(out, "at", json_pack("{s:I,s:I}", "t",
		    (json_int_t)(at >> 32), "i",
		    (json_int_t)(at & UINT32_MAX)));
	if (out == NULL)
		err_nomem(e);
	return out;
}

static uint64_t
manifest_at(const json_t *manifest)
{
	const json_t	*at = json_object_get(manifest, "at");

	return (uint64_t)json_int(at, "t", 0) << 32 |
	    (uint64_t)json_int(at, "i", 0);
}

/* The manifest of the dump that is gone on with, or a new one. */
static bool
dump_manifest(struct dump *d, struct err *e)
{
	json_t	*old;

	if (!manifest_read(d->dirfd, &old, e))
		return false;
	if (old == NULL) {
		/* Somebody else's dump is not written over. */
		if (file_exists(d->dirfd, PRELUDE_NAME) ||
		    file_exists(d->dirfd, PRELUDE_NAME ".gz"))
			return err_set(e, ERR_REFUSED, 0, T_DUMP_OTHER,
			    d->spec->dir);
		d->manifest = manifest_new(d, e);
		return d->manifest != NULL;
	}
	d->manifest = old;
	if (json_flag(old, "gzip") != d->spec->gzip ||
	    strcmp(json_text(old, "hosts"), mongo_hosts(d->m)) != 0) {
		err_set(e, ERR_REFUSED, 0, T_DUMP_UNLIKE, d->spec->dir);
		return err_hint(e, T_DUMP_UNLIKE_HINT);
	}
	return true;
}

static char *
item_path(const struct dump *d, const char *db, const char *name,
    const char *ending)
{
	AUTO_BUF struct buf	 out = BUF_INIT;

	buf_printf(&out, "%s/", db);
	name_escape(name, &out);
	buf_printf(&out, "%s%s", ending, spec_suffix(d->spec));
	return buf_take(&out);
}

static bool
line_add(struct dump *d, json_t *line, struct err *e)
{
	if (line == NULL || json_array_append_new(json_object_get(
	    d->manifest, "files"), line) != 0)
		return err_nomem(e);
	return manifest_write(d->dirfd, d->manifest, e);
}

/* A small file; compressed like the rest. */
static bool
small_write(struct dump *d, const char *path, const struct buf *text,
    struct mongo_bytes *out, struct gz **gz, struct err *e)
{
	*gz = NULL;
	*out = (struct mongo_bytes){ (const uint8_t *)text->data,
		(uint32_t)text->len };
	if (d->spec->gzip && ((*gz = gz_new(d->spec->level, e)) == NULL ||
	    !gz_member(*gz, text->data, text->len, out, e)))
		return false;
	return file_write(d->dirfd, path, out->data, out->len, 0600, e);
}

static bool
metadata_write(struct dump *d, const char *db, const json_t *entry,
    struct err *e)
{
	AUTO_FREE char		*path = item_path(d, db,
	    json_text(entry, "name"), ".metadata.json");
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct mongo_bytes	 out;
	char			 sha[DIGEST_HEX_SIZE];
	struct gz		*gz;
	bool			 ok;

	if (path == NULL)
		return err_nomem(e);
	if (manifest_file(d->manifest, path) != NULL)
		return true;
	if (!metadata_text(entry, &text, e))
		return false;
	ok = small_write(d, path, &text, &out, &gz, e);
	if (ok) {
		digest_sha256(out.data, out.len, sha);
		ok = line_add(d, json_pack("{s:s,s:s,s:s,s:s,s:I,s:s}",
		    "path", path, "db", db, "collection",
		    json_text(entry, "name"), "kind", "metadata", "bytes",
		    (json_int_t)out.len, "sha256", sha), e);
	}
	gz_free(gz);
	return ok;
}

static bool
file_has_size(int dirfd, const char *path, json_int_t bytes)
{
	struct stat	 st;

	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size == bytes;
}

/* Lines whose files are not what they say are forgotten. */
static bool
manifest_prune(struct dump *d, struct err *e)
{
	json_t	*files = json_object_get(d->manifest, "files"), *one;
	size_t	 i = 0;

	while ((one = json_array_get(files, i)) != NULL) {
		if (file_has_size(d->dirfd, json_text(one, "path"),
		    json_int(one, "bytes", -1)))
			i++;
		else if (json_array_remove(files, i) != 0)
			return err_nomem(e);
	}
	return true;
}

static bool
data_done(void *arg, struct write_item *it, struct err *e)
{
	struct dump	*d = arg;
	json_t		*line = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "path",
	    it->path, "db", it->db, "collection", it->name, "kind", "data",
	    "bytes", (json_int_t)it->size, "estimate",
	    (json_int_t)json_int(it->entry, "count", 0));

	if (line == NULL || !manifest_hash_put(line, &it->hash))
		return err_nomem(e);
	if (it->why[0] != '\0')
		json_object_set_new(line, "outside", json_string(it->why));
	return line_add(d, line, e);
}

static void
data_progress(void *arg, const struct write_item *it, uint64_t bytes)
{
	struct dump	*d = arg;

	(void)it;
	progress_amount(d->ctx, (int64_t)bytes, (int64_t)(bytes > d->total ?
	    bytes : d->total), "bytes");
}

/* One collection: its metadata now, its data for write_run. */
static bool
collection_add(struct dump *d, const char *db, const json_t *entry,
    struct err *e)
{
	struct write_item	*it = &d->all.items[d->all.count];

	if (!metadata_write(d, db, entry, e))
		return false;
	if (!catalog_has_data(entry))
		return true;
	it->path = item_path(d, db, catalog_data_name(entry), ".bson");
	if (it->path == NULL)
		return err_nomem(e);
	if (manifest_file(d->manifest, it->path) != NULL) {
		free(TAKE(it->path));
		d->kept++;
		return true;
	}
	it->db = db;
	it->name = json_text(entry, "name");
	it->entry = entry;
	it->fd = -1;
	d->all.count++;
	d->total += (uint64_t)json_int(entry, "bytes", 0);
	return true;
}

static bool
database_add(struct dump *d, const json_t *db, struct err *e)
{
	const char	*name = json_text(db, "db");
	const json_t	*one;
	size_t		 i;

	if (json_flag(db, "absent"))
		return true;
	if (mkdirat(d->dirfd, name, 0700) != 0 && errno != EEXIST)
		return err_sys(e, T_WRITE, name);
	json_array_foreach(json_object_get(db, "collections"), i, one)
		if (!collection_add(d, name, one, e))
			return false;
	return true;
}

static size_t
collections_count(const json_t *catalog)
{
	const json_t	*db;
	size_t		 i, n = 0;

	json_array_foreach(catalog, i, db)
		n += json_array_size(json_object_get(db, "collections"));
	return n;
}

static bool
databases_note(struct dump *d, struct err *e)
{
	AUTO_JSON json_t *list = json_array();
	const json_t	*db;
	size_t		 i;

	json_array_foreach(d->catalog, i, db)
		json_array_append_new(list, json_pack("{s:s,s:b}", "db",
		    json_text(db, "db"), "absent", json_flag(db, "absent")));
	if (json_array_size(list) != json_array_size(d->catalog) ||
	    json_object_set(d->manifest, "databases", list) != 0)
		return err_nomem(e);
	return manifest_write(d->dirfd, d->manifest, e);
}

static bool
prelude_write(struct dump *d, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_FREE char		*path = str_format(PRELUDE_NAME "%s",
	    spec_suffix(d->spec));
	struct mongo_bytes	 out;
	struct gz		*gz = NULL;
	bool			 ok;

	if (path == NULL)
		return err_nomem(e);
	buf_printf(&text, "{\"ServerVersion\":\"%s\",\"ToolVersion\":"
	    "\"stconsole " STCONSOLE_VERSION "\"}",
	    json_text(d->manifest, "server_version"));
	ok = buf_ok(&text, e) && small_write(d, path, &text, &out, &gz, e);
	gz_free(gz);
	return ok;
}

static bool
dump_run(struct dump *d, struct err *e)
{
	const json_t	*db;
	size_t		 i;

	if (!mongo_catalog_read(d->m, d->spec->dbs != NULL ? d->spec->dbs :
	    mongo_sametime_databases, &d->catalog, e) ||
	    !manifest_prune(d, e) || !databases_note(d, e))
		return false;
	d->all.items = calloc(collections_count(d->catalog) + 1,
	    sizeof(*d->all.items));
	if (d->all.items == NULL)
		return err_nomem(e);
	json_array_foreach(d->catalog, i, db)
		if (!database_add(d, db, e))
			return false;
	d->all.at = manifest_at(d->manifest);
	if (!write_run(&d->all, d->m, e) || !prelude_write(d, e))
		return false;
	json_object_set_new(d->manifest, "complete", json_true());
	return manifest_write(d->dirfd, d->manifest, e);
}

static int64_t
cpu_ms(const struct rusage *r)
{
	return (r->ru_utime.tv_sec + r->ru_stime.tv_sec) * 1000 +
	    (r->ru_utime.tv_usec + r->ru_stime.tv_usec) / 1000;
}

/* Names of the databases that the source does not have. */
static json_t *
report_absent(const json_t *manifest)
{
	json_t		*out = json_array();
	const json_t	*db;
	size_t		 i;

	json_array_foreach(json_object_get(manifest, "databases"), i, db)
		if (json_flag(db, "absent"))
			json_array_append(out, json_object_get(db, "db"));
	return out;
}

static json_t *
dump_report(struct dump *d)
{
	json_t		*outside = json_array();
	int64_t		 wall = clock_mono_ms(d->ctx->clock) - d->begun_ms;
	int64_t		 docs = 0, bytes = 0, files = 0, cpu;
	const json_t	*one;
	struct rusage	 now;
	char		 iso[CLOCK_ISO_SIZE];
	size_t		 i;

	getrusage(RUSAGE_SELF, &now);
	cpu = cpu_ms(&now) - cpu_ms(&d->before);
	json_array_foreach(json_object_get(d->manifest, "files"), i, one) {
		files++;
		docs += json_int(one, "documents", 0);
		bytes += json_int(one, "bytes", 0);
		if (json_str(one, "outside") != NULL)
			json_array_append_new(outside, json_pack("{s:o,s:O}",
			    "name", json_sprintf("%s.%s", json_text(one,
			    "db"), json_text(one, "collection")), "why",
			    json_object_get(one, "outside")));
	}
	clock_iso((int64_t)(manifest_at(d->manifest) >> 32) * 1000, iso);
	return json_pack("{s:s,s:s,s:s*,s:b,s:I,s:I,s:I,s:I,s:o,s:o,s:I,s:I,"
	    "s:s}", "dir", d->spec->dir, "server_version",
	    json_text(d->manifest, "server_version"), "time",
	    manifest_at(d->manifest) != 0 ? iso : NULL, "one_time",
	    manifest_at(d->manifest) != 0 && json_array_size(outside) == 0,
	    "documents", docs, "bytes", bytes, "files", files, "kept",
	    (json_int_t)d->kept, "absent", report_absent(d->manifest),
	    "outside", outside, "wall_ms", wall, "cpu_ms", cpu, "limit",
	    /* mongodb-real.md L */
	    cpu * 10 < wall ? "server" : "client");
}

static bool
dump_open(struct dump *d, struct err *e)
{
	const struct mongo_open_spec spec = { .url = d->spec->url,
		.wants = MONGO_PRIMARY, .timeout_ms = d->spec->timeout_ms,
		.answer_ms = 600000 };

	d->all = (struct write_all){ .url = d->spec->url,
		.timeout_ms = d->spec->timeout_ms,
		.workers = d->spec->workers, .level = d->spec->level,
		.gzip = d->spec->gzip, .cancel = d->ctx->cancel,
		.done = data_done, .progress = data_progress, .arg = d };
	if (!file_make_dirs(d->spec->dir, 0700, e))
		return false;
	d->dirfd = open(d->spec->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dirfd < 0)
		return err_sys(e, T_READ, d->spec->dir);
	d->all.dirfd = d->dirfd;
	return mongo_open_as(&spec, &d->m, e) && dump_manifest(d, e);
}

bool
mongo_dump_to(struct ctx *ctx, const struct mongo_dump_spec *spec,
    json_t **report, struct err *e)
{
	struct dump	 d = { .ctx = ctx, .spec = spec, .dirfd = -1,
		.begun_ms = clock_mono_ms(ctx->clock) };
	size_t		 i;
	bool		 ok;

	getrusage(RUSAGE_SELF, &d.before);
	ok = dump_open(&d, e) && dump_run(&d, e);
	if (ok && report != NULL && (*report = dump_report(&d)) == NULL)
		ok = err_nomem(e);
	for (i = 0; i < d.all.count; i++)
		free(d.all.items[i].path);
	free(d.all.items);
	json_decref(d.catalog);
	json_decref(d.manifest);
	mongo_close(d.m);
	if (d.dirfd >= 0)
		close(d.dirfd);
	return ok;
}
