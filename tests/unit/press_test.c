#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/press_decoder.h"
#include "stconsole/mem.h"

#define ESC_MS	100

static struct press_decoder	*d;
static int64_t			 now;

static int
setup(void **state)
{
	(void)state;
	now = 1000;
	d = press_decoder_new();
	assert_non_null(d);
	press_decoder_wait_set(d, ESC_MS);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	press_decoder_free(d);
	return 0;
}

static void
feed(const char *bytes)
{
	assert_true(press_decoder_feed(d, bytes, strlen(bytes), now));
}

/* The keys that there are at this time, by name. */
static void
gives(const char *names)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct press		 p;
	int			 i;

	for (i = 0; i < 1000 && press_decoder_next(d, now, &p); i++) {
		if (b.len > 0)
			buf_putc(&b, ' ');
		if (p.code == PRESS_PASTE)
			buf_printf(&b, "<%s>", p.paste);
		else if (p.code == PRESS_REPLY)
			buf_printf(&b, "reply:%d,%d,%d,%d", p.row, p.col,
			    p.mode, p.value);
		else
			press_name(&p, &b);
		press_fini(&p);
	}
	assert_string_equal(buf_str(&b), names);
}

static void
sends(const char *bytes, const char *names)
{
	feed(bytes);
	gives(names);
}

static void
function_keys_of_every_terminal(void **state)
{
	(void)state;
	sends("\033OP\033OQ\033OR\033OS", "F1 F2 F3 F4");
	sends("\033[11~\033[12~\033[13~\033[14~\033[15~", "F1 F2 F3 F4 F5");
	sends("\033[17~\033[18~\033[19~\033[20~\033[21~", "F6 F7 F8 F9 F10");
	sends("\033[23~\033[24~", "F11 F12");
	sends("\033[[A\033[[B\033[[C\033[[D\033[[E", "F1 F2 F3 F4 F5");
	sends("\033[28~", "F1");
	sends("\033[1;2P\033[1;5R\033[15;2~\033[23$\033[24^", "F1 F3 F5 F11 "
	    "F12");
}

static void
moving_keys_of_every_terminal(void **state)
{
	(void)state;
	sends("\033[A\033[B\033[C\033[D", "Up Down Right Left");
	sends("\033OA\033OB\033OC\033OD", "Up Down Right Left");
	sends("\033[H\033[F\033OH\033OF\033[1~\033[4~\033[7~\033[8~",
	    "Home End Home End Home End Home End");
	sends("\033[5~\033[6~\033[2~\033[3~", "PgUp PgDn Ins Del");
	sends("\033[1;5A\033[a\033Ob\033[5;5~", "Up Up Down PgUp");
	sends("\033[Z\t\r\n\x7f\b", "BackTab Tab Enter Enter Backspace "
	    "Backspace");
}

static void
a_keypad_types_digits(void **state)
{
	(void)state;
	assert_true(press_decoder_learn(d, "\033Ot", PRESS_F5));
	sends("\033Op\033Ot\033Oy\033OM\033On\033Ol\033Om", "0 4 9 Enter . "
	    ", -");
}

static void
escape_and_a_digit_is_a_function_key(void **state)
{
	(void)state;
	press_decoder_wait_set(d, 600);
	sends("\0331\0338\0330", "F1 F8 F10");
	sends("\033", "");
	now += 590;
	sends("5", "F5");
}

static void
escape_alone_is_given_out_when_its_time_is_over(void **state)
{
	(void)state;
	assert_int_equal(press_decoder_due(d, now), -1);
	sends("\033", "");
	assert_int_equal(press_decoder_due(d, now), ESC_MS);
	now += ESC_MS - 1;
	gives("");
	assert_int_equal(press_decoder_due(d, now), 1);
	now++;
	assert_int_equal(press_decoder_due(d, now), 0);
	gives("Esc");
	assert_int_equal(press_decoder_due(d, now), -1);
	sends("\033\033\033", "Esc");
	now += ESC_MS;
	gives("Esc Esc");
}

