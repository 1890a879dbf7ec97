/*
 * mongo upgrade killed at every step: before it acts, after it acted, after
 * the journal says so.  One set goes through one hop in each of the three
 * ways, and each time what was begun is resumed until it is done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mongo_lab.h"
#include "run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define MEMBERS		3
#define KILLS_MAX	120

static struct mongo_lab lab;

/* Where a pass is killed: at which line of the journal, on which side. */
struct pass {
	const char	*to;
	const char	*what, *text;
	/*
	 * The first such line of a resumed job is that of the step it was
	 * killed at; the next step's is the second.
	 */
	const char	*again;
};

static void
fault_set(const struct pass *p, const char *at)
{
	AUTO_FREE char	*dir = strdup(run_binary());
	AUTO_FREE char	*so = NULL;

	*strrchr(dir, '/') = '\0';
	so = str_format("%s/fault.so", dir);
	setenv("FAULT_WHAT", p->what, 1);
	setenv("FAULT_TEXT", p->text, 1);
	setenv("FAULT_AT", at, 1);
	setenv("LD_PRELOAD", so, 1);
}

static void
fault_end(void)
{
	unsetenv("LD_PRELOAD");
	unsetenv("FAULT_WHAT");
	unsetenv("FAULT_TEXT");
	unsetenv("FAULT_AT");
}

/* Never two members down by us (facts, mongodb.md 6.8). */
static void
at_most_one_is_down(void)
{
	int	 down = 0;

	for (int i = 0; i < lab.count; i++)
		down += mongo_lab_pid(&lab, i) == 0;
	assert_true(down <= 1);
}

static void
job_newest(char *id, size_t size)
{
	static const char *const	 list[] = { "job", "list", NULL };
	AUTO_RUN struct run_result	 r = run_json(lab.state, list, NULL);
	const json_t			*jobs, *job;
	size_t				 i;

	run_assert_exit(&r, 0);
	jobs = json_object_get(json_object_get(r.json, "result"), "jobs");
	id[0] = '\0';
	json_array_foreach (jobs, i, job)
		if (strcmp(json_text(job, "id"), id) > 0)
			snprintf(id, size, "%s", json_text(job, "id"));
}

/* True when it was killed, false when it is done. */
static bool
one_run(const struct pass *p, const char *job)
{
	const char *first[] = { "--site", lab.site, "--yes", "mongo",
		"upgrade", p->to, "--binaries", lab.binaries,
		"--without-backup", "a test", NULL };
	const char *resume[] = { "--site", lab.site, "job", "resume", job,
		NULL };
	AUTO_RUN struct run_result r = { 0 };

	fault_set(p, job == NULL ? "1" : p->again);
	r = run_json(lab.state, job == NULL ? first : resume, NULL);
	fault_end();
	at_most_one_is_down();
	if (r.exit_code == 137)
		return true;
	run_assert_exit(&r, 0);
	return false;
}

static void
pass_run(const struct pass *p)
{
	char	 version[16], fcv[16], id[64];
	int	 kills = 0;
	bool	 killed = one_run(p, NULL);

	job_newest(id, sizeof(id));
	for (; killed && kills < KILLS_MAX; kills++)
		killed = one_run(p, id);
	assert_false(killed);
	print_message("%s at %s: killed %d times on the way to %s\n",
	    p->what, p->text, kills, p->to);
	assert_true(kills > 10);
	for (int i = 0; i < lab.count; i++) {
		mongo_lab_versions(&lab, i, version, fcv, sizeof(version));
		assert_true(str_starts(version, p->to));
		assert_string_equal(fcv, p->to);
	}
}

static void
killed_at_every_step_it_arrives_and_loses_nothing(void **state)
{
	static const struct pass passes[] = {
		{ "4.4", "kill-after", "\"phase\":\"intent\"", "2" },
		{ "5.0", "kill-before", "\"phase\":\"done\"", "2" },
		{ "6.0", "kill-after", "\"phase\":\"done\"", "1" },
	};
	const struct mongo_lab_spec spec = { .version = "4.2",
		.members = MEMBERS, .has_auth = true, .documents = 50 };
	struct mongo_lab_written	 w;
	char				 before[65], after[65];
	AUTO_FREE char			*url = NULL;

	(void)state;
	if (!mongo_lab_has("4.2") || !mongo_lab_has("4.4") ||
	    !mongo_lab_has("5.0") || !mongo_lab_has("6.0"))
		skip();
	mongo_lab_start(&lab, &spec);
	url = mongo_lab_url(&lab, "labRoot");
	mongo_lab_digest(url, before);
	mongo_lab_writer_start(&lab, 20);
	for (size_t i = 0; i < LENGTH(passes); i++)
		pass_run(&passes[i]);
	w = mongo_lab_writer_stop(&lab, NULL);
	assert_true(w.acknowledged > 0);
	assert_int_equal(w.lost, 0);
	assert_int_equal(w.changed, 0);
	mongo_lab_digest(url, after);
	assert_string_equal(before, after);
}

static int
tear_down(void **state)
{
	(void)state;
	mongo_lab_end(&lab);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    killed_at_every_step_it_arrives_and_loses_nothing,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
