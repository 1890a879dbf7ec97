/*
 * All that can be known of a deployment, asked of real servers: with an
 * account that may, with one that may not, with an arbiter, with a member
 * that is gone, of a standalone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lab/house.h"
#include "../lab/lab.h"
#include "mongo_peer.h"
#include "run.h"
#include "stconsole/cancel.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_set.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#define TIMEOUT_MS	5000	/* mongo.timeout_ms when nobody set it */

static struct {
	struct lab	 lab;
	char		*state_dir;
	struct store	*store;
	struct cancel	 cancel;
	struct ctx	 ctx;
	pid_t		 arbiter;
	int		 arbiter_port;
} t = { .lab = LAB_INIT };

static int
set_up(void **state)
{
	static const struct lab_options	 want = { .without = "ldap,api",
	    .mongod = "4.4.2", .members = 3 };
	struct err			 e;

	(void)state;
	t.state_dir = run_state_new();
	t.store = store_open(t.state_dir, &e);
	if (t.store == NULL || !cancel_init(&t.cancel, &e) ||
	    !lab_start(&t.lab, &want, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	t.ctx = (struct ctx){ .store = t.store, .clock = &clock_system,
		.cancel = &t.cancel };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (t.arbiter > 0) {
		kill(t.arbiter, SIGKILL);
		waitpid(t.arbiter, NULL, 0);
	}
	lab_stop(&t.lab);
	cancel_fini(&t.cancel);
	store_close(t.store);
	run_state_end(t.state_dir);
	return 0;
}

static json_t *
read_at(const char *url, unsigned flags)
{
	AUTO_SECRET struct secret *s = NULL;
	struct err	 e;
	json_t		*set = NULL;

	s = secret_new(url, strlen(url), &e);
	if (s == NULL || !mongo_set_read(&t.ctx, s, flags, &set, &e))
		fail_msg("%s", e.msg);
	return set;
}

static json_t *
read_as(const char *account, unsigned flags)
{
	AUTO_FREE char *name = str_format("mongo-%s-url", account);

	return read_at(lab_secret_text(&t.lab, name), flags);
}

static const json_t *
member_in(const json_t *set, const char *state)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach(json_object_get(set, "members"), i, m)
		if (strcmp(json_text(m, "state"), state) == 0)
			return m;
	fail_msg("no member is %s", state);
	return NULL;
}

static void
has_number(const json_t *m, const char *group, const char *name)
{
	const json_t *n = json_object_get(json_object_get(m, group), name);

	if (!json_is_number(n) || json_number_value(n) <= 0)
		fail_msg("%s.%s of %s is not a number above 0", group, name,
		    json_text(m, "name"));
}

static void
why_unknown(const json_t *m, const char *name, const char *words)
{
	const char *why = json_text(json_object_get(m, "unknown"), name);

	assert_true(json_is_null(json_object_get(m, name)));
	if (strstr(why, words) == NULL)
		fail_msg("%s of %s: \"%s\" lacks \"%s\"", name,
		    json_text(m, "name"), why, words);
}

static void
member_is_whole(const json_t *m)
{
	const json_t *options = json_object_get(m, "options");

	assert_string_equal(json_text(m, "version"), "4.4.2");
	assert_string_equal(json_text(m, "major"), "4.4");
	assert_string_equal(json_text(m, "edition"), "community");
	assert_string_equal(json_text(m, "fcv"), "4.4");
	assert_string_equal(json_text(m, "storage_engine"), "wiredTiger");
	assert_true(json_flag(m, "healthy"));
	assert_int_equal(json_int(m, "votes", -1), 1);
	assert_true(json_int(m, "lag_s", -1) >= 0);
	assert_true(labs((long)json_int(m, "clock_offset_ms", 99999)) < 5000);
	has_number(m, "oplog", "size_bytes");
	has_number(m, "disk", "total_bytes");
	has_number(m, "disk", "free_bytes");
	has_number(m, "cache", "max_bytes");
	has_number(m, "connections", "current");
	assert_true(json_array_size(json_object_get(json_object_get(m,
	    "connections"), "drivers")) > 0);
	assert_string_equal(json_text(json_object_get(options,
	    "replication"), "replSet"), "rs0");
	assert_string_not_equal(json_text(json_object_get(m, "host"),
	    "kernel"), "");
	assert_string_equal(json_text(json_object_get(m, "tls"), "mode"),
	    "requireTLS");
	has_number(m, "tls", "days_left");
	assert_true(json_is_null(json_object_get(json_object_get(m, "tls"),
	    "problem")));
	assert_true(json_flag(json_object_get(m, "run"), "local"));
	assert_int_equal(json_int(json_object_get(m, "run"), "pid", 0),
	    json_int(m, "pid", -1));
}

/* A member that has just arrived gets the document of the FCV a moment
 * later. */
static bool
all_have_fcv(const json_t *set)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach(json_object_get(set, "members"), i, m)
		if (json_str(m, "fcv") == NULL)
			return false;
	return true;
}

