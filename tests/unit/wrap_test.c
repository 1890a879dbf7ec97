/*
 * Text broken between words: nothing is lost, nothing is wider than its area.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../src/ui/wrap.h"
#include "stconsole/mem.h"

static void
wraps(const char *text, int rows, int cols, int used, const char *wanted)
{
	struct canvas		*c = canvas_new(rows + 1, cols + 2);
	AUTO_BUF struct buf	 out = BUF_INIT;

	assert_non_null(c);
	assert_int_equal(wrap_paint(c, (struct area){ 0, 0, rows, cols },
	    LOOK_TEXT, text), used);
	canvas_dump(c, false, &out);
	while (out.len > 0 && out.data[out.len - 1] == '\n')
		out.data[--out.len] = '\0';
	assert_string_equal(buf_str(&out), wanted);
	canvas_free(c);
}

static void
test_lines_end_between_words(void **state)
{
	(void)state;
	wraps("one two three", 5, 7, 2, "one two\nthree");
	wraps("one two three", 5, 6, 3, "one\ntwo\nthree");
	wraps("one two three", 5, 80, 1, "one two three");
	wraps("", 5, 80, 0, "");
}

static void
test_a_word_that_is_too_long_is_cut_between_characters(void **state)
{
	(void)state;
	wraps("abcdefgh ij", 5, 3, 4, "abc\ndef\ngh\nij");
	wraps("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 5, 4, 2,
	    "\xe6\xbc\xa2\xe5\xad\x97\n\xe6\xbc\xa2");
}

static void
test_paragraphs_begin_on_a_line_of_their_own(void **state)
{
	(void)state;
	wraps("one\ntwo three", 5, 80, 2, "one\ntwo three");
}

static void
test_what_does_not_fit_is_left_out(void **state)
{
	(void)state;
	wraps("one two three", 2, 5, 2, "one\ntwo");
	wraps("one", 0, 5, 0, "");
	wraps("\xe6\xbc\xa2", 3, 1, 1, "~");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_end_between_words),
		cmocka_unit_test(
		    test_a_word_that_is_too_long_is_cut_between_characters),
		cmocka_unit_test(test_paragraphs_begin_on_a_line_of_their_own),
		cmocka_unit_test(test_what_does_not_fit_is_left_out),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
