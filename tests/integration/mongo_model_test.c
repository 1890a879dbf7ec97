/*
 * The model of mongod (tests/model) is held against real servers: the same
 * commands get the same replies, as far as the program reads them.  Then the
 * upgrade runs where no real server can be had; that is called simulated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mongo_lab_parts.h"
#include "run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

static struct mongo_lab real, model;

static int
tear_down(void **state)
{
	(void)state;
	mongo_lab_end(&real);
	mongo_lab_end(&model);
	return 0;
}

/* Of what is compared: "path" its value, ":path" only its type. */
static const struct scene {
	int		 member;
	const char	*db;
	const char	*command;
	const char	*compared;
} scenes[] = {
	{ 0, "admin", "{'buildInfo':1}", "ok version :modules" },
	{ 0, "admin", "{'isMaster':1}", "ok ismaster secondary setName "
	  "minWireVersion maxWireVersion maxBsonObjectSize "
	  "maxMessageSizeBytes :hosts :me :primary :localTime "
	  "logicalSessionTimeoutMinutes" },
	{ 1, "admin", "{'hello':1}", "ok isWritablePrimary secondary "
	  "setName :primary :electionId" },
	{ 1, "admin", "{'ping':1}", "ok" },
	{ 0, "admin", "{'replSetGetStatus':1}", "ok set myState "
	  "members.0.stateStr members.1.stateStr members.2.stateStr "
	  "members.1.health members.1.state members.0.self members.1.self "
	  ":members.1.name :members.1.uptime :members.1.optime.ts "
	  ":optimes.lastCommittedOpTime.ts" },
	{ 1, "admin", "{'replSetGetConfig':1}", "ok config._id "
	  "config.members.0.priority config.members.1.votes "
	  "config.members.1.arbiterOnly config.members.1.hidden "
	  "config.settings.electionTimeoutMillis "
	  "config.members.1.slaveDelay config.members.1.secondaryDelaySecs" },
	{ 1, "admin", "{'getParameter':1,'featureCompatibilityVersion':1}",
	  "ok featureCompatibilityVersion.version "
	  ":featureCompatibilityVersion.targetVersion" },
	{ 0, "meeting", "{'getParameter':1,"
	  "'featureCompatibilityVersion':1}", "ok code codeName" },
	{ 0, "admin", "{'getParameter':1,'noSuchThing':1}", "ok code" },
	{ 0, "admin", "{'setFeatureCompatibilityVersion':'9.9'}",
	  "ok code codeName" },
	{ 0, "admin", "{'setFeatureCompatibilityVersion':6}",
	  "ok code codeName" },
	{ 1, "admin", "{'setFeatureCompatibilityVersion':'@'}",
	  "ok code codeName" },
	{ 0, "meeting", "{'setFeatureCompatibilityVersion':'@'}",
	  "ok code" },
	{ 0, "admin", "{'setFeatureCompatibilityVersion':'@',"
	  "'confirm':true}", "ok code codeName" },
	{ 0, "admin", "{'setFeatureCompatibilityVersion':'@',"
	  "'writeConcern':{'w':'majority','wtimeout':9000}}", "ok code" },
	{ 0, "admin", "{'replSetStepDown':5,"
	  "'secondaryCatchUpPeriodSecs':10}", "ok code codeName" },
	{ 1, "admin", "{'replSetStepDown':60,"
	  "'secondaryCatchUpPeriodSecs':5}", "ok code codeName" },
	{ 1, "admin", "{'replSetFreeze':0}", "ok code" },
	{ 1, "admin", "{'appendOplogNote':1,'data':{'msg':'x'}}",
	  "ok code codeName" },
	{ 0, "admin", "{'appendOplogNote':1,'data':{'msg':'x'},"
	  "'writeConcern':{'w':'majority','wtimeout':5000}}", "ok code" },
	{ 0, "admin", "{'noSuchCommand':1}", "ok code codeName" },
	{ 0, "admin", "{'replSetInitiate':{'_id':'rs0','members':[]}}",
	  "ok code codeName" },
	{ 0, "admin", "{'getCmdLineOpts':1}", "ok :argv :parsed.net.port "
	  "parsed.replication.replSet :parsed.storage.dbPath "
	  "parsed.storage.wiredTiger.engineConfig.cacheSizeGB "
	  "parsed.net.unixDomainSocket.enabled" },
	{ 0, "admin", "{'serverStatus':1}", "ok version "
	  "storageEngine.name :pid :uptime :connections.current" },
	{ 0, "admin", "{'hostInfo':1}", "ok :os.name :os.version "
	  ":system.cpuArch :system.memSizeMB :extra.kernelVersion "
	  ":extra.extra.kernelVersion :extra.extra.cpuFeatures" },
	{ 0, "admin", "{'currentOp':1,'$all':true}", "ok :inprog" },
	{ 0, "admin", "{'connectionStatus':1}", "ok "
	  ":authInfo.authenticatedUsers" },
	{ 0, "admin", "{'listDatabases':1}", "ok :databases.0.name" },
	{ 0, "privacy", "{'listCollections':1,'cursor':{}}", "ok cursor.id "
	  ":cursor.firstBatch" },
	{ 0, "privacy", "{'listIndexes':'nothing','cursor':{}}",
	  "ok code codeName" },
	{ 0, "admin", "{'dbStats':1}", "ok db :fsTotalSize :fsUsedSize" },
	{ 0, "local", "{'collStats':'oplog.rs'}", "ok ns capped maxSize "
	  ":size" },
	{ 0, "local", "{'find':'oplog.rs','sort':{'$natural':-1},'limit':1,"
	  "'projection':{'ts':1}}", "ok cursor.id "
	  ":cursor.firstBatch.0.ts.$timestamp" },
	{ 0, "admin", "{'find':'system.version','filter':{'_id':"
	  "'featureCompatibilityVersion'}}", "ok "
	  "cursor.firstBatch.0.version" },
	{ 0, "admin", "{'getDefaultRWConcern':1}", "ok "
	  "defaultWriteConcern.w defaultWriteConcernSource" },
};

