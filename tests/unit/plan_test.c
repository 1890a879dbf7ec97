/*
 * Plans: what their hash covers, what it does not, and what becomes of them
 * on disk.
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

#include "stconsole/blob.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "../../src/core/core.h"
#include "toy.h"

/* What is given to make one plan; NULL, 0: as usual. */
struct shape {
	const char	*verb, *param, *arg, *title, *diff, *undo, *note;
	const char	*lock, *site, *block;
	enum risk	 risk;
	bool		 twice, other_action;
};

static void
hash_of(struct toy *t, const struct shape *s, char hash[65])
{
	AUTO_JSON json_t	*params = json_pack("{s:s}", "set",
	    s->param != NULL ? s->param : "p");
	struct ctx		 ctx = t->ctx;
	AUTO_PLAN struct plan	*p = NULL;
	struct err		 e = { 0 };
	int			 i;

	if (s->site != NULL)
		snprintf(ctx.site_id, sizeof(ctx.site_id), "%s", s->site);
	p = plan_new(&ctx, s->verb != NULL ? s->verb : "toy.set", params, &e);
	assert_non_null(p);
	for (i = 0; i <= s->twice; i++)
		assert_true(plan_step_add(p, &(struct step_spec){
		    .action = s->other_action ? "toy.lie" : "toy.write",
		    .args = json_pack("{s:s, s:s}", "name", "a", "after",
		    s->arg != NULL ? s->arg : "1"), .risk = s->risk,
		    .diff = s->diff, .undo = s->undo }, &e, "%s",
		    s->title != NULL ? s->title : "title"));
	if (s->lock != NULL)
		assert_true(plan_lock_add(p, s->lock, &e));
	if (s->note != NULL)
		assert_true(plan_note_add(p, &e, "%s", s->note));
	if (s->block != NULL)
		assert_true(plan_block(p, NULL, &e, "%s", s->block));
	assert_true(plan_seal(&ctx, p, &e));
	snprintf(hash, 65, "%s", plan_hash(p));
	assert_int_equal(strlen(hash), 64);
}

static void
test_what_is_only_for_eyes_is_not_in_the_hash(void **state)
{
	static const struct shape same[] = {
		{ .title = "another title" }, { .diff = "-a\n+b\n" },
		{ .undo = "by hand" }, { .note = "Mind the gap" },
		{ .risk = RISK_DATA }
	};
	struct toy	*t = *state;
	char		 plain[65], hash[65];
	size_t		 i;

	hash_of(t, &(struct shape){ 0 }, plain);
	hash_of(t, &(struct shape){ 0 }, hash);
	assert_string_equal(plain, hash);
	t->clock.offset_ms = 3600 * 1000;
	for (i = 0; i < LENGTH(same); i++) {
		hash_of(t, &same[i], hash);
		assert_string_equal(plain, hash);
	}
}

static void
test_everything_that_is_done_is_in_the_hash(void **state)
{
	static const struct shape other[] = {
		{ .verb = "toy.other" }, { .param = "q" }, { .arg = "2" },
		{ .lock = "x" }, { .site = "elsewhere" }, { .block = "no" },
		{ .twice = true }, { .other_action = true }
	};
	struct toy	*t = *state;
	char		 hash[LENGTH(other) + 1][65];
	size_t		 i, k;

	hash_of(t, &(struct shape){ 0 }, hash[0]);
	for (i = 0; i < LENGTH(other); i++) {
		hash_of(t, &other[i], hash[i + 1]);
		for (k = 0; k <= i; k++)
			assert_string_not_equal(hash[k], hash[i + 1]);
	}
}

/* Twice the same call is the same plan, job.undo included. */
static void
test_the_same_call_twice_is_the_same_plan(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	char			 hash[2][65];
	int			 i;

	assert_true(toy_apply(t, "toy.set", json_pack("{s:s}", "set",
	    "a=1 expand:b,c=2"), &r, &e));
	for (i = 0; i < 2; i++) {
		AUTO_JSON json_t	*id = json_pack("{s:s}", "id", r.id);
		AUTO_PLAN struct plan	*p = NULL;
		json_t			*none = NULL;

		assert_true(verb_call(&t->ctx, registry_verb(t->ctx.registry,
		    "job.undo"), id, &none, &p, &e));
		snprintf(hash[i], 65, "%s", plan_hash(p));
	}
	assert_string_equal(hash[0], hash[1]);
}

