/*
 * Child processes: what reaches them, what they leave, how they end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

static void
run(const char *const *argv, struct proc_result *r)
{
	struct err e = { 0 };

	if (!proc_run(&(struct proc_spec){ .argv = argv, .timeout_ms = 30000 },
	    r, &e))
		fail_msg("%s", e.msg);
}

static void
test_output_errors_and_exit_code_come_back(void **state)
{
	const char *const argv[] = { "sh", "-c",
	    "cat; echo err >&2; exit 3", NULL };
	AUTO_PROC_RESULT struct proc_result r;
	struct err e = { 0 };

	(void)state;
	assert_true(proc_run(&(struct proc_spec){ .argv = argv,
	    .input = "hello", .input_len = 5 }, &r, &e));
	assert_int_equal(r.exit_code, 3);
	assert_string_equal(buf_str(&r.out), "hello");
	assert_string_equal(buf_str(&r.err), "err\n");
}

static void
test_a_missing_program_is_named(void **state)
{
	const char *const argv[] = { "no-such-program-here", NULL };
	struct proc_result r;
	struct err e = { 0 };

	(void)state;
	assert_false(proc_run(&(struct proc_spec){ .argv = argv }, &r, &e));
	assert_int_equal(e.domain, ERR_PROC);
	assert_int_equal(e.code, ENOENT);
	assert_non_null(strstr(e.msg, argv[0]));
}

/* Also what a library or our own parent opened without close-on-exec. */
static void
test_a_child_gets_no_descriptor_but_three(void **state)
{
	const char *const argv[] = { "ls", "/proc/self/fd", NULL };
	AUTO_PROC_RESULT struct proc_result r;
	int fd = open("/dev/null", O_RDONLY), high = dup2(fd, 200);

	(void)state;
	assert_true(fd >= 0 && high == 200);
	run(argv, &r);
	/* ls itself opens the folder as 3. */
	assert_string_equal(buf_str(&r.out), "0\n1\n2\n3\n");
	close(fd);
	close(high);
}

/* A Ctrl-C in the terminal reaches the foreground group: that is us. */
static void
test_a_child_has_a_process_group_of_its_own(void **state)
{
	const char *const argv[] = { "sh", "-c",
	    "cut -d' ' -f5 /proc/$$/stat", NULL };
	AUTO_PROC_RESULT struct proc_result r;

	(void)state;
	run(argv, &r);
	assert_int_not_equal(strtol(buf_str(&r.out), NULL, 10), getpgrp());
}

static bool
is_gone(pid_t pid)
{
	int64_t end = clock_mono_ms(&clock_system) + 10000;

	while (proc_start_time(pid) != 0)
		if (clock_mono_ms(&clock_system) > end)
			return false;
		else
			(void)poll(NULL, 0, 10);
	return true;
}

static void
take_pid(void *arg, const char *line)
{
	*(pid_t *)arg = (pid_t)strtol(line, NULL, 10);
}

static void
test_the_timeout_ends_what_the_child_started_too(void **state)
{
	const char *const argv[] = { "sh", "-c",
	    "sleep 600 & echo $!; wait", NULL };
	struct proc_result r;
	struct err e = { 0 };
	pid_t grandchild = 0;

	(void)state;
	assert_false(proc_run(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = 1000, .line = take_pid, .arg = &grandchild }, &r,
	    &e));
	assert_int_equal(e.code, ETIMEDOUT);
	assert_true(grandchild > 0);
	assert_true(is_gone(grandchild));
}

static void
test_one_that_does_not_listen_is_killed(void **state)
{
	const char *const argv[] = { "sh", "-c",
	    "trap '' TERM; echo $$; while :; do sleep 600; done", NULL };
	struct proc_result r;
	struct err e = { 0 };
	pid_t pid = 0;

	(void)state;
	assert_false(proc_run(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = 500, .line = take_pid, .arg = &pid }, &r, &e));
	assert_true(pid > 0);
	assert_true(is_gone(pid));
}

