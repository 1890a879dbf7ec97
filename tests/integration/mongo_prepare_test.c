/*
 * A real standalone 4.4 without log-in becomes what Sametime wants, by the
 * real program: a set with a key, two accounts, chat logging's documents and
 * the URLs in both files; it goes back; bad wishes are refused.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lab/house.h"
#include "../unit/site_tree.h"
#include "kill.h"
#include "run.h"
#include "stconsole/dial.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/mongo_set.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define VERSION		"4.4.2"
#define SERVERS		2
#define PASSWORD	"p/w?#[]:@%"
#define ENCODED		"p%2Fw%3F%23%5B%5D%3A%40%25"

struct world {
	struct site_tree	 tree;
	char			*state;
	int			 ports[SERVERS];
	pid_t			 children[SERVERS];	/* ours, or 0 */
	char			*password, *cluster;	/* files */
};

/* ---- servers */

static char *
path(const struct world *w, const char *name)
{
	return site_tree_path(&w->tree, name);
}

static void
port_wait(int port)
{
	const struct dial_spec	 want = { "127.0.0.1", port, 500, NULL };
	struct dial_result	 r;
	struct err		 e;

	for (int tries = 0; tries < 400; tries++) {
		if (dial(&want, &r, &e)) {
			close(r.fd);
			return;
		}
		cancel_wait(NULL, 50);
	}
	fail_msg("no mongod at port %d", port);
}

/* By a configuration file, as packages start it. */
static void
server_start(struct world *w, int n, const char *more)
{
	AUTO_FREE char	*program = lab_cache_path("mongod/" VERSION
	    "/mongod");
	AUTO_FREE char	*libraries = lab_cache_path("mongod/libssl1.1");
	AUTO_FREE char	*name = str_format("mongod%d.conf", n);
	AUTO_FREE char	*conf = path(w, name);
	AUTO_FREE char	*text = NULL;
	const char	*argv[] = { program, "-f", conf, NULL };

	w->ports[n] = lab_port_free();
	text = str_format("# kept\nstorage:\n  dbPath: %s/db%d\n"
	    "  wiredTiger: {engineConfig: {cacheSizeGB: 0.25}}\n"
	    "net:\n  port: %d\n  bindIp: 127.0.0.1 # only\n"
	    "  unixDomainSocket: {enabled: false}\n"
	    "setParameter: {diagnosticDataCollectionEnabled: false}\n"
	    "systemLog: {destination: file, path: %s/mongod%d.log}\n"
	    "#security:\n%s", w->tree.dir, n, w->ports[n], w->tree.dir, n,
	    more);
	site_tree_put(&w->tree, name, text);
	free(text);
	text = str_format("db%d/mark", n);
	site_tree_put(&w->tree, text, "");
	w->children[n] = fork();
	assert_true(w->children[n] >= 0);
	if (w->children[n] == 0) {
		setenv("LD_LIBRARY_PATH", libraries, 1);
		dup2(open("/dev/null", O_WRONLY), 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	port_wait(w->ports[n]);
}

/* Ours, or the one that the program started in its place. */
static void
server_end(struct world *w, int n)
{
	AUTO_FREE char	*at = str_format("127.0.0.1:%d", w->ports[n]);
	pid_t		 pid = 0;

	if (w->ports[n] == 0)
		return;
	if (mongo_run_listener(at, 0, &pid) && pid > 0)
		kill(pid, SIGKILL);
	if (w->children[n] > 0 && pid != w->children[n])
		kill(w->children[n], SIGKILL);
	if (w->children[n] > 0)
		waitpid(w->children[n], NULL, 0);
	for (int i = 0; pid > 0 && proc_start_time(pid) != 0 && i < 200; i++)
		cancel_wait(NULL, 20);
	w->children[n] = 0;
	w->ports[n] = 0;
}

static json_t *
command_as(const struct world *w, const char *user, const char *password,
    const char *db, const char *text)
{
	AUTO_FREE char	*at = str_format("mongodb://%s%s%s%slocalhost:%d/"
	    "?directConnection=true&authSource=admin", user,
	    *user != '\0' ? ":" : "", password, *user != '\0' ? "@" : "",
	    w->ports[0]);
	AUTO_SECRET struct secret *url = secret_new(at, strlen(at), NULL);
	AUTO_MONGO struct mongo *m = NULL;
	json_t		*reply = NULL;
	struct err	 e;

	if (!mongo_open_url(url, MONGO_ANY, 5000, &m, &e) ||
	    !mongo_command(m, db, text, "", &reply, &e))
		fail_msg("%s: %s", text, e.msg);
	return reply;
}

/* ---- the program */

static int
prepare(struct world *w, struct run_result *r, const char *const *more)
{
	const char *argv[24] = { "--site", w->tree.dir, "mongo", "prepare" };
	size_t	    n = 4;

	while (*more != NULL && n < LENGTH(argv) - 1)
		argv[n++] = *more++;
	*r = run_json(w->state, argv, NULL);
	return r->exit_code;
}

#define PREPARE(w, r, ...) prepare((w), (r), \
	    (const char *const []){ __VA_ARGS__, NULL })

static void
prepared(struct world *w)
{
	AUTO_RUN struct run_result r = { 0 };

	PREPARE(w, &r, "--password-file", w->password,
	    "--cluster-password-file", w->cluster, "--yes");
	run_assert_exit(&r, 0);
	if (w->children[0] > 0)
		waitpid(w->children[0], NULL, 0);
	w->children[0] = 0;
}

static void
file_has(struct world *w, const char *name, const char *wanted)
{
	AUTO_FREE char		*at = path(w, name);
	AUTO_BUF struct buf	 text = BUF_INIT;

	assert_true(file_read(AT_FDCWD, at, 1 << 20, &text, NULL));
	if (strstr(buf_str(&text), wanted) == NULL)
		fail_msg("%s lacks %s:\n%s", name, wanted, buf_str(&text));
}

static json_t *
ready(struct world *w)
{
	const char *const argv[] = { "--site", w->tree.dir, "mongo", "ready",
		NULL };
	AUTO_RUN struct run_result r = run_json(w->state, argv, NULL);

	run_assert_exit(&r, 0);
	return json_incref(json_object_get(r.json, "result"));
}

static const char *
part_state(const json_t *result, const char *part)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(json_object_get(result, "parts"), i, one)
		if (strcmp(json_text(one, "part"), part) == 0)
			return json_text(one, "state");
	fail_msg("no part %s", part);
	return "";
}

