/* What status makes of what its checks find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../src/services/doctor/doctor.h"
#include "stconsole/admins.h"
#include "stconsole/directory.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/setup.h"
#include "stconsole/upgrade.h"

/* ---- the round */

static sem_t	 go, gone, met[2];

static void
check_quick(const struct probe *p, struct finding *f)
{
	(void)p;
	finding_set(f, MARK_OK, "Quick, %d of %d", 1, 1);
}

/* Hangs until the test says go, whatever is asked of it. */
static void
check_stuck(const struct probe *p, struct finding *f)
{
	while (sem_wait(&go) != 0)
		;
	finding_set(f, MARK_OK, "Too late, %d", p->limit_ms);
	sem_post(&gone);
}

static void
check_clock_held(const struct probe *p, struct finding *f)
{
	struct mongo_lifecycle	life;
	struct err		e;

	if (!mongo_lifecycle("7.0.16", &life, &e))
		finding_err(f, MARK_FAIL, &e);
	else
		lifecycle_judge(&life, "7.0.16",
		    clock_wall_ms(p->ctx->clock) / 1000, f);
}

static void
meet(int me, struct finding *f)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	sem_post(&met[me]);
	if (sem_timedwait(&met[1 - me], &until) == 0)
		finding_set(f, MARK_OK, "met");
}

static void
check_meet_a(const struct probe *p, struct finding *f)
{
	(void)p;
	meet(0, f);
}

static void
check_meet_b(const struct probe *p, struct finding *f)
{
	(void)p;
	meet(1, f);
}

static void
check_patient(const struct probe *p, struct finding *f)
{
	if (!cancel_wait(p->ctx->cancel, 60000))
		finding_set(f, MARK_OK, "heard");
	sem_post(&gone);
}

static void
wait_gone(void)
{
	while (sem_wait(&gone) != 0)
		;
}

static void
examine(const struct ctx *ctx, const struct check *checks, size_t count,
    int limit_ms, struct line *out)
{
	struct ctx	copy = *ctx;
	struct err	e;

	if (!doctor_examine(&copy, "nowhere", checks, count, limit_ms, NULL,
	    NULL, out, &e))
		fail_msg("%s", e.msg);
}

static const struct ctx plain = { .clock = &clock_system };

static void
a_check_that_hangs_is_unknown_and_the_others_are_told(void **state)
{
	static const struct check checks[] = {
		{ .id = "stuck", .subject = "Stuck", .run = check_stuck },
		{ .id = "quick", .subject = "Quick", .run = check_quick },
	};
	struct line	out[2];
	int64_t		start_ms = clock_mono_ms(&clock_system);

	(void)state;
	examine(&plain, checks, 2, 300, out);
	assert_true(clock_mono_ms(&clock_system) - start_ms < 5000);
	assert_int_equal(out[0].finding.mark, MARK_UNKNOWN);
	assert_string_equal(out[0].finding.text, "Stuck");
	assert_string_equal(out[0].finding.reason, "no answer after 0.3 s");
	assert_int_equal(out[1].finding.mark, MARK_OK);
	assert_string_equal(out[1].finding.text, "Quick, 1 of 1");
	assert_true(out[1].age_ms >= 0 && out[1].age_ms <= 5000);
	sem_post(&go);
	wait_gone();
}

static void
checks_run_beside_each_other(void **state)
{
	static const struct check checks[] = {
		{ .id = "a", .subject = "A", .run = check_meet_a },
		{ .id = "b", .subject = "B", .run = check_meet_b },
	};
	struct line out[2];

	(void)state;
	examine(&plain, checks, 2, 8000, out);
	assert_string_equal(out[0].finding.text, "met");
	assert_string_equal(out[1].finding.text, "met");
}

static void
a_check_that_is_too_late_is_told_to_stop(void **state)
{
	static const struct check checks[] = {
		{ .id = "p", .subject = "Patient", .run = check_patient },
	};
	struct line out[1];

	(void)state;
	examine(&plain, checks, 1, 100, out);
	assert_int_equal(out[0].finding.mark, MARK_UNKNOWN);
	/* Ends long before its own minute, or this test hangs. */
	wait_gone();
}

