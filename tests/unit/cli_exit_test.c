/*
 * The contract of the command line on toy verbs and the real engine: exit
 * statuses, what is on stdout and what on stderr, plans and their hashes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/cli/parts.h"
#include "cli_toy.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static int
folder_new(void **state)
{
	*state = toy_folder_new();
	return 0;
}

static int
folder_end(void **state)
{
	toy_folder_end(*state);
	return 0;
}

/* toy set FILE-in-the-folder TEXT, with more words in front. */
static struct toy_run
toy_set(const char *dir, const char *before, const char *how)
{
	AUTO_FREE char *words = str_format("%s toy set %s/file text %s",
	    before, dir, how);

	return toy_run(dir, words, NULL);
}

static bool
was_written(const char *dir)
{
	AUTO_FREE char *path = str_format("%s/file", dir);

	return file_exists(AT_FDCWD, path);
}

static void
assert_error(const struct toy_run *r, const char *domain)
{
	const json_t *error = json_object_get(r->json, "error");

	assert_non_null(r->json);
	assert_true(json_is_false(json_object_get(r->json, "ok")));
	assert_string_equal(json_text(error, "domain"), domain);
	assert_true(json_is_integer(json_object_get(error, "code")));
	assert_true(strlen(json_text(error, "message")) > 0);
	assert_non_null(json_str(error, "hint"));
	assert_true(r->err.len > 0);
}

static void
statuses_follow_the_kind_of_error(void **state)
{
	static const struct {
		enum err_domain	domain;
		int		status;
	} rows[] = {
		{ ERR_USAGE, 2 }, { ERR_REFUSED, 3 }, { ERR_CHANGED, 4 },
		{ ERR_CANCELLED, 5 }, { ERR_HELD, 6 }, { ERR_UNVERIFIED, 7 },
		{ ERR_SYS, 1 }, { ERR_MONGO, 1 }, { ERR_HTTP, 1 },
		{ ERR_NONE, 1 },
	};
	struct err	e = { 0 };
	size_t		i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		e.domain = rows[i].domain;
		assert_int_equal(answer_exit_of_err(&e), rows[i].status);
	}
	assert_int_equal(answer_exit_of_job(JOB_DONE, true), 0);
	assert_int_equal(answer_exit_of_job(JOB_DONE, false), 7);
	assert_int_equal(answer_exit_of_job(JOB_HELD, false), 3);
	assert_int_equal(answer_exit_of_job(JOB_UNDONE, true), 1);
	assert_int_equal(answer_exit_of_job(JOB_FAILED, false), 1);
	assert_int_equal(answer_exit_of_job(JOB_CANCELLED, false), 5);
	assert_int_equal(answer_exit_of_job(JOB_INTERRUPTED, false), 5);
	assert_int_equal(answer_exit_of_name("held", false), 3);
	assert_int_equal(answer_exit_of_name("no such", true), 1);
}

static void
a_reading_verb_answers_on_stdout(void **state)
{
	AUTO_TOY struct toy_run	r = toy_run(*state, "toy", NULL);
	AUTO_TOY struct toy_run	j = toy_run(*state, "toy --json", NULL);

	toy_assert_status(&r, 0);
	assert_string_equal(buf_str(&r.out), "Name       Age\n"
	    "bear       7\ncaf\xc3\xa9?[31m\n\nwhen: now\n");
	assert_int_equal(r.err.len, 0);
	toy_assert_status(&j, 0);
	assert_int_equal(j.err.len, 0);
	assert_true(json_flag(j.json, "ok"));
	assert_int_equal(json_array_size(json_object_get(json_object_get(
	    j.json, "result"), "toys")), 2);
}

static void
a_test_that_fails_exits_1_and_exit_code_its_own(void **state)
{
	AUTO_TOY struct toy_run	ok = toy_run(*state, "toy check ok", NULL);
	AUTO_TOY struct toy_run	bad = toy_run(*state, "toy check fail", NULL);
	AUTO_TOY struct toy_run	own = toy_run(*state,
	    "toy check ok --exit-code", NULL);
	AUTO_TOY struct toy_run	err = toy_run(*state,
	    "--json toy check error", NULL);

	toy_assert_status(&ok, 0);
	toy_assert_status(&bad, 1);
	toy_assert_status(&own, 2);
	toy_assert_status(&err, 1);
	assert_error(&err, "ldap");
	assert_int_equal(json_int(json_object_get(err.json, "error"), "code",
	    0), 49);
}

