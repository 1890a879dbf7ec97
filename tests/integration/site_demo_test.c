/* --site demo: started by the first who asks, joined by the next. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../unit/site_tree.h"
#include "run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

struct world {
	struct site_tree	 tree;		/* XDG_RUNTIME_DIR */
	char			*state;
	bool			 is_started;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	site_tree_make(&w->tree);
	setenv("XDG_RUNTIME_DIR", w->tree.dir, 1);
	w->state = run_state_new();
	*state = w;
	return 0;
}

/* The demo goes after its last user has gone: its folder goes last. */
static void
wait_gone(const struct world *w)
{
	AUTO_FREE char	*dir = str_format("%s/stconsole-demo-%u", w->tree.dir,
	    (unsigned)geteuid());
	AUTO_CLOSE int	 fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	char		 events[4096];

	assert_true(inotify_add_watch(fd, w->tree.dir, IN_DELETE) >= 0);
	while (access(dir, F_OK) == 0) {
		assert_int_equal(poll(&p, 1, 20000), 1);
		assert_true(read(fd, events, sizeof(events)) > 0);
	}
}

static int
teardown(void **state)
{
	struct world *w = *state;

	if (w->is_started)
		wait_gone(w);
	run_state_end(w->state);
	site_tree_remove(&w->tree);
	free(w);
	return 0;
}

static void
the_demo_says_that_it_is_one(void **state)
{
	struct world	*w = *state;
	const char *const argv[] = {
		"--state", w->state, "--site", "demo", "site", "show", NULL
	};
	AUTO_RUN struct run_result r = run_stconsole(argv, NULL);

	w->is_started = true;
	run_assert_exit(&r, 0);
	assert_true(str_starts(buf_str(&r.out), "This is the demo"));
}

static void
one_command_after_the_other_finds_a_demo(void **state)
{
	struct world	*w = *state;
	const char *const argv[] = {
		"--site", "demo", "site", "show", NULL
	};

	w->is_started = true;
	/* Each one ends the demo; the next may find it half gone. */
	for (int i = 0; i < 3; i++) {
		AUTO_RUN struct run_result r = run_json(w->state, argv, NULL);

		run_assert_exit(&r, 0);
		assert_true(json_flag(json_object_get(r.json, "result"),
		    "demo"));
	}
}

static void
a_folder_that_others_can_write_is_not_joined(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*dir = str_format("%s/stconsole-demo-%u", w->tree.dir,
	    (unsigned)geteuid());
	const char *const argv[] = {
		"--site", "demo", "site", "show", NULL
	};
	AUTO_RUN struct run_result r = { 0 };

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	r = run_json(w->state, argv, NULL);
	run_assert_exit(&r, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_demo_says_that_it_is_one),
		TEST(one_command_after_the_other_finds_a_demo),
		TEST(a_folder_that_others_can_write_is_not_joined),
	};

	return cmocka_run_group_tests_name("site demo", tests, NULL, NULL);
}
