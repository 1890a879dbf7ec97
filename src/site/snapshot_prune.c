/*
 * Retention: which snapshots go, and which objects stay.  An object stays
 * while any manifest, plan or journal in the state folder names it; files
 * are searched for 64 hex digits in a row instead of being understood, so a
 * damaged one still protects what it names.
 */
#include "snapshot.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "stconsole/blob.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "text_daily.def"

#define NAMING_MAX	((size_t)64 << 20)
#define YOUNG_S		3600
#define DAY_MS		((int64_t)24 * 60 * 60 * 1000)
#define HEX		"0123456789abcdef"

bool
snapshot_expired(struct ctx *ctx, json_t **out, struct err *e)
{
	int64_t			 count = 0, days = 0, now, born;
	AUTO_JSON json_t	*ids = NULL, *gone = json_array();
	json_t			*id;
	size_t			 i;

	if (gone == NULL)
		return err_nomem(e);
	if (!settings_get_int(ctx, "snapshot.keep_count", &count, e) ||
	    !settings_get_int(ctx, "snapshot.keep_days", &days, e) ||
	    !snapshot_ids(ctx, &ids, e))
		return false;
	now = clock_wall_ms(ctx->clock);
	json_array_foreach(ids, i, id) {
		born = snapshot_id_ms(json_string_value(id));
		/* The newest stays, however old. */
		if (i == 0 ||
		    ((int64_t)i < count && now - born <= days * DAY_MS))
			continue;
		if (json_array_append(gone, id) < 0)
			return err_nomem(e);
	}
	*out = TAKE(gone);
	return true;
}

/* Adds every run of exactly 64 hex digits to the members of set. */
static bool
add_digests(const char *s, size_t len, json_t *set, struct err *e)
{
	const char	*end = s + len;
	char		 digest[65];
	size_t		 n;

	while (s < end) {
		n = strspn(s, HEX);
		if (n == 64) {
			memcpy(digest, s, 64);
			digest[64] = '\0';
			if (json_object_set_new(set, digest, json_true()) < 0)
				return err_nomem(e);
		}
		s += n > 0 ? n : 1;
	}
	return true;
}

static bool
add_digests_of(const char *path, json_t *set, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (!file_exists(AT_FDCWD, path))
		return true;
	return file_read(AT_FDCWD, path, NAMING_MAX, &text, e) &&
	    add_digests(buf_str(&text), text.len, set, e);
}

/* Of dir/NAME/each of files, or dir/NAME itself when files is NULL. */
static bool
add_digests_below(const char *dir, const char *const *files, json_t *set,
    struct err *e)
{
	DIR		*d = opendir(dir);
	struct dirent	*name;
	char		*path;
	bool		 ok = true;
	size_t		 i;

	if (d == NULL)
		return errno == ENOENT ? true : err_sys(e, T_SNAP_READ, dir);
	while (ok && (name = readdir(d)) != NULL) {
		if (name->d_name[0] == '.')
			continue;
		for (i = 0; ok && (files == NULL ? i < 1 :
		    files[i] != NULL); i++) {
			path = files == NULL ?
			    str_format("%s/%s", dir, name->d_name) :
			    str_format("%s/%s/%s", dir, name->d_name,
			    files[i]);
			ok = path != NULL ? add_digests_of(path, set, e) :
			    err_nomem(e);
			free(path);
		}
	}
	closedir(d);
	return ok;
}

struct needed {
	json_t	*set;
	char	*objects;	/* the folder */
	time_t	 before;	/* younger ones may belong to a job to come */
};

/* A job's objects are written before the plan.json that names them. */
static bool
is_needed(void *arg, const char *digest)
{
	struct needed	*n = arg;
	AUTO_FREE char	*path = str_format("%s/%s", n->objects, digest);
	struct stat	 st;

	if (path == NULL || json_object_get(n->set, digest) != NULL)
		return true;
	return stat(path, &st) != 0 || st.st_mtime >= n->before;
}

static bool
sweep(struct ctx *ctx, struct err *e)
{
	static const char *const of_job[] = { "plan.json", "journal", NULL };
	AUTO_JSON json_t	*set = json_object();
	AUTO_FREE char		*jobs = store_path(ctx->store, "jobs");
	AUTO_FREE char		*dir = snapshot_path(ctx, NULL, e);
	AUTO_FREE char		*objects = store_site_path(ctx->store,
	    ctx->site_id, "objects", e);
	struct needed		 n = { set, objects,
	    time(NULL) - YOUNG_S };

	if (dir == NULL || objects == NULL)
		return false;
	if (set == NULL || jobs == NULL)
		return err_nomem(e);
	return add_digests_below(dir, NULL, set, e) &&
	    add_digests_below(jobs, of_job, set, e) &&
	    blob_sweep(ctx, is_needed, &n, e);
}

bool
snapshot_drop(struct ctx *ctx, const json_t *ids, struct err *e)
{
	json_t	*id;
	size_t	 i;
	char	*path;
	bool	 ok = true;

	json_array_foreach(ids, i, id) {
		path = snapshot_path(ctx, json_string_value(id), e);
		ok = path != NULL && file_remove(AT_FDCWD, path, e);
		free(path);
		if (!ok)
			return false;
	}
	return sweep(ctx, e);
}

bool
snapshot_prune_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_JSON json_t	*ids = NULL;
	AUTO_BUF struct buf	 loses = BUF_INIT;
	struct site		*site;

	(void)params;
	if (!site_need(ctx, &site, e) || !snapshot_expired(ctx, &ids, e))
		return false;
	if (json_array_size(ids) == 0)
		return plan_note_add(plan, e, T_SNAP_NOTHING_OLD);
	if (json_array_size(ids) == 1)
		buf_puts(&loses, json_string_value(json_array_get(ids, 0)));
	else
		buf_printf(&loses, T_SNAP_PRUNE_LOSES, json_array_size(ids));
	return buf_ok(&loses, e) && plan_lock_add(plan, "snapshots", e) &&
	    plan_step_add(plan, &(struct step_spec){
	    .action = "snapshot.prune", .risk = RISK_LOW,
	    .loses = buf_str(&loses),
	    .args = json_pack("{s:O}", "ids", ids) }, e, T_SNAP_PRUNE_TITLE,
	    json_array_size(ids));
}

bool
snapshot_prune_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	json_t	*id;
	size_t	 i, left = 0;
	char	*path;

	(void)memo;
	json_array_foreach(json_object_get(args, "ids"), i, id) {
		if (snapshot_id_ms(json_string_value(id)) < 0)
			continue;
		path = snapshot_path(ctx, json_string_value(id), e);
		if (path == NULL)
			return false;
		left += file_exists(AT_FDCWD, path);
		free(path);
	}
	json_object_set_new(seen, "left", json_integer((json_int_t)left));
	*found = left == 0 ? PROBE_DONE : PROBE_TODO;
	return true;
}

bool
snapshot_prune_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return snapshot_drop(ctx, json_object_get(args, "ids"), e);
}
