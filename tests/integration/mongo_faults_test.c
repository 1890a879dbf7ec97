/*
 * What stands in an upgrade's way or befalls it on the way: told before
 * anything is changed, waited for, or ended with the set as it was; never
 * overcome by force.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mongo_lab.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define WAIT_TRIES	2400	/* of 50 ms */

static struct mongo_lab lab;

static int
tear_down(void **state)
{
	(void)state;
	mongo_lab_end(&lab);
	return 0;
}

static struct run_result
upgrade(const char *to)
{
	const char	*argv[] = { "--site", lab.site, "mongo", "upgrade", to,
	    "--binaries", lab.binaries, "--without-backup", "a test",
	    "--hcl-statement", "a test", "--yes", NULL };

	return run_json(lab.state, argv, NULL);
}

/* The same, while the test goes on; its output goes to DIR/said. */
static pid_t
upgrade_start(const char *to)
{
	AUTO_FREE char	*said = str_format("%s/said", lab.dir);
	const char	*argv[] = { run_binary(), "--state", lab.state,
	    "--json", "--site", lab.site, "mongo", "upgrade", to,
	    "--binaries", lab.binaries, "--without-backup", "a test",
	    "--hcl-statement", "a test", "--yes", NULL };
	pid_t		 pid = fork();
	int		 fd;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	fd = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(fd, 1);
	dup2(fd, 2);
	close_range(3, ~0U, 0);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("HOME", "/nonexistent", 1);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static int
upgrade_wait(pid_t pid)
{
	AUTO_FREE char		*said = str_format("%s/said", lab.dir);
	AUTO_BUF struct buf	 b = BUF_INIT;
	int			 status = 0, tries = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (++tries > WAIT_TRIES) {
			kill(pid, SIGKILL);
			fail_msg("the upgrade does not end");
		}
		(void)poll(NULL, 0, 50);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		(void)file_read(AT_FDCWD, said, 1u << 20, &b, NULL);
		print_message("%s\n", buf_str(&b));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void
run_command(int n, const char *command)
{
	AUTO_FREE char	*reply = mongo_lab_command(&lab, n, "admin",
	    command);

	(void)reply;
}

static void
versions_are(const char *version, const char *fcv)
{
	char	 is[16], has[16];

	for (int n = 0; n < lab.count - lab.spec.has_arbiter; n++) {
		mongo_lab_versions(&lab, n, is, has, sizeof(is));
		assert_string_equal(is, version);
		assert_string_equal(has, fcv);
	}
}

static void
pid_wait_gone(pid_t pid)
{
	for (int tries = 0; tries < WAIT_TRIES &&
	    proc_start_time(pid) != 0; tries++)
		(void)poll(NULL, 0, 50);
	assert_true(proc_start_time(pid) == 0);
}

static void
member_kill(int n)
{
	pid_t	 pid = mongo_lab_pid(&lab, n);

	assert_true(pid > 0);
	kill(pid, SIGKILL);
	pid_wait_gone(pid);
}

/* Stopped before it began: exit 3, and why. */
static void
refused(const char *to, const char *why)
{
	AUTO_RUN struct run_result	 r = upgrade(to);

	run_assert_exit(&r, 3);
	if (strstr(buf_str(&r.out), why) == NULL)
		fail_msg("no \"%s\" in %s", why, buf_str(&r.out));
}

static void
completed(const char *to)
{
	AUTO_RUN struct run_result	 r = upgrade(to);

	run_assert_exit(&r, 0);
}

static void
a_vanished_member_stops_it_before_it_begins(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "4.4", .members = 3 };

	(void)state;
	if (!mongo_lab_has("4.4") || !mongo_lab_has("5.0"))
		skip();
	mongo_lab_start(&lab, &spec);
	member_kill(2);
	refused("5.0", "C3");
	mongo_lab_member_start(&lab, 2, "4.4");
	versions_are("4.4.2", "4.4");
}

/* A secondary is the first to go; the other one dies meanwhile. */
static void
a_member_that_vanishes_on_the_way_is_waited_for(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "4.4", .members = 3 };
	pid_t			 program, first;

	(void)state;
	if (!mongo_lab_has("4.4") || !mongo_lab_has("5.0"))
		skip();
	mongo_lab_start(&lab, &spec);
	first = mongo_lab_pid(&lab, 1);
	program = upgrade_start("5.0");
	pid_wait_gone(first);
	member_kill(2);
	(void)poll(NULL, 0, 3000);
	mongo_lab_member_start(&lab, 2, "4.4");
	assert_int_equal(upgrade_wait(program), 0);
	versions_are("5.0.4", "5.0");
}

