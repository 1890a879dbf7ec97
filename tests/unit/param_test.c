/*
 * Values against the verb table: the last place that looks before a service
 * believes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"

#include "toy.h"

static const struct verb_param params[] = {
	{ .name = "text", .type = PARAM_TEXT, .positional = true,
	  .help = "T" },
	{ .name = "mail", .type = PARAM_MAIL, .many = true, .help = "M" },
	{ .name = "count", .type = PARAM_INT, .min = 1, .max = 9,
	  .help = "C" },
	{ .name = "free", .type = PARAM_INT, .help = "F" },
	{ .name = "flag", .type = PARAM_FLAG, .help = "G" },
	{ .name = "way", .type = PARAM_CHOICE, .choices = "a|bc",
	  .help = "W" },
	{ .name = "wait", .type = PARAM_DURATION, .help = "D" },
	{ .name = "pass", .type = PARAM_SECRET, .help = "P" },
	{ .name = "needed", .type = PARAM_TEXT, .required = true,
	  .help = "N" },
	{ .name = "list", .type = PARAM_TEXT, .positional = true,
	  .many = true, .help = "L" }
};

static const struct verb verb = {
	.name = "toy.all", .no_site = true, .params = params,
	.param_count = LENGTH(params)
};

/* The value of one parameter after the check, NULL with *e. */
static json_t *
check(const char *name, const char *given, struct err *e)
{
	AUTO_JSON json_t	*value = json_loads(given, JSON_DECODE_ANY,
	    NULL);
	AUTO_JSON json_t	*all = json_pack("{s:s, s:O}", "needed", "x",
	    name, value);
	AUTO_JSON json_t	*out = NULL;

	assert_non_null(value);
	err_clear(e);
	out = verb_params(&verb, all, e);
	return json_incref(json_object_get(out, name));
}

static void
test_values_are_converted_to_their_type(void **state)
{
	static const char *const good[][3] = {
		{ "count", "\"9\"", "9" }, { "count", "1", "1" },
		{ "free", "\"-9223372036854775808\"",
		  "-9223372036854775808" },
		{ "flag", "true", "true" }, { "way", "\"bc\"", "\"bc\"" },
		{ "wait", "\"90\"", "90" }, { "wait", "\"2h\"", "7200" },
		{ "wait", "\"7d\"", "604800" }, { "wait", "\"0s\"", "0" },
		{ "wait", "\"3650d\"", "315360000" },
		{ "mail", "[\"kim@corp.test\"]", "[\"kim@corp.test\"]" },
		{ "mail", "\"kim@corp.test\"", "[\"kim@corp.test\"]" },
		{ "pass", "{\"$secret\":\"pass\"}",
		  "{\"$secret\":\"pass\"}" }
	};
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < LENGTH(good); i++) {
		AUTO_JSON json_t *now = check(good[i][0], good[i][1], &e);
		AUTO_JSON json_t *want = json_loads(good[i][2],
		    JSON_DECODE_ANY, NULL);

		if (!json_equal(now, want))
			fail_msg("%s %s: %s", good[i][0], good[i][1], e.msg);
	}
}

static void
test_values_that_are_none_are_usage_errors_by_name(void **state)
{
	static const char *const bad[][2] = {
		{ "count", "\"0\"" }, { "count", "10" }, { "count", "\"\"" },
		{ "count", "\" 5\"" }, { "count", "\"5x\"" },
		{ "count", "[5]" }, { "count", "5.5" },
		{ "free", "\"9223372036854775808\"" },
		{ "way", "\"b\"" }, { "way", "\"a|bc\"" }, { "way", "\"\"" },
		{ "wait", "\"\"" }, { "wait", "\"h\"" }, { "wait", "\"-5\"" },
		{ "wait", "\"5w\"" }, { "wait", "\"3651d\"" },
		{ "wait", "\"315360001\"" }, { "wait", "315360001" },
		{ "wait", "\"99999999999999999999d\"" }, { "wait", "-1" },
		{ "mail", "\"kim\"" }, { "mail", "[\"a@b\", \"@b\"]" },
		{ "mail", "\"kim@\"" }, { "mail", "\"k m@b\"" },
		{ "mail", "\"a@b\\nBcc: x\"" }, { "mail", "[5]" },
		{ "text", "5" }, { "text", "null" },
		{ "pass", "\"hunter2\"" }, { "pass", "5" },
		{ "nosuch", "1" }
	};
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < LENGTH(bad); i++) {
		AUTO_JSON json_t *now = check(bad[i][0], bad[i][1], &e);

		if (now != NULL)
			fail_msg("%s takes %s", bad[i][0], bad[i][1]);
		assert_int_equal(e.domain, ERR_USAGE);
		assert_non_null(strstr(e.msg, bad[i][0]));
		assert_null(strstr(e.msg, "hunter2"));
	}
}

