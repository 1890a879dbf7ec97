/*
 * A form as a person uses it: what is typed, what is said about it, what F8
 * would ask for.
 */
#include <fcntl.h>
#include <locale.h>
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

#include "../../src/ui/form.h"
#include "stand_in.h"

/* --- verbs that the forms are for ---------------------------------------- */

static const struct verb_param all_params[] = {
	{ .name = "mail", .type = PARAM_MAIL, .required = true,
	  .positional = true, .many = true, .help = "Mails" },
	{ .name = "route", .type = PARAM_CHOICE, .choices = "mongo|api",
	  .help = "The way" },
	{ .name = "count", .type = PARAM_INT, .min = 1, .max = 9,
	  .help = "How many" },
	{ .name = "force", .type = PARAM_FLAG, .help = "Also so" },
	{ .name = "reason", .type = PARAM_TEXT, .help = "Why" },
	{ .name = "wait", .type = PARAM_DURATION, .help = "How long" },
	{ .name = "file", .type = PARAM_INPUT, .help = "A file" },
	{ .name = "password", .type = PARAM_SECRET, .help = "A secret" },
};

static bool
no_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	(void)ctx;
	(void)params;
	(void)plan;
	return err_set(e, ERR_REFUSED, 0, "not in this test");
}

static const char *now_reason = "as it is now";

static bool
now_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)ctx;
	if (str_equal(json_str(params, "of"), "broken"))
		return err_set(e, ERR_LDAP, 0, "the directory is silent");
	*result = json_pack("{s:{s:s, s:i, s:b}, s:[{s:s},{s:s}], "
	    "s:{s:{s:s},s:{s:s},s:{s:s}}}", "now",
	    "reason", now_reason, "count", 4, "force", 1, "people", "mail",
	    "kim@corp.test", "mail", "lee@corp.test", "facts", "port", "file",
	    "a.env", "url", "file", "b.env", "zone", "file", "a.env");
	return true;
}

static const struct verb_param now_params[] = {
	{ .name = "of", .type = PARAM_TEXT, .help = "x" },
};

static const struct verb verbs[] = {
	{ .name = "toy.do", .role = ROLE_NONE, .no_site = true,
	  .params = all_params, .param_count = LENGTH(all_params),
	  .plan = no_plan },
	{ .name = "toy.now", .role = ROLE_NONE, .no_site = true,
	  .params = now_params, .param_count = 1, .read = now_read },
};
static const struct service service = {
	"toy", verbs, LENGTH(verbs), NULL, 0
};
static const struct service *const services[] = { &service };
static const struct registry registry = { services, 1 };

/* --- screens ------------------------------------------------------------- */

#define FIELD(n, l, h, ...)	{ .id = (n), .param = (n), \
	.text = { (l), (h) }, __VA_ARGS__ }