static json_t *
read_settled(const char *account)
{
	json_t	*set = read_as(account, 0);
	int	 tries;

	for (tries = 0; tries < 50 && !all_have_fcv(set); tries++) {
		json_decref(set);
		cancel_wait(&t.cancel, 200);
		set = read_as(account, 0);
	}
	return set;
}

static void
who_may_sees_everything_of_every_member(void **state)
{
	AUTO_JSON json_t	*set = read_settled("cluster-admin");
	const json_t		*m;
	size_t			 i;

	(void)state;
	assert_string_equal(json_text(set, "kind"), "replica_set");
	assert_string_equal(json_text(set, "set"), "rs0");
	assert_string_equal(json_text(set, "primary"),
	    json_text(member_in(set, "PRIMARY"), "name"));
	assert_ptr_equal(mongo_set_member(set, json_text(set, "primary")),
	    member_in(set, "PRIMARY"));
	assert_null(mongo_set_member(set, "nobody:1"));
	assert_int_equal(json_array_size(json_object_get(set, "members")), 3);
	assert_true(json_is_object(json_object_get(set, "config")));
	json_array_foreach(json_object_get(set, "members"), i, m)
		member_is_whole(m);
}

static void
no_password_is_in_it(void **state)
{
	AUTO_JSON json_t *set = read_as("cluster-admin", 0);
	AUTO_FREE char	*text = json_dumps(set, 0);

	(void)state;
	assert_null(strstr(text, lab_secret_text(&t.lab,
	    "mongo-cluster-admin")));
}

/* By getParameter it may not, but it may read where the value is kept. */
static void
the_sites_account_is_told_which_role_it_lacks(void **state)
{
	AUTO_JSON json_t	*set = read_as("user", 0);
	const json_t		*m = member_in(set, "PRIMARY");

	(void)state;
	assert_int_equal(json_array_size(json_object_get(set, "members")), 3);
	assert_string_equal(json_text(m, "version"), "4.4.2");
	assert_string_equal(json_text(m, "fcv"), "4.4");
	assert_true(json_int(m, "lag_s", -1) >= 0);
	why_unknown(m, "options", "needs the role clusterMonitor");
	why_unknown(m, "cache", "needs the role clusterMonitor");
	why_unknown(m, "oplog", "needs the role clusterMonitor");
	why_unknown(m, "host", "needs the role clusterMonitor");
	why_unknown(m, "votes", "needs the role clusterMonitor");
	why_unknown(set, "config", "needs the role clusterMonitor");
	has_number(m, "tls", "days_left");
}

static void
a_wrong_password_is_an_error_and_not_a_picture(void **state)
{
	const char	*url = lab_secret_text(&t.lab, "mongo-user-url");
	const char	*at = strrchr(url, '@');
	AUTO_FREE char	*bad = str_format("mongodb://sametimeUser:wrong%s",
	    at);
	AUTO_SECRET struct secret *s = NULL;
	json_t		*set = NULL;
	struct err	 e;

	(void)state;
	s = secret_new(bad, strlen(bad), &e);
	assert_non_null(s);
	assert_false(mongo_set_read(&t.ctx, s, MONGO_SET_BRIEF, &set, &e));
	assert_int_equal(e.code, MONGO_AUTH_FAILED);
}

static void
a_brief_look_is_quick_and_says_what_is_waited_for(void **state)
{
	int64_t			 begun = clock_mono_ms(&clock_system);
	AUTO_JSON json_t	*set = read_as("cluster-admin",
	    MONGO_SET_BRIEF);
	int64_t			 took = clock_mono_ms(&clock_system) - begun;
	const json_t		*m;
	size_t			 i;

	(void)state;
	json_array_foreach(json_object_get(set, "members"), i, m) {
		assert_string_equal(json_text(m, "version"), "4.4.2");
		assert_string_equal(json_text(m, "fcv"), "4.4");
		assert_true(json_int(m, "lag_s", -1) >= 0);
		assert_null(json_object_get(m, "options"));
	}
	/* Some tens of milliseconds on a quiet machine. */
	assert_in_range(took, 0, 4000);
	print_message("a brief look took %lld ms\n", (long long)took);
}

/* ---- the arbiter */

