/*
 * The console by lines: what is typed, and every byte that is answered; the
 * real screens over kept answers.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "console.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define PIPE_BYTES	(1 << 20)

struct talk {
	struct console	 console;
	struct buf	 out;
};

/* Only whole lines of text: nothing that moves a cursor or a colour. */
static void
assert_only_lines(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if ((unsigned char)b->data[i] < ' ' && b->data[i] != '\n')
			fail_msg("byte %d at %zu", b->data[i], i);
	if (strstr(buf_str(b), "\n\n") != NULL &&
	    strstr(buf_str(b), "\n\n") < b->data + b->len - 2)
		fail_msg("an empty line in:\n%s", buf_str(b));
}

static void
out_read(int fd, struct buf *b)
{
	char	 chunk[4096];
	ssize_t	 n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(b, chunk, (size_t)n);
}

/* Types all of it at once; what is answered until the input has ended. */
static const char *
talk(struct talk *t, const char *screen, const char *typed)
{
	int		 in[2], out[2];
	struct err	 e = { 0 };

	console_open(&t->console, screen, 24, 80, "basic");
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_true(fcntl(in[1], F_SETPIPE_SZ, PIPE_BYTES) > 0);
	assert_true(fcntl(out[1], F_SETPIPE_SZ, PIPE_BYTES) > 0);
	assert_true(file_write_all(in[1], typed, strlen(typed), &e));
	close(in[1]);
	if (!app_run_linear(t->console.app, in[0], out[1], &e))
		fail_msg("%s", e.msg);
	close(out[1]);
	out_read(out[0], &t->out);
	close(in[0]);
	close(out[0]);
	assert_only_lines(&t->out);
	return buf_str(&t->out);
}

static int
setup(void **state)
{
	*state = calloc(1, sizeof(struct talk));
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct talk *t = *state;

	console_close(&t->console);
	buf_fini(&t->out);
	free(t);
	return 0;
}

static void
has(const char *said, const char *words)
{
	if (strstr(said, words) != NULL)
		return;
	fputs(said, stderr);
	fail_msg("\"%s\" is not said above", words);
}

static void
has_not(const char *said, const char *words)
{
	if (strstr(said, words) == NULL)
		return;
	fputs(said, stderr);
	fail_msg("\"%s\" is said above", words);
}

static size_t
times(const char *said, const char *words)
{
	size_t n = 0;

	for (; (said = strstr(said, words)) != NULL; said += strlen(words))
		n++;
	return n;
}

static void
home_is_told_in_words(void **state)
{
	const char *said = talk(*state, "home", "");

	has(said, "stconsole on chat01, docker, admin kim.\n");
	has(said, "Home, 2 things need a look, 2 unknown.\n1 ");
	has(said, ", look at it\n");
	has(said, " Administrators\n");
	has(said, "Choose: number, ? help, q leave\n> ");
}

/* A terminal of another character set: JSON could not hold it. */
static void
what_is_no_text_is_asked_for_again(void **state)
{
	struct talk	*t = *state;
	const char	*said = talk(t, "settings_set",
	    "ui.theme\ncaf\xe9\ncaf\xc3\xa9\n");

	assert_string_equal(json_text(fixed_params(t->console.work),
	    "value"), "caf\xc3\xa9");
	has(said, "no UTF-8 text");
}

static void
a_list_says_the_state_of_each_row(void **state)
{
	const char *said = talk(*state, "admins", "");

	has(said, "Administrators, 7");
	has(said, "1 dana.gone@corp.test, Dana Gone, found\n");
	has(said, "2 kim.admin@corp.test, Kim Admin, found, You\n");
	has(said, "missing, look at it\n");
	has(said, "Choose: number, o show, a add, i CSV, x remove");
}

static void
a_number_opens_and_b_goes_back(void **state)
{
	const char *said = talk(*state, "site", "2\nb\n");

	assert_int_equal(times(said, "Site.\n"), 2);
	has(said, "> Contradictions");
}