static const struct screen_field mail_only[] = {
	FIELD("mail", "Mail", "Who.\nMore about who.", .initial = NULL),
};
static const struct screen_field all_fields[] = {
	FIELD("mail", "Mail", "Who", .initial = NULL),
	FIELD("route", "Route", "", .initial = "mongo"),
	FIELD("count", "Count", "How many of them", .initial = NULL),
	FIELD("force", "Force", "", .initial = NULL),
	FIELD("reason", "Reason", "Why so", .visible_field = "force",
	    .visible_is = "true"),
	FIELD("wait", "Wait", "", .initial = "90s"),
};
static const struct screen_field secret_fields[] = {
	FIELD("mail", "Mail", "", .initial = "kim@corp.test"),
	FIELD("password", "Password", "", .initial = NULL),
};
static const struct screen_field file_fields[] = {
	FIELD("mail", "Mail", "", .initial = "kim@corp.test"),
	FIELD("file", "File", "", .initial = NULL),
};
static const struct screen_with of_broken[] = {
	{ .param = "of", .from = FROM_VALUE, .what = "broken" },
};
static const struct screen_with of_given[] = {
	{ .param = "of", .from = FROM_GIVEN, .what = "mail" },
};
static const struct screen_field asked_fields[] = {
	FIELD("mail", "Mail", "", .initial_given = "mail", .values =
	    { "toy.now", NULL, 0 }, .values_rows = "people",
	    .values_member = "mail"),
	FIELD("reason", "Reason", "", .initial_call = { "toy.now", of_given,
	    1 }, .initial_member = "now.reason"),
	FIELD("count", "Count", "", .initial_call = { "toy.now", of_given,
	    1 }, .initial_member = "now.count"),
	FIELD("force", "Force", "", .initial_call = { "toy.now", of_given,
	    1 }, .initial_member = "now.force"),
};
static const struct screen_field fact_fields[] = {
	FIELD("mail", "Mail", "", .values = { "toy.now", NULL, 0 },
	    .values_rows = "facts", .values_member = "file"),
};
static const struct screen_field broken_fields[] = {
	FIELD("mail", "Mail", "", .values = { "toy.now", of_broken, 1 },
	    .values_rows = "people", .values_member = "mail"),
	FIELD("reason", "Reason", "", .initial_call = { "toy.now",
	    of_broken, 1 }, .initial_member = "now.reason"),
};

static struct app *
open_form(const struct screen_field *fields, size_t count, json_t *given)
{
	struct app	*app = stand_in_new(&registry, 20, 80);
	struct screen	*s = stand_in_form("toy.do", fields, count, NULL, 0);
	struct err	 e = { 0 };
	struct view	*v = view_form_new(app, s, given, &e);

	if (v == NULL)
		fail_msg("%s", e.msg);
	app_open(app, v, &e);
	return app;
}
#define OPEN(fields)	open_form((fields), LENGTH(fields), NULL)

