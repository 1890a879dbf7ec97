/*
 * A field as the person who types into it sees it.  A bar stands for the
 * caret in what is compared.
 */
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/ui/edit.h"

#define ACUTE	"\xcc\x81"
#define ZWJ	"\xe2\x80\x8d"
#define MAN	"\xf0\x9f\x91\xa8"
#define GIRL	"\xf0\x9f\x91\xa7"
#define FAMILY	MAN ZWJ MAN ZWJ GIRL
#define FLAG	"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa"
#define HAN	"\xe6\xbc\xa2"
#define JI	"\xe5\xad\x97"
#define JAMO	"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"
#define RLO	"\xe2\x80\xae"

static struct edit *
field(const char *text, const struct edit_options *o)
{
	static const struct edit_options	 plain = { .max = 200 };
	struct err				 e = { 0 };
	struct edit				*ed;

	ed = edit_new(o != NULL ? o : &plain, &e);
	assert_non_null(ed);
	assert_true(edit_set(ed, text, &e));
	return ed;
}

static void
assert_field(const struct edit *ed, const char *expected)
{
	AUTO_BUF struct buf b = BUF_INIT;

	buf_add(&b, edit_text(ed), edit_caret(ed));
	buf_putc(&b, '|');
	buf_puts(&b, edit_text(ed) + edit_caret(ed));
	assert_string_equal(buf_str(&b), expected);
	assert_int_equal(edit_len(ed), strlen(edit_text(ed)));
}

static void
type(struct edit *ed, const char *letters)
{
	char one[2] = "";

	for (; *letters != '\0'; letters++) {
		one[0] = *letters;
		assert_true(edit_insert(ed, one));
	}
}

static void
typed_text_comes_before_the_caret(void **state)
{
	struct edit *ed = field("ac", NULL);

	(void)state;
	assert_field(ed, "ac|");
	assert_false(edit_is_dirty(ed));
	assert_true(edit_move(ed, EDIT_LEFT));
	type(ed, "b");
	assert_field(ed, "ab|c");
	assert_true(edit_is_dirty(ed));
	assert_true(edit_move(ed, EDIT_HOME));
	assert_false(edit_move(ed, EDIT_LEFT));
	assert_false(edit_erase(ed, EDIT_LEFT));
	assert_field(ed, "|abc");
	assert_true(edit_move(ed, EDIT_END));
	assert_false(edit_move(ed, EDIT_RIGHT));
	assert_false(edit_erase(ed, EDIT_RIGHT));
	assert_field(ed, "abc|");
	edit_free(ed);
}

static void
the_caret_steps_over_whole_characters(void **state)
{
	struct edit *ed = field("e" ACUTE HAN FAMILY FLAG JAMO "\xff", NULL);

	(void)state;
	edit_move(ed, EDIT_HOME);
	assert_true(edit_move(ed, EDIT_RIGHT));
	assert_field(ed, "e" ACUTE "|" HAN FAMILY FLAG JAMO "\xff");
	edit_move(ed, EDIT_RIGHT);
	edit_move(ed, EDIT_RIGHT);
	assert_field(ed, "e" ACUTE HAN FAMILY "|" FLAG JAMO "\xff");
	edit_move(ed, EDIT_RIGHT);
	edit_move(ed, EDIT_RIGHT);
	assert_field(ed, "e" ACUTE HAN FAMILY FLAG JAMO "|\xff");
	edit_move(ed, EDIT_LEFT);
	edit_move(ed, EDIT_LEFT);
	assert_field(ed, "e" ACUTE HAN FAMILY "|" FLAG JAMO "\xff");
	edit_free(ed);
}

static void
a_key_erases_whole_characters(void **state)
{
	struct edit *ed = field("e" ACUTE FAMILY HAN "\xff" RLO, NULL);

	(void)state;
	assert_true(edit_erase(ed, EDIT_LEFT));
	assert_true(edit_erase(ed, EDIT_LEFT));
	assert_field(ed, "e" ACUTE FAMILY HAN "|");
	edit_move(ed, EDIT_LEFT);
	assert_true(edit_erase(ed, EDIT_LEFT));
	assert_field(ed, "e" ACUTE "|" HAN);
	assert_true(edit_erase(ed, EDIT_RIGHT));
	assert_true(edit_erase(ed, EDIT_LEFT));
	assert_field(ed, "|");
	edit_free(ed);
}