static void
test_control_characters_never_reach_a_title_or_note(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*params = json_object(), *shown = NULL;
	AUTO_PLAN struct plan	*p = plan_new(&t->ctx, "toy.set", params,
	    NULL);
	AUTO_FREE char		*text = NULL;
	struct err		 e = { 0 };

	assert_true(plan_step_add(p, &(struct step_spec){
	    .action = "toy.write", .args = json_object() }, &e, "%s",
	    "a\x1b[2Jb\xff"));
	assert_true(plan_note_add(p, &e, "%s", "\x9b" "31m\xc2\x9b"));
	assert_true(plan_block(p, NULL, &e, "%s", "\a\xfe"));
	/* What says nothing is still an item, not a crash. */
	assert_true(plan_note_add(p, &e, "%s", ""));
	assert_true(plan_seal(&t->ctx, p, &e));
	shown = plan_json(p);
	text = json_dumps(shown, 0);
	assert_non_null(text);
	assert_null(strstr(text, "\\u001b"));
	assert_null(strstr(text, "\\u0007"));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_non_null(strstr(text, "a?[2Jb?"));
}

static void
test_a_step_of_no_known_action_is_refused(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*params = json_object();
	AUTO_PLAN struct plan	*p = plan_new(&t->ctx, "toy.set", params,
	    NULL);
	struct err		 e = { 0 };

	assert_false(plan_step_add(p, &(struct step_spec){
	    .action = "no.such", .args = json_object() }, &e, "x"));
	assert_non_null(strstr(e.msg, "no.such"));
	assert_true(plan_is_empty(p));
}

static void
test_a_lock_that_is_added_twice_is_one(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*params = json_object();
	AUTO_PLAN struct plan	*p = plan_new(&t->ctx, "toy.set", params,
	    NULL);

	assert_true(plan_lock_add(p, "a", NULL));
	assert_true(plan_lock_add(p, "b", NULL));
	assert_true(plan_lock_add(p, "a", NULL));
	assert_int_equal(json_array_size(plan_locks(p)), 2);
}

static void
test_a_saved_plan_comes_back_with_its_hash(void **state)
{
	struct toy		*t = *state;
	AUTO_JSON json_t	*params = json_pack("{s:s}", "set", "a=1");
	AUTO_JSON json_t	*saved = NULL, *rubbish = NULL;
	AUTO_PLAN struct plan	*p = NULL, *back = NULL;
	json_t			*none = NULL;
	struct err		 e = { 0 };

	assert_true(verb_call(&t->ctx, registry_verb(t->ctx.registry,
	    "toy.set"), params, &none, &p, &e));
	saved = plan_save(p);
	back = plan_load(saved, &e);
	assert_non_null(back);
	assert_string_equal(plan_hash(back), plan_hash(p));
	assert_true(json_equal((json_t *)(uintptr_t)plan_steps(back),
	    (json_t *)(uintptr_t)plan_steps(p)));
	rubbish = json_pack("{s:i, s:s, s:i}", "format", 1, "hash", "x",
	    "steps", 5);
	assert_null(plan_load(rubbish, &e));
	assert_int_equal(e.domain, ERR_JOB);
}

/* --- the plan of a job on disk ----------------------------------------- */

static char *
plan_path(struct toy *t, const char *id)
{
	return store_path(t->ctx.store, "jobs/%s/plan.json", id);
}

static void
hold_job(struct toy *t, struct job_result *r)
{
	struct err e = { 0 };

	assert_false(toy_apply(t, "toy.set", json_pack("{s:s}", "set",
	    "a=1 held:h=yes b=2"), r, &e));
	assert_int_equal(r->state, JOB_HELD);
}

static void
test_a_plan_that_was_changed_on_disk_is_not_carried_out(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, again;
	AUTO_FREE char		*path = NULL, *b = NULL;
	AUTO_BUF struct buf	 text = BUF_INIT;
	char			*after;
	struct err		 e = { 0 };

	hold_job(t, &r);
	path = plan_path(t, r.id);
	assert_true(file_read(AT_FDCWD, path, 1u << 20, &text, &e));
	after = strstr(text.data, "\"after\": \"2\"");
	assert_non_null(after);
	after[10] = '9';
	assert_true(file_write(AT_FDCWD, path, text.data, text.len, 0600,
	    &e));
	toy_put(t, "h", "yes");
	assert_false(job_resume(&t->ctx, r.id, &again, &e));
	assert_non_null(strstr(e.msg, "damaged"));
	assert_non_null(strstr(e.msg, r.id));
	b = toy_get(t, "b");
	assert_string_equal(b, "");
}

