/*
 * A wizard as a person uses it: what is left, where the next step leads, and
 * that it goes on from what is true when one comes back.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/arena.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stand_in.h"

/* The world: what each step is now. */
static const char *states[3];
static bool is_broken;

static bool
steps_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)ctx;
	(void)params;
	if (is_broken)
		return err_set(e, ERR_SYS, 0, "the state folder is gone");
	*result = json_pack("{s:[{s:s,s:s,s:s,s:s},{s:s,s:s,s:s,s:s},"
	    "{s:s,s:s,s:s,s:s}]}", "steps",
	    "id", "one", "state", states[0], "text", "/opt/sametime",
	    "detail", "",
	    "id", "two", "state", states[1], "text", "No answer", "detail",
	    "Start mongod",
	    "id", "three", "state", states[2], "text", "First two",
	    "detail", "");
	return true;
}

static bool
no_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	(void)ctx;
	(void)params;
	(void)plan;
	return err_set(e, ERR_REFUSED, 0, "not in this test");
}

static const struct verb_param skip_params[] = {
	{ .name = "step", .type = PARAM_TEXT, .required = true, .help = "x" },
};
static const struct verb verbs[] = {
	{ .name = "toy.steps", .no_site = true, .read = steps_read },
	{ .name = "toy.skip", .no_site = true, .params = skip_params,
	  .param_count = 1, .plan = no_plan },
};
static const struct service service = {
	"toy", verbs, LENGTH(verbs), NULL, 0
};
static const struct service *const services[] = { &service };
static const struct registry registry = { services, 1 };

static const struct screen_step steps[] = {
	{ "one", "site", { "Deployment", "Which Sametime is meant." } },
	{ "two", "mongo", { "MongoDB", "Where the lists are kept." } },
	{ "three", NULL, { "\xe7\xae\xa1\xe7\x90\x86", "Told only." } },
};
static const struct screen_marks marks[] = {
	{ "done", MARK_OK }, { "open", MARK_LOOK },
	{ "blocked", MARK_UNKNOWN }, { "skipped", MARK_NONE },
};
static const struct screen_with of_row[] = {
	{ .param = "step", .from = FROM_COLUMN, .what = "id" },
};
static const struct screen_action actions[] = {
	{ .id = "skip", .key = 'k', .call = { "toy.skip", of_row, 1 },
	  .text = { "Set aside", "" } },
};

static struct app *
open_wizard(const char *one, const char *two, const char *three)
{
	struct app	*app = stand_in_new(&registry, 20, 80);
	struct arena	*arena = arena_new();
	struct screen	*s = arena_take(arena, sizeof(*s));
	struct err	 e = { 0 };
	struct view	*v;

	states[0] = one;
	states[1] = two;
	states[2] = three;
	is_broken = false;
	s->arena = arena;
	s->name = "setup";
	s->kind = SCREEN_WIZARD;
	s->text = (struct screen_text){ "Set-up", "How far." };
	s->load = (struct screen_call){ "toy.steps", NULL, 0 };
	s->rows = "steps";
	s->mark = "state";
	s->detail = "detail";
	s->marks = marks;
	s->marks_count = LENGTH(marks);
	s->steps = steps;
	s->step_count = LENGTH(steps);
	s->actions = actions;
	s->action_count = LENGTH(actions);
	v = view_wizard_new(app, s, NULL, &e);
	assert_non_null(v);
	app_open(app, v, &e);
	return app;
}

static void
row_has(struct app *app, int row, const char *words)
{
	AUTO_FREE char *text = stand_in_row(app, row);

	if (strstr(text, words) == NULL)
		fail_msg("row %d \"%s\" has no \"%s\"", row, text, words);
}

static void
screen_has(struct app *app, const char *words)
{
	AUTO_FREE char *text = stand_in_screen(app, false);

	if (strstr(text, words) == NULL)
		fail_msg("no \"%s\":\n%s", words, text);
}

static void
test_the_steps_are_there_at_once_and_fill_in(void **state)
{
	struct app *app = open_wizard("done", "open", "blocked");

	(void)state;
	row_has(app, 0, "asking (0 s)");
	row_has(app, 2, "1  Deployment");
	stand_in_time_add(app, 2500);
	row_has(app, 0, "asking (2 s)");
	stand_in_answer(app);
	row_has(app, 0, "2 of 3 steps are left");
	row_has(app, 2, "ok");
	row_has(app, 2, "/opt/sametime");
	row_has(app, 3, "!");
	row_has(app, 4, "?");
	stand_in_free(app);
}

static void
test_the_focus_is_on_the_first_step_to_do_with_its_reason(void **state)
{
	struct app *app = open_wizard("done", "open", "blocked");

	(void)state;
	stand_in_answer(app);
	row_has(app, 3, "> !");
	assert_string_equal(stand_in_hint(app), "Start mongod");
	screen_has(app, "Where the lists are kept.");
	stand_in_keys(app, "Enter");
	assert_string_equal(stand_in_screen_opened(app), "mongo");
	stand_in_free(app);
}

