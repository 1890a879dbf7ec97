/*
 * "Keep these changes?": what becomes of a change that waits, when it is
 * confirmed, when the program that made it is killed, and when the guardian
 * is killed too, as a reboot would.
 */
#include <errno.h>
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
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/cancel.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "run.h"

#define PATIENCE_MS	20000

/* Starts "settings set me.mail ... --confirm-within SECONDS", unwatched. */
static pid_t
start_change(const char *state, const char *seconds)
{
	pid_t	pid = fork();
	int	null;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execl(run_binary(), "stconsole", "--state", state,
	    "--confirm-within", seconds, "settings", "set", "me.mail",
	    "kim@corp.test", "--yes", NULL);
	_exit(127);
}

static char *
first_job(const char *state, char **id)
{
	static const char *const	 argv[] = { "job", "list", NULL };
	AUTO_RUN struct run_result	 r = run_json(state, argv, NULL);
	const json_t			*job;

	job = json_array_get(json_object_get(json_object_get(r.json,
	    "result"), "jobs"), 0);
	*id = strdup(json_text(job, "id"));
	return strdup(json_text(job, "state"));
}

/* Looks until the job is in the state; id is the job's, to be freed. */
static char *
await_state(const char *state, const char *want)
{
	int64_t end = clock_mono_ms(&clock_system) + PATIENCE_MS;

	while (clock_mono_ms(&clock_system) < end) {
		char		*id = NULL;
		AUTO_FREE char	*now = first_job(state, &id);

		if (strcmp(now, want) == 0)
			return id;
		free(id);
		(void)poll(NULL, 0, 20);
	}
	fail_msg("the job did not become %s", want);
	return NULL;
}

/* The undo is a job of its own; the change is the oldest one. */
static void
await_undone(const char *state, const char *id)
{
	const char	*argv[] = { "job", "show", id, NULL };
	int64_t		 end = clock_mono_ms(&clock_system) + PATIENCE_MS;

	while (clock_mono_ms(&clock_system) < end) {
		AUTO_RUN struct run_result r = run_json(state, argv, NULL);

		if (strcmp(json_text(json_object_get(r.json, "result"),
		    "state"), "undone") == 0)
			return;
		(void)poll(NULL, 0, 20);
	}
	fail_msg("the job was not undone");
}

static void
assert_mail(const char *state, const char *want)
{
	static const char *const	 argv[] = { "settings", "list", NULL };
	AUTO_RUN struct run_result	 r = run_json(state, argv, NULL);
	const json_t			*s;
	size_t				 i;

	json_array_foreach (json_object_get(json_object_get(r.json,
	    "result"), "settings"), i, s)
		if (strcmp(json_text(s, "name"), "me.mail") == 0)
			assert_string_equal(json_text(s, "value"), want);
}

static int
end_of(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static void
test_a_confirmed_change_stays(void **st)
{
	char			*state = run_state_new();
	pid_t			 pid = start_change(state, "600");
	AUTO_FREE char		*id = await_state(state, "waiting");
	const char		*argv[] = { "job", "confirm", id, NULL };
	AUTO_RUN struct run_result r = run_json(state, argv, NULL);

	(void)st;
	run_assert_exit(&r, 0);
	assert_int_equal(end_of(pid), 0);
	free(await_state(state, "done"));
	assert_mail(state, "kim@corp.test");
	run_state_end(state);
}

static void
test_a_killed_program_leaves_the_rollback_to_its_guardian(void **st)
{
	char		*state = run_state_new();
	pid_t		 pid = start_change(state, "3");
	AUTO_FREE char	*id = await_state(state, "waiting");

	(void)st;
	assert_mail(state, "kim@corp.test");
	kill(pid, SIGKILL);
	assert_int_equal(end_of(pid), 128 + SIGKILL);
	await_undone(state, id);
	assert_mail(state, "");
	run_state_end(state);
}

/* The guardian is the process that has our state folder on its line. */
static void
kill_guardian(const char *id)
{
	AUTO_FREE char	*pattern = str_format("job guard %s", id);
	pid_t		 pid = fork();

	if (pid == 0) {
		execlp("pkill", "pkill", "-KILL", "-f", pattern, NULL);
		_exit(127);
	}
	assert_int_equal(end_of(pid), 0);
}

static void
test_after_a_reboot_the_next_start_rolls_back(void **st)
{
	char		*state = run_state_new();
	pid_t		 pid = start_change(state, "1");
	AUTO_FREE char	*id = await_state(state, "waiting");
	AUTO_FREE char	*pending = str_format("%s/jobs/pending/%s", state,
	    id);

	(void)st;
	kill_guardian(id);
	kill(pid, SIGKILL);
	(void)end_of(pid);
	/* The deadline as it would be after the machine was down. */
	assert_true(file_exists(AT_FDCWD, pending));
	assert_true(file_write(AT_FDCWD, pending, "1000\n", 5, 0600, NULL));
	assert_mail(state, "");
	await_undone(state, id);
	assert_false(file_exists(AT_FDCWD, pending));
	run_state_end(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_confirmed_change_stays),
		cmocka_unit_test(
		    test_a_killed_program_leaves_the_rollback_to_its_guardian),
		cmocka_unit_test(
		    test_after_a_reboot_the_next_start_rolls_back)
	};

	return cmocka_run_group_tests_name("timed rollback", tests, NULL,
	    NULL);
}