static void
the_caret_is_never_inside_a_character(void **state)
{
	struct edit *ed = field("ax" ACUTE "b", NULL);

	(void)state;
	edit_caret_set(ed, 2);
	assert_field(ed, "ax" ACUTE "|b");
	edit_caret_set(ed, 99);
	assert_field(ed, "ax" ACUTE "b|");
	edit_free(ed);
	/* What is erased or typed joins what stands around it. */
	ed = field("ab\n" ACUTE "c", NULL);
	edit_caret_set(ed, 3);
	assert_true(edit_erase(ed, EDIT_LEFT));
	assert_field(ed, "ab" ACUTE "|c");
	edit_free(ed);
	ed = field(ACUTE "c", NULL);
	edit_caret_set(ed, 0);
	type(ed, "e");
	assert_field(ed, "e" ACUTE "|c");
	edit_free(ed);
}

static void
words_are_letters_of_any_script(void **state)
{
	struct edit *ed = field("kim.berg@corp  " HAN JI ", x", NULL);

	(void)state;
	edit_move(ed, EDIT_HOME);
	edit_move(ed, EDIT_WORD_RIGHT);
	assert_field(ed, "kim|.berg@corp  " HAN JI ", x");
	edit_move(ed, EDIT_WORD_RIGHT);
	edit_move(ed, EDIT_WORD_RIGHT);
	edit_move(ed, EDIT_WORD_RIGHT);
	assert_field(ed, "kim.berg@corp  " HAN JI "|, x");
	edit_move(ed, EDIT_WORD_LEFT);
	assert_field(ed, "kim.berg@corp  |" HAN JI ", x");
	assert_true(edit_erase(ed, EDIT_WORD_LEFT));
	assert_field(ed, "kim.berg@|" HAN JI ", x");
	assert_true(edit_erase(ed, EDIT_END));
	assert_field(ed, "kim.berg@|");
	assert_true(edit_erase(ed, EDIT_HOME));
	assert_field(ed, "|");
	edit_free(ed);
}

static void
a_paste_becomes_one_line(void **state)
{
	struct edit *ed = field("", NULL);

	(void)state;
	assert_true(edit_insert(ed,
	    "a\r\nb\rc\nd\te\x1b[2J\x7f\xc2\x9b" "f\n\r\n"));
	assert_field(ed, "a b c d e[2Jf|");
	assert_true(edit_undo(ed));
	assert_field(ed, "|");
	assert_true(edit_insert(ed, "\n"));
	assert_field(ed, "|");
	assert_false(edit_undo(ed));
	edit_free(ed);
}

static void
a_paste_keeps_its_lines_where_lines_may_be(void **state)
{
	struct edit *ed = field("", &(struct edit_options){ .max = 99,
	    .multi_line = true });

	(void)state;
	assert_true(edit_insert(ed, "-----\r\n\tMII\r-----\n"));
	assert_field(ed, "-----\n\tMII\n-----\n|");
	edit_free(ed);
}

static void
what_does_not_fit_is_not_cut(void **state)
{
	struct edit *ed = field("abc", &(struct edit_options){ .max = 6 });

	(void)state;
	assert_false(edit_insert(ed, HAN "x"));
	assert_field(ed, "abc|");
	assert_false(edit_undo(ed));
	assert_true(edit_insert(ed, HAN));
	assert_false(edit_insert(ed, "x"));
	assert_field(ed, "abc" HAN "|");
	assert_false(edit_replace(ed, "1234567"));
	assert_true(edit_replace(ed, "123456"));
	assert_field(ed, "123456|");
	edit_free(ed);
}

