/*
 * Consoles at one serve: the same calls as without it, seen from two sides.
 * serve runs in a child of each test, on the toys.
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

#include "stconsole/answer.h"
#include "stconsole/control.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "work_toy.h"

struct bench {
	struct toy	 t;
	struct world	 w;
	pid_t		 serve;
	struct work	*work;
};

static void
serve_child(const struct bench *b)
{
	struct err	e = { 0 };
	bool		ok;
	int		null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDERR_FILENO);
	ok = control_serve(&b->w, &e);
	_exit(ok ? 0 : answer_exit_of_err(&e));
}

static struct work *
attach(const struct bench *b, bool is_console)
{
	bool		 is_there = false;
	struct err	 e = { 0 };
	int		 left = WORK_PATIENCE_MS / 5;
	struct work	*w = NULL;

	while (w == NULL && left-- > 0) {
		w = control_attach(&b->w, is_console, &is_there, &e);
		if (w == NULL && is_there)
			fail_msg("%s", e.msg);
		if (w == NULL)
			(void)poll(NULL, 0, 5);
	}
	assert_non_null(w);
	return w;
}

static pid_t
serve_start(const struct bench *b)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		serve_child(b);
	return pid;
}

static int
serve_end(struct bench *b, int sig)
{
	int status = 0;

	if (b->serve <= 0)
		return 0;
	kill(b->serve, sig);
	assert_int_equal(waitpid(b->serve, &status, 0), b->serve);
	b->serve = 0;
	return status;
}

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	toy_init(&b->t);
	work_toy_world(&b->t, &b->w);
	/* The peer is asked of the kernel: our own words count for nothing. */
	b->w.who.role = ROLE_NONE;
	setenv("STCONSOLE_RUNTIME_DIR", b->t.dir, 1);
	b->serve = serve_start(b);
	b->work = attach(b, true);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	work_free(b->work);
	work_toy_forget();
	serve_end(b, SIGTERM);
	toy_fini(&b->t);
	free(b);
	return 0;
}

/* Without a roles file only root may change something. */
static void
needs_root(void)
{
	if (geteuid() != 0)
		skip();
}

static const char *
job_state_of(const json_t *doc)
{
	return json_text(json_object_get(doc, "job"), "state");
}

static void
test_calls_are_answered_as_they_are_without_serve(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "settings.list", NULL);
	AUTO_JSON json_t	*doc = work_toy_await(b->work, WORK_ANSWER,
				    id);

	assert_true(work_is_attached(b->work));
	assert_true(json_flag(doc, "ok"));
	assert_int_equal(json_int(doc, "status", -1), EXIT_DONE);
	assert_true(str_ends(json_text(doc, "command"), " settings list"));
}

static void
test_a_change_is_previewed_and_applied_there(void **state)
{
	struct bench		*b = *state;
	AUTO_JSON json_t	*doc = NULL;
	AUTO_FREE char		*a = NULL;
	unsigned		 id;

	needs_root();
	id = work_toy_apply(b->work, "toy.set", json_pack("{s:s}", "set",
	    "a=1 b=2"), 0);
	doc = work_toy_await(b->work, WORK_ANSWER, id);
	a = toy_get(&b->t, "a");
	assert_string_equal(job_state_of(doc), "done");
	assert_string_equal(a, "1");
}

static void
test_the_caller_is_who_the_kernel_says(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "work.echo", NULL);
	AUTO_JSON json_t	*doc = work_toy_await(b->work, WORK_ANSWER,
				    id);

	assert_int_equal(work_who(b->work)->uid, getuid());
	assert_int_equal(work_who(b->work)->role, getuid() == 0 ?
	    ROLE_ADMIN : ROLE_VIEWER);
	assert_string_equal(json_text(json_object_get(doc, "result"),
	    "user"), work_who(b->work)->user);
}

