/*
 * A private replica set: key file, TLS required, data and roles as HCL
 * documents them for Sametime 12 (create the first user with
 * userAdminAnyDatabase through the localhost exception, grant the rest as
 * that user).  lab_mongod_launch() only starts the processes, so that they
 * come up while other parts are being prepared.
 */
#include "house.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <mongoc/mongoc.h>

#include "stconsole/buf.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "text.def"

#define DEFAULT_VERSION	"6.0.5"
#define START_S		60
#define KEY_BYTES	300

static const char *const databases[] = {
	"chatlogging", "mobileOffline", "meeting", "privacy", "userinfo",
};

/* _id is text: the hex of an ObjectId (facts 2.1). */
static const struct {
	const char	*id;
	const char	*email;
} administrators[] = {
	{ "6560a1b2c3d4e5f600000001", "kim.admin@corp.test" },
	{ "6560a1b2c3d4e5f600000002", "robin.admin@corp.test" },
	{ "6560a1b2c3d4e5f600000003", "lee.case@corp.test" },
	{ "6560a1b2c3d4e5f600000004", "Lee.Case@Corp.test" },
	{ "6560a1b2c3d4e5f600000005", "left.the.company@corp.test" },
	{ "6560a1b2c3d4e5f600000006", "dana.gone@corp.test" },
	{ "6560a1b2c3d4e5f600000007", "twin@corp.test" },
};