static int
setup(void **state)
{
	struct world	*w = calloc(1, sizeof(*w));
	AUTO_FREE char	*url = NULL, *ini = NULL;

	site_tree_make(&w->tree);
	w->state = run_state_new();
	/* No container engine is asked. */
	setenv("PATH", w->tree.dir, 1);
	server_start(w, 0, "");
	site_tree_put(&w->tree, "docker-compose.yml",
	    "services:\n  community:\n    image: x/st/chat-server:1\n"
	    "    env_file: custom.env\n");
	url = str_format("A=1\nMONGO_URL=mongodb://localhost:%d/\n",
	    w->ports[0]);
	ini = str_format("[ChatLogging]\nCL_MONGO_URL=mongodb://localhost:%d"
	    "/admin?retryWrites=true\n", w->ports[0]);
	site_tree_put(&w->tree, "custom.env", url);
	site_tree_put(&w->tree, "chatlogging.ini", ini);
	site_tree_put(&w->tree, "pw", PASSWORD "\n");
	site_tree_put(&w->tree, "cpw", "cl@ster");
	w->password = path(w, "pw");
	w->cluster = path(w, "cpw");
	chmod(w->password, 0600);
	chmod(w->cluster, 0600);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	for (int n = 0; n < SERVERS; n++)
		server_end(w, n);
	run_state_end(w->state);
	site_tree_remove(&w->tree);
	free(w->password);
	free(w->cluster);
	free(w);
	return 0;
}

/* ---- tests */

static void
a_standalone_becomes_what_sametime_wants(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result again = { 0 };
	AUTO_JSON json_t *now = NULL, *hello = NULL, *found = NULL;
	AUTO_FREE char	*key = path(w, "db0/keyfile");
	struct stat	 st;

	prepared(w);
	file_has(w, "custom.env", "A=1\nMONGO_URL=mongodb://sametimeUser:"
	    ENCODED "@localhost:");
	file_has(w, "custom.env", "/?replicaSet=rs0&authSource=admin\n");
	file_has(w, "chatlogging.ini", "/admin?replicaSet=rs0&"
	    "authSource=admin&retryWrites=true\n");
	file_has(w, "mongod0.conf", "# kept\n");
	file_has(w, "mongod0.conf", "bindIp: 127.0.0.1 # only\n");
	file_has(w, "mongod0.conf", "#security:\nsecurity:\n  keyFile: ");
	file_has(w, "mongod0.conf", "replication:\n  replSetName: rs0\n");
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(st.st_size, 1008);
	hello = command_as(w, "sametimeUser", ENCODED, "admin",
	    "{\"isMaster\":1}");
	assert_string_equal(json_text(hello, "setName"), "rs0");
	found = command_as(w, "sametimeUser", ENCODED, "chatlogging",
	    "{\"count\":\"SESSIONS\",\"query\":{\"_id\":\"dummy\"}}");
	assert_int_equal(json_int(found, "n", 0), 1);
	now = ready(w);
	assert_string_equal(part_state(now, "set"), "done");
	assert_string_equal(part_state(now, "accounts"), "done");
	assert_string_equal(part_state(now, "chat"), "done");
	assert_string_equal(part_state(now, "indexes"), "todo");
	assert_string_equal(part_state(now, "urls"), "done");
	assert_true(json_is_true(json_object_get(now, "auth")));
	/* And a second time there is nothing to do. */
	PREPARE(w, &again, "--yes");
	run_assert_exit(&again, 0);
	assert_true(json_is_true(json_object_get(json_object_get(again.json,
	    "plan"), "empty")));
}