static void
wrong_words_exit_2(void **state)
{
	AUTO_TOY struct toy_run	a = toy_run(*state, "toy check", NULL);
	AUTO_TOY struct toy_run	b = toy_run(*state, "toy check maybe", NULL);
	AUTO_TOY struct toy_run	c = toy_run(*state, "nonsense --json", NULL);
	AUTO_TOY struct toy_run	d = toy_run(*state, "--site --json toy",
	    NULL);
	AUTO_TOY struct toy_run	f = toy_run(*state, "toy poke --dry-run",
	    NULL);

	toy_assert_status(&a, 2);
	assert_int_equal(a.out.len, 0);
	assert_non_null(strstr(buf_str(&a.err), "how"));
	assert_non_null(strstr(buf_str(&a.err),
	    "\nSee: stconsole help toy check\n"));
	toy_assert_status(&b, 2);
	toy_assert_status(&c, 2);
	assert_error(&c, "usage");
	toy_assert_status(&d, 2);
	assert_error(&d, "usage");
	toy_assert_status(&f, 2);
}

static void
without_terminal_and_yes_the_plan_is_shown_and_refused(void **state)
{
	AUTO_TOY struct toy_run	r = toy_set(*state, "", "");
	AUTO_TOY struct toy_run	j = toy_set(*state, "--json", "");

	toy_assert_status(&r, 3);
	assert_non_null(strstr(buf_str(&r.out), "  1. write  Write "));
	assert_non_null(strstr(buf_str(&r.out), "       +text\n"));
	assert_non_null(strstr(buf_str(&r.out), "undo: remove the file"));
	assert_non_null(strstr(buf_str(&r.out), " --yes="));
	assert_non_null(strstr(buf_str(&r.err), "needs --yes"));
	toy_assert_status(&j, 3);
	assert_error(&j, "refused");
	assert_int_equal(strlen(json_text(json_object_get(j.json, "plan"),
	    "hash")), 64);
	assert_false(was_written(*state));
}

static void
dry_run_shows_the_plan_and_exits_0(void **state)
{
	AUTO_TOY struct toy_run	r = toy_set(*state, "--dry-run", "");
	AUTO_TOY struct toy_run	j = toy_set(*state, "--dry-run --yes --json",
	    "");
	const json_t		*step;

	toy_assert_status(&r, 0);
	assert_int_equal(r.err.len, 0);
	toy_assert_status(&j, 0);
	assert_true(json_flag(j.json, "ok"));
	step = json_array_get(json_object_get(json_object_get(j.json, "plan"),
	    "steps"), 0);
	assert_string_equal(json_text(step, "kind"), "write");
	assert_string_equal(json_text(step, "risk"), "access");
	assert_null(json_object_get(j.json, "job"));
	assert_false(was_written(*state));
}

static void
yes_applies_and_says_how_to_undo(void **state)
{
	AUTO_TOY struct toy_run	 r = toy_set(*state, "--yes", "");
	AUTO_TOY struct toy_run	 again = toy_set(*state, "--yes", "");
	const char		*undo = strstr(buf_str(&r.out), "undo: stc");
	AUTO_FREE char		*words = NULL;
	AUTO_TOY struct toy_run	 back = { 0 };

	toy_assert_status(&r, 0);
	assert_true(strstr(buf_str(&r.out), "Done, verified at ") != NULL);
	assert_non_null(undo);
	assert_true(was_written(*state));
	toy_assert_status(&again, 0);
	assert_string_equal(buf_str(&again.out), "Nothing to do.\n");
	/* The line as it was printed is the line that undoes it. */
	words = str_format("%.*s --yes", (int)strcspn(undo, "\n") - 16,
	    undo + 16);
	back = toy_run(*state, words, NULL);
	/* Without a roles file only root is more than a viewer. */
	toy_assert_status(&back, geteuid() == 0 ? 0 : 3);
	assert_int_equal(was_written(*state), geteuid() != 0);
}

static void
json_of_an_apply_has_plan_and_job(void **state)
{
	AUTO_TOY struct toy_run	 r = toy_set(*state, "--yes --json", "");
	const json_t		*job = json_object_get(r.json, "job");

	toy_assert_status(&r, 0);
	assert_true(json_flag(r.json, "ok"));
	assert_true(json_is_object(json_object_get(r.json, "plan")));
	assert_string_equal(json_text(job, "state"), "done");
	assert_true(json_flag(job, "verified"));
	assert_true(strlen(json_text(job, "id")) > 0);
	assert_int_equal(r.err.len, 0);
}

