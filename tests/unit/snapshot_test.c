/*
 * Snapshots of a site's configuration, through the real engine: what is kept,
 * what differs, what is put back.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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

#include "../../src/site/snapshot.h"
#include "snapshot_world.h"
#include "stconsole/blob.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

/* ---- taking */

static void
a_snapshot_holds_configuration_and_leaves_recordings(void **state)
{
	struct world		*w = *state;
	AUTO_JSON json_t	*scan = NULL;
	struct site		*site;
	json_t			*e;

	world_put(w, "sametime-config/web/nginx/meet.conf", "server {}\n");
	world_put(w, "sametime-config/web/letsencrypt/acme.json", "{}\n");
	world_put(w, "sametime-config/recordings/meta.json", "{}\n");
	world_put(w, "trace/old.conf", "x\n");
	world_put(w, "video.mp4", "x\n");
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

	world_put(w, "big.json", "");
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

	world_take(w);
	world_later(w, 2);
	world_take(w);
	assert_int_equal(world_count(w), 1);
	world_put(w, "custom.env", "A=1\n");
	world_later(w, 2);
	world_take(w);
	assert_int_equal(world_count(w), 2);
}

static void
the_latest_of_one_second_is_the_last_one(void **state)
{
	struct world	*w = *state;
	char		 before[SNAPSHOT_ID_SIZE] = "", id[SNAPSHOT_ID_SIZE];

	w->clock.offset_ms -= clock_wall_ms(&w->clock) % 1000;
	for (int i = 0; i < 9; i++) {
		assert_true(snapshot_id_new(&w->ctx, id, NULL));
		assert_true(snapshot_id_ms(id) > 0);
		assert_true(strcmp(before, id) < 0);
		memcpy(before, id, sizeof(id));
		w->clock.offset_ms += 40;
	}
}

static void
a_restore_takes_a_snapshot_first(void **state)
{
	struct world		*w = *state;
	struct err		 e = { 0 };
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id", "latest");
	AUTO_PLAN struct plan	*plan = NULL;
	json_t			*first;

	world_take(w);
	world_put(w, "custom.env", "A=2\n");
	plan = world_plan_of(w, "snapshot.restore", params, &e);
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

	world_put(w, "custom.env", "MONGO_PASSWORD=Gehe1mnis-4711\n");
	world_take(w);
	id = world_newest(w);
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

	world_put(w, "gone.conf", "1\n");
	world_put(w, "custom.env", "A=1\n");
	world_set_mode(w, ".env", 0600, 1700000000);
	world_take(w);
	id = world_newest(w);
	world_assert_changes(w, id, "");
	world_put(w, "custom.env", "A=2\n");
	world_put(w, "new.conf", "2\n");
	assert_int_equal(unlink(gone), 0);
	world_set_mode(w, ".env", 0644, 1700000000);
	world_assert_changes(w, "latest", "mode .env\nchanged custom.env\n"
	    "added gone.conf\nremoved new.conf\n");
	world_set_mode(w, ".env", 0600, 1700000001);
	world_assert_changes(w, id, "time .env\nchanged custom.env\n"
	    "added gone.conf\nremoved new.conf\n");
}

static void
a_diff_shows_lines_but_no_secret(void **state)
{
	struct world		*w = *state;
	struct err		 e;
	AUTO_JSON json_t	*diff = NULL;
	AUTO_FREE char		*text = NULL;

	world_put(w, "custom.env", "CHANNEL_LAST_N=3\nTURN_SECRET=Gehe1m-1\n");
	world_take(w);
	world_put(w, "custom.env", "CHANNEL_LAST_N=9\nTURN_SECRET=Gehe1m-2\n");
	world_put(w, "web.key", "Gehe1m-3\n");
	diff = world_ask(w, "snapshot.diff", json_pack("{s:s}", "id", "latest"),
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

	world_put(w, "web/a/gone.conf", "listen 80;\r\n");
	world_put(w, "custom.env", "A=1\n# Grüße\n");
	world_set_mode(w, "custom.env", 0640, 1700000000);
	world_set_mode(w, "web/a/gone.conf", 0604, 1600000000);
	assert_int_equal(chmod(folder, 0711), 0);
	world_take(w);
	world_put(w, "custom.env", "A=2\n");
	world_set_mode(w, "custom.env", 0600, 1800000000);
	world_put(w, "since.conf", "x\n");
	assert_int_equal(unlink(gone), 0);
	assert_int_equal(rmdir(folder), 0);
	world_later(w, 2);
	world_apply(w, "snapshot.restore", json_pack("{s:s}", "id", "latest"));
	world_assert_content(w, "custom.env", "A=1\n# Grüße\n");
	world_assert_content(w, "web/a/gone.conf", "listen 80;\r\n");
	world_assert_content(w, "since.conf", "x\n");
	world_stat_of(w, "custom.env", &st);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_mtim.tv_sec, 1700000000);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	world_stat_of(w, "web/a/gone.conf", &st);
	assert_int_equal(st.st_mode & 07777, 0604);
	assert_int_equal(st.st_mtim.tv_sec, 1600000000);
	world_stat_of(w, "web/a", &st);
	assert_int_equal(st.st_mode & 07777, 0711);
	/* What was there before the restore is a snapshot as well. */
	assert_int_equal(world_count(w), 2);
}

