/*
 * The contract of the command line on the real program, with verbs that need
 * no deployment: what goes where, exit statuses, and what happens on a
 * terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "run.h"
#include "serve.h"
#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/schema.h"
#include "stconsole/str.h"

static int
state_new(void **state)
{
	*state = run_state_new();
	return 0;
}

static int
state_end(void **state)
{
	run_state_end(*state);
	return 0;
}

/* Settings are an administrator's; without a roles file that is root. */
static void
needs_admin(void)
{
	if (geteuid() != 0)
		skip();
}

static void
every_answer_is_one_json_document(void **state)
{
	static const char *const verbs[][3] = {
		{ "verb", "list" }, { "job", "list" }, { "audit", "list" },
		{ "audit", "verify" }, { "settings", "list" },
		{ "lock", "list" },
	};
	size_t i;

	for (i = 0; i < LENGTH(verbs); i++) {
		AUTO_RUN struct run_result r = run_json(*state, verbs[i],
		    NULL);

		run_assert_exit(&r, 0);
		assert_non_null(r.json);
		assert_true(json_flag(r.json, "ok"));
		assert_true(json_is_object(json_object_get(r.json,
		    "result")));
		assert_int_equal(r.err.len, 0);
	}
}

/* The schema of a verb as verb.list prints it, malloc'd; NULL when none. */
static char *
schema_of(const json_t *verbs, const char *name)
{
	const json_t	*v, *shape;
	size_t		 i;

	json_array_foreach(verbs, i, v) {
		shape = json_object_get(v, "result");
		if (str_equal(json_text(v, "name"), name) &&
		    !json_is_null(shape))
			return json_dumps(shape, JSON_ENCODE_ANY);
	}
	return NULL;
}

static void
results_have_the_shape_that_verb_list_prints(void **state)
{
	static const char *const rows[][4] = {
		{ "verb", "list", NULL, "verb.list" },
		{ "job", "list", NULL, "job.list" },
		{ "settings", "list", NULL, "settings.list" },
		{ "audit", "verify", NULL, "audit.verify" },
		{ "audit", "list", NULL, "audit.list" },
	};
	AUTO_RUN struct run_result all = run_json(*state, rows[0], NULL);
	const json_t		*verbs = json_object_get(json_object_get(
	    all.json, "result"), "verbs");
	size_t			 i;

	assert_true(json_array_size(verbs) > 10);
	for (i = 0; i < LENGTH(rows); i++) {
		AUTO_RUN struct run_result	 r = run_json(*state, rows[i],
		    NULL);
		AUTO_FREE char			*schema = schema_of(verbs,
		    rows[i][3]);
		struct err			 e;

		run_assert_exit(&r, 0);
		assert_non_null(schema);
		if (!schema_check(schema, json_object_get(r.json, "result"),
		    &e))
			fail_msg("%s: %s", rows[i][3], e.msg);
	}
}

static void
wrong_words_are_usage_errors(void **state)
{
	static const char *const lines[][4] = {
		{ "frobnicate" }, { "serve", "now" }, { "go" }, { "job" },
		{ "job", "show" }, { "job", "list", "--limit", "0" },
		{ "job", "list", "--lmiit" }, { "--theme" },
	};
	size_t i;

	for (i = 0; i < LENGTH(lines); i++) {
		AUTO_RUN struct run_result r = run_json(*state, lines[i],
		    NULL);

		run_assert_exit(&r, 2);
		assert_string_equal(json_text(json_object_get(r.json,
		    "error"), "domain"), "usage");
		assert_true(r.err.len > 0);
	}
}

static void
an_unknown_setting_is_a_usage_error(void **state)
{
	static const char *const words[] = { "settings", "set",
	    "no.such.setting", "1", NULL };
	AUTO_RUN struct run_result r = { 0 };

	needs_admin();
	r = run_json(*state, words, NULL);
	run_assert_exit(&r, 2);
}

static void
an_unknown_id_is_a_failure(void **state)
{
	static const char *const words[] = { "job", "show", "nothing", NULL };
	AUTO_RUN struct run_result r = run_json(*state, words, NULL);

	run_assert_exit(&r, 1);
	assert_string_equal(json_text(json_object_get(r.json, "error"),
	    "domain"), "job");
}

static struct run_result
set_mail(const char *state, const char *how, const char *mail)
{
	const char *const words[] = { "--state", state, how, "settings",
	    "set", "me.mail", mail, NULL };

	return run_stconsole(words, NULL);
}

static void
without_terminal_the_plan_is_printed_and_refused(void **state)
{
	AUTO_RUN struct run_result r = { 0 };

	needs_admin();
	r = set_mail(*state, "--linear", "kim@corp.test");
	run_assert_exit(&r, 3);
	assert_non_null(strstr(buf_str(&r.out), "Plan "));
	assert_non_null(strstr(buf_str(&r.out), " --yes="));
	assert_non_null(strstr(buf_str(&r.err), "needs --yes"));
}