static void
a_letter_and_a_number_shows_the_plan_for_that_row(void **state)
{
	struct talk	*t = *state;
	const char	*said = talk(t, "admins", "x 2\n");

	assert_string_equal(fixed_verb(t->console.work), "admin.remove");
	assert_string_equal(json_text(fixed_params(t->console.work), "mail"),
	    "kim.admin@corp.test");
	has(said, "Plan e71f69e0, steps: 2\n");
	has(said, "\n- {\"_id\": \"6560a1b2c3d4e5f600000001\"");
	has(said, "Apply? yes, until confirmed, dry run, or no\n> ");
}

static void
no_goes_back_and_nothing_is_applied(void **state)
{
	struct talk	*t = *state;
	const char	*said = talk(t, "admins", "x 2\nno\n");

	assert_int_equal(times(said, "Administrators, 7"), 2);
	assert_string_equal(fixed_verb(t->console.work), "admin.list");
}

static void
somebody_is_found_and_made_administrator(void **state)
{
	struct talk	*t = *state;
	const char	*said = talk(t, "admins", "a\nan\nm 2\nyes\n");

	has(said, "Part of name, mail or uid: Add administrators");
	has(said, "2 Anna Dvo\xc5\x99\xc3\xa1k, person00030@corp.test");
	has(said, "Plan 832dff24, steps: 2\n");
	has(said, "Done, verified at ");
	has(said, "Choose: u undo, ");
	assert_string_equal(fixed_verb(t->console.work), "admin.add");
	assert_string_equal(json_string_value(json_array_get(json_object_get(
	    fixed_params(t->console.work), "mail"), 0)),
	    "person00030@corp.test");
}

static void
rows_are_marked_by_their_numbers(void **state)
{
	struct talk	*t = *state;
	const char	*said = talk(t, "admin_pick",
			    "an\nmark 2 3\nm\n");

	has(said, "2 Anna Dvo\xc5\x99\xc3\xa1k, person00030@corp.test, "
	    "u00030, marked\n3 ");
	assert_int_equal(json_array_size(json_object_get(fixed_params(
	    t->console.work), "mail")), 2);
}

static void
a_long_list_comes_in_pages(void **state)
{
	const char *said = talk(*state, "home", ":\n\n\n\n");

	has(said, "Go to\n1 about");
	has(said, "\n25 ");
	has(said, "Enter for more (25 of ");
	has(said, "> 26 ");
	assert_int_equal(times(said, "\n1 about"), 2);
}

static void
words_filter_and_a_slash_alone_shows_all(void **state)
{
	const char *said = talk(*state, "admins", "/ lee\n/\n");

	has(said, "> Administrators, 2 of 7");
	has(said, "1 Lee.Case@Corp.test");
	assert_int_equal(times(said, "1 dana.gone@corp.test"), 2);
}

static void
a_text_is_searched_for_its_lines(void **state)
{
	const char *said = talk(*state, "admins", "x 2\n/ kim.admin\n");

	has(said, "Lines with kim.admin: ");
}

static void
a_name_goes_to_a_screen(void **state)
{
	const char *said = talk(*state, "home", ": admins\n: nowhere\n:\n");

	has(said, "> Administrators, 7");
	has(said, "There is no screen nowhere");
	has(said, "> Go to\n1 about About\n");
}

static void
a_form_asks_field_by_field_and_shows_the_plan(void **state)
{
	struct talk	*t = *state;
	const char	*said = talk(t, "config_set",
			    "custom.env\nPUBLIC_URL\nhttps://b.corp.test\n\n");

	has(said, "Value");
	assert_string_equal(fixed_verb(t->console.work), "config.set");
	assert_string_equal(json_text(fixed_params(t->console.work), "key"),
	    "PUBLIC_URL");
	assert_string_equal(json_text(fixed_params(t->console.work), "value"),
	    "https://b.corp.test");
	has(said, "> ");
}

static void
a_dot_ends_the_questions_of_a_form(void **state)
{
	const char *said = talk(*state, "config_set", "custom.env\n.\n");

	has(said, "1 File: custom.env\n");
	has(said, "p preview");
}

static void
a_field_has_help_and_a_value_that_is_kept(void **state)
{
	struct talk	*t = *state;
	const char	*said = talk(t, "admins", ": settings\ne 3\n?\n\n");

	has(said, "Enter keeps what is there");
	has(said, " [5000]: ");
}

static void
a_secret_is_said_nowhere(void **state)
{
	const char *said = talk(*state, "settings",
	    "p 2\n\nhorse-staple\nhorse-staple\n");

	has_not(said, "horse");
}

