/*
 * snapshot take, killed at durable calls and denied the disk: what was kept
 * before stays whole, and after resume the snapshot is there, whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../unit/site_tree.h"
#include "kill.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"

struct world {
	struct site_tree	 tree;
	const char		*argv[6];
};

/* No container engine: the fault would be counted in its process as well. */
static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *const argv[] = {
		"--site", w->tree.dir, "snapshot", "take", "--yes", NULL
	};

	site_tree_make(&w->tree);
	setenv("PATH", w->tree.dir, 1);
	memcpy(w->argv, argv, sizeof(argv));
	site_tree_put(&w->tree, "docker-compose.yml",
	    "services:\n  community:\n    image: st/chat-server:1\n");
	site_tree_put(&w->tree, "custom.env", "A=1\n");
	site_tree_put(&w->tree, "web/site.conf", "server {}\n");
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	site_tree_remove(&w->tree);
	free(w);
	return 0;
}

static void
nothing_to_prepare(void *arg)
{
	(void)arg;
}

/* Exactly one, and it is proved. */
static void
ends_with_one_whole(void *arg, const char *state)
{
	struct world *w = arg;
	const char *const	 list[] = { "--site", w->tree.dir, "snapshot",
	    "list", NULL };
	const char *const	 verify[] = { "--site", w->tree.dir,
	    "snapshot", "verify", NULL };
	AUTO_RUN struct run_result r = { 0 }, v = { 0 };
	const json_t		*all;

	kill_recover(state, w->argv, NULL);
	r = run_json(state, list, NULL);
	run_assert_exit(&r, 0);
	all = json_object_get(json_object_get(r.json, "result"),
	    "snapshots");
	assert_int_equal(json_array_size(all), 1);
	assert_string_equal(json_text(json_array_get(all, 0), "state"),
	    "whole");
	v = run_json(state, verify, NULL);
	run_assert_exit(&v, 0);
}

static void
fault(void **state, const char *what, int step)
{
	struct world		*w = *state;
	struct kill_case	 c = {
		.what = what, .argv = w->argv, .arg = w,
		.setup = nothing_to_prepare,
		.ends_well = ends_with_one_whole, .step = step
	};

	(void)kill_at_every_call(&c);
}

static void
killed_before_a_call_it_is_taken_whole_later(void **state)
{
	fault(state, "kill-before", 3);
}

static void
killed_after_a_call_it_is_taken_whole_later(void **state)
{
	fault(state, "kill-after", 5);
}

static void
a_full_disk_leaves_no_half_snapshot(void **state)
{
	fault(state, "enospc", 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_before_a_call_it_is_taken_whole_later),
		TEST(killed_after_a_call_it_is_taken_whole_later),
		TEST(a_full_disk_leaves_no_half_snapshot)
	};

	return cmocka_run_group_tests_name("snapshot kill", tests, NULL,
	    NULL);
}
