/*
 * The real serve and real clients: what outlives whom, who may what, and what
 * somebody who means no good can do to it.  docker is this very program under
 * that name (fake_program.h), so that a job takes as long as a test wants.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_program.h"
#include "run.h"
#include "serve.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define NOBODY	65534

struct world {
	struct served	 serve;
	char		 dir[64];
	char		*root, *state, *gate, *reached, *path;
};

static void
put(const struct world *w, const char *name, const char *text)
{
	AUTO_FREE char *path = str_format("%s/%s", w->root, name);

	assert_true(file_write(AT_FDCWD, path, text, strlen(text), 0644,
	    NULL));
}

/* docker on PATH is this program, and one service takes custom.env. */
static void
site_make(struct world *w)
{
	AUTO_FREE char	*bin = str_format("%s/bin", w->dir);
	AUTO_FREE char	*docker = str_format("%s/docker", bin);
	AUTO_FREE char	*fake = str_format("%s/fake.json", w->dir);
	AUTO_FREE char	*log = str_format("%s/docker.log", w->dir);
	AUTO_JSON json_t *state = NULL;
	char		 self[4096] = "";

	assert_true(file_make_dirs(bin, 0755, NULL));
	assert_true(file_make_dirs(w->root, 0755, NULL));
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(symlink(self, docker), 0);
	put(w, "docker-compose.yml", "services:\n  community:\n"
	    "    image: st/chat-server:1\n    env_file: custom.env\n");
	put(w, "custom.env", "CHANNEL_LAST_N=3\n");
	state = json_pack("{s:s, s:i, s:[{s:s,s:s,s:s,s:s,s:s}]}", "root",
	    w->root, "n", 1, "containers", "id", "aaa", "name",
	    "sametime-community-1", "service", "community", "status",
	    "running", "started", "2026-11-24T09:00:00Z");
	assert_int_equal(json_dump_file(state, fake, 0), 0);
	setenv("PATH", bin, 1);
	setenv("FAKE_STATE", fake, 1);
	setenv("FAKE_LOG", log, 1);
	setenv("FAKE_GATE", w->gate, 1);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/stconsole-served-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->root = str_format("%s/sametime", w->dir);
	w->state = str_format("%s/state", w->dir);
	w->gate = str_format("%s/gate", w->dir);
	w->reached = str_format("%s/gate.reached", w->dir);
	w->path = strdup(getenv("PATH"));
	assert_true(file_make_dirs(w->state, 0700, NULL));
	site_make(w);
	/* Changing something is root's; the tests that do so skip. */
	serve_start(&w->serve, w->state, geteuid());
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	file_write(AT_FDCWD, w->gate, "", 0, 0600, NULL);
	serve_fini(&w->serve);
	setenv("PATH", w->path, 1);
	unsetenv("FAKE_GATE");
	run_state_end(strdup(w->dir));
	free(w->root);
	free(w->state);
	free(w->gate);
	free(w->reached);
	free(w->path);
	free(w);
	return 0;
}

static void
needs_root(void)
{
	if (geteuid() != 0)
		skip();
}

/* ---- clients */

/* A command line of its own; what it says goes nowhere. */
static pid_t
client_start(const struct world *w, const char *value)
{
	pid_t	pid = fork();
	int	null;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execl(run_binary(), "stconsole", "--state", w->state, "--site",
	    w->root, "--yes", "config", "set", "custom.env",
	    "CHANNEL_LAST_N", value, (char *)NULL);
	_exit(127);
}