/* Quotes as JSON has them, @ for the major; malloc'd. */
static char *
command_of(const char *text, const char *major)
{
	AUTO_BUF struct buf	 b = BUF_INIT;

	for (; *text != '\0'; text++) {
		if (*text == '@')
			buf_puts(&b, major);
		else
			buf_putc(&b, *text == '\'' ? '"' : *text);
	}
	return buf_take(&b);
}

static json_t *
answer(const struct mongo_lab *l, int member, const char *db,
    const char *command)
{
	mongoc_client_t	*c = lab_member_client(&l->own->house, member, NULL,
	    NULL);
	bson_t		*cmd = bson_new_from_json((const uint8_t *)command,
	    -1, NULL);
	bson_t		 reply;
	char		*text;
	json_t		*out;

	if (c == NULL || cmd == NULL)
		fail_msg("no command: %s", command);
	mongoc_client_command_simple(c, db, cmd, NULL, &reply, NULL);
	text = bson_as_relaxed_extended_json(&reply, NULL);
	out = json_loads(text, 0, NULL);
	bson_free(text);
	bson_destroy(&reply);
	bson_destroy(cmd);
	mongoc_client_destroy(c);
	assert_non_null(out);
	return out;
}

static const json_t *
at_path(const json_t *at, char *path)
{
	char	*save = NULL;

	for (char *key = strtok_r(path, ".", &save); key != NULL;
	    key = strtok_r(NULL, ".", &save))
		at = json_is_array(at) ? json_array_get(at, (size_t)
		    strtol(key, NULL, 10)) : json_object_get(at, key);
	return at;
}

static bool
is_alike(const json_t *a, const json_t *b, bool only_type)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (json_is_number(a) && json_is_number(b))
		return only_type || json_number_value(a) ==
		    json_number_value(b);
	if (only_type)
		return json_typeof(a) == json_typeof(b) ||
		    (json_is_boolean(a) && json_is_boolean(b));
	return json_equal(a, b);
}

static int
fields_compare(const struct scene *s, const json_t *a, const json_t *b)
{
	AUTO_FREE char	*list = strdup(s->compared);
	char		*save = NULL;
	int		 differ = 0;

	for (char *word = strtok_r(list, " ", &save); word != NULL;
	    word = strtok_r(NULL, " ", &save)) {
		bool		 only_type = *word == ':';
		AUTO_FREE char	*one = strdup(word + only_type);
		AUTO_FREE char	*two = strdup(word + only_type);
		const json_t	*x = at_path(a, one), *y = at_path(b, two);
		AUTO_FREE char	*p = json_dumps(x, JSON_ENCODE_ANY);
		AUTO_FREE char	*q = json_dumps(y, JSON_ENCODE_ANY);

		if (is_alike(x, y, only_type))
			continue;
		differ++;
		print_error("%s %s: real %s, model %s\n", s->command, word,
		    p == NULL ? "-" : p, q == NULL ? "-" : q);
	}
	return differ;
}

static void
compare(const char *version)
{
	struct mongo_lab_spec	 spec = { .version = version, .members = 3 };
	int			 differ = 0;

	if (!mongo_lab_has(version))
		return;
	mongo_lab_start(&real, &spec);
	spec.is_model = true;
	mongo_lab_start(&model, &spec);
	for (size_t i = 0; i < LENGTH(scenes); i++) {
		const struct scene	*s = &scenes[i];
		AUTO_FREE char		*command = command_of(s->command,
		    version);
		AUTO_JSON json_t	*a = answer(&real, s->member, s->db,
		    command);
		AUTO_JSON json_t	*b = answer(&model, s->member, s->db,
		    command);

		differ += fields_compare(s, a, b);
	}
	if (differ > 0)
		fail_msg("%s: %d differences", version, differ);
	mongo_lab_end(&real);
	mongo_lab_end(&model);
}

