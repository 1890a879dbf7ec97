/*
 * Text as a terminal shows it: what is one character to a person, how wide
 * it is, what of it goes into a cell.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stconsole/buf.h"
#include "stconsole/mem.h"
#include "stconsole/utf8.h"

#define ACUTE	"\xcc\x81"
#define ZWJ	"\xe2\x80\x8d"
#define VS16	"\xef\xb8\x8f"
#define MAN	"\xf0\x9f\x91\xa8"
#define WOMAN	"\xf0\x9f\x91\xa9"
#define GIRL	"\xf0\x9f\x91\xa7"
#define FAMILY	MAN ZWJ WOMAN ZWJ GIRL
#define RI_D	"\xf0\x9f\x87\xa9"
#define RI_E	"\xf0\x9f\x87\xaa"
#define RLO	"\xe2\x80\xae"
#define CIRCLE	"\xe2\x97\x8c"
#define THUMB	"\xf0\x9f\x91\x8d"
#define BROWN	"\xf0\x9f\x8f\xbd"
#define HEART	"\xe2\x9d\xa4"

/* The clusters of a text with '|' between them, as they are shown. */
static void
assert_cells(const char *s, const char *shown, size_t columns)
{
	AUTO_BUF struct buf	 all = BUF_INIT;
	char			 cell[UTF8_CLUSTER_SHOWN];
	size_t			 ends[64] = { 0 }, count = 0, at = 0, n, len;

	for (; (n = utf8_cluster(s + at)) > 0; at += n) {
		len = utf8_cluster_show(s + at, n, cell);
		assert_int_equal(len, strlen(cell));
		assert_int_equal(utf8_columns(cell),
		    utf8_cluster_columns(s + at, n));
		buf_printf(&all, "%s%s", count > 0 ? "|" : "", cell);
		ends[++count] = at + n;
		assert_true(count < LENGTH(ends));
	}
	assert_string_equal(buf_str(&all), shown);
	assert_int_equal(at, strlen(s));
	assert_int_equal(utf8_columns(s), columns);
	for (; count > 0; count--)
		assert_int_equal(utf8_cluster_back(s, s + ends[count]),
		    ends[count] - ends[count - 1]);
	assert_int_equal(utf8_cluster_back(s, s), 0);
}

static void
plain_text_is_one_letter_a_column(void **state)
{
	(void)state;
	assert_cells("", "", 0);
	assert_cells("a b~", "a| |b|~", 4);
	assert_cells("\xc3\xa4\xc3\xb6", "\xc3\xa4|\xc3\xb6", 2);
}

static void
east_asian_characters_take_two_columns(void **state)
{
	(void)state;
	assert_cells("\xe6\xbc\xa2\xe5\xad\x97" "a",
	    "\xe6\xbc\xa2|\xe5\xad\x97|a", 5);
}

static void
marks_stay_on_their_letter(void **state)
{
	(void)state;
	assert_cells("e" ACUTE "x", "e" ACUTE "|x", 2);
	/* A cell holds four; the rest is not shown. */
	assert_cells("a" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "b",
	    "a" ACUTE ACUTE ACUTE ACUTE "|b", 2);
}

static void
a_mark_alone_is_seen(void **state)
{
	(void)state;
	assert_cells(ACUTE "a", CIRCLE ACUTE "|a", 2);
	assert_cells("\n" ACUTE, " |" CIRCLE ACUTE, 2);
}

static void
hangul_syllables_in_pieces_are_one(void **state)
{
	(void)state;
	/* Choseong, jungseong, jongseong: "han". */
	assert_cells("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab" "a",
	    "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab|a", 3);
	assert_cells("\xed\x95\x9c\xea\xb8\x80",
	    "\xed\x95\x9c|\xea\xb8\x80", 4);
	/* The filler stands for a vowel: "g", none, "g". */
	assert_cells("\xe1\x84\x80\xe1\x85\xa0\xe1\x86\xa8",
	    "\xe1\x84\x80\xe1\x85\xa0\xe1\x86\xa8", 2);
}

