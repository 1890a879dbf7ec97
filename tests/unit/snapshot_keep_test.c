/*
 * Snapshots that are damaged, that do not fit on the disk, and how old ones
 * and their objects go.
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

	world_take(w);
	id = world_newest(w);
	path = snapshot_path(&w->ctx, id, NULL);
	damage(path, 40);
	assert_null(world_ask(w, "snapshot.diff", json_pack("{s:s}", "id", id),
	    &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	assert_non_null(strstr(e.msg, id));
	assert_null(world_ask(w, "snapshot.verify", json_object(), &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	list = world_snapshots(w);
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

	world_put(w, "custom.env", "A=1\n");
	world_take(w);
	id = world_newest(w);
	object = object_of(w, id, "custom.env");
	damage(object, 0);
	world_put(w, "custom.env", "A=2\n");
	assert_null(world_ask(w, "snapshot.verify",
	    json_pack("{s:s}", "id", id), &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	assert_non_null(strstr(e.msg, "custom.env"));
	params = json_pack("{s:s}", "id", id);
	assert_null(world_plan_of(w, "snapshot.restore", params, &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
	world_assert_content(w, "custom.env", "A=2\n");
}

static void
a_new_snapshot_mends_what_was_damaged_in_the_store(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*id = NULL, *object = NULL;
	struct err	 e;
	AUTO_JSON json_t *whole = NULL;

	world_take(w);
	id = world_newest(w);
	object = object_of(w, id, "custom.env");
	assert_int_equal(unlink(object), 0);
	world_later(w, 2);
	world_take(w);
	assert_int_equal(world_count(w), 2);
	whole = world_ask(w, "snapshot.verify", json_object(), &e);
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

	world_take(w);
	world_put(w, "big.json", "");
	assert_int_equal(truncate(path, 1 << 20), 0);
	world_later(w, 2);
	/* The kernel refuses the write, as it does when the disk is full. */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	ok = world_try(w, "snapshot.take", json_object(), &result, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(ok);
	assert_int_equal(e.domain, ERR_SYS);
	assert_int_equal(world_count(w), 1);
	whole = world_ask(w, "snapshot.verify", json_object(), &e);
	assert_non_null(whole);
	world_take(w);
	assert_int_equal(world_count(w), 2);
}

/* ---- retention */

static void
take_many(struct world *w, int count, int64_t seconds)
{
	char text[32];
	int  i;

	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "N=%d\n", i);
		world_put(w, "custom.env", text);
		world_take(w);
		world_later(w, seconds);
	}
}

static void
the_oldest_go_when_there_are_too_many(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*first = NULL;
	struct err	 e;

	world_apply(w, "settings.set", json_pack("{s:s, s:s}", "name",
	    "snapshot.keep_count", "value", "3"));
	take_many(w, 1, 2);
	first = world_newest(w);
	take_many(w, 5, 2);
	assert_int_equal(world_count(w), 3);
	assert_null(world_ask(w, "snapshot.diff",
	    json_pack("{s:s}", "id", first), &e));
	assert_int_equal(e.domain, ERR_SNAPSHOT);
}

static void
the_old_go_by_age_but_never_the_newest(void **state)
{
	struct world *w = *state;

	take_many(w, 2, 24 * 3600);
	world_later(w, 200 * (int64_t)24 * 3600);
	assert_int_equal(world_count(w), 2);
	world_apply(w, "snapshot.prune", json_object());
	assert_int_equal(world_count(w), 1);
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

	world_put(w, "custom.env", "A=only here\n");
	world_take(w);
	id = world_newest(w);
	object = object_of(w, id, "custom.env");
	make_old(object);
	world_put(w, "custom.env", "A=2\n");
	world_later(w, 2);
	world_take(w);
	path = snapshot_path(&w->ctx, id, NULL);
	assert_true(file_exists(AT_FDCWD, object));
	world_later(w, 200 * (int64_t)24 * 3600);
	world_apply(w, "snapshot.prune", json_object());
	assert_false(file_exists(AT_FDCWD, path));
	assert_false(file_exists(AT_FDCWD, object));
}

static void
an_object_that_a_job_names_is_kept(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*id = NULL, *object = NULL, *plan = NULL, *dir = NULL;

	world_put(w, "custom.env", "A=needed for undo\n");
	world_take(w);
	id = world_newest(w);
	object = object_of(w, id, "custom.env");
	make_old(object);
	dir = str_format("%s/jobs/20260101T000000Z-aaaa", w->state);
	plan = str_format("%s/plan.json", dir);
	assert_true(file_make_dirs(dir, 0700, NULL));
	assert_true(file_write(AT_FDCWD, plan, strrchr(object, '/') + 1, 64,
	    0600, NULL));
	world_put(w, "custom.env", "A=2\n");
	world_later(w, 2);
	world_take(w);
	world_later(w, 200 * (int64_t)24 * 3600);
	world_apply(w, "snapshot.prune", json_object());
	assert_int_equal(world_count(w), 1);
	assert_true(file_exists(AT_FDCWD, object));
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, snapshot_setup, \
	    snapshot_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_full_disk_leaves_the_old_snapshots),
		CASE(a_damaged_list_of_files_is_named),
		CASE(a_damaged_object_names_the_file_and_is_not_restored),
		CASE(a_new_snapshot_mends_what_was_damaged_in_the_store),
		CASE(the_oldest_go_when_there_are_too_many),
		CASE(the_old_go_by_age_but_never_the_newest),
		CASE(an_object_that_nothing_needs_is_swept),
		CASE(an_object_that_a_job_names_is_kept)
	};

	return cmocka_run_group_tests_name("snapshot keep", tests, NULL, NULL);
}
