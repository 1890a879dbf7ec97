/*
 * The console by lines as somebody meets it who has read nothing: the real
 * program, the demo's servers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lab/lab.h"
#include "run.h"

static struct lab lab = LAB_INIT;

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (lab_start(&lab, NULL, &e))
		return 0;
	print_error("%s\n", e.msg);
	return -1;
}

static int
tear_down(void **state)
{
	(void)state;
	lab_stop(&lab);
	return 0;
}

static int
state_make(void **state)
{
	*state = run_state_new();
	return 0;
}

static int
state_remove(void **state)
{
	run_state_end(*state);
	return 0;
}

/* Where the words end; the test fails when they do not come after from. */
static const char *
then(const char *from, const char *words)
{
	const char *at = strstr(from, words);

	if (at == NULL) {
		fputs(from, stderr);
		fail_msg("\"%s\" is not said above", words);
	}
	return at + strlen(words);
}

/* The number in front of the line that has the words. */
static int
number_of(const char *said, const char *words)
{
	const char *at = strstr(said, words);

	if (at == NULL) {
		fputs(said, stderr);
		fail_msg("\"%s\" is not said above", words);
	}
	while (at > said && at[-1] != '\n')
		at--;
	return (int)strtol(at, NULL, 10);
}

static struct run_result
talk(const char *state, const char *typed)
{
	const char		*words[] = { "--state", state, "--site",
				    lab_site(&lab), "--linear", NULL };
	struct run_result	 r = run_stconsole(words, typed);
	size_t			 i;

	run_assert_exit(&r, 0);
	for (i = 0; i < r.out.len; i++)
		if ((unsigned char)r.out.data[i] < ' ' &&
		    r.out.data[i] != '\n')
			fail_msg("byte %d is said", r.out.data[i]);
	return r;
}

static void
an_administrator_is_added_undone_and_found_in_the_audit(void **state)
{
	AUTO_RUN struct run_result	 look = talk(*state,
					    ": admins\na\noneill\n");
	char				 typed[200];
	int				 n = number_of(buf_str(&look.out),
					    "ann.oneill@corp.test");
	const char			*said;

	snprintf(typed, sizeof(typed), ": admins\na\noneill\nm %d\nyes\n"
	    "u\nyes\n: admins\n: audit\n", n);
	{
		AUTO_RUN struct run_result r = talk(*state, typed);

		said = then(buf_str(&r.out), "stconsole on ");
		said = then(said, "Home");
		said = then(said, "Administrators, ");
		said = then(said, "Part of name, mail or uid: ");
		said = then(said, "Plan ");
		said = then(said, "+ {\"_id\": \"<new>\", \"email\": "
		    "\"ann.oneill@corp.test\"}");
		said = then(said, "Apply? yes");
		said = then(said, "Done, verified at ");
		said = then(said, "u undo");
		said = then(said, "Apply? yes");
		said = then(said, "Done, verified at ");
		said = then(said, "Administrators, ");
		assert_null(strstr(said, "oneill@corp.test, Ann"));
		said = then(said, "Audit, ");
		said = then(said, "admin.add");
	}
}

static void
a_plan_that_is_answered_with_no_changes_nothing(void **state)
{
	AUTO_RUN struct run_result r = talk(*state,
	    ": admins\nx 1\nno\n: audit\n");

	(void)then(then(buf_str(&r.out), "Apply? yes"), "Audit, Nothing");
}

/* Nobody waits for the answer of a question that was given up. */
static void
on_a_terminal_ctrl_c_gives_a_question_up(void **state)
{
	const char		*words[] = { "--state", *state, "--site",
				    lab_site(&lab), "--linear", "go",
				    "config_set", NULL };
	const struct run_reply	 replies[] = {
		{ "File", "\003" }, { "Choose: ", "q\r" }, { NULL, NULL }
	};
	AUTO_RUN struct run_result r = run_on_terminal(words, replies);

	run_assert_exit(&r, 0);
	(void)then(buf_str(&r.out), "p preview");
	assert_null(strchr(buf_str(&r.out), '\033'));
}

static void
on_a_terminal_a_secret_has_no_echo(void **state)
{
	const char		*words[] = { "--state", *state, "--site",
				    lab_site(&lab), "--linear", "go",
				    "settings_secret", NULL };
	const struct run_reply	 replies[] = {
		{ "Setting [", "mongo.admin_url\r" },
		{ "Secret: ", "horse-staple\r" },
		{ "once more: ", "horse-staple\r" },
		{ "Apply?", "no\r" }, { "Choose: ", "q\r" },
		{ "would be lost", "2\r" }, { NULL, NULL }
	};
	AUTO_RUN struct run_result r = run_on_terminal(words, replies);

	run_assert_exit(&r, 0);
	(void)then(buf_str(&r.out), "Plan ");
	assert_null(strstr(buf_str(&r.out), "horse"));
}

/* TERM is dumb there: nobody has to know of --linear. */
static void
a_terminal_that_can_do_nothing_gets_lines(void **state)
{
	const char		*words[] = { "--state", *state, "--site",
				    lab_site(&lab), "go", "about", NULL };
	const struct run_reply	 replies[] = {
		{ "\n> ", "?k\r" }, { "q or leave", "q\r" }, { NULL, NULL }
	};
	AUTO_RUN struct run_result r = run_on_terminal(words, replies);

	run_assert_exit(&r, 0);
	assert_null(strchr(buf_str(&r.out), '\033'));
}

/* Ctrl-D, with nothing that would be lost by it. */
static void
on_a_terminal_ctrl_d_leaves(void **state)
{
	const char		*words[] = { "--state", *state, "--site",
				    lab_site(&lab), "--linear", "go",
				    "about", NULL };
	const struct run_reply	 replies[] = {
		{ "\n> ", "\004" }, { NULL, NULL }
	};
	AUTO_RUN struct run_result r = run_on_terminal(words, replies);

	run_assert_exit(&r, 0);
}

#define BY_LINES(test) \
	cmocka_unit_test_setup_teardown(test, state_make, state_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BY_LINES(
		    an_administrator_is_added_undone_and_found_in_the_audit),
		BY_LINES(a_plan_that_is_answered_with_no_changes_nothing),
		BY_LINES(on_a_terminal_ctrl_c_gives_a_question_up),
		BY_LINES(on_a_terminal_a_secret_has_no_echo),
		BY_LINES(on_a_terminal_ctrl_d_leaves),
		BY_LINES(a_terminal_that_can_do_nothing_gets_lines)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
