#include "move_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lab/house.h"
#include "run.h"
#include "stconsole/dial.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_copy.h"
#include "stconsole/str.h"

#define ROOT		"root:rootpw"
#define SAMETIME	"sametimeUser:p%2Fw%40x"
#define DOCUMENTS	3000

/* Shared with the writer, which is a process of its own. */
static atomic_long	*acknowledged;

/* ---- servers */

static char *
program_of(const char *version)
{
	AUTO_FREE char *name = str_format("mongod/%s/mongod", version);

	return lab_cache_path(name);
}

bool
move_world_has(const char *from, const char *to)
{
	AUTO_FREE char	*a = program_of(from), *b = program_of(to);

	if (a != NULL && b != NULL && access(a, X_OK) == 0 &&
	    access(b, X_OK) == 0)
		return true;
	print_message("SKIPPED: no mongod %s or %s (tests/lab/fetch)\n",
	    from, to);
	return false;
}

static void
port_wait(int port)
{
	const struct dial_spec	 want = { "127.0.0.1", port, 500, NULL };
	struct dial_result	 r;
	struct err		 e;

	for (int tries = 0; tries < 600; tries++) {
		if (dial(&want, &r, &e)) {
			close(r.fd);
			return;
		}
		cancel_wait(NULL, 50);
	}
	fail_msg("no mongod at port %d", port);
}

