/*
 * The lab of MongoDB servers is what it says it is: tests stand on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "mongo_lab.h"
#include "run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

static struct mongo_lab lab;

static int
tear_down(void **state)
{
	(void)state;
	mongo_lab_end(&lab);
	return 0;
}

/* The program reaches the set by the site's files alone. */
static void
site_is_seen(const char *version, const char *kind)
{
	const char	*argv[] = { "--site", lab.site, "mongo", "status",
	    NULL };
	AUTO_RUN struct run_result	 r = run_json(lab.state, argv, NULL);

	run_assert_exit(&r, 0);
	if (strstr(buf_str(&r.out), version) == NULL ||
	    strstr(buf_str(&r.out), kind) == NULL)
		fail_msg("no %s %s in %s", kind, version, buf_str(&r.out));
}

static void
each_version_starts_as_a_set(void **state)
{
	static const char *const wanted[][3] = {
		{ "4.2", "4.2.6", "4.2" }, { "4.4", "4.4.2", "4.4" },
		{ "5.0", "5.0.4", "5.0" }, { "6.0", "6.0.5", "6.0" },
		{ "6.0.27", "6.0.27", "6.0" },
	};
	char	 version[16], fcv[16];

	(void)state;
	for (size_t i = 0; i < LENGTH(wanted); i++) {
		struct mongo_lab_spec	 spec = { .version = wanted[i][0],
		    .members = 1, .has_auth = true, .has_tls = i == 0,
		    .documents = 50 };

		if (!mongo_lab_has(wanted[i][0]))
			continue;
		mongo_lab_start(&lab, &spec);
		mongo_lab_versions(&lab, 0, version, fcv, sizeof(version));
		assert_string_equal(version, wanted[i][1]);
		assert_string_equal(fcv, wanted[i][2]);
		site_is_seen(wanted[i][1], "replica_set");
		mongo_lab_end(&lab);
	}
}

static void
a_standalone_and_a_set_with_an_arbiter(void **state)
{
	struct mongo_lab_spec	 alone = { .version = "4.4",
	    .has_config_file = true };
	struct mongo_lab_spec	 psa = { .version = "4.4", .members = 3,
	    .has_auth = true, .has_arbiter = true };
	AUTO_FREE char		*reply = NULL;
	char			 version[16];

	(void)state;
	if (!mongo_lab_has("4.4"))
		skip();
	mongo_lab_start(&lab, &alone);
	site_is_seen("4.4.2", "standalone");
	mongo_lab_end(&lab);
	mongo_lab_start(&lab, &psa);
	reply = mongo_lab_command(&lab, 2, "admin", "{\"isMaster\":1}");
	assert_non_null(strstr(reply, "\"arbiterOnly\" : true"));
	mongo_lab_versions(&lab, 2, version, NULL, sizeof(version));
	assert_string_equal(version, "4.4.2");
	mongo_lab_end(&lab);
}

static void
a_member_comes_back_with_another_binary(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "4.2", .members = 1,
	    .has_auth = true };
	char			 version[16], fcv[16];
	pid_t			 pid, again;

	(void)state;
	if (!mongo_lab_has("4.2") || !mongo_lab_has("4.4"))
		skip();
	mongo_lab_start(&lab, &spec);
	pid = mongo_lab_pid(&lab, 0);
	assert_true(pid > 0);
	kill(pid, SIGTERM);
	for (int tries = 0; tries < 600 && kill(pid, 0) == 0; tries++)
		(void)poll(NULL, 0, 50);
	assert_int_equal(mongo_lab_pid(&lab, 0), 0);
	mongo_lab_member_start(&lab, 0, "4.4");
	again = mongo_lab_pid(&lab, 0);
	assert_true(again > 0 && again != pid);
	mongo_lab_versions(&lab, 0, version, fcv, sizeof(version));
	assert_string_equal(version, "4.4.2");
	assert_string_equal(fcv, "4.2");
	mongo_lab_end(&lab);
	assert_true(proc_start_time(again) == 0);
}

/* As many as the writer has written by now, of documents that stay. */
static void
written_wait(const char *id)
{
	AUTO_FREE char	*ask = str_format("{\"count\":\"EVENTS\","
	    "\"query\":{\"_id\":\"lab-writer-%s\"}}", id);

	for (int tries = 0; tries < 200; tries++) {
		AUTO_FREE char	*reply = mongo_lab_command(&lab, -1,
		    "chatlogging", ask);

		if (strstr(reply, "\"n\" : 1") != NULL)
			return;
		(void)poll(NULL, 0, 50);
	}
	fail_msg("the writer writes nothing");
}

