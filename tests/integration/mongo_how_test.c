/*
 * A real server of 4.4 that gets the binary of 5.0 and the old one back, the
 * way that somebody runs it who unpacked an archive: no unit, a
 * configuration file, libraries by LD_LIBRARY_PATH.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/services/upgrade/how_parts.h"
#include "../lab/house.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/store.h"
#include "stconsole/str.h"
#include "run.h"

#define UP_TRIES	600
#define LOOK_MS		50

static struct {
	char		 dir[64];
	char		*state_dir;
	struct store	*store;
	struct ctx	 ctx;
	char		 binaries[96], config[96], member[32];
	char		*libs;		/* "LD_LIBRARY_PATH=..." */
	int		 port;
} lab;

/* ---- the place */

static void
put(const char *path, const char *text)
{
	struct err e;

	assert_true(file_write(AT_FDCWD, path, text, strlen(text), 0640,
	    &e));
}

static void
config_put(const char *more)
{
	AUTO_FREE char *text = str_format("# kept\nstorage:\n"
	    "  dbPath: %s/db\n  wiredTiger:\n    engineConfig:\n"
	    "      cacheSizeGB: 0.25\nsystemLog:\n  destination: file\n"
	    "  path: %s/mongod.log\n  logAppend: true\nnet:\n"
	    "  bindIp: 127.0.0.1\n  port: %d\n  unixDomainSocket:\n"
	    "    enabled: false\n%s", lab.dir, lab.dir, lab.port, more);

	assert_non_null(text);
	put(lab.config, text);
}

static void
binary_link(const char *version, const char *major)
{
	AUTO_FREE char	*name = str_format("mongod/%s/mongod", version);
	AUTO_FREE char	*from = lab_cache_path(name);
	AUTO_FREE char	*dir = str_format("%s/%s/bin", lab.binaries, major);
	AUTO_FREE char	*to = str_format("%s/mongod", dir);
	struct err	 e;

	assert_true(file_make_dirs(dir, 0755, &e));
	assert_int_equal(symlink(from, to), 0);
}

static int
lab_begin(void **state)
{
	AUTO_FREE char	*libs = lab_cache_path("mongod/libssl1.1");
	AUTO_FREE char	*db = NULL;
	struct err	 e;

	(void)state;
	snprintf(lab.dir, sizeof(lab.dir), "/tmp/stconsole-how-XXXXXX");
	assert_non_null(mkdtemp(lab.dir));
	lab.state_dir = run_state_new();
	lab.store = store_open(lab.state_dir, &e);
	assert_non_null(lab.store);
	lab.ctx = (struct ctx){ .store = lab.store, .clock = &clock_system };
	lab.port = lab_port_free();
	snprintf(lab.member, sizeof(lab.member), "localhost:%d", lab.port);
	snprintf(lab.binaries, sizeof(lab.binaries), "%s/binaries", lab.dir);
	snprintf(lab.config, sizeof(lab.config), "%s/mongod.conf", lab.dir);
	lab.libs = str_format("LD_LIBRARY_PATH=%s", libs);
	db = str_format("%s/db", lab.dir);
	assert_int_equal(mkdir(db, 0700), 0);
	binary_link("4.4.2", "4.4");
	binary_link("5.0.4", "5.0");
	return 0;
}

/* ---- the server */

static pid_t
server_pid(void)
{
	pid_t pid = 0;

	(void)mongo_run_listener(lab.member, 0, &pid);
	return pid;
}

static void
server_await(void)
{
	for (int i = 0; i < UP_TRIES && server_pid() == 0; i++)
		cancel_wait(NULL, LOOK_MS);
	assert_true(server_pid() != 0);
}

/* As a shell of somebody would: no parent of ours, own environment. */
static void
server_start(void)
{
	AUTO_FREE char	*program = str_format("%s/4.4/bin/mongod",
	    lab.binaries);
	char		 secret[] = "MONGO_PASSWORD=hunter2";
	char		*argv[] = { program, (char *)"-f",
	    (char *)"mongod.conf", NULL };
	char		*env[] = { lab.libs, secret, (char *)"LC_ALL=C",
	    NULL };
	pid_t		 pid = fork();
	int		 null;

	assert_true(pid >= 0);
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		setsid();
		if (fork() != 0)
			_exit(0);
		if (chdir(lab.dir) == 0)
			execve(program, argv, env);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	server_await();
}

