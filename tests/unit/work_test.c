/*
 * Calls that nobody waits for, as a screen sees them: what comes when, what
 * stays true when a call is stopped or the program ends.
 */
#include <dirent.h>
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

#include "stconsole/answer.h"
#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "work_toy.h"

struct bench {
	struct toy	 t;
	struct world	 w;
	struct work	*work;
};

static int
setup(void **state)
{
	struct bench	*b = calloc(1, sizeof(*b));
	struct err	 e = { 0 };

	assert_non_null(b);
	toy_init(&b->t);
	work_toy_world(&b->t, &b->w);
	b->work = work_local_new(&b->w, 4, &e);
	assert_non_null(b->work);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	work_free(b->work);
	work_toy_forget();
	toy_fini(&b->t);
	free(b);
	return 0;
}

static unsigned
threads_now(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/task", &st), 0);
	return (unsigned)st.st_nlink - 2;
}

static json_t *
answer_of(struct work *w, unsigned id)
{
	json_t *doc = work_toy_await(w, WORK_ANSWER, id);

	assert_non_null(doc);
	return doc;
}

static const char *
job_state_of(const json_t *doc)
{
	return json_text(json_object_get(doc, "job"), "state");
}

static void
test_nothing_runs_before_the_first_call(void **state)
{
	struct bench		*b = *state;
	unsigned		 before = threads_now();
	struct err		 e = { 0 };
	struct work		*other = work_local_new(&b->w, 4, &e);
	struct work_event	 ev;

	assert_non_null(other);
	assert_int_equal(threads_now(), before);
	assert_false(work_next(other, &ev));
	assert_int_equal(work_jobs_hosted(other), 0);
	assert_false(work_is_attached(other));
	work_free(other);
	assert_int_equal(threads_now(), before);
}

static void
test_a_reading_call_answers_as_the_command_line_does(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "settings.list", NULL);
	AUTO_JSON json_t	*doc = answer_of(b->work, id);

	assert_true(json_flag(doc, "ok"));
	assert_true(json_is_array(json_object_get(json_object_get(doc,
	    "result"), "settings")));
	assert_int_equal(json_int(doc, "status", -1), EXIT_DONE);
	assert_true(json_int(doc, "at", 0) > 0);
	assert_true(str_starts(json_text(doc, "command"), "stconsole "));
	assert_true(str_ends(json_text(doc, "command"), " settings list"));
}

static void
test_an_error_is_an_answer_with_its_exit_status(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "job.show", json_pack("{s:s}", "id",
				    "20200101-000000-000aaaaaa"));
	AUTO_JSON json_t	*doc = answer_of(b->work, id);
	AUTO_JSON json_t	*usage = NULL;

	assert_true(json_is_false(json_object_get(doc, "ok")));
	assert_string_equal(json_text(json_object_get(doc, "error"),
	    "domain"), "job");
	assert_int_equal(json_int(doc, "status", -1), EXIT_FAILED);
	id = work_toy_start(b->work, WORK_CALL, "job.show", NULL);
	usage = answer_of(b->work, id);
	assert_int_equal(json_int(usage, "status", -1), EXIT_USAGE);
}

static void
test_a_verb_that_is_not_there_is_said_at_once(void **state)
{
	struct bench		*b = *state;
	struct work_call	 call = { .verb = "no.such" };
	struct err		 e = { 0 };

	assert_int_equal(work_start(b->work, &call, &e), 0);
	assert_int_equal(e.domain, ERR_USAGE);
}

static void
test_a_preview_is_applied_by_its_hash(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_apply(b->work, "toy.set",
				    json_pack("{s:s}", "set", "a=1 b=2"), 0);
	AUTO_JSON json_t	*doc = answer_of(b->work, id);
	AUTO_FREE char		*a = toy_get(&b->t, "a");

	assert_true(json_flag(doc, "ok"));
	assert_string_equal(job_state_of(doc), "done");
	assert_true(json_flag(json_object_get(doc, "job"), "verified"));
	assert_int_equal(json_array_size(json_object_get(json_object_get(doc,
	    "plan"), "steps")), 2);
	assert_string_equal(a, "1");
}

