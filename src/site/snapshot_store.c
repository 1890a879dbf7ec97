/*
 * Manifests on disk: written whole, read with proof.  Nothing here changes a
 * manifest that is there; a write that fails (a full disk) leaves the older
 * ones as they were.
 */
#include "snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stconsole/blob.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "text_daily.def"

#define MANIFEST_MAX	((size_t)64 << 20)
#define ID_TIME		"00000000T000000Z"
#define ID_RANDOM	4		/* bytes */
#define ID_MS		3		/* their first digits: milliseconds */
#define DIGEST_MARK	"\nsha256 "

bool
snapshot_content(const json_t *entries, char hex[65], struct err *e)
{
	AUTO_FREE char *text = json_canonical(entries);

	if (text == NULL)
		return err_nomem(e);
	digest_sha256(text, strlen(text), hex);
	return true;
}

bool
snapshot_id_new(const struct ctx *ctx, char id[SNAPSHOT_ID_SIZE],
    struct err *e)
{
	int64_t		 ms = clock_wall_ms(ctx->clock);
	time_t		 s = (time_t)(ms / 1000);
	char		 random[2 * ID_RANDOM + 1], when[sizeof(ID_TIME)];
	struct tm	 tm;

	if (gmtime_r(&s, &tm) == NULL)
		return err_sys(e, T_SNAP_CONTEXT);
	if (!digest_random_hex(ID_RANDOM, random, e))
		return false;
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	/* Ids sort by age: two changes may fall into one second. */
	snprintf(id, SNAPSHOT_ID_SIZE, "%s-%03x%s", when,
	    (unsigned)(ms % 1000), random + ID_MS);
	return true;
}

int64_t
snapshot_id_ms(const char *id)
{
	struct tm	 tm = { 0 };
	const char	*p;

	if (strlen(id) != strlen(ID_TIME) + 1 + 2 * ID_RANDOM)
		return -1;
	p = strptime(id, "%Y%m%dT%H%M%SZ", &tm);
	if (p == NULL || *p != '-' ||
	    strspn(p + 1, "0123456789abcdef") != 2 * ID_RANDOM)
		return -1;
	return (int64_t)timegm(&tm) * 1000;
}

char *
snapshot_path(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_FREE char	*dir = store_site_path(ctx->store, ctx->site_id,
	    "snapshots", e);
	char		*path;

	if (dir == NULL || !file_make_dirs(dir, 0700, e))
		return NULL;
	path = id == NULL ? strdup(dir) : str_format("%s/%s.json", dir, id);
	if (path == NULL)
		err_nomem(e);
	return path;
}

bool
snapshot_save(struct ctx *ctx, const json_t *manifest, struct err *e)
{
	AUTO_FREE char	*path = snapshot_path(ctx, json_text(manifest, "id"),
	    e);
	AUTO_FREE char	*text = NULL;
	AUTO_BUF struct buf out = BUF_INIT;
	char		 digest[DIGEST_HEX_SIZE];

	if (path == NULL)
		return false;
	text = json_canonical(manifest);
	if (text == NULL)
		return err_nomem(e);
	digest_sha256(text, strlen(text), digest);
	buf_printf(&out, "%s" DIGEST_MARK "%s\n", text, digest);
	return buf_ok(&out, e) &&
	    file_write(AT_FDCWD, path, out.data, out.len, 0600, e);
}

static bool
damaged(const char *id, const char *what, struct err *e)
{
	err_set(e, ERR_SNAPSHOT, 0, T_SNAP_DAMAGED, id, what);
	return err_hint(e, T_SNAP_DAMAGED_HINT);
}

/* Cuts the digest line off text and proves it. */
static bool
proved(struct buf *text)
{
	char		 digest[DIGEST_HEX_SIZE];
	const size_t	 tail = strlen(DIGEST_MARK) + 64 + 1;
	const char	*line;

	if (text->len <= tail || text->data[text->len - 1] != '\n')
		return false;
	line = text->data + text->len - tail;
	if (strncmp(line, DIGEST_MARK, strlen(DIGEST_MARK)) != 0)
		return false;
	digest_sha256(text->data, text->len - tail, digest);
	if (strncmp(line + strlen(DIGEST_MARK), digest, 64) != 0)
		return false;
	text->len -= tail;
	text->data[text->len] = '\0';
	return true;
}

bool
snapshot_load(struct ctx *ctx, const char *id, json_t **manifest,
    struct err *e)
{
	AUTO_FREE char	*path = snapshot_path(ctx, id, e);
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_JSON json_t *m = NULL;

