/*
 * "Keep these changes?": who decides, and when the time is over.  The
 * guardian is this program again, as it is in the product.
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
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "../../src/core/core.h"
#include "toy.h"

#define PATIENCE_MS	20000

static bool
apply_within(struct toy *t, const char *set, int seconds,
    struct job_result *r, struct err *e)
{
	const struct verb	*v = registry_verb(t->ctx.registry, "toy.set");
	AUTO_JSON json_t	*params = json_pack("{s:s}", "set", set);
	AUTO_PLAN struct plan	*plan = NULL, *now = NULL;
	struct job_options	 options = { .confirm_within_s = seconds };
	json_t			*none = NULL;

	if (!verb_call(&t->ctx, v, params, &none, &plan, e))
		return false;
	return job_apply(&t->ctx, v, params, plan_hash(plan), &options, &now,
	    r, e);
}

static void
assert_value(struct toy *t, const char *name, const char *want)
{
	AUTO_FREE char *now = toy_get(t, name);

	assert_string_equal(now, want);
}

static enum job_state
state_of(struct toy *t, const char *id)
{
	struct job_file	f;
	enum job_state	s;

	assert_true(job_file_open(&t->ctx, id, &f, NULL));
	s = job_file_state(&f);
	job_file_fini(&f);
	return s;
}

static void
await_state(struct toy *t, const char *id, enum job_state want)
{
	int64_t end = clock_mono_ms(&clock_system) + PATIENCE_MS;

	while (state_of(t, id) != want) {
		if (clock_mono_ms(&clock_system) > end)
			fail_msg("the job is %s, not %s",
			    job_state_name(state_of(t, id)),
			    job_state_name(want));
		(void)poll(NULL, 0, 10);
	}
}

static char *
pending_of(struct toy *t, const char *id)
{
	return store_path(t->ctx.store, "jobs/pending/%s", id);
}

static void
promise(struct toy *t, const char *id, const char *text)
{
	AUTO_FREE char *path = pending_of(t, id);

	assert_true(file_write(AT_FDCWD, path, text, strlen(text), 0600,
	    NULL));
}

/* Ends the guardian, as a reboot does: whoever holds the guard lock. */
static void
end_guardian(struct toy *t, const char *id)
{
	AUTO_FREE char	*path = store_path(t->ctx.store, "jobs/%s/guard", id);
	AUTO_FREE char	*pending = pending_of(t, id);
	AUTO_CLOSE int	 fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	/* It ends when the promise is taken back, and its lock with it. */
	assert_true(file_remove(AT_FDCWD, pending, NULL));
	assert_int_equal(flock(fd, LOCK_EX), 0);
}

static void
test_a_change_that_nobody_keeps_is_undone(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	AUTO_FREE char		*pending = NULL;

	toy_put(t, "a", "old");
	assert_true(apply_within(t, "a=1", 1, &r, &e));
	assert_int_equal(r.state, JOB_WAITING);
	assert_value(t, "a", "1");
	await_state(t, r.id, JOB_UNDONE);
	assert_value(t, "a", "old");
	assert_false(job_wait(&t->ctx, r.id, &r, &e));
	assert_int_equal(r.state, JOB_UNDONE);
	pending = pending_of(t, r.id);
	assert_false(file_exists(AT_FDCWD, pending));
}

static void
test_the_guardian_lives_before_the_first_change(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	AUTO_FREE char		*guard = NULL;

	assert_true(apply_within(t, "a=1", 600, &r, &e));
	guard = store_path(t->ctx.store, "jobs/%s/guard", r.id);
	assert_true(journal_is_held(guard));
	assert_true(job_confirm(&t->ctx, r.id, &e));
	assert_int_equal(state_of(t, r.id), JOB_DONE);
	assert_true(job_wait(&t->ctx, r.id, &r, &e));
}

static void
test_a_clock_that_jumps_decides_nothing(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	AUTO_FREE char		*path = NULL;
	AUTO_BUF struct buf	 b = BUF_INIT, moved = BUF_INIT;

	assert_true(apply_within(t, "a=1", 600, &r, &e));
	path = pending_of(t, r.id);
	assert_true(file_read(AT_FDCWD, path, 256, &b, &e));
	/* The wall clock is far beyond the deadline now. */
	buf_printf(&moved, "1000%s", strchr(buf_str(&b), ' '));
	promise(t, r.id, buf_str(&moved));
	assert_true(job_recover(&t->ctx, &e));
	assert_int_equal(state_of(t, r.id), JOB_WAITING);
	assert_value(t, "a", "1");
	assert_true(job_confirm(&t->ctx, r.id, &e));
}

