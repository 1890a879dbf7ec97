/*
 * config set, killed at durable calls and denied every resource: the
 * file is the old one or the new one, never a part of either, and the job
 * ends as it would have.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../unit/site_tree.h"
#include "kill.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"

#define BEFORE	"# by hand\r\nA=1\nB = two # why\nC=3"
#define AFTER	"# by hand\r\nA=1\nB = 20 # why\nC=3"

struct world {
	struct site_tree	 tree;
	const char		*argv[9];
};

/*
 * No container engine: the fault would be counted in its process as well,
 * and what runs on this machine is not the matter here.
 */
static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *const argv[] = {
		"--site", w->tree.dir, "config", "set", "custom.env", "B",
		"20", "--yes", NULL
	};

	site_tree_make(&w->tree);
	setenv("PATH", w->tree.dir, 1);
	memcpy(w->argv, argv, sizeof(argv));
	site_tree_put(&w->tree, "docker-compose.yml",
	    "services:\n  community:\n    image: st/chat-server:1\n");
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
file_fresh(void *arg)
{
	const struct world *w = arg;

	site_tree_put(&w->tree, "custom.env", BEFORE);
}

static char *
file_now(const struct world *w)
{
	AUTO_FREE char	*path = site_tree_path(&w->tree, "custom.env");
	struct buf	 text = BUF_INIT;

	assert_true(file_read(AT_FDCWD, path, 1 << 20, &text, NULL));
	return buf_take(&text);
}

static void
file_is_whole(const struct world *w)
{
	AUTO_FREE char *text = file_now(w);

	if (strcmp(text, BEFORE) != 0)
		assert_string_equal(text, AFTER);
}

static void
ends_well(void *arg, const char *state)
{
	struct world *w = arg;
	AUTO_FREE char *text = NULL;

	file_is_whole(w);
	kill_recover(state, w->argv, NULL);
	text = file_now(w);
	assert_string_equal(text, AFTER);
}

static void
fault(void **state, const char *what, int step)
{
	struct world		*w = *state;
	struct kill_case	 c = {
		.what = what, .argv = w->argv, .arg = w, .setup = file_fresh,
		.ends_well = ends_well, .step = step
	};

	(void)kill_at_every_call(&c);
}

static void
killed_before_a_call_the_file_is_whole(void **state)
{
	fault(state, "kill-before", 2);
}

static void
killed_after_a_call_the_file_is_whole(void **state)
{
	fault(state, "kill-after", 5);
}

static void
a_full_disk_leaves_the_file_whole(void **state)
{
	fault(state, "enospc", 5);
}

static void
lost_memory_leaves_the_file_whole(void **state)
{
	fault(state, "malloc", 37);
}

/* Reading denied any one allocation says so and nothing else happens. */
static void
check_reading(void *arg, const char *state, const struct run_result *r,
    bool hit)
{
	(void)arg;
	(void)state;
	if (!hit)
		run_assert_exit(r, 0);
	assert_true(r->exit_code < 128);
}

static void
lost_memory_does_not_end_site_show_with_a_signal(void **state)
{
	struct world		*w = *state;
	const char *const	 argv[] = {
		"--site", w->tree.dir, "site", "show", NULL
	};
	struct kill_case	 c = {
		.what = "malloc", .argv = argv, .arg = w,
		.setup = file_fresh, .check = check_reading, .step = 23
	};

	site_tree_compose(&w->tree, "");
	(void)kill_at_every_call(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_before_a_call_the_file_is_whole),
		TEST(killed_after_a_call_the_file_is_whole),
		TEST(a_full_disk_leaves_the_file_whole),
		TEST(lost_memory_leaves_the_file_whole),
		TEST(lost_memory_does_not_end_site_show_with_a_signal),
	};

	return cmocka_run_group_tests_name("config kill", tests, NULL, NULL);
}
