/*
 * Snapshots of a site's configuration, through the real engine: what is kept,
 * what is put back, how damage shows, what retention removes.
 */
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/site/site_private.h"
#include "../../src/site/snapshot.h"
#include "site_tree.h"
#include "stconsole/blob.h"
#include "stconsole/file.h"
#include "stconsole/job.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/site.h"
#include "stconsole/store.h"
#include "stconsole/str.h"
#include "stconsole/verb.h"

/* Of site.*, the step that writes a file is all that is needed here. */
static const struct service file_service = {
	.name = "file", .actions = &site_file_write, .action_count = 1
};

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &file_service,
	&snapshot_service, &site_daily_service
};
static const struct registry registry = { services, LENGTH(services) };

struct world {
	struct site_tree	 tree;
	struct clock		 clock;
	struct cancel		 cancel;
	struct identity		 who;
	struct ctx		 ctx;
	char			*root, *state;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	site_tree_make(&w->tree);
	/* No container engine: what runs on this machine is not asked. */
	setenv("PATH", w->tree.dir, 1);
	site_tree_compose(&w->tree, "site");
	w->root = site_tree_path(&w->tree, "site");
	w->state = site_tree_path(&w->tree, "state");
	w->clock = clock_system;
	assert_true(cancel_init(&w->cancel, NULL));
	snprintf(w->who.user, sizeof(w->who.user), "kim");
	w->who.role = ROLE_ADMIN;
	w->ctx = (struct ctx){ .registry = &registry, .clock = &w->clock,
	    .cancel = &w->cancel, .who = &w->who, .site_wanted = w->root,
	    .prologue = site_prologue };
	w->ctx.store = store_open(w->state, NULL);
	assert_non_null(w->ctx.store);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	site_free(w->ctx.site);
	store_close(w->ctx.store);
	cancel_fini(&w->cancel);
	site_tree_remove(&w->tree);
	free(w->root);
	free(w->state);
	free(w);
	return 0;
}

/* ---- calls as a user makes them */

/* A new call: the site is read again. */
static void
forget_site(struct world *w)
{
	site_free(w->ctx.site);
	w->ctx.site = NULL;
	w->ctx.site_id[0] = '\0';
}

static json_t *
ask(struct world *w, const char *verb, json_t *params, struct err *e)
{
	AUTO_JSON json_t	*given = params;
	AUTO_JSON json_t	*checked = NULL;
	const struct verb	*v = registry_verb(&registry, verb);
	json_t			*result = NULL;
	struct plan		*plan = NULL;

	forget_site(w);
	err_clear(e);
	assert_non_null(v);
	checked = verb_params(v, given, e);
	assert_non_null(checked);
	if (!verb_call(&w->ctx, v, checked, &result, &plan, e))
		return NULL;
	assert_null(plan);
	return result;
}

static struct plan *
plan_of(struct world *w, const char *verb, const json_t *params,
    struct err *e)
{
	AUTO_JSON json_t	*checked = NULL;
	const struct verb	*v = registry_verb(&registry, verb);
	json_t			*result = NULL;
	struct plan		*plan = NULL;

	forget_site(w);
	assert_non_null(v);
	checked = verb_params(v, params, e);
	assert_non_null(checked);
	return verb_call(&w->ctx, v, checked, &result, &plan, e) ? plan :
	    NULL;
}

/* Plans and applies; false when the job did not end well. */
static bool
try(struct world *w, const char *verb, json_t *params,
    struct job_result *result, struct err *e)
{
	AUTO_JSON json_t	*given = params, *checked = NULL;
	const struct verb	*v = registry_verb(&registry, verb);
	struct job_options	 options = { 0 };
	struct plan		*now = NULL, *plan;
	bool			 ok;

