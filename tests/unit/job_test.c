/*
 * Jobs as somebody sees them who applies, resumes, cancels and undoes.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/audit.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"

#include "../../src/core/core.h"
#include "toy.h"

static void
assert_value(struct toy *t, const char *name, const char *want)
{
	AUTO_FREE char *now = toy_get(t, name);

	assert_string_equal(now, want);
}

static json_t *
words(const char *set)
{
	return json_pack("{s:s}", "set", set);
}

static void
test_applying_does_every_step_and_verifies(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_true(toy_apply(t, "toy.set", words("a=1 b=2 c=3"), &r, &e));
	assert_int_equal(r.state, JOB_DONE);
	assert_true(r.verified);
	assert_value(t, "a", "1");
	assert_value(t, "c", "3");
}

static void
test_undo_puts_everything_back_and_redo_brings_it_again(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, u, again;
	struct err		 e = { 0 };

	toy_put(t, "a", "old");
	assert_true(toy_apply(t, "toy.set", words("a=1 b=2"), &r, &e));
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_value(t, "a", "old");
	assert_value(t, "b", "");
	assert_true(toy_undo(t, u.id, &again, &e));
	assert_value(t, "a", "1");
	assert_value(t, "b", "2");
}

static void
test_nothing_to_do_starts_no_job(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_true(toy_apply(t, "toy.set", words(""), &r, &e));
	assert_string_equal(r.id, "");
}

static void
test_a_failing_step_stops_and_names_the_way_back(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, u;
	struct err		 e = { 0 };

	assert_false(toy_apply(t, "toy.set", words("a=1 fail:x b=2"), &r,
	    &e));
	assert_int_equal(r.state, JOB_FAILED);
	assert_non_null(strstr(e.msg, "x cannot be done"));
	assert_non_null(strstr(e.hint, r.id));
	assert_value(t, "a", "1");
	assert_value(t, "b", "");
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_value(t, "a", "");
}

static void
test_a_step_that_only_says_it_acted_is_found_out(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_false(toy_apply(t, "toy.set", words("lie:x"), &r, &e));
	assert_int_equal(r.state, JOB_FAILED);
	assert_false(r.verified);
}

static void
test_a_wait_ends_when_it_is_true_or_its_time_is_over(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_false(toy_apply(t, "toy.set", words("wait:x=1"), &r, &e));
	assert_int_equal(r.state, JOB_FAILED);
	toy_put(t, "x", "1");
	assert_true(toy_apply(t, "toy.set", words("wait:x=1"), &r, &e));
	assert_int_equal(r.state, JOB_DONE);
}

static void
test_a_step_by_hand_holds_the_job_until_it_is_done(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, again;
	struct err		 e = { 0 };

	assert_false(toy_apply(t, "toy.set", words("a=1 held:h=yes b=2"),
	    &r, &e));
	assert_int_equal(r.state, JOB_HELD);
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_value(t, "b", "");
	toy_put(t, "h", "yes");
	assert_true(job_resume(&t->ctx, r.id, &again, &e));
	assert_int_equal(again.state, JOB_DONE);
	assert_value(t, "b", "2");
}

static void
test_a_pause_holds_once_and_goes_on_when_resumed(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, again;
	struct err		 e = { 0 };

	assert_false(toy_apply(t, "toy.set", words("a=1 pause:h=1 b=2"), &r,
	    &e));
	assert_int_equal(r.state, JOB_HELD);
	assert_value(t, "b", "");
	assert_true(job_resume(&t->ctx, r.id, &again, &e));
	assert_int_equal(again.state, JOB_DONE);
	assert_value(t, "b", "2");
}

/* Nobody else may have what the steps of a step need. */
static void
test_steps_worked_out_when_reached_wait_for_their_locks(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*more = json_pack("[s]", "more");
	struct lock_set		*other = lock_take(&t->ctx, more, "-", NULL);
	struct job_result	 r, again;
	struct err		 e = { 0 };

	assert_non_null(other);
	assert_false(toy_apply(t, "toy.set", words("a=1 expandlocked:p,q=5"),
	    &r, &e));
	assert_non_null(strstr(e.msg, "more"));
	assert_value(t, "a", "1");
	assert_value(t, "p", "");
	lock_release(other);
	assert_true(job_resume(&t->ctx, r.id, &again, &e));
	assert_value(t, "q", "5");
	other = lock_take(&t->ctx, more, "-", &e);
	assert_non_null(other);
	lock_release(other);
}