static void
arbiter_exec(void)
{
	AUTO_FREE char *libs = lab_cache_path("mongod/libssl1.1");
	AUTO_FREE char *program = lab_cache_path("mongod/4.4.2/mongod");
	AUTO_FREE char *data = str_format("%s/arbiter", lab_dir(&t.lab));
	AUTO_FREE char *key = str_format("%s/mongo/keyfile", lab_dir(&t.lab));
	AUTO_FREE char *pem = str_format("%s/tls/mongod.pem",
	    lab_dir(&t.lab));
	AUTO_FREE char *ca = str_format("%s/tls/ca.pem", lab_dir(&t.lab));
	AUTO_FREE char *port = str_format("%d", t.arbiter_port);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("LD_LIBRARY_PATH", libs, 1);
	if (mkdir(data, 0700) == 0 &&
	    freopen("/dev/null", "w", stdout) != NULL)
		execl(program, program, "--dbpath", data, "--port", port,
		    "--bind_ip", "127.0.0.1", "--replSet", "rs0", "--keyFile",
		    key, "--nounixsocket", "--tlsMode", "requireTLS",
		    "--tlsCertificateKeyFile", pem, "--tlsCAFile", ca,
		    "--tlsAllowConnectionsWithoutCertificates",
		    "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64",
		    "--setParameter",
		    "diagnosticDataCollectionEnabled=false", (char *)NULL);
	_exit(127);
}

/* Into the set's configuration, by the account that may. */
static void
arbiter_add(void)
{
	const char	*url = lab_secret_text(&t.lab,
	    "mongo-cluster-admin-url");
	AUTO_SECRET struct secret *s = NULL;
	AUTO_MONGO struct mongo *m = NULL;
	AUTO_JSON json_t *set = read_as("cluster-admin", MONGO_SET_BRIEF);
	AUTO_JSON json_t *reply = NULL;
	AUTO_FREE char	*shown = NULL, *command = NULL;
	json_t		*config = json_object_get(set, "config");
	struct err	 e;

	json_object_set_new(config, "version", json_integer(json_int(config,
	    "version", 0) + 1));
	json_array_append_new(json_object_get(config, "members"), json_pack(
	    "{s:i,s:o,s:b}", "_id", 9, "host", json_sprintf("localhost:%d",
	    t.arbiter_port), "arbiterOnly", 1));
	s = secret_new(url, strlen(url), &e);
	assert_true(s != NULL && mongo_open_url(s, MONGO_PRIMARY, TIMEOUT_MS,
	    &m, &e));
	shown = json_dumps(config, 0);
	command = str_format("{\"replSetReconfig\":%s}", shown);
	if (!mongo_command(m, "admin", command, "", &reply, &e))
		fail_msg("%s", e.msg);
}

static void
arbiter_start(void)
{
	AUTO_FREE char	*name = NULL;
	int		 tries;

	t.arbiter_port = lab_port_free();
	t.arbiter = fork();
	if (t.arbiter == 0)
		arbiter_exec();
	name = str_format("localhost:%d", t.arbiter_port);
	for (tries = 0; tries < 400; tries++) {
		if (lab_port_answers(&t.arbiter_port))
			break;
		cancel_wait(NULL, 50);
	}
	assert_true(tries < 400);
	arbiter_add();
	for (tries = 0; tries < 200; tries++) {
		AUTO_JSON json_t *set = read_as("cluster-admin",
		    MONGO_SET_BRIEF);
		const json_t *m = mongo_set_member(set, name);

		if (strcmp(json_text(m, "state"), "ARBITER") == 0)
			return;
		cancel_wait(NULL, 50);
	}
	fail_msg("%s is no arbiter", name);
}

static void
an_arbiter_is_asked_without_an_account(void **state)
{
	AUTO_JSON json_t	*set = NULL;
	const json_t		*m;

	(void)state;
	arbiter_start();
	set = read_as("cluster-admin", 0);
	assert_int_equal(json_array_size(json_object_get(set, "members")), 4);
	m = member_in(set, "ARBITER");
	assert_true(json_flag(m, "arbiter"));
	assert_true(json_flag(m, "healthy"));
	assert_string_equal(json_text(m, "version"), "4.4.2");
	assert_int_equal(json_int(m, "votes", -1), 1);
	why_unknown(m, "fcv", "arbiter does not take part");
	why_unknown(m, "lag_s", "arbiter holds no data");
	why_unknown(m, "cache", "arbiter has no accounts");
	has_number(m, "tls", "days_left");
}

/* ---- gone, and silent */