	err_clear(e);
	plan = plan_of(w, verb, given, e);
	if (plan == NULL)
		return false;
	forget_site(w);
	checked = verb_params(v, given, e);
	ok = job_apply(&w->ctx, v, checked, plan_hash(plan), &options, &now,
	    result, e);
	plan_free(plan);
	plan_free(now);
	return ok;
}

/* The job must end well. */
static void
apply(struct world *w, const char *verb, json_t *params)
{
	struct job_result	 result;
	struct err		 e;

	if (!try(w, verb, params, &result, &e))
		fail_msg("%s: %s", verb, e.msg);
}

static json_t *
snapshots(struct world *w)
{
	struct err	 e;
	json_t		*list = ask(w, "snapshot.list", json_object(), &e);

	assert_non_null(list);
	return list;
}

static size_t
snapshot_count(struct world *w)
{
	AUTO_JSON json_t *list = snapshots(w);

	return json_array_size(json_object_get(list, "snapshots"));
}

/* The newest one's id; malloc'd. */
static char *
newest(struct world *w)
{
	AUTO_JSON json_t *list = snapshots(w);

	return strdup(json_text(json_array_get(json_object_get(list,
	    "snapshots"), 0), "id"));
}

/* The oldest one's id, until the next call. */
static const char *
oldest(struct world *w)
{
	static char		 id[SNAPSHOT_ID_SIZE];
	AUTO_JSON json_t	*list = snapshots(w);
	json_t			*all = json_object_get(list, "snapshots");

	snprintf(id, sizeof(id), "%s", json_text(json_array_get(all,
	    json_array_size(all) - 1), "id"));
	return id;
}

static void
take(struct world *w)
{
	apply(w, "snapshot.take", json_object());
}

/* Seconds later, so that ids and ages differ. */
static void
later(struct world *w, int64_t seconds)
{
	w->clock.offset_ms += seconds * 1000;
}

/* "changed custom.env\nmode .env\n" */
static void
changes(struct world *w, const char *id, struct buf *out)
{
	struct err		 e;
	AUTO_JSON json_t	*diff = ask(w, "snapshot.diff",
	    json_pack("{s:s}", "id", id), &e);
	json_t			*c;
	size_t			 i;

	if (diff == NULL)
		fail_msg("%s", e.msg);
	buf_reset(out);
	json_array_foreach(json_object_get(diff, "changes"), i, c)
		buf_printf(out, "%s %s\n", json_text(c, "change"),
		    json_text(c, "path"));
}

static void
assert_changes(struct world *w, const char *id, const char *wanted)
{
	AUTO_BUF struct buf got = BUF_INIT;

	changes(w, id, &got);
	assert_string_equal(buf_str(&got), wanted);
}

static void
stat_of(struct world *w, const char *path, struct stat *st)
{
	AUTO_FREE char *full = str_format("%s/%s", w->root, path);

	assert_int_equal(lstat(full, st), 0);
}

static void
assert_content(struct world *w, const char *path, const char *wanted)
{
	AUTO_FREE char	*full = str_format("%s/%s", w->root, path);
	AUTO_BUF struct buf text = BUF_INIT;

	assert_true(file_read(AT_FDCWD, full, 1 << 20, &text, NULL));
	assert_string_equal(buf_str(&text), wanted);
}

static void
put(struct world *w, const char *path, const char *text)
{
	AUTO_FREE char *below = str_format("site/%s", path);

	site_tree_put(&w->tree, below, text);
}

static void
set_mode(struct world *w, const char *path, mode_t mode, time_t mtime)
{
	AUTO_FREE char		*full = str_format("%s/%s", w->root, path);
	const struct timespec	 times[2] = {
		{ .tv_nsec = UTIME_OMIT }, { mtime, 123456789 }
	};

	assert_int_equal(chmod(full, mode), 0);
	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}

/* ---- taking */