static void
a_value_that_was_too_long_can_be_shortened(void **state)
{
	struct edit *ed = field("a\nlong one", &(struct edit_options){
	    .max = 4 });

	(void)state;
	assert_field(ed, "a\nlong one|");
	assert_false(edit_insert(ed, "x"));
	assert_true(edit_erase(ed, EDIT_LEFT));
	assert_true(edit_replace(ed, "b long 1"));
	assert_field(ed, "b long 1|");
	assert_true(edit_reset(ed));
	assert_field(ed, "a\nlong one|");
	assert_false(edit_is_dirty(ed));
	edit_free(ed);
}

static void
undo_takes_back_words_not_letters(void **state)
{
	struct edit *ed = field("", NULL);

	(void)state;
	type(ed, "one two");
	assert_true(edit_undo(ed));
	assert_field(ed, "one |");
	assert_true(edit_undo(ed));
	assert_field(ed, "|");
	assert_false(edit_undo(ed));
	assert_true(edit_redo(ed));
	assert_true(edit_redo(ed));
	assert_false(edit_redo(ed));
	assert_field(ed, "one two|");
	edit_erase(ed, EDIT_LEFT);
	edit_erase(ed, EDIT_LEFT);
	edit_move(ed, EDIT_HOME);
	edit_erase(ed, EDIT_RIGHT);
	edit_erase(ed, EDIT_RIGHT);
	assert_field(ed, "|e t");
	assert_true(edit_undo(ed));
	assert_field(ed, "|one t");
	assert_true(edit_undo(ed));
	assert_field(ed, "one two|");
	edit_free(ed);
}

static void
a_moved_caret_begins_a_new_step(void **state)
{
	struct edit *ed = field("", NULL);

	(void)state;
	type(ed, "ab");
	edit_move(ed, EDIT_LEFT);
	edit_move(ed, EDIT_RIGHT);
	type(ed, "cd");
	assert_true(edit_undo(ed));
	assert_field(ed, "ab|");
	/* What is typed now takes the place of what was undone. */
	type(ed, "x");
	assert_false(edit_redo(ed));
	assert_true(edit_undo(ed));
	assert_field(ed, "ab|");
	edit_free(ed);
}

static void
the_whole_field_is_put_back_and_that_undone(void **state)
{
	struct edit *ed = field("was", NULL);

	(void)state;
	assert_false(edit_reset(ed));
	edit_insert(ed, " not");
	assert_true(edit_reset(ed));
	assert_field(ed, "was|");
	assert_false(edit_is_dirty(ed));
	assert_true(edit_undo(ed));
	assert_field(ed, "was not|");
	assert_true(edit_replace(ed, "picked"));
	assert_true(edit_undo(ed));
	assert_field(ed, "was not|");
	edit_free(ed);
}

static void
old_steps_are_forgotten_not_kept_forever(void **state)
{
	struct edit	*ed = field("", &(struct edit_options){
	    .max = 100000 });
	char		*big = calloc(1, 20001);
	int		 i, undone;

	(void)state;
	assert_non_null(big);
	for (i = 0; i < 3 * EDIT_UNDO_STEPS; i++)
		edit_insert(ed, "ab");
	for (undone = 0; edit_undo(ed); undone++)
		;
	assert_int_equal(undone, EDIT_UNDO_STEPS);
	memset(big, 'x', 20000);
	for (i = 0; i < 3; i++)
		assert_true(edit_insert(ed, big));
	for (undone = 0; edit_undo(ed); undone++)
		;
	assert_int_equal(undone, 1);
	edit_free(ed);
	free(big);
}

/* The part that is shown, a bar at the caret's column. */
static void
assert_window(struct edit *ed, size_t width, const char *shown, size_t caret)
{
	AUTO_BUF struct buf	b = BUF_INIT;
	struct edit_window	w;

	edit_window(ed, width, &w);
	edit_window_show(ed, &w, &b);
	assert_string_equal(buf_str(&b), shown);
	assert_int_equal(w.caret, caret);
	assert_true(w.columns <= width);
	assert_int_equal(w.has_left, w.first > 0);
	assert_int_equal(w.has_right, w.first + w.bytes < edit_len(ed));
}