/* It has no newer data than before the lock until it is taken away. */
static void
a_lagging_member_is_waited_for(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "4.4", .members = 3 };
	pid_t			 program, first;

	(void)state;
	if (!mongo_lab_has("4.4") || !mongo_lab_has("5.0"))
		skip();
	mongo_lab_start(&lab, &spec);
	mongo_lab_writer_start(&lab, 20);
	first = mongo_lab_pid(&lab, 1);
	run_command(2, "{\"fsync\":1,\"lock\":true}");
	program = upgrade_start("5.0");
	for (int tries = 0; tries < 200 && proc_start_time(first) != 0;
	    tries++)
		(void)poll(NULL, 0, 50);
	run_command(2, "{\"fsyncUnlock\":1}");
	assert_int_equal(upgrade_wait(program), 0);
	versions_are("5.0.4", "5.0");
	{
		struct mongo_lab_written w = mongo_lab_writer_stop(&lab,
		    NULL);

		assert_true(w.acknowledged > 0);
		assert_int_equal(w.lost + w.changed, 0);
	}
}

/* Nobody else may be primary: the hand-over would be refused (262). */
static void
a_primary_that_nobody_can_follow_is_not_forced(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "4.4", .members = 2 };
	AUTO_FREE char		*config = NULL;
	AUTO_JSON json_t	*reply = NULL;
	AUTO_FREE char		*command = NULL;
	json_t			*at;

	(void)state;
	if (!mongo_lab_has("4.4") || !mongo_lab_has("5.0"))
		skip();
	mongo_lab_start(&lab, &spec);
	config = mongo_lab_command(&lab, 0, "admin",
	    "{\"replSetGetConfig\":1}");
	reply = json_loads(config, 0, NULL);
	at = json_object_get(reply, "config");
	json_object_set_new(json_array_get(json_object_get(at, "members"), 1),
	    "priority", json_integer(0));
	json_object_set_new(at, "version", json_integer(json_int(at,
	    "version", 1) + 1));
	{
		AUTO_JSON json_t	*c = json_pack("{s:O}",
		    "replSetReconfig", at);

		command = json_dumps(c, 0);
	}
	run_command(0, command);
	{
		AUTO_RUN struct run_result	 r = upgrade("5.0");

		run_assert_exit(&r, 3);
		assert_non_null(strstr(buf_str(&r.out), "No other member may "
		    "become primary"));
	}
	/* Still the primary, and it takes writes. */
	run_command(0, "{\"appendOplogNote\":1,\"data\":{\"msg\":\"x\"}}");
}

static void
a_set_with_an_arbiter_goes_all_the_way(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "4.4", .members = 3,
	    .has_arbiter = true };

	(void)state;
	if (!mongo_lab_has("4.4") || !mongo_lab_has("5.0"))
		skip();
	mongo_lab_start(&lab, &spec);
	completed("5.0");
	versions_are("5.0.4", "5.0");
}

static void
an_option_that_is_gone_is_left_out_simulated(void **state)
{
	static const char *const	 extra[] = { "--journal", NULL };
	struct mongo_lab_spec		 spec = { .version = "6.0",
	    .members = 1, .is_model = true, .extra = extra };
	AUTO_FREE char			*reply = NULL;

	(void)state;
	mongo_lab_start(&lab, &spec);
	completed("7.0");
	versions_are("7.0.28", "7.0");
	reply = mongo_lab_command(&lab, 0, "admin", "{\"getCmdLineOpts\":1}");
	assert_null(strstr(reply, "journal"));
}

/* The model's primary ends with the change half done, as by kill -9. */
static void
a_raise_that_was_cut_short_is_finished_simulated(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "6.0", .members = 3,
	    .is_model = true };
	AUTO_FREE char		*wish = NULL;
	pid_t			 program, primary = 0;

	(void)state;
	mongo_lab_start(&lab, &spec);
	wish = str_format("%s/mongo/fcv-half", lab.dir);
	close(open(wish, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	program = upgrade_start("7.0");
	for (int tries = 0; tries < WAIT_TRIES && access(wish, F_OK) == 0;
	    tries++)
		(void)poll(NULL, 0, 20);
	for (int n = 0; n < lab.count; n++) {
		(void)poll(NULL, 0, 200);
		primary = mongo_lab_pid(&lab, n);
		if (primary == 0)
			mongo_lab_member_start(&lab, n, "7.0");
	}
	assert_int_equal(upgrade_wait(program), 0);
	versions_are("7.0.28", "7.0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    a_vanished_member_stops_it_before_it_begins, tear_down),
		cmocka_unit_test_teardown(
		    an_option_that_is_gone_is_left_out_simulated, tear_down),
		cmocka_unit_test_teardown(
		    a_primary_that_nobody_can_follow_is_not_forced,
		    tear_down),
		cmocka_unit_test_teardown(
		    a_set_with_an_arbiter_goes_all_the_way, tear_down),
		cmocka_unit_test_teardown(a_lagging_member_is_waited_for,
		    tear_down),
		cmocka_unit_test_teardown(
		    a_member_that_vanishes_on_the_way_is_waited_for,
		    tear_down),
		cmocka_unit_test_teardown(
		    a_raise_that_was_cut_short_is_finished_simulated,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