static void
a_snapshot_holds_configuration_and_leaves_recordings(void **state)
{
	struct world		*w = *state;
	AUTO_JSON json_t	*scan = NULL;
	struct site		*site;
	json_t			*e;

	put(w, "sametime-config/web/nginx/meet.conf", "server {}\n");
	put(w, "sametime-config/web/letsencrypt/acme.json", "{}\n");
	put(w, "sametime-config/recordings/meta.json", "{}\n");
	put(w, "trace/old.conf", "x\n");
	put(w, "video.mp4", "x\n");
	assert_true(site_need(&w->ctx, &site, NULL));
	assert_true(snapshot_scan(&w->ctx, site, false, &scan, NULL));
	e = json_object_get(scan, "entries");
	assert_non_null(json_object_get(e, "custom.env"));
	assert_non_null(json_object_get(e, ".env"));
	assert_non_null(json_object_get(e, "docker-compose.yml"));
	assert_non_null(json_object_get(e,
	    "sametime-config/web/nginx/meet.conf"));
	assert_non_null(json_object_get(e,
	    "sametime-config/web/letsencrypt/acme.json"));
	assert_non_null(json_object_get(e, "sametime-config/web"));
	assert_null(json_object_get(e, "sametime-config/recordings/meta.json"));
	assert_null(json_object_get(e, "trace/old.conf"));
	assert_null(json_object_get(e, "video.mp4"));
}

static void
a_large_file_is_named_as_skipped(void **state)
{
	struct world		*w = *state;
	AUTO_JSON json_t	*scan = NULL;
	AUTO_FREE char		*path = str_format("%s/big.json", w->root);
	struct site		*site;

	put(w, "big.json", "");
	assert_int_equal(truncate(path, (off_t)SNAPSHOT_FILE_MAX + 1), 0);
	assert_true(site_need(&w->ctx, &site, NULL));
	assert_true(snapshot_scan(&w->ctx, site, false, &scan, NULL));
	assert_string_equal(json_text(json_object_get(scan, "skipped"),
	    "big.json"), "large");
}

static void
a_link_is_kept_as_a_link_and_not_followed(void **state)
{
	struct world		*w = *state;
	AUTO_JSON json_t	*scan = NULL;
	AUTO_FREE char		*path = str_format("%s/pw.conf", w->root);
	struct site		*site;
	json_t			*entry;

	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_true(site_need(&w->ctx, &site, NULL));
	assert_true(snapshot_scan(&w->ctx, site, false, &scan, NULL));
	entry = json_object_get(json_object_get(scan, "entries"), "pw.conf");
	assert_string_equal(json_text(entry, "target"), "/etc/passwd");
	assert_null(json_str(entry, "sha256"));
}

static void
the_same_state_is_not_taken_twice(void **state)
{
	struct world *w = *state;

	take(w);
	later(w, 2);
	take(w);
	assert_int_equal(snapshot_count(w), 1);
	put(w, "custom.env", "A=1\n");
	later(w, 2);
	take(w);
	assert_int_equal(snapshot_count(w), 2);
}

static void
a_restore_takes_a_snapshot_first(void **state)
{
	struct world		*w = *state;
	struct err		 e = { 0 };
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id", "latest");
	AUTO_PLAN struct plan	*plan = NULL;
	json_t			*first;

	take(w);
	put(w, "custom.env", "A=2\n");
	plan = plan_of(w, "snapshot.restore", params, &e);
	assert_non_null(plan);
	first = json_array_get(plan_steps(plan), 0);
	assert_string_equal(json_text(json_object_get(first, "do"), "action"),
	    "snapshot.take");
}

static void
a_manifest_holds_no_secret(void **state)
{
	struct world		*w = *state;
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_FREE char		*id = NULL, *path = NULL;
	struct site		*site;

	put(w, "custom.env", "MONGO_PASSWORD=Gehe1mnis-4711\n");
	take(w);
	id = newest(w);
	assert_true(site_need(&w->ctx, &site, NULL));
	path = snapshot_path(&w->ctx, id, NULL);
	assert_true(file_read(AT_FDCWD, path, 1 << 20, &text, NULL));
	assert_null(strstr(buf_str(&text), "Gehe1mnis"));
}