static void *
cancel_soon(void *arg)
{
	(void)poll(NULL, 0, 200);
	cancel_request(arg, CANCEL_ASKED);
	return NULL;
}

static void
test_cancel_ends_it_at_once(void **state)
{
	const char *const argv[] = { "sleep", "600", NULL };
	struct proc_result r;
	struct cancel c;
	struct err e = { 0 };
	pthread_t thread;

	(void)state;
	assert_true(cancel_init(&c, &e));
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &c), 0);
	assert_false(proc_run(&(struct proc_spec){ .argv = argv,
	    .cancel = &c }, &r, &e));
	assert_int_equal(e.domain, ERR_CANCELLED);
	pthread_join(thread, NULL);
	cancel_fini(&c);
}

/* Without a descriptor for the child it still ends. */
static void
test_a_process_that_runs_out_of_descriptors_does_not_hang(void **state)
{
	const char *const argv[] = { "true", NULL };
	struct rlimit	 old, few;
	struct proc_result r = { 0, false, BUF_INIT, BUF_INIT };
	struct err	 e = { 0 };
	int		 limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (limit = 4; limit < 24; limit++) {
		few = (struct rlimit){ (rlim_t)limit, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		if (!proc_run(&(struct proc_spec){ .argv = argv,
		    .timeout_ms = 20000 }, &r, &e))
			assert_int_not_equal(e.code, ETIMEDOUT);
		proc_result_fini(&r);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	}
}

static void
test_too_much_output_is_cut_and_said(void **state)
{
	const char *const argv[] = { "sh", "-c",
	    "yes 0123456789 | head -c 100000", NULL };
	AUTO_PROC_RESULT struct proc_result r;
	struct err e = { 0 };

	(void)state;
	assert_true(proc_run(&(struct proc_spec){ .argv = argv,
	    .output_max = 1000 }, &r, &e));
	assert_true(r.cut);
	assert_int_equal(r.out.len, 1000);
}

static void
test_the_last_error_line_is_in_the_sentence(void **state)
{
	const char *const argv[] = { "sh", "-c",
	    "printf 'one\\ntwo \\033[31mred\\n\\n' >&2; exit 4", NULL };
	struct proc_result r;
	struct err e = { 0 };

	(void)state;
	assert_false(proc_run_ok(&(struct proc_spec){ .argv = argv }, &r,
	    &e));
	assert_int_equal(e.code, 4);
	assert_non_null(strstr(e.msg, "two ?[31mred"));
	assert_null(strstr(e.msg, "one"));
}

static void
test_an_argument_is_shown_as_a_shell_reads_it(void **state)
{
	const char *const argv[] = { "a", "b c", "it's", "", "$(x)", NULL };
	AUTO_BUF struct buf b = BUF_INIT;

	(void)state;
	proc_argv_show(argv, &b);
	assert_string_equal(buf_str(&b),
	    "a 'b c' 'it'\\''s' '' '$(x)'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_errors_and_exit_code_come_back),
		cmocka_unit_test(test_a_missing_program_is_named),
		cmocka_unit_test(test_a_child_gets_no_descriptor_but_three),
		cmocka_unit_test(test_a_child_has_a_process_group_of_its_own),
		cmocka_unit_test(
		    test_the_timeout_ends_what_the_child_started_too),
		cmocka_unit_test(test_one_that_does_not_listen_is_killed),
		cmocka_unit_test(test_cancel_ends_it_at_once),
		cmocka_unit_test(
		    test_a_process_that_runs_out_of_descriptors_does_not_hang),
		cmocka_unit_test(test_too_much_output_is_cut_and_said),
		cmocka_unit_test(test_the_last_error_line_is_in_the_sentence),
		cmocka_unit_test(test_an_argument_is_shown_as_a_shell_reads_it)
	};

	return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