static void
server_end(int sig)
{
	pid_t pid = server_pid();

	if (pid == 0)
		return;
	kill(pid, sig);
	for (int i = 0; i < UP_TRIES && proc_start_time(pid) != 0; i++)
		cancel_wait(NULL, LOOK_MS);
	assert_int_equal(proc_start_time(pid), 0);
}

static int
lab_end(void **state)
{
	struct err e;

	(void)state;
	server_end(SIGKILL);
	store_close(lab.store);
	run_state_end(lab.state_dir);
	free(lab.libs);
	assert_true(file_remove_tree(lab.dir, &e));
	return 0;
}

static void
program_is(const char *major)
{
	AUTO_FREE char *program = str_format("%s/%s/bin/mongod",
	    lab.binaries, major);

	assert_true(how_process_runs(server_pid(), program));
}

/* ---- the way */

static json_t *
plan(struct how_task *t)
{
	static const struct how_wish wish = { .binaries = NULL };
	static struct how_wish mine;
	AUTO_JSON json_t *run = mongo_run_find(&lab.ctx, lab.member, 0);
	json_t		*facts = json_pack("{s:O}", "run", run);
	json_t		*args;
	struct err	 e;

	mine = wish;
	mine.binaries = lab.binaries;
	*t = (struct how_task){ .ctx = &lab.ctx, .member = lab.member,
		.from = "4.4", .to = "5.0", .facts = facts, .wish = &mine };
	if (how_choose(t, &args, &e) != &how_tarball)
		fail_msg("%s", e.msg);
	json_decref(facts);
	t->facts = NULL;
	t->wish = NULL;
	t->args = args;
	return args;
}

static void
scratch_is_gone(void)
{
	const char *const argv[] = { "find", "/var/tmp", "-maxdepth", "1",
	    "-name", "stconsole-try-*", "-newer", lab.config, NULL };
	AUTO_PROC_RESULT struct proc_result r;
	struct err e;

	assert_true(proc_run(&(struct proc_spec){ .argv = argv }, &r, &e));
	assert_string_equal(buf_str(&r.out), "");
}