	if (path == NULL)
		return false;
	if (!file_exists(AT_FDCWD, path))
		return err_set(e, ERR_SNAPSHOT, ENOENT, T_SNAP_UNKNOWN, id);
	if (!file_read(AT_FDCWD, path, MANIFEST_MAX, &text, e))
		return false;
	if (!proved(&text))
		return damaged(id, T_SNAP_LIST, e);
	m = json_parse(text.data, text.len, NULL);
	if (!json_is_object(json_object_get(m, "entries")) ||
	    strcmp(json_text(m, "id"), id) != 0)
		return damaged(id, T_SNAP_LIST, e);
	if (json_int(m, "format", 0) != SNAPSHOT_FORMAT)
		return err_set(e, ERR_SNAPSHOT, 0, T_SNAP_FORMAT, id,
		    (int)json_int(m, "format", 0));
	*manifest = TAKE(m);
	return true;
}

static int
newest_first(const void *a, const void *b)
{
	return -strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every name that is an id, into a grown array of strings. */
static bool
collect_ids(DIR *dir, char ***names, size_t *count, struct err *e)
{
	struct dirent	*d;
	size_t		 cap = 0;
	char		**more, *id;

	while ((d = readdir(dir)) != NULL) {
		if (!str_ends(d->d_name, ".json"))
			continue;
		id = strndup(d->d_name, strlen(d->d_name) - strlen(".json"));
		if (id != NULL && snapshot_id_ms(id) < 0) {
			free(id);
			continue;
		}
		if (id != NULL && *count == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			more = reallocarray(*names, cap, sizeof(**names));
			if (more == NULL) {
				free(id);
				return err_nomem(e);
			}
			*names = more;
		}
		if (id == NULL)
			return err_nomem(e);
		(*names)[(*count)++] = id;
	}
	return true;
}

bool
snapshot_ids(struct ctx *ctx, json_t **ids, struct err *e)
{
	AUTO_FREE char	 *path = snapshot_path(ctx, NULL, e);
	DIR		 *dir = path != NULL ? opendir(path) : NULL;
	char		**names = NULL;
	size_t		  count = 0, i;
	bool		  ok;

	if (path == NULL)
		return false;
	if (dir == NULL)
		return err_sys(e, T_SNAP_READ, path);
	ok = collect_ids(dir, &names, &count, e);
	closedir(dir);
	if (count > 0)
		qsort(names, count, sizeof(*names), newest_first);
	*ids = json_array();
	for (i = 0; i < count; i++) {
		if (json_array_append_new(*ids, json_string(names[i])) < 0)
			ok = err_nomem(e);
		free(names[i]);
	}
	free(names);
	if (!ok)
		json_decref(TAKE(*ids));
	return ok;
}

bool
snapshot_find(struct ctx *ctx, const char *typed, char id[SNAPSHOT_ID_SIZE],
    struct err *e)
{
	AUTO_JSON json_t	*ids = NULL;
	const char		*found = NULL, *one;
	json_t			*value;
	size_t			 i, hits = 0;

	if (!snapshot_ids(ctx, &ids, e))
		return false;
	json_array_foreach(ids, i, value) {
		one = json_string_value(value);
		if (strcmp(typed, "latest") == 0 ? i == 0 :
		    *typed != '\0' && str_starts(one, typed)) {
			found = one;
			hits++;
		}
	}
	if (hits == 0) {
		err_set(e, ERR_SNAPSHOT, ENOENT, T_SNAP_UNKNOWN, typed);
		return err_hint(e, T_SNAP_UNKNOWN_HINT);
	}
	if (hits > 1) {
		err_set(e, ERR_USAGE, 0, T_SNAP_SEVERAL, typed, hits);
		return err_hint(e, T_SNAP_SEVERAL_HINT);
	}
	snprintf(id, SNAPSHOT_ID_SIZE, "%s", found);
	return true;
}

bool
snapshot_verify(struct ctx *ctx, const json_t *manifest, struct err *e)
{
	const char	*path, *digest;
	json_t		*entry;
	struct err	 why;
	struct buf	 text = BUF_INIT;

	json_object_foreach(json_object_get(manifest, "entries"), path,
	    entry) {
		digest = json_str(entry, "sha256");
		if (digest == NULL)
			continue;
		buf_reset(&text);
		if (!blob_get(ctx, digest, &text, &why)) {
			buf_wipe(&text);
			return damaged(json_text(manifest, "id"), path, e);
		}
	}
	buf_wipe(&text);
	return true;
}
