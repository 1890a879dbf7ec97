/*
 * A log on the screen that goes on: F begins and ends it.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console.h"
#include "stconsole/json.h"

static void
log_open(struct console *c)
{
	console_open(c, "about", 24, 80, "basic");
	app_open_screen(c->app, "service_logs", json_pack("{s:s}", "service",
	    "nginx"));
	console_settle(c);
}

static void
lines_come(struct console *c, int first, int count)
{
	json_t	*lines = json_array();
	char	 line[32];
	int	 i;

	for (i = first; i < first + count; i++) {
		snprintf(line, sizeof(line), "line %d.", i);
		json_array_append_new(lines, json_string(line));
	}
	fixed_lines(c->work, lines);
	console_settle(c);
}

static void
f_shows_new_lines_as_they_come(void **state)
{
	struct console c;

	(void)state;
	log_open(&c);
	assert_true(console_has(&c, "start worker process 31"));
	console_keys(&c, "f");
	assert_true(json_flag(fixed_params(c.work), "follow"));
	lines_come(&c, 1, 3);
	assert_true(console_has(&c, "line 3."));
	/* More than there are rows: the newest are seen. */
	lines_come(&c, 4, 60);
	assert_true(console_has(&c, "line 63."));
	assert_false(console_has(&c, "line 3."));
	console_close(&c);
}

static void
f_again_keeps_what_was_read(void **state)
{
	struct console	 c;
	size_t		 calls;

	(void)state;
	log_open(&c);
	console_keys(&c, "f");
	lines_come(&c, 1, 3);
	calls = fixed_count(c.work);
	console_keys(&c, "f");
	assert_int_equal(fixed_count(c.work), calls);
	lines_come(&c, 4, 3);
	assert_true(console_has(&c, "line 3."));
	assert_false(console_has(&c, "line 4."));
	console_keys(&c, "F2");
	assert_true(console_has(&c, "start worker process 31"));
	console_close(&c);
}

static void
a_log_that_is_long_keeps_its_newest_lines(void **state)
{
	struct console	 c;
	int		 i;

	(void)state;
	log_open(&c);
	console_keys(&c, "f");
	for (i = 0; i < 50; i++)
		lines_come(&c, i * 1000, 1000);
	assert_true(console_has(&c, "line 49999."));
	console_keys(&c, "Home");
	assert_false(console_has(&c, "line 0."));
	console_close(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(f_shows_new_lines_as_they_come),
		cmocka_unit_test(f_again_keeps_what_was_read),
		cmocka_unit_test(a_log_that_is_long_keeps_its_newest_lines)
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