/* ---- diff */

static void
a_diff_says_what_a_restore_would_do(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*id = NULL, *gone = str_format("%s/gone.conf",
	    w->root);

	put(w, "gone.conf", "1\n");
	put(w, "custom.env", "A=1\n");
	set_mode(w, ".env", 0600, 1700000000);
	take(w);
	id = newest(w);
	assert_changes(w, id, "");
	put(w, "custom.env", "A=2\n");
	put(w, "new.conf", "2\n");
	assert_int_equal(unlink(gone), 0);
	set_mode(w, ".env", 0644, 1700000000);
	assert_changes(w, "latest", "mode .env\nchanged custom.env\n"
	    "added gone.conf\nremoved new.conf\n");
	set_mode(w, ".env", 0600, 1700000001);
	assert_changes(w, id, "time .env\nchanged custom.env\n"
	    "added gone.conf\nremoved new.conf\n");
}

static void
a_diff_shows_lines_but_no_secret(void **state)
{
	struct world		*w = *state;
	struct err		 e;
	AUTO_JSON json_t	*diff = NULL;
	AUTO_FREE char		*text = NULL;

	put(w, "custom.env", "CHANNEL_LAST_N=3\nTURN_SECRET=Gehe1m-1\n");
	take(w);
	put(w, "custom.env", "CHANNEL_LAST_N=9\nTURN_SECRET=Gehe1m-2\n");
	put(w, "web.key", "Gehe1m-3\n");
	diff = ask(w, "snapshot.diff", json_pack("{s:s}", "id", "latest"),
	    &e);
	text = json_dumps(diff, 0);
	assert_non_null(strstr(text, "+CHANNEL_LAST_N=3"));
	assert_non_null(strstr(text, "-CHANNEL_LAST_N=9"));
	assert_null(strstr(text, "Gehe1m"));
}

/* ---- restore */

static void
a_restore_puts_back_bytes_modes_and_times(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*gone = str_format("%s/web/a/gone.conf", w->root);
	AUTO_FREE char	*folder = str_format("%s/web/a", w->root);
	struct stat	 st;

	put(w, "web/a/gone.conf", "listen 80;\r\n");
	put(w, "custom.env", "A=1\n# Grüße\n");
	set_mode(w, "custom.env", 0640, 1700000000);
	set_mode(w, "web/a/gone.conf", 0604, 1600000000);
	assert_int_equal(chmod(folder, 0711), 0);
	take(w);
	put(w, "custom.env", "A=2\n");
	set_mode(w, "custom.env", 0600, 1800000000);
	put(w, "since.conf", "x\n");
	assert_int_equal(unlink(gone), 0);
	assert_int_equal(rmdir(folder), 0);
	later(w, 2);
	apply(w, "snapshot.restore", json_pack("{s:s}", "id", "latest"));
	assert_content(w, "custom.env", "A=1\n# Grüße\n");
	assert_content(w, "web/a/gone.conf", "listen 80;\r\n");
	assert_content(w, "since.conf", "x\n");
	stat_of(w, "custom.env", &st);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_mtim.tv_sec, 1700000000);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	stat_of(w, "web/a/gone.conf", &st);
	assert_int_equal(st.st_mode & 07777, 0604);
	assert_int_equal(st.st_mtim.tv_sec, 1600000000);
	stat_of(w, "web/a", &st);
	assert_int_equal(st.st_mode & 07777, 0711);
	/* What was there before the restore is a snapshot as well. */
	assert_int_equal(snapshot_count(w), 2);
}

static void
an_exact_restore_removes_what_came_since(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*id = NULL, *since = str_format("%s/since.conf",
	    w->root);

	take(w);
	id = newest(w);
	put(w, "since.conf", "x\n");
	later(w, 2);
	apply(w, "snapshot.restore", json_pack("{s:s, s:b}", "id", id,
	    "exact", 1));
	assert_false(file_exists(AT_FDCWD, since));
	assert_changes(w, id, "");
}