static void
test_what_changed_since_the_preview_is_not_applied(void **state)
{
	struct bench		*b = *state;
	AUTO_JSON json_t	*params = json_pack("{s:s}", "set", "a=1");
	unsigned		 id = work_toy_start(b->work, WORK_PLAN,
				    "toy.set", json_incref(params));
	AUTO_JSON json_t	*plan = answer_of(b->work, id);
	AUTO_JSON json_t	*doc = NULL;
	const char		*hash = json_text(json_object_get(plan,
				    "plan"), "hash");
	struct work_call	 call = {
		.kind = WORK_APPLY, .verb = "toy.set", .params = params,
		.hash = hash
	};

	toy_put(&b->t, "a", "other");
	id = work_start(b->work, &call, NULL);
	doc = answer_of(b->work, id);
	assert_int_equal(json_int(doc, "status", -1), EXIT_CHANGED);
	assert_string_not_equal(json_text(json_object_get(doc, "plan"),
	    "hash"), hash);
	assert_null(json_object_get(doc, "job"));
}

static void
test_calls_run_beside_each_other_and_the_rest_queue(void **state)
{
	struct bench	*b = *state;
	unsigned	 block[6], i, echo;

	for (i = 0; i < 3; i++)
		block[i] = work_toy_start(b->work, WORK_CALL, "work.block",
		    NULL);
	echo = work_toy_start(b->work, WORK_CALL, "work.echo", NULL);
	json_decref(answer_of(b->work, echo));
	for (; i < 6; i++)
		block[i] = work_toy_start(b->work, WORK_CALL, "work.block",
		    NULL);
	echo = work_toy_start(b->work, WORK_CALL, "work.echo", NULL);
	for (i = 0; i < 6; i++) {
		AUTO_JSON json_t *doc = NULL;

		work_cancel(b->work, block[i]);
		doc = answer_of(b->work, block[i]);
		assert_int_equal(json_int(doc, "status", -1),
		    EXIT_CANCELLED);
	}
	json_decref(answer_of(b->work, echo));
	work_cancel(b->work, 4711);
}

static void
test_a_call_in_the_queue_is_cancelled_at_once(void **state)
{
	struct bench		*b = *state;
	unsigned		 i, queued, block[4];
	AUTO_JSON json_t	*doc = NULL;

	for (i = 0; i < 4; i++)
		block[i] = work_toy_start(b->work, WORK_CALL, "work.block",
		    NULL);
	queued = work_toy_start(b->work, WORK_CALL, "work.echo", NULL);
	work_cancel(b->work, queued);
	doc = answer_of(b->work, queued);
	assert_int_equal(json_int(doc, "status", -1), EXIT_CANCELLED);
	for (i = 0; i < 4; i++)
		work_cancel(b->work, block[i]);
}

static void
test_a_cancelled_job_stops_at_its_next_safe_point(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_apply(b->work, "work.gate",
				    json_pack("{s:s}", "name", "g"), 0);
	AUTO_JSON json_t	*doc = NULL;

	work_toy_reached(&b->t, "g");
	assert_int_equal(work_jobs_hosted(b->work), 1);
	work_cancel(b->work, id);
	doc = answer_of(b->work, id);
	assert_string_equal(job_state_of(doc), "cancelled");
	assert_int_equal(json_int(doc, "status", -1), EXIT_CANCELLED);
	assert_int_equal(work_jobs_hosted(b->work), 0);
}

static void
test_two_jobs_of_one_program_keep_each_other_out(void **state)
{
	struct bench		*b = *state;
	unsigned		 first = work_toy_apply(b->work, "work.gate",
				    json_pack("{s:s}", "name", "g"), 0);
	unsigned		 second;
	AUTO_JSON json_t	*held = NULL, *done = NULL;

	work_toy_reached(&b->t, "g");
	second = work_toy_apply(b->work, "work.gate", json_pack("{s:s}",
	    "name", "g"), 0);
	held = answer_of(b->work, second);
	assert_int_equal(json_int(held, "status", -1), EXIT_HELD);
	toy_put(&b->t, "g", "open");
	done = answer_of(b->work, first);
	assert_string_equal(job_state_of(done), "done");
}

