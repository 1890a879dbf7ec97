#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "police.h"

static void
lets_pass(const char *term, const char *bytes)
{
	struct police *p = police_new(term, 0);

	assert_non_null(p);
	police_feed(p, bytes, strlen(bytes));
	if (police_complaint(p) != NULL)
		fail_msg("%s", police_complaint(p));
	police_free(p);
}

/* In one piece, and byte by byte. */
static void
stops(const char *term, const char *bytes, const char *complaint)
{
	struct police	*p = police_new(term, 0), *q = police_new(term, 0);
	size_t		 i;

	assert_non_null(p);
	assert_non_null(q);
	police_feed(p, bytes, strlen(bytes));
	for (i = 0; i < strlen(bytes); i++)
		police_feed(q, bytes + i, 1);
	assert_non_null(police_complaint(p));
	assert_string_equal(police_complaint(p), complaint);
	assert_string_equal(police_complaint(q), complaint);
	police_free(p);
	police_free(q);
}

static void
a_vt100_gets_nothing_that_came_later(void **state)
{
	(void)state;
	lets_pass("vt100", "\033[H\033[2;5Hx\033[1mb\033[m\017\033[3;20r\033M"
	    "\r\n\b\t\016q\017\033[0;7m\033[?1h\033=\033[6n");
	stops("vt100", "\033[5X", "vt100 has no ESC [ n X");
	stops("vt100", "a\033[2@", "vt100 has no ESC [ n @");
	stops("vt100", "\033[P", "vt100 has no ESC [ n P");
	stops("vt100", "\033[31m", "vt100 has no ESC [ 31 m");
	stops("vt100", "\033[0;1;31m", "vt100 has no ESC [ 31 m");
	stops("vt100", "\033[?25l", "vt100 has no ESC [ ?25 l");
	stops("vt100", "\033[5G", "vt100 has no ESC [ n G");
	stops("vt100", "\033]0;x\a", "vt100 has no ESC ] 0");
}

static void
each_type_gets_what_it_has(void **state)
{
	(void)state;
	lets_pass("vt220", "\033[5X\033[2@\033[P\033[?25l\033[?25h");
	stops("vt220", "\033[31m", "vt220 has no ESC [ 31 m");
	lets_pass("linux", "\033[31m\033[39;49m\033[5X\033[5G");
	stops("linux", "\033[91m", "linux has no ESC [ 91 m");
	stops("linux", "\033[?2004h", "linux has no ESC [ ?2004 h");
	lets_pass("xterm-256color", "\033[91m\033[38;5;200m\033[?1049h");
	stops("screen", "\033[38;5;200m", "screen has no ESC [ 38;5;n m");
	stops("xterm-256color", "-\033[5b", "xterm-256color has no ESC [ n b");
	stops("screen", "\033[5X", "screen has no ESC [ n X");
}

static void
text_is_ascii_or_utf8(void **state)
{
	(void)state;
	lets_pass("xterm-256color", "a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80z");
	stops("xterm-256color", "\x9b", "xterm-256color has no text that is "
	    "no UTF-8");
	stops("xterm-256color", "\xc3x", "xterm-256color has no text that "
	    "is no UTF-8");
}

static void
an_unknown_type_has_no_police(void **state)
{
	(void)state;
	assert_null(police_new("nosuchtype", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vt100_gets_nothing_that_came_later),
		cmocka_unit_test(each_type_gets_what_it_has),
		cmocka_unit_test(text_is_ascii_or_utf8),
		cmocka_unit_test(an_unknown_type_has_no_police)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