static void
test_what_the_next_one_refuses_is_told_before_anything_stops(void **state)
{
	AUTO_JSON json_t	*args = NULL;
	struct how_task		 t;
	struct err		 e;
	pid_t			 pid;

	(void)state;
	config_put("");
	server_start();
	pid = server_pid();
	args = plan(&t);
	config_put("replication:\n  enableMajorityReadConcern: false\n");
	assert_false(how_tarball.try(&t, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	if (strstr(e.msg, "enableMajorityReadConcern") == NULL)
		fail_msg("%s", e.msg);
	config_put("storage.foo: 1\n");
	assert_false(how_tarball.try(&t, &e));
	if (strstr(e.msg, "Unrecognized option: storage.foo") == NULL)
		fail_msg("%s", e.msg);
	config_put("");
	if (!how_tarball.try(&t, &e))
		fail_msg("%s", e.msg);
	scratch_is_gone();
	assert_int_equal(server_pid(), pid);
	server_end(SIGTERM);
}

/* Whether a server runs on a scratch folder that is noted in our state. */
static void
try_note_read(struct buf *dir)
{
	AUTO_FREE char	*path = str_format("%s/mongo/localhost_%d.try",
	    lab.state_dir, lab.port);
	struct err	 e;

	buf_reset(dir);
	if (file_exists(AT_FDCWD, path))
		(void)file_read(AT_FDCWD, path, 256, dir, &e);
}

static size_t
servers_on(const char *dir)
{
	AUTO_FREE char *pattern = str_format("dbpath %s/db", dir);
	const char *const argv[] = { "pgrep", "-fc", "--", pattern, NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct err e;

	assert_true(proc_run(&(struct proc_spec){ .argv = argv }, &r, &e));
	return strtoul(buf_str(&r.out), NULL, 10);
}

/* Killed at many moments: the tried server ends with us, and the folder goes
 * with the next try. */
static void
test_a_killed_try_leaves_no_server_and_its_folder_goes_later(void **state)
{
	AUTO_BUF struct buf	 dir = BUF_INIT;
	AUTO_JSON json_t	*args = NULL;
	struct how_task		 t;
	struct err		 e;

	(void)state;
	config_put("");
	server_start();
	args = plan(&t);
	for (int ms = 0; ms <= 60; ms += 4) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(how_tarball.try(&t, &e) ? 0 : 1);
		cancel_wait(NULL, ms);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		try_note_read(&dir);
		for (int i = 0; dir.len > 0 && i < UP_TRIES &&
		    servers_on(buf_str(&dir)) > 0; i++)
			cancel_wait(NULL, LOOK_MS);
		assert_true(dir.len == 0 || servers_on(buf_str(&dir)) == 0);
	}
	if (!how_tarball.try(&t, &e))
		fail_msg("%s", e.msg);
	if (dir.len > 0)
		assert_false(file_exists(AT_FDCWD, buf_str(&dir)));
	try_note_read(&dir);
	assert_int_equal(dir.len, 0);
	server_end(SIGTERM);
}

static void
test_no_secret_of_the_process_is_kept(void **state)
{
	AUTO_JSON json_t	*args = NULL;
	AUTO_FREE char		*text = NULL;
	struct how_task		 t;

	(void)state;
	config_put("");
	server_start();
	args = plan(&t);
	text = json_dumps(args, 0);
	assert_null(strstr(text, "hunter2"));
	assert_non_null(strstr(text, lab.libs));
	assert_null(json_object_get(args, "pid"));
	server_end(SIGTERM);
}

static void
swapped_is(const struct how_task *t, bool expected)
{
	struct err	 e;
	bool		 yes;

	if (!how_tarball.is_swapped(t, &yes, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(yes, expected);
}

static void
do_it(const struct how_task *t, bool (*act)(const struct how_task *,
    struct err *))
{
	struct err e;

	/* Twice: it may be called again after a kill. */
	for (int i = 0; i < 2; i++)
		if (!act(t, &e))
			fail_msg("%s", e.msg);
}

static void
config_has(const char *words, bool expected)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct err		 e;

	assert_true(file_read(AT_FDCWD, lab.config, 65536, &b, &e));
	assert_int_equal(strstr(buf_str(&b), words) != NULL, expected);
	assert_non_null(strstr(buf_str(&b), "# kept\n"));
}

static void
test_the_new_binary_runs_as_the_old_one_did_and_back(void **state)
{
	AUTO_FREE char		*before = str_format("%s.before-5.0",
	    lab.config);
	AUTO_JSON json_t	*args = NULL;
	struct how_task		 t;
	pid_t			 pid;

	(void)state;
	config_put("  serviceExecutor: adaptive\n");
	server_start();
	args = plan(&t);
	assert_non_null(json_object_get(args, "notes"));
	assert_null(json_object_get(args, "stop"));
	server_end(SIGTERM);
	swapped_is(&t, false);
	do_it(&t, how_tarball.swap);
	swapped_is(&t, true);
	config_has("serviceExecutor", false);
	assert_true(file_exists(AT_FDCWD, before));
	do_it(&t, how_tarball.start);
	pid = server_pid();
	program_is("5.0");
	do_it(&t, how_tarball.start);
	assert_int_equal(server_pid(), pid);
	assert_int_equal(getpgid(pid), pid);
	server_end(SIGTERM);
	do_it(&t, how_tarball.unswap);
	swapped_is(&t, false);
	config_has("serviceExecutor: adaptive", true);
	assert_false(file_exists(AT_FDCWD, before));
	do_it(&t, how_tarball.start);
	program_is("4.4");
	server_end(SIGTERM);
}

static void
test_an_end_with_exit_code_zero_is_a_failed_start(void **state)
{
	AUTO_JSON json_t	*args = NULL;
	AUTO_FREE char		*said = NULL;
	struct how_task		 t;
	struct err		 e;

	(void)state;
	config_put("");
	server_start();
	args = plan(&t);
	server_end(SIGTERM);
	do_it(&t, how_tarball.swap);
	config_put("replication:\n  enableMajorityReadConcern: false\n");
	assert_false(how_tarball.start(&t, &e));
	if (strstr(e.msg, "exit code 0: ") == NULL ||
	    strstr(e.msg, "enableMajorityReadConcern") == NULL)
		fail_msg("%s", e.msg);
	said = how_tarball.said(&t);
	assert_non_null(said);
	do_it(&t, how_tarball.unswap);
}

static void
test_a_folder_without_the_binary_is_refused(void **state)
{
	AUTO_JSON json_t	*run = NULL;
	AUTO_JSON json_t	*facts = NULL;
	json_t			*args = NULL;
	struct how_wish		 wish = { .binaries = lab.binaries };
	struct how_task		 t = { .ctx = &lab.ctx,
		.member = lab.member, .from = "5.0", .to = "6.0",
		.wish = &wish };
	struct err		 e;

	(void)state;
	config_put("");
	server_start();
	run = mongo_run_find(&lab.ctx, lab.member, 0);
	facts = json_pack("{s:O}", "run", run);
	t.facts = facts;
	assert_null(how_choose(&t, &args, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_non_null(strstr(e.msg, "There is no program of MongoDB 6.0"));
	wish.binaries = NULL;
	assert_null(how_choose(&t, &args, &e));
	assert_non_null(strstr(e.hint, "--binaries DIR"));
	server_end(SIGTERM);
}

/* ---- commands of somebody's own */

static void
script_put(const char *name, const char *fmt, const char *a, const char *b)
{
	AUTO_FREE char	*path = str_format("%s/%s", lab.dir, name);
	AUTO_BUF struct buf text = BUF_INIT;

	buf_puts(&text, "#!/bin/sh\n");
	for (; *fmt != '\0'; fmt++)
		if (*fmt == 'A' && fmt[1] == '!')
			fmt++, buf_puts(&text, a);
		else if (*fmt == 'B' && fmt[1] == '!')
			fmt++, buf_puts(&text, b);
		else
			buf_putc(&text, *fmt);
	put(path, buf_str(&text));
	assert_int_equal(chmod(path, 0755), 0);
}

static void
scripts_put(void)
{
	script_put("via", "echo \"$@\" >>A!/calls\nexec \"$@\"\n", lab.dir,
	    "");
	script_put("swap", "ln -sfn B!/$1/bin/mongod A!/now\n", lab.dir,
	    lab.binaries);
	script_put("start", "cd A! && exec env B! setsid -f A!/now -f "
	    "mongod.conf >/dev/null 2>&1 </dev/null\n", lab.dir, lab.libs);
	script_put("fails", "echo 'no room for it' >&2; exit 4\n", "", "");
}

static void
commands_put(const char *text)
{
	AUTO_FREE char	*path = str_format("%s/commands.yaml", lab.dir);
	AUTO_BUF struct buf b = BUF_INIT;

	for (; *text != '\0'; text++)
		if (*text == '@')
			buf_puts(&b, lab.member);
		else if (*text == '~')
			buf_puts(&b, lab.dir);
		else
			buf_putc(&b, *text);
	put(path, buf_str(&b));
}

static const struct how *
command_plan(struct how_task *t, json_t **args, struct err *e)
{
	static char		 how[128];
	static struct how_wish	 wish = { .how = how };

	snprintf(how, sizeof(how), "command:%s/commands.yaml", lab.dir);
	*t = (struct how_task){ .ctx = &lab.ctx, .member = lab.member,
		.from = "4.4", .to = "5.0", .wish = &wish };
	return how_choose(t, args, e);
}

static void
calls_are(const char *expected)
{
	AUTO_FREE char		*path = str_format("%s/calls", lab.dir);
	AUTO_BUF struct buf	 b = BUF_INIT, want = BUF_INIT;
	struct err		 e;

	for (; *expected != '\0'; expected++)
		if (*expected == '~')
			buf_puts(&want, lab.dir);
		else
			buf_putc(&want, *expected);
	assert_true(file_read(AT_FDCWD, path, 65536, &b, &e));
	assert_string_equal(buf_str(&b), buf_str(&want));
}

static void
test_own_commands_swap_and_start_it_and_back(void **state)
{
	json_t		*args = NULL;
	struct how_task	 t;
	struct err	 e;
	bool		 yes;

	(void)state;
	scripts_put();
	commands_put("members:\n  \"@\":\n    via: [\"~/via\"]\n"
	    "    swap: [\"~/swap\", \"{major}\"]\n    start: [\"~/start\"]\n");
	config_put("");
	if (command_plan(&t, &args, &e) != &how_command)
		fail_msg("%s", e.msg);
	t.args = args;
	assert_null(json_object_get(args, "stop"));
	assert_true(how_command.is_swapped(&t, &yes, &e) && !yes);
	assert_true(how_command.swap(&t, &e));
	assert_true(how_command.is_swapped(&t, &yes, &e) && yes);
	assert_true(how_command.start(&t, &e));
	server_await();
	program_is("5.0");
	server_end(SIGTERM);
	assert_true(how_command.unswap(&t, &e));
	assert_true(how_command.is_swapped(&t, &yes, &e) && !yes);
	assert_true(how_command.start(&t, &e));
	server_await();
	program_is("4.4");
	server_end(SIGTERM);
	calls_are("~/swap 5.0\n~/start\n~/swap 4.4\n~/start\n");
	json_decref(args);
}

static void
test_an_own_command_that_fails_is_told_with_its_words(void **state)
{
	json_t		*args = NULL;
	struct how_task	 t;
	struct err	 e;
	bool		 yes;

	(void)state;
	scripts_put();
	commands_put("members:\n  \"@\":\n    stop: [\"~/fails\"]\n"
	    "    swap: [\"~/fails\"]\n    start: [\"~/start\"]\n");
	assert_non_null(command_plan(&t, &args, &e));
	t.args = args;
	assert_non_null(json_object_get(args, "stop"));
	assert_false(how_command.stop(&t, &e));
	assert_false(how_command.swap(&t, &e));
	if (strstr(e.msg, "no room for it") == NULL ||
	    strstr(e.msg, lab.member) == NULL)
		fail_msg("%s", e.msg);
	assert_true(how_command.is_swapped(&t, &yes, &e) && !yes);
	assert_false(how_command.unswap(&t, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	json_decref(args);
}

static void
test_a_wrong_command_file_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *words;
	} files[] = {
		{ "member:\n  x: 1\n", "commands.yaml:1: " },
		{ "members:\n  \"other:1\":\n    swap: [a]\n",
		  "there is nothing for the member localhost:" },
		{ "members:\n  \"@\":\n    swap: [a]\n", "has no start" },
		{ "members:\n  \"@\":\n    swap: a b\n    start: [a]\n",
		  "commands.yaml:3: " },
		{ "members:\n  \"@\":\n    swop: [a]\n    start: [a]\n",
		  "commands.yaml:3: unknown key swop" },
		{ "members:\n  \"@\":\n    swap: []\n    start: [a]\n",
		  "has no word to run" },
	};
	json_t		*args = NULL;
	struct how_task	 t;
	struct err	 e;

	(void)state;
	for (size_t i = 0; i < LENGTH(files); i++) {
		commands_put(files[i].text);
		assert_null(command_plan(&t, &args, &e));
		if (strstr(e.msg, files[i].words) == NULL)
			fail_msg("%zu: %s", i, e.msg);
	}
}

static const char *
lab_missing_version(void)
{
	static const char *const versions[] = { "4.4.2", "5.0.4" };

	for (size_t i = 0; i < LENGTH(versions); i++) {
		AUTO_FREE char	*name = str_format("mongod/%s/mongod",
		    versions[i]);
		AUTO_FREE char	*path = lab_cache_path(name);

		if (path == NULL || access(path, X_OK) < 0)
			return versions[i];
	}
	return NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
	    test_what_the_next_one_refuses_is_told_before_anything_stops),
		cmocka_unit_test(
	    test_a_killed_try_leaves_no_server_and_its_folder_goes_later),
		cmocka_unit_test(test_no_secret_of_the_process_is_kept),
		cmocka_unit_test(
		    test_the_new_binary_runs_as_the_old_one_did_and_back),
		cmocka_unit_test(
		    test_an_end_with_exit_code_zero_is_a_failed_start),
		cmocka_unit_test(test_a_folder_without_the_binary_is_refused),
		cmocka_unit_test(test_own_commands_swap_and_start_it_and_back),
		cmocka_unit_test(
		    test_an_own_command_that_fails_is_told_with_its_words),
		cmocka_unit_test(
		    test_a_wrong_command_file_is_told_with_its_line),
	};

	if (lab_missing_version() != NULL) {
		print_message("SKIPPED: mongod %s is not in the cache "
		    "(tests/lab/fetch)\n", lab_missing_version());
		return 0;
	}
	return cmocka_run_group_tests(tests, lab_begin, lab_end);
}