static void
it_goes_back_to_what_it_was(void **state)
{
	struct world	*w = *state;
	AUTO_JSON json_t *before = NULL, *hello = NULL, *users = NULL;
	AUTO_FREE char	*jobs = str_format("%s/jobs", w->state);
	AUTO_FREE char	*key = path(w, "db0/keyfile");
	const char *const list[] = { "job", "list", NULL };
	AUTO_RUN struct run_result r = { 0 }, undone = { 0 };
	const char	*id;

	prepared(w);
	r = run_json(w->state, list, NULL);
	run_assert_exit(&r, 0);
	id = json_text(json_array_get(json_object_get(json_object_get(r.json,
	    "result"), "jobs"), 0), "id");
	undone = run_json(w->state, (const char *const []){ "--site",
	    w->tree.dir, "job", "undo", id, "--yes", NULL }, NULL);
	run_assert_exit(&undone, 0);
	hello = command_as(w, "", "", "admin", "{\"isMaster\":1}");
	assert_null(json_str(hello, "setName"));
	users = command_as(w, "", "", "admin", "{\"usersInfo\":1}");
	assert_int_equal(json_array_size(json_object_get(users, "users")), 0);
	assert_int_not_equal(access(key, F_OK), 0);
	file_has(w, "custom.env", "MONGO_URL=mongodb://localhost:");
	file_has(w, "mongod0.conf", "#security:\n");
}

/* An account of an older release, and one with more than it needs. */
static void
rights_are_granted_and_taken_away(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = { 0 }, revoked = { 0 };
	AUTO_JSON json_t *made = command_as(w, "", "", "admin",
	    "{\"createUser\":\"sametimeUser\",\"pwd\":\"x\",\"roles\":["
	    "{\"role\":\"userAdminAnyDatabase\",\"db\":\"admin\"},"
	    "{\"role\":\"readWrite\",\"db\":\"chatlogging\"},"
	    "{\"role\":\"root\",\"db\":\"admin\"}]}");
	AUTO_JSON json_t *now = NULL, *then = NULL;
	const json_t	*account;

	now = ready(w);
	account = json_array_get(json_object_get(now, "accounts"), 0);
	assert_int_equal(json_array_size(json_object_get(account,
	    "missing")), 9);
	assert_string_equal(json_string_value(json_array_get(json_object_get(
	    account, "extra"), 0)), "root@admin");
	PREPARE(w, &r, "accounts", "--cluster-password-file", w->cluster,
	    "--yes");
	run_assert_exit(&r, 0);
	PREPARE(w, &revoked, "accounts", "--revoke", "--yes");
	run_assert_exit(&revoked, 0);
	then = ready(w);
	assert_string_equal(part_state(then, "accounts"), "done");
	account = json_array_get(json_object_get(then, "accounts"), 0);
	assert_int_equal(json_array_size(json_object_get(account, "extra")),
	    0);
}

static void
refused(struct world *w, const char *words, const char *const *more)
{
	AUTO_RUN struct run_result r = { 0 };
	AUTO_FREE char	*said = NULL;

	prepare(w, &r, more);
	run_assert_exit(&r, 3);
	said = r.json != NULL ? json_dumps(r.json, 0) : NULL;
	if (said == NULL || strstr(said, words) == NULL)
		fail_msg("not \"%s\": %s", words, said);
}

#define REFUSED(w, words, ...) refused((w), (words), \
	    (const char *const []){ __VA_ARGS__, NULL })