static void
a_member_that_is_gone_costs_no_more_than_its_limit(void **state)
{
	pid_t			 pid = lab_mongod_pid(&t.lab, 2);
	int64_t			 begun;
	AUTO_JSON json_t	*set = NULL, *stopped = NULL;
	const json_t		*m;

	(void)state;
	/* It accepts connections and never answers. */
	kill(pid, SIGSTOP);
	begun = clock_mono_ms(&clock_system);
	stopped = read_as("cluster-admin", MONGO_SET_BRIEF);
	assert_in_range(clock_mono_ms(&clock_system) - begun, 0,
	    TIMEOUT_MS + 1000);
	(void)member_in(stopped, "DOWN");
	kill(pid, SIGKILL);
	kill(pid, SIGCONT);
	set = read_as("cluster-admin", 0);
	assert_int_equal(json_array_size(json_object_get(set, "members")), 4);
	m = member_in(set, "DOWN");
	assert_false(json_flag(m, "healthy"));
	assert_int_equal(json_int(m, "votes", -1), 1);
	why_unknown(m, "version", "it does not answer");
	why_unknown(m, "lag_s", "refuses the connection");
	member_is_whole(member_in(set, "SECONDARY"));
}

static void
a_standalone_without_log_in_has_no_set(void **state)
{
	struct mongo_peer	 p = mongo_peer_server(NULL);
	AUTO_FREE char		*url = str_format(
	    "mongodb://127.0.0.1:%d/", p.port);
	AUTO_JSON json_t	*set = read_at(url, 0);
	const json_t		*m = member_in(set, "STANDALONE");

	(void)state;
	mongo_peer_end(&p);
	assert_string_equal(json_text(set, "kind"), "standalone");
	assert_null(json_object_get(set, "set"));
	assert_string_equal(json_text(m, "version"), "6.0.5");
	assert_string_equal(json_text(m, "fcv"), "6.0");
	assert_true(json_flag(m, "healthy"));
	has_number(m, "cache", "max_bytes");
	why_unknown(m, "oplog", "standalone");
	why_unknown(m, "tls", "without TLS");
	assert_null(json_object_get(m, "lag_s"));
}

static void
a_server_that_was_never_initiated_is_in_no_state(void **state)
{
	struct mongo_peer	 p = mongo_peer_server("fresh");
	AUTO_FREE char		*url = str_format(
	    "mongodb://127.0.0.1:%d/", p.port);
	AUTO_JSON json_t	*set = read_at(url, MONGO_SET_BRIEF);

	(void)state;
	mongo_peer_end(&p);
	assert_string_equal(json_text(set, "kind"), "replica_set");
	assert_false(json_flag(member_in(set, "STARTUP"), "healthy"));
	why_unknown(set, "primary", "no primary");
}

static void
nobody_there_is_an_error(void **state)
{
	static const char url[] = "mongodb://localhost:1,localhost:2/";
	AUTO_SECRET struct secret *s = NULL;
	json_t		*set = NULL;
	struct err	 e;

	(void)state;
	s = secret_new(url, strlen(url), &e);
	assert_non_null(s);
	assert_false(mongo_set_read(&t.ctx, s, 0, &set, &e));
	assert_int_equal(e.code, MONGO_UNREACHABLE);
}

static void
a_report_is_kept_for_its_owner(void **state)
{
	AUTO_JSON json_t	*report = json_pack("{s:s}", "verdict", "ok");
	AUTO_JSON json_t	*back = NULL;
	AUTO_FREE char		*first = NULL, *second = NULL;
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct stat		 st;
	struct err		 e;

	(void)state;
	assert_true(mongo_report_write(&t.ctx, "check", report, &first, &e));
	assert_true(mongo_report_write(&t.ctx, "check", report, &second, &e));
	assert_string_not_equal(first, second);
	assert_non_null(strstr(first, "/reports/check-"));
	assert_int_equal(stat(first, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(file_read(AT_FDCWD, first, 4096, &text, &e));
	back = json_parse(buf_str(&text), text.len, &e);
	assert_true(json_equal(back, report));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_sees_everything_of_every_member),
		cmocka_unit_test(no_password_is_in_it),
		cmocka_unit_test(
		    the_sites_account_is_told_which_role_it_lacks),
		cmocka_unit_test(
		    a_wrong_password_is_an_error_and_not_a_picture),
		cmocka_unit_test(
		    a_brief_look_is_quick_and_says_what_is_waited_for),
		cmocka_unit_test(an_arbiter_is_asked_without_an_account),
		cmocka_unit_test(
		    a_member_that_is_gone_costs_no_more_than_its_limit),
		cmocka_unit_test(a_standalone_without_log_in_has_no_set),
		cmocka_unit_test(
		    a_server_that_was_never_initiated_is_in_no_state),
		cmocka_unit_test(nobody_there_is_an_error),
		cmocka_unit_test(a_report_is_kept_for_its_owner),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