/* Hidden, nobody would know that it may have changed something. */
static void
test_a_job_that_cannot_be_read_is_listed_as_damaged(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	AUTO_FREE char		*path = NULL;
	AUTO_JSON json_t	*none = json_object(), *result = NULL;
	AUTO_PLAN struct plan	*p = NULL;
	const json_t		*damaged;
	struct err		 e = { 0 };

	hold_job(t, &r);
	path = store_path(t->ctx.store, "jobs/%s/journal", r.id);
	assert_true(file_write(AT_FDCWD, path, "rubbish\n", 8, 0600, &e));
	assert_true(verb_call(&t->ctx, registry_verb(t->ctx.registry,
	    "job.list"), none, &result, &p, &e));
	damaged = json_array_get(json_object_get(result, "damaged"), 0);
	assert_string_equal(json_text(damaged, "id"), r.id);
	assert_non_null(strstr(json_text(damaged, "problem"), "Line 1 "));
}

static void
test_rubbish_in_place_of_a_plan_is_an_error_with_words(void **state)
{
	static const char *const rubbish[] = {
		"", "{", "5", "[]", "{}", "null", "{\"format\":1}",
		"{\"format\":1,\"plan\":5,\"digest\":5}",
		"{\"format\":1,\"plan\":{\"locks\":[1],\"steps\":[1]}}",
		"{\"format\":2}", "\xff\xfe", "{\"format\":1,\"format\":1}"
	};
	static const char *const verbs[] = { "job.show", "job.undo",
	    "job.resume", "job.cancel", "job.confirm", "job.takeover" };
	struct toy		*t = *state;
	struct job_result	 r;
	AUTO_FREE char		*path = NULL;
	size_t			 i, k;

	hold_job(t, &r);
	path = plan_path(t, r.id);
	for (i = 0; i < LENGTH(rubbish); i++) {
		assert_true(file_write(AT_FDCWD, path, rubbish[i],
		    strlen(rubbish[i]), 0600, NULL));
		for (k = 0; k < LENGTH(verbs); k++) {
			AUTO_JSON json_t	*id = json_pack("{s:s}",
			    "id", r.id), *result = NULL;
			AUTO_PLAN struct plan	*p = NULL;
			struct err		 e = { 0 };

			assert_false(verb_call(&t->ctx, registry_verb(
			    t->ctx.registry, verbs[k]), id, &result, &p, &e));
			assert_string_not_equal(e.msg, "");
		}
	}
}

static void
test_no_id_leads_out_of_the_folder_of_jobs(void **state)
{
	static const char *const ids[] = { "", ".", "..", "../../etc",
	    "a/b", "pending", "%s%n", "0123456789012345678901234567890123" };
	struct toy	*t = *state;
	struct job_file	 f;
	size_t		 i;

	for (i = 0; i < LENGTH(ids); i++) {
		struct err e = { 0 };

		assert_false(job_file_open(&t->ctx, ids[i], &f, &e));
		assert_non_null(strstr(e.msg, "There is no job"));
	}
}

#define PLAN_TEST(f) \
	cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_what_is_only_for_eyes_is_not_in_the_hash),
		PLAN_TEST(test_everything_that_is_done_is_in_the_hash),
		PLAN_TEST(test_the_same_call_twice_is_the_same_plan),
		PLAN_TEST(
		    test_control_characters_never_reach_a_title_or_note),
		PLAN_TEST(test_a_step_of_no_known_action_is_refused),
		PLAN_TEST(test_a_lock_that_is_added_twice_is_one),
		PLAN_TEST(test_a_saved_plan_comes_back_with_its_hash),
		PLAN_TEST(
		    test_a_plan_that_was_changed_on_disk_is_not_carried_out),
		PLAN_TEST(
		    test_rubbish_in_place_of_a_plan_is_an_error_with_words),
		PLAN_TEST(test_a_job_that_cannot_be_read_is_listed_as_damaged),
		PLAN_TEST(test_no_id_leads_out_of_the_folder_of_jobs)
	};

	return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
