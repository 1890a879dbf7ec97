/*
 * --site demo: started by the first who asks, joined by the next; and the
 * script behind "make run", which keeps one.
 */
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lab/lab.h"
#include "../unit/site_tree.h"
#include "run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define SCRIPT	"tests/setup/demo"
#define F10_BYTES	"\033[21~"

struct world {
	struct site_tree	 tree;		/* XDG_RUNTIME_DIR */
	char			*state;
	char			*path;		/* PATH before the test */
	char			*dir;		/* the demo's folder */
	char			*build;
	bool			 is_started;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	site_tree_make(&w->tree);
	setenv("XDG_RUNTIME_DIR", w->tree.dir, 1);
	w->state = run_state_new();
	w->path = strdup(getenv("PATH"));
	w->dir = str_format("%s/stconsole-demo-%u", w->tree.dir,
	    (unsigned)geteuid());
	w->build = strdup(run_binary());
	*strrchr(w->build, '/') = '\0';
	*state = w;
	return 0;
}

/* The demo goes after its last user has gone: its folder goes last. */
static void
wait_gone(const struct world *w)
{
	AUTO_CLOSE int	 fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	char		 events[4096];

	assert_true(inotify_add_watch(fd, w->tree.dir, IN_DELETE) >= 0);
	while (access(w->dir, F_OK) == 0) {
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
	setenv("PATH", w->path, 1);
	unsetenv("XDG_CACHE_HOME");
	free(w->path);
	free(w->dir);
	free(w->build);
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
	const char *const argv[] = {
		"--site", "demo", "site", "show", NULL
	};
	AUTO_RUN struct run_result r = { 0 };

	assert_int_equal(mkdir(w->dir, 0700), 0);
	assert_int_equal(chmod(w->dir, 0777), 0);
	r = run_json(w->state, argv, NULL);
	run_assert_exit(&r, 3);
}

static struct run_result
site_show(const struct world *w)
{
	const char *const argv[] = {
		"--state", w->state, "--site", "demo", "site", "show", NULL
	};

	return run_stconsole(argv, NULL);
}

/* Without LDAP and API it is there at once. */
static void
demo_start(const struct world *w, struct lab *l)
{
	struct lab_options few = { .dir = w->dir, .without = "mongo,ldap,api" };

	*l = (struct lab)LAB_INIT;
	assert_true(lab_start(l, &few, NULL));
}

static void
the_first_line_tells_what_is_missing_and_how_to_get_it(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = { 0 };
	const char		*end;

	setenv("PATH", w->tree.dir, 1);
	setenv("XDG_CACHE_HOME", w->tree.dir, 1);
	w->is_started = true;
	r = site_show(w);
	run_assert_exit(&r, 0);
	end = strchr(buf_str(&r.out), '\n');
	assert_non_null(end);
	r.out.data[end - r.out.data] = '\0';
	assert_non_null(strstr(r.out.data, "It runs without MongoDB: "));
	assert_non_null(strstr(r.out.data, "/tests/lab/fetch "));
}

static void
the_first_line_tells_that_the_demo_ends_unless_it_is_kept(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result alone = { 0 }, kept = { 0 };
	struct lab		 l;

	demo_start(w, &l);
	w->is_started = true;
	kept = site_show(w);
	lab_stop(&l);
	alone = site_show(w);
	run_assert_exit(&kept, 0);
	run_assert_exit(&alone, 0);
	assert_null(strstr(buf_str(&kept.out), "It ends with this command"));
	assert_non_null(strstr(buf_str(&alone.out),
	    "It ends with this command; make run keeps one."));
}

static void
make_run_clears_up_after_a_killed_demo(void **state)
{
	struct world		*w = *state;
	const char *const	 argv[] = { SCRIPT, w->build, NULL };
	struct proc_spec	 spec = { .argv = argv, .timeout_ms = 60000 };
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct lab		 l;

	demo_start(w, &l);
	assert_int_equal(kill(l.supervisor, SIGKILL), 0);
	lab_stop(&l);
	assert_int_equal(access(w->dir, F_OK), 0);
	assert_true(proc_run(&spec, &r, NULL));
	assert_int_equal(r.exit_code, 0);
	assert_non_null(strstr(buf_str(&r.err), "a demo that was killed"));
	assert_non_null(strstr(buf_str(&r.out), "This is the demo site"));
	assert_int_equal(access(w->dir, F_OK), -1);
}

/* Reads the terminal until it shows the words; until its end for NULL. */
static void
terminal_read(int fd, struct buf *seen, const char *words)
{
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	char		 data[1024];
	ssize_t		 n;

	while (words == NULL || strstr(buf_str(seen), words) == NULL) {
		assert_int_equal(poll(&p, 1, 60000), 1);
		n = read(fd, data, sizeof(data));
		if (n <= 0 && words == NULL)
			return;
		assert_true(n > 0);
		buf_add(seen, data, (size_t)n);
	}
}

static void
make_run_opens_the_console_and_ends_the_demo_with_it(void **state)
{
	struct world		*w = *state;
	AUTO_BUF struct buf	 seen = BUF_INIT;
	AUTO_CLOSE int		 fd = -1;
	struct winsize		 size = { .ws_row = 24, .ws_col = 80 };
	pid_t			 pid = forkpty(&fd, NULL, NULL, &size);
	int			 status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("TERM", "xterm", 1);
		execl(SCRIPT, SCRIPT, w->build, (char *)NULL);
		_exit(127);
	}
	terminal_read(fd, &seen, "Leave");
	assert_int_equal(write(fd, F10_BYTES, strlen(F10_BYTES)),
	    strlen(F10_BYTES));
	terminal_read(fd, &seen, NULL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(access(w->dir, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_demo_says_that_it_is_one),
		TEST(one_command_after_the_other_finds_a_demo),
		TEST(a_folder_that_others_can_write_is_not_joined),
		TEST(the_first_line_tells_what_is_missing_and_how_to_get_it),
		TEST(the_first_line_tells_that_the_demo_ends_unless_it_is_kept),
		TEST(make_run_clears_up_after_a_killed_demo),
		TEST(make_run_opens_the_console_and_ends_the_demo_with_it),
	};

	return cmocka_run_group_tests_name("site demo", tests, NULL, NULL);
}
