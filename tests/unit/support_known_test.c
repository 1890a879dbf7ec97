/*
 * A secret that is known is found in whatever dress it wears.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/services/support/parts.h"
#include "stconsole/mem.h"

/* What text becomes when secret is known; free it. */
static char *
without(const char *secret, const char *text, size_t *found)
{
	struct err	 e = { 0 };
	struct known	*k = known_new(&e);
	struct buf	 b = BUF_INIT;

	assert_non_null(k);
	assert_true(known_add(k, secret, strlen(secret), &e));
	buf_puts(&b, text);
	if (!known_take_out(k, &b, found, &e))
		fail_msg("%s", e.msg);
	known_free(k);
	return buf_take(&b);
}

static void
assert_without(const char *secret, const char *text, const char *want)
{
	size_t		 found;
	AUTO_FREE char	*out = without(secret, text, &found);

	assert_string_equal(out, want);
}

static void
test_a_secret_is_taken_out_wherever_it_stands(void **state)
{
	size_t		 found;
	AUTO_FREE char	*out = without("hunter22",
	    "hunter22 a hunter22hunter22\nhunter2 hunter22", &found);

	(void)state;
	assert_string_equal(out, "*** a ******\nhunter2 ***");
	assert_int_equal(found, 4);
}

static void
test_its_dresses_are_known(void **state)
{
	(void)state;
	assert_without("p\"w\\1\n2", "{\"a\":\"p\\\"w\\\\1\\n2\"}",
	    "{\"a\":\"***\"}");
	assert_without("p&w<\">x", "a=\"p&amp;w&lt;&quot;&gt;x\"", "a=\"***\"");
	assert_without("p@w/x", "//u:p%40w%2Fx@h //u:p%40w%2fx@h",
	    "//u:***@h //u:***@h");
	assert_without("p%40w%2Fx", "is p@w/x", "is ***");
	assert_without("hunter22", "Basic aHVudGVyMjI=", "Basic ***");
	assert_without("aHVudGVyMjI=", "it is hunter22", "it is ***");
}

static void
test_what_is_like_ordinary_text_is_left_to_its_name(void **state)
{
	(void)state;
	assert_without("abc", "abc", "abc");
	assert_without("TRUE", "true or TRUE", "true or TRUE");
	assert_without("27017", "port 27017", "port 27017");
	assert_without("270170", "270170", "***");
}

static void
test_what_is_left_over_is_looked_at_again(void **state)
{
	(void)state;
	/* Once out, its mask and what is around are the secret again. */
	assert_without("a***b", "aa***bb a***b", "*** ***");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_secret_is_taken_out_wherever_it_stands),
		cmocka_unit_test(test_its_dresses_are_known),
		cmocka_unit_test(
		    test_what_is_like_ordinary_text_is_left_to_its_name),
		cmocka_unit_test(test_what_is_left_over_is_looked_at_again)
	};

	return cmocka_run_group_tests_name("known secrets", tests, NULL,
	    NULL);
}