static void
test_after_a_reboot_the_wall_clock_decides(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_true(apply_within(t, "a=1", 600, &r, &e));
	end_guardian(t, r.id);
	promise(t, r.id, "1000 999999999999999 another-boot\n");
	assert_true(job_recover(&t->ctx, &e));
	assert_int_equal(state_of(t, r.id), JOB_UNDONE);
	assert_value(t, "a", "");
}

/* Killed between the journal's "done" and taking the promise back. */
static void
test_a_confirmed_change_stays_though_its_promise_was_left(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	AUTO_FREE char		*path = NULL;

	assert_true(apply_within(t, "a=1", 600, &r, &e));
	assert_true(job_confirm(&t->ctx, r.id, &e));
	promise(t, r.id, "1000\n");
	assert_true(job_recover(&t->ctx, &e));
	assert_int_equal(state_of(t, r.id), JOB_DONE);
	assert_value(t, "a", "1");
	path = pending_of(t, r.id);
	assert_false(file_exists(AT_FDCWD, path));
}

static void
test_after_the_deadline_nobody_can_keep_it(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_true(apply_within(t, "a=1", 600, &r, &e));
	end_guardian(t, r.id);
	promise(t, r.id, "1000\n");
	assert_false(job_confirm(&t->ctx, r.id, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_non_null(strstr(e.msg, "is over"));
	assert_int_equal(state_of(t, r.id), JOB_WAITING);
	assert_true(job_recover(&t->ctx, &e));
	assert_value(t, "a", "");
}

/* Another program of the same person starts while a change waits. */
static void
test_a_rollback_does_not_move_the_call_to_another_site(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	struct ctx		 other = t->ctx;

	assert_true(apply_within(t, "a=1", 600, &r, &e));
	end_guardian(t, r.id);
	promise(t, r.id, "1000\n");
	other.site_id[0] = '\0';
	assert_true(job_recover(&other, &e));
	assert_string_equal(other.site_id, "");
	assert_null(other.site_wanted);
	assert_value(t, "a", "");
}

/* "stop:x" stops this process until somebody lets it go on. */
static void
test_a_job_that_runs_beyond_the_deadline_gets_time(void **state)
{
	struct toy	*t = *state;
	pid_t		 pid = fork();
	int		 status;
	json_t		*ids;
	char		 id[JOB_ID_SIZE];
	int64_t		 now;

	if (pid == 0) {
		struct job_result	r;
		struct err		e;

		(void)apply_within(t, "a=1 stop:x b=2", 2, &r, &e);
		_exit(r.state == JOB_WAITING ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	ids = job_file_ids(&t->ctx, NULL);
	snprintf(id, sizeof(id), "%s", json_string_value(json_array_get(ids,
	    0)));
	json_decref(ids);
	/* Far beyond the deadline: the guardian has nothing to take back. */
	now = clock_mono_ms(&clock_system);
	while (clock_mono_ms(&clock_system) < now + 3000)
		(void)poll(NULL, 0, 100);
	assert_int_equal(state_of(t, id), JOB_RUNNING);
	toy_put(t, "x", "passed");
	kill(pid, SIGCONT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_value(t, "b", "2");
	await_state(t, id, JOB_UNDONE);
	assert_value(t, "a", "");
	assert_value(t, "b", "");
}

/* "stconsole --state DIR job guard ID" */
static int
guardian_main(char **argv)
{
	struct toy	t;
	struct err	e = { 0 };

	toy_join(&t, argv[2]);
	return guard_watch(&t.ctx, argv[5], &e) ? 0 : 1;
}

#define GUARD_TEST(f) \
	cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		GUARD_TEST(test_a_change_that_nobody_keeps_is_undone),
		GUARD_TEST(test_the_guardian_lives_before_the_first_change),
		GUARD_TEST(test_a_clock_that_jumps_decides_nothing),
		GUARD_TEST(test_after_a_reboot_the_wall_clock_decides),
		GUARD_TEST(
		    test_a_confirmed_change_stays_though_its_promise_was_left),
		GUARD_TEST(test_after_the_deadline_nobody_can_keep_it),
		GUARD_TEST(
		    test_a_rollback_does_not_move_the_call_to_another_site),
		GUARD_TEST(
		  test_a_job_that_runs_beyond_the_deadline_gets_time)
	};

	if (argc == 6 && strcmp(argv[4], "guard") == 0)
		return guardian_main(argv);
	return cmocka_run_group_tests_name("guardian", tests, NULL, NULL);
}