static void
a_long_text_scrolls_when_the_caret_leaves(void **state)
{
	struct edit *ed = field("0123456", NULL);

	(void)state;
	assert_window(ed, 8, "0123456", 7);
	type(ed, "7");
	assert_window(ed, 8, "4567", 4);
	type(ed, "89a");
	assert_window(ed, 8, "456789a", 7);
	type(ed, "b");
	assert_window(ed, 8, "89ab", 4);
	edit_move(ed, EDIT_LEFT);
	assert_window(ed, 8, "89ab", 3);
	edit_move(ed, EDIT_HOME);
	assert_window(ed, 8, "01234567", 0);
	edit_erase(ed, EDIT_END);
	assert_window(ed, 8, "", 0);
	edit_free(ed);
}

static void
a_wide_character_is_not_cut_by_the_window(void **state)
{
	struct edit *ed = field(HAN JI HAN JI, NULL);

	(void)state;
	edit_move(ed, EDIT_HOME);
	assert_window(ed, 5, HAN JI, 0);
	edit_move(ed, EDIT_RIGHT);
	assert_window(ed, 5, HAN JI, 2);
	edit_move(ed, EDIT_RIGHT);
	assert_window(ed, 5, JI HAN, 2);
	assert_window(ed, 3, HAN, 0);
	assert_window(ed, 1, "", 0);
	assert_window(ed, 0, "", 0);
	edit_free(ed);
}

static void
marks_and_families_count_as_they_are_shown(void **state)
{
	struct edit *ed = field("e" ACUTE FAMILY "x", NULL);

	(void)state;
	assert_window(ed, 8, "e" ACUTE FAMILY "x", 4);
	edit_free(ed);
}

static const struct edit_options secret_options = {
	.max = 64, .is_secret = true
};

static void
a_secret_is_stars_until_it_is_revealed(void **state)
{
	struct edit *ed = field("a b" HAN "e" ACUTE, &secret_options);

	(void)state;
	assert_true(edit_is_hidden(ed));
	assert_window(ed, 9, "*****", 5);
	/* Where its words end is not told. */
	edit_move(ed, EDIT_WORD_LEFT);
	assert_window(ed, 9, "*****", 0);
	edit_move(ed, EDIT_WORD_RIGHT);
	assert_window(ed, 4, "**", 2);
	edit_reveal(ed, true);
	assert_false(edit_is_hidden(ed));
	assert_window(ed, 9, "a b" HAN "e" ACUTE, 6);
	edit_reveal(ed, false);
	assert_window(ed, 9, "*****", 5);
	edit_free(ed);
	ed = field("plain", NULL);
	edit_reveal(ed, false);
	assert_window(ed, 9, "plain", 5);
	edit_free(ed);
}

static void
a_secret_has_no_undo_but_goes_back(void **state)
{
	struct edit	*ed = field("old", &secret_options);
	struct err	 e = { 0 };
	struct secret	*s;

	(void)state;
	type(ed, "er");
	assert_false(edit_undo(ed));
	assert_false(edit_redo(ed));
	s = edit_secret(ed, &e);
	assert_non_null(s);
	assert_string_equal(secret_reveal(s), "older");
	secret_free(s);
	assert_true(edit_reset(ed));
	assert_field(ed, "old|");
	edit_free(ed);
}

/* --- what is left of a secret in memory ------------------------------ */

#define NEEDLE_LEN	48
/* Its beginning is overwritten by an allocator or a NUL: it proves nothing. */
#define NEEDLE_TAIL	16

/* Made when it is needed: it is in no other place of the program. */
static char
needle_letter(uint32_t i)
{
	return (char)('A' + ((i + 1) * 2654435761u >> 27));
}

static void
needle_make(char needle[NEEDLE_LEN + 1])
{
	uint32_t i;

	for (i = 0; i < NEEDLE_LEN; i++)
		needle[i] = needle_letter(i);
	needle[NEEDLE_LEN] = '\0';
}

static bool
is_tail(const char *s)
{
	uint32_t i;

	for (i = 0; i < NEEDLE_TAIL; i++)
		if (s[i] != needle_letter(NEEDLE_LEN - NEEDLE_TAIL + i))
			return false;
	return true;
}