static void
a_vowel_of_hangul_alone_is_seen(void **state)
{
	char cell[UTF8_CLUSTER_SHOWN];

	(void)state;
	assert_int_equal(utf8_cluster_columns("\xe1\x85\xa1", 3), 1);
	assert_int_equal(utf8_cluster_show("\xe1\x85\xa1", 3, cell), 6);
	assert_string_equal(cell, CIRCLE "\xe1\x85\xa1");
}

static void
emoji_sequences_are_one_and_shown_as_their_first(void **state)
{
	(void)state;
	assert_cells(FAMILY "x", MAN "|x", 3);
	assert_cells(THUMB BROWN THUMB, THUMB "|" THUMB, 4);
	assert_cells(HEART VS16 "x", HEART "|x", 2);
	assert_cells("1" VS16 "\xe2\x83\xa3", "1\xe2\x83\xa3", 1);
	/* A skin tone on nothing that has skin is not hidden. */
	assert_cells("a" BROWN, "a|" BROWN, 3);
}

static void
flags_are_pairs(void **state)
{
	(void)state;
	assert_cells(RI_D RI_E RI_E RI_D RI_D,
	    RI_D "|" RI_E "|" RI_D, 3);
	assert_cells("a" RI_D RI_E "b", "a|" RI_D "|b", 3);
}

static void
no_vowel_and_no_digit_is_hidden(void **state)
{
	(void)state;
	/* Devanagari "ki", "ksha" and Tamil "kaa": the signs have a column. */
	assert_cells("\xe0\xa4\x95\xe0\xa4\xbf",
	    "\xe0\xa4\x95|\xe0\xa4\xbf", 2);
	assert_cells("\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7",
	    "\xe0\xa4\x95\xe0\xa5\x8d|\xe0\xa4\xb7", 2);
	assert_cells("\xe0\xae\x95\xe0\xae\xbe",
	    "\xe0\xae\x95|\xe0\xae\xbe", 2);
	/* Halfwidth "ga" in Katakana; the Arabic number sign and a digit. */
	assert_cells("\xef\xbd\xb6\xef\xbe\x9e",
	    "\xef\xbd\xb6|\xef\xbe\x9e", 2);
	assert_cells("\xd8\x80" "1", "\xd8\x80|1", 2);
}

static void
controls_are_shown_and_do_nothing(void **state)
{
	(void)state;
	assert_cells("a\tb\nc", "a| |b| |c", 5);
	assert_cells("\x1b[2J\x7f\r\n", "?|[|2|J|?|?| ", 7);
	/* CSI of C1. */
	assert_cells("\xc2\x9b" "31m", "?|3|1|m", 4);
	assert_cells("\xe2\x80\xa8", "?", 1);
}

static void
text_direction_cannot_be_turned(void **state)
{
	(void)state;
	assert_cells("a" RLO "b", "a||b", 2);
	assert_cells("a" ZWJ "b", "a|b", 2);
	assert_cells(ZWJ, "", 0);
	assert_cells("\xef\xbb\xbf" "a", "|a", 1);
}

static void
broken_bytes_are_one_column_each(void **state)
{
	(void)state;
	assert_cells("a\xff" "b", "a|?|b", 3);
	assert_cells("\xe6\xbc", "?|?", 2);
	assert_cells("\xe6\xbc" "a" ACUTE, "?|?|a" ACUTE, 3);
	assert_cells("\xff" ACUTE, "?|" CIRCLE ACUTE, 2);
	/* Overlong, surrogate, beyond Unicode. */
	assert_cells("\xc0\x80", "?|?", 2);
	assert_cells("\xed\xa0\x80", "?|?|?", 3);
	assert_cells("\xf4\x90\x80\x80", "?|?|?|?", 4);
	/* Not given to anybody. */
	assert_cells("\xef\xbf\xbf\xcd\xb8", "?|?", 2);
}

