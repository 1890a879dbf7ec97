/*
 * Locks as two people at one site see them: who holds what, what a dead
 * process leaves, and taking over from one that hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"

#include "../../src/core/core.h"
#include "toy.h"

/* A process that holds resource "a" until it is killed. */
static pid_t
holder_start(struct toy *t, const char *job)
{
	AUTO_JSON json_t	*names = json_pack("[s]", "a");
	int			 ready[2];
	char			 byte;
	pid_t			 pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (lock_take(&t->ctx, names, job, NULL) == NULL ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void
holder_end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void
test_a_held_lock_names_its_holder(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*names = json_pack("[s]", "a");
	pid_t			 pid = holder_start(t, "20260101-000000-abcd");
	struct err		 e = { 0 };
	char			 number[16];

	assert_null(lock_take(&t->ctx, names, "-", &e));
	assert_int_equal(e.domain, ERR_HELD);
	snprintf(number, sizeof(number), "%d", (int)pid);
	assert_non_null(strstr(e.msg, number));
	assert_non_null(strstr(e.msg, "kim"));
	assert_non_null(strstr(e.msg, "20260101-000000-abcd"));
	assert_non_null(strstr(e.hint, "job takeover 20260101-000000-abcd"));
	holder_end(pid);
}

static void
test_what_a_killed_holder_left_is_taken_over(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*names = json_pack("[s]", "a");
	pid_t			 pid = holder_start(t, "-");
	struct lock_set		*set;
	struct err		 e = { 0 };

	holder_end(pid);
	set = lock_take(&t->ctx, names, "-", &e);
	assert_non_null(set);
	lock_release(set);
}

static void
test_all_or_none_are_taken(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*both = json_pack("[s, s]", "b", "a");
	AUTO_JSON json_t	*free_one = json_pack("[s]", "b");
	pid_t			 pid = holder_start(t, "-");
	struct lock_set		*set;
	struct err		 e = { 0 };

	assert_null(lock_take(&t->ctx, both, "-", &e));
	set = lock_take(&t->ctx, free_one, "-", &e);
	assert_non_null(set);
	lock_release(set);
	holder_end(pid);
}

/* The list belongs to no site, and still shows every site's locks. */
static void
test_the_list_shows_the_locks_of_every_site(void **state)
{
	struct toy		*t = *state;
	struct ctx		 elsewhere = t->ctx;
	pid_t			 pid = holder_start(t, "j");
	AUTO_JSON json_t	*list = NULL;
	const json_t		*lock;
	size_t			 i, found = 0;
	struct err		 e = { 0 };

	elsewhere.site_id[0] = '\0';
	list = lock_list(&elsewhere, &e);
	assert_non_null(list);
	json_array_foreach (list, i, lock)
		if (strcmp(json_text(lock, "site"), t->ctx.site_id) == 0) {
			found++;
			assert_string_equal(json_text(lock, "resource"), "a");
			assert_string_equal(json_text(lock, "job"), "j");
			assert_int_equal(json_int(lock, "pid", 0), pid);
			assert_true(json_flag(lock, "held"));
			assert_false(json_flag(lock, "stale"));
		}
	assert_int_equal(found, 1);
	holder_end(pid);
}

/* Looking at locks all the time must not make a taker believe in a holder. */
struct looker {
	struct ctx	ctx;
	atomic_bool	stop;
};

static void *
look(void *arg)
{
	struct looker *l = arg;

	while (!l->stop)
		json_decref(lock_list(&l->ctx, NULL));
	return NULL;
}

static void
test_somebody_who_looks_holds_nothing(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*names = json_pack("[s]", "a");
	struct looker		 l = { .ctx = t->ctx };
	struct lock_set		*set;
	pthread_t		 thread;
	struct err		 e = { 0 };
	int			 i;

	assert_int_equal(pthread_create(&thread, NULL, look, &l), 0);
	for (i = 0; i < 3000; i++) {
		set = lock_take(&t->ctx, names, "-", &e);
		if (set == NULL)
			break;
		lock_release(set);
	}
	l.stop = true;
	pthread_join(thread, NULL);
	if (i < 3000)
		fail_msg("take %d: %s", i, e.msg);
}

/* A job that hangs in the middle: its process is stopped and takes nothing. */
static pid_t
stopped_job(struct toy *t, char id[JOB_ID_SIZE])
{
	AUTO_FREE char	*jobs = store_path(t->ctx.store, "jobs");
	pid_t		 pid = fork();
	json_t		*ids;
	int		 i, status;

	if (pid == 0) {
		struct job_result	 r;
		struct err		 e;

		(void)toy_apply(t, "toy.set", json_pack("{s:s}", "set",
		    "a=1 stop:x b=2"), &r, &e);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	ids = job_file_ids(&t->ctx, NULL);
	assert_int_equal(json_array_size(ids), 1);
	i = snprintf(id, JOB_ID_SIZE, "%s", json_string_value(
	    json_array_get(ids, 0)));
	assert_true(i > 0);
	json_decref(ids);
	return pid;
}

static void
test_takeover_ends_a_job_that_hangs_and_it_can_be_resumed(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	char			 id[JOB_ID_SIZE];
	pid_t			 pid = stopped_job(t, id);
	AUTO_FREE char		*b = NULL;

	assert_false(job_resume(&t->ctx, id, &r, &e));
	assert_int_equal(e.domain, ERR_HELD);
	assert_true(toy_apply(t, "job.takeover", json_pack("{s:s}", "id",
	    id), &r, &e));
	assert_int_equal(r.state, JOB_DONE);
	toy_put(t, "x", "passed");
	assert_true(job_resume(&t->ctx, id, &r, &e));
	assert_int_equal(r.state, JOB_DONE);
	b = toy_get(t, "b");
	assert_string_equal(b, "2");
	/* Nobody reaped it until now: a zombie is no holder. */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
test_a_job_that_nobody_holds_is_not_taken_over(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, none;
	struct err		 e = { 0 };

	assert_true(toy_apply(t, "toy.set", json_pack("{s:s}", "set",
	    "a=1"), &r, &e));
	assert_false(toy_apply(t, "job.takeover", json_pack("{s:s}", "id",
	    r.id), &none, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
}

#define LOCK_TEST(f) \
	cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOCK_TEST(test_a_held_lock_names_its_holder),
		LOCK_TEST(test_what_a_killed_holder_left_is_taken_over),
		LOCK_TEST(test_all_or_none_are_taken),
		LOCK_TEST(test_the_list_shows_the_locks_of_every_site),
		LOCK_TEST(test_somebody_who_looks_holds_nothing),
		LOCK_TEST(
		    test_takeover_ends_a_job_that_hangs_and_it_can_be_resumed),
		LOCK_TEST(test_a_job_that_nobody_holds_is_not_taken_over)
	};

	return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
