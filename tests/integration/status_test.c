/*
 * status against the lab: real MongoDB, directory and HTTPS server, each of
 * them well, silent and gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../lab/lab.h"
#include "run.h"
#include "stconsole/clock.h"
#include "stconsole/doctor.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/schema.h"
#include "stconsole/str.h"

struct house {
	struct lab	 lab;
	char		*state;
};

static const char *const ids[] = {
	"deployment", "version", "mongodb", "replica_set", "administrators",
	"jobs", "directory", "certificate", "proxyinfo", "containers", "disk",
	"clock"
};

/* ---- asking */

static struct run_result
ask(const struct house *h, const char *site, const char *flag)
{
	const char *const argv[] = { "--site", site, "status", flag, NULL };

	return run_json(h->state, argv, NULL);
}

/* Of the shape that the verb table promises, every line there once. */
static const json_t *
lines_of(const struct run_result *r)
{
	const json_t	*result = json_object_get(r->json, "result");
	const json_t	*lines = json_object_get(result, "lines");
	struct err	 e;
	size_t		 i;

	if (!schema_check(doctor_service.verbs[0].schema, result, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(json_array_size(lines), LENGTH(ids));
	for (i = 0; i < LENGTH(ids); i++)
		assert_string_equal(json_text(json_array_get(lines, i),
		    "id"), ids[i]);
	return lines;
}

static const json_t *
line_of(const struct run_result *r, const char *id)
{
	const json_t	*line;
	size_t		 i;

	json_array_foreach (lines_of(r), i, line)
		if (str_equal(json_text(line, "id"), id))
			return line;
	fail_msg("no line %s", id);
	return NULL;
}

static void
assert_line(const struct run_result *r, const char *id, const char *mark,
    const char *text, const char *reason)
{
	const json_t	*line = line_of(r, id);
	AUTO_FREE char	*all = json_dumps(line, 0);

	if (!str_equal(json_text(line, "mark"), mark) ||
	    strstr(json_text(line, "text"), text) == NULL ||
	    strstr(json_text(line, "reason"), reason) == NULL)
		fail_msg("not %s, \"%s\", \"%s\": %s", mark, text, reason,
		    all);
}

static void
setting_set(const struct house *h, const char *name, const char *value,
    const char *secret)
{
	const char *const plain[] = { "settings", "set", name, value,
		"--yes", NULL };
	const char *const hidden[] = { "settings", "set", name,
		"--value-file", "-", "--yes", NULL };
	AUTO_RUN struct run_result r = run_json(h->state,
	    secret != NULL ? hidden : plain, secret);

	run_assert_exit(&r, 0);
}

/* ---- the house */

static int
set_up(void **state)
{
	static struct house	 h;
	struct err		 e;

	if (!lab_start(&h.lab, NULL, &e)) {
		fprintf(stderr, "%s\n%s\n", e.msg, e.hint);
		return -1;
	}
	h.state = run_state_new();
	/* What is well is told on the slowest machine, too. */
	setting_set(&h, "status.timeout_ms", "60000", NULL);
	*state = &h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	lab_stop(&h->lab);
	run_state_end(h->state);
	return 0;
}

/* ---- all is there */

static void
what_is_not_trusted_or_not_allowed_names_its_setting(void **state)
{
	struct house		*h = *state;
	AUTO_RUN struct run_result r = ask(h, lab_site(&h->lab), NULL);
	const json_t		*line;

	run_assert_exit(&r, 0);
	assert_null(json_object_get(json_object_get(r.json, "result"),
	    "exit_code"));
	assert_line(&r, "replica_set", "unknown", "rs0",
	    "unknown: needs clusterMonitor");
	line = line_of(&r, "replica_set");
	assert_non_null(strstr(json_text(line, "reason"),
	    "settings set mongo.admin_url"));
	assert_string_equal(json_text(json_object_get(line, "fix"), "verb"),
	    "settings.set");
	assert_line(&r, "certificate", "warn", "days left",
	    "not among the trusted");
	assert_line(&r, "proxyinfo", "unknown", "Chat proxy", "http.ca_file");
}

static void
every_line_of_a_site_that_is_well(void **state)
{
	struct house		*h = *state;
	AUTO_RUN struct run_result r = { 0 };
	AUTO_FREE char		*all = NULL;

	setting_set(h, "http.ca_file", lab_ca_file(&h->lab), NULL);
	setting_set(h, "mongo.admin_url", NULL,
	    lab_secret_text(&h->lab, "mongo-monitor-url"));
	r = ask(h, lab_site(&h->lab), NULL);
	run_assert_exit(&r, 0);
	assert_line(&r, "deployment", "ok", lab_site(&h->lab), "");
	assert_line(&r, "version", "ok", "12.0", "");
	assert_line(&r, "mongodb", "warn", "support ended",
	    "plan an upgrade");
	assert_line(&r, "replica_set", "ok", "members: 1", "");
	assert_line(&r, "administrators", "warn", "Administrators: ",
	    "not in the directory: ");
	assert_line(&r, "directory", "ok", "let us in", "");
	assert_line(&r, "certificate", "ok", "days left", "");
	assert_line(&r, "proxyinfo", "ok", "connected to community", "");
	assert_line(&r, "clock", "ok", "agrees", "");
	assert_non_null(strstr(json_text(line_of(&r, "disk"), "text"),
	    "% used"));
	all = json_dumps(r.json, 0);
	assert_null(strstr(all, lab_secret_text(&h->lab, "mongo-user")));
	assert_null(strstr(all, lab_secret_text(&h->lab, "ldap-bind")));
}

static void
the_exit_status_tells_it_only_when_asked(void **state)
{
	struct house		*h = *state;
	AUTO_RUN struct run_result r = ask(h, lab_site(&h->lab),
	    "--exit-code");
	const json_t		*line;
	int			 worst = 0, rank;
	size_t			 i;
	static const struct {
		const char *mark;
		int	    rank, code;
	} order[] = {
		{ "ok", 0, 0 }, { "unknown", 1, 3 }, { "warn", 2, 1 },
		{ "fail", 3, 2 }
	};

	json_array_foreach (lines_of(&r), i, line)
		for (rank = 0; rank < 4; rank++)
			if (str_equal(json_text(line, "mark"),
			    order[rank].mark) && rank > worst)
				worst = rank;
	run_assert_exit(&r, order[worst].code);
	assert_int_equal(json_int(json_object_get(r.json, "result"),
	    "exit_code", -1), order[worst].code);
}

static void
a_person_sees_a_table(void **state)
{
	struct house		*h = *state;
	const char *const	 argv[] = { "--state", h->state, "--site",
		lab_site(&h->lab), "status", NULL };
	AUTO_RUN struct run_result r = run_stconsole(argv, NULL);

	run_assert_exit(&r, 0);
	assert_non_null(strstr(buf_str(&r.out), "What"));
	assert_non_null(strstr(buf_str(&r.out), "Why"));
	assert_non_null(strstr(buf_str(&r.out), "Replica set rs0"));
}

static void
without_a_deployment_status_still_answers(void **state)
{
	struct house		*h = *state;
	AUTO_RUN struct run_result r = ask(h, h->state, NULL);
	AUTO_RUN struct run_result coded = ask(h, h->state, "--exit-code");

	run_assert_exit(&r, 0);
	assert_line(&r, "deployment", "fail", "No deployment: the first-time "
	    "set-up leads to one", h->state);
	assert_line(&r, "mongodb", "unknown", "MongoDB",
	    "unknown: no deployment found");
	assert_line(&r, "disk", json_text(line_of(&r, "disk"), "mark"),
	    "% used", "");
	run_assert_exit(&coded, 2);
}

static bool
registry_has(const json_t *table, const char *name)
{
	const json_t	*v;
	size_t		 i;

	json_array_foreach (table, i, v)
		if (str_equal(json_text(v, "name"), name))
			return true;
	return false;
}

static void
every_fix_can_be_typed(void **state)
{
	struct house		*h = *state;
	const char *const	 list[] = { "verb", "list", NULL };
	AUTO_RUN struct run_result verbs = run_json(h->state, list, NULL);
	AUTO_RUN struct run_result r = ask(h, lab_site(&h->lab), NULL);
	const json_t		*line, *table;
	size_t			 i;

	table = json_object_get(json_object_get(verbs.json, "result"),
	    "verbs");
	json_array_foreach (lines_of(&r), i, line) {
		const char *name = json_text(json_object_get(line, "fix"),
		    "verb");

		if (!registry_has(table, name))
			fail_msg("%s is not a verb", name);
	}
}

/* ---- servers that are silent or gone */

/* Both hang at whatever is asked of them until they are told to go on. */
static struct run_result
ask_while_they_hang(struct house *h, const char *limit_ms, int64_t *took_ms)
{
	pid_t			 mongod = lab_mongod_pid(&h->lab, 0);
	pid_t			 slapd = lab_slapd_pid(&h->lab);
	struct run_result	 r;

	setting_set(h, "status.timeout_ms", limit_ms, NULL);
	assert_int_equal(kill(mongod, SIGSTOP), 0);
	assert_int_equal(kill(slapd, SIGSTOP), 0);
	*took_ms = clock_mono_ms(&clock_system);
	r = ask(h, lab_site(&h->lab), NULL);
	*took_ms = clock_mono_ms(&clock_system) - *took_ms;
	kill(mongod, SIGCONT);
	kill(slapd, SIGCONT);
	setting_set(h, "status.timeout_ms", "60000", NULL);
	return r;
}

static void
a_server_that_hangs_costs_no_more_than_the_limit(void **state)
{
	int64_t			 took_ms;
	AUTO_RUN struct run_result r = ask_while_they_hang(*state, "1000",
	    &took_ms);

	/* The exit status is ours, whatever the threads left behind do. */
	run_assert_exit(&r, 0);
	assert_true(took_ms < 5000);
	assert_line(&r, "replica_set", "unknown", "Replica set",
	    "unknown: no answer after 1 s");
	assert_line(&r, "administrators", "unknown", "Administrators",
	    "unknown: no answer after 1 s");
	assert_line(&r, "directory", "fail", "Directory", "did not answer");
}

static void
with_time_enough_the_server_that_hangs_is_named(void **state)
{
	int64_t			 took_ms;
	AUTO_RUN struct run_result r = ask_while_they_hang(*state, "60000",
	    &took_ms);

	run_assert_exit(&r, 0);
	assert_line(&r, "mongodb", "fail", "MongoDB", "cannot be reached");
	assert_line(&r, "replica_set", "unknown", "Replica set",
	    "cannot be reached");
	assert_line(&r, "directory", "fail", "Directory", "did not answer");
	assert_line(&r, "proxyinfo", "ok", "connected", "");
	assert_line(&r, "certificate", "ok", "days left", "");
}

static void
servers_that_are_gone_are_broken_by_name(void **state)
{
	struct house		*h = *state;
	AUTO_RUN struct run_result r = { 0 }, blind = { 0 };

	assert_int_equal(kill(lab_slapd_pid(&h->lab), SIGKILL), 0);
	blind = ask(h, lab_site(&h->lab), NULL);
	/* The two spellings of one mail are seen without the directory. */
	assert_line(&blind, "administrators", "warn", "Administrators: 7",
	    "with problems: 2; not looked up: 7, ");
	assert_string_equal(json_text(json_object_get(line_of(&blind,
	    "administrators"), "fix"), "verb"), "directory.test");
	assert_int_equal(kill(lab_mongod_pid(&h->lab, 0), SIGKILL), 0);
	assert_int_equal(kill(lab_api_pid(&h->lab), SIGKILL), 0);
	r = ask(h, lab_site(&h->lab), "--exit-code");
	run_assert_exit(&r, 2);
	assert_line(&r, "deployment", "ok", "", "");
	assert_line(&r, "mongodb", "fail", "MongoDB",
	    "refuses the connection");
	assert_line(&r, "replica_set", "unknown", "Replica set",
	    "refuses the connection");
	assert_line(&r, "administrators", "unknown", "Administrators",
	    "refuses the connection");
	assert_line(&r, "directory", "fail", "Directory", "refuses");
	assert_line(&r, "certificate", "unknown", "Certificate", "refuses");
	assert_line(&r, "proxyinfo", "fail", "Chat proxy", "cannot be asked");
	assert_line(&r, "clock", "unknown", "Clock",
	    "unknown: nothing to compare with");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_not_trusted_or_not_allowed_names_its_setting),
		cmocka_unit_test(every_line_of_a_site_that_is_well),
		cmocka_unit_test(the_exit_status_tells_it_only_when_asked),
		cmocka_unit_test(a_person_sees_a_table),
		cmocka_unit_test(without_a_deployment_status_still_answers),
		cmocka_unit_test(every_fix_can_be_typed),
		cmocka_unit_test(
		    a_server_that_hangs_costs_no_more_than_the_limit),
		cmocka_unit_test(
		    with_time_enough_the_server_that_hangs_is_named),
		cmocka_unit_test(servers_that_are_gone_are_broken_by_name),
	};

	return cmocka_run_group_tests_name("status", tests, set_up,
	    tear_down);
}