static void
written_forget(void)
{
	static const char *const	 commands[][2] = {
		{ "chatlogging", "{\"delete\":\"EVENTS\",\"deletes\":["
		    "{\"q\":{\"_id\":{\"$regex\":\"^lab-writer\"}},"
		    "\"limit\":0}]}" },
		{ "meeting", "{\"drop\":\"lab_writer\"}" },
	};

	for (size_t i = 0; i < LENGTH(commands); i++) {
		AUTO_FREE char	*reply = mongo_lab_command(&lab, -1,
		    commands[i][0], commands[i][1]);

		(void)reply;
	}
}

/* Behind the writer's back: one goes, one is another, one comes. */
static void
written_tamper(void)
{
	static const char *const	 commands[] = {
		"{\"delete\":\"EVENTS\",\"deletes\":[{\"q\":{\"_id\":"
		    "\"lab-writer-0\"},\"limit\":1}]}",
		"{\"update\":\"EVENTS\",\"updates\":[{\"q\":{\"_id\":"
		    "\"lab-writer-2\"},\"u\":{\"$set\":{\"value\":9999}}}]}",
		"{\"insert\":\"EVENTS\",\"documents\":[{\"_id\":"
		    "\"lab-writer-x\"}]}",
	};

	for (size_t i = 0; i < LENGTH(commands); i++) {
		AUTO_FREE char	*reply = mongo_lab_command(&lab, -1,
		    "chatlogging", commands[i]);

		(void)reply;
	}
}

static void
what_is_deleted_or_changed_behind_the_writer_is_told(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "6.0", .members = 1,
	    .has_auth = true, .documents = 1000 };
	struct mongo_lab_written w;
	char			 before[65], after[65];
	AUTO_FREE char		*url = NULL;
	char			*reply;

	(void)state;
	if (!mongo_lab_has("6.0"))
		skip();
	mongo_lab_start(&lab, &spec);
	url = mongo_lab_url(&lab, "labRoot");
	mongo_lab_digest(url, before);
	mongo_lab_writer_start(&lab, 2);
	written_wait("30");
	w = mongo_lab_writer_stop(&lab, NULL);
	assert_true(w.acknowledged > 30);
	assert_int_equal(w.refused + w.bursts + w.lost + w.changed, 0);

	mongo_lab_digest(url, after);
	assert_string_equal(before, after);

	written_forget();
	mongo_lab_writer_start(&lab, 2);
	written_wait("30");
	written_tamper();
	w = mongo_lab_writer_stop(&lab, NULL);
	assert_int_equal(w.lost, 1);
	assert_int_equal(w.changed, 2);

	reply = mongo_lab_command(&lab, -1, "privacy",
	    "{\"delete\":\"lab_documents\",\"deletes\":[{\"q\":{\"_id\":7},"
	    "\"limit\":1}]}");
	free(reply);
	mongo_lab_digest(url, after);
	assert_string_not_equal(before, after);
}

/* Up to where the chain goes; a digest is not one of a version. */
static void
content_is_the_same_after_every_start(void **state)
{
	static const char *const	 next[] = { "5.0", "6.0", "6.0.27" };
	struct mongo_lab_spec		 spec = { .version = "5.0",
	    .members = 1, .has_auth = true, .documents = 500 };
	AUTO_FREE char			*url = NULL;
	char				 before[65], after[65];

	(void)state;
	if (!mongo_lab_has("5.0") || !mongo_lab_has("6.0") ||
	    !mongo_lab_has("6.0.27"))
		skip();
	mongo_lab_start(&lab, &spec);
	url = mongo_lab_url(&lab, "labRoot");
	mongo_lab_digest(url, before);
	for (size_t i = 0; i < LENGTH(next); i++) {
		pid_t	 pid = mongo_lab_pid(&lab, 0);

		/* A kill: a stop would be quiet for 15 s first. */
		kill(pid, SIGKILL);
		for (int tries = 0; tries < 600 && kill(pid, 0) == 0; tries++)
			(void)poll(NULL, 0, 50);
		mongo_lab_member_start(&lab, 0, next[i]);
		mongo_lab_digest(url, after);
		assert_string_equal(before, after);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_version_starts_as_a_set,
		    tear_down),
		cmocka_unit_test_teardown(
		    a_standalone_and_a_set_with_an_arbiter, tear_down),
		cmocka_unit_test_teardown(
		    a_member_comes_back_with_another_binary, tear_down),
		cmocka_unit_test_teardown(
		    what_is_deleted_or_changed_behind_the_writer_is_told,
		    tear_down),
		cmocka_unit_test_teardown(
		    content_is_the_same_after_every_start, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