static void
without_a_deployment_what_needs_one_is_unknown(void **state)
{
	static const struct check checks[] = {
		{ .id = "a", .subject = "A", .needs_site = true,
		  .run = check_quick },
		{ .id = "deployment", .subject = "Deployment",
		  .run = check_deployment },
		{ .id = "b", .subject = "B", .run = check_quick },
	};
	struct line out[3];

	(void)state;
	examine(&plain, checks, 3, 5000, out);
	assert_int_equal(out[0].finding.mark, MARK_UNKNOWN);
	assert_string_equal(out[0].finding.reason, "no deployment found");
	assert_int_equal(out[1].finding.mark, MARK_FAIL);
	assert_string_equal(out[1].finding.reason, "nowhere");
	assert_int_equal(out[2].finding.mark, MARK_OK);
}

static void
a_cancel_ends_the_waiting(void **state)
{
	static const struct check checks[] = {
		{ .id = "p", .subject = "Patient", .run = check_patient },
	};
	struct cancel	cancel;
	struct ctx	ctx = { .clock = &clock_system, .cancel = &cancel };
	struct line	out[1];
	struct err	e = { 0 };

	(void)state;
	assert_true(cancel_init(&cancel, &e));
	cancel_request(&cancel, CANCEL_ASKED);
	assert_false(doctor_examine(&ctx, "", checks, 1, 60000, NULL,
	    NULL, out, &e));
	assert_int_equal(e.domain, ERR_CANCELLED);
	wait_gone();
	cancel_fini(&cancel);
}

/* ---- exit status */

static int
exit_of(const char *marks)
{
	struct line	lines[8] = { { .age_ms = 0 } };
	size_t		i;

	for (i = 0; marks[i] != '\0'; i++) {
		lines[i].finding.mark = strchr("u-", marks[i]) != NULL ?
		    MARK_UNKNOWN : marks[i] == 'f' ? MARK_FAIL :
		    marks[i] == 'w' ? MARK_WARN : MARK_OK;
		lines[i].finding.is_idle = marks[i] == '-';
	}
	return doctor_exit_code(lines, i);
}

static void
broken_goes_before_look_before_unknown(void **state)
{
	(void)state;
	assert_int_equal(exit_of("ooo"), 0);
	assert_int_equal(exit_of("owo"), 1);
	assert_int_equal(exit_of("uwo"), 1);
	assert_int_equal(exit_of("wuf"), 2);
	assert_int_equal(exit_of("fo"), 2);
	assert_int_equal(exit_of("ouo"), 3);
	/* Containers of a site that has none. */
	assert_int_equal(exit_of("o-o"), 0);
	assert_int_equal(exit_of("o-w"), 1);
}

/* ---- support dates */

#define DAY(y, m, d)	day_s(y, m, d)

static int64_t
day_s(int y, int m, int d)
{
	struct tm tm = { .tm_year = y - 1900, .tm_mon = m - 1,
		.tm_mday = d, .tm_hour = 12 };

	return (int64_t)timegm(&tm);
}

static struct finding
support_on(const char *version, int64_t now_s)
{
	struct finding		f = { .mark = MARK_UNKNOWN };
	struct mongo_lifecycle	life;
	struct err		e;

	if (!mongo_lifecycle(version, &life, &e))
		fail_msg("%s", e.msg);
	lifecycle_judge(&life, version, now_s, &f);
	return f;
}

static void
support_that_ended_or_ends_soon_is_a_look(void **state)
{
	struct finding f;

	(void)state;
	f = support_on("6.0.27", DAY(2026, 9, 1));
	assert_int_equal(f.mark, MARK_WARN);
	assert_string_equal(f.text,
	    "MongoDB 6.0.27, support ended 2025-07-31");
	/* The last day still counts. */
	f = support_on("8.2.1", DAY(2026, 7, 31));
	assert_int_equal(f.mark, MARK_WARN);
	assert_string_equal(f.text,
	    "MongoDB 8.2.1, supported until 2026-07-31");
	f = support_on("8.2.1", DAY(2026, 8, 1));
	assert_string_equal(f.text,
	    "MongoDB 8.2.1, support ended 2026-07-31");
	f = support_on("7.0.16", DAY(2026, 9, 1));
	assert_int_equal(f.mark, MARK_OK);
	assert_string_equal(f.reason, "");
}

