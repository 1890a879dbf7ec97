/* What stands in the way of an upgrade: both sides of each rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/services/upgrade/check.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

/* A member with nothing to say against it. */
#define MEMBER(name, state, version, major, fcv)			\
	"{\"name\":\"" name "\",\"state\":\"" state "\",\"healthy\":true," \
	"\"votes\":1,\"priority\":1,\"version\":\"" version "\","	\
	"\"major\":\"" major "\",\"edition\":\"community\","		\
	"\"storage_engine\":\"wiredTiger\",\"fcv\":\"" fcv "\","	\
	"\"lag_s\":0,\"clock_offset_ms\":3,"				\
	"\"oplog\":{\"hours\":50,\"size_bytes\":1000,"			\
	"\"used_bytes\":999},"						\
	"\"disk\":{\"path\":\"/d\",\"free_bytes\":50,"			\
	"\"total_bytes\":100},"						\
	"\"connections\":{\"current\":1,\"drivers\":[]},"		\
	"\"options\":{\"replication\":{\"replSetName\":\"rs0\"}},"	\
	"\"host\":{\"os\":\"Debian GNU/Linux 12\",\"os_version\":\"12\"," \
	"\"kernel\":\"6.1.0\",\"arch\":\"x86_64\","			\
	"\"cpu_features\":\"sse4_2 avx avx2\"},"			\
	"\"ops\":{\"index_builds\":0,\"initial_sync\":false,"		\
	"\"fcv_change\":false,\"oldest_transaction_s\":0},"		\
	"\"run\":{\"by\":\"unknown\",\"local\":false},\"unknown\":{}}"

#define SET(version, major, fcv)					\
	"{\"kind\":\"replica_set\",\"set\":\"rs0\",\"primary\":\"a:1\"," \
	"\"members\":["							\
	MEMBER("a:1", "PRIMARY", version, major, fcv) ","		\
	MEMBER("b:1", "SECONDARY", version, major, fcv) ","		\
	MEMBER("c:1", "SECONDARY", version, major, fcv)			\
	"],\"unknown\":{}}"

#define NEW_44	SET("4.4.30", "4.4", "4.4")
#define NEW_50	SET("5.0.32", "5.0", "5.0")
#define NEW_70	SET("7.0.28", "7.0", "7.0")

struct world {
	struct ctx	 ctx;
	char		 dir[64];
	struct identity	 who;
	struct secret	*url;
};