static void
test_coming_back_looks_anew_and_goes_on_to_the_next_step(void **state)
{
	struct app *app = open_wizard("open", "open", "blocked");

	(void)state;
	stand_in_answer(app);
	row_has(app, 2, "> !");
	stand_in_keys(app, "Enter");
	states[0] = "done";
	stand_in_keys(app, "F3");
	stand_in_answer(app);
	row_has(app, 2, "  ok");
	row_has(app, 3, "> !");
	/* One that is still to do keeps the focus. */
	stand_in_keys(app, "Up Enter F3");
	stand_in_answer(app);
	row_has(app, 2, "> ok");
	stand_in_free(app);
}

static void
test_a_digit_opens_its_step_or_says_it_is_only_told(void **state)
{
	struct app *app = open_wizard("open", "open", "open");

	(void)state;
	stand_in_answer(app);
	stand_in_keys(app, "2");
	assert_string_equal(stand_in_screen_opened(app), "mongo");
	stand_in_keys(app, "F3 3");
	assert_non_null(strstr(stand_in_hint(app), "only told"));
	stand_in_keys(app, "9");
	assert_non_null(strstr(stand_in_hint(app), "nothing happens"));
	stand_in_free(app);
}

static void
test_a_letter_previews_the_change_for_the_step(void **state)
{
	struct app *app = open_wizard("open", "open", "open");

	(void)state;
	stand_in_answer(app);
	stand_in_keys(app, "Down K");
	assert_string_equal(stand_in_plan_verb(app), "toy.skip");
	assert_string_equal(json_text(stand_in_plan_params(app), "step"),
	    "two");
	stand_in_free(app);
}

static void
test_when_all_is_done_it_says_so(void **state)
{
	struct app *app = open_wizard("done", "skipped", "done");

	(void)state;
	stand_in_answer(app);
	row_has(app, 0, "All steps are done");
	stand_in_free(app);
}

static void
test_an_answer_that_fails_is_told_and_f2_asks_again(void **state)
{
	struct app *app = open_wizard("done", "done", "done");

	(void)state;
	/* The first one was asked before it broke. */
	stand_in_answer(app);
	is_broken = true;
	stand_in_keys(app, "F2");
	stand_in_answer(app);
	row_has(app, 0, "the state folder is gone");
	row_has(app, 2, "ok");
	is_broken = false;
	stand_in_keys(app, "F2");
	stand_in_answer(app);
	row_has(app, 0, "All steps are done");
	stand_in_free(app);
}

static void
test_it_fits_small_screens_with_the_cursor_on_the_focus(void **state)
{
	static const int	 sizes[][2] = { { 20, 80 }, { 11, 60 },
				    { 3, 30 }, { 2, 12 }, { 1, 1 } };
	struct app		*app = open_wizard("done", "open", "blocked");
	size_t			 i, k;

	(void)state;
	stand_in_answer(app);
	for (i = 0; i < LENGTH(sizes); i++) {
		stand_in_resize(app, sizes[i][0], sizes[i][1]);
		for (k = 0; k < 3; k++) {
			AUTO_FREE char	*all = NULL, *row = NULL;
			const char	*at;

			stand_in_keys(app, k == 0 ? "Home" : "Down");
			all = stand_in_screen(app, true);
			at = strstr(all, "@ ");
			assert_non_null(at);
			row = stand_in_row(app, (int)strtol(at + 2, NULL,
			    10));
			assert_int_equal(row[0], '>');
		}
	}
	stand_in_free(app);
}

static void
test_by_lines_each_step_says_its_state_in_words(void **state)
{
	struct app	*app = open_wizard("done", "open", "skipped");
	struct view	*v = app_top(app);
	AUTO_BUF struct buf out = BUF_INIT;

	(void)state;
	stand_in_answer(app);
	v->ops->say(v, &out);
	assert_string_equal(buf_str(&out), "Set-up. 1 of 3 steps is left\n");
	buf_reset(&out);
	v->ops->item_say(v, 1, &out);
	assert_string_equal(buf_str(&out), "MongoDB, to do: No answer. "
	    "Start mongod");
	buf_reset(&out);
	v->ops->item_say(v, 2, &out);
	assert_non_null(strstr(buf_str(&out), ", set aside: "));
	stand_in_free(app);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f)	cmocka_unit_test(f)
		TEST(test_the_steps_are_there_at_once_and_fill_in),
		TEST(test_the_focus_is_on_the_first_step_to_do_with_its_reason),
		TEST(test_coming_back_looks_anew_and_goes_on_to_the_next_step),
		TEST(test_a_digit_opens_its_step_or_says_it_is_only_told),
		TEST(test_a_letter_previews_the_change_for_the_step),
		TEST(test_when_all_is_done_it_says_so),
		TEST(test_an_answer_that_fails_is_told_and_f2_asks_again),
		TEST(test_it_fits_small_screens_with_the_cursor_on_the_focus),
		TEST(test_by_lines_each_step_says_its_state_in_words),
#undef TEST
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
