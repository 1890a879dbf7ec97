/*
 * One entry a command, with the page that it is from; facts that need no
 * rule of their own are here as well.  A command that is not in the table is
 * refused with 59, as one that the server does not know.
 */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "stconsole/json.h"

#define OPLOG_SIZE	67108864

json_t *
yes(json_t *reply)
{
	json_object_set_new(reply, "ok", json_real(1));
	return reply;
}

json_t *
refuse(int code, const char *name, const char *fmt, ...)
{
	char	 text[512];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return json_pack("{s:f, s:s, s:i, s:s}", "ok", 0.0, "errmsg", text,
	    "code", code, "codeName", name);
}

static json_t *
just_yes(const char *db, const json_t *c)
{
	(void)db;
	(void)c;
	return yes(json_object());
}

static json_t *
build_info(const char *db, const json_t *c)
{
	int	 a = 0, b = 0, p = 0;

	(void)db;
	(void)c;
	sscanf(me->version, "%d.%d.%d", &a, &b, &p);
	return yes(json_pack("{s:s, s:s, s:[], s:s, s:[i,i,i,i], s:i, s:b,"
	    " s:i, s:[s,s]}", "version", me->version, "gitVersion", "model",
	    "modules", "allocator", "model", "versionArray", a, b, p, 0,
	    "bits", 64, "debug", 0, "maxBsonObjectSize", 16777216,
	    "storageEngines", "devnull", "wiredTiger"));
}

static json_t *
cmd_line(const char *db, const json_t *c)
{
	(void)db;
	(void)c;
	return yes(json_pack("{s:O, s:O}", "argv", opt.argv, "parsed",
	    opt.parsed));
}

/* Manual, hostInfo; seen: 6.0 has extra in extra (later ones unverified). */
static json_t *
host_info(const char *db, const json_t *c)
{
	json_t		*extra = json_pack("{s:s, s:s, s:s}", "versionString",
	    "Linux version 6.1.0", "kernelVersion", "6.1.0", "cpuFeatures",
	    "fpu sse2 avx avx2");
	struct utsname	 u;

	(void)db;
	(void)c;
	uname(&u);
	if (version_from(me, "6.0"))
		extra = json_pack("{s:o}", "extra", extra);
	return yes(json_pack("{s:{s:s, s:s, s:I, s:I}, s:{s:s, s:s, s:s},"
	    " s:o}", "system", "hostname", u.nodename,
	    "cpuArch", u.machine, "memSizeMB", (json_int_t)4096, "numCores",
	    (json_int_t)2, "os", "type", "Linux", "name",
	    "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"", "version",
	    "Kernel 6.1.0", "extra", extra));
}

static json_t *
server_status(const char *db, const json_t *c)
{
	struct world	 w;
	int64_t		 since;

	(void)db;
	(void)c;
	world_enter(&w);
	since = json_int(world_self(&w), "since", 0);
	world_leave(&w, false);
	return yes(json_pack("{s:s, s:s, s:I, s:f, s:{s:i, s:i}, s:{s:s},"
	    " s:{s:{s:i, s:i}}}", "version", me->version, "process", "mongod",
	    "pid", (json_int_t)getpid(), "uptime", (double)((now_ms() -
	    since) / 1000), "connections", "current", 1, "available", 800,
	    "storageEngine", "name", "wiredTiger", "wiredTiger", "cache",
	    "bytes currently in the cache", 1000000,
	    "maximum bytes configured", 268435456));
}

static json_t *
current_op(const char *db, const json_t *c)
{
	(void)db;
	(void)c;
	return yes(json_pack("{s:[]}", "inprog"));
}

/* Manual, connectionStatus: nobody logs in to the model. */
static json_t *
connection_status(const char *db, const json_t *c)
{
	(void)db;
	(void)c;
	return yes(json_pack("{s:{s:[], s:[]}}", "authInfo",
	    "authenticatedUsers", "authenticatedUserRoles"));
}

static json_t *
list_databases(const char *db, const json_t *c)
{
	(void)db;
	(void)c;
	return yes(json_pack("{s:[{s:s,s:i,s:b},{s:s,s:i,s:b}], s:i}",
	    "databases", "name", "admin", "sizeOnDisk", 40960, "empty", 0,
	    "name", "local", "sizeOnDisk", 40960, "empty", 0, "totalSize",
	    81920));
}

static json_t *
cursor(const char *db, const char *name, json_t *batch)
{
	json_t	*ns = json_sprintf("%s.%s", db, name);

	return yes(json_pack("{s:{s:i, s:o, s:o}}", "cursor", "id", 0, "ns",
	    ns, "firstBatch", batch));
}

static json_t *
list_collections(const char *db, const json_t *c)
{
	(void)c;
	return cursor(db, "$cmd.listCollections", json_array());
}

static json_t *
list_indexes(const char *db, const json_t *c)
{
	return refuse(26, "NamespaceNotFound", "ns does not exist: %s.%s", db,
	    json_text(c, "listIndexes"));
}

/* Manual, dbStats: fsUsedSize and fsTotalSize are doubles. */
static json_t *
db_stats(const char *db, const json_t *c)
{
	struct statvfs	 v;

	(void)c;
	if (statvfs(opt.db_path, &v) != 0)
		memset(&v, 0, sizeof(v));
	return yes(json_pack("{s:s, s:i, s:f, s:f}", "db", db, "collections",
	    0, "fsUsedSize", (double)(v.f_blocks - v.f_bavail) *
	    (double)v.f_frsize, "fsTotalSize", (double)v.f_blocks *
	    (double)v.f_frsize));
}