static void
endless_marks_are_cut(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	const char		*s;
	size_t			 at, n, i;

	(void)state;
	buf_puts(&b, "a");
	for (i = 0; i < 1000; i++)
		buf_puts(&b, ACUTE);
	s = buf_str(&b);
	for (at = 0; (n = utf8_cluster(s + at)) > 0; at += n) {
		assert_true(n <= UTF8_CLUSTER_MAX);
		assert_int_equal(utf8_cluster_back(s, s + at + n), n);
	}
	assert_int_equal(at, strlen(s));
}

static void
a_place_inside_of_a_cluster_is_found_back(void **state)
{
	const char *s = "a\xe6\xbc\xa2" ACUTE "b";

	(void)state;
	assert_int_equal(utf8_cluster_back(s, s + 2), 1);
	assert_int_equal(utf8_cluster_back(s, s + 3), 2);
	assert_int_equal(utf8_cluster_back(s, s + 4), 3);
	assert_int_equal(utf8_cluster_back(s, s + 5), 4);
	assert_int_equal(utf8_cluster_back(s, s + 6), 5);
	assert_int_equal(utf8_cluster_back(s, s + 7), 1);
}

static void
text_is_cut_between_clusters(void **state)
{
	const char	*s = "a" FAMILY "e" ACUTE "\xe6\xbc\xa2";
	size_t		 used;

	(void)state;
	assert_int_equal(utf8_fit(s, 0, &used), 0);
	assert_int_equal(used, 0);
	assert_int_equal(utf8_fit(s, 2, &used), 1);
	assert_int_equal(used, 1);
	assert_int_equal(utf8_fit(s, 3, &used), strlen("a" FAMILY));
	assert_int_equal(used, 3);
	assert_int_equal(utf8_fit(s, 5, &used),
	    strlen("a" FAMILY "e" ACUTE));
	assert_int_equal(used, 4);
	assert_int_equal(utf8_fit(s, 99, NULL), strlen(s));
	/* What takes no column is not left behind. */
	assert_int_equal(utf8_fit("ab" RLO, 2, &used), 5);
}

static void
letters_of_any_script_make_words(void **state)
{
	(void)state;
	assert_true(utf8_cluster_is_word("a", 1));
	assert_true(utf8_cluster_is_word("_", 1));
	assert_true(utf8_cluster_is_word("\xe6\xbc\xa2", 3));
	assert_true(utf8_cluster_is_word("e" ACUTE, 3));
	assert_false(utf8_cluster_is_word("@", 1));
	assert_false(utf8_cluster_is_word(" ", 1));
	assert_false(utf8_cluster_is_word("\xff", 1));
	assert_false(utf8_cluster_is_word("\xe3\x80\x82", 3));
	assert_false(utf8_cluster_is_word("", 0));
}

static void
without_utf8_only_ascii_is_known(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C"));
	assert_cells("a\xc3\xa4\xe6\xbc\xa2", "a|?|?", 3);
	assert_cells("e" ACUTE, "e|?", 2);
	assert_cells("a\x1b\xff", "a|?|?", 3);
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_one_letter_a_column),
		cmocka_unit_test(east_asian_characters_take_two_columns),
		cmocka_unit_test(marks_stay_on_their_letter),
		cmocka_unit_test(a_mark_alone_is_seen),
		cmocka_unit_test(hangul_syllables_in_pieces_are_one),
		cmocka_unit_test(a_vowel_of_hangul_alone_is_seen),
		cmocka_unit_test(
		    emoji_sequences_are_one_and_shown_as_their_first),
		cmocka_unit_test(flags_are_pairs),
		cmocka_unit_test(no_vowel_and_no_digit_is_hidden),
		cmocka_unit_test(controls_are_shown_and_do_nothing),
		cmocka_unit_test(text_direction_cannot_be_turned),
		cmocka_unit_test(broken_bytes_are_one_column_each),
		cmocka_unit_test(endless_marks_are_cut),
		cmocka_unit_test(a_place_inside_of_a_cluster_is_found_back),
		cmocka_unit_test(text_is_cut_between_clusters),
		cmocka_unit_test(letters_of_any_script_make_words),
		cmocka_unit_test(without_utf8_only_ascii_is_known)
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests_name("text of terminals", tests, NULL,
	    NULL);
}
