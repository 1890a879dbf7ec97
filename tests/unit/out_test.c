/*
 * Answers to a reader that went away: "| head" ends a follower and is no
 * failure of anything else.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/cli/parts.h"

static void
test_a_reader_that_went_away_ends_a_follower_only(void **state)
{
	struct err	e = { 0 };
	int		p[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	assert_true(out_text(p[1], "x\n", 2, &e));
	assert_false(out_followed(p[1], "x\n", 2));
	close(p[1]);
}

static void
test_a_full_disk_is_an_error_with_words(void **state)
{
	struct err	e = { 0 };
	int		fd = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_false(out_text(fd, "x\n", 2, &e));
	assert_string_not_equal(e.msg, "");
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_reader_that_went_away_ends_a_follower_only),
		cmocka_unit_test(test_a_full_disk_is_an_error_with_words)
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