static json_t *
coll_stats(const char *db, const json_t *c)
{
	return yes(json_pack("{s:o, s:i, s:i, s:b, s:i}", "ns",
	    json_sprintf("%s.%s", db, json_text(c, "collStats")), "size",
	    1000, "count", 10, "capped", 1, "maxSize", OPLOG_SIZE));
}

/* Manual, getDefaultRWConcern (since 4.4): implicit, see 5.0's page. */
static json_t *
default_concern(const char *db, const json_t *c)
{
	json_t	*r = json_object();

	(void)db;
	(void)c;
	if (!version_from(me, "5.0"))
		return yes(r);
	json_object_set_new(r, "defaultWriteConcern", json_pack("{s:s,s:i}",
	    "w", "majority", "wtimeout", 0));
	json_object_set_new(r, "defaultWriteConcernSource",
	    json_string("implicit"));
	return yes(r);
}

static json_t *
oplog_entry(const struct world *w, bool newest)
{
	const json_t	*at = json_object_get(w->doc, "optime");

	return json_pack("{s:{s:{s:I, s:I}}}", "ts", "$timestamp", "t",
	    (json_int_t)(json_int(at, "t", 0) - (newest ? 0 : 30 * 86400)),
	    "i", (json_int_t)json_int(at, "i", 0));
}

/* The ends of the oplog (30 days of it), the FCV, the configuration. */
static json_t *
find(const char *db, const json_t *c)
{
	const char	*name = json_text(c, "find");
	json_t		*batch = json_array(), *fcv;
	struct world	 w;

	world_enter(&w);
	fcv = json_object_get(w.doc, "fcv");
	if (strcmp(name, "oplog.rs") == 0)
		json_array_append_new(batch, oplog_entry(&w, json_int(
		    json_object_get(c, "sort"), "$natural", 1) < 0));
	if (strcmp(name, "system.version") == 0 && fcv != NULL) {
		fcv = json_deep_copy(fcv);
		json_object_set_new(fcv, "_id", json_string(
		    "featureCompatibilityVersion"));
		json_array_append_new(batch, fcv);
	}
	if (strcmp(name, "system.replset") == 0 &&
	    json_object_get(w.doc, "config") != NULL)
		json_array_append_new(batch, json_deep_copy(json_object_get(
		    w.doc, "config")));
	world_leave(&w, false);
	return cursor(db, name, batch);
}

static const struct rule {
	const char	*name;
	json_t		*(*answer)(const char *db, const json_t *c);
	const char	*since;		/* NULL: always */
	const char	*source;
} rules[] = {
	{ "hello", rule_hello, NULL, "manual hello" },
	{ "isMaster", rule_hello, NULL, "manual isMaster" },
	{ "ismaster", rule_hello, NULL, "manual isMaster" },
	{ "ping", just_yes, NULL, "manual ping" },
	{ "endSessions", just_yes, NULL, "manual endSessions" },
	{ "buildInfo", build_info, NULL, "manual buildInfo" },
	{ "getParameter", rule_get_parameter, NULL, "manual getParameter" },
	{ "setFeatureCompatibilityVersion", rule_set_fcv, NULL,
	  "manual setFeatureCompatibilityVersion" },
	{ "replSetGetStatus", rule_status, NULL, "manual replSetGetStatus" },
	{ "replSetGetConfig", rule_config, NULL, "manual replSetGetConfig" },
	{ "replSetInitiate", rule_initiate, NULL, "manual replSetInitiate" },
	{ "replSetStepDown", rule_step_down, NULL, "manual replSetStepDown" },
	{ "replSetFreeze", rule_freeze, NULL, "manual replSetFreeze" },
	{ "shutdown", rule_shutdown, NULL, "manual shutdown" },
	{ "appendOplogNote", rule_note, NULL,
	  "seen; the manual has it only as a privilege action" },
	{ "getCmdLineOpts", cmd_line, NULL, "manual getCmdLineOpts" },
	{ "hostInfo", host_info, NULL, "manual hostInfo" },
	{ "serverStatus", server_status, NULL, "manual serverStatus" },
	{ "currentOp", current_op, NULL, "manual currentOp" },
	{ "connectionStatus", connection_status, NULL,
	  "manual connectionStatus" },
	{ "listDatabases", list_databases, NULL, "manual listDatabases" },
	{ "listCollections", list_collections, NULL,
	  "manual listCollections" },
	{ "listIndexes", list_indexes, NULL, "manual listIndexes" },
	{ "dbStats", db_stats, NULL, "manual dbStats" },
	{ "collStats", coll_stats, NULL, "manual collStats" },
	{ "getDefaultRWConcern", default_concern, NULL,
	  "manual getDefaultRWConcern" },
	{ "find", find, NULL, "manual find" },
};

json_t *
rules_answer(const char *db, const json_t *command)
{
	const char	*name = json_object_iter_key(json_object_iter(
	    (json_t *)(uintptr_t)command));

	for (size_t i = 0; i < ARRAY(rules); i++) {
		if (name != NULL && strcmp(name, rules[i].name) == 0 &&
		    (rules[i].since == NULL ||
		    version_from(me, rules[i].since)))
			return rules[i].answer(db, command);
	}
	return refuse(59, "CommandNotFound", "no such command: '%s'",
	    name == NULL ? "" : name);
}