static void
escape_and_a_letter_typed_are_two_keys_but_alt_is_none(void **state)
{
	(void)state;
	feed("\033");
	now += 50;
	sends("q", "Esc q");
	sends("\033qa\033\xc3\xa9z\033\rb\033\033[A\033P1;2\033\\c",
	    "a z b Up c");
	feed("\033");
	now += 50;
	feed("[");
	now += 500;
	gives("Esc [");
}

static void
a_sequence_that_the_line_split_is_one_key(void **state)
{
	const char	*key = "\033[15~";
	size_t		 i;

	(void)state;
	press_decoder_wait_set(d, 400);
	for (i = 0; i < strlen(key); i++) {
		gives("");
		assert_true(press_decoder_feed(d, key + i, 1, now));
		now += 300;
	}
	gives("F5");
	press_decoder_wait_set(d, ESC_MS);
	feed("\033[");
	now += 300;
	gives("");
	sends("15~x", "F5 x");
}

static void
the_rest_of_a_sequence_that_comes_late_types_nothing(void **state)
{
	(void)state;
	feed("\033");
	now += 300;
	gives("Esc");
	sends("[15~x", "x");
	feed("\033");
	now += 300;
	gives("Esc");
	sends("OAx", "x");
	feed("\033");
	now += 300;
	gives("Esc");
	feed("O");
	now += 30;
	gives("O");
	sends("A", "A");
	feed("\033");
	now += 300;
	gives("Esc");
	sends("[x", "[ x");
}

static void
unknown_sequences_are_swallowed_whole(void **state)
{
	(void)state;
	sends("\033[?1;2c\033[<0;5;5Ma", "a");
	sends("\033[200;1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19xb",
	    "b");
	sends("\033[99~\033[Y\033OX\033[201~\033[[Zc", "c");
	sends("\033[1\033[2~", "Ins");
	sends("\033[12\rd", "Enter d");
	feed("\033[12");
	now += 500;
	gives("");
	sends("d", "d");
	sends("\033]0;title\ae", "e");
	sends("\033[?2026$", "");
	now += 500;
	gives("");
}

static void
text_is_typed_by_characters(void **state)
{
	(void)state;
	sends("aZ 9", "a Z Space 9");
	sends("\xc3\xa9\xe6\x97\xa5", "\xc3\xa9 \xe6\x97\xa5");
	sends("e\xcc\x81x", "e\xcc\x81 x");
	feed("\xe6\x97");
	gives("");
	now += 20;
	sends("\xa5", "\xe6\x97\xa5");
	sends("\xe6\x97x", "x");
	sends("\xff\x9b\xc2\x9b\xed\xa0\x80y", "y");
	feed("\xf0\x9f");
	now += 500;
	gives("");
	sends("\x80z", "z");
	assert_true(press_decoder_feed(d, "\0\x1c\x1d", 3, now));
	gives("");
	sends("\x0c\x0e\x10", "Ctrl-L Ctrl-N Ctrl-P");
}

static void
a_paste_is_one_key_whatever_it_holds(void **state)
{
	(void)state;
	sends("\033[200~a\r\nb\rc\n\td\033[Ae\x01\x9b\xc3\xa9\033[201~f",
	    "<a\nb\nc\n\td[Ae\xc3\xa9> f");
	feed("\033[200~begin");
	gives("");
	feed("\033[20");
	now += 100;
	sends("1~x", "<begin> x");
	feed("\033[200~no end\033[2");
	now += 2000;
	gives("<no end[2>");
	sends("x", "x");
	sends("\033[200~\033[201~", "<>");
}

