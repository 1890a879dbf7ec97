/*
 * The audit as somebody reads it who does not trust the host: what was done
 * to a line is found, and what was done to the site stands there.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/audit.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "toy.h"

static void
add(struct toy *t, const char *set, const char *outcome)
{
	const struct verb	*v = registry_verb(t->ctx.registry, "toy.set");
	AUTO_JSON json_t	*params = json_pack("{s:s}", "set", set);
	struct err		 e = { 0 };

	if (!audit_add(&t->ctx, v, params, NULL, NULL, outcome, NULL, &e))
		fail_msg("%s", e.msg);
}

static char *
path_of(struct toy *t, const char *name)
{
	return store_path(t->ctx.store, "audit/%s", name);
}

/* This year's file. */
static char *
lines_path(struct toy *t)
{
	char now[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(t->ctx.clock), now);
	return store_path(t->ctx.store, "audit/%.4s.jsonl", now);
}

static void
slurp(const char *path, struct buf *b)
{
	assert_true(file_read(AT_FDCWD, path, 1u << 26, b, NULL));
}

static void
spill(const char *path, const char *text)
{
	assert_true(file_write(AT_FDCWD, path, text, strlen(text), 0600,
	    NULL));
}

static char *
line_at(struct buf *b, int number)
{
	char *p = b->data;

	while (--number > 0)
		p = strchr(p, '\n') + 1;
	return p;
}