static void
wishes_that_would_not_end_well_are_refused(void **state)
{
	struct world *w = *state;

	REFUSED(w, "--password-file is not given", "--yes");
	REFUSED(w, "is an address", "--host", "192.0.2.1:27017",
	    "--password-file", w->password, "--cluster-password-file",
	    w->cluster, "--yes");
	REFUSED(w, "leads nowhere", "--host", "mongo.corp.invalid",
	    "--password-file", w->password, "--cluster-password-file",
	    w->cluster, "--yes");
	REFUSED(w, "the two accounts are not there", "set", "--yes");
	REFUSED(w, "not an absolute path", "--key-file", "key",
	    "--password-file", w->password, "--cluster-password-file",
	    w->cluster, "--yes");
	file_has(w, "custom.env", "MONGO_URL=mongodb://localhost:");
	file_has(w, "mongod0.conf", "#security:\n");
}

static void
another_password_than_the_accounts_is_told(void **state)
{
	struct world	*w = *state;
	AUTO_JSON json_t *made = command_as(w, "", "", "admin",
	    "{\"createUser\":\"sametimeUser\",\"pwd\":\"x\",\"roles\":[]}");

	REFUSED(w, "is not that of sametimeUser", "--password-file",
	    w->password, "--cluster-password-file", w->cluster, "--yes");
}

static void
indexes_are_made_when_they_are_asked_for(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = { 0 }, longer = { 0 };
	AUTO_JSON json_t *now = NULL, *then = NULL;

	PREPARE(w, &r, "indexes", "--yes");
	run_assert_exit(&r, 0);
	now = ready(w);
	assert_string_equal(part_state(now, "indexes"), "done");
	PREPARE(w, &longer, "indexes", "--ttl-days", "120", "--yes");
	run_assert_exit(&longer, 0);
	then = ready(w);
	assert_int_equal(json_int(json_array_get(json_object_get(then,
	    "indexes"), 1), "days", 0), 120);
}

/* A URL that is given is tried, then written in every place. */
static void
both_members_are_named(struct world *w)
{
	AUTO_FREE char	*url = str_format("mongodb://sametimeUser:%s@"
	    "localhost:%d,localhost:%d/?replicaSet=rs0", ENCODED,
	    w->ports[0], w->ports[1]);
	AUTO_FREE char	*file = path(w, "url"), *line = NULL;
	AUTO_RUN struct run_result r = { 0 };
	AUTO_JSON json_t *now = NULL;

	site_tree_put(&w->tree, "url", "mongodb://u:hush@localhost:1/");
	chmod(file, 0600);
	REFUSED(w, "leads nowhere", "urls", "--url-file", file, "--yes");
	site_tree_put(&w->tree, "url", url);
	PREPARE(w, &r, "urls", "--url-file", file, "--yes");
	run_assert_exit(&r, 0);
	line = str_format(",localhost:%d/admin?replicaSet=rs0&retryWrites="
	    "true\n", w->ports[1]);
	file_has(w, "chatlogging.ini", line);
	now = ready(w);
	assert_string_equal(part_state(now, "set"), "done");
	assert_string_equal(part_state(now, "accounts"), "done");
	assert_string_equal(part_state(now, "urls"), "done");
}

static void
a_second_member_gets_its_vote_when_it_has_caught_up(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = { 0 }, again = { 0 };
	AUTO_JSON json_t *config = NULL;
	AUTO_FREE char	*admin = NULL, *file = path(w, "admin"), *host = NULL,
			*more = NULL;
	const json_t	*member;

	prepared(w);
	more = str_format("security: {keyFile: %s/db0/keyfile}\n"
	    "replication: {replSetName: rs0}\n", w->tree.dir);
	server_start(w, 1, more);
	admin = str_format("mongodb://sametimeClusterAdmin:cl%%40ster@"
	    "localhost:%d/?authSource=admin", w->ports[0]);
	site_tree_put(&w->tree, "admin", admin);
	chmod(file, 0600);
	host = str_format("localhost:%d", w->ports[1]);
	{
		const char *const argv[] = { "--site", w->tree.dir, "mongo",
			"member", "add", host, "--admin-url-file", file,
			"--yes", NULL };

		r = run_json(w->state, argv, NULL);
		run_assert_exit(&r, 0);
		again = run_json(w->state, argv, NULL);
	}
	config = command_as(w, "sametimeClusterAdmin", "cl%40ster", "admin",
	    "{\"replSetGetConfig\":1}");
	member = json_array_get(json_object_get(json_object_get(config,
	    "config"), "members"), 1);
	assert_string_equal(json_text(member, "host"), host);
	assert_int_equal(json_int(member, "votes", 0), 1);
	run_assert_exit(&again, 0);
	assert_true(json_is_true(json_object_get(json_object_get(again.json,
	    "plan"), "empty")));
	both_members_are_named(w);
}