static void
test_a_running_job_is_listed_and_cannot_run_twice(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_apply(b->work, "work.gate",
				    json_pack("{s:s}", "name", "g"), 0), ask;
	AUTO_JSON json_t	*list = NULL, *twice = NULL, *locks = NULL;
	AUTO_JSON json_t	*done = NULL;
	const json_t		*job, *lock;

	work_toy_reached(&b->t, "g");
	ask = work_toy_start(b->work, WORK_CALL, "job.list", NULL);
	list = answer_of(b->work, ask);
	job = json_array_get(json_object_get(json_object_get(list, "result"),
	    "jobs"), 0);
	assert_string_equal(json_text(job, "state"), "running");
	ask = work_toy_start(b->work, WORK_CALL, "job.resume", json_pack(
	    "{s:s}", "id", json_text(job, "id")));
	twice = answer_of(b->work, ask);
	assert_int_equal(json_int(twice, "status", -1), EXIT_HELD);
	ask = work_toy_start(b->work, WORK_CALL, "lock.list", NULL);
	locks = answer_of(b->work, ask);
	lock = json_array_get(json_object_get(json_object_get(locks,
	    "result"), "locks"), 0);
	assert_true(json_flag(lock, "held"));
	assert_int_equal(json_int(lock, "pid", 0), getpid());
	toy_put(&b->t, "g", "open");
	done = answer_of(b->work, id);
	assert_string_equal(job_state_of(done), "done");
}

static void
test_a_job_of_this_program_is_not_ended_by_takeover(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_apply(b->work, "work.gate",
				    json_pack("{s:s}", "name", "g"), 0), ask;
	AUTO_JSON json_t	*list = NULL, *take = NULL;

	work_toy_reached(&b->t, "g");
	ask = work_toy_start(b->work, WORK_CALL, "job.list", NULL);
	list = answer_of(b->work, ask);
	ask = work_toy_start(b->work, WORK_PLAN, "job.takeover", json_pack(
	    "{s:s}", "id", json_text(json_array_get(json_object_get(
	    json_object_get(list, "result"), "jobs"), 0), "id")));
	take = answer_of(b->work, ask);
	assert_int_equal(json_int(take, "status", -1), EXIT_REFUSED);
	assert_non_null(strstr(json_text(json_object_get(take, "error"),
	    "hint"), "job cancel"));
	toy_put(&b->t, "g", "open");
	json_decref(answer_of(b->work, id));
}

static void
test_only_the_latest_progress_is_told(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_apply(b->work, "work.count",
				    json_pack("{s:i}", "n", 100000), 0);
	unsigned		 told = 0;
	json_int_t		 last = 0;
	struct pollfd		 p = { .fd = work_fd(b->work),
				    .events = POLLIN };
	struct work_event	 ev = { .kind = WORK_PROGRESS };

	while (ev.kind != WORK_ANSWER && poll(&p, 1, WORK_PATIENCE_MS) > 0)
		while (ev.kind != WORK_ANSWER && work_next(b->work, &ev)) {
			if (ev.kind == WORK_PROGRESS) {
				assert_int_equal(ev.id, id);
				assert_true(json_int(ev.data, "done", -1) >=
				    last);
				last = json_int(ev.data, "done", -1);
				told++;
			}
			work_event_fini(&ev);
		}
	assert_int_equal(ev.kind, WORK_ANSWER);
	assert_true(told > 0);
	assert_int_equal(last, 100000);
}

static void
test_lines_nobody_reads_in_time_are_counted(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "work.lines", json_pack("{s:i}", "n",
				    5000));
	AUTO_JSON json_t	*more = NULL, *lines = NULL;
	const json_t		*list;
	size_t			 told;

	lines = work_toy_await(b->work, WORK_LINES, id);
	list = json_object_get(lines, "lines");
	told = json_array_size(list) + (size_t)json_int(lines, "lost", 0);
	while (told < 5000) {
		json_decref(more);
		more = work_toy_await(b->work, WORK_LINES, id);
		told += json_array_size(json_object_get(more, "lines")) +
		    (size_t)json_int(more, "lost", 0);
	}
	assert_int_equal(told, 5000);
}