static void
help_is_for_the_item_with_the_number(void **state)
{
	const char *said = talk(*state, "site", "? 2\n?k\n");

	has(said, "?k lists all words.");
	has(said, "b or back: to the screen before\n");
	has(said, "r or refresh: ");
}

static void
what_is_not_understood_is_said(void **state)
{
	const char *said = talk(*state, "admins",
	    "99\nx 99\nfrobnicate\n* 2\n\x1b[A\n");

	assert_int_equal(times(said, "There is no item 99: they go from 1 to "
	    "7."), 2);
	has(said, "That is no word here. ? helps");
	assert_int_equal(times(said, "Administrators, 7"), 1);
}

static void
the_screen_is_written_to_a_file_that_is_asked_for(void **state)
{
	struct talk		*t = *state;
	char			 dir[] = "/tmp/stconsole-linear-XXXXXX";
	AUTO_FREE char		*path = NULL, *typed = NULL;
	AUTO_BUF struct buf	 text = BUF_INIT;
	const char		*said;
	struct err		 e = { 0 };

	assert_non_null(mkdtemp(dir));
	path = str_format("%s/plan.txt", dir);
	typed = str_format("x 2\nw\n%s\nw\n.\n", path);
	said = talk(t, "admins", typed);
	has(said, "[stconsole-plan.txt]: ");
	has(said, "Written to ");
	assert_true(file_read(AT_FDCWD, path, PIPE_BYTES, &text, &e));
	has(buf_str(&text), "e71f69e0");
	(void)file_remove_tree(dir, &e);
}

static void
enter_tells_the_same_once_more(void **state)
{
	const char *said = talk(*state, "admins", "\n\n");

	assert_int_equal(times(said, "Administrators, 7"), 3);
}

static void
leaving_ends_it_before_the_input_does(void **state)
{
	const char *said = talk(*state, "home", "q\n12\n");

	assert_int_equal(times(said, "> "), 1);
}

static void
a_line_without_end_is_cut_and_not_understood(void **state)
{
	AUTO_FREE char	*long_line = malloc(200001);
	const char	*said;

	memset(long_line, 'y', 200000);
	long_line[200000] = '\0';
	said = talk(*state, "home", long_line);
	has(said, "That is no word here.");
}

/* No key is asked for by a program, so there is nothing to lock. */
static void
a_pipe_is_never_locked(void **state)
{
	struct talk *t = *state;

	(void)talk(t, "admins", "");
	t->console.clock.offset_ms += 86400000;
	app_tick(t->console.app);
	assert_int_equal(app_due(t->console.app), -1);
}

#define BY_LINES(test) \
	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BY_LINES(home_is_told_in_words),
		BY_LINES(what_is_no_text_is_asked_for_again),
		BY_LINES(a_list_says_the_state_of_each_row),
		BY_LINES(a_number_opens_and_b_goes_back),
		BY_LINES(a_letter_and_a_number_shows_the_plan_for_that_row),
		BY_LINES(no_goes_back_and_nothing_is_applied),
		BY_LINES(somebody_is_found_and_made_administrator),
		BY_LINES(rows_are_marked_by_their_numbers),
		BY_LINES(a_long_list_comes_in_pages),
		BY_LINES(words_filter_and_a_slash_alone_shows_all),
		BY_LINES(a_text_is_searched_for_its_lines),
		BY_LINES(a_name_goes_to_a_screen),
		BY_LINES(a_form_asks_field_by_field_and_shows_the_plan),
		BY_LINES(a_dot_ends_the_questions_of_a_form),
		BY_LINES(a_field_has_help_and_a_value_that_is_kept),
		BY_LINES(a_secret_is_said_nowhere),
		BY_LINES(help_is_for_the_item_with_the_number),
		BY_LINES(what_is_not_understood_is_said),
		BY_LINES(the_screen_is_written_to_a_file_that_is_asked_for),
		BY_LINES(enter_tells_the_same_once_more),
		BY_LINES(leaving_ends_it_before_the_input_does),
		BY_LINES(a_line_without_end_is_cut_and_not_understood),
		BY_LINES(a_pipe_is_never_locked)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