static void
test_steps_worked_out_when_reached_are_undone_too(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, u;
	struct err		 e = { 0 };

	assert_true(toy_apply(t, "toy.set", words("expand:p,q,s=5 z=1"), &r,
	    &e));
	assert_value(t, "q", "5");
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_value(t, "p", "");
	assert_value(t, "s", "");
	assert_value(t, "z", "");
}

static void
test_a_job_of_hundreds_of_steps_is_undone_and_redone(void **state)
{
	struct toy		*t = *state;
	AUTO_BUF struct buf	 set = BUF_INIT;
	struct job_result	 r, u, again;
	struct err		 e = { 0 };
	int			 i;

	for (i = 0; i < 100; i++)
		buf_printf(&set, "%sf%d=%d", i > 0 ? " " : "", i, i);
	assert_true(toy_apply(t, "toy.set", words(buf_str(&set)), &r, &e));
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_value(t, "f99", "");
	assert_true(toy_undo(t, u.id, &again, &e));
	assert_value(t, "f0", "0");
	assert_value(t, "f99", "99");
}

static void
test_what_somebody_changed_since_is_not_undone(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, u;
	struct err		 e = { 0 };

	assert_true(toy_apply(t, "toy.set", words("a=1"), &r, &e));
	toy_put(t, "a", "theirs");
	assert_false(toy_undo(t, r.id, &u, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_value(t, "a", "theirs");
}

static void
test_a_world_that_moved_since_the_preview_is_told(void **state)
{
	struct toy		*t = *state;
	const struct verb	*v = registry_verb(t->ctx.registry, "toy.set");
	AUTO_JSON json_t	*params = words("a=1");
	AUTO_PLAN struct plan	*shown = NULL, *now = NULL;
	struct job_options	 options = { 0 };
	struct job_result	 r;
	json_t			*none = NULL;
	struct err		 e = { 0 };

	assert_true(verb_call(&t->ctx, v, params, &none, &shown, &e));
	toy_put(t, "a", "7");
	assert_false(job_apply(&t->ctx, v, params, plan_hash(shown), &options,
	    &now, &r, &e));
	assert_int_equal(e.domain, ERR_CHANGED);
	assert_non_null(now);
	assert_string_not_equal(plan_hash(now), plan_hash(shown));
	assert_value(t, "a", "7");
}

static void
test_eight_digits_of_the_hash_are_enough_and_seven_are_not(void **state)
{
	struct toy		*t = *state;
	const struct verb	*v = registry_verb(t->ctx.registry, "toy.set");
	AUTO_JSON json_t	*params = words("a=1");
	AUTO_PLAN struct plan	*shown = NULL, *now = NULL, *now2 = NULL;
	struct job_options	 options = { 0 };
	struct job_result	 r;
	json_t			*none = NULL;
	struct err		 e = { 0 };
	char			 prefix[9];

	assert_true(verb_call(&t->ctx, v, params, &none, &shown, &e));
	snprintf(prefix, sizeof(prefix), "%.7s", plan_hash(shown));
	assert_false(job_apply(&t->ctx, v, params, prefix, &options, &now,
	    &r, &e));
	snprintf(prefix, sizeof(prefix), "%.8s", plan_hash(shown));
	assert_true(job_apply(&t->ctx, v, params, prefix, &options, &now2,
	    &r, &e));
}

static void
test_a_cancelled_job_can_be_resumed(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, again;
	struct err		 e = { 0 };

	cancel_request(&t->cancel, CANCEL_ASKED);
	assert_false(toy_apply(t, "toy.set", words("a=1"), &r, &e));
	assert_int_equal(r.state, JOB_CANCELLED);
	assert_int_equal(e.domain, ERR_CANCELLED);
	assert_value(t, "a", "");
	cancel_fini(&t->cancel);
	assert_true(cancel_init(&t->cancel, &e));
	assert_true(job_resume(&t->ctx, r.id, &again, &e));
	assert_value(t, "a", "1");
}

static void
test_read_only_and_viewers_change_nothing(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	int64_t			 lines;

	t->ctx.read_only = true;
	assert_false(toy_apply(t, "toy.set", words("a=1"), &r, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	t->ctx.read_only = false;
	t->who.role = ROLE_VIEWER;
	assert_false(toy_apply(t, "toy.set", words("a=1"), &r, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_value(t, "a", "");
	assert_true(audit_verify(t->ctx.store, &lines, &e));
	assert_int_equal(lines, 2);
}

static void
test_a_wait_outlasts_a_probe_that_may_succeed_later(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	/* "busy:x" cannot be asked three times, as what restarts. */
	toy_put(t, "x", "1");
	assert_true(toy_apply(t, "toy.set", words("busy:x=1"), &r, &e));
	assert_int_equal(r.state, JOB_DONE);
}

static void
test_content_of_steps_worked_out_when_reached_is_kept_first(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, u;
	struct err		 e = { 0 };

	if (!toy_apply(t, "toy.set", words("expandblob:p,q=5"), &r, &e))
		fail_msg("%s", e.msg);
	assert_value(t, "q", "5");
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_value(t, "q", "");
}

/* A step that finds the world changed is a failed job, resumed or not. */
static void
test_a_failed_job_is_a_failure_and_no_refused_call(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, again;
	struct err		 e = { 0 };

	assert_false(toy_apply(t, "toy.set", words("a=1 held:h=yes b=2"),
	    &r, &e));
	toy_put(t, "h", "yes");
	toy_put(t, "b", "theirs");
	assert_false(job_resume(&t->ctx, r.id, &again, &e));
	assert_int_equal(again.state, JOB_FAILED);
	assert_int_equal(e.domain, ERR_JOB);
	assert_value(t, "b", "theirs");
}

static void
test_a_settled_job_is_not_carried_out_again(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, u, again;
	struct err		 e = { 0 };

	assert_true(toy_apply(t, "toy.set", words("a=1"), &r, &e));
	toy_put(t, "a", "");
	assert_true(job_resume(&t->ctx, r.id, &again, &e));
	assert_int_equal(again.state, JOB_DONE);
	assert_value(t, "a", "");
	toy_put(t, "a", "1");
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_true(job_resume(&t->ctx, r.id, &again, &e));
	assert_int_equal(again.state, JOB_UNDONE);
	assert_value(t, "a", "");
}

static void
test_a_cancelled_job_is_undone_as_far_as_it_came(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, u;
	struct err		 e = { 0 };

	toy_put(t, "a", "old");
	assert_false(toy_apply(t, "toy.set", words("a=1 stopme:x=1 b=2"), &r,
	    &e));
	assert_int_equal(r.state, JOB_INTERRUPTED);
	assert_value(t, "a", "1");
	assert_value(t, "b", "");
	cancel_fini(&t->cancel);
	assert_true(cancel_init(&t->cancel, &e));
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_value(t, "a", "old");
}

/* Two threads, each with a context of its own, at one state folder. */
struct racer {
	struct toy	*t;
	struct ctx	 ctx;
	struct cancel	 cancel;
	const char	*set;
	int		 done, held, changed, other;
};

static void *
race(void *arg)
{
	struct racer		*me = arg;
	const struct verb	*v = registry_verb(me->ctx.registry,
	    "toy.set");
	AUTO_JSON json_t	*params = words(me->set);
	struct job_options	 options = { 0 };
	int			 i;

	for (i = 0; i < 20; i++) {
		AUTO_PLAN struct plan	*plan = NULL, *now = NULL;
		struct job_result	 r;
		json_t			*none = NULL;
		struct err		 e = { 0 };

		if (!verb_call(&me->ctx, v, params, &none, &plan, &e))
			me->other++;
		else if (job_apply(&me->ctx, v, params, plan_hash(plan),
		    &options, &now, &r, &e))
			me->done += r.id[0] != '\0';
		else if (e.domain == ERR_HELD)
			me->held++;
		else if (e.domain == ERR_CHANGED)
			me->changed++;
		else
			me->other++;
	}
	return NULL;
}

static void
test_two_at_one_resource_never_mix(void **state)
{
	struct toy	*t = *state;
	struct racer	 a = { .t = t, .ctx = t->ctx, .set = "x=1 y=1" };
	struct racer	 b = { .t = t, .ctx = t->ctx, .set = "x=2 y=2" };
	pthread_t	 one, two;
	AUTO_FREE char	*x = NULL;
	int64_t		 lines;
	struct err	 e = { 0 };

	assert_true(cancel_init(&a.cancel, &e));
	assert_true(cancel_init(&b.cancel, &e));
	a.ctx.cancel = &a.cancel;
	b.ctx.cancel = &b.cancel;
	assert_int_equal(pthread_create(&one, NULL, race, &a), 0);
	assert_int_equal(pthread_create(&two, NULL, race, &b), 0);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	assert_int_equal(a.other + b.other, 0);
	assert_true(a.done + b.done > 0);
	x = toy_get(t, "x");
	assert_value(t, "y", x);
	assert_true(audit_verify(t->ctx.store, &lines, &e));
	/* Each begun and done. */
	assert_int_equal(lines, 2 * (a.done + b.done));
	cancel_fini(&a.cancel);
	cancel_fini(&b.cancel);
}

#define JOB_TEST(f) \
	cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_TEST(test_applying_does_every_step_and_verifies),
		JOB_TEST(test_a_pause_holds_once_and_goes_on_when_resumed),
		JOB_TEST(
		    test_steps_worked_out_when_reached_wait_for_their_locks),
		JOB_TEST(
		    test_undo_puts_everything_back_and_redo_brings_it_again),
		JOB_TEST(test_nothing_to_do_starts_no_job),
		JOB_TEST(test_a_failing_step_stops_and_names_the_way_back),
		JOB_TEST(test_a_step_that_only_says_it_acted_is_found_out),
		JOB_TEST(
		    test_a_wait_ends_when_it_is_true_or_its_time_is_over),
		JOB_TEST(test_a_step_by_hand_holds_the_job_until_it_is_done),
		JOB_TEST(test_steps_worked_out_when_reached_are_undone_too),
		JOB_TEST(
		    test_a_job_of_hundreds_of_steps_is_undone_and_redone),
		JOB_TEST(
		    test_what_somebody_changed_since_is_not_undone),
		JOB_TEST(test_a_world_that_moved_since_the_preview_is_told),
		JOB_TEST(
		    test_eight_digits_of_the_hash_are_enough_and_seven_are_not),
		JOB_TEST(test_a_cancelled_job_can_be_resumed),
		JOB_TEST(test_read_only_and_viewers_change_nothing),
		JOB_TEST(test_a_wait_outlasts_a_probe_that_may_succeed_later),
		JOB_TEST(
		  test_content_of_steps_worked_out_when_reached_is_kept_first),
		JOB_TEST(test_a_failed_job_is_a_failure_and_no_refused_call),
		JOB_TEST(test_a_settled_job_is_not_carried_out_again),
		JOB_TEST(test_a_cancelled_job_is_undone_as_far_as_it_came),
		JOB_TEST(test_two_at_one_resource_never_mix)
	};

	return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
