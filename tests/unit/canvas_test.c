#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/canvas.h"

static void
shows(const struct canvas *c, bool marks, const char *picture)
{
	AUTO_BUF struct buf b = BUF_INIT;

	canvas_dump(c, marks, &b);
	assert_string_equal(buf_str(&b), picture);
}

static void
text_that_does_not_fit_ends_with_a_tilde(void **state)
{
	struct canvas *c = canvas_new(2, 8);

	(void)state;
	assert_int_equal(canvas_put(c, 0, 0, 8, LOOK_TEXT, "12345678"), 8);
	assert_int_equal(canvas_put(c, 1, 0, 8, LOOK_TEXT, "123456789"), 8);
	shows(c, false, "12345678\n1234567~\n");
	canvas_erase(c);
	assert_int_equal(canvas_put(c, 0, 5, 99, LOOK_TEXT, "abcd"), 3);
	assert_int_equal(canvas_put(c, 1, 0, 1, LOOK_TEXT, "abc"), 1);
	shows(c, false, "     ab~\n~\n");
	canvas_free(c);
}

static void
nothing_is_put_outside(void **state)
{
	struct canvas	*c = canvas_new(2, 4);
	int		 row, col;

	(void)state;
	assert_int_equal(canvas_put(c, 2, 0, 4, LOOK_TEXT, "x"), 0);
	assert_int_equal(canvas_put(c, -1, 0, 4, LOOK_TEXT, "x"), 0);
	assert_int_equal(canvas_put(c, 0, 4, 4, LOOK_TEXT, "x"), 0);
	assert_int_equal(canvas_put(c, 0, -1, 4, LOOK_TEXT, "x"), 0);
	assert_int_equal(canvas_put(c, 0, 0, 0, LOOK_TEXT, "x"), 0);
	assert_int_equal(canvas_put(c, 0, 0, -3, LOOK_TEXT, "x"), 0);
	canvas_glyph(c, 5, 0, 4, LOOK_RULE, GLYPH_RULE);
	canvas_blank(c, (struct area){ -1, -1, 9, 9 }, LOOK_BAR);
	canvas_look(c, (struct area){ 0, 9, 9, 9 }, LOOK_BAR);
	canvas_put_right(c, 0, 7, 3, LOOK_BAR, "x");
	assert_null(canvas_cell(c, 2, 0));
	assert_null(canvas_cell(c, 0, 4));
	canvas_cursor(c, 9, -9);
	canvas_cursor_get(c, &row, &col);
	assert_int_equal(row, 1);
	assert_int_equal(col, 0);
	shows(c, true, "\n\n@ 1,0\n");
	canvas_free(c);
}

static void
wide_text_is_cut_between_its_characters(void **state)
{
	struct canvas *c = canvas_new(3, 5);

	(void)state;
	assert_int_equal(canvas_put(c, 0, 0, 5, LOOK_TEXT, "日本語"), 5);
	assert_int_equal(canvas_put(c, 1, 0, 4, LOOK_TEXT, "日本語"), 3);
	assert_int_equal(canvas_put(c, 2, 3, 9, LOOK_TEXT, "日"), 2);
	shows(c, false, "日本~\n日~\n   日\n");
	assert_int_equal(canvas_cell(c, 0, 1)->columns, 0);
	assert_int_equal(canvas_cell(c, 0, 1)->len, 0);
	canvas_erase(c);
	assert_int_equal(canvas_put(c, 0, 4, 9, LOOK_TEXT, "日"), 1);
	shows(c, false, "    ~\n\n\n");
	canvas_free(c);
}

static void
half_of_a_wide_character_is_never_left(void **state)
{
	struct canvas *c = canvas_new(1, 6);

	(void)state;
	canvas_put(c, 0, 0, 6, LOOK_WARN, "日本語");
	canvas_put(c, 0, 1, 1, LOOK_TEXT, "x");
	shows(c, true, " x本語\n0,0-0 warn\n0,2-5 warn\n@ 0,0\n");
	canvas_put(c, 0, 2, 1, LOOK_TEXT, "y");
	shows(c, false, " xy 語\n");
	canvas_put(c, 0, 3, 2, LOOK_TEXT, "本");
	shows(c, false, " xy本\n");
	assert_int_equal(canvas_cell(c, 0, 5)->columns, 1);
	canvas_put(c, 0, 2, 2, LOOK_TEXT, "日");
	shows(c, false, " x日\n");
	canvas_glyph(c, 0, 3, 1, LOOK_RULE, GLYPH_VLINE);
	shows(c, false, " x |\n");
	canvas_free(c);
}