static void
an_exact_restore_removes_what_came_since(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*id = NULL, *since = str_format("%s/since.conf",
	    w->root);

	world_take(w);
	id = world_newest(w);
	world_put(w, "since.conf", "x\n");
	world_later(w, 2);
	world_apply(w, "snapshot.restore", json_pack("{s:s, s:b}", "id", id,
	    "exact", 1));
	assert_false(file_exists(AT_FDCWD, since));
	world_assert_changes(w, id, "");
}

static void
a_restore_says_what_came_since_and_stays(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*since = str_format("%s/since.conf", w->root);
	AUTO_JSON json_t *params = NULL, *shown = NULL;
	struct plan	*plan;
	AUTO_FREE char	*text = NULL;

	world_take(w);
	world_put(w, "since.conf", "x\n");
	params = json_pack("{s:s}", "id", "latest");
	plan = world_plan_of(w, "snapshot.restore", params, NULL);
	assert_non_null(plan);
	assert_true(plan_is_empty(plan));
	shown = plan_json(plan);
	text = json_dumps(shown, 0);
	assert_non_null(strstr(text, "the first is since.conf; --exact"));
	assert_null(strstr(text, "Everything is as"));
	plan_free(plan);
	assert_true(file_exists(AT_FDCWD, since));
}

static void
a_restore_of_one_file_leaves_the_others(void **state)
{
	struct world *w = *state;

	world_put(w, "custom.env", "A=1\n");
	world_put(w, "other.conf", "1\n");
	world_take(w);
	world_put(w, "custom.env", "A=2\n");
	world_put(w, "other.conf", "2\n");
	world_later(w, 2);
	world_apply(w, "snapshot.restore", json_pack("{s:s, s:s}", "id",
	    "latest", "file", "custom.env"));
	world_assert_content(w, "custom.env", "A=1\n");
	world_assert_content(w, "other.conf", "2\n");
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
	world_put(w, "plain.conf", "1\n");
	world_take(w);
	id = world_newest(w);
	assert_int_equal(unlink(link), 0);
	world_put(w, "live.conf", "a file now\n");
	assert_int_equal(unlink(plain), 0);
	assert_int_equal(symlink(outside, plain), 0);
	world_later(w, 2);
	world_apply(w, "snapshot.restore", json_pack("{s:s}", "id", id));
	world_stat_of(w, "live.conf", &st);
	assert_true(S_ISLNK(st.st_mode));
	world_stat_of(w, "plain.conf", &st);
	assert_true(S_ISREG(st.st_mode));
	assert_true(file_read(AT_FDCWD, outside, 100, &text, NULL));
	assert_string_equal(buf_str(&text), "mine\n");
	world_assert_changes(w, id, "");
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

	world_put(w, "web/x.conf", "x\n");
	world_put(w, "custom.env", "A=1\n");
	world_take(w);
	assert_int_equal(unlink(gone), 0);
	assert_int_equal(rmdir(folder), 0);
	world_put(w, "custom.env", "A=2\n");
	world_set_mode(w, "custom.env", 0600, 1800000000);
	world_later(w, 2);
	world_take(w);
	id = world_newest(w);
	world_later(w, 2);
	assert_true(world_try(w, "snapshot.restore", json_pack("{s:s}", "id",
	    world_oldest(w)), &result, &e));
	world_assert_content(w, "custom.env", "A=1\n");
	world_assert_content(w, "web/x.conf", "x\n");
	world_later(w, 2);
	world_apply(w, "job.undo", json_pack("{s:s}", "id", result.id));
	assert_false(file_exists(AT_FDCWD, folder));
	world_stat_of(w, "custom.env", &st);
	assert_int_equal(st.st_mtim.tv_sec, 1800000000);
	world_assert_changes(w, id, "");
}

static void
nothing_to_restore_is_an_empty_plan(void **state)
{
	struct world		*w = *state;
	struct err		 e = { 0 };
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id", "latest");
	AUTO_PLAN struct plan	*plan = NULL;

	world_take(w);
	plan = world_plan_of(w, "snapshot.restore", params, &e);
	assert_non_null(plan);
	assert_true(plan_is_empty(plan));
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, snapshot_setup, \
	    snapshot_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_snapshot_holds_configuration_and_leaves_recordings),
		CASE(a_large_file_is_named_as_skipped),
		CASE(a_link_is_kept_as_a_link_and_not_followed),
		CASE(the_same_state_is_not_taken_twice),
		CASE(the_latest_of_one_second_is_the_last_one),
		CASE(a_restore_takes_a_snapshot_first),
		CASE(a_manifest_holds_no_secret),
		CASE(a_diff_says_what_a_restore_would_do),
		CASE(a_diff_shows_lines_but_no_secret),
		CASE(a_restore_puts_back_bytes_modes_and_times),
		CASE(an_exact_restore_removes_what_came_since),
		CASE(a_restore_says_what_came_since_and_stays),
		CASE(a_restore_of_one_file_leaves_the_others),
		CASE(a_restore_makes_links_again_and_never_writes_through_one),
		CASE(a_restore_is_undone_as_a_whole),
		CASE(nothing_to_restore_is_an_empty_plan)
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
