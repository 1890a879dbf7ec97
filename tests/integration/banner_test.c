/*
 * banner write on a small site, and the real agetty(8) that shows it.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../unit/site_tree.h"
#include "run.h"
#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define URL	"https://chat.corp.test/a\\nb"

struct world {
	struct site_tree	 tree;
	char			*root, *path, *state;
};

/* No container engine: nothing here asks one. */
static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	site_tree_make(&w->tree);
	w->root = site_tree_path(&w->tree, "site");
	w->path = site_tree_path(&w->tree, "issue.d/stconsole.issue");
	w->state = run_state_new();
	site_tree_put(&w->tree, "site/docker-compose.yml",
	    "services:\n  community:\n    image: st/chat-server:1\n");
	site_tree_put(&w->tree, "site/custom.env", "PUBLIC_URL=" URL "\n");
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	site_tree_remove(&w->tree);
	run_state_end(w->state);
	free(w->root);
	free(w->path);
	free(w);
	return 0;
}

static struct run_result
write_it(const struct world *w)
{
	const char *const words[] = { "--site", w->root, "--yes", "banner",
	    "write", "--path", w->path, NULL };
	struct run_result r = run_json(w->state, words, NULL);

	run_assert_exit(&r, 0);
	return r;
}

static void
what_is_written_is_what_is_shown_and_undo_takes_it_away(void **state)
{
	struct world		*w = *state;
	const char *const	 show[] = { "--site", w->root, "banner",
	    "show", NULL };
	AUTO_RUN struct run_result r = write_it(w), s = { 0 }, u = { 0 };
	AUTO_BUF struct buf	 b = BUF_INIT;
	const char *const	 undo[] = { "--yes", "job", "undo",
	    json_text(json_object_get(r.json, "job"), "id"), NULL };
	const char		*text;

	assert_true(file_read(AT_FDCWD, w->path, 4096, &b, NULL));
	assert_non_null(strstr(buf_str(&b),
	    "\nhttps://chat.corp.test/a\\\\nb\n"));
	s = run_json(w->state, show, NULL);
	run_assert_exit(&s, 0);
	text = json_text(json_object_get(s.json, "result"), "text");
	assert_memory_equal(text, buf_str(&b),
	    (size_t)(strstr(text, "as of ") - text));
	u = run_json(w->state, undo, NULL);
	run_assert_exit(&u, 0);
	assert_false(file_exists(AT_FDCWD, w->path));
}

static void
it_is_no_snapshot_and_its_path_is_whole(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = write_it(w), bad = { 0 };
	const char *const	 words[] = { "--site", w->root, "--yes",
	    "banner", "write", "--path", "issue", NULL };

	assert_int_equal(json_array_size(json_object_get(json_object_get(
	    r.json, "plan"), "steps")), 1);
	bad = run_json(w->state, words, NULL);
	run_assert_exit(&bad, 2);
}

/* Its standard input must be a terminal: script(1) is one. */
static void
agetty_shows_every_character_as_it_is(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = write_it(w);
	AUTO_FREE char		*command = str_format("exec /sbin/agetty "
	    "--show-issue --issue-file %s/none:%s/issue.d", w->tree.dir,
	    w->tree.dir);
	const char *const	 argv[] = { "/usr/bin/script", "-qec",
	    command, "/dev/null", NULL };
	AUTO_PROC_RESULT struct proc_result p = { 0, false, BUF_INIT,
	    BUF_INIT };
	struct proc_spec	 spec = { .argv = argv,
	    .timeout_ms = 20000 };
	struct err		 e;

	if (access("/sbin/agetty", X_OK) != 0 ||
	    access("/usr/bin/script", X_OK) != 0) {
		print_message("agetty or script(1) is not here\n");
		skip();
	}
	if (!proc_run(&spec, &p, &e))
		fail_msg("%s", e.msg);
	if (strstr(buf_str(&p.out), "\n" URL) == NULL)
		fail_msg("agetty shows: %s", buf_str(&p.out));
	assert_non_null(strstr(buf_str(&p.out), "as of 2"));
}

/* ---- kept by serve */

static void
setting(const struct world *w, const char *name, const char *value)
{
	const char *const words[] = { "--yes", "settings", "set", name,
	    value, NULL };
	AUTO_RUN struct run_result r = run_json(w->state, words, NULL);

	run_assert_exit(&r, 0);
}

static pid_t
serve_start(const struct world *w)
{
	pid_t	pid = fork();
	int	null;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	null = open("/dev/null", O_RDWR);
	if (null >= 0)
		(void)dup2(null, STDERR_FILENO);
	setenv("STCONSOLE_RUNTIME_DIR", w->tree.dir, 1);
	execl(run_binary(), "stconsole", "--state", w->state, "serve",
	    (char *)NULL);
	_exit(127);
}

/* Until the file is written once more after this call. */
static void
wait_for_writing(int watch, const char *what)
{
	char		 events[4096];
	struct pollfd	 p = { .fd = watch, .events = POLLIN };

	if (poll(&p, 1, 60000) != 1)
		fail_msg("%s: nothing was written in 60 s", what);
	assert_true(read(watch, events, sizeof(events)) > 0);
}

static void
serve_keeps_it_fresh_and_takes_it_away(void **state)
{
	struct world		*w = *state;
	AUTO_FREE char		*folder = site_tree_path(&w->tree, "issue.d");
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_CLOSE int		 watch = inotify_init1(IN_CLOEXEC);
	pid_t			 pid;
	int			 status;

	setting(w, "banner.path", w->path);
	setting(w, "banner.refresh_s", "1");
	assert_true(file_make_dirs(folder, 0755, NULL));
	assert_true(inotify_add_watch(watch, folder, IN_MOVED_TO) >= 0);
	pid = serve_start(w);
	wait_for_writing(watch, "the first time");
	wait_for_writing(watch, "the second time");
	assert_true(file_read(AT_FDCWD, w->path, 4096, &b, NULL));
	assert_non_null(strstr(buf_str(&b), "stconsole " STCONSOLE_VERSION));
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_false(file_exists(AT_FDCWD, w->path));
}

static void
without_the_setting_serve_writes_none(void **state)
{
	struct world		*w = *state;
	const char *const	 words[] = { "banner", "keep", NULL };
	AUTO_RUN struct run_result r = { 0 };

	setting(w, "banner.path", w->path);
	r = run_json(w->state, words, NULL);
	run_assert_exit(&r, 0);
	assert_int_equal(json_int(json_object_get(r.json, "result"),
	    "written", -1), 0);
	assert_false(file_exists(AT_FDCWD, w->path));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_what_is_shown_and_undo_takes_it_away),
		TEST(it_is_no_snapshot_and_its_path_is_whole),
		TEST(agetty_shows_every_character_as_it_is),
		TEST(serve_keeps_it_fresh_and_takes_it_away),
		TEST(without_the_setting_serve_writes_none)
	};

	return cmocka_run_group_tests_name("banner", tests, NULL, NULL);
}