static void
test_a_secret_arrives_and_comes_back_nowhere(void **state)
{
	struct bench		 *b = *state;
	AUTO_SECRET struct secret *s = secret_new("hunter2", 7, NULL);
	struct work_call	  call = {
		.verb = "work.echo", .secrets = { { "password_file", s } }
	};
	unsigned		  id = work_start(b->work, &call, NULL);
	AUTO_JSON json_t	 *doc = work_toy_await(b->work, WORK_ANSWER,
				    id);
	AUTO_FREE char		 *text = json_dumps(doc, 0);

	assert_int_equal(json_int(json_object_get(doc, "result"),
	    "secret_bytes", 0), 7);
	assert_null(strstr(text, "hunter2"));
}

static void
test_a_refused_secret_leaves_none_for_the_next_call(void **state)
{
	static char		  much[70 << 10];
	struct bench		 *b = *state;
	AUTO_SECRET struct secret *large = NULL, *other = NULL, *s = NULL;
	struct work_call	  first = { .verb = "work.echo" };
	struct work_call	  next = { .verb = "work.echo" };
	AUTO_JSON json_t	 *no = NULL, *doc = NULL;
	unsigned		  id, next_id;

	memset(much, 'x', sizeof(much));
	large = secret_new(much, sizeof(much), NULL);
	other = secret_new("another", 7, NULL);
	s = secret_new("hunter23", 8, NULL);
	first.secrets[0] = (struct ctx_secret){ "password_file", large };
	first.secrets[1] = (struct ctx_secret){ "other_file", other };
	next.secrets[0] = (struct ctx_secret){ "password_file", s };
	id = work_start(b->work, &first, NULL);
	next_id = work_start(b->work, &next, NULL);
	no = work_toy_await(b->work, WORK_ANSWER, id);
	doc = work_toy_await(b->work, WORK_ANSWER, next_id);
	assert_false(json_flag(no, "ok"));
	assert_int_equal(json_int(json_object_get(doc, "result"),
	    "secret_bytes", 0), 8);
}

static void
test_a_long_text_and_a_large_answer_arrive_whole(void **state)
{
	struct bench		*b = *state;
	size_t			 n = 5u << 20;
	AUTO_FREE char		*text = malloc(n + 1);
	AUTO_JSON json_t	*doc = NULL;
	unsigned		 id;

	assert_non_null(text);
	memset(text, 'x', n);
	text[n] = '\0';
	id = work_toy_start(b->work, WORK_CALL, "work.echo", json_pack(
	    "{s:s}", "text", text));
	doc = work_toy_await(b->work, WORK_ANSWER, id);
	assert_string_equal(json_text(json_object_get(json_object_get(doc,
	    "result"), "params"), "text"), text);
}

static void
test_more_calls_than_serve_takes_wait_for_their_turn(void **state)
{
	struct bench	*b = *state;
	unsigned	 ids[40], i;

	for (i = 0; i < LENGTH(ids); i++)
		ids[i] = work_toy_start(b->work, WORK_CALL, "work.echo",
		    NULL);
	for (i = 0; i < LENGTH(ids); i++) {
		AUTO_JSON json_t *doc = work_toy_await(b->work, WORK_ANSWER,
		    ids[i]);

		assert_true(json_flag(doc, "ok"));
	}
}

static void
test_a_call_is_cancelled_there(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "work.block", NULL), many[9], i;
	AUTO_JSON json_t	*doc = NULL;

	work_cancel(b->work, id);
	doc = work_toy_await(b->work, WORK_ANSWER, id);
	assert_int_equal(json_int(doc, "status", -1), EXIT_CANCELLED);
	/* Also one that has not been sent yet. */
	for (i = 0; i < LENGTH(many); i++)
		many[i] = work_toy_start(b->work, WORK_CALL, "work.block",
		    NULL);
	for (i = LENGTH(many); i-- > 0;) {
		AUTO_JSON json_t *end = NULL;

		work_cancel(b->work, many[i]);
		end = work_toy_await(b->work, WORK_ANSWER, many[i]);
		assert_int_equal(json_int(end, "status", -1),
		    EXIT_CANCELLED);
	}
}