static int
world_begin(void **state)
{
	static const char url[] = "mongodb://127.0.0.1:1/";
	struct world	*w = calloc(1, sizeof(*w));
	struct err	 e;

	snprintf(w->dir, sizeof(w->dir), "/tmp/stconsole-check-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->who.role = ROLE_ADMIN;
	w->ctx = (struct ctx){ .clock = &clock_system, .who = &w->who,
		.site_wanted = "/nowhere/at/all" };
	w->ctx.store = store_open(w->dir, &e);
	w->url = secret_new(url, strlen(url), &e);
	assert_non_null(w->ctx.store);
	assert_non_null(w->url);
	*state = w;
	return 0;
}

static int
world_end(void **state)
{
	struct world	*w = *state;
	struct err	 e;

	store_close(w->ctx.store);
	secret_free(w->url);
	file_remove_tree(w->dir, &e);
	free(w);
	return 0;
}

static json_t *
parse(const char *text)
{
	struct err	 e;
	json_t		*j = json_parse(text, strlen(text), &e);

	if (j == NULL)
		fail_msg("%s", e.msg);
	return j;
}

/* A set with a member's field replaced; value NULL: taken away. */
static json_t *
set_with(const char *set, size_t member, const char *field,
    const char *value)
{
	json_t	*j = parse(set);
	json_t	*m = json_array_get(json_object_get(j, "members"), member);

	if (value == NULL)
		json_object_del(m, field);
	else
		json_object_set_new(m, field, json_loads(value,
		    JSON_DECODE_ANY, NULL));
	return j;
}

static json_t *
report_of(struct world *w, const json_t *set,
    const struct check_wish *wish)
{
	json_t		*report = NULL;
	struct err	 e;

	if (!upgrade_check(&w->ctx, w->url, set, wish, &report, &e))
		fail_msg("%s", e.msg);
	return report;
}

static int
rank(const char *verdict)
{
	return str_equal(verdict, "block") ? 3 :
	    str_equal(verdict, "warn") ? 2 :
	    str_equal(verdict, "unknown") ? 1 : 0;
}

/* The gravest line of a check that holds the words; NULL: none. */
static const json_t *
line_of(const json_t *report, const char *id, const char *words)
{
	const json_t	*one, *worst = NULL;
	size_t		 i;

	json_array_foreach (json_object_get(report, "checks"), i, one) {
		if (!str_equal(json_text(one, "id"), id) ||
		    strstr(json_text(one, "fact"), words) == NULL)
			continue;
		if (worst == NULL || rank(json_text(one, "verdict")) >
		    rank(json_text(worst, "verdict")))
			worst = one;
	}
	return worst;
}

/* One rule: what is changed in the second member, and what is found. */
struct rule_case {
	const char	*set, *to;
	const char	*field, *value;
	const char	*id, *words;
	const char	*verdict;	/* NULL: no such line */
};

static void
rule_hold(struct world *w, const struct rule_case *c)
{
	const struct check_wish wish = { .to = c->to,
		.without_backup = "a test" };
	AUTO_JSON json_t *set = c->field != NULL ? set_with(c->set, 1,
	    c->field, c->value) : parse(c->set);
	AUTO_JSON json_t *report = report_of(w, set, &wish);
	const json_t	*line = line_of(report, c->id, c->words);
	const char	*verdict = line != NULL ? json_str(line, "verdict") :
	    NULL;

	if (!str_equal(verdict, c->verdict))
		fail_msg("%s to %s, %s=%s: %s \"%s\" is %s, not %s",
		    json_text(report, "from"), c->to, c->field, c->value,
		    c->id, c->words, verdict, c->verdict);
}

static void
rules_hold(struct world *w, const struct rule_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rule_hold(w, &cases[i]);
}

static void
the_set_is_of_one_version_and_whole(void **state)
{
	static const struct rule_case cases[] = {
		{ NEW_44, "5.0", NULL, NULL, "C1", "All members", "ok" },
		{ NEW_44, "5.0", "version", "\"4.4.31\"", "C1", "patch",
		  "warn" },
		{ NEW_44, "5.0", "version", "\"4.4.29\"", "C1",
		  "CVE-2025-14847", "warn" },
		{ NEW_44, "5.0", NULL, NULL, "C1", "CVE", NULL },
		{ NEW_44, "5.0", "major", "\"5.0\"", "C1", "majors",
		  "block" },
		{ NEW_44, "5.0", NULL, NULL, "C2", "", "ok" },
		{ NEW_44, "5.0", "fcv", "\"4.2\"", "C2", "is 4.4, not 4.2",
		  "block" },
		{ NEW_44, "5.0", "fcv", NULL, "C2", "not known", "unknown" },
		{ NEW_44, "5.0", "fcv_target", "\"4.4\"", "C2", "lowering",
		  "block" },
		{ NEW_44, "5.0", NULL, NULL, "C3", "", "ok" },
		{ NEW_44, "5.0", "state", "\"DOWN\"", "C3", "DOWN",
		  "block" },
		{ NEW_44, "5.0", "healthy", "false", "C3", "reach",
		  "block" },
		{ NEW_44, "5.0", "state", "\"PRIMARY\"", "C3", "2 primaries",
		  "block" },
		{ NEW_44, "5.0", "lag_s", "11", "C3", "11 s behind",
		  "warn" },
		{ NEW_44, "5.0", "lag_s", "10", "C3", "behind", NULL },
		{ NEW_44, "5.0", NULL, NULL, "C4", "", "ok" },
		{ NEW_44, "5.0", "votes", "0", "C4", "none may be lost",
		  "warn" },
		{ NEW_44, "5.0", "votes", "2", "C4", "even", "warn" },
		{ NEW_44, "5.0", "name", "\"10.0.0.1:27017\"", "C4",
		  "address", "warn" },
		{ NEW_44, "5.0", "delay_s", "60", "C4", "delayed", "warn" },
		{ NEW_44, "5.0", "hidden", "true", "C4", "hidden", "warn" },
		{ NEW_44, "5.0", "priority", "0", "C4", "priority 0",
		  "warn" },
		{ NEW_44, "5.0", "clock_offset_ms", "-1500", "C16", "off",
		  "warn" },
		{ NEW_44, "5.0", NULL, NULL, "C16", "off", NULL },
	};

	rules_hold(*state, cases, LENGTH(cases));
}

static void
an_fcv_behind_its_binary_is_raised_first(void **state)
{
	static const struct rule_case cases[] = {
		{ SET("4.4.30", "4.4", "4.2"), "5.0", NULL, NULL, "C2",
		  "the hop before was not finished", "warn" },
	};
	const struct check_wish wish = { .to = "5.0",
		.without_backup = "a test" };
	AUTO_JSON json_t *set = parse(cases[0].set), *report = NULL;

	rules_hold(*state, cases, LENGTH(cases));
	report = report_of(*state, set, &wish);
	assert_string_equal(json_text(report, "from"), "4.2");
	assert_int_equal(json_array_size(json_object_get(report, "chain")),
	    2);
}

static void
servers_that_are_busy_full_or_expired_are_told(void **state)
{
	static const struct rule_case cases[] = {
		{ NEW_44, "5.0", NULL, NULL, "C5", "", "ok" },
		{ NEW_44, "5.0", "oplog", "{\"hours\":0.2,\"size_bytes\":"
		  "1000,\"used_bytes\":999}", "C5", "", "block" },
		{ NEW_44, "5.0", "oplog", "{\"hours\":20,\"size_bytes\":"
		  "1000,\"used_bytes\":999}", "C5", "", "warn" },
		{ NEW_44, "5.0", "oplog", "{\"hours\":0.1,\"size_bytes\":"
		  "1000,\"used_bytes\":9}", "C5", "", "ok" },
		{ NEW_44, "5.0", "oplog", "null", "C5", "", "unknown" },
		{ NEW_44, "5.0", NULL, NULL, "C6", "", "ok" },
		{ NEW_44, "5.0", "ops", "{\"initial_sync\":true}", "C6", "",
		  "block" },
		{ NEW_44, "5.0", "ops", "{\"index_builds\":1}", "C6", "",
		  "block" },
		{ NEW_44, "5.0", "ops", "{\"fcv_change\":true}", "C6", "",
		  "block" },
		{ NEW_44, "5.0", "ops", "{\"oldest_transaction_s\":61}", "C6",
		  "", "warn" },
		{ NEW_44, "5.0", "storage_engine", "\"inMemory\"", "C11", "",
		  "block" },
		{ NEW_44, "5.0", "disk", "{\"path\":\"/d\",\"free_bytes\":9,"
		  "\"total_bytes\":100}", "C12", "9 %", "warn" },
		{ NEW_44, "5.0", "disk", "null", "C12", "", "block" },
		{ NEW_44, "5.0", "tls", "{\"not_after\":\"2026-01-01\","
		  "\"days_left\":-3}", "C15", "", "block" },
		{ NEW_44, "5.0", "tls", "{\"not_after\":\"2026-12-20\","
		  "\"days_left\":20}", "C15", "", "warn" },
		{ NEW_44, "5.0", "tls", "{\"not_after\":\"2027-12-20\","
		  "\"days_left\":200}", "C15", "", "ok" },
	};

	rules_hold(*state, cases, LENGTH(cases));
}

static void
options_that_stop_the_new_binary_are_found(void **state)
{
	static const struct rule_case cases[] = {
		{ NEW_44, "5.0", NULL, NULL, "C7", "", "ok" },
		{ NEW_44, "5.0", "options", "null", "C7", "", "block" },
		{ NEW_44, "5.0", "options", "{\"replication\":{"
		  "\"enableMajorityReadConcern\":false}}", "C7",
		  "exit code 0", "block" },
		{ NEW_44, "5.0", "options", "{\"replication\":{"
		  "\"enableMajorityReadConcern\":true}}", "C7", "", "ok" },
		{ NEW_44, "5.0", "options", "{\"security\":{"
		  "\"authorization\":\"enabled\"},\"replication\":{"
		  "\"replSetName\":\"rs0\"}}", "C7", "keyFile", "block" },
		{ NEW_44, "5.0", "options", "{\"security\":{"
		  "\"authorization\":\"enabled\",\"keyFile\":\"/k\"},"
		  "\"replication\":{\"replSetName\":\"rs0\"}}", "C7", "",
		  "ok" },
		{ NEW_44, "5.0", "options", "{\"storage\":{\"engine\":"
		  "\"mmapv1\"}}", "C7", "mmapv1", "block" },
		/* Nobody is there to take it out: the member is elsewhere. */
		{ NEW_44, "5.0", "options", "{\"net\":{\"serviceExecutor\":"
		  "\"adaptive\"}}", "C7", "net.serviceExecutor", "block" },
		{ NEW_50, "6.0", "options", "{\"cloud\":{\"monitoring\":{"
		  "\"free\":{\"state\":\"off\"}}}}", "C7",
		  "cloud.monitoring.free.state", "block" },
		{ NEW_44, "5.0", "options", "{\"cloud\":{\"monitoring\":{"
		  "\"free\":{\"state\":\"off\"}}}}", "C7", "", "ok" },
		{ NEW_50, "6.0", "options", "{\"storage\":{\"journal\":{"
		  "\"enabled\":true}}}", "C7", "", "ok" },
		{ NEW_50, "7.0", "options", "{\"storage\":{\"journal\":{"
		  "\"enabled\":true}}}", "C7", "storage.journal.enabled",
		  "block" },
		{ NEW_70, "8.0", "options", "{\"setParameter\":{"
		  "\"storeFindAndModifyImagesInSideCollection\":true}}", "C7",
		  "storeFindAndModify", "block" },
	};

	rules_hold(*state, cases, LENGTH(cases));
}

#define HOST(os, kernel, arch, cpu)					\
	"{\"os\":\"" os "\",\"os_version\":\"\",\"kernel\":\"" kernel	\
	"\",\"arch\":\"" arch "\",\"cpu_features\":" cpu "}"

static void
a_machine_that_cannot_run_it_is_found(void **state)
{
	static const struct rule_case cases[] = {
		{ NEW_44, "5.0", NULL, NULL, "C8", "has AVX", "ok" },
		{ NEW_44, "5.0", "host", HOST("Debian 12", "6.1", "x86_64",
		  "\"sse4_2\""), "C8", "no AVX", "block" },
		{ NEW_44, "5.0", "host", HOST("Debian 12", "6.1", "x86_64",
		  "null"), "C8", "not known", "block" },
		{ NEW_44, "5.0", "host", HOST("Debian 12", "6.1", "aarch64",
		  "null"), "C8", "ARMv8.2", "warn" },
		{ NEW_50, "6.0", "host", HOST("Debian 12", "6.1", "x86_64",
		  "null"), "C8", "", NULL },
		{ NEW_70, "8.0", "host", HOST("Debian GNU/Linux 11 "
		  "(bullseye)", "5.10", "x86_64", "\"avx\""), "C8",
		  "no build", "block" },
		{ NEW_70, "8.0", NULL, NULL, "C8", "no build", NULL },
		{ NEW_70, "8.0", "host", HOST("CentOS Linux 7", "3.10",
		  "x86_64", "\"avx\""), "C8", "no build", "block" },
		{ SET("6.0.27", "6.0", "6.0"), "7.0", "host", HOST("Ubuntu "
		  "24.04", "6.8", "x86_64", "\"avx\""), "C8", "no build",
		  "warn" },
		{ NEW_70, "8.0", "host", HOST("Debian 12", "6.18.9",
		  "x86_64", "\"avx\""), "C8", "SERVER-121912", NULL },
		{ NEW_70, "8.0", "host", HOST("Debian 12", "6.19.0",
		  "x86_64", "\"avx\""), "C8", "SERVER-121912", "block" },
		{ NEW_70, "8.0", "host", HOST("Debian 12", "7.0.13-2",
		  "x86_64", "\"avx\""), "C8", "SERVER-121912", "block" },
		{ NEW_70, "8.0", "host", HOST("Debian 12", "7.0.14",
		  "x86_64", "\"avx\""), "C8", "SERVER-121912", NULL },
		{ NEW_70, "8.0", NULL, NULL, "C8", "huge pages", "unknown" },
		{ NEW_44, "5.0", "run", "{\"by\":\"docker\",\"local\":true,"
		  "\"image\":\"mongo:latest\"}", "C17", "fixed tag",
		  "block" },
		{ NEW_44, "5.0", "run", "{\"by\":\"docker\",\"local\":true,"
		  "\"image\":\"reg:5000/mongo:4.4.30\"}", "C17", "fixed tag",
		  NULL },
	};

	rules_hold(*state, cases, LENGTH(cases));
}

#define DRIVER(name, version)						\
	"{\"current\":1,\"drivers\":[{\"name\":\"" name "\","		\
	"\"version\":\"" version "\",\"app\":\"catalog\",\"count\":1}]}"

static void
drivers_below_the_table_are_told(void **state)
{
	static const struct rule_case cases[] = {
		{ NEW_44, "5.0", "connections", DRIVER("mongo-java-driver|"
		  "sync", "4.2.3"), "C9", "catalog uses", "warn" },
		{ NEW_44, "5.0", "connections", DRIVER("mongo-java-driver|"
		  "sync", "4.3.0"), "C9", "catalog uses", NULL },
		{ NEW_44, "5.0", "connections", "null", "C9", "", "unknown" },
	};

	rules_hold(*state, cases, LENGTH(cases));
}

static void
an_arbiter_keeps_the_default_write_concern(void **state)
{
	static const struct check_wish wish = { .to = "5.0",
		.without_backup = "a test" };
	AUTO_JSON json_t *set = set_with(NEW_44, 2, "state", "\"ARBITER\"");
	AUTO_JSON json_t *report = report_of(*state, set, &wish);
	AUTO_JSON json_t *explicit = NULL;

	assert_non_null(line_of(report, "C10", "stays w:1"));
	/* What an arbiter says of the FCV means nothing. */
	json_object_set_new(json_array_get(json_object_get(set, "members"),
	    2), "fcv", json_string("5.0"));
	json_object_set_new(set, "default_write_concern",
	    json_pack("{s:s}", "w", "majority"));
	explicit = report_of(*state, set, &wish);
	assert_null(line_of(explicit, "C10", "stays w:1"));
	assert_string_equal(json_text(line_of(explicit, "C10", ""),
	    "verdict"), "ok");
	assert_string_equal(json_text(line_of(explicit, "C2", ""),
	    "verdict"), "ok");
}

static void
what_cannot_be_read_blocks_until_it_is_assumed(void **state)
{
	AUTO_JSON json_t *assume = json_pack("[s]", "C12");
	AUTO_JSON json_t *wrong = json_pack("[s]", "C2");
	AUTO_JSON json_t *set = set_with(NEW_44, 1, "disk", "null");
	struct check_wish wish = { .to = "5.0", .without_backup = "a test" };
	AUTO_JSON json_t *blocked = report_of(*state, set, &wish);
	AUTO_JSON json_t *passed = NULL;
	struct world	*w = *state;
	json_t		*none = NULL;
	struct err	 e;

	assert_string_equal(json_text(blocked, "verdict"), "block");
	assert_false(check_report_passes(blocked, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	wish.assume_ok = assume;
	passed = report_of(w, set, &wish);
	assert_true(json_flag(line_of(passed, "C12", "not known"),
	    "assumed"));
	assert_string_equal(json_text(line_of(passed, "C12", "not known"),
	    "verdict"), "warn");
	wish.assume_ok = wrong;
	assert_false(upgrade_check(&w->ctx, w->url, set, &wish, &none, &e));
	assert_int_equal(e.domain, ERR_USAGE);
}

static void
a_sharded_cluster_is_refused(void **state)
{
	struct world	*w = *state;
	const struct check_wish wish = { .to = "5.0" };
	AUTO_JSON json_t *set = parse(NEW_44);
	json_t		*none = NULL;
	struct err	 e;

	json_object_set_new(set, "kind", json_string("sharded"));
	assert_false(upgrade_check(&w->ctx, w->url, set, &wish, &none, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_non_null(strstr(e.hint, "manual"));
}

static void
eight_needs_a_word_of_hcl_and_no_backup_blocks(void **state)
{
	struct check_wish wish = { .to = "8.0" };
	AUTO_JSON json_t *set = parse(NEW_70);
	AUTO_JSON json_t *bare = report_of(*state, set, &wish);
	AUTO_JSON json_t *said = NULL;

	assert_string_equal(json_text(line_of(bare, "S1", ""), "verdict"),
	    "block");
	assert_string_equal(json_text(line_of(bare, "C13", ""), "verdict"),
	    "block");
	wish.hcl_statement = "KB1";
	wish.without_backup = "a test";
	said = report_of(*state, set, &wish);
	assert_string_equal(json_text(line_of(said, "S1", "KB1"),
	    "verdict"), "warn");
	assert_string_equal(json_text(line_of(said, "C13", "a test"),
	    "verdict"), "warn");
}

static void
a_lone_server_is_told_that_it_is_not_rolling(void **state)
{
	static const struct check_wish wish = { .to = "5.0",
		.without_backup = "a test" };
	AUTO_JSON json_t *set = parse(NEW_44), *report = NULL;
	json_t		*members = json_object_get(set, "members");

	json_array_remove(members, 2);
	json_array_remove(members, 1);
	json_object_set_new(set, "kind", json_string("standalone"));
	json_object_set_new(json_array_get(members, 0), "state",
	    json_string("STANDALONE"));
	report = report_of(*state, set, &wish);
	assert_non_null(line_of(report, "C4", "not rolling"));
	assert_string_equal(json_text(line_of(report, "C4", ""), "fix_verb"),
	    "mongo prepare");
}

static void
a_target_out_of_support_is_told(void **state)
{
	static const struct rule_case cases[] = {
		{ NEW_50, "6.0", NULL, NULL, "L1", "ended on 2025-07-31",
		  "warn" },
	};

	rules_hold(*state, cases, LENGTH(cases));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_set_is_of_one_version_and_whole),
		cmocka_unit_test(an_fcv_behind_its_binary_is_raised_first),
		cmocka_unit_test(
		    servers_that_are_busy_full_or_expired_are_told),
		cmocka_unit_test(options_that_stop_the_new_binary_are_found),
		cmocka_unit_test(a_machine_that_cannot_run_it_is_found),
		cmocka_unit_test(drivers_below_the_table_are_told),
		cmocka_unit_test(an_arbiter_keeps_the_default_write_concern),
		cmocka_unit_test(
		    what_cannot_be_read_blocks_until_it_is_assumed),
		cmocka_unit_test(a_sharded_cluster_is_refused),
		cmocka_unit_test(
		    eight_needs_a_word_of_hcl_and_no_backup_blocks),
		cmocka_unit_test(
		    a_lone_server_is_told_that_it_is_not_rolling),
		cmocka_unit_test(a_target_out_of_support_is_told),
	};

	return cmocka_run_group_tests(tests, world_begin, world_end);
}