static void
a_restore_of_one_file_leaves_the_others(void **state)
{
	struct world *w = *state;

	put(w, "custom.env", "A=1\n");
	put(w, "other.conf", "1\n");
	take(w);
	put(w, "custom.env", "A=2\n");
	put(w, "other.conf", "2\n");
	later(w, 2);
	apply(w, "snapshot.restore", json_pack("{s:s, s:s}", "id", "latest",
	    "file", "custom.env"));
	assert_content(w, "custom.env", "A=1\n");
	assert_content(w, "other.conf", "2\n");
}

static void
a_restore_makes_links_again_and_never_writes_through_one(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*link = str_format("%s/live.conf", w->root);
	AUTO_FREE char	*plain = str_format("%s/plain.conf", w->root);
	AUTO_FREE char	*outside = site_tree_path(&w->tree, "outside");
	AUTO_FREE char	*id = NULL;
	AUTO_BUF struct buf text = BUF_INIT;
	struct stat	 st;

	site_tree_put(&w->tree, "outside", "mine\n");
	assert_int_equal(symlink("archive/1.conf", link), 0);
	put(w, "plain.conf", "1\n");
	take(w);
	id = newest(w);
	assert_int_equal(unlink(link), 0);
	put(w, "live.conf", "a file now\n");
	assert_int_equal(unlink(plain), 0);
	assert_int_equal(symlink(outside, plain), 0);
	later(w, 2);
	apply(w, "snapshot.restore", json_pack("{s:s}", "id", id));
	stat_of(w, "live.conf", &st);
	assert_true(S_ISLNK(st.st_mode));
	stat_of(w, "plain.conf", &st);
	assert_true(S_ISREG(st.st_mode));
	assert_true(file_read(AT_FDCWD, outside, 100, &text, NULL));
	assert_string_equal(buf_str(&text), "mine\n");
	assert_changes(w, id, "");
}

static void
a_restore_is_undone_as_a_whole(void **state)
{
	struct world		*w = *state;
	AUTO_FREE char		*id = NULL, *gone = str_format("%s/web/x.conf",
	    w->root), *folder = str_format("%s/web", w->root);
	struct job_result	 result;
	struct err		 e;
	struct stat		 st;

	put(w, "web/x.conf", "x\n");
	put(w, "custom.env", "A=1\n");
	take(w);
	assert_int_equal(unlink(gone), 0);
	assert_int_equal(rmdir(folder), 0);
	put(w, "custom.env", "A=2\n");
	set_mode(w, "custom.env", 0600, 1800000000);
	later(w, 2);
	take(w);
	id = newest(w);
	later(w, 2);
	assert_true(try(w, "snapshot.restore", json_pack("{s:s}", "id",
	    oldest(w)), &result, &e));
	assert_content(w, "custom.env", "A=1\n");
	assert_content(w, "web/x.conf", "x\n");
	later(w, 2);
	apply(w, "job.undo", json_pack("{s:s}", "id", result.id));
	assert_false(file_exists(AT_FDCWD, folder));
	stat_of(w, "custom.env", &st);
	assert_int_equal(st.st_mtim.tv_sec, 1800000000);
	assert_changes(w, id, "");
}

static void
nothing_to_restore_is_an_empty_plan(void **state)
{
	struct world		*w = *state;
	struct err		 e = { 0 };
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id", "latest");
	AUTO_PLAN struct plan	*plan = NULL;

	take(w);
	plan = plan_of(w, "snapshot.restore", params, &e);
	assert_non_null(plan);
	assert_true(plan_is_empty(plan));
}

/* ---- damage */

static void
damage(const char *path, off_t at)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "#", 1, at), 1);
}

