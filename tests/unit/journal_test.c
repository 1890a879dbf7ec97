/*
 * The journal of a job after a kill, a full disk or somebody's editor.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "../../src/core/core.h"

struct place {
	char	*dir, *path;
};

static int
setup(void **state)
{
	char		 template[] = "/tmp/stconsole-journal.XXXXXX";
	struct place	*p = malloc(sizeof(*p));

	assert_non_null(mkdtemp(template));
	p->dir = str_format("%s/20260101-000000-abcd", template);
	assert_int_equal(mkdir(p->dir, 0700), 0);
	p->path = str_format("%s/journal", p->dir);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	*strrchr(p->dir, '/') = '\0';
	file_remove_tree(p->dir, NULL);
	free(p->dir);
	free(p->path);
	free(p);
	return 0;
}

static void
write_lines(const char *path, int count)
{
	struct err	 e = { 0 };
	struct journal	*j = journal_open(&clock_system, path, &e);
	int		 i;

	assert_non_null(j);
	for (i = 0; i < count; i++)
		assert_true(journal_add(j, "1", "intent", json_pack("{s:i}",
		    "n", i), &e));
	journal_close(j);
}

static void
slurp(const char *path, struct buf *b)
{
	assert_true(file_read(AT_FDCWD, path, 1u << 20, b, NULL));
}

static void
spill(const char *path, const char *text, size_t len)
{
	assert_true(file_write(AT_FDCWD, path, text, len, 0600, NULL));
}

static void
test_what_was_written_is_read_in_order(void **state)
{
	struct place		*p = *state;
	AUTO_JSON json_t	*lines = NULL;
	const json_t		*line;
	size_t			 i;

	write_lines(p->path, 2);
	write_lines(p->path, 1);
	lines = journal_read(p->path, NULL);
	assert_int_equal(json_array_size(lines), 3);
	json_array_foreach (lines, i, line) {
		assert_int_equal(json_int(line, "seq", 0), i + 1);
		assert_string_equal(json_text(line, "step"), "1");
		assert_true(json_int(line, "mono", -1) >= 0);
		assert_int_equal(strlen(json_text(line, "time")), 24);
	}
}

static void
test_a_journal_that_is_not_there_is_empty(void **state)
{
	struct place		*p = *state;
	AUTO_JSON json_t	*lines = journal_read(p->path, NULL);

	assert_int_equal(json_array_size(lines), 0);
	assert_true(json_is_array(lines));
}

static void
test_one_that_cannot_be_read_is_not_taken_for_empty(void **state)
{
	struct place	*p = *state;
	struct err	 e = { 0 };

	assert_int_equal(mkdir(p->path, 0700), 0);
	assert_null(journal_read(p->path, &e));
	assert_int_equal(e.domain, ERR_SYS);
	assert_non_null(strstr(e.msg, "journal"));
}

static void
test_a_torn_last_line_is_ignored_and_cut_off(void **state)
{
	struct place		*p = *state;
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_JSON json_t	*lines = NULL, *after = NULL;
	size_t			 cut;

	write_lines(p->path, 3);
	slurp(p->path, &b);
	/* Every length that a kill may leave of the last line. */
	for (cut = 1; b.data[b.len - 1 - cut] != '\n'; cut++) {
		spill(p->path, b.data, b.len - cut);
		json_decref(lines);
		lines = journal_read(p->path, NULL);
		assert_int_equal(json_array_size(lines), 2);
	}
	write_lines(p->path, 1);
	after = journal_read(p->path, NULL);
	assert_int_equal(json_array_size(after), 3);
	assert_int_equal(json_int(json_array_get(after, 2), "seq", 0), 3);
}

static void
assert_stops_at(const char *path, int number)
{
	struct err	 e = { 0 };
	char		 words[32];

	assert_null(journal_read(path, &e));
	assert_int_equal(e.domain, ERR_JOURNAL);
	assert_int_equal(e.code, number);
	snprintf(words, sizeof(words), "Line %d ", number);
	assert_non_null(strstr(e.msg, words));
	assert_true(e.hint[0] != '\0');
	assert_null(journal_open(&clock_system, path, &e));
	assert_int_equal(e.domain, ERR_JOURNAL);
}

static void
test_a_damaged_line_inside_stops_with_its_number(void **state)
{
	struct place		*p = *state;
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			*second;

	write_lines(p->path, 3);
	slurp(p->path, &b);
	second = strchr(b.data, '\n') + 1;
	second[40] ^= 1;
	spill(p->path, b.data, b.len);
	assert_stops_at(p->path, 2);
}

static void
test_a_line_taken_out_whole_stops_with_its_number(void **state)
{
	struct place		*p = *state;
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			*second, *third;

	write_lines(p->path, 3);
	slurp(p->path, &b);
	second = strchr(b.data, '\n') + 1;
	third = strchr(second, '\n') + 1;
	memmove(second, third, strlen(third) + 1);
	spill(p->path, b.data, strlen(b.data));
	assert_stops_at(p->path, 2);
}

static void
test_rubbish_of_any_kind_is_named_not_followed(void **state)
{
	static const char *const rubbish[] = {
		"\n", "x\n", "00000000\n", "00000000 \n", "zzzzzzzz {}\n",
		"ffffffff {\"seq\":1}\n", "\xff\xfe\n", "        {}\n",
		"-1 5\n"
	};
	struct place	*p = *state;
	size_t		 i;

	for (i = 0; i < LENGTH(rubbish); i++) {
		spill(p->path, rubbish[i], strlen(rubbish[i]));
		assert_stops_at(p->path, 1);
	}
	spill(p->path, "\0\0\0\0\n", 5);
	assert_stops_at(p->path, 1);
}

static void
test_a_second_writer_is_told_which_job_runs(void **state)
{
	struct place	*p = *state;
	struct err	 e = { 0 };
	struct journal	*j = journal_open(&clock_system, p->path, &e);

	assert_non_null(j);
	assert_true(journal_is_held(p->path));
	assert_null(journal_open(&clock_system, p->path, &e));
	assert_int_equal(e.domain, ERR_HELD);
	assert_non_null(strstr(e.msg, "job 20260101-000000-abcd is"));
	journal_close(j);
	assert_false(journal_is_held(p->path));
}

#define JOURNAL_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JOURNAL_TEST(test_what_was_written_is_read_in_order),
		JOURNAL_TEST(test_a_journal_that_is_not_there_is_empty),
		JOURNAL_TEST(
		    test_one_that_cannot_be_read_is_not_taken_for_empty),
		JOURNAL_TEST(test_a_torn_last_line_is_ignored_and_cut_off),
		JOURNAL_TEST(
		    test_a_damaged_line_inside_stops_with_its_number),
		JOURNAL_TEST(
		    test_a_line_taken_out_whole_stops_with_its_number),
		JOURNAL_TEST(test_rubbish_of_any_kind_is_named_not_followed),
		JOURNAL_TEST(test_a_second_writer_is_told_which_job_runs)
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