static struct mongo_peer
server_start(struct move_world *w, int n, const char *version)
{
	struct mongo_peer p = { .port = lab_port_free() };
	AUTO_FREE char	*program = program_of(version);
	AUTO_FREE char	*libraries = lab_cache_path("mongod/libssl1.1");
	AUTO_FREE char	*port = str_format("%d", p.port);
	AUTO_FREE char	*key = site_tree_path(&w->tree, "key");
	AUTO_FREE char	*log = str_format("%s/mongod%d.log", w->tree.dir, n);
	const char	*argv[] = { program, "--dbpath", p.dir, "--port",
	    port, "--replSet", "rs0", "--keyFile", key, "--bind_ip",
	    "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25",
	    "--oplogSize", "64", "--logpath", log, "--setParameter",
	    "diagnosticDataCollectionEnabled=false", NULL };

	snprintf(p.dir, sizeof(p.dir), "/tmp/stconsole-peer-XXXXXX");
	assert_non_null(mkdtemp(p.dir));
	p.pid = fork();
	assert_true(p.pid >= 0);
	if (p.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("LD_LIBRARY_PATH", libraries, 1);
		dup2(open("/dev/null", O_WRONLY), 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	port_wait(p.port);
	mongo_peer_initiate(&p);
	return p;
}

static char *
url_of(const struct move_world *w, int n, const char *account)
{
	return str_format("mongodb://%s@127.0.0.1:%d/?replicaSet=rs0"
	    "&authSource=admin", account, w->peers[n].port);
}

static struct mongo *
open_as(const struct move_world *w, int n, const char *account)
{
	AUTO_FREE char	*text = url_of(w, n, account);
	AUTO_SECRET struct secret *url = NULL;
	struct mongo	*m;
	struct err	 e;

	url = secret_new(text, strlen(text), &e);
	mongo_peer_did(mongo_open_url(url, MONGO_PRIMARY, 5000, &m, &e), &e);
	return m;
}

/* The first account by the localhost exception. */
static struct mongo *
root_make(const struct move_world *w, int n)
{
	AUTO_MONGO struct mongo *m = mongo_peer_open(&w->peers[n]);

	mongo_peer_run(m, "admin", "{\"createUser\":\"root\",\"pwd\":"
	    "\"rootpw\",\"roles\":[\"root\"]}");
	return open_as(w, n, ROOT);
}

static void
sametime_make(struct mongo *m)
{
	AUTO_BUF struct buf	command = BUF_INIT;

	buf_puts(&command, "{\"createUser\":\"sametimeUser\",\"pwd\":"
	    "\"p/w@x\",\"roles\":[{\"role\":\"userAdminAnyDatabase\","
	    "\"db\":\"admin\"}");
	for (size_t i = 0; mongo_sametime_databases[i] != NULL; i++)
		buf_printf(&command, ",{\"role\":\"readWrite\",\"db\":\"%s\"}"
		    ",{\"role\":\"dbAdmin\",\"db\":\"%s\"}",
		    mongo_sametime_databases[i], mongo_sametime_databases[i]);
	buf_puts(&command, "]}");
	mongo_peer_run(m, "admin", buf_str(&command));
}

/* ---- the site */

static void
site_put(struct move_world *w)
{
	AUTO_FREE char	*url = url_of(w, 0, SAMETIME);
	AUTO_FREE char	*env = str_format("# ours\nMONGO_URL=%s\n", url);

	site_tree_put(&w->tree, "site/custom.env", env);
}

static void
files_put(struct move_world *w)
{
	AUTO_FREE char	*url = url_of(w, 1, ROOT);
	AUTO_FREE char	*pause = str_format("block: [touch, %s/paused]\n"
	    "unblock: [rm, -f, %s/paused]\n", w->tree.dir, w->tree.dir);
	AUTO_FREE char	*path = site_tree_path(&w->tree, "pause.yaml");

	site_tree_compose(&w->tree, "site");
	site_put(w);
	site_tree_put(&w->tree, "to", url);
	site_tree_put(&w->tree, "pause.yaml", pause);
	w->site = site_tree_path(&w->tree, "site");
	w->to = site_tree_path(&w->tree, "to");
	w->command = str_format("command:%s", path);
	w->state = run_state_new();
	assert_int_equal(chmod(w->to, 0600), 0);
}

void
move_world_start(struct move_world *w, const char *from, const char *to)
{
	AUTO_FREE char *key = NULL;

	memset(w, 0, sizeof(*w));
	site_tree_make(&w->tree);
	site_tree_put(&w->tree, "key", "abcdefghijklmnopqrstuvwxyz");
	key = site_tree_path(&w->tree, "key");
	assert_int_equal(chmod(key, 0400), 0);
	w->peers[0] = server_start(w, 0, from);
	w->peers[1] = server_start(w, 1, to);
	w->from = root_make(w, 0);
	w->target = root_make(w, 1);
	sametime_make(w->from);
	mongo_peer_zoo(w->from, false);
	for (size_t i = 0; mongo_sametime_databases[i] != NULL; i++)
		mongo_peer_fill(w->from, mongo_sametime_databases[i],
		    "filled", DOCUMENTS, 200);
	mongo_peer_fill(w->from, "userinfo", "unique", 20, 10);
	mongo_peer_fill(w->from, "mobileOffline", "passing", 2, 10);
	mongo_peer_run(w->from, "userinfo", "{\"createIndexes\":\"unique\","
	    "\"indexes\":[{\"key\":{\"k\":1},\"name\":\"k\",\"unique\":"
	    "true,\"sparse\":true}]}");
	files_put(w);
}

void
move_world_end(struct move_world *w)
{
	if (w->writer > 0)
		move_writer_stop(w);
	mongo_close(w->from);
	mongo_close(w->target);
	mongo_peer_end(&w->peers[0]);
	mongo_peer_end(&w->peers[1]);
	run_state_end(w->state);
	site_tree_remove(&w->tree);
	free(w->site);
	free(w->to);
	free(w->command);
}

void
move_world_reset(struct move_world *w)
{
	AUTO_FREE char	*paused = site_tree_path(&w->tree, "paused");

	for (size_t i = 0; mongo_sametime_databases[i] != NULL; i++)
		mongo_peer_run(w->target, mongo_sametime_databases[i],
		    "{\"dropDatabase\":1}");
	site_put(w);
	unlink(paused);
}

/* ---- the writer */

/* In the writer a failed assertion would run the rest of the tests. */
static void
write_did(bool ok, const struct err *e)
{
	if (ok)
		return;
	fprintf(stderr, "writer: %s\n", e->msg);
	_exit(3);
}

static void
write_run(struct mongo *m, const char *db, const char *command)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 e;

	write_did(mongo_command(m, db, command, "readWrite", &reply, &e),
	    &e);
}

/* The first frees the value that the third takes. */
#define UNIQUE_SET \
	"{\"update\":\"unique\",\"updates\":[" \
	"{\"q\":{\"k\":%ld},\"u\":{\"$unset\":{\"k\":1}}}," \
	"{\"q\":{\"_id\":%ld},\"u\":{\"$set\":{\"k\":%ld}}}," \
	"{\"q\":{\"_id\":%ld},\"u\":{\"$set\":{\"k\":%ld}}}]," \
	"\"writeConcern\":{\"w\":\"majority\"}}"

static void
passing_write(struct mongo *m, long i)
{
	AUTO_FREE char *insert = str_format("{\"insert\":\"passing\","
	    "\"documents\":[{\"_id\":%ld},{\"_id\":%ld}]}", i, i + 1);

	if (i % 80 == 5)
		write_run(m, "mobileOffline", "{\"drop\":\"passing\"}");
	write_run(m, "mobileOffline", insert);
}

static void
write_one(struct mongo *m, long i)
{
	const struct mongo_where events = { "chatlogging", "EVENTS" };
	AUTO_FREE char	*doc = str_format("{\"_id\":\"w%ld\",\"n\":%ld}", i,
	    i);
	AUTO_FREE char	*old = str_format("{\"_id\":\"w%ld\",\"n\":%ld}",
	    i - 3, i - 3);
	AUTO_FREE char	*set = str_format(UNIQUE_SET, i % 20, i % 20, -i,
	    (i + 7) % 20, i % 20);
	struct err	 e;

	write_did(mongo_insert(m, &events, doc, &e), &e);
	if (i % 10 == 7)
		write_did(mongo_delete(m, &events, old, &e), &e);
	write_run(m, "userinfo", set);
	if (i % 40 == 5)
		passing_write(m, i);
}

static void
writer_run(struct move_world *w)
{
	AUTO_FREE char	*paused = site_tree_path(&w->tree, "paused");
	struct mongo	*m = open_as(w, 0, SAMETIME);

	for (long i = 1; i < 100000; i++) {
		while (access(paused, F_OK) == 0)
			cancel_wait(NULL, 10);
		write_one(m, i);
		atomic_fetch_add(acknowledged, 1);
		cancel_wait(NULL, 5);
	}
	_exit(0);
}

void
move_writer_start(struct move_world *w)
{
	acknowledged = mmap(NULL, sizeof(*acknowledged), PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(acknowledged != MAP_FAILED);
	atomic_store(acknowledged, 0);
	w->writer = fork();
	assert_true(w->writer >= 0);
	if (w->writer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		writer_run(w);
	}
	for (int tries = 0; tries < 400 && atomic_load(acknowledged) < 5;
	    tries++)
		cancel_wait(NULL, 25);
	assert_true(atomic_load(acknowledged) >= 5);
}

long
move_writer_stop(struct move_world *w)
{
	int	status = 0;
	long	n;

	/* One that ended by itself was refused something. */
	assert_int_equal(waitpid(w->writer, &status, WNOHANG), 0);
	kill(w->writer, SIGKILL);
	waitpid(w->writer, NULL, 0);
	w->writer = 0;
	n = atomic_load(acknowledged);
	munmap(acknowledged, sizeof(*acknowledged));
	return n;
}

/* ---- both sides */

static void
collection_equal(struct move_world *w, const char *db, const json_t *c)
{
	struct mongo_scan scan = { .db = db,
		.collection = json_text(c, "name") };
	struct mongo_hash a = { 0, 0, 0, 0 }, b = { 0, 0, 0, 0 };
	struct err	 e;

	if (str_equal(json_str(c, "type"), "view"))
		return;
	if (json_str(c, "buckets") != NULL)
		scan.collection = json_text(c, "buckets");
	mongo_peer_did(mongo_scan_run(w->from, &scan, &a, NULL, NULL, NULL,
	    &e), &e);
	mongo_peer_did(mongo_scan_run(w->target, &scan, &b, NULL, NULL, NULL,
	    &e), &e);
	if (!mongo_hash_is_equal(&a, &b))
		fail_msg("%s.%s: %llu and %llu documents", db,
		    scan.collection, (unsigned long long)a.count,
		    (unsigned long long)b.count);
}

void
move_world_equal(struct move_world *w)
{
	AUTO_JSON json_t *a = NULL, *b = NULL, *lines = NULL;
	AUTO_FREE char	*text = NULL;
	const json_t	*db, *c;
	struct err	 e;
	size_t		 i, n;

	mongo_peer_did(mongo_catalog_read(w->from, mongo_sametime_databases,
	    &a, &e), &e);
	mongo_peer_did(mongo_catalog_read(w->target,
	    mongo_sametime_databases, &b, &e), &e);
	lines = mongo_catalog_compare(a, b);
	text = json_dumps(lines, 0);
	assert_string_equal(text, "[]");
	json_array_foreach(a, i, db)
		json_array_foreach(json_object_get(db, "collections"), n, c)
			collection_equal(w, json_text(db, "db"), c);
}

bool
move_world_named(struct move_world *w, int n)
{
	AUTO_FREE char	*path = site_tree_path(&w->tree, "site/custom.env");
	AUTO_FREE char	*want = str_format("%s@127.0.0.1:%d/", SAMETIME,
	    w->peers[n].port);
	AUTO_BUF struct buf text = BUF_INIT;
	struct err	 e;

	mongo_peer_did(file_read(AT_FDCWD, path, 65536, &text, &e), &e);
	return strstr(buf_str(&text), want) != NULL;
}