static void
a_hash_applies_that_plan_and_undo_takes_it_back(void **state)
{
	AUTO_RUN struct run_result	 seen = { 0 }, stale = { 0 };
	AUTO_RUN struct run_result	 done = { 0 }, back = { 0 };
	AUTO_FREE char			*yes = NULL;
	const char *const preview[] = { "--dry-run", "settings", "set",
	    "me.mail", "kim@corp.test", NULL };
	const char			*undo[] = { "--yes", "job", "undo",
	    NULL, NULL };

	needs_admin();
	seen = run_json(*state, preview, NULL);
	run_assert_exit(&seen, 0);
	yes = str_format("--yes=%.8s", json_text(json_object_get(seen.json,
	    "plan"), "hash"));
	stale = set_mail(*state, yes, "lee@corp.test");
	run_assert_exit(&stale, 4);
	assert_non_null(strstr(buf_str(&stale.err), "Changed since"));
	assert_non_null(strstr(buf_str(&stale.out), "Plan "));
	const char *const apply[] = { yes, "settings", "set", "me.mail",
	    "kim@corp.test", NULL };
	done = run_json(*state, apply, NULL);
	run_assert_exit(&done, 0);
	undo[3] = json_text(json_object_get(done.json, "job"), "id");
	back = run_json(*state, undo, NULL);
	run_assert_exit(&back, 0);
	assert_string_equal(json_text(json_object_get(back.json, "job"),
	    "state"), "done");
}

static void
a_change_nobody_confirms_is_undone(void **state)
{
	static const char *const words[] = { "--yes", "--confirm-within",
	    "1", "settings", "set", "me.mail", "kim@corp.test", NULL };
	static const char *const list[] = { "job", "list", NULL };
	AUTO_RUN struct run_result r = { 0 }, jobs = { 0 };
	const json_t	*job;
	size_t		 i;
	bool		 is_undone = false;

	needs_admin();
	r = run_json(*state, words, NULL);
	run_assert_exit(&r, 1);
	assert_string_equal(json_text(json_object_get(r.json, "job"),
	    "state"), "undone");
	assert_non_null(strstr(buf_str(&r.err), "job confirm"));
	jobs = run_json(*state, list, NULL);
	json_array_foreach(json_object_get(json_object_get(jobs.json,
	    "result"), "jobs"), i, job)
		if (str_equal(json_text(job, "state"), "undone"))
			is_undone = true;
	assert_true(is_undone);
}

static void
a_terminal_asks_and_takes_no_for_an_answer(void **state)
{
	const char *const words[] = { "--state", *state, "settings", "set",
	    "me.mail", "kim@corp.test", NULL };
	static const struct run_reply no[] = {
		{ "yes / no: ", "perhaps\n" }, { "yes / no: ", "no\n" },
		{ NULL, NULL }
	};
	static const struct run_reply yes[] = {
		{ "yes / no: ", "yes\n" }, { NULL, NULL }
	};
	AUTO_RUN struct run_result r = { 0 }, again = { 0 };

	needs_admin();
	r = run_on_terminal(words, no);
	run_assert_exit(&r, 5);
	assert_non_null(strstr(buf_str(&r.out),
	    "Apply settings set me.mail kim@corp.test?"));
	again = run_on_terminal(words, yes);
	run_assert_exit(&again, 0);
	assert_non_null(strstr(buf_str(&again.out), "Done, verified at "));
	assert_non_null(strstr(buf_str(&again.out), "undo: stconsole"));
}

static void
a_change_on_trial_is_kept_or_undone_by_the_answer(void **state)
{
	const char *const words[] = { "--state", *state, "--confirm-within",
	    "60", "settings", "set", "me.mail", "lee@corp.test", NULL };
	static const struct run_reply no[] = {
		{ "?\r\nyes / no: ", "yes\n" },
		{ "Keep the change? yes / no: ", "perhaps\n" },
		{ "\"perhaps\" is no answer", "\n" },
		{ "\"\" is no answer", "no\n" }, { NULL, NULL }
	};
	static const struct run_reply yes[] = {
		{ "?\r\nyes / no: ", "yes\n" },
		{ "Keep the change? yes / no: ", "yes\n" }, { NULL, NULL }
	};
	AUTO_RUN struct run_result undone = { 0 }, again = { 0 };
	AUTO_RUN struct run_result kept = { 0 }, plan = { 0 };
	int64_t	 start_ms = clock_mono_ms(&clock_system);

	needs_admin();
	undone = run_on_terminal(words, no);
	run_assert_exit(&undone, 1);
	assert_non_null(strstr(buf_str(&undone.out), "Undone at once"));
	assert_true(clock_mono_ms(&clock_system) - start_ms < 50000);
	again = set_mail(*state, "--dry-run", "lee@corp.test");
	run_assert_exit(&again, 0);
	assert_null(strstr(buf_str(&again.out), "Nothing to do"));
	kept = run_on_terminal(words, yes);
	run_assert_exit(&kept, 0);
	plan = set_mail(*state, "--dry-run", "lee@corp.test");
	assert_non_null(strstr(buf_str(&plan.out), "Nothing to do"));
}