static void
assert_intact(struct toy *t, int64_t want)
{
	struct err	 e = { 0 };
	int64_t		 lines;

	if (!audit_verify(t->ctx.store, &lines, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(lines, want);
}

/* Found, in that line (0: only said), and with words. */
static void
assert_found(struct toy *t, int line, const char *words)
{
	struct err	 e = { 0 };
	int64_t		 lines;

	assert_false(audit_verify(t->ctx.store, &lines, &e));
	assert_int_equal(e.domain, ERR_AUDIT);
	assert_int_equal(e.code, line);
	if (strstr(e.msg, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.msg, words);
}

static void
test_an_audit_that_nobody_touched_is_intact(void **state)
{
	struct toy *t = *state;

	assert_intact(t, 0);
	add(t, "a=1", "done");
	add(t, "a=2", "done");
	assert_intact(t, 2);
}

static void
test_a_changed_line_is_found(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = lines_path(t);
	AUTO_BUF struct buf	 b = BUF_INIT;

	add(t, "a=1", "done");
	add(t, "a=2", "done");
	add(t, "a=3", "done");
	slurp(path, &b);
	*strstr(line_at(&b, 2), "a=2") = 'b';
	spill(path, b.data);
	assert_found(t, 2, "content was changed");
}

/* The same value in other bytes is another line too. */
static void
test_a_line_written_in_another_way_is_found(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = lines_path(t);
	AUTO_BUF struct buf	 b = BUF_INIT, spaced = BUF_INIT;

	add(t, "a=1", "done");
	slurp(path, &b);
	buf_printf(&spaced, "{ %s", b.data + 1);
	spill(path, buf_str(&spaced));
	assert_found(t, 1, "line 1");
}

static void
test_a_missing_line_is_found(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = lines_path(t);
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			*second;

	add(t, "a=1", "done");
	add(t, "a=2", "done");
	add(t, "a=3", "done");
	slurp(path, &b);
	second = line_at(&b, 2);
	memmove(second, line_at(&b, 3), strlen(line_at(&b, 3)) + 1);
	spill(path, b.data);
	assert_found(t, 2, "missing, changed or moved");
}

static void
test_moved_lines_are_found(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = lines_path(t);
	AUTO_BUF struct buf	 b = BUF_INIT, moved = BUF_INIT;
	char			*second, *third;

	add(t, "a=1", "done");
	add(t, "a=2", "done");
	add(t, "a=3", "done");
	slurp(path, &b);
	second = line_at(&b, 2);
	third = line_at(&b, 3);
	buf_add(&moved, b.data, (size_t)(second - b.data));
	buf_puts(&moved, third);
	buf_add(&moved, second, (size_t)(third - second));
	spill(path, buf_str(&moved));
	assert_found(t, 2, "missing, changed or moved");
}

static void
test_an_end_that_was_cut_off_is_found(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = lines_path(t);
	AUTO_BUF struct buf	 b = BUF_INIT;

	add(t, "a=1", "done");
	add(t, "a=2", "done");
	slurp(path, &b);
	*line_at(&b, 2) = '\0';
	spill(path, b.data);
	assert_found(t, 0, "cut off");
	/* Also after the next line has been written. */
	add(t, "a=3", "done");
	assert_found(t, 2, "line before");
}

static void
test_a_whole_year_that_is_gone_is_found(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*path = lines_path(t);

	add(t, "a=1", "done");
	assert_true(file_remove(AT_FDCWD, path, NULL));
	assert_found(t, 0, "cut off");
}

static void
test_a_head_that_does_not_belong_is_found(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = path_of(t, "head");
	AUTO_FREE char		*head = NULL;
	AUTO_BUF struct buf	 b = BUF_INIT;

	add(t, "a=1", "done");
	slurp(path, &b);
	head = strdup(b.data);
	b.data[2] = b.data[2] == '0' ? '1' : '0';
	spill(path, b.data);
	assert_found(t, 0, "head");
	/* As it would be had the last append been killed: one line more. */
	spill(path, head);
	add(t, "a=2", "done");
	spill(path, b.data);
	assert_found(t, 0, "head");
	spill(path, "rubbish");
	assert_found(t, 0, "head");
}

static void
test_a_torn_last_line_is_no_line(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = lines_path(t);
	AUTO_BUF struct buf	 b = BUF_INIT;

	add(t, "a=1", "done");
	slurp(path, &b);
	buf_puts(&b, "{\"seq\":2,\"comm");
	spill(path, buf_str(&b));
	assert_intact(t, 1);
	add(t, "a=2", "done");
	assert_intact(t, 2);
}

/* Killed between the line and the head. */
static void
test_a_line_that_the_head_does_not_count_yet_is_gone_on_from(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = path_of(t, "head");
	AUTO_BUF struct buf	 b = BUF_INIT;

	add(t, "a=1", "done");
	slurp(path, &b);
	add(t, "a=2", "done");
	spill(path, b.data);
	assert_intact(t, 2);
	add(t, "a=3", "done");
	assert_intact(t, 3);
}

static void
test_a_new_year_goes_on_with_the_chain(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*first = lines_path(t);
	AUTO_FREE char	*second = NULL;

	add(t, "a=1", "done");
	t->clock.offset_ms = INT64_C(366) * 86400 * 1000;
	add(t, "a=2", "done");
	add(t, "a=3", "done");
	second = lines_path(t);
	assert_true(file_exists(AT_FDCWD, first));
	assert_true(file_exists(AT_FDCWD, second));
	assert_intact(t, 3);
	assert_true(file_remove(AT_FDCWD, first, NULL));
	assert_found(t, 1, "before");
}

static void
test_a_clock_set_back_does_not_break_the_chain(void **state)
{
	struct toy *t = *state;

	t->clock.offset_ms = INT64_C(366) * 86400 * 1000;
	add(t, "a=1", "done");
	t->clock.offset_ms = 0;
	add(t, "a=2", "done");
	assert_intact(t, 2);
}

static void
test_an_audit_that_cannot_be_read_is_not_intact(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*dir = store_path(t->ctx.store, "audit");
	struct err	 e = { 0 };
	int64_t		 lines;

	spill(dir, "no folder");
	assert_false(audit_verify(t->ctx.store, &lines, &e));
	assert_string_not_equal(e.msg, "");
}

/* Readers and writers at once: nobody sees half of an append. */
static void
test_verifying_while_others_write_finds_nothing(void **state)
{
	struct toy	*t = *state;
	struct err	 e = { 0 };
	int64_t		 lines;
	int		 i, status;
	pid_t		 pid;

	add(t, "a=0", "done");
	pid = fork();
	if (pid == 0) {
		for (i = 0; i < 60; i++)
			add(t, "a=1", "done");
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		if (!audit_verify(t->ctx.store, &lines, &e))
			fail_msg("%s", e.msg);
	assert_int_equal(status, 0);
	assert_intact(t, 61);
}

static void
test_words_that_are_no_utf8_still_reach_the_audit(void **state)
{
	struct toy		*t = *state;
	const struct verb	*v = registry_verb(t->ctx.registry, "toy.set");
	AUTO_JSON json_t	*params = json_pack("{s:s}", "set", "a=1");
	struct err		 e = { 0 }, why = { 0 };

	err_set(&why, ERR_SYS, 2, "Cannot open caf\xe9.env");
	if (!audit_add(&t->ctx, v, params, NULL, NULL, "failed", &why, &e))
		fail_msg("%s", e.msg);
	assert_intact(t, 1);
}

/* Lines longer than what is read of the end at once. */
static void
test_long_lines_are_gone_on_from(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*big = malloc(200001);

	memset(big, 'x', 200000);
	big[200000] = '\0';
	add(t, big, "done");
	add(t, big, "done");
	add(t, "a=1", "done");
	assert_intact(t, 3);
}

static void
test_the_script_runs_again_what_was_done_and_only_that(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = path_of(t, "script.log");
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			*line, *save = NULL;
	int			 commands = 0;

	add(t, "a=1", "done");
	add(t, "b=1\nrm -rf /", "failed");
	add(t, "c=1\nc=2", "done");
	slurp(path, &b);
	assert_non_null(strstr(b.data, "\nstconsole toy set a=1 --yes\n"));
	assert_non_null(strstr(b.data, "'c=1\nc=2'"));
	for (line = strtok_r(b.data, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#')
			continue;
		commands++;
		assert_null(strstr(line, "b=1"));
		assert_null(strstr(line, "rm -rf"));
	}
	assert_int_equal(commands, 3);
}

/* A viewer types a secret where it is refused anyway. */
static void
test_the_value_of_a_refused_call_is_not_kept(void **state)
{
	struct toy		*t = *state;
	const struct verb	*v = registry_verb(t->ctx.registry,
	    "settings.set");
	AUTO_JSON json_t	*params = json_pack("{s:s, s:s}", "name",
	    "mongo.admin_url", "value", "mongodb://kim:hunter2@db");
	AUTO_FREE char		*lines = lines_path(t);
	AUTO_FREE char		*script = path_of(t, "script.log");
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_PLAN struct plan	*plan = NULL;
	json_t			*none = NULL;
	struct err		 e = { 0 };

	t->who.role = ROLE_VIEWER;
	assert_false(verb_call(&t->ctx, v, params, &none, &plan, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	slurp(lines, &b);
	slurp(script, &b);
	assert_non_null(strstr(b.data, "mongo.admin_url"));
	assert_null(strstr(b.data, "hunter2"));
	assert_intact(t, 1);
}

static void
test_a_change_that_cannot_be_audited_is_not_begun(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*dir = store_path(t->ctx.store, "audit");
	AUTO_FREE char		*now = NULL;
	struct job_result	 r, again;
	struct err		 e = { 0 };

	spill(dir, "in the way");
	assert_false(toy_apply(t, "toy.set", json_pack("{s:s}", "set",
	    "a=1"), &r, &e));
	assert_int_equal(e.domain, ERR_AUDIT);
	assert_int_equal(r.state, JOB_FAILED);
	assert_non_null(strstr(e.msg, "audit"));
	now = toy_get(t, "a");
	assert_string_equal(now, "");
	assert_true(file_remove(AT_FDCWD, dir, NULL));
	assert_true(job_resume(&t->ctx, r.id, &again, &e));
	assert_int_equal(again.state, JOB_DONE);
	assert_intact(t, 1);
}

static void
test_the_newest_lines_come_first(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*lines = NULL;

	add(t, "a=1", "done");
	add(t, "a=2", "done");
	add(t, "a=3", "done");
	lines = audit_read(t->ctx.store, 2, NULL);
	assert_int_equal(json_array_size(lines), 2);
	assert_int_equal(json_int(json_array_get(lines, 0), "seq", 0), 3);
}

#define AUDIT_TEST(f) \
	cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AUDIT_TEST(test_an_audit_that_nobody_touched_is_intact),
		AUDIT_TEST(test_a_changed_line_is_found),
		AUDIT_TEST(test_a_line_written_in_another_way_is_found),
		AUDIT_TEST(test_a_missing_line_is_found),
		AUDIT_TEST(test_moved_lines_are_found),
		AUDIT_TEST(test_an_end_that_was_cut_off_is_found),
		AUDIT_TEST(test_a_whole_year_that_is_gone_is_found),
		AUDIT_TEST(test_a_head_that_does_not_belong_is_found),
		AUDIT_TEST(test_a_torn_last_line_is_no_line),
		AUDIT_TEST(
		  test_a_line_that_the_head_does_not_count_yet_is_gone_on_from),
		AUDIT_TEST(test_a_new_year_goes_on_with_the_chain),
		AUDIT_TEST(test_a_clock_set_back_does_not_break_the_chain),
		AUDIT_TEST(test_an_audit_that_cannot_be_read_is_not_intact),
		AUDIT_TEST(test_verifying_while_others_write_finds_nothing),
		AUDIT_TEST(test_words_that_are_no_utf8_still_reach_the_audit),
		AUDIT_TEST(test_long_lines_are_gone_on_from),
		AUDIT_TEST(
		    test_the_script_runs_again_what_was_done_and_only_that),
		AUDIT_TEST(test_the_value_of_a_refused_call_is_not_kept),
		AUDIT_TEST(
		    test_a_change_that_cannot_be_audited_is_not_begun),
		AUDIT_TEST(test_the_newest_lines_come_first)
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