static void
test_progress_and_lines_arrive_before_the_answer(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "work.lines", json_pack("{s:i}", "n",
				    10));
	AUTO_JSON json_t	*lines = work_toy_await(b->work, WORK_LINES,
				    id);
	AUTO_JSON json_t	*progress = NULL;

	assert_true(json_array_size(json_object_get(lines, "lines")) > 0);
	needs_root();
	id = work_toy_apply(b->work, "work.count", json_pack("{s:i}", "n",
	    1000), 0);
	progress = work_toy_await(b->work, WORK_PROGRESS, id);
	assert_string_equal(json_text(progress, "title"), "Count");
}

static void
test_a_job_goes_on_when_its_console_ends(void **state)
{
	struct bench		*b = *state;
	struct work		*other;
	AUTO_JSON json_t	*list = NULL, *held = NULL;
	const json_t		*job;
	unsigned		 id;

	needs_root();
	work_toy_apply(b->work, "work.gate", json_pack("{s:s}", "name",
	    "g"), 0);
	work_toy_reached(&b->t, "g");
	assert_int_equal(work_jobs_hosted(b->work), 0);
	other = attach(b, false);
	work_free(b->work);
	work_toy_forget();
	b->work = other;
	id = work_toy_start(other, WORK_CALL, "job.list", NULL);
	list = work_toy_await(other, WORK_ANSWER, id);
	job = json_array_get(json_object_get(json_object_get(list, "result"),
	    "jobs"), 0);
	assert_string_equal(json_text(job, "state"), "running");
	id = work_toy_apply(other, "work.gate", json_pack("{s:s}", "name",
	    "g"), 0);
	held = work_toy_await(other, WORK_ANSWER, id);
	assert_int_equal(json_int(held, "status", -1), EXIT_HELD);
	toy_put(&b->t, "g", "open");
	do {
		/* Serve counts how often it is asked. */
		(void)poll(NULL, 0, 20);
		json_decref(list);
		id = work_toy_start(other, WORK_CALL, "job.list", NULL);
		list = work_toy_await(other, WORK_ANSWER, id);
		job = json_array_get(json_object_get(json_object_get(list,
		    "result"), "jobs"), 0);
	} while (str_equal(json_text(job, "state"), "running"));
	assert_string_equal(json_text(job, "state"), "done");
}

static void
test_everybody_hears_of_a_job(void **state)
{
	struct bench	*b = *state;
	struct work	*other;
	unsigned	 id;

	needs_root();
	other = attach(b, true);
	id = work_toy_apply(b->work, "toy.set", json_pack("{s:s}", "set",
	    "a=1"), 0);
	json_decref(work_toy_await(b->work, WORK_ANSWER, id));
	assert_null(work_toy_await(other, WORK_JOBS, 0));
	work_free(other);
}

static void
test_one_console_operates_and_the_others_look_on(void **state)
{
	struct bench		*b = *state;
	struct work		*other = attach(b, true);
	AUTO_JSON json_t	*refused = NULL, *read = NULL, *after = NULL;
	unsigned		 id;

	assert_true(work_operator(b->work)->is_mine);
	assert_false(work_operator(other)->is_mine);
	assert_string_equal(work_operator(other)->user,
	    work_who(b->work)->user);
	assert_true(work_operator(other)->since_ms > 0);
	id = work_toy_start(other, WORK_PLAN, "toy.set", json_pack("{s:s}",
	    "set", "a=1"));
	refused = work_toy_await(other, WORK_ANSWER, id);
	assert_int_equal(json_int(refused, "status", -1), EXIT_HELD);
	id = work_toy_start(other, WORK_CALL, "job.list", NULL);
	read = work_toy_await(other, WORK_ANSWER, id);
	assert_true(json_flag(read, "ok"));
	assert_true(work_operator_take(other, NULL));
	work_toy_await(other, WORK_OPERATOR, 0);
	assert_true(work_operator(other)->is_mine);
	work_toy_await(b->work, WORK_OPERATOR, 0);
	assert_false(work_operator(b->work)->is_mine);
	id = work_toy_start(b->work, WORK_PLAN, "toy.set", json_pack(
	    "{s:s}", "set", "a=1"));
	after = work_toy_await(b->work, WORK_ANSWER, id);
	assert_int_equal(json_int(after, "status", -1), EXIT_HELD);
	work_free(other);
}