static void
the_model_answers_as_4_4_does(void **state)
{
	(void)state;
	compare("4.4");
}

static void
the_model_answers_as_5_0_does(void **state)
{
	(void)state;
	compare("5.0");
}

static void
the_model_answers_as_6_0_does(void **state)
{
	(void)state;
	compare("6.0");
}

/* The exit code of member 0's program of another version on its data. */
static int
start_again(struct mongo_lab *l, const char *version, const char *more)
{
	AUTO_FREE char	*program = str_format("%s/%s/bin/mongod", l->binaries,
	    version);
	AUTO_FREE char	*data = str_format("%s/mongo/data0", l->dir);
	AUTO_FREE char	*port = str_format("%d", l->ports[0]);
	AUTO_FREE char	*libs = lab_cache_path("mongod/libssl1.1");
	AUTO_FREE char	*env = str_format("LD_LIBRARY_PATH=%s", libs);
	const char	*environment[] = { env, NULL };
	const char	*argv[] = { program, "--dbpath", data, "--port", port,
	    "--bind_ip", "127.0.0.1", "--replSet", "rs0", more, NULL };
	AUTO_PROC_RESULT struct proc_result	 r = { 0 };
	struct err	 e;

	if (!proc_run(&(struct proc_spec){ .argv = argv, .env = environment,
	    .timeout_ms = 20000 }, &r, &e))
		fail_msg("%s %s: %s", version, more == NULL ? "" : more,
		    e.msg);
	return r.exit_code;
}

/* In an orderly way: on files that were not closed 6.0 aborts instead. */
static void
member_stop(struct mongo_lab *l, int n)
{
	pid_t	 pid = mongo_lab_pid(l, n);

	assert_true(pid > 0);
	kill(pid, SIGTERM);
	for (int tries = 0; tries < 600 && proc_start_time(pid) != 0; tries++)
		(void)poll(NULL, 0, 20);
}

static void
a_skipped_major_and_a_removed_option_end_with_the_same_code(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "4.4", .members = 1 };

	(void)state;
	spec.is_model = true;
	mongo_lab_start(&model, &spec);
	member_stop(&model, 0);
	assert_int_equal(start_again(&model, "6.0", NULL), 62);
	assert_int_equal(start_again(&model, "5.0", "--nonsense"), 2);
	assert_int_equal(start_again(&model, "7.0", "--journal"), 2);
	if (!mongo_lab_has("4.4") || !mongo_lab_has("6.0"))
		return;
	spec.is_model = false;
	mongo_lab_start(&real, &spec);
	member_stop(&real, 0);
	assert_int_equal(start_again(&real, "6.0", NULL), 62);
	assert_int_equal(start_again(&real, "5.0", "--nonsense"), 2);
}

static void
versions_are(const char *version, const char *fcv)
{
	char	 is[16], has[16];

	for (int n = 0; n < model.count; n++) {
		mongo_lab_versions(&model, n, is, has, sizeof(is));
		assert_string_equal(is, version);
		assert_string_equal(has, fcv);
	}
}

static void
a_set_goes_from_6_0_to_8_0_simulated(void **state)
{
	struct mongo_lab_spec	 spec = { .version = "6.0", .members = 3,
	    .is_model = true };

	(void)state;
	mongo_lab_start(&model, &spec);
	versions_are("6.0.5", "6.0");
	{
		const char	*argv[] = { "--site", model.site, "mongo",
		    "upgrade", "8.0", "--binaries", model.binaries,
		    "--without-backup", "a test", "--hcl-statement",
		    "none, a model", "--yes", NULL };
		AUTO_RUN struct run_result	 r = run_json(model.state,
		    argv, NULL);

		run_assert_exit(&r, 0);
		assert_non_null(strstr(buf_str(&r.out), "simulated"));
	}
	versions_are("8.0.17", "8.0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_model_answers_as_4_4_does,
		    tear_down),
		cmocka_unit_test_teardown(the_model_answers_as_5_0_does,
		    tear_down),
		cmocka_unit_test_teardown(the_model_answers_as_6_0_does,
		    tear_down),
		cmocka_unit_test_teardown(
		    a_skipped_major_and_a_removed_option_end_with_the_same_code,
		    tear_down),
		cmocka_unit_test_teardown(
		    a_set_goes_from_6_0_to_8_0_simulated, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
