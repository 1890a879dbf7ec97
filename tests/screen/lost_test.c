/*
 * Serve goes away while the console waits for answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/ui/app_private.h"
#include "console.h"

/* What calls go to afterwards; the first is freed as the console does. */
static struct work *
alone(void *arg, struct err *e)
{
	struct console	*c = arg;
	struct work	*w = fixed_new(&c->world, 0, e);

	work_free(c->work);
	c->work = w;
	return w;
}

static void
what_was_asked_is_told_as_lost_and_can_be_asked_again(void **state)
{
	struct console c;

	(void)state;
	console_open(&c, "admins", 24, 80, "basic");
	c.app->o.work_alone = alone;
	c.app->o.work_arg = &c;
	fixed_hold(c.work);
	console_keys(&c, "F2");
	assert_true(console_has(&c, "asking"));
	app_work_lost(c.app);
	assert_int_equal(c.app->call_count, 0);
	assert_true(console_has(&c, "went away before it answered"));
	assert_false(console_has(&c, "asking"));
	console_keys(&c, "F2");
	assert_true(console_has(&c, "7 in all"));
	assert_false(console_has(&c, "went away"));
	console_close(&c);
}

/* The numbers of the new one's calls begin again. */
static void
an_answer_goes_to_who_asked_now(void **state)
{
	struct console c;

	(void)state;
	console_open(&c, "site", 24, 80, "basic");
	c.app->o.work_alone = alone;
	c.app->o.work_arg = &c;
	fixed_hold(c.work);
	app_open_screen(c.app, "admins", json_object());
	console_settle(&c);
	app_work_lost(c.app);
	app_open_screen(c.app, "audit", json_object());
	console_settle(&c);
	assert_int_equal(c.app->call_count, 0);
	assert_true(console_has(&c, "Audit"));
	assert_false(console_has(&c, "asking"));
	console_close(&c);
}

/* To free what hosts it would wait up to 30 s for it, with all keys. */
static void
a_job_of_this_console_ends_before_it_works_alone(void **state)
{
	struct console	 c;
	struct work	*first;

	(void)state;
	console_open(&c, "admins", 24, 80, "basic");
	c.app->o.work_alone = alone;
	c.app->o.work_arg = &c;
	first = c.work;
	fixed_jobs_set(c.work, 1);
	fixed_event(c.work, WORK_LOST);
	console_settle(&c);
	assert_ptr_equal(c.work, first);
	fixed_jobs_set(c.work, 0);
	console_settle(&c);
	assert_ptr_not_equal(c.work, first);
	assert_true(console_has(&c, "now works alone"));
	console_close(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_was_asked_is_told_as_lost_and_can_be_asked_again),
		cmocka_unit_test(an_answer_goes_to_who_asked_now),
		cmocka_unit_test(
		    a_job_of_this_console_ends_before_it_works_alone)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