/*
 * Also what was freed: read past the allocator, into the stack, which is not
 * looked at.
 */
static size_t
needles_between(int mem, unsigned long from, unsigned long to)
{
	char		 chunk[1 << 16];
	size_t		 found = 0;
	ssize_t		 n, i;

	for (; from + NEEDLE_TAIL <= to; from += (unsigned long)i) {
		n = pread(mem, chunk, to - from < sizeof(chunk) ? to - from :
		    sizeof(chunk), (off_t)from);
		if (n < NEEDLE_TAIL)
			break;
		for (i = 0; i + NEEDLE_TAIL <= n; i++)
			found += is_tail(chunk + i);
	}
	explicit_bzero(chunk, sizeof(chunk));
	return found;
}

/* In the heap; what the sanitizer keeps there are mappings without a name. */
static size_t
needles_in_memory(void)
{
	FILE		*maps = fopen("/proc/self/maps", "r");
	int		 mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long	 from, to;
	char		 line[512], mode[8], name[256];
	size_t		 found = 0;

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		name[0] = '\0';
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to,
		    mode, name) < 3 || mode[0] != 'r' || mode[1] != 'w')
			continue;
		if ((name[0] == '\0' || strcmp(name, "[heap]") == 0) &&
		    to - from <= 8 << 20)
			found += needles_between(mem, from, to);
	}
	fclose(maps);
	close(mem);
	return found;
}

static void
nothing_of_a_secret_is_left_in_memory(void **state)
{
	struct edit	*ed = field("", &secret_options);
	struct err	 e = { 0 };
	char		 needle[NEEDLE_LEN + 1];

	(void)state;
	assert_int_equal(needles_in_memory(), 0);
	needle_make(needle);
	assert_true(edit_insert(ed, needle));
	assert_int_equal(needles_in_memory(), 1);
	edit_erase(ed, EDIT_HOME);
	assert_int_equal(needles_in_memory(), 0);
	assert_true(edit_insert(ed, needle));
	assert_true(edit_insert(ed, "!"));
	assert_int_equal(needles_in_memory(), 1);
	/* What it began with, and the text. */
	assert_true(edit_set(ed, needle, &e));
	assert_int_equal(needles_in_memory(), 2);
	assert_true(edit_replace(ed, "x"));
	assert_int_equal(needles_in_memory(), 1);
	assert_true(edit_reset(ed));
	edit_free(ed);
	assert_int_equal(needles_in_memory(), 0);
	explicit_bzero(needle, sizeof(needle));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(typed_text_comes_before_the_caret),
		cmocka_unit_test(the_caret_steps_over_whole_characters),
		cmocka_unit_test(a_key_erases_whole_characters),
		cmocka_unit_test(the_caret_is_never_inside_a_character),
		cmocka_unit_test(words_are_letters_of_any_script),
		cmocka_unit_test(a_paste_becomes_one_line),
		cmocka_unit_test(a_paste_keeps_its_lines_where_lines_may_be),
		cmocka_unit_test(what_does_not_fit_is_not_cut),
		cmocka_unit_test(a_value_that_was_too_long_can_be_shortened),
		cmocka_unit_test(undo_takes_back_words_not_letters),
		cmocka_unit_test(a_moved_caret_begins_a_new_step),
		cmocka_unit_test(the_whole_field_is_put_back_and_that_undone),
		cmocka_unit_test(old_steps_are_forgotten_not_kept_forever),
		cmocka_unit_test(a_long_text_scrolls_when_the_caret_leaves),
		cmocka_unit_test(a_wide_character_is_not_cut_by_the_window),
		cmocka_unit_test(marks_and_families_count_as_they_are_shown),
		cmocka_unit_test(a_secret_is_stars_until_it_is_revealed),
		cmocka_unit_test(a_secret_has_no_undo_but_goes_back),
		cmocka_unit_test(nothing_of_a_secret_is_left_in_memory)
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests_name("a field", tests, NULL, NULL);
}
