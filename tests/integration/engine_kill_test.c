/*
 * A job of the engine alone (a setting), killed at every durable call and
 * denied every resource: it ends as it would have, and no file is ever half
 * written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "kill.h"

static const char *const set_mail[] = {
	"settings", "set", "me.mail", "kim@corp.test", "--yes", NULL
};

static void
no_setup(void *arg)
{
	(void)arg;
}

static char *
setting_value(const char *state)
{
	static const char *const	 argv[] = { "settings", "list", NULL };
	AUTO_RUN struct run_result	 r = run_json(state, argv, NULL);
	const json_t			*s;
	size_t				 i;

	run_assert_exit(&r, 0);
	json_array_foreach (json_object_get(json_object_get(r.json,
	    "result"), "settings"), i, s)
		if (strcmp(json_text(s, "name"), "me.mail") == 0)
			return strdup(json_text(s, "value"));
	return NULL;
}

static void
check_audit(const char *state)
{
	static const char *const	 argv[] = { "audit", "verify", NULL };
	AUTO_RUN struct run_result	 r = run_json(state, argv, NULL);

	run_assert_exit(&r, 0);
}

static void
check_killed(void *arg, const char *state, const struct run_result *r,
    bool hit)
{
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *after = NULL;

	(void)arg;
	run_assert_exit(r, hit ? 137 : 0);
	before = setting_value(state);
	assert_true(strcmp(before, "") == 0 ||
	    strcmp(before, "kim@corp.test") == 0);
	kill_recover(state, set_mail, NULL);
	after = setting_value(state);
	assert_string_equal(after, "kim@corp.test");
	check_audit(state);
}

static void
test_killed_before_every_call_it_ends_well(void **st)
{
	struct kill_case c = { .what = "kill-before", .argv = set_mail,
	    .setup = no_setup, .check = check_killed, .step = 3 };

	(void)st;
	(void)kill_at_every_call(&c);
}

static void
test_killed_after_every_call_it_ends_well(void **st)
{
	struct kill_case c = { .what = "kill-after", .argv = set_mail,
	    .setup = no_setup, .check = check_killed, .step = 4 };

	(void)st;
	(void)kill_at_every_call(&c);
}

/*
 * A refused call is told in a sentence or did not matter; afterwards the
 * same command succeeds.
 */
static void
check_refused(void *arg, const char *state, const struct run_result *r,
    bool hit)
{
	const json_t	*error = json_object_get(r->json, "error");
	AUTO_FREE char	*after = NULL;

	(void)arg;
	if (!hit)
		run_assert_exit(r, 0);
	assert_true(r->exit_code < 128);
	if (r->exit_code != 0 && r->exit_code != 7)
		assert_true(strlen(json_text(error, "message")) > 0 ||
		    r->err.len > 0);
	kill_recover(state, set_mail, NULL);
	after = setting_value(state);
	assert_string_equal(after, "kim@corp.test");
	check_audit(state);
}

static void
refuse(const char *what)
{
	struct kill_case c = { .what = what, .argv = set_mail,
	    .setup = no_setup, .check = check_refused, .step = 5 };

	(void)kill_at_every_call(&c);
}

static void
test_a_full_disk_at_any_call_loses_nothing(void **st)
{
	(void)st;
	refuse("enospc");
}

static void
test_a_disk_error_at_any_call_loses_nothing(void **st)
{
	(void)st;
	refuse("eio");
}

static void
test_short_writes_are_finished(void **st)
{
	struct kill_case c = { .what = "short", .only = "write",
	    .argv = set_mail, .setup = no_setup, .check = check_refused,
	    .step = 2 };

	(void)st;
	(void)kill_at_every_call(&c);
}

static void
test_no_memory_at_any_allocation_loses_nothing(void **st)
{
	(void)st;
	refuse("malloc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_before_every_call_it_ends_well),
		cmocka_unit_test(test_killed_after_every_call_it_ends_well),
		cmocka_unit_test(test_a_full_disk_at_any_call_loses_nothing),
		cmocka_unit_test(test_a_disk_error_at_any_call_loses_nothing),
		cmocka_unit_test(test_short_writes_are_finished),
		cmocka_unit_test(
		    test_no_memory_at_any_allocation_loses_nothing)
	};

	return cmocka_run_group_tests_name("engine kill", tests, NULL, NULL);
}