static void
support_is_a_look_from_180_days_before_its_end(void **state)
{
	static const char table[] = "as_of: 2027-02-01\nversions:\n"
	    "  \"7.0\":\n    end_of_support: 2027-08-31\n";
	struct mongo_lifecycle	life;
	struct finding		f = { .mark = MARK_UNKNOWN };
	struct err		e;

	(void)state;
	assert_true(mongo_lifecycle_read(table, strlen(table), "7.0.16", &life,
	    &e));
	lifecycle_judge(&life, "7.0.16", DAY(2027, 3, 3), &f);
	assert_int_equal(f.mark, MARK_OK);
	lifecycle_judge(&life, "7.0.16", DAY(2027, 3, 4), &f);
	assert_int_equal(f.mark, MARK_WARN);
	assert_string_equal(f.reason,
	    "support ends in 180 days: plan an upgrade");
}

static void
a_table_older_than_90_days_says_so(void **state)
{
	struct finding f;

	(void)state;
	assert_int_equal(support_on("7.0.16", DAY(2026, 11, 20)).mark,
	    MARK_OK);
	f = support_on("7.0.16", DAY(2026, 11, 21));
	assert_int_equal(f.mark, MARK_WARN);
	assert_non_null(strstr(f.reason, "2026-08-22, 91 days old"));
	assert_non_null(strstr(f.reason, MONGO_LIFECYCLE_FILE));
}

static void
a_version_without_a_known_end_is_unknown(void **state)
{
	struct finding f;

	(void)state;
	f = support_on("9.0.1", DAY(2026, 9, 1));
	assert_int_equal(f.mark, MARK_UNKNOWN);
	assert_string_equal(f.text, "MongoDB 9.0.1");
	assert_int_equal(support_on("10.2.0", DAY(2026, 9, 1)).mark,
	    MARK_UNKNOWN);
	assert_int_equal(support_on("rubbish", DAY(2026, 9, 1)).mark,
	    MARK_UNKNOWN);
}

static void
a_bad_table_is_refused_by_name(void **state)
{
	static const char *const bad[] = {
		"versions: {}\n", "as_of: yesterday\n", "as_of: [",
		"as_of: 2026-08-22\nversions: {\"7.0\": "
		"{end_of_support: 2027-31-08}}\n"
	};
	struct mongo_lifecycle	life;
	struct err		e;
	size_t			i;

	(void)state;
	for (i = 0; i < LENGTH(bad); i++) {
		memset(&e, 0, sizeof(e));
		assert_false(mongo_lifecycle_read(bad[i], strlen(bad[i]),
		    "7.0.1", &life, &e));
		assert_int_equal(e.domain, ERR_YAML);
	}
}

static void
a_round_gives_its_clock_to_the_checks(void **state)
{
	static const struct check checks[] = {
		{ .id = "c", .subject = "C", .run = check_clock_held },
	};
	struct clock	held = clock_system;
	struct ctx	ctx = { .clock = &held };
	struct line	out[1];

	(void)state;
	held.offset_ms = DAY(2028, 1, 1) * 1000 -
	    clock_wall_ms(&clock_system);
	examine(&ctx, checks, 1, 5000, out);
	assert_string_equal(out[0].finding.text,
	    "MongoDB 7.0.16, support ended 2027-08-31");
}

/* ---- jobs */

static struct finding
jobs_found(const char *jobs)
{
	AUTO_JSON json_t	*list = json_loads(jobs, 0, NULL);
	struct finding		 f = { 0 };

	assert_non_null(list);
	jobs_judge(list, &f);
	return f;
}

static void
a_job_that_waits_for_somebody_needs_a_look(void **state)
{
	struct finding f;

	(void)state;
	f = jobs_found("[]");
	assert_int_equal(f.mark, MARK_OK);
	f = jobs_found("[{\"id\":\"1\",\"verb\":\"admin.add\","
	    "\"state\":\"running\"}]");
	assert_int_equal(f.mark, MARK_OK);
	assert_non_null(strstr(f.text, "running: 1"));
	f = jobs_found("[{\"id\":\"1\",\"verb\":\"a.b\",\"state\":"
	    "\"done\"},{\"id\":\"2\",\"verb\":\"admin.add\",\"state\":"
	    "\"interrupted\"},{\"id\":\"3\",\"verb\":\"c.d\","
	    "\"state\":\"held\"}]");
	assert_int_equal(f.mark, MARK_WARN);
	assert_non_null(strstr(f.text, ": 2"));
	assert_non_null(strstr(f.reason, "admin.add is interrupted"));
	assert_non_null(strstr(f.reason, "job resume 2"));
}