static void
marks_stay_with_their_letter(void **state)
{
	struct canvas *c = canvas_new(1, 4);

	(void)state;
	assert_int_equal(canvas_put(c, 0, 0, 4, LOOK_TEXT, "e\u0301x"), 2);
	assert_int_equal(canvas_cell(c, 0, 0)->len, 3);
	assert_int_equal(canvas_cell(c, 0, 1)->text[0], 'x');
	shows(c, false, "e\u0301x\n");
	canvas_free(c);
}

static void
control_characters_never_reach_the_screen(void **state)
{
	struct canvas *c = canvas_new(1, 12);

	(void)state;
	canvas_put(c, 0, 0, 12, LOOK_TEXT, "a\033[2Jb\r\x9b\x7f\tc");
	shows(c, false, "a?[2Jb??? c\n");
	canvas_free(c);
}

static void
numbers_stand_at_the_right(void **state)
{
	struct canvas *c = canvas_new(3, 6);

	(void)state;
	canvas_put(c, 0, 0, 6, LOOK_TEXT, "xxxxxx");
	canvas_put_right(c, 0, 1, 4, LOOK_TEXT, "12");
	canvas_put_right(c, 1, 0, 6, LOOK_TEXT, "1234567");
	canvas_put_right(c, 2, 0, 3, LOOK_TEXT, "");
	shows(c, false, "x  12x\n12345~\n\n");
	canvas_free(c);
}

static void
the_focus_covers_whole_characters(void **state)
{
	struct canvas *c = canvas_new(2, 6);

	(void)state;
	canvas_put(c, 0, 0, 6, LOOK_TEXT, "日本語");
	canvas_look(c, (struct area){ 0, 1, 1, 2 }, LOOK_FOCUS);
	canvas_cursor(c, 0, 1);
	shows(c, true, "日本語\n\n0,0-3 focus\n@ 0,1\n");
	canvas_free(c);
}

static void
glyphs_are_ascii_in_a_dump(void **state)
{
	struct canvas	*c = canvas_new(2, 8);
	int		 i;

	(void)state;
	canvas_glyph(c, 0, 0, 99, LOOK_TEXT, GLYPH_RULE);
	for (i = 0; i < 8; i++)
		canvas_glyph(c, 1, i, 1, LOOK_TEXT,
		    (enum glyph)(GLYPH_SPARK_1 + i));
	shows(c, false, "--------\n_.:-=+*#\n");
	assert_int_equal(canvas_cell(c, 0, 3)->glyph, GLYPH_RULE);
	canvas_put(c, 0, 3, 1, LOOK_TEXT, "x");
	assert_int_equal(canvas_cell(c, 0, 3)->glyph, GLYPH_NONE);
	canvas_free(c);
}

static void
another_size_begins_empty(void **state)
{
	struct canvas *c = canvas_new(1, 4);

	(void)state;
	canvas_put(c, 0, 0, 4, LOOK_TEXT, "abcd");
	canvas_cursor(c, 0, 3);
	assert_true(canvas_resize(c, 2, 2));
	assert_int_equal(canvas_rows(c), 2);
	assert_int_equal(canvas_cols(c), 2);
	shows(c, true, "\n\n@ 0,0\n");
	assert_true(canvas_resize(c, 0, CANVAS_MAX + 1));
	assert_int_equal(canvas_rows(c), 1);
	assert_int_equal(canvas_cols(c), CANVAS_MAX);
	canvas_free(c);
	canvas_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_does_not_fit_ends_with_a_tilde),
		cmocka_unit_test(nothing_is_put_outside),
		cmocka_unit_test(wide_text_is_cut_between_its_characters),
		cmocka_unit_test(half_of_a_wide_character_is_never_left),
		cmocka_unit_test(marks_stay_with_their_letter),
		cmocka_unit_test(control_characters_never_reach_the_screen),
		cmocka_unit_test(numbers_stand_at_the_right),
		cmocka_unit_test(the_focus_covers_whole_characters),
		cmocka_unit_test(glyphs_are_ascii_in_a_dump),
		cmocka_unit_test(another_size_begins_empty)
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
