/*
 * The majors of MongoDB: which way leads from one to another, which of two
 * versions is newer, and until when one is supported.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"

static void
goes(const char *from, const char *to, const char *wanted)
{
	const char	*chain[MONGO_CHAIN_MAX];
	char		 shown[128] = "";
	size_t		 count, i, len = 0;
	struct err	 e;

	if (!mongo_chain(from, to, chain, &count, &e))
		fail_msg("%s", e.msg);
	for (i = 0; i < count; i++)
		len += (size_t)snprintf(shown + len, sizeof(shown) - len,
		    "%s%s", i > 0 ? " " : "", chain[i]);
	assert_string_equal(shown, wanted);
}

static void
refused(const char *from, const char *to, const char *words)
{
	const char	*chain[MONGO_CHAIN_MAX];
	size_t		 count;
	struct err	 e;

	assert_false(mongo_chain(from, to, chain, &count, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	if (strstr(e.msg, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", e.msg, words);
}

static void
no_major_is_skipped(void **state)
{
	(void)state;
	goes("4.2", "6.0", "4.4 5.0 6.0");
	goes("4.0", "8.0", "4.2 4.4 5.0 6.0 7.0 8.0");
	goes("6.0", "7.0", "7.0");
	goes("8.0", "8.2", "8.2");
	goes("8.0", "8.3", "8.3");
	goes("8.0", "9.0", "9.0");
	goes("8.2", "9.0", "8.3 9.0");
	goes("8.3", "9.0", "9.0");
	goes("4.0", "9.0", "4.2 4.4 5.0 6.0 7.0 8.0 9.0");
}

static void
a_way_that_is_none_says_why(void **state)
{
	(void)state;
	refused("6.0", "5.0", "it is older");
	refused("6.0", "6.0", "at 6.0 already");
	refused("6.0", "8.1", "\"8.1\" is not a major");
	refused("3.6", "4.0", "\"3.6\" is not a major");
	refused("6.0", "latest", "\"latest\" is not a major");
}

/* Every step of every chain starts with the FCV before it. */
static void
a_binary_starts_with_what_the_chain_comes_from(void **state)
{
	static const char *const all[] = { "4.0", "4.2", "4.4", "5.0", "6.0",
		"7.0", "8.0", "8.2", "8.3", "9.0" };
	const char	*chain[MONGO_CHAIN_MAX], *before;
	size_t		 from, to, count, i, k;
	struct err	 e;

	(void)state;
	for (from = 0; from < LENGTH(all); from++)
		for (to = from + 1; to < LENGTH(all); to++) {
			assert_true(mongo_chain(all[from], all[to], chain,
			    &count, &e));
			before = all[from];
			for (i = 0; i < count; before = chain[i++]) {
				const struct mongo_major *m =
				    mongo_major_find(chain[i]);

				for (k = 0; m->from[k] != NULL &&
				    strcmp(m->from[k], before) != 0; k++)
					;
				assert_non_null(m->from[k]);
			}
			assert_string_equal(before, all[to]);
		}
}

static void
a_major_knows_what_it_asks_for(void **state)
{
	const struct mongo_major *m = mongo_major_find("6.0");

	(void)state;
	assert_false(m->confirms);
	assert_true(m->goes_back && m->lowers_fcv && m->needs_avx);
	assert_string_equal(m->min_patch, "6.0.27");
	m = mongo_major_find("7.0");
	assert_true(m->confirms);
	assert_false(m->goes_back || m->lowers_fcv);
	assert_false(mongo_major_find("4.4")->needs_avx);
	assert_true(mongo_major_find("9.0")->goes_back);
	assert_null(mongo_major_find("6"));
	assert_null(mongo_major_find(NULL));
}

static void
a_version_is_read_number_by_number(void **state)
{
	char	 major[MONGO_MAJOR_SIZE];

	(void)state;
	assert_true(mongo_major_of("6.0.27-rc1", major));
	assert_string_equal(major, "6.0");
	assert_true(mongo_major_of("4.10", major));
	assert_string_equal(major, "4.10");
	assert_false(mongo_major_of("6", major));
	assert_false(mongo_major_of("6.", major));
	assert_false(mongo_major_of("", major));
	assert_false(mongo_major_of(NULL, major));
	assert_false(mongo_major_of("1234567.1234567", major));
	assert_true(mongo_version_compare("4.10", "4.9") > 0);
	assert_true(mongo_version_compare("6.0.5", "6.0.27") < 0);
	assert_true(mongo_version_compare("6.0", "6.0.0") == 0);
	assert_true(mongo_version_compare("6.0.27-rc1", "6.0.27") < 0);
	assert_true(mongo_version_compare("6.0.27", "6.0.27-rc1") > 0);
	assert_true(mongo_version_compare("10.0", "9.3") > 0);
}

static void
the_end_of_support_comes_with_its_date(void **state)
{
	struct mongo_lifecycle	 life;
	struct err		 e;

	(void)state;
	assert_true(mongo_lifecycle("7.0.16", &life, &e));
	assert_string_equal(life.end, "2027-08-31");
	assert_string_equal(life.ga, "2023-08-15");
	assert_string_equal(life.newest_patch, "7.0.40");
	assert_string_equal(life.note, "extended from 2026-08-31");
	assert_int_equal(life.end_s, 1819670400);
	assert_string_not_equal(life.as_of, "");
	assert_true(mongo_lifecycle("9.0.2", &life, &e));
	assert_string_equal(life.end, "");
	assert_true(mongo_lifecycle("6.0\"].x", &life, &e));
	assert_string_equal(life.end, "2025-07-31");
	assert_true(mongo_lifecycle("nonsense", &life, &e));
	assert_string_equal(life.end, "");
	assert_string_not_equal(life.as_of, "");
}

static void
only_what_hcl_states_is_called_a_statement(void **state)
{
	const struct mongo_sametime	*list;
	size_t				 count, i;

	(void)state;
	list = mongo_sametime_list(&count);
	assert_int_equal(count, 4);
	for (i = 0; i < count; i++) {
		assert_non_null(mongo_major_find(list[i].major));
		assert_string_not_equal(list[i].source, "");
		assert_int_equal(list[i].is_statement,
		    strcmp(list[i].release, "12.0.2 FP2") == 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_major_is_skipped),
		cmocka_unit_test(a_way_that_is_none_says_why),
		cmocka_unit_test(
		    a_binary_starts_with_what_the_chain_comes_from),
		cmocka_unit_test(a_major_knows_what_it_asks_for),
		cmocka_unit_test(a_version_is_read_number_by_number),
		cmocka_unit_test(the_end_of_support_comes_with_its_date),
		cmocka_unit_test(only_what_hcl_states_is_called_a_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