/* ---- certificate, disk, clock */

static enum mark
certificate_in(int64_t seconds)
{
	struct finding f = { .mark = MARK_UNKNOWN };

	certificate_judge("chat.corp.test", DAY(2026, 9, 1) + seconds,
	    DAY(2026, 9, 1), &f);
	assert_non_null(strstr(f.text, "chat.corp.test"));
	assert_true((f.reason[0] == '\0') == (f.mark == MARK_OK));
	return f.mark;
}

static void
a_certificate_is_looked_at_30_days_before_and_broken_7(void **state)
{
	(void)state;
	assert_int_equal(certificate_in(30 * DAY_S), MARK_OK);
	assert_int_equal(certificate_in(30 * DAY_S - 1), MARK_WARN);
	assert_int_equal(certificate_in(7 * DAY_S), MARK_WARN);
	assert_int_equal(certificate_in(7 * DAY_S - 1), MARK_FAIL);
	assert_int_equal(certificate_in(-1), MARK_FAIL);
}

static void
a_disk_is_looked_at_above_85_percent_and_broken_above_95(void **state)
{
	static const struct {
		unsigned	percent;
		enum mark	mark;
	} rows[] = {
		{ 0, MARK_OK }, { 85, MARK_OK }, { 86, MARK_WARN },
		{ 95, MARK_WARN }, { 96, MARK_FAIL }, { 100, MARK_FAIL }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		struct finding f = { .mark = MARK_UNKNOWN };

		disk_judge("/opt/sametime", rows[i].percent, &f);
		assert_int_equal(f.mark, rows[i].mark);
	}
}

static struct finding
clocks(const struct clock_sample *samples, size_t count)
{
	struct finding f = { .mark = MARK_UNKNOWN, .text = "Clock" };

	clock_judge(samples, count, &f);
	return f;
}

static void
a_clock_is_looked_at_when_it_is_off_for_sure(void **state)
{
	const struct clock_sample fine = { "MongoDB", -900, 2 };
	const struct clock_sample coarse = { "the public URL", 1400, 500 };
	const struct clock_sample off[] = {
		{ "MongoDB", -3600500, 20 }, { "the public URL", 200, 520 }
	};
	struct finding f;

	(void)state;
	assert_int_equal(clocks(NULL, 0).mark, MARK_UNKNOWN);
	assert_int_equal(clocks(&fine, 1).mark, MARK_OK);
	assert_int_equal(clocks(&coarse, 1).mark, MARK_OK);
	f = clocks(off, 2);
	assert_int_equal(f.mark, MARK_WARN);
	assert_string_equal(f.text,
	    "Clock, at least 3600.5 s ahead of that of MongoDB");
}

static void
dates_of_servers_are_read_or_refused(void **state)
{
	(void)state;
	assert_int_equal(http_date_ms("Tue, 24 Nov 2026 22:17:02 GMT"),
	    INT64_C(1795558622000));
	assert_int_equal(http_date_ms("24 Nov 2026"), -1);
	assert_int_equal(http_date_ms(""), -1);
	assert_int_equal(iso_date_ms("2026-11-24T22:17:02.25Z"),
	    INT64_C(1795558622250));
	assert_int_equal(iso_date_ms("2026-11-24T22:17:02Z"),
	    INT64_C(1795558622000));
	assert_int_equal(iso_date_ms("2026-11-24"), -1);
	assert_int_equal(iso_date_ms("2026-11-24T22:17:02.123+01:00"), -1);
}

/* ---- the public URL */

