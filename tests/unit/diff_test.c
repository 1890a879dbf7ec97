#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "stconsole/diff.h"

static void
gives(const char *a, const char *b, const char *want)
{
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct err		 e = { 0 };

	assert_true(diff_unified("old", "new", a, strlen(a), b, strlen(b),
	    NULL, NULL, &out, &e));
	assert_string_equal(buf_str(&out), want);
}

static void
equal_texts_give_nothing(void **state)
{
	(void)state;
	gives("", "", "");
	gives("a\nb", "a\nb", "");
}

static void
changed_line_is_shown_with_three_lines_around(void **state)
{
	(void)state;
	gives("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
	    "--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n"
	    " 8\n");
	gives("a\n", "b\n", "--- old\n+++ new\n@@ -1 +1 @@\n-a\n+b\n");
}

static void
added_and_removed_lines_are_counted_as_by_diff(void **state)
{
	(void)state;
	gives("", "a\nb\n", "--- old\n+++ new\n@@ -0,0 +1,2 @@\n+a\n+b\n");
	gives("a\nb\n", "", "--- old\n+++ new\n@@ -1,2 +0,0 @@\n-a\n-b\n");
	gives("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\n6\n",
	    "--- old\n+++ new\n@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6\n");
}

static void
missing_final_newline_is_marked(void **state)
{
	(void)state;
	gives("a", "a\n", "--- old\n+++ new\n@@ -1 +1 @@\n-a\n"
	    "\\ No newline at end of file\n+a\n");
	gives("x\na", "y\na", "--- old\n+++ new\n@@ -1,2 +1,2 @@\n-x\n+y\n a\n"
	    "\\ No newline at end of file\n");
}

static void
near_changes_share_a_hunk_and_far_ones_do_not(void **state)
{
	(void)state;
	gives("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
	    "--- old\n+++ new\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n"
	    " 6\n-b\n+B\n");
	gives("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
	    "--- old\n+++ new\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
	    "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

static bool
hide_passwords(void *arg, const char *line, size_t len, struct buf *shown)
{
	const char *equals = memchr(line, '=', len);

	if (len < 8 || memcmp(line, "PASSWORD", 8) != 0 || equals == NULL)
		return false;
	++*(int *)arg;
	buf_add(shown, line, (size_t)(equals - line) + 1);
	buf_puts(shown, "****");
	return true;
}

static void
masked_values_stay_out_of_the_diff(void **state)
{
	const char		*a = "PASSWORD_A=one\nB=1\nPASSWORD_C=x";
	const char		*b = "PASSWORD_A=two\nB=1\nPASSWORD_C=x";
	AUTO_BUF struct buf	 out = BUF_INIT;
	int			 n = 0;

	(void)state;
	assert_true(diff_unified("a", "b", a, strlen(a), b, strlen(b),
	    hide_passwords, &n, &out, NULL));
	assert_int_equal(n, 3);
	assert_string_equal(buf_str(&out), "--- a\n+++ b\n@@ -1,3 +1,3 @@\n"
	    "-PASSWORD_A=****\n+PASSWORD_A=****\n B=1\n PASSWORD_C=****\n"
	    "\\ No newline at end of file\n");
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
big_texts_are_compared_fast(void **state)
{
	AUTO_BUF struct buf	 a = BUF_INIT;
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_BUF struct buf	 out = BUF_INIT;
	double			 start;

	(void)state;
	for (int i = 0; a.len < 10u << 20; i++)
		buf_printf(&a, "KEY_%07d=value\n", i);
	buf_add(&b, a.data, a.len);
	b.data[b.len / 2] ^= 1;
	start = seconds();
	assert_true(diff_unified("a", "b", a.data, a.len, b.data, b.len,
	    NULL, NULL, &out, NULL));
	assert_true(out.len < 400);
	assert_true(seconds() - start < 0.5);
}

static void
unlike_texts_are_compared_in_bounded_time(void **state)
{
	AUTO_BUF struct buf	 a = BUF_INIT;
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_BUF struct buf	 out = BUF_INIT;
	double			 start;

	(void)state;
	for (int i = 0; a.len < 2u << 20; i++) {
		buf_printf(&a, "old line %d\n", i);
		buf_printf(&b, "new line %d\n", i);
	}
	start = seconds();
	assert_true(diff_unified("a", "b", a.data, a.len, b.data, b.len,
	    NULL, NULL, &out, NULL));
	assert_true(out.len > a.len + b.len);
	assert_true(seconds() - start < 10.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_give_nothing),
		cmocka_unit_test(changed_line_is_shown_with_three_lines_around),
		cmocka_unit_test(
		    added_and_removed_lines_are_counted_as_by_diff),
		cmocka_unit_test(missing_final_newline_is_marked),
		cmocka_unit_test(near_changes_share_a_hunk_and_far_ones_do_not),
		cmocka_unit_test(masked_values_stay_out_of_the_diff),
		cmocka_unit_test(big_texts_are_compared_fast),
		cmocka_unit_test(unlike_texts_are_compared_in_bounded_time),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
