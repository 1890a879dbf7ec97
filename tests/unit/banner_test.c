/*
 * The banner before the login: what it says, that nothing in it steers
 * agetty, and when agetty is told.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../src/services/banner/parts.h"
#include "site_tree.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

/* ---- words */

static json_t *
status(const char *a, const char *b, const char *c)
{
	return json_pack("{s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}", "lines",
	    "id", "mongodb", "mark", a, "id", "replica_set", "mark", b, "id",
	    "certificate", "mark", c);
}

static char *
composed(const char *a, const char *b, const char *c)
{
	AUTO_JSON json_t	*s = status(a, b, c);
	struct buf		 out = BUF_INIT;

	banner_compose("chat01", "192.0.2.7", "https://chat.corp.test",
	    "12.0.2", s, &out);
	return buf_take(&out);
}

static void
assert_health(const char *a, const char *b, const char *c, const char *want)
{
	AUTO_FREE char	*text = composed(a, b, c);
	const char	*health = strstr(text, "\n\n");

	assert_non_null(health);
	assert_string_equal(health + 2, want);
}

static void
test_it_says_where_one_is_and_how_it_is(void **state)
{
	AUTO_FREE char *text = composed("ok", "ok", "ok");

	(void)state;
	assert_string_equal(text, "chat01  192.0.2.7\n"
	    "https://chat.corp.test\n"
	    "Sametime 12.0.2, stconsole " STCONSOLE_VERSION "\n\n"
	    "All is well.\n");
}

static void
test_what_needs_a_look_is_named(void **state)
{
	(void)state;
	assert_health("warn", "ok", "warn", "Something needs a look.\n"
	    "  !  look at: mongodb, certificate\n");
	assert_health("warn", "fail", "unknown", "Something is broken.\n"
	    "  x  broken: replica set\n  !  look at: mongodb\n"
	    "  ?  unknown: certificate\n");
}

static void
test_what_nobody_knows_is_not_called_well(void **state)
{
	(void)state;
	assert_health("unknown", "unknown", "unknown",
	    "How Sametime is, is not known.\n"
	    "  ?  unknown: mongodb, replica set, certificate\n");
}

static void
test_without_a_site_the_host_is_there(void **state)
{
	AUTO_JSON json_t	*s = status("unknown", "ok", "ok");
	AUTO_BUF struct buf	 out = BUF_INIT;

	(void)state;
	banner_compose("chat01", "", NULL, NULL, s, &out);
	assert_true(str_starts(buf_str(&out), "chat01\nstconsole "));
}

static void
test_nothing_from_outside_steers_agetty_or_the_terminal(void **state)
{
	AUTO_JSON json_t	*s = status("ok", "ok", "ok");
	AUTO_BUF struct buf	 out = BUF_INIT;

	(void)state;
	banner_compose("ho\\nst", "", "https://x/\\4\033[2J\r\n", "12\\", s,
	    &out);
	assert_true(str_starts(buf_str(&out), "ho\\\\nst\n"
	    "https://x/\\\\4?[2J??\nSametime 12\\\\, "));
}

static void
test_many_names_stay_on_the_screen(void **state)
{
	AUTO_JSON json_t	*lines = json_array();
	AUTO_JSON json_t	*s = NULL;
	AUTO_BUF struct buf	 out = BUF_INIT;
	const char		*line;
	int			 i;

	(void)state;
	for (i = 0; i < 12; i++)
		json_array_append_new(lines, json_pack("{s:s, s:s}", "id",
		    "administrators", "mark", "warn"));
	s = json_pack("{s:O}", "lines", lines);
	banner_compose("chat01", "", NULL, NULL, s, &out);
	for (line = buf_str(&out); *line != '\0';
	    line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") < 80);
}

/* ---- the file */

static const char *mark = "ok";

static bool
status_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)ctx;
	(void)params;
	(void)e;
	*result = status(mark, mark, mark);
	return true;
}

static const struct verb verbs[] = {
	{ .name = "status", .help = "As it is told", .role = ROLE_VIEWER,
	  .read = status_read }
};
static const struct service service = { "told", verbs, 1, NULL, 0 };
static const struct service *const services[] = { &service };
static const struct registry registry = { services, 1 };

static void
refresh(const char *path, int64_t later_ms, bool *changed)
{
	struct clock	clock = clock_system;
	struct identity	who = { .role = ROLE_VIEWER };
	struct ctx	ctx = { .registry = &registry, .clock = &clock,
			    .who = &who };
	struct err	e = { 0 };

	clock.offset_ms += later_ms;
	if (!banner_refresh(&ctx, path, changed, &e))
		fail_msg("%s", e.msg);
}

static void
test_a_refresh_says_whether_more_than_the_time_changed(void **state)
{
	struct site_tree	 tree;
	AUTO_BUF struct buf	 one = BUF_INIT, two = BUF_INIT;
	AUTO_FREE char		*path = NULL;
	struct stat		 st;
	bool			 changed;

	(void)state;
	site_tree_make(&tree);
	path = site_tree_path(&tree, "issue.d/stconsole.issue");
	mark = "ok";
	refresh(path, 0, &changed);
	assert_true(changed);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_true(file_read(AT_FDCWD, path, 4096, &one, NULL));
	assert_non_null(strstr(buf_str(&one), "\nAll is well.\nas of 2"));
	refresh(path, 3600000, &changed);
	assert_false(changed);
	assert_true(file_read(AT_FDCWD, path, 4096, &two, NULL));
	assert_string_not_equal(buf_str(&one), buf_str(&two));
	mark = "fail";
	refresh(path, 3600000, &changed);
	assert_true(changed);
	assert_true(banner_remove(path, NULL));
	assert_false(file_exists(AT_FDCWD, path));
	assert_true(banner_remove(path, NULL));
	site_tree_remove(&tree);
}

static void
test_the_own_loop_is_no_address(void **state)
{
	AUTO_BUF struct buf	out = BUF_INIT;
	struct err		e;

	(void)state;
	assert_true(banner_addresses(&out, &e));
	assert_null(strstr(buf_str(&out), "127.0.0.1"));
	assert_null(strstr(buf_str(&out), "fe80:"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_says_where_one_is_and_how_it_is),
		cmocka_unit_test(test_what_needs_a_look_is_named),
		cmocka_unit_test(test_what_nobody_knows_is_not_called_well),
		cmocka_unit_test(test_without_a_site_the_host_is_there),
		cmocka_unit_test(
		    test_nothing_from_outside_steers_agetty_or_the_terminal),
		cmocka_unit_test(test_many_names_stay_on_the_screen),
		cmocka_unit_test(
		    test_a_refresh_says_whether_more_than_the_time_changed),
		cmocka_unit_test(test_the_own_loop_is_no_address)
	};

	return cmocka_run_group_tests_name("banner", tests, NULL, NULL);
}
