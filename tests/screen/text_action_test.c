/*
 * What can be done from a screen of text takes its values from the answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console.h"
#include "stconsole/json.h"

static void
a_letter_previews_with_the_values_that_are_shown(void **state)
{
	struct console	 c;

	(void)state;
	console_open(&c, "admins", 24, 80, "basic");
	/* The kept answer is another person's: what is shown counts. */
	console_keys(&c, "Enter");
	assert_string_equal(fixed_verb(c.work), "admin.show");
	assert_true(console_has(&c, "kim.admin@corp.test"));
	console_keys(&c, "x");
	assert_string_equal(fixed_verb(c.work), "admin.remove");
	assert_string_equal(json_text(fixed_params(c.work), "mail"),
	    "kim.admin@corp.test");
	console_close(&c);
}

static void
before_the_answer_a_letter_says_that_it_waits(void **state)
{
	struct console	c;
	size_t		calls;

	(void)state;
	console_open(&c, "admins", 24, 80, "basic");
	fixed_hold(c.work);
	console_keys(&c, "Enter");
	calls = fixed_count(c.work);
	console_keys(&c, "x");
	assert_int_equal(fixed_count(c.work), calls);
	assert_true(console_has(&c, "There is no answer yet"));
	fixed_release(c.work);
	console_close(&c);
}

static void
a_text_that_came_before_it_is_painted_is_searched(void **state)
{
	struct console	c;

	(void)state;
	console_open(&c, "admins", 24, 80, "basic");
	console_keys(&c, "Enter");
	assert_true(console_has(&c, "kim.admin@corp.test"));
	console_keys(&c, "/ 'kim.admin' Enter");
	/* Asked for again, answered, and nobody has painted yet. */
	console_keys(&c, "F2 n");
	assert_true(console_has(&c, "kim.admin@corp.test"));
	assert_false(console_has(&c, "Nothing found"));
	console_close(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_letter_previews_with_the_values_that_are_shown),
		cmocka_unit_test(
		    before_the_answer_a_letter_says_that_it_waits),
		cmocka_unit_test(
		    a_text_that_came_before_it_is_painted_is_searched)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