static void
the_public_url_gives_host_and_port(void **state)
{
	static const struct {
		const char	*url, *host;
		int		 port;
		bool		 is_https;
	} rows[] = {
		{ "https://chat.corp.test", "chat.corp.test", 443, true },
		{ "https://chat.corp.test/", "chat.corp.test", 443, true },
		{ "HTTPS://chat.corp.test:8443/x?y:1", "chat.corp.test",
		  8443, true },
		{ "http://chat", "chat", 80, false },
		{ "https://[2001:db8::1]:444", "2001:db8::1", 444, true },
		{ "https://[::1]", "::1", 443, true },
	};
	static const char *const bad[] = {
		"", "chat.corp.test", "ftp://chat", "https://", "https:///x",
		"https://a:0", "https://a:65536", "https://a:b", "https://[::1",
		"https://user:pw@chat"
	};
	struct public_url	u;
	size_t			i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		assert_true(public_url_parse(rows[i].url, &u));
		assert_string_equal(u.host, rows[i].host);
		assert_int_equal(u.port, rows[i].port);
		assert_int_equal(u.is_https, rows[i].is_https);
	}
	for (i = 0; i < LENGTH(bad); i++)
		if (public_url_parse(bad[i], &u))
			fail_msg("\"%s\" was taken", bad[i]);
}

/* ---- words */

static void
what_servers_say_cannot_steer_the_terminal(void **state)
{
	struct finding	f = { .mark = MARK_UNKNOWN };
	struct err	e;
	int		i;

	(void)state;
	err_set(&e, ERR_LDAP, 0, "bad \033[31m name");
	err_hint(&e, "Do this");
	finding_err(&f, MARK_FAIL, &e);
	assert_string_equal(f.reason, "bad ?[31m name. Do this");
	for (i = 0; i < 200; i++)
		finding_why(&f, "again and \xc3\xa4gain");
	assert_true(strlen(f.reason) < sizeof(f.reason));
	finding_set(&f, MARK_OK, "%0500d", 1);
	assert_true(strlen(f.text) < sizeof(f.text));
}

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &site_service,
	&site_daily_service, &snapshot_service, &directory_service,
	&mongo_service, &mongo_status_service, &admins_service,
	&doctor_service, &setup_service
};

static void
every_line_names_a_verb_that_exists(void **state)
{
	const struct registry	registry = { services, LENGTH(services) };
	size_t			i;

	(void)state;
	assert_non_null(registry_verb(&registry, "status"));
	for (i = 0; i < doctor_check_count; i++)
		if (registry_verb(&registry, doctor_checks[i].verb) == NULL)
			fail_msg("%s names %s", doctor_checks[i].id,
			    doctor_checks[i].verb);
	for (i = FIX_TABLE + 1; i < FIX_COUNT; i++)
		if (registry_verb(&registry, fix_verb(i)) == NULL)
			fail_msg("no verb %s", fix_verb(i));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_check_that_hangs_is_unknown_and_the_others_are_told),
		cmocka_unit_test(a_job_that_waits_for_somebody_needs_a_look),
		cmocka_unit_test(checks_run_beside_each_other),
		cmocka_unit_test(a_check_that_is_too_late_is_told_to_stop),
		cmocka_unit_test(
		    without_a_deployment_what_needs_one_is_unknown),
		cmocka_unit_test(a_cancel_ends_the_waiting),
		cmocka_unit_test(broken_goes_before_look_before_unknown),
		cmocka_unit_test(support_that_ended_or_ends_soon_is_a_look),
		cmocka_unit_test(
		    support_is_a_look_from_180_days_before_its_end),
		cmocka_unit_test(a_table_older_than_90_days_says_so),
		cmocka_unit_test(a_version_without_a_known_end_is_unknown),
		cmocka_unit_test(a_bad_table_is_refused_by_name),
		cmocka_unit_test(a_round_gives_its_clock_to_the_checks),
		cmocka_unit_test(
		    a_certificate_is_looked_at_30_days_before_and_broken_7),
		cmocka_unit_test(
		    a_disk_is_looked_at_above_85_percent_and_broken_above_95),
		cmocka_unit_test(a_clock_is_looked_at_when_it_is_off_for_sure),
		cmocka_unit_test(dates_of_servers_are_read_or_refused),
		cmocka_unit_test(the_public_url_gives_host_and_port),
		cmocka_unit_test(what_servers_say_cannot_steer_the_terminal),
		cmocka_unit_test(every_line_names_a_verb_that_exists),
	};

	sem_init(&go, 0, 0);
	sem_init(&gone, 0, 0);
	sem_init(&met[0], 0, 0);
	sem_init(&met[1], 0, 0);
	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