/* The program of a version in the cache, with what it needs to load. */
static char *
mongod_cached(const char *version)
{
	AUTO_FREE char	*name = str_format("mongod/%s/mongod", version);
	char		*path = name == NULL ? NULL : lab_cache_path(name);

	if (path != NULL && access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* NULL when there is none: already noted as missing. */
static char *
mongod_find(struct lab_house *h)
{
	const char	*wanted = h->run->mongod;
	AUTO_FREE char	*how = NULL;
	AUTO_FREE char	*fetch = NULL;
	char		*path = mongod_cached(wanted != NULL ? wanted :
	    DEFAULT_VERSION);

	if (path == NULL && wanted == NULL && proc_exists("mongod"))
		path = strdup("mongod");
	if (path != NULL)
		return path;
	fetch = lab_fetch_find(h->run->sites);
	how = str_format(T_LAB_MISSING_MONGOD, fetch == NULL ?
	    "tests/lab/fetch" : fetch,
	    wanted != NULL ? wanted : DEFAULT_VERSION);
	lab_missing(h, "mongod", how == NULL ? "" : how);
	return NULL;
}

static bool
key_file_write(struct lab_house *h, struct err *e)
{
	char		 hex[2 * KEY_BYTES + 1];
	AUTO_FREE char	*path = lab_path(h, "mongo/keyfile");

	if (path == NULL)
		return err_nomem(e);
	return digest_random_hex(KEY_BYTES, hex, e) &&
	    file_write(AT_FDCWD, path, hex, strlen(hex), 0400, e);
}

static bool
member_launch(struct lab_house *h, const char *program, int n, struct err *e)
{
	AUTO_FREE char	*data = lab_path(h, "mongo/data%d", n);
	AUTO_FREE char	*log = lab_path(h, "log/mongod%d", n);
	AUTO_FREE char	*key = lab_path(h, "mongo/keyfile");
	AUTO_FREE char	*pem = lab_path(h, "tls/mongod.pem");
	AUTO_FREE char	*ca = lab_path(h, "tls/ca.pem");
	AUTO_FREE char	*libs = lab_cache_path("mongod/libssl1.1");
	AUTO_FREE char	*env = str_format("LD_LIBRARY_PATH=%s",
	    libs == NULL ? "" : libs);
	char		 port[16];
	const char	*argv[] = { program, "--dbpath", data, "--port", port,
	    "--bind_ip", h->has_ipv6 ? "127.0.0.1,::1" : "127.0.0.1",
	    "--replSet", "rs0", "--keyFile", key, "--nounixsocket",
	    "--tlsMode", "requireTLS", "--tlsCertificateKeyFile", pem,
	    "--tlsCAFile", ca, "--tlsAllowConnectionsWithoutCertificates",
	    "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64",
	    "--setParameter", "diagnosticDataCollectionEnabled=false",
	    h->has_ipv6 ? "--ipv6" : NULL, NULL };

	if (data == NULL || log == NULL || key == NULL || pem == NULL ||
	    ca == NULL || env == NULL)
		return err_nomem(e);
	h->mongo_ports[n] = lab_port_free();
	if (h->mongo_ports[n] == 0)
		return err_set(e, ERR_SYS, 0, T_LAB_PORT);
	snprintf(port, sizeof(port), "%d", h->mongo_ports[n]);
	/* The build for OpenSSL 3 takes no harm from a path without it. */
	h->mongods[n] = file_make_dirs(data, 0700, e) ?
	    lab_spawn(h, argv, env, log, e) : -1;
	return h->mongods[n] > 0;
}

bool
lab_mongod_launch(struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*program = mongod_find(h);

	if (program == NULL)
		return true;
	if (!key_file_write(h, e))
		return false;
	for (int n = 0; n < h->run->members; n++) {
		if (!member_launch(h, program, n, e))
			return false;
	}
	return true;
}

/* percent-encoded text, malloc'd: every byte that is not unreserved. */
static char *
percent(const char *s)
{
	struct buf	 b = BUF_INIT;

	for (; *s != '\0'; s++) {
		unsigned char	 c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr("-._~", c) != NULL)
			buf_putc(&b, (char)c);
		else
			buf_printf(&b, "%%%02X", c);
	}
	return buf_take(&b);
}

/* A client of member n only, as user (NULL: nobody). */
static mongoc_client_t *
member_client(struct lab_house *h, int n, const char *user,
    const char *password)
{
	AUTO_FREE char	*secret = percent(password == NULL ? "" : password);
	AUTO_FREE char	*login = user == NULL ? strdup("") :
	    str_format("%s:%s@", user, secret == NULL ? "" : secret);
	AUTO_FREE char	*uri = str_format("mongodb://%slocalhost:%d/?"
	    "directConnection=true&tls=true&tlsCAFile=%s/tls/ca.pem&"
	    "serverSelectionTimeoutMS=5000", login == NULL ? "" : login,
	    h->mongo_ports[n], h->dir);

	return uri == NULL ? NULL : mongoc_client_new(uri);
}

static bool
mongo_failed(struct err *e, const char *what, const bson_error_t *be)
{
	return err_set(e, ERR_MONGO, (int)be->code, T_LAB_MONGO, what,
	    be->message);
}

/* Runs one command written as JSON. */
static bool
command(mongoc_client_t *c, const char *db, const char *json, bson_t *reply,
    struct err *e)
{
	bson_error_t	 be = { 0 };
	bson_t		 ignored = BSON_INITIALIZER;
	bson_t		*cmd = bson_new_from_json((const uint8_t *)json, -1,
	    &be);
	bool		 ok = cmd != NULL;

	if (ok) {
		ok = mongoc_client_command_simple(c, db, cmd, NULL,
		    reply == NULL ? &ignored : reply, &be);
		bson_destroy(cmd);
	}
	bson_destroy(&ignored);
	if (!ok)
		return mongo_failed(e, db, &be);
	return true;
}

/* Is the member, asked without an account, up (or even the primary)? */
struct asking {
	mongoc_client_t	*client;
	const char	*field;		/* that must be true in the reply */
};

static bool
member_says(void *arg)
{
	struct asking	*a = arg;
	bson_t		 reply = BSON_INITIALIZER;
	bson_iter_t	 it;
	bool		 yes = command(a->client, "admin", "{\"isMaster\":1}",
	    &reply, NULL) && bson_iter_init_find(&it, &reply, a->field) &&
	    bson_iter_as_bool(&it);

	bson_destroy(&reply);
	return yes;
}

static bool
member_wait(struct lab_house *h, int n, mongoc_client_t *c,
    const char *field, struct err *e)
{
	AUTO_FREE char	*log = lab_path(h, "log/mongod%d", n);
	struct asking	 a = { c, field };

	if (log == NULL)
		return err_nomem(e);
	return lab_wait_ready(h, h->mongods[n], "mongod", log, START_S,
	    lab_port_answers, &h->mongo_ports[n], e) &&
	    lab_wait_ready(h, h->mongods[n], "mongod", log, START_S,
	    member_says, &a, e);
}

/* Short heartbeats and elections: everybody is on this machine. */
static bool
set_initiate(struct lab_house *h, mongoc_client_t *c, struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;

	buf_puts(&b, "{\"replSetInitiate\":{\"_id\":\"rs0\",\"settings\":{"
	    "\"electionTimeoutMillis\":2000,"
	    "\"heartbeatIntervalMillis\":500},\"members\":[");
	for (int n = 0; n < h->run->members; n++)
		buf_printf(&b, "%s{\"_id\":%d,\"host\":\"localhost:%d\","
		    "\"priority\":%d}", n == 0 ? "" : ",", n,
		    h->mongo_ports[n], n == 0 ? 2 : 1);
	buf_puts(&b, "]}}");
	return buf_ok(&b, e) && command(c, "admin", buf_str(&b), NULL, e);
}

static bool
first_user_create(struct lab_house *h, mongoc_client_t *c, struct err *e)
{
	/* Every sign that a connection string must percent-encode. */
	const char	*password = lab_secret(h, "mongo-user",
	    "p@ss:/?#[]%", e);
	AUTO_FREE char	*json = str_format("{\"createUser\":\"sametimeUser\","
	    "\"pwd\":\"%s\",\"roles\":[{\"role\":\"userAdminAnyDatabase\","
	    "\"db\":\"admin\"}]}", password == NULL ? "" : password);

	if (password == NULL)
		return false;
	if (json == NULL)
		return err_nomem(e);
	return command(c, "admin", json, NULL, e);
}

static bool
roles_grant(mongoc_client_t *c, struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;

	buf_puts(&b, "{\"grantRolesToUser\":\"sametimeUser\",\"roles\":[");
	for (size_t i = 0; i < LENGTH(databases); i++)
		buf_printf(&b, "%s{\"role\":\"readWrite\",\"db\":\"%s\"},"
		    "{\"role\":\"dbAdmin\",\"db\":\"%s\"}",
		    i == 0 ? "" : ",", databases[i], databases[i]);
	buf_puts(&b, "]}");
	return buf_ok(&b, e) && command(c, "admin", buf_str(&b), NULL, e);
}

static bool
user_create(struct lab_house *h, mongoc_client_t *c, const char *user,
    const char *file, const char *role, struct err *e)
{
	const char	*password = lab_secret(h, file, "", e);
	AUTO_FREE char	*json = str_format("{\"createUser\":\"%s\","
	    "\"pwd\":\"%s\",\"roles\":[{\"role\":\"%s\",\"db\":\"admin\"}]}",
	    user, password == NULL ? "" : password, role);

	if (password == NULL)
		return false;
	if (json == NULL)
		return err_nomem(e);
	return command(c, "admin", json, NULL, e);
}

/* The client certificate of tls.c may read the administrators. */
static const char x509_user[] = "{\"createUser\":"
    "\"CN=sametimeX509,OU=Applications,O=Corp Test\",\"roles\":"
    "[{\"role\":\"readWrite\",\"db\":\"meeting\"}]}";

static bool
data_insert(mongoc_client_t *c, struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;

	buf_puts(&b, "{\"insert\":\"administrators\",\"documents\":[");
	for (size_t i = 0; i < LENGTH(administrators); i++)
		buf_printf(&b, "%s{\"_id\":\"%s\",\"email\":\"%s\"}",
		    i == 0 ? "" : ",", administrators[i].id,
		    administrators[i].email);
	buf_puts(&b, "]}");
	return buf_ok(&b, e) && command(c, "meeting", buf_str(&b), NULL, e) &&
	    command(c, "chatlogging", "{\"insert\":\"EVENTS\","
	    "\"documents\":[{\"_id\":\"dummy\"}]}", NULL, e) &&
	    command(c, "chatlogging", "{\"insert\":\"SESSIONS\","
	    "\"documents\":[{\"_id\":\"dummy\"}]}", NULL, e);
}

static bool
set_fill(struct lab_house *h, struct err *e)
{
	mongoc_client_t	*c = member_client(h, 0, "sametimeUser",
	    json_text(h->secrets, "mongo-user"));
	bool		 ok = c != NULL && roles_grant(c, e) &&
	    user_create(h, c, "sametimeClusterAdmin", "mongo-cluster-admin",
	    "clusterAdmin", e) &&
	    user_create(h, c, "sametimeMonitor", "mongo-monitor",
	    "clusterMonitor", e) &&
	    user_create(h, c, "labRoot", "mongo-root", "root", e) &&
	    command(c, "$external", x509_user, NULL, e);

	if (c == NULL)
		err_nomem(e);
	mongoc_client_destroy(c);
	if (!ok)
		return false;
	/* A new login: granted roles count from there on. */
	c = member_client(h, 0, "sametimeUser",
	    json_text(h->secrets, "mongo-user"));
	ok = c != NULL ? data_insert(c, e) : err_nomem(e);
	mongoc_client_destroy(c);
	return ok;
}

/* secrets/NAME-url: the whole connection string of an account. */
static bool
url_put(struct lab_house *h, const char *user, const char *file,
    const char *word, struct err *e)
{
	AUTO_FREE char		*secret = percent(json_text(h->secrets,
	    file));
	AUTO_FREE char		*name = str_format("%s-url", file);
	AUTO_BUF struct buf	 b = BUF_INIT;

	buf_printf(&b, "mongodb://%s:%s@", user, secret == NULL ? "" :
	    secret);
	for (int n = 0; n < h->run->members; n++)
		buf_printf(&b, "%slocalhost:%d", n == 0 ? "" : ",",
		    h->mongo_ports[n]);
	buf_printf(&b, "/?replicaSet=rs0&authSource=admin&retryWrites=true&"
	    "w=majority&tls=true&tlsCAFile=%s/tls/ca.pem", h->dir);
	if (name == NULL || !buf_ok(&b, e) ||
	    (word != NULL && !lab_word(h, word, "%s", buf_str(&b))))
		return err_nomem(e);
	return lab_secret_put(h, name, buf_str(&b), e);
}

static json_t *
members_fact(const struct lab_house *h)
{
	json_t	*list = json_array();

	for (int n = 0; list != NULL && n < h->run->members; n++) {
		json_t	*m = lab_child_fact(h, h->mongods[n]);

		json_object_set_new(m, "port",
		    json_integer(h->mongo_ports[n]));
		json_array_append_new(list, m);
	}
	return list;
}

static json_t *
account_fact(const char *user, const char *file)
{
	return json_pack("{s:s, s:s+, s:s++}", "user", user,
	    "password_file", "secrets/", file,
	    "url_file", "secrets/", file, "-url");
}

static bool
mongo_facts(struct lab_house *h, struct err *e)
{
	if (!url_put(h, "sametimeUser", "mongo-user", "MONGO_URL", e) ||
	    !url_put(h, "sametimeClusterAdmin", "mongo-cluster-admin", NULL,
	    e) || !url_put(h, "sametimeMonitor", "mongo-monitor", NULL, e) ||
	    !url_put(h, "labRoot", "mongo-root", NULL, e))
		return false;
	if (!lab_word(h, "MONGO_PORT", "%d", h->mongo_ports[0]))
		return err_nomem(e);
	return lab_fact(h, "mongo", json_pack(
	    "{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "set", "rs0", "host",
	    "localhost", "port", h->mongo_ports[0], "members",
	    members_fact(h),
	    "account", account_fact("sametimeUser", "mongo-user"),
	    "cluster_admin", account_fact("sametimeClusterAdmin",
	    "mongo-cluster-admin"),
	    "monitor", account_fact("sametimeMonitor", "mongo-monitor"),
	    "root", account_fact("labRoot", "mongo-root")), e);
}

static bool
set_prepare(struct lab_house *h, struct err *e)
{
	mongoc_client_t	*c = member_client(h, 0, NULL, NULL);
	bool		 ok = c != NULL;

	if (!ok)
		err_nomem(e);
	for (int n = 1; ok && n < h->run->members; n++) {
		mongoc_client_t	*m = member_client(h, n, NULL, NULL);

		ok = m != NULL && member_wait(h, n, m, "ok", e);
		mongoc_client_destroy(m);
	}
	ok = ok && member_wait(h, 0, c, "ok", e) && set_initiate(h, c, e) &&
	    member_wait(h, 0, c, "ismaster", e) &&
	    first_user_create(h, c, e);
	mongoc_client_destroy(c);
	return ok;
}

/* A set is ready when all of its members are, not only the first. */
static bool
secondaries_wait(struct lab_house *h, struct err *e)
{
	bool	 ok = true;

	for (int n = 1; ok && n < h->run->members; n++) {
		mongoc_client_t	*m = member_client(h, n, NULL, NULL);

		ok = m != NULL ? member_wait(h, n, m, "secondary", e) :
		    err_nomem(e);
		mongoc_client_destroy(m);
	}
	return ok;
}

bool
lab_mongod_prepare(struct lab_house *h, struct err *e)
{
	if (h->mongods[0] <= 0)
		return true;
	return set_prepare(h, e) && set_fill(h, e) &&
	    secondaries_wait(h, e) && mongo_facts(h, e);
}