static void
a_damaged_list_of_files_is_named(void **state)
{
	struct world		*w = *state;
	AUTO_FREE char		*id = NULL, *path = NULL;
	AUTO_JSON json_t	*list = NULL;
	struct err		 e;

	take(w);
	id = newest(w);
	path = snapshot_path(&w->ctx, id, NULL);
	damage(path, 40);
	assert_null(ask(w, "snapshot.diff", json_pack("{s:s}", "id", id),
	    &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	assert_non_null(strstr(e.msg, id));
	assert_null(ask(w, "snapshot.verify", json_object(), &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	list = snapshots(w);
	assert_string_equal(json_text(json_array_get(json_object_get(list,
	    "snapshots"), 0), "state"), "damaged");
}

/* The object of a file in a snapshot; malloc'd. */
static char *
object_of(struct world *w, const char *id, const char *path)
{
	AUTO_JSON json_t	*m = NULL;
	AUTO_FREE char		*dir = NULL;

	assert_true(snapshot_load(&w->ctx, id, &m, NULL));
	dir = store_site_path(w->ctx.store, w->ctx.site_id, "objects", NULL);
	return str_format("%s/%s", dir, json_text(json_object_get(
	    json_object_get(m, "entries"), path), "sha256"));
}

static void
a_damaged_object_names_the_file_and_is_not_restored(void **state)
{
	struct world		*w = *state;
	AUTO_FREE char		*id = NULL, *object = NULL;
	AUTO_JSON json_t	*params = NULL;
	struct err		 e;

	put(w, "custom.env", "A=1\n");
	take(w);
	id = newest(w);
	object = object_of(w, id, "custom.env");
	damage(object, 0);
	put(w, "custom.env", "A=2\n");
	assert_null(ask(w, "snapshot.verify", json_pack("{s:s}", "id", id),
	    &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	assert_non_null(strstr(e.msg, "custom.env"));
	params = json_pack("{s:s}", "id", id);
	assert_null(plan_of(w, "snapshot.restore", params, &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	assert_content(w, "custom.env", "A=2\n");
}

static void
a_new_snapshot_mends_what_was_damaged_in_the_store(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*id = NULL, *object = NULL;
	struct err	 e;
	AUTO_JSON json_t *whole = NULL;

	take(w);
	id = newest(w);
	object = object_of(w, id, "custom.env");
	assert_int_equal(unlink(object), 0);
	later(w, 2);
	take(w);
	assert_int_equal(snapshot_count(w), 2);
	whole = ask(w, "snapshot.verify", json_object(), &e);
	assert_non_null(whole);
}

static void
a_full_disk_leaves_the_old_snapshots(void **state)
{
	struct world		*w = *state;
	struct rlimit		 before, small = { 128 << 10, 128 << 10 };
	AUTO_FREE char		*path = str_format("%s/big.json", w->root);
	struct job_result	 result;
	struct err		 e;
	AUTO_JSON json_t	*whole = NULL;
	bool			 ok;

	take(w);
	put(w, "big.json", "");
	assert_int_equal(truncate(path, 1 << 20), 0);
	later(w, 2);
	/* The kernel refuses the write, as it does when the disk is full. */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	ok = try(w, "snapshot.take", json_object(), &result, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(ok);
	assert_int_equal(e.domain, ERR_SYS);
	assert_int_equal(snapshot_count(w), 1);
	whole = ask(w, "snapshot.verify", json_object(), &e);
	assert_non_null(whole);
	take(w);
	assert_int_equal(snapshot_count(w), 2);
}

/* ---- retention */

static void
take_many(struct world *w, int count, int64_t seconds)
{
	char text[32];
	int  i;

	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "N=%d\n", i);
		put(w, "custom.env", text);
		take(w);
		later(w, seconds);
	}
}

static void
the_oldest_go_when_there_are_too_many(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*first = NULL;
	struct err	 e;

	apply(w, "settings.set", json_pack("{s:s, s:s}", "name",
	    "snapshot.keep_count", "value", "3"));
	take_many(w, 1, 2);
	first = newest(w);
	take_many(w, 5, 2);
	assert_int_equal(snapshot_count(w), 3);
	assert_null(ask(w, "snapshot.diff", json_pack("{s:s}", "id", first),
	    &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
}

static void
the_old_go_by_age_but_never_the_newest(void **state)
{
	struct world *w = *state;

	take_many(w, 2, 24 * 3600);
	later(w, 200 * (int64_t)24 * 3600);
	assert_int_equal(snapshot_count(w), 2);
	apply(w, "snapshot.prune", json_object());
	assert_int_equal(snapshot_count(w), 1);
}

/* Objects are only swept when they have been there for a while. */
static void
make_old(const char *path)
{
	const struct timespec times[2] = { { 1600000000, 0 },
	    { 1600000000, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
an_object_that_nothing_needs_is_swept(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*id = NULL, *object = NULL, *path = NULL;

	put(w, "custom.env", "A=only here\n");
	take(w);
	id = newest(w);
	object = object_of(w, id, "custom.env");
	make_old(object);
	put(w, "custom.env", "A=2\n");
	later(w, 2);
	take(w);
	path = snapshot_path(&w->ctx, id, NULL);
	assert_true(file_exists(AT_FDCWD, object));
	later(w, 200 * (int64_t)24 * 3600);
	apply(w, "snapshot.prune", json_object());
	assert_false(file_exists(AT_FDCWD, path));
	assert_false(file_exists(AT_FDCWD, object));
}

static void
an_object_that_a_job_names_is_kept(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*id = NULL, *object = NULL, *plan = NULL, *dir = NULL;

	put(w, "custom.env", "A=needed for undo\n");
	take(w);
	id = newest(w);
	object = object_of(w, id, "custom.env");
	make_old(object);
	dir = str_format("%s/jobs/20260101T000000Z-aaaa", w->state);
	plan = str_format("%s/plan.json", dir);
	assert_true(file_make_dirs(dir, 0700, NULL));
	assert_true(file_write(AT_FDCWD, plan, strrchr(object, '/') + 1, 64,
	    0600, NULL));
	put(w, "custom.env", "A=2\n");
	later(w, 2);
	take(w);
	later(w, 200 * (int64_t)24 * 3600);
	apply(w, "snapshot.prune", json_object());
	assert_int_equal(snapshot_count(w), 1);
	assert_true(file_exists(AT_FDCWD, object));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_snapshot_holds_configuration_and_leaves_recordings),
		CASE(a_large_file_is_named_as_skipped),
		CASE(a_link_is_kept_as_a_link_and_not_followed),
		CASE(the_same_state_is_not_taken_twice),
		CASE(a_restore_takes_a_snapshot_first),
		CASE(a_manifest_holds_no_secret),
		CASE(a_diff_says_what_a_restore_would_do),
		CASE(a_diff_shows_lines_but_no_secret),
		CASE(a_restore_puts_back_bytes_modes_and_times),
		CASE(an_exact_restore_removes_what_came_since),
		CASE(a_restore_of_one_file_leaves_the_others),
		CASE(a_restore_makes_links_again_and_never_writes_through_one),
		CASE(a_restore_is_undone_as_a_whole),
		CASE(nothing_to_restore_is_an_empty_plan),
		CASE(a_full_disk_leaves_the_old_snapshots),
		CASE(a_damaged_list_of_files_is_named),
		CASE(a_damaged_object_names_the_file_and_is_not_restored),
		CASE(a_new_snapshot_mends_what_was_damaged_in_the_store),
		CASE(the_oldest_go_when_there_are_too_many),
		CASE(the_old_go_by_age_but_never_the_newest),
		CASE(an_object_that_nothing_needs_is_swept),
		CASE(an_object_that_a_job_names_is_kept)
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
