/*
 * The set's accounts, roles and first documents as HCL documents them for
 * Sametime 12: create the first user with userAdminAnyDatabase through the
 * localhost exception, grant the rest as that user.
 */
#include "mongod.h"

#include <string.h>

#include "stconsole/buf.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "text.def"

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

static bool
is_arbiter(const struct lab_house *h, int n)
{
	return h->run->mongo.has_arbiter && n == h->run->members - 1;
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
		buf_printf(&b, "%s{\"_id\":%d,\"host\":\"localhost:%d\",%s}",
		    n == 0 ? "" : ",", n, h->mongo_ports[n],
		    is_arbiter(h, n) ? "\"arbiterOnly\":true" :
		    n == 0 ? "\"priority\":2" : "\"priority\":1");
	buf_puts(&b, "]}}");
	return buf_ok(&b, e) && lab_member_command(c, "admin", buf_str(&b),
	    NULL, e);
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
	return lab_member_command(c, "admin", json, NULL, e);
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
	return buf_ok(&b, e) && lab_member_command(c, "admin", buf_str(&b),
	    NULL, e);
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
	return lab_member_command(c, "admin", json, NULL, e);
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
	return buf_ok(&b, e) && lab_member_command(c, "meeting", buf_str(&b),
	    NULL, e) &&
	    lab_member_command(c, "chatlogging", "{\"insert\":\"EVENTS\","
	    "\"documents\":[{\"_id\":\"dummy\"}]}", NULL, e) &&
	    lab_member_command(c, "chatlogging", "{\"insert\":\"SESSIONS\","
	    "\"documents\":[{\"_id\":\"dummy\"}]}", NULL, e);
}

static bool
accounts_create(struct lab_house *h, struct err *e)
{
	mongoc_client_t	*c = lab_member_client(h, 0, "sametimeUser",
	    json_text(h->secrets, "mongo-user"));
	bool		 ok = c != NULL ? roles_grant(c, e) : err_nomem(e);

	ok = ok && user_create(h, c, "sametimeClusterAdmin",
	    "mongo-cluster-admin", "clusterAdmin", e) &&
	    user_create(h, c, "sametimeMonitor", "mongo-monitor",
	    "clusterMonitor", e) &&
	    user_create(h, c, "labRoot", "mongo-root", "root", e) &&
	    lab_member_command(c, "$external", x509_user, NULL, e);
	mongoc_client_destroy(c);
	return ok;
}

/* A login of its own: roles granted before it count. */
static bool
set_fill(struct lab_house *h, struct err *e)
{
	mongoc_client_t	*c = lab_member_client(h, 0,
	    h->run->mongo.has_no_auth ? NULL : "sametimeUser",
	    json_text(h->secrets, "mongo-user"));
	bool		 ok = c != NULL ? data_insert(c, e) : err_nomem(e);

	mongoc_client_destroy(c);
	return ok;
}

/* secrets/NAME-url: the whole connection string of an account. */
static bool
url_put(struct lab_house *h, const char *user, const char *file,
    const char *word, struct err *e)
{
	AUTO_FREE char		*secret = lab_percent(json_text(h->secrets,
	    file));
	AUTO_FREE char		*name = str_format("%s-url", file);
	AUTO_BUF struct buf	 b = BUF_INIT;
	const struct lab_mongod	*way = &h->run->mongo;

	buf_puts(&b, "mongodb://");
	if (!way->has_no_auth)
		buf_printf(&b, "%s:%s@", user, secret == NULL ? "" : secret);
	for (int n = 0; n < h->run->members; n++)
		buf_printf(&b, "%slocalhost:%d", n == 0 ? "" : ",",
		    h->mongo_ports[n]);
	buf_printf(&b, "/?%s%sretryWrites=true&w=majority",
	    way->is_alone ? "" : "replicaSet=rs0&",
	    way->has_no_auth ? "" : "authSource=admin&");
	if (!way->has_no_tls)
		buf_printf(&b, "&tls=true&tlsCAFile=%s/tls/ca.pem", h->dir);
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
member_await(struct lab_house *h, int n, const char *field, struct err *e)
{
	mongoc_client_t	*m = lab_member_client(h, n, NULL, NULL);
	bool		 ok = m != NULL ? lab_member_wait(h, n, m, field, e) :
	    err_nomem(e);

	mongoc_client_destroy(m);
	return ok;
}

static bool
set_prepare(struct lab_house *h, struct err *e)
{
	mongoc_client_t	*c = lab_member_client(h, 0, NULL, NULL);
	bool		 ok = c != NULL;

	if (!ok)
		err_nomem(e);
	for (int n = 0; ok && n < h->run->members; n++)
		ok = member_await(h, n, "ok", e);
	ok = ok && (h->run->mongo.is_alone || set_initiate(h, c, e)) &&
	    lab_member_wait(h, 0, c, "ismaster", e) &&
	    (h->run->mongo.has_no_auth || first_user_create(h, c, e));
	mongoc_client_destroy(c);
	return ok;
}

/* A set is ready when all of its members are, not only the first. */
static bool
secondaries_wait(struct lab_house *h, struct err *e)
{
	for (int n = 1; n < h->run->members; n++) {
		if (!member_await(h, n, is_arbiter(h, n) ? "arbiterOnly" :
		    "secondary", e))
			return false;
	}
	return true;
}

bool
lab_mongod_prepare(struct lab_house *h, struct err *e)
{
	if (h->mongods[0] <= 0)
		return true;
	return set_prepare(h, e) &&
	    (h->run->mongo.has_no_auth || accounts_create(h, e)) &&
	    (h->run->mongo.has_no_data || set_fill(h, e)) &&
	    secondaries_wait(h, e) && mongo_facts(h, e);
}