static void
ctrl_c_at_the_question_changes_nothing(void **state)
{
	const char *const words[] = { "--state", *state, "settings", "set",
	    "me.mail", "kim@corp.test", NULL };
	static const struct run_reply stop[] = {
		{ "yes / no: ", "\x03" }, { NULL, NULL }
	};
	AUTO_RUN struct run_result r = { 0 }, plan = { 0 };

	needs_admin();
	r = run_on_terminal(words, stop);
	run_assert_exit(&r, 5);
	plan = set_mail(*state, "--dry-run", "kim@corp.test");
	run_assert_exit(&plan, 0);
	assert_non_null(strstr(buf_str(&plan.out), "Plan "));
}

static void
a_secret_that_is_typed_is_not_shown(void **state)
{
	const char *const words[] = { "--state", *state, "settings", "set",
	    "mongo.admin_url", "--value-file", "-", "--dry-run", NULL };
	static const struct run_reply type[] = {
		{ "(not shown): ", "mongodb://u:hunter2@h/\n" },
		{ NULL, NULL }
	};
	static const struct run_reply stop[] = {
		{ "(not shown): ", "\x03" }, { NULL, NULL }
	};
	AUTO_RUN struct run_result r = { 0 }, s = { 0 };

	needs_admin();
	r = run_on_terminal(words, type);
	run_assert_exit(&r, 0);
	assert_non_null(strstr(buf_str(&r.out), "Plan "));
	assert_null(strstr(buf_str(&r.out), "hunter2"));
	s = run_on_terminal(words, stop);
	run_assert_exit(&s, 5);
}

static void
a_secret_as_a_value_is_a_usage_error(void **state)
{
	static const char *const words[] = { "settings", "set",
	    "mongo.admin_url", "mongodb://u:hunter2@h/", "--yes", NULL };
	AUTO_RUN struct run_result r = { 0 };

	needs_admin();
	r = run_json(*state, words, NULL);
	run_assert_exit(&r, 2);
	assert_null(strstr(buf_str(&r.out), "hunter2"));
	assert_null(strstr(buf_str(&r.err), "hunter2"));
}

static void
a_reader_that_goes_away_ends_it_quietly(void **state)
{
	int	 out[2], err[2], status = 0;
	char	 said[256];
	pid_t	 pid;

	(void)state;
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	close(out[0]);
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		close(err[0]);
		execl(run_binary(), "stconsole", "help", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	assert_int_equal(read(err[0], said, sizeof(said)), 0);
	close(err[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The same while serve runs for that folder: nobody can tell. */
static struct served	served;

static int
served_new(void **state)
{
	state_new(state);
	serve_start(&served, *state, geteuid());
	return 0;
}

static int
served_end(void **state)
{
	serve_fini(&served);
	return state_end(state);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, state_new, state_end)
#define SERVED(f) \
	{ #f "_while_serve_runs", f, served_new, served_end, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_answer_is_one_json_document),
		TEST(results_have_the_shape_that_verb_list_prints),
		TEST(wrong_words_are_usage_errors),
		TEST(an_unknown_setting_is_a_usage_error),
		TEST(an_unknown_id_is_a_failure),
		TEST(without_terminal_the_plan_is_printed_and_refused),
		TEST(a_hash_applies_that_plan_and_undo_takes_it_back),
		TEST(a_change_nobody_confirms_is_undone),
		TEST(a_terminal_asks_and_takes_no_for_an_answer),
		TEST(a_change_on_trial_is_kept_or_undone_by_the_answer),
		TEST(ctrl_c_at_the_question_changes_nothing),
		TEST(a_secret_that_is_typed_is_not_shown),
		TEST(a_secret_as_a_value_is_a_usage_error),
		TEST(a_reader_that_goes_away_ends_it_quietly),
		SERVED(every_answer_is_one_json_document),
		SERVED(an_unknown_setting_is_a_usage_error),
		SERVED(an_unknown_id_is_a_failure),
		SERVED(without_terminal_the_plan_is_printed_and_refused),
		SERVED(a_hash_applies_that_plan_and_undo_takes_it_back),
		SERVED(a_change_nobody_confirms_is_undone),
		SERVED(a_terminal_asks_and_takes_no_for_an_answer),
		SERVED(a_change_on_trial_is_kept_or_undone_by_the_answer),
		SERVED(ctrl_c_at_the_question_changes_nothing),
		SERVED(a_secret_that_is_typed_is_not_shown),
		SERVED(a_secret_as_a_value_is_a_usage_error),
	};

	return cmocka_run_group_tests_name("contract", tests, NULL, NULL);
}