static void
a_hash_applies_only_that_plan(void **state)
{
	AUTO_TOY struct toy_run	 seen = toy_set(*state, "--dry-run --json",
	    "");
	const char		*hash = json_text(json_object_get(seen.json,
	    "plan"), "hash");
	AUTO_FREE char		*right = str_format("--yes=%.8s", hash);
	AUTO_FREE char		*wrong = str_format("--json --yes=%.8s%s",
	    hash, "00000000");
	AUTO_TOY struct toy_run	 no = toy_set(*state, wrong, "");
	AUTO_TOY struct toy_run	 yes = { 0 };

	toy_assert_status(&no, 4);
	assert_error(&no, "changed");
	assert_string_equal(json_text(json_object_get(no.json, "plan"),
	    "hash"), hash);
	assert_false(was_written(*state));
	yes = toy_set(*state, right, "");
	toy_assert_status(&yes, 0);
	assert_true(was_written(*state));
}

static void
a_blocked_plan_is_refused_with_its_reason(void **state)
{
	static const char *const ways[] = { "", "--dry-run", "--yes" };
	size_t i;

	for (i = 0; i < LENGTH(ways); i++) {
		AUTO_TOY struct toy_run r = toy_set(*state, ways[i],
		    "--how block");

		toy_assert_status(&r, 3);
		assert_non_null(strstr(buf_str(&r.err), "somebody else's"));
		assert_non_null(strstr(buf_str(&r.err), "Ask the owner"));
	}
}

static void
a_job_that_ends_badly_exits_by_its_state(void **state)
{
	AUTO_TOY struct toy_run	fail = toy_set(*state, "--yes --json",
	    "--how fail");
	AUTO_TOY struct toy_run	hand = toy_set(*state, "--yes --json",
	    "--how hand");
	AUTO_TOY struct toy_run	unsure = toy_set(*state, "--yes --json",
	    "--how unsure");

	toy_assert_status(&fail, 1);
	assert_error(&fail, "sys");
	assert_string_equal(json_text(json_object_get(fail.json, "job"),
	    "state"), "failed");
	toy_assert_status(&hand, 3);
	assert_string_equal(json_text(json_object_get(hand.json, "job"),
	    "state"), "held");
	assert_non_null(strstr(buf_str(&hand.err), "job resume"));
	toy_assert_status(&unsure, 7);
	assert_string_equal(json_text(json_object_get(unsure.json, "job"),
	    "state"), "done");
}

static void
a_signal_ends_the_call_with_5(void **state)
{
	AUTO_TOY struct toy_run	read = toy_run(*state,
	    "--json toy check interrupt", NULL);
	AUTO_TOY struct toy_run	job = toy_set(*state, "--yes --json",
	    "--how stop");

	toy_assert_status(&read, 5);
	assert_error(&read, "cancelled");
	toy_assert_status(&job, 5);
	assert_string_equal(json_text(json_object_get(job.json, "job"),
	    "state"), "interrupted");
}

static void
a_follower_prints_lines_as_they_come(void **state)
{
	AUTO_TOY struct toy_run	r = toy_run(*state, "toy follow", NULL);
	AUTO_TOY struct toy_run	j = toy_run(*state, "toy follow --json",
	    NULL);

	toy_assert_status(&r, 0);
	assert_string_equal(buf_str(&r.out), "one ?[31m line\n");
	toy_assert_status(&j, 0);
	assert_int_equal(json_array_size(json_object_get(json_object_get(
	    j.json, "result"), "lines")), 1);
}

static void
read_only_refuses_changes_and_reads_on(void **state)
{
	AUTO_TOY struct toy_run	no = toy_set(*state, "--read-only --yes", "");
	AUTO_TOY struct toy_run	yes = toy_run(*state, "--read-only toy",
	    NULL);

	toy_assert_status(&no, 3);
	toy_assert_status(&yes, 0);
	assert_false(was_written(*state));
}

static void
values_come_from_files_and_standard_input(void **state)
{
	AUTO_FREE char		*path = str_format("%s/secret",
	    (char *)*state);
	AUTO_FREE char		*words = str_format("--json toy echo "
	    "--password-file %s --text-file -", path);
	AUTO_TOY struct toy_run	 r = { 0 }, bad = { 0 }, none = { 0 };
	const json_t		*params;
	struct err		 e;

	assert_true(file_write(AT_FDCWD, path, "hunter2\n", 8, 0600, &e));
	r = toy_run(*state, words, "two\nlines\n");
	toy_assert_status(&r, 0);
	params = json_object_get(json_object_get(r.json, "result"), "params");
	assert_string_equal(json_text(params, "text_file"), "two\nlines\n");
	assert_string_equal(json_text(json_object_get(params,
	    "password_file"), "$secret"), "password_file");
	assert_int_equal(json_int(json_object_get(r.json, "result"),
	    "secret_bytes", 0), 7);
	assert_null(strstr(buf_str(&r.out), "hunter2"));
	bad = toy_run(*state, "toy echo --text-file -", "\xff\xfe");
	toy_assert_status(&bad, 2);
	none = toy_run(*state, "toy echo --text-file /nonexistent", NULL);
	toy_assert_status(&none, 1);
	assert_non_null(strstr(buf_str(&none.err), "/nonexistent"));
}