static void
hint_has(struct app *app, const char *words)
{
	const char *hint = stand_in_hint(app);

	if (strstr(hint, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", hint, words);
}

static void
row_has(struct app *app, int row, const char *words)
{
	AUTO_FREE char *text = stand_in_row(app, row);

	if (strstr(text, words) == NULL)
		fail_msg("row %d \"%s\" has no \"%s\"", row, text, words);
}

static void
screen_has(struct app *app, const char *words, bool wanted)
{
	AUTO_FREE char *text = stand_in_screen(app, false);

	if ((strstr(text, words) != NULL) != wanted)
		fail_msg("%s \"%s\":\n%s", wanted ? "no" : "there is",
		    words, text);
}

/* --- tests --------------------------------------------------------------- */

static void
test_what_is_typed_is_what_the_preview_asks_for(void **state)
{
	struct app *app = OPEN(mail_only);

	(void)state;
	stand_in_type(app, "kim@corp.test lee@corp.test,max@corp.test");
	stand_in_keys(app, "F8");
	assert_string_equal(stand_in_plan_verb(app), "toy.do");
	assert_int_equal(json_array_size(json_object_get(
	    stand_in_plan_params(app), "mail")), 3);
	stand_in_free(app);
}

static void
test_many_lines_are_pasted_as_many_values(void **state)
{
	struct app	*app = OPEN(mail_only);
	const json_t	*mails;

	(void)state;
	stand_in_paste(app, "kim@corp.test\r\nlee@corp.test;\n\n"
	    "max@corp.test\n");
	stand_in_keys(app, "Enter");
	mails = json_object_get(stand_in_plan_params(app), "mail");
	assert_int_equal(json_array_size(mails), 3);
	assert_string_equal(json_string_value(json_array_get(mails, 2)),
	    "max@corp.test");
	stand_in_free(app);
}

static void
test_a_bad_value_is_told_with_its_reason_while_typed(void **state)
{
	struct app *app = OPEN(mail_only);

	(void)state;
	hint_has(app, "Who");
	row_has(app, 2, "> *  Mail");
	stand_in_type(app, "kim");
	hint_has(app, "must be a mail address");
	hint_has(app, "not \"kim\"");
	row_has(app, 2, "!");
	stand_in_type(app, "@corp.test");
	hint_has(app, "Who");
	screen_has(app, "!", false);
	stand_in_free(app);
}

static void
test_the_reason_names_the_first_field_that_blocks(void **state)
{
	struct app *app = OPEN(all_fields);

	(void)state;
	stand_in_keys(app, "Tab Tab");
	stand_in_type(app, "12");
	stand_in_keys(app, "F8");
	assert_null(stand_in_plan_verb(app));
	hint_has(app, "Mail is needed");
	/* And the focus is there. */
	stand_in_type(app, "kim@corp.test");
	stand_in_keys(app, "F8");
	hint_has(app, "Count: ");
	hint_has(app, "1 to 9");
	stand_in_keys(app, "Backspace F8");
	assert_int_equal(json_int(stand_in_plan_params(app), "count", 0), 1);
	assert_int_equal(json_int(stand_in_plan_params(app), "wait", 0), 90);
	assert_string_equal(json_text(stand_in_plan_params(app), "route"),
	    "mongo");
	stand_in_free(app);
}

static void
test_space_changes_a_flag_and_a_choice(void **state)
{
	struct app *app = OPEN(all_fields);

	(void)state;
	stand_in_type(app, "kim@corp.test");
	stand_in_keys(app, "Tab");
	row_has(app, 3, "mongo");
	stand_in_keys(app, "Space");
	row_has(app, 3, "api");
	stand_in_keys(app, "Left");
	row_has(app, 3, "mongo  mongo|api");
	stand_in_keys(app, "a Down Down");
	row_has(app, 5, "Force");
	row_has(app, 5, "no");
	stand_in_keys(app, "Space");
	row_has(app, 5, "yes");
	stand_in_keys(app, "n");
	row_has(app, 5, "no");
	stand_in_keys(app, "F4 F8");
	assert_true(json_flag(stand_in_plan_params(app), "force"));
	assert_string_equal(json_text(stand_in_plan_params(app), "route"),
	    "api");
	stand_in_free(app);
}

static void
test_a_field_is_there_only_when_another_says_so(void **state)
{
	struct app *app = OPEN(all_fields);

	(void)state;
	screen_has(app, "Reason", false);
	stand_in_type(app, "kim@corp.test");
	stand_in_keys(app, "Down Down Down Space");
	screen_has(app, "Reason", true);
	stand_in_keys(app, "Down");
	stand_in_type(app, "it must");
	stand_in_keys(app, "Up Space");
	screen_has(app, "Reason", false);
	stand_in_keys(app, "F8");
	assert_null(json_str(stand_in_plan_params(app), "reason"));
	stand_in_keys(app, "F3 Space F8");
	assert_string_equal(json_text(stand_in_plan_params(app), "reason"),
	    "it must");
	stand_in_free(app);
}

static void
test_a_secret_is_never_seen_and_typed_twice(void **state)
{
	struct app	*app = OPEN(secret_fields);
	AUTO_FREE char	*command = NULL;

	(void)state;
	screen_has(app, "once more", false);
	stand_in_keys(app, "Down");
	stand_in_type(app, "s3cret");
	screen_has(app, "s3cret", false);
	screen_has(app, "******", true);
	screen_has(app, "once more", true);
	command = stand_in_command(app);
	assert_non_null(strstr(command, "--password-file -"));
	free(TAKE(command));
	stand_in_keys(app, "F8");
	assert_null(stand_in_plan_verb(app));
	hint_has(app, "once more");
	stand_in_type(app, "s3cre");
	hint_has(app, "do not match");
	stand_in_type(app, "t");
	command = stand_in_command(app);
	assert_null(strstr(command, "s3cret"));
	assert_non_null(strstr(command, "--password-file -"));
	stand_in_keys(app, "Enter");
	assert_string_equal(stand_in_plan_secret(app, "password"), "s3cret");
	assert_string_equal(json_text(json_object_get(stand_in_plan_params(
	    app), "password"), "$secret"), "password");
	stand_in_free(app);
}

/* Also the question for the name of a file that the screen is written to. */
static void
test_a_secret_is_hidden_by_what_opens_over_it(void **state)
{
	struct app *app = OPEN(secret_fields);

	(void)state;
	stand_in_keys(app, "Down");
	stand_in_type(app, "s3cret");
	stand_in_keys(app, "F4");
	screen_has(app, "s3cret", true);
	app_open_screen(app, "file", NULL);
	app_close(app, app_top(app));
	screen_has(app, "s3cret", false);
	stand_in_free(app);
}

static void
test_f4_shows_a_secret_and_hides_it_again(void **state)
{
	struct app *app = OPEN(secret_fields);

	(void)state;
	stand_in_keys(app, "Down");
	stand_in_paste(app, "s3cret\n");
	stand_in_keys(app, "F4");
	screen_has(app, "s3cret", true);
	stand_in_keys(app, "F4");
	screen_has(app, "s3cret", false);
	stand_in_keys(app, "Down");
	stand_in_paste(app, "s3cret\n");
	stand_in_keys(app, "F8");
	assert_string_equal(stand_in_plan_secret(app, "password"), "s3cret");
	stand_in_free(app);
}

static void
test_a_file_is_named_by_f6_and_read_for_the_preview(void **state)
{
	char		 path[] = "/tmp/stconsole-form.XXXXXX";
	int		 fd = mkstemp(path);
	struct app	*app = OPEN(file_fields);
	AUTO_FREE char	*command = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_true(file_write_all(fd, "mail\nkim\n", 9, NULL));
	close(fd);
	stand_in_keys(app, "Down");
	stand_in_type(app, "/nonexistent/file");
	stand_in_keys(app, "F8");
	hint_has(app, "/nonexistent/file is not a file");
	stand_in_keys(app, "Ctrl-U");
	stand_in_type(app, path);
	command = stand_in_command(app);
	assert_non_null(strstr(command, path));
	assert_non_null(strstr(command, "stconsole --state /srv/state "));
	stand_in_keys(app, "F8");
	assert_string_equal(json_text(stand_in_plan_params(app), "file"),
	    "mail\nkim\n");
	unlink(path);
	stand_in_free(app);
}

static void
test_f5_resets_the_field_and_twice_the_whole_form(void **state)
{
	struct app *app = OPEN(all_fields);

	(void)state;
	stand_in_type(app, "kim@corp.test");
	stand_in_keys(app, "Tab Space Tab");
	stand_in_type(app, "5");
	assert_true(app_top(app)->ops->has_edits(app_top(app)));
	stand_in_keys(app, "F5");
	row_has(app, 3, "api");
	screen_has(app, "kim@corp.test", true);
	hint_has(app, "F5 again");
	stand_in_keys(app, "F5");
	row_has(app, 3, "mongo");
	screen_has(app, "kim@corp.test", false);
	assert_false(app_top(app)->ops->has_edits(app_top(app)));
	/* Another key between: again only the field. */
	stand_in_keys(app, "Tab Space F5 Down F5");
	hint_has(app, "F5 again");
	stand_in_free(app);
}

static void
test_undo_takes_back_what_was_typed_in_a_field(void **state)
{
	struct app *app = OPEN(mail_only);

	(void)state;
	stand_in_paste(app, "kim@corp.test");
	stand_in_keys(app, "Ctrl-U");
	screen_has(app, "kim@corp.test", false);
	stand_in_keys(app, "Ctrl-Z");
	screen_has(app, "kim@corp.test", true);
	hint_has(app, "Who");
	stand_in_keys(app, "Ctrl-Z Ctrl-Y");
	screen_has(app, "kim@corp.test", true);
	stand_in_free(app);
}

static void
test_f4_lists_the_values_and_adds_one_of_many(void **state)
{
	struct app	*app = OPEN(asked_fields);
	const json_t	*mails;

	(void)state;
	stand_in_answer(app);
	stand_in_keys(app, "F4");
	hint_has(app, "Asking");
	stand_in_answer(app);
	assert_int_equal(json_array_size(stand_in_choices(app)), 2);
	stand_in_choose(app, "lee@corp.test");
	stand_in_keys(app, "F4");
	stand_in_answer(app);
	stand_in_choose(app, "kim@corp.test");
	stand_in_keys(app, "F4");
	stand_in_answer(app);
	stand_in_choose(app, NULL);
	stand_in_keys(app, "F8");
	mails = json_object_get(stand_in_plan_params(app), "mail");
	assert_int_equal(json_array_size(mails), 2);
	stand_in_free(app);
}

/* "site.show" has its facts by name, and many are in the same file. */
static void
test_f4_lists_what_is_there_by_name_and_once(void **state)
{
	struct app	*app = OPEN(fact_fields);

	(void)state;
	stand_in_keys(app, "F4");
	stand_in_answer(app);
	assert_int_equal(json_array_size(stand_in_choices(app)), 2);
	stand_in_free(app);
}

static void
test_values_that_come_late_are_those_of_their_field(void **state)
{
	struct app *app = open_form(asked_fields, LENGTH(asked_fields), NULL);

	(void)state;
	stand_in_answer(app);
	/* Asked for the mail; the next field has none. */
	stand_in_keys(app, "F4 Tab F4");
	stand_in_answer(app);
	assert_int_equal(json_array_size(stand_in_choices(app)), 2);
	stand_in_free(app);
}

static void
test_values_of_now_are_asked_for_once_and_fill_in(void **state)
{
	struct app *app = open_form(asked_fields, LENGTH(asked_fields),
	    json_pack("{s:s}", "mail", "kim@corp.test"));

	(void)state;
	assert_int_equal(stand_in_calls(app), 1);
	hint_has(app, "(0 s)");
	stand_in_time_add(app, 3100);
	hint_has(app, "(3 s)");
	row_has(app, 2, "kim@corp.test");
	/* It begins behind the mail that was given. */
	stand_in_keys(app, "Down");
	stand_in_type(app, "7");
	stand_in_answer(app);
	row_has(app, 3, "as it is now");
	row_has(app, 5, "yes");
	/* What somebody typed meanwhile stays. */
	row_has(app, 4, "7");
	stand_in_keys(app, "F8");
	assert_int_equal(json_int(stand_in_plan_params(app), "count", 0), 7);
	stand_in_free(app);
}

static void
test_without_the_values_of_now_the_form_is_usable(void **state)
{
	struct app *app = OPEN(broken_fields);

	(void)state;
	stand_in_answer(app);
	hint_has(app, "the directory is silent");
	stand_in_type(app, "kim@corp.test");
	stand_in_keys(app, "F4");
	stand_in_answer(app);
	hint_has(app, "the directory is silent");
	stand_in_keys(app, "F8");
	assert_string_equal(stand_in_plan_verb(app), "toy.do");
	stand_in_free(app);
}

static void
test_after_the_change_nothing_is_an_edit_or_a_secret(void **state)
{
	struct app	*app = OPEN(secret_fields);
	struct view	*form = app_top(app);

	(void)state;
	stand_in_keys(app, "Down");
	stand_in_paste(app, "s3cret");
	stand_in_keys(app, "Down");
	stand_in_paste(app, "s3cret");
	stand_in_keys(app, "F8");
	assert_true(form->ops->has_edits(form));
	form_applied(form);
	assert_false(form->ops->has_edits(form));
	stand_in_keys(app, "F3 F4");
	screen_has(app, "s3cret", false);
	form_applied(form->below != NULL ? form->below : form);
	stand_in_free(app);
}

/* The cursor is on the input that has the focus, whatever the size. */
static void
cursor_is_on(struct app *app, const char *label)
{
	AUTO_FREE char	*all = stand_in_screen(app, true), *row = NULL;
	const char	*at = strstr(all, "@ ");
	int		 line = -1;

	assert_non_null(at);
	line = (int)strtol(at + 2, NULL, 10);
	row = stand_in_row(app, line);
	if (strstr(row, label) == NULL)
		fail_msg("the cursor is on \"%s\", not on %s", row, label);
}

static void
test_a_form_that_does_not_fit_scrolls_with_the_focus(void **state)
{
	static const int	 sizes[][2] = { { 20, 80 }, { 12, 60 },
				    { 3, 40 }, { 1, 20 } };
	struct app		*app = OPEN(all_fields);
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(sizes); i++) {
		stand_in_resize(app, sizes[i][0], sizes[i][1]);
		cursor_is_on(app, "Mail");
		stand_in_keys(app, "Down Down");
		cursor_is_on(app, "Count");
		stand_in_keys(app, "Down Down");
		cursor_is_on(app, "Wait");
		stand_in_keys(app, "PgUp PgUp PgUp PgUp PgUp");
		cursor_is_on(app, "Mail");
	}
	/* No column at all is no crash. */
	stand_in_resize(app, 1, 1);
	free(stand_in_screen(app, true));
	stand_in_free(app);
}

static void
test_wide_characters_keep_the_columns(void **state)
{
	static const struct screen_field wide[] = {
		FIELD("reason", "\xe7\x90\x86\xe7\x94\xb1", "", .initial =
		    NULL),
		FIELD("mail", "Mail", "", .initial = NULL),
	};
	struct app	*app = OPEN(wide);
	AUTO_FREE char	*command = NULL;

	(void)state;
	stand_in_type(app, "\xe6\xbc\xa2\xe5\xad\x97");
	row_has(app, 2, "\xe6\xbc\xa2\xe5\xad\x97");
	stand_in_keys(app, "Backspace");
	row_has(app, 2, "\xe6\xbc\xa2");
	command = stand_in_command(app);
	assert_non_null(strstr(command, "--reason"));
	stand_in_free(app);
}

static void
test_by_lines_every_field_is_an_input_with_its_problem(void **state)
{
	struct app	*app = OPEN(secret_fields);
	struct view	*v = app_top(app);
	AUTO_BUF struct buf line = BUF_INIT;
	struct err	 e = { 0 };
	bool		 is_secret;

	(void)state;
	assert_int_equal(v->ops->item_count(v), 2);
	assert_false(v->ops->item_set(v, 0, "kim", &e));
	assert_non_null(strstr(e.msg, "mail address"));
	v->ops->item_say(v, 0, &line);
	assert_non_null(strstr(buf_str(&line), "Mail: kim, problem"));
	assert_true(v->ops->item_set(v, 0, "kim@corp.test", &e));
	assert_true(v->ops->item_is_input(v, 1, &is_secret));
	assert_true(is_secret);
	assert_true(v->ops->item_set(v, 1, "s3cret", &e));
	assert_int_equal(v->ops->item_count(v), 3);
	assert_false(v->ops->item_set(v, 2, "other", &e));
	assert_true(v->ops->item_set(v, 2, "s3cret", &e));
	buf_reset(&line);
	v->ops->item_say(v, 1, &line);
	assert_null(strstr(buf_str(&line), "s3cret"));
	assert_true(v->ops->act(v, ACT_PREVIEW));
	assert_string_equal(stand_in_plan_secret(app, "password"), "s3cret");
	stand_in_free(app);
}

static void
test_by_lines_a_word_that_is_no_choice_changes_nothing(void **state)
{
	struct app	*app = OPEN(all_fields);
	struct view	*v = app_top(app);
	AUTO_BUF struct buf line = BUF_INIT;
	struct err	 e = { 0 };

	(void)state;
	assert_false(v->ops->item_set(v, 1, "telnet", &e));
	assert_non_null(strstr(e.msg, "none of mongo|api"));
	v->ops->item_say(v, 1, &line);
	assert_string_equal(buf_str(&line), "Route: mongo");
	assert_false(v->ops->item_set(v, 3, "perhaps", &e));
	assert_true(v->ops->item_set(v, 1, "api", &e));
	assert_true(v->ops->item_set(v, 3, "Y", &e));
	buf_reset(&line);
	v->ops->item_say(v, 3, &line);
	assert_string_equal(buf_str(&line), "Force: yes");
	stand_in_free(app);
}

static void
test_the_bar_and_help_are_about_the_field(void **state)
{
	struct app	*app = OPEN(secret_fields);
	struct bar	 bar = { .count = 0 };
	size_t		 i;
	bool		 has_show = false;

	(void)state;
	assert_string_equal(app_top(app)->ops->help(app_top(app)), "Mails");
	stand_in_keys(app, "Down");
	app_top(app)->ops->bar(app_top(app), &bar);
	for (i = 0; i < bar.count; i++)
		has_show = has_show || (bar.entry[i].act == ACT_VALUES &&
		    strcmp(bar.entry[i].label, "Show") == 0);
	assert_true(has_show);
	stand_in_free(app);
}

static void
test_values_of_screen_and_opener_are_passed_on(void **state)
{
	static const struct screen_with with[] = {
		{ .param = "mail", .from = FROM_GIVEN, .what = "who",
		  .type = PARAM_MAIL, .many = true },
		{ .param = "route", .from = FROM_VALUE, .what = "api" },
	};
	static const struct screen_field fields[] = {
		FIELD("count", "Count", "", .initial = "2"),
	};
	struct app	*app = stand_in_new(&registry, 20, 80);
	struct err	 e = { 0 };
	struct view	*v = view_form_new(app, stand_in_form("toy.do",
	    fields, 1, with, 2), json_pack("{s:[s]}", "who",
	    "kim@corp.test"), &e);

	(void)state;
	assert_non_null(v);
	app_open(app, v, &e);
	stand_in_keys(app, "F8");
	assert_int_equal(json_array_size(json_object_get(
	    stand_in_plan_params(app), "mail")), 1);
	assert_string_equal(json_text(stand_in_plan_params(app), "route"),
	    "api");
	stand_in_free(app);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f)	cmocka_unit_test(f)
		TEST(test_what_is_typed_is_what_the_preview_asks_for),
		TEST(test_many_lines_are_pasted_as_many_values),
		TEST(test_a_bad_value_is_told_with_its_reason_while_typed),
		TEST(test_the_reason_names_the_first_field_that_blocks),
		TEST(test_space_changes_a_flag_and_a_choice),
		TEST(test_a_field_is_there_only_when_another_says_so),
		TEST(test_a_secret_is_never_seen_and_typed_twice),
		TEST(test_f4_shows_a_secret_and_hides_it_again),
		TEST(test_a_secret_is_hidden_by_what_opens_over_it),
		TEST(test_a_file_is_named_by_f6_and_read_for_the_preview),
		TEST(test_f5_resets_the_field_and_twice_the_whole_form),
		TEST(test_undo_takes_back_what_was_typed_in_a_field),
		TEST(test_f4_lists_the_values_and_adds_one_of_many),
		TEST(test_f4_lists_what_is_there_by_name_and_once),
		TEST(test_values_that_come_late_are_those_of_their_field),
		TEST(test_values_of_now_are_asked_for_once_and_fill_in),
		TEST(test_without_the_values_of_now_the_form_is_usable),
		TEST(test_after_the_change_nothing_is_an_edit_or_a_secret),
		TEST(test_a_form_that_does_not_fit_scrolls_with_the_focus),
		TEST(test_wide_characters_keep_the_columns),
		TEST(test_by_lines_every_field_is_an_input_with_its_problem),
		TEST(test_by_lines_a_word_that_is_no_choice_changes_nothing),
		TEST(test_the_bar_and_help_are_about_the_field),
		TEST(test_values_of_screen_and_opener_are_passed_on),
#undef TEST
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