static void
a_paste_is_cut_where_it_is_too_long(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct press		 p;
	int			 i;

	(void)state;
	feed("\033[200~");
	for (i = 0; i < 1000; i++)
		buf_puts(&b, "0123456789");
	for (i = 0; i < PRESS_PASTE_MAX / 10000 + 2; i++)
		feed(buf_str(&b));
	feed("\033[201~");
	assert_true(press_decoder_next(d, now, &p));
	assert_int_equal(p.code, PRESS_PASTE);
	assert_int_equal(strlen(p.paste), PRESS_PASTE_MAX);
	press_fini(&p);
	gives("");
}

/* They may have been a password. */
static void
keys_that_were_taken_are_not_kept(void **state)
{
	struct press	p;
	size_t		i, n;

	(void)state;
	feed("hunter2");
	for (n = 0; press_decoder_next(d, now, &p); n++)
		press_fini(&p);
	assert_int_equal(n, 7);
	assert_int_equal(p.text[0], '\0');
	for (i = 0; i < n; i++)
		assert_int_equal(d->queue[i].text[0], '\0');
}

static void
answers_of_the_terminal_are_no_keys(void **state)
{
	(void)state;
	sends("\033[24;80R", "reply:24,80,0,0");
	sends("\033[?2026;2$y", "reply:0,0,2026,2");
	sends("a\033[60;132Rb", "a reply:60,132,0,0 b");
}

static void
keys_of_terminfo_win(void **state)
{
	(void)state;
	assert_true(press_decoder_learn(d, "\033[99~", PRESS_F9));
	assert_true(press_decoder_learn(d, "\033[1~", PRESS_INSERT));
	assert_true(press_decoder_learn(d, "\033A", PRESS_UP));
	assert_true(press_decoder_learn(d, "\033[M", PRESS_F1));
	assert_true(press_decoder_learn(d, "x", PRESS_F2));
	assert_true(press_decoder_learn(d, "\033[", PRESS_F2));
	assert_true(press_decoder_learn(d, "", PRESS_F2));
	sends("\033[99~\033[1~\033A\033[Mx\033[A", "F9 Ins Up F1 x Up");
}

static void
names_are_read_back(void **state)
{
	static const char *const names[] = {
		"F1", "F12", "Ctrl-L", "a", "Esc", "PgDn", "Space", "Enter",
		"BackTab", "-", "\xe6\x97\xa5"
	};
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct press		 p;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(names); i++) {
		buf_reset(&b);
		assert_true(press_parse(names[i], strlen(names[i]), &p));
		press_name(&p, &b);
		assert_string_equal(buf_str(&b), names[i]);
	}
	assert_true(press_parse("ctrl-l!", 6, &p));
	assert_int_equal(p.text[0], 'L');
	assert_false(press_parse("F13", 3, &p));
	assert_false(press_parse("", 0, &p));
	assert_false(press_parse("ab", 2, &p));
	assert_false(press_parse("\033", 1, &p));
	assert_false(press_parse("Ctrl-1", 6, &p));
}

/* --- what keys mean ----------------------------------------------------- */

static void
means(const char *name, enum press_place place, enum act act)
{
	struct press p;

	assert_true(press_parse(name, strlen(name), &p));
	assert_int_equal(press_act(&p, place), act);
}

static void
keys_mean_the_same_everywhere_but_letters_in_fields(void **state)
{
	(void)state;
	means("F1", PLACE_FIELD, ACT_HELP);
	means("?", PLACE_LIST, ACT_HELP);
	means("?", PLACE_FIELD, ACT_NONE);
	means("F3", PLACE_FIELD, ACT_BACK);
	means("Esc", PLACE_FIELD, ACT_BACK);
	means("q", PLACE_LIST, ACT_BACK);
	means("q", PLACE_FIELD, ACT_NONE);
	means("Space", PLACE_LIST, ACT_MARK);
	means("Space", PLACE_FIELD, ACT_NONE);
	means("n", PLACE_LIST, ACT_NEXT);
	means("N", PLACE_LIST, ACT_PREVIOUS);
	means("S", PLACE_LIST, ACT_SORT);
	means("Ctrl-N", PLACE_FIELD, ACT_NEXT_FIELD);
	means("BackTab", PLACE_FIELD, ACT_PREVIOUS_FIELD);
	means("Ctrl-L", PLACE_LIST, ACT_REPAINT);
	means("a", PLACE_LIST, ACT_NONE);
	means("F11", PLACE_LIST, ACT_NONE);
}

