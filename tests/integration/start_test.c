/*
 * Started in odd ways: without standard files, by somebody whose folder is
 * elsewhere.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"

#include "run.h"

/* The program with 0, 1 and 2 closed; its exit status. */
static int
run_closed(const char *state, const char *value)
{
	pid_t	pid = fork();
	int	status = 0;

	if (pid == 0) {
		close(0);
		close(1);
		close(2);
		execl(run_binary(), "stconsole", "--state", state, "--json",
		    "settings", "set", "me.mail", value, "--yes", NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void
test_answers_never_land_in_the_files_of_the_engine(void **st)
{
	static const char *const	 verify[] = { "audit", "verify",
					    NULL };
	static const char *const	 list[] = { "job", "list", NULL };
	char				*state = run_state_new();
	AUTO_RUN struct run_result	 v = { 0 }, l = { 0 };
	const json_t			*jobs;

	(void)st;
	assert_int_equal(run_closed(state, "kim@corp.test"), 0);
	v = run_json(state, verify, NULL);
	run_assert_exit(&v, 0);
	l = run_json(state, list, NULL);
	jobs = json_object_get(json_object_get(l.json, "result"), "jobs");
	assert_int_equal(json_array_size(jobs), 1);
	assert_string_equal(json_text(json_array_get(jobs, 0), "state"),
	    "done");
	run_state_end(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_answers_never_land_in_the_files_of_the_engine)
	};

	return cmocka_run_group_tests_name("start", tests, NULL, NULL);
}
