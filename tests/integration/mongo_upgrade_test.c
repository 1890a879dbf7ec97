/*
 * mongo upgrade on real servers: the whole chain on a set with accounts, TLS
 * and somebody who writes all the time; servers that are alone; the way back
 * before the raise; and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mongo_lab.h"
#include "run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define MEMBERS	3

static struct mongo_lab lab;

static int
tear_down(void **state)
{
	(void)state;
	mongo_lab_end(&lab);
	return 0;
}

static bool
lab_up(const struct mongo_lab_spec *spec, const char *to)
{
	static const char *const majors[] = { "4.2", "4.4", "5.0", "6.0" };
	size_t	 i = 0;

	for (i = 0; strcmp(majors[i], spec->version) != 0; i++)
		;
	for (; i < LENGTH(majors); i++) {
		if (!mongo_lab_has(majors[i]))
			return false;
		if (strcmp(majors[i], to) == 0)
			break;
	}
	mongo_lab_start(&lab, spec);
	return true;
}

static struct run_result
upgrade(const char *to, const char *more)
{
	const char *argv[] = { "--site", lab.site, "--yes", "mongo",
		"upgrade", to, "--binaries", lab.binaries,
		"--without-backup", "a test", more, NULL };

	return run_json(lab.state, argv, NULL);
}

static void
all_are(const char *major, const char *fcv)
{
	char	 version[16], raised[16];

	for (int i = 0; i < lab.count; i++) {
		mongo_lab_versions(&lab, i, version, raised,
		    sizeof(version));
		assert_true(str_starts(version, major));
		assert_string_equal(raised, fcv);
	}
}

static void
says(const struct run_result *r, const char *words)
{
	if (strstr(buf_str(&r->out), words) == NULL)
		fail_msg("no \"%s\" in %s", words, buf_str(&r->out));
}

static void
a_set_that_is_written_to_goes_from_4_2_to_6_0(void **state)
{
	const struct mongo_lab_spec spec = { .version = "4.2",
		.members = MEMBERS, .has_auth = true, .has_tls = true,
		.documents = 200 };
	AUTO_RUN struct run_result	 r = { 0 };
	AUTO_FREE char			*url = NULL;
	struct mongo_lab_written	 w;
	char				 before[65], after[65];

	(void)state;
	if (!lab_up(&spec, "6.0"))
		skip();
	url = mongo_lab_url(&lab, "labRoot");
	mongo_lab_digest(url, before);
	mongo_lab_writer_start(&lab, 5);
	r = upgrade("6.0", NULL);
	w = mongo_lab_writer_stop(&lab, NULL);
	run_assert_exit(&r, 0);
	print_message("%ld acknowledged, %ld refused in %ld bursts, longest "
	    "%ld ms\n", w.acknowledged, w.refused, w.bursts, w.longest_ms);
	assert_true(w.acknowledged > 0);
	assert_int_equal(w.lost, 0);
	assert_int_equal(w.changed, 0);
	/* Three hops, one step-down each. */
	assert_true(w.bursts <= 3);
	mongo_lab_digest(url, after);
	assert_string_equal(before, after);
	all_are("6.0", "6.0");
}

static void
a_single_member_and_a_standalone_are_told_and_go(void **state)
{
	const struct mongo_lab_spec single = { .version = "4.2",
		.members = 1, .has_auth = true, .documents = 20 };
	const struct mongo_lab_spec alone = { .version = "4.2",
		.documents = 20 };
	AUTO_RUN struct run_result	 a = { 0 }, b = { 0 };

	(void)state;
	if (!lab_up(&single, "6.0"))
		skip();
	a = upgrade("6.0", NULL);
	run_assert_exit(&a, 0);
	says(&a, "not upgraded in a rolling way");
	all_are("6.0", "6.0");
	mongo_lab_end(&lab);
	mongo_lab_start(&lab, &alone);
	b = upgrade("5.0", NULL);
	run_assert_exit(&b, 0);
	says(&b, "mongo prepare");
	all_are("5.0", "5.0");
	mongo_lab_end(&lab);
}

static void
undo_job(const struct run_result *r)
{
	const char	*id = json_text(json_object_get(r->json, "job"),
	    "id");
	const char	*argv[] = { "--site", lab.site, "--yes", "job", "undo",
		id, NULL };
	AUTO_RUN struct run_result undone = { 0 };

	if (*id == '\0')
		fail_msg("no job in %s", buf_str(&r->out));
	undone = run_json(lab.state, argv, NULL);
	run_assert_exit(&undone, 0);
}

static void
before_the_raise_the_old_binary_comes_back(void **state)
{
	const struct mongo_lab_spec spec = { .version = "4.4",
		.members = 1, .has_auth = true, .documents = 20 };
	AUTO_RUN struct run_result	 r = { 0 };
	AUTO_FREE char			*url = NULL;
	char				 before[65], after[65];

	(void)state;
	if (!lab_up(&spec, "5.0"))
		skip();
	url = mongo_lab_url(&lab, "labRoot");
	mongo_lab_digest(url, before);
	r = upgrade("5.0", "--keep-fcv");
	run_assert_exit(&r, 0);
	all_are("5.0", "4.4");
	undo_job(&r);
	all_are("4.4", "4.4");
	mongo_lab_digest(url, after);
	assert_string_equal(before, after);
	mongo_lab_end(&lab);
}

static void
what_cannot_be_is_refused_and_touches_nothing(void **state)
{
	const struct mongo_lab_spec spec = { .version = "4.4", .members = 1,
		.has_auth = true };
	const char *no_backup[] = { "--site", lab.site, "--yes", "mongo",
		"upgrade", "5.0", "--binaries", lab.binaries, NULL };
	AUTO_RUN struct run_result	 back = { 0 }, unknown = { 0 },
		bare = { 0 }, there = { 0 };
	pid_t	 pid;

	(void)state;
	if (!lab_up(&spec, "5.0"))
		skip();
	pid = mongo_lab_pid(&lab, 0);
	back = upgrade("4.2", NULL);
	run_assert_exit(&back, 3);
	unknown = upgrade("5.1", NULL);
	run_assert_exit(&unknown, 3);
	bare = run_json(lab.state, no_backup, NULL);
	run_assert_exit(&bare, 3);
	says(&bare, "no verified backup");
	there = upgrade("4.4", NULL);
	run_assert_exit(&there, 0);
	assert_int_equal(mongo_lab_pid(&lab, 0), pid);
	all_are("4.4", "4.4");
	mongo_lab_end(&lab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    what_cannot_be_is_refused_and_touches_nothing,
		    tear_down),
		cmocka_unit_test_teardown(
		    a_single_member_and_a_standalone_are_told_and_go,
		    tear_down),
		cmocka_unit_test_teardown(
		    before_the_raise_the_old_binary_comes_back, tear_down),
		cmocka_unit_test_teardown(
		    a_set_that_is_written_to_goes_from_4_2_to_6_0,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