/* ---- killed */

static void
accounts_gone(void *arg)
{
	struct world	*w = arg;
	AUTO_JSON json_t *gone = command_as(w, "", "", "admin",
	    "{\"dropAllUsersFromDatabase\":1}");
	AUTO_JSON json_t *empty = command_as(w, "", "", "chatlogging",
	    "{\"dropDatabase\":1}");
}

static void
ends_with_accounts(void *arg, const char *state)
{
	struct world	*w = arg;
	const char *const argv[] = { "--site", w->tree.dir, "mongo",
		"prepare", "accounts", "chat", "--password-file",
		w->password, "--cluster-password-file", w->cluster, "--yes",
		NULL };
	AUTO_JSON json_t *now = NULL;

	kill_recover(state, argv, NULL);
	now = ready(w);
	assert_string_equal(part_state(now, "accounts"), "done");
	assert_string_equal(part_state(now, "chat"), "done");
}

static void
killed_at_any_call_it_is_finished_later(void **state)
{
	struct world		*w = *state;
	const char *const	 argv[] = { "--site", w->tree.dir, "mongo",
		"prepare", "accounts", "chat", "--password-file",
		w->password, "--cluster-password-file", w->cluster, "--yes",
		NULL };
	struct kill_case	 c = {
		.what = "kill-before", .argv = argv, .arg = w,
		.setup = accounts_gone, .ends_well = ends_with_accounts,
		.step = 11
	};

	(void)kill_at_every_call(&c);
	c.what = "kill-after";
	c.step = 17;
	(void)kill_at_every_call(&c);
}

/* A new server, with nothing in it, and files that know of no account. */
static void
all_anew(void *arg)
{
	struct world	*w = arg;
	AUTO_FREE char	*db = path(w, "db0");
	AUTO_FREE char	*url = NULL, *ini = NULL;

	server_end(w, 0);
	assert_true(file_remove_tree(db, NULL));
	server_start(w, 0, "");
	url = str_format("MONGO_URL=mongodb://localhost:%d/\n", w->ports[0]);
	ini = str_format("[ChatLogging]\nCL_MONGO_URL=mongodb://localhost:%d"
	    "/\n", w->ports[0]);
	site_tree_put(&w->tree, "custom.env", url);
	site_tree_put(&w->tree, "chatlogging.ini", ini);
}

static void
ends_ready(void *arg, const char *state)
{
	struct world	*w = arg;
	const char *const argv[] = { "--site", w->tree.dir, "mongo",
		"prepare", "--password-file", w->password,
		"--cluster-password-file", w->cluster, "--yes", NULL };
	AUTO_JSON json_t *now = NULL;

	kill_recover(state, argv, NULL);
	now = ready(w);
	assert_string_equal(part_state(now, "set"), "done");
	assert_string_equal(part_state(now, "accounts"), "done");
	assert_string_equal(part_state(now, "chat"), "done");
	assert_string_equal(part_state(now, "urls"), "done");
	file_has(w, "custom.env", "MONGO_URL=mongodb://sametimeUser:");
}

static void
killed_while_it_becomes_a_set_it_is_finished_later(void **state)
{
	struct world		*w = *state;
	const char *const	 argv[] = { "--site", w->tree.dir, "mongo",
		"prepare", "--password-file", w->password,
		"--cluster-password-file", w->cluster, "--yes", NULL };
	struct kill_case	 c = {
		.what = "kill-before", .argv = argv, .arg = w,
		.setup = all_anew, .ends_well = ends_ready, .step = 43
	};

	(void)kill_at_every_call(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_standalone_becomes_what_sametime_wants),
		TEST(it_goes_back_to_what_it_was),
		TEST(rights_are_granted_and_taken_away),
		TEST(wishes_that_would_not_end_well_are_refused),
		TEST(another_password_than_the_accounts_is_told),
		TEST(indexes_are_made_when_they_are_asked_for),
		TEST(a_second_member_gets_its_vote_when_it_has_caught_up),
		TEST(killed_at_any_call_it_is_finished_later),
		TEST(killed_while_it_becomes_a_set_it_is_finished_later),
	};
	AUTO_FREE char *program = lab_cache_path("mongod/" VERSION "/mongod");

	if (program == NULL || access(program, X_OK) < 0) {
		fprintf(stderr, "SKIPPED: no mongod " VERSION
		    "; tests/lab/fetch 4.4 gets it\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