static void
test_a_secret_reaches_the_verb_and_no_answer(void **state)
{
	struct bench		*b = *state;
	AUTO_SECRET struct secret *s = secret_new("hunter2", 7, NULL);
	struct work_call	 call = {
		.verb = "work.echo", .secrets = { { "password_file", s } }
	};
	struct err		 e = { 0 };
	unsigned		 id = work_start(b->work, &call, &e);
	AUTO_JSON json_t	*doc = NULL;
	AUTO_FREE char		*text = NULL;

	assert_true(id > 0);
	secret_free(TAKE(s));
	doc = answer_of(b->work, id);
	text = json_dumps(doc, 0);
	assert_int_equal(json_int(json_object_get(doc, "result"),
	    "secret_bytes", 0), 7);
	assert_null(strstr(text, "hunter2"));
}

static void
test_an_input_is_given_as_its_text(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "work.echo", json_pack("{s:s}", "text",
				    "a,b\nc,d\n"));
	AUTO_JSON json_t	*doc = answer_of(b->work, id);

	assert_string_equal(json_text(json_object_get(json_object_get(doc,
	    "result"), "params"), "text"), "a,b\nc,d\n");
}

static void
test_calls_mean_the_site_that_was_set_when_they_began(void **state)
{
	struct bench		*b = *state;
	AUTO_JSON json_t	*doc = NULL;
	unsigned		 id;

	assert_null(work_site(b->work));
	assert_true(work_site_set(b->work, "/opt/one", NULL));
	id = work_toy_start(b->work, WORK_CALL, "work.echo", NULL);
	assert_true(work_site_set(b->work, "/opt/two", NULL));
	doc = answer_of(b->work, id);
	assert_string_equal(json_text(json_object_get(doc, "result"),
	    "site"), "/opt/one");
	assert_string_equal(work_site(b->work), "/opt/two");
}

static void
test_a_call_for_somebody_else_has_their_role(void **state)
{
	struct bench		*b = *state;
	struct work_as		 as = { .who = { .uid = 4711, .user = "ida",
				    .role = ROLE_VIEWER } };
	AUTO_JSON json_t	*params = json_pack("{s:s}", "set", "a=1");
	struct work_call	 call = {
		.kind = WORK_PLAN, .verb = "toy.set", .params = params,
		.as = &as
	};
	AUTO_JSON json_t	*doc = NULL, *demo = NULL;
	unsigned		 id = work_start(b->work, &call, NULL);

	doc = answer_of(b->work, id);
	assert_int_equal(json_int(doc, "status", -1), EXIT_REFUSED);
	/* The demo is its starter's, not everybody's. */
	as.site = "demo";
	id = work_start(b->work, &call, NULL);
	demo = answer_of(b->work, id);
	assert_int_equal(json_int(demo, "status", -1), EXIT_REFUSED);
}

static void
test_somebody_elses_job_is_announced(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "work.echo", NULL);
	struct job_result	 r;
	struct err		 e = { 0 };

	json_decref(answer_of(b->work, id));
	assert_true(toy_apply(&b->t, "toy.set", json_pack("{s:s}", "set",
	    "a=1"), &r, &e));
	assert_null(work_toy_await(b->work, WORK_JOBS, 0));
}

static void
test_the_end_of_the_program_interrupts_a_job(void **state)
{
	struct bench		*b = *state;
	struct err		 e = { 0 };
	AUTO_JSON json_t	*list = NULL;
	unsigned		 ask;

	work_toy_apply(b->work, "work.gate", json_pack("{s:s}", "name",
	    "g"), 0);
	work_toy_reached(&b->t, "g");
	work_toy_start(b->work, WORK_CALL, "work.block", NULL);
	work_free(b->work);
	b->work = work_local_new(&b->w, 4, &e);
	assert_non_null(b->work);
	ask = work_toy_start(b->work, WORK_CALL, "job.list", NULL);
	list = answer_of(b->work, ask);
	assert_string_equal(json_text(json_array_get(json_object_get(
	    json_object_get(list, "result"), "jobs"), 0), "state"),
	    "interrupted");
}