static void
keys_that_may_not_arrive_mean_nothing(void **state)
{
	(void)state;
	means("Ctrl-S", PLACE_LIST, ACT_NONE);
	means("Ctrl-Q", PLACE_LIST, ACT_NONE);
	means("Ctrl-A", PLACE_LIST, ACT_NONE);
	means("Ctrl-B", PLACE_LIST, ACT_NONE);
}

static void
screens_may_bind_only_what_is_left(void **state)
{
	const char	*common = "qnNsSfFQ/?: ";
	const char	*left = "axrcbuwh0123456789";

	(void)state;
	for (; *common != '\0'; common++)
		assert_true(press_is_common_letter(*common));
	for (; *left != '\0'; left++)
		assert_false(press_is_common_letter(*left));
}

static void
says(enum act act, bool has_function_keys, const char *key, const char *all)
{
	AUTO_BUF struct buf b = BUF_INIT;

	act_key(act, has_function_keys, &b);
	assert_string_equal(buf_str(&b), key);
	buf_reset(&b);
	act_keys_all(act, &b);
	assert_string_equal(buf_str(&b), all);
}

static void
the_bar_names_keys_that_the_terminal_has(void **state)
{
	enum act act;

	(void)state;
	says(ACT_BACK, true, "F3", "F3 / Esc 3 / Esc / q");
	says(ACT_BACK, false, "Esc3", "F3 / Esc 3 / Esc / q");
	says(ACT_LEAVE, false, "Esc0", "F10 / Esc 0");
	says(ACT_SEARCH, false, "/", "/");
	says(ACT_MARK, true, "F7", "F7 / Esc 7 / Space");
	says(ACT_REPAINT, true, "Ctrl-L", "Ctrl-L");
	says(ACT_PREVIOUS_FIELD, false, "Ctrl-P", "BackTab / Ctrl-P");
	says(ACT_DUMP, false, "Ctrl-O", "F12 / Ctrl-O");
	for (act = ACT_HELP; act < ACT_COUNT; act++) {
		assert_true(strlen(act_label(act)) > 0);
		assert_true(strlen(act_help(act)) > 0);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(function_keys_of_every_terminal),
		TEST(moving_keys_of_every_terminal),
		TEST(a_keypad_types_digits),
		TEST(escape_and_a_digit_is_a_function_key),
		TEST(escape_alone_is_given_out_when_its_time_is_over),
		TEST(escape_and_a_letter_typed_are_two_keys_but_alt_is_none),
		TEST(a_sequence_that_the_line_split_is_one_key),
		TEST(the_rest_of_a_sequence_that_comes_late_types_nothing),
		TEST(unknown_sequences_are_swallowed_whole),
		TEST(text_is_typed_by_characters),
		TEST(a_paste_is_one_key_whatever_it_holds),
		TEST(a_paste_is_cut_where_it_is_too_long),
		TEST(keys_that_were_taken_are_not_kept),
		TEST(answers_of_the_terminal_are_no_keys),
		TEST(keys_of_terminfo_win),
		cmocka_unit_test(names_are_read_back),
		cmocka_unit_test(
		    keys_mean_the_same_everywhere_but_letters_in_fields),
		cmocka_unit_test(keys_that_may_not_arrive_mean_nothing),
		cmocka_unit_test(screens_may_bind_only_what_is_left),
		cmocka_unit_test(the_bar_names_keys_that_the_terminal_has)
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