static void
test_a_missing_value_is_named_with_its_help(void **state)
{
	AUTO_JSON json_t	*none = json_object();
	struct err		 e = { 0 };

	(void)state;
	assert_null(verb_params(&verb, none, &e));
	assert_int_equal(e.domain, ERR_USAGE);
	assert_non_null(strstr(e.msg, "needed"));
}

/* As it is shown by the preview and written to the script. */
static void
test_the_command_line_can_be_typed_again(void **state)
{
	AUTO_JSON json_t	*given = json_pack(
	    "{s:s, s:s, s:b, s:i, s:{s:s}, s:[s, s]}", "needed", "it's",
	    "text", "a b", "flag", 1, "count", 3, "pass", "$secret", "pass",
	    "list", "x", "-y");
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct ctx		 ctx = { .site_wanted = "/opt/x" };

	(void)state;
	verb_command(&ctx, &verb, given, &b);
	assert_string_equal(buf_str(&b), "stconsole toy all --count 3 --flag "
	    "--pass-file - --needed 'it'\\''s' -- 'a b' x -y");
}

/* "--reason --yes" would be an option without a value, and one more. */
static void
test_a_value_like_an_option_is_joined_to_its_own(void **state)
{
	AUTO_JSON json_t	*given = json_pack("{s:s, s:s}", "needed",
	    "--yes", "text", "--x");
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct ctx		 ctx = { .site_wanted = "/opt/x" };

	(void)state;
	verb_command(&ctx, &verb, given, &b);
	assert_string_equal(buf_str(&b), "stconsole toy all --needed=--yes "
	    "-- --x");
}

/* Alone it would be taken for the one before it. */
static void
test_a_value_behind_one_that_is_missing_is_named(void **state)
{
	AUTO_JSON json_t	*given = json_pack("{s:s, s:[s, s]}",
	    "needed", "n", "list", "x", "y");
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct ctx		 ctx = { .site_wanted = "/opt/x" };

	(void)state;
	verb_command(&ctx, &verb, given, &b);
	assert_string_equal(buf_str(&b), "stconsole toy all --needed n "
	    "--list x --list y");
}

static void
test_one_value_is_checked_without_the_others(void **state)
{
	AUTO_JSON json_t	*bad = json_string("nine"), *good = NULL;
	AUTO_JSON json_t	*made = NULL, *none = NULL;
	struct err		 e = { 0 };
	size_t			 i = 0;

	(void)state;
	while (strcmp(verb.params[i].name, "count") != 0)
		i++;
	none = verb_param_value(&verb.params[i], bad, &e);
	assert_null(none);
	assert_int_equal(e.domain, ERR_USAGE);
	good = json_string("3");
	made = verb_param_value(&verb.params[i], good, &e);
	assert_int_equal(json_integer_value(made), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_value_like_an_option_is_joined_to_its_own),
		cmocka_unit_test(
		    test_a_value_behind_one_that_is_missing_is_named),
		cmocka_unit_test(test_one_value_is_checked_without_the_others),
		cmocka_unit_test(test_values_are_converted_to_their_type),
		cmocka_unit_test(
		    test_values_that_are_none_are_usage_errors_by_name),
		cmocka_unit_test(test_a_missing_value_is_named_with_its_help),
		cmocka_unit_test(test_the_command_line_can_be_typed_again)
	};

	return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