static void
test_a_command_line_is_not_bound_by_the_operator(void **state)
{
	struct bench		*b = *state;
	struct work		*cli;
	AUTO_JSON json_t	*doc = NULL;
	unsigned		 id;

	needs_root();
	cli = attach(b, false);
	id = work_toy_apply(cli, "toy.set", json_pack("{s:s}", "set",
	    "a=1"), 0);
	doc = work_toy_await(cli, WORK_ANSWER, id);
	assert_string_equal(job_state_of(doc), "done");
	assert_true(work_operator(b->work)->is_mine);
	work_free(cli);
}

static void
test_a_read_only_console_never_operates(void **state)
{
	struct bench		*b = *state;
	struct bench		 viewer = *b;
	struct work		*other;
	struct err		 e = { 0 };
	AUTO_JSON json_t	*doc = NULL;
	unsigned		 id;

	viewer.w.read_only = true;
	work_free(b->work);
	b->work = other = attach(&viewer, true);
	assert_false(work_operator(other)->is_mine);
	assert_string_equal(work_operator(other)->user, "");
	assert_false(work_operator_take(other, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	id = work_toy_start(other, WORK_PLAN, "toy.set", json_pack("{s:s}",
	    "set", "a=1"));
	doc = work_toy_await(other, WORK_ANSWER, id);
	assert_int_equal(json_int(doc, "status", -1), EXIT_REFUSED);
	/* The world that was read-only is gone with this test. */
	work_free(b->work);
	b->work = attach(b, true);
}

static void
test_a_serve_that_dies_is_told_and_its_calls_end(void **state)
{
	struct bench		*b = *state;
	unsigned		 id = work_toy_start(b->work, WORK_CALL,
				    "work.block", NULL);
	AUTO_JSON json_t	*doc = NULL;
	struct work_call	 call = { .verb = "work.echo" };
	struct err		 e = { 0 };

	serve_end(b, SIGKILL);
	doc = work_toy_await(b->work, WORK_ANSWER, id);
	assert_string_equal(json_text(json_object_get(doc, "error"),
	    "domain"), "sys");
	assert_null(work_toy_await(b->work, WORK_LOST, 0));
	assert_int_equal(work_start(b->work, &call, &e), 0);
	assert_non_null(strstr(e.msg, "ended"));
	/* Its socket is still there; the next one replaces it. */
	work_free(b->work);
	b->serve = serve_start(b);
	b->work = attach(b, true);
	assert_true(work_is_attached(b->work));
}

static void
test_sigterm_interrupts_a_job_and_says_so(void **state)
{
	struct bench		*b = *state;
	AUTO_JSON json_t	*doc = NULL, *end = NULL;
	unsigned		 id;
	int			 status;

	needs_root();
	id = work_toy_apply(b->work, "work.gate", json_pack("{s:s}", "name",
	    "g"), 0);
	work_toy_reached(&b->t, "g");
	status = serve_end(b, SIGTERM);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	doc = work_toy_await(b->work, WORK_ANSWER, id);
	assert_string_equal(job_state_of(doc), "interrupted");
	work_free(b->work);
	toy_put(&b->t, "g", "open");
	b->serve = serve_start(b);
	b->work = attach(b, true);
	id = work_toy_start(b->work, WORK_CALL, "job.resume", json_pack(
	    "{s:s}", "id", json_text(json_object_get(doc, "job"), "id")));
	end = work_toy_await(b->work, WORK_ANSWER, id);
	assert_string_equal(job_state_of(json_object_get(end, "result")),
	    "done");
}

static void
test_a_second_serve_for_the_same_folder_is_refused(void **state)
{
	struct bench	*b = *state;
	pid_t		 other = serve_start(b);
	int		 status = 0;

	assert_int_equal(waitpid(other, &status, 0), other);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_HELD);
}

static void
test_another_state_folder_is_said_and_not_mixed(void **state)
{
	struct bench	*b = *state;
	struct toy	 t;
	struct world	 w;
	bool		 is_there = false;
	struct err	 e = { 0 };

	(void)b;
	toy_init(&t);
	work_toy_world(&t, &w);
	assert_null(control_attach(&w, true, &is_there, &e));
	assert_true(is_there);
	assert_non_null(strstr(e.msg, t.dir));
	toy_fini(&t);
}

/* Who is meant by "user": there the kernel says it, here the toy. */
static void
demo_runs(struct work *w, const char *user)
{
	AUTO_JSON json_t	*doc = NULL;
	unsigned		 id;

	assert_true(work_site_set(w, "demo", NULL));
	id = work_toy_start(w, WORK_CALL, "work.echo", NULL);
	doc = work_toy_await(w, WORK_ANSWER, id);
	assert_string_equal(json_text(json_object_get(doc, "result"),
	    "user"), user);
}

static void
test_a_demo_that_serve_does_not_have_is_worked_on_here(void **state)
{
	struct bench	*b = *state;
	const char	*runtime = getenv("XDG_RUNTIME_DIR");
	AUTO_FREE char	*before = runtime != NULL ? strdup(runtime) : NULL;
	struct work	*other;

	demo_runs(b->work, work_who(b->work)->user);
	setenv("XDG_RUNTIME_DIR", b->t.dir, 1);
	other = attach(b, false);
	demo_runs(other, "kim");
	work_free(other);
	if (before != NULL)
		setenv("XDG_RUNTIME_DIR", before, 1);
	else
		unsetenv("XDG_RUNTIME_DIR");
}

#define CONTROL_TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(
		    test_calls_are_answered_as_they_are_without_serve),
		CONTROL_TEST(test_a_change_is_previewed_and_applied_there),
		CONTROL_TEST(test_the_caller_is_who_the_kernel_says),
		CONTROL_TEST(test_a_secret_arrives_and_comes_back_nowhere),
		CONTROL_TEST(
		    test_a_refused_secret_leaves_none_for_the_next_call),
		CONTROL_TEST(test_a_long_text_and_a_large_answer_arrive_whole),
		CONTROL_TEST(
		    test_more_calls_than_serve_takes_wait_for_their_turn),
		CONTROL_TEST(test_a_call_is_cancelled_there),
		CONTROL_TEST(test_progress_and_lines_arrive_before_the_answer),
		CONTROL_TEST(test_a_job_goes_on_when_its_console_ends),
		CONTROL_TEST(test_everybody_hears_of_a_job),
		CONTROL_TEST(test_one_console_operates_and_the_others_look_on),
		CONTROL_TEST(test_a_command_line_is_not_bound_by_the_operator),
		CONTROL_TEST(test_a_read_only_console_never_operates),
		CONTROL_TEST(test_a_serve_that_dies_is_told_and_its_calls_end),
		CONTROL_TEST(test_sigterm_interrupts_a_job_and_says_so),
		CONTROL_TEST(
		    test_a_second_serve_for_the_same_folder_is_refused),
		CONTROL_TEST(test_another_state_folder_is_said_and_not_mixed),
		CONTROL_TEST(
		    test_a_demo_that_serve_does_not_have_is_worked_on_here)
	};

	return cmocka_run_group_tests_name("control_work", tests, NULL,
	    NULL);
}