static void
a_required_secret_is_not_asked_for_without_a_terminal(void **state)
{
	AUTO_TOY struct toy_run	no = toy_run(*state, "toy login", "typed\n");
	AUTO_TOY struct toy_run	yes = toy_run(*state,
	    "toy login --password-file - --json", "typed\n");

	toy_assert_status(&no, 2);
	toy_assert_status(&yes, 0);
	assert_int_equal(json_int(json_object_get(yes.json, "result"),
	    "secret_bytes", 0), 5);
}

static void
help_and_version_need_nothing(void **state)
{
	AUTO_TOY struct toy_run	v = toy_run("/proc/none", "--version", NULL);
	AUTO_TOY struct toy_run	h = toy_run("/proc/none", "help", NULL);
	AUTO_TOY struct toy_run	one = toy_run("/proc/none",
	    "help toy set", NULL);
	AUTO_TOY struct toy_run	two = toy_run("/proc/none",
	    "toy set --help", NULL);
	AUTO_TOY struct toy_run	group = toy_run("/proc/none", "help job",
	    NULL);
	AUTO_TOY struct toy_run	none = toy_run("/proc/none", "help nothing",
	    NULL);

	(void)state;
	toy_assert_status(&v, 0);
	assert_string_equal(buf_str(&v.out),
	    "stconsole " STCONSOLE_VERSION "\n");
	toy_assert_status(&h, 0);
	assert_non_null(strstr(buf_str(&h.out), "  toy echo deep "));
	assert_non_null(strstr(buf_str(&h.out), "  --yes[=HASH] "));
	toy_assert_status(&one, 0);
	assert_non_null(strstr(buf_str(&one.out),
	    "toy set FILE TEXT [--how ok|fail|unsure|hand|stop|block]"));
	assert_string_equal(buf_str(&one.out), buf_str(&two.out));
	toy_assert_status(&group, 0);
	assert_non_null(strstr(buf_str(&group.out), "  job undo "));
	toy_assert_status(&none, 2);
}

static void
progress_json_is_a_line_each_on_stderr(void **state)
{
	AUTO_TOY struct toy_run	 r = toy_set(*state,
	    "--yes --json --progress json", "");
	AUTO_TOY struct toy_run	 quiet = toy_set(*state, "--yes", "x");
	char			*save = NULL, *line;
	size_t			 n = 0;

	toy_assert_status(&r, 0);
	for (line = strtok_r(r.err.data, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		AUTO_JSON json_t *j = json_loads(line, 0, NULL);

		assert_non_null(j);
		assert_int_equal(json_int(j, "step", 0), 1);
		n++;
	}
	assert_true(n >= 2);
	toy_assert_status(&quiet, 2);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, folder_new, folder_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(statuses_follow_the_kind_of_error),
		TEST(a_reading_verb_answers_on_stdout),
		TEST(a_test_that_fails_exits_1_and_exit_code_its_own),
		TEST(wrong_words_exit_2),
		TEST(without_terminal_and_yes_the_plan_is_shown_and_refused),
		TEST(dry_run_shows_the_plan_and_exits_0),
		TEST(yes_applies_and_says_how_to_undo),
		TEST(json_of_an_apply_has_plan_and_job),
		TEST(a_hash_applies_only_that_plan),
		TEST(a_blocked_plan_is_refused_with_its_reason),
		TEST(a_job_that_ends_badly_exits_by_its_state),
		TEST(a_signal_ends_the_call_with_5),
		TEST(a_follower_prints_lines_as_they_come),
		TEST(read_only_refuses_changes_and_reads_on),
		TEST(values_come_from_files_and_standard_input),
		TEST(a_required_secret_is_not_asked_for_without_a_terminal),
		TEST(help_and_version_need_nothing),
		TEST(progress_json_is_a_line_each_on_stderr),
	};

	return cmocka_run_group_tests_name("exit", tests, NULL, NULL);
}