static void
test_what_is_no_job_is_not_waited_for(void **state)
{
	struct bench		*b = *state;
	AUTO_FREE char		*dir = str_format("%s/jobs/pending",
				    b->t.dir);
	AUTO_JSON json_t	*doc = NULL;
	struct err		 e = { 0 };

	assert_true(file_make_dirs(dir, 0700, &e));
	toy_put(&b->t, "a", "1");
	doc = answer_of(b->work, work_toy_start(b->work, WORK_WAIT, NULL,
	    json_pack("{s:s}", "id", "../../world/a")));
	assert_false(json_flag(doc, "ok"));
}

/* The guardian is this program again; it does not work under TSan. */
static void
test_a_change_on_trial_is_kept_when_it_is_confirmed(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_apply(b->work, "toy.set",
				    json_pack("{s:s}", "set", "a=1"), 60);
	AUTO_JSON json_t	*doc = answer_of(b->work, id);
	AUTO_JSON json_t	*end = NULL;
	AUTO_JSON json_t	*job = json_pack("{s:s}", "id", json_text(
				    json_object_get(doc, "job"), "id"));
	unsigned		 wait;

	assert_string_equal(job_state_of(doc), "waiting");
	wait = work_toy_start(b->work, WORK_WAIT, NULL, json_incref(job));
	id = work_toy_start(b->work, WORK_CALL, "job.confirm",
	    json_incref(job));
	json_decref(answer_of(b->work, id));
	end = answer_of(b->work, wait);
	assert_true(json_flag(end, "ok"));
	assert_string_equal(job_state_of(end), "done");
}

/* Started by guard.c with these words. */
static int
guardian(const char *dir, const char *id)
{
	struct toy	t;
	struct err	e = { 0 };
	json_t		*none = NULL;
	struct plan	*plan = NULL;
	const struct verb *v;
	AUTO_JSON json_t *params = json_pack("{s:s}", "id", id);

	toy_join(&t, dir);
	t.ctx.site_id[0] = '\0';
	v = registry_verb(&work_toy_registry, "job.guard");
	return verb_call(&t.ctx, v, params, &none, &plan, &e) ? 0 : 1;
}

#define WORK_TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WORK_TEST(test_nothing_runs_before_the_first_call),
		WORK_TEST(
		    test_a_reading_call_answers_as_the_command_line_does),
		WORK_TEST(test_an_error_is_an_answer_with_its_exit_status),
		WORK_TEST(test_a_verb_that_is_not_there_is_said_at_once),
		WORK_TEST(test_a_preview_is_applied_by_its_hash),
		WORK_TEST(
		    test_what_changed_since_the_preview_is_not_applied),
		WORK_TEST(test_calls_run_beside_each_other_and_the_rest_queue),
		WORK_TEST(
		    test_a_call_in_the_queue_is_cancelled_at_once),
		WORK_TEST(test_a_cancelled_job_stops_at_its_next_safe_point),
		WORK_TEST(test_two_jobs_of_one_program_keep_each_other_out),
		WORK_TEST(
		    test_a_running_job_is_listed_and_cannot_run_twice),
		WORK_TEST(
		    test_a_job_of_this_program_is_not_ended_by_takeover),
		WORK_TEST(test_only_the_latest_progress_is_told),
		WORK_TEST(test_lines_nobody_reads_in_time_are_counted),
		WORK_TEST(test_a_secret_reaches_the_verb_and_no_answer),
		WORK_TEST(test_an_input_is_given_as_its_text),
		WORK_TEST(test_what_is_no_job_is_not_waited_for),
		WORK_TEST(
		    test_calls_mean_the_site_that_was_set_when_they_began),
		WORK_TEST(test_a_call_for_somebody_else_has_their_role),
		WORK_TEST(test_somebody_elses_job_is_announced),
		WORK_TEST(test_the_end_of_the_program_interrupts_a_job),
		WORK_TEST(test_a_change_on_trial_is_kept_when_it_is_confirmed)
	};

	/* stconsole --state DIR job guard ID */
	if (argc == 6 && strcmp(argv[4], "guard") == 0)
		return guardian(argv[2], argv[5]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
