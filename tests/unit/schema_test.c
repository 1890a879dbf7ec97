/*
 * Shapes of results: what fits, what does not, and where.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/schema.h"

#include "toy.h"

static bool
fits(const char *schema, const char *value, struct err *e)
{
	AUTO_JSON json_t *v = json_loads(value, JSON_DECODE_ANY, NULL);

	assert_non_null(v);
	err_clear(e);
	return schema_check(schema, v, e);
}

static void
test_values_that_fit(void **state)
{
	static const char *const pairs[][2] = {
		{ "\"string\"", "\"x\"" }, { "\"int\"", "5" },
		{ "\"number\"", "5.5" }, { "\"number\"", "5" },
		{ "\"bool\"", "false" }, { "\"null\"", "null" },
		{ "\"any\"", "[1]" }, { "\"string?\"", "null" },
		{ "\"=a|b\"", "\"b\"" }, { "\"=a|b?\"", "null" },
		{ "[\"int\"]", "[]" }, { "[\"int\"]", "[1,2]" },
		{ "[\"int\",\"?\"]", "null" },
		{ "{\"a\":\"int\",\"b\":\"int?\"}", "{\"a\":1}" },
		{ "{\"a\":[\"int\",\"?\"]}", "{}" },
		{ "{\"*\":\"int\"}", "{\"x\":1,\"y\":2}" },
		{ "{\"a\":\"string\",\"*\":\"int\"}",
		  "{\"a\":\"s\",\"y\":2}" }
	};
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < LENGTH(pairs); i++)
		if (!fits(pairs[i][0], pairs[i][1], &e))
			fail_msg("%s %s: %s", pairs[i][0], pairs[i][1],
			    e.msg);
}

static void
test_values_that_do_not_fit_are_named_by_their_path(void **state)
{
	static const char *const triples[][3] = {
		{ "\"string\"", "5", "$" }, { "\"int\"", "5.5", "$" },
		{ "\"int\"", "null", "$" }, { "\"bool\"", "0", "$" },
		{ "\"=a|b\"", "\"c\"", "$" }, { "\"=a|b\"", "\"a|b\"", "$" },
		{ "\"=a|b\"", "\"\"", "$" },
		{ "[\"int\"]", "[1,\"x\"]", "$[]" },
		{ "[\"int\"]", "null", "$" }, { "[\"int\"]", "{}", "$" },
		{ "{\"a\":\"int\"}", "{}", "$.a" },
		{ "{\"a\":{\"b\":\"int\"}}", "{\"a\":{\"b\":true}}",
		  "$.a.b" },
		{ "{\"a\":\"int\"}", "{\"a\":1,\"extra\":2}", "extra" },
		{ "{\"*\":\"int\"}", "{\"x\":\"s\"}", "$.x" },
		{ "{}", "[]", "$" }, { "no json", "1", "$" }
	};
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < LENGTH(triples); i++) {
		if (fits(triples[i][0], triples[i][1], &e))
			fail_msg("%s fits %s", triples[i][1], triples[i][0]);
		if (strstr(e.msg, triples[i][2]) == NULL)
			fail_msg("\"%s\" does not name %s", e.msg,
			    triples[i][2]);
	}
}

/* A shape that is no JSON would refuse every result. */
static void
test_every_reading_verb_of_the_house_has_a_shape(void **state)
{
	static const struct service *const house[] = { &core_service,
	    &undo_service, &settings_service };
	const struct verb	*v;
	size_t			 i, k;

	(void)state;
	for (i = 0; i < LENGTH(house); i++)
		for (k = 0; k < house[i]->verb_count; k++) {
			AUTO_JSON json_t *shape = NULL;

			v = &house[i]->verbs[k];
			if (v->plan != NULL)
				continue;
			assert_non_null(v->schema);
			shape = json_loads(v->schema, JSON_DECODE_ANY, NULL);
			if (shape == NULL)
				fail_msg("the shape of %s", v->name);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_that_fit),
		cmocka_unit_test(
		    test_values_that_do_not_fit_are_named_by_their_path),
		cmocka_unit_test(
		    test_every_reading_verb_of_the_house_has_a_shape)
	};

	return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