static int
client_end(pid_t pid, int sig)
{
	int status = 0;

	if (sig != 0)
		kill(pid, sig);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static void
reached_await(const struct world *w)
{
	int left = SERVE_PATIENCE_MS / 5;

	while (!file_exists(AT_FDCWD, w->reached) && left-- > 0)
		(void)poll(NULL, 0, 5);
	assert_true(file_exists(AT_FDCWD, w->reached));
}

static void
gate_open(const struct world *w)
{
	assert_true(file_write(AT_FDCWD, w->gate, "", 0, 0600, NULL));
}

/* The newest job's state and id, malloc'd. */
static char *
job_state(const struct world *w, char **id)
{
	static const char *const words[] = { "job", "list", NULL };
	AUTO_RUN struct run_result r = run_json(w->state, words, NULL);
	const json_t *job = json_array_get(json_object_get(json_object_get(
	    r.json, "result"), "jobs"), 0);

	run_assert_exit(&r, 0);
	if (id != NULL)
		*id = strdup(json_text(job, "id"));
	return strdup(json_text(job, "state"));
}

static void
job_state_await(const struct world *w, const char *wanted)
{
	int64_t end = clock_mono_ms(&clock_system) + SERVE_PATIENCE_MS;

	for (;;) {
		AUTO_FREE char *now = job_state(w, NULL);

		if (str_equal(now, wanted))
			return;
		if (clock_mono_ms(&clock_system) > end)
			fail_msg("the job is %s and not %s", now, wanted);
		(void)poll(NULL, 0, 20);
	}
}

static bool
is_set(const struct world *w)
{
	AUTO_FREE char		*path = str_format("%s/custom.env", w->root);
	AUTO_BUF struct buf	 text = BUF_INIT;

	assert_true(file_read(AT_FDCWD, path, 4096, &text, NULL));
	return strcmp(buf_str(&text), "CHANNEL_LAST_N=7\n") == 0;
}

/* As another user, who may run the copy of the program. */
static int
run_as(const struct world *w, uid_t uid, const char *const *words,
    struct buf *said)
{
	AUTO_FREE char	*out = str_format("%s/said", w->serve.dir);
	const char	*argv[16] = { "stconsole", "--state", w->state };
	size_t		 n = 3;
	pid_t		 pid;
	int		 fd, code;

	for (; *words != NULL && n < LENGTH(argv) - 1; words++)
		argv[n++] = *words;
	fd = open(out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		if (setgid((gid_t)uid) < 0 || setuid(uid) < 0)
			_exit(126);
		execv(w->serve.program, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fd);
	code = client_end(pid, 0);
	assert_true(file_read(AT_FDCWD, out, 1u << 20, said, NULL));
	return code;
}

/* serve still does what it is for. */
static void
assert_serves(const struct world *w)
{
	int			 fd = serve_connect(&w->serve);
	AUTO_JSON json_t	*m = NULL;

	serve_hello(&w->serve, fd);
	serve_say(fd, json_pack("{s:i, s:s, s:i, s:s, s:s}", "v", 1, "type",
	    "call", "id", 1, "kind", "call", "verb", "audit.verify"));
	do {
		json_decref(m);
		m = serve_hear(fd);
		assert_non_null(m);
	} while (!str_equal(json_text(m, "type"), "answer"));
	assert_true(json_flag(json_object_get(m, "data"), "ok"));
	close(fd);
}

/* ---- what outlives whom */

static void
a_job_goes_on_when_its_command_is_killed(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*now = NULL;
	pid_t		 client;

	needs_root();
	client = client_start(w, "7");
	reached_await(w);
	assert_int_equal(client_end(client, SIGKILL), 128 + SIGKILL);
	now = job_state(w, NULL);
	assert_string_equal(now, "running");
	gate_open(w);
	job_state_await(w, "done");
	assert_true(is_set(w));
}

static void
a_job_goes_on_when_its_terminal_is_lost(void **state)
{
	struct world	*w = *state;
	pid_t		 client;

	needs_root();
	client = client_start(w, "7");
	reached_await(w);
	assert_int_equal(client_end(client, SIGHUP), 5);
	gate_open(w);
	job_state_await(w, "done");
}

/* How often a process has gone to sleep; -1 while it is awake. */
static long
naps(pid_t pid)
{
	AUTO_FREE char		*path = str_format("/proc/%d/status",
				    (int)pid);
	AUTO_BUF struct buf	 text = BUF_INIT;
	const char		*n;

	assert_true(file_read(AT_FDCWD, path, 65536, &text, NULL));
	n = strstr(buf_str(&text), "\nvoluntary_ctxt_switches:");
	assert_non_null(n);
	return strstr(buf_str(&text), "State:\tS") == NULL ? -1 :
	    strtol(strchr(n, ':') + 1, NULL, 10);
}

/* It sleeps again after the signal: it has said what it had to say. */
static void
signal_heard(const struct world *w, pid_t pid, int sig)
{
	int	left = SERVE_PATIENCE_MS / 5;
	long	before;

	while ((before = naps(pid)) < 0)
		(void)poll(NULL, 0, 1);
	kill(pid, sig);
	while (naps(pid) <= before && left-- > 0)
		(void)poll(NULL, 0, 5);
	assert_serves(w);
}

/* docker is not torn out of what it does: the job stops behind it. */
static void
ctrl_c_cancels_the_job_in_serve(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*now = NULL;
	pid_t		 client;

	needs_root();
	client = client_start(w, "7");
	reached_await(w);
	signal_heard(w, client, SIGINT);
	gate_open(w);
	assert_int_equal(client_end(client, 0), 5);
	now = job_state(w, NULL);
	assert_string_equal(now, "cancelled");
}

static void
a_second_command_is_told_who_holds_the_job(void **state)
{
	struct world	*w = *state;
	pid_t		 first;

	needs_root();
	first = client_start(w, "7");
	reached_await(w);
	assert_int_equal(client_end(client_start(w, "9"), 0), 6);
	gate_open(w);
	assert_int_equal(client_end(first, 0), 0);
}

static void
sigterm_interrupts_a_job_which_is_resumed_by_the_next(void **state)
{
	struct world	*w = *state;
	const char	*words[] = { "--json", "job", "resume", NULL, NULL };
	AUTO_RUN struct run_result r = { 0 };
	AUTO_FREE char	*now = NULL, *id = NULL;
	pid_t		 client;

	needs_root();
	client = client_start(w, "7");
	reached_await(w);
	kill(w->serve.pid, SIGTERM);
	serve_log_await(&w->serve, "Ending");
	gate_open(w);
	assert_int_equal(serve_stop(&w->serve, SIGTERM), 0);
	assert_int_equal(client_end(client, 0), 5);
	now = job_state(w, &id);
	assert_string_equal(now, "interrupted");
	serve_start(&w->serve, w->state, geteuid());
	words[3] = id;
	r = run_json(w->state, words + 1, NULL);
	run_assert_exit(&r, 0);
	assert_string_equal(json_text(json_object_get(json_object_get(r.json,
	    "result"), "job"), "state"), "done");
	assert_true(is_set(w));
}

static void
a_killed_serve_leaves_a_job_that_is_resumed(void **state)
{
	struct world	*w = *state;
	const char	*words[] = { "job", "resume", NULL, NULL };
	AUTO_RUN struct run_result r = { 0 };
	AUTO_FREE char	*now = NULL, *id = NULL;
	pid_t		 client;

	needs_root();
	client = client_start(w, "7");
	reached_await(w);
	assert_int_equal(serve_stop(&w->serve, SIGKILL), 128 + SIGKILL);
	assert_int_equal(client_end(client, 0), 1);
	now = job_state(w, &id);
	assert_string_equal(now, "interrupted");
	gate_open(w);
	/* Its socket is there still, and nobody behind it. */
	words[2] = id;
	r = run_json(w->state, words, NULL);
	run_assert_exit(&r, 0);
	serve_start(&w->serve, w->state, geteuid());
	assert_serves(w);
}

static void
a_second_serve_is_refused_and_named(void **state)
{
	struct world	*w = *state;
	static const char *const words[] = { "serve", NULL };
	AUTO_RUN struct run_result r = run_json(w->state, words, NULL);
	AUTO_FREE char	*pid = str_format("process %d", (int)w->serve.pid);

	run_assert_exit(&r, 6);
	assert_non_null(strstr(buf_str(&r.err), pid));
	assert_serves(w);
}

/* ---- who may what */

static void
another_user_looks_on_and_changes_nothing(void **state)
{
	struct world		*w = *state;
	static const char *const look[] = { "--json", "job", "list", NULL };
	static const char *const change[] = { "--yes", "settings", "set",
	    "me.mail", "eve@corp.test", NULL };
	const char		*own[] = { "--site", w->serve.dir, "--yes",
	    "config", "set", "custom.env", "A", "1", NULL };
	static const char *const demo[] = { "--site", "demo", "admin",
	    "list", NULL };
	AUTO_BUF struct buf	 said = BUF_INIT;

	needs_root();
	assert_int_equal(run_as(w, NOBODY, look, &said), 0);
	assert_non_null(strstr(buf_str(&said), "\"jobs\""));
	buf_reset(&said);
	assert_int_equal(run_as(w, NOBODY, change, &said), 3);
	assert_non_null(strstr(buf_str(&said), "needs the role"));
	/* A folder that they could have made is no deployment of serve's. */
	assert_int_equal(chown(w->serve.dir, NOBODY, NOBODY), 0);
	buf_reset(&said);
	assert_int_equal(run_as(w, NOBODY, own, &said), 3);
	assert_non_null(strstr(buf_str(&said), "others than root"));
	assert_int_equal(chown(w->serve.dir, 0, 0), 0);
	buf_reset(&said);
	assert_int_equal(run_as(w, NOBODY, demo, &said), 3);
	assert_non_null(strstr(buf_str(&said), "demo belongs"));
}

/* A user's own serve; root is somebody else there, and asks it nothing. */
static void
a_users_own_serve_is_for_nobody_else(void **state)
{
	struct world		*w = *state;
	struct served		 own = { .pid = 0 };
	AUTO_FREE char		*dir = NULL;
	AUTO_JSON json_t	*m = NULL;
	AUTO_RUN struct run_result r = { 0 };
	static const char *const words[] = { "--yes", "settings", "set",
	    "me.mail", "kim@corp.test", NULL };
	int			 fd;

	needs_root();
	serve_fini(&w->serve);
	dir = strdup("/tmp/stconsole-own-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chown(dir, NOBODY, NOBODY), 0);
	serve_start(&own, dir, NOBODY);
	fd = serve_connect(&own);
	m = serve_hear(fd);
	assert_string_equal(json_text(m, "type"), "refused");
	assert_true(serve_has_ended(fd));
	close(fd);
	/* The command says so, and works alone. */
	r = run_json(w->state, words, NULL);
	run_assert_exit(&r, 0);
	assert_non_null(strstr(buf_str(&r.err), "neither root nor you"));
	serve_fini(&own);
	assert_true(file_remove_tree(dir, NULL));
}

/* ---- what a client may do to it */

static void
garbage_ends_only_its_own_connection(void **state)
{
	static const struct {
		const char	*bytes;
		size_t		 len;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 18 },
		{ "\xff\xff\xff\xff", 4 }, { "\0\0\0\0", 4 },
		{ "\0\0\0\2{}", 6 }, { "\0\0\0\5{\"v\":", 9 },
		{ "\0\0\0\x18{\"v\":1,\"type\":\"operate\"}", 29 },
		{ "\0\0\0\x17{\"v\":2,\"type\":\"hello\"}", 27 },
	};
	struct world	*w = *state;
	size_t		 i;

	for (i = 0; i < LENGTH(rows); i++) {
		int fd = serve_connect(&w->serve);

		serve_send(fd, rows[i].bytes, rows[i].len);
		assert_true(serve_has_ended(fd));
		close(fd);
	}
	assert_serves(w);
}

static void
half_a_message_makes_nobody_wait(void **state)
{
	struct world	*w = *state;
	int		 fd = serve_connect(&w->serve);
	int		 silent = serve_connect(&w->serve);

	serve_hello(&w->serve, fd);
	serve_send(fd, "\0\1\0\0{", 5);
	assert_serves(w);
	close(fd);
	/* Who does not say who it is, is given up. */
	assert_true(serve_has_ended(silent));
	close(silent);
	assert_serves(w);
}

static void
a_message_that_is_too_large_is_refused_unread(void **state)
{
	struct world		*w = *state;
	int			 fd = serve_connect(&w->serve);
	AUTO_JSON json_t	*m = NULL;

	serve_hello(&w->serve, fd);
	serve_send(fd, "\0\x20\0\0", 4);
	m = serve_hear(fd);
	assert_string_equal(json_text(m, "type"), "refused");
	assert_true(serve_has_ended(fd));
	close(fd);
	assert_serves(w);
}

static void
a_flood_of_messages_ends_the_connection(void **state)
{
	struct world	*w = *state;
	int		 fd = serve_connect(&w->serve), i;

	serve_hello(&w->serve, fd);
	for (i = 0; i < 5000; i++)
		serve_say(fd, json_pack("{s:i, s:s, s:i}", "v", 1, "type",
		    "cancel", "id", 1));
	assert_true(serve_has_ended(fd));
	close(fd);
	serve_log_await(&w->serve, "Too many messages");
	assert_serves(w);
}

static void
more_connections_than_it_takes_are_refused(void **state)
{
	struct world	*w = *state;
	int		 fds[40];
	size_t		 i, refused = 0;

	for (i = 0; i < LENGTH(fds); i++)
		fds[i] = serve_connect(&w->serve);
	for (i = 0; i < LENGTH(fds); i++) {
		AUTO_JSON json_t *m = NULL;

		serve_say(fds[i], json_pack("{s:i, s:s, s:s}", "v", 1,
		    "type", "hello", "state", w->state));
		m = serve_hear(fds[i]);
		refused += str_equal(json_text(m, "type"), "refused");
	}
	assert_int_equal(refused, LENGTH(fds) - 32);
	for (i = 0; i < LENGTH(fds); i++)
		close(fds[i]);
	assert_serves(w);
}

static void
who_does_not_read_is_dropped_and_holds_nobody_up(void **state)
{
	struct world	*w = *state;
	int		 fd = serve_connect(&w->serve), i;

	serve_hello(&w->serve, fd);
	for (i = 0; i < 300; i++)
		serve_say(fd, json_pack("{s:i, s:s, s:i, s:s, s:s}", "v", 1,
		    "type", "call", "id", i + 1, "kind", "call", "verb",
		    "verb.list"));
	assert_serves(w);
	serve_log_await(&w->serve, "does not read");
	assert_true(serve_has_ended(fd));
	close(fd);
	assert_serves(w);
}

/* ---- secrets */

static bool
tree_holds(const char *dir, const char *words)
{
	const char *const argv[] = { "/bin/grep", "-rqF",
	    "--exclude-dir=secrets", "--exclude-dir=objects", "--", words,
	    dir, NULL };
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return client_end(pid, 0) == 0;
}

static bool
process_holds(pid_t pid, const char *what, const char *words)
{
	AUTO_FREE char	*path = str_format("/proc/%d/%s", (int)pid, what);
	AUTO_CLOSE int	 fd = open(path, O_RDONLY | O_CLOEXEC);
	char		 bytes[65536];
	ssize_t		 n = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;

	assert_true(n > 0);
	return n > 0 && memmem(bytes, (size_t)n, words, strlen(words)) !=
	    NULL;
}

static void
a_secret_reaches_serve_and_shows_nowhere(void **state)
{
	static const char *const words[] = { "--yes", "settings", "set",
	    "mongo.admin_url", "--value-file", "-", NULL };
	static const char secret[] = "mongodb://u:hunter2zebra@h/";
	struct world		*w = *state;
	AUTO_RUN struct run_result r = { 0 };
	AUTO_FREE char		*kept = str_format(
	    "%s/secrets/mongo.admin_url", w->state);
	AUTO_BUF struct buf	 value = BUF_INIT;

	needs_root();
	r = run_json(w->state, words, secret);
	run_assert_exit(&r, 0);
	assert_true(file_read(AT_FDCWD, kept, 4096, &value, NULL));
	assert_non_null(strstr(buf_str(&value), "hunter2zebra"));
	assert_null(strstr(buf_str(&r.out), "hunter2zebra"));
	assert_null(strstr(buf_str(&r.err), "hunter2zebra"));
	assert_false(tree_holds(w->state, "hunter2zebra"));
	assert_false(tree_holds(w->serve.dir, "hunter2zebra"));
	assert_false(process_holds(w->serve.pid, "cmdline", "hunter2zebra"));
	assert_false(process_holds(w->serve.pid, "environ", "hunter2zebra"));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_goes_on_when_its_command_is_killed),
		TEST(a_job_goes_on_when_its_terminal_is_lost),
		TEST(ctrl_c_cancels_the_job_in_serve),
		TEST(a_second_command_is_told_who_holds_the_job),
		TEST(sigterm_interrupts_a_job_which_is_resumed_by_the_next),
		TEST(a_killed_serve_leaves_a_job_that_is_resumed),
		TEST(a_second_serve_is_refused_and_named),
		TEST(another_user_looks_on_and_changes_nothing),
		TEST(a_users_own_serve_is_for_nobody_else),
		TEST(garbage_ends_only_its_own_connection),
		TEST(half_a_message_makes_nobody_wait),
		TEST(a_message_that_is_too_large_is_refused_unread),
		TEST(a_flood_of_messages_ends_the_connection),
		TEST(more_connections_than_it_takes_are_refused),
		TEST(who_does_not_read_is_dropped_and_holds_nobody_up),
		TEST(a_secret_reaches_serve_and_shows_nowhere),
	};
	int code;

	if (fake_program_main(argc, argv, &code))
		return code;
	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
