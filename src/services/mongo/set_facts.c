/*
 * What a member says of itself beyond state and version: options, host, load,
 * oplog, connections.  Each question may be refused for itself; the reason is
 * kept beside the null.
 */
#include "set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_set.def"

#define MASK	"***"

/* Passwords of key files and proxies: mongod hides most of them itself. */
static bool
name_is_secret(const char *name)
{
	return strcasestr(name, "password") != NULL ||
	    strcasestr(name, "passphrase") != NULL ||
	    strcasestr(name, "queryUser") != NULL;
}

static void
options_mask(json_t *options)
{
	const char	*key;
	json_t		*value;
	void		*tmp;

	json_object_foreach_safe (options, tmp, key, value) {
		if (json_is_object(value))
			options_mask(value);
		else if (json_is_string(value) && name_is_secret(key))
			json_object_set_new(options, key, json_string(MASK));
	}
}

/* "--x PASSWORD" and "--x=PASSWORD". */
static void
argv_mask(json_t *argv)
{
	bool	 hides = false;
	size_t	 i;

	for (i = 0; i < json_array_size(argv); i++) {
		const char	*word = json_string_value(json_array_get(argv,
		    i));
		AUTO_FREE char	*shown = NULL;

		if (word == NULL)
			continue;
		if (hides)
			shown = strdup(MASK);
		else if (word[0] == '-' && name_is_secret(word) &&
		    strchr(word, '=') != NULL)
			shown = str_format("%.*s=" MASK,
			    (int)strcspn(word, "="), word);
		hides = !hides && shown == NULL && word[0] == '-' &&
		    name_is_secret(word);
		if (shown != NULL)
			json_array_set_new(argv, i, json_string(shown));
	}
}

static bool
facts_options(struct mongo *m, json_t *member, struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *r = set_command(m, "{\"getCmdLineOpts\":1}",
	    "clusterMonitor", &why);
	json_t		*parsed, *argv;
	const char	*config;

	if (r == NULL)
		return set_unknown(member, "options", why.msg, e) &&
		    set_unknown(member, "argv", why.msg, e) &&
		    set_put(member, "config_file", json_null(), e);
	parsed = json_deep_copy(json_object_get(r, "parsed"));
	argv = json_deep_copy(json_object_get(r, "argv"));
	options_mask(parsed);
	argv_mask(argv);
	config = json_str(parsed, "config");
	return set_put(member, "config_file", config == NULL ? json_null() :
	    json_string(config), e) && set_put(member, "options", parsed, e) &&
	    set_put(member, "argv", argv, e);
}

static bool
facts_host(struct mongo *m, json_t *member, struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *r = set_command(m, "{\"hostInfo\":1}",
	    "clusterMonitor", &why);
	const json_t	*os, *system, *extra;
	const char	*features;

	if (r == NULL)
		return set_unknown(member, "host", why.msg, e);
	os = json_object_get(r, "os");
	system = json_object_get(r, "system");
	extra = json_object_get(r, "extra");
	/* 6.0.5 answers with one inside the other. */
	if (json_is_object(json_object_get(extra, "extra")))
		extra = json_object_get(extra, "extra");
	features = json_str(extra, "cpuFeatures");
	return set_put(member, "host", json_pack(
	    "{s:s,s:s,s:s,s:s,s:o,s:I}", "os", json_text(os, "name"),
	    "os_version", json_text(os, "version"), "kernel",
	    json_text(extra, "kernelVersion"), "arch", json_text(system,
	    "cpuArch"), "cpu_features", features == NULL ? json_null() :
	    json_string(features), "memory_mb", (json_int_t)json_int(system,
	    "memSizeMB", 0)), e);
}

static bool
facts_server(struct mongo *m, json_t *member, struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *r = set_command(m, "{\"serverStatus\":1}",
	    "clusterMonitor", &why);
	const json_t	*cache;
	int64_t		 block;

	if (r == NULL)
		return set_unknown(member, "storage_engine", why.msg, e) &&
		    set_unknown(member, "uptime_s", why.msg, e) &&
		    set_unknown(member, "cache", why.msg, e) &&
		    set_put(member, "write_block", json_null(), e) &&
		    set_put(member, "pid", json_null(), e);
	cache = json_object_get(json_object_get(r, "wiredTiger"), "cache");
	block = json_int(json_object_get(r, "repl"), "userWriteBlockMode", 0);
	return set_put(member, "storage_engine", json_string(json_text(
	    json_object_get(r, "storageEngine"), "name")), e) &&
	    set_put(member, "uptime_s", json_integer(
	    (json_int_t)json_number_value(json_object_get(r, "uptime"))), e) &&
	    set_put(member, "pid", json_integer(json_int(r, "pid", 0)), e) &&
	    set_put(member, "connections_now", json_integer(json_int(
	    json_object_get(r, "connections"), "current", 0)), e) &&
	    set_put(member, "write_block", block == 0 ? json_null() :
	    json_boolean(block == 2), e) &&
	    set_put(member, "cache", cache == NULL ? json_null() : json_pack(
	    "{s:I,s:I}", "used_bytes", (json_int_t)json_int(cache,
	    "bytes currently in the cache", 0), "max_bytes",
	    (json_int_t)json_int(cache, "maximum bytes configured", 0)), e);
}

/* The first entry, or the last. */
static bool
oplog_time(struct mongo *m, int way, int64_t *t, struct err *why)
{
	AUTO_FREE char	*find = str_format("{\"find\":\"oplog.rs\",\"sort\":"
	    "{\"$natural\":%d},\"limit\":1,\"projection\":{\"ts\":1}}", way);
	AUTO_JSON json_t *r = NULL;
	const json_t	*first;

	if (find == NULL)
		return err_nomem(why);
	r = set_command_on(m, "local", find, "clusterMonitor", why);
	if (r == NULL)
		return false;
	first = json_array_get(json_object_get(json_object_get(r, "cursor"),
	    "firstBatch"), 0);
	*t = json_int(json_object_get(json_object_get(first, "ts"),
	    "$timestamp"), "t", 0);
	return true;
}

static bool
facts_oplog(struct mongo *m, json_t *member, struct err *e)
{
	AUTO_JSON json_t *r = NULL;
	struct err	 why;
	int64_t		 first, last;

	if (str_equal(json_text(member, "state"), "STANDALONE"))
		return set_unknown(member, "oplog", T_SET_ALONE, e);
	if (str_equal(json_text(member, "state"), "ARBITER"))
		return set_unknown(member, "oplog", T_SET_ARBITER_DATA, e);
	if (!oplog_time(m, 1, &first, &why) || !oplog_time(m, -1, &last, &why))
		return set_unknown(member, "oplog", why.msg, e);
	r = set_command_on(m, "local", "{\"collStats\":\"oplog.rs\"}",
	    "clusterMonitor", &why);
	if (r == NULL)
		return set_unknown(member, "oplog", why.msg, e);
	return set_put(member, "oplog", json_pack("{s:f,s:I,s:I}", "hours",
	    (double)(last - first) / 3600.0, "size_bytes",
	    (json_int_t)json_int(r, "maxSize", 0), "used_bytes",
	    (json_int_t)json_int(r, "size", 0)), e);
}

static bool
facts_disk(struct mongo *m, json_t *member, struct err *e)
{
	const char	*path = json_str(json_object_get(json_object_get(
	    member, "options"), "storage"), "dbPath");
	struct err	 why;
	AUTO_JSON json_t *r = set_command(m, "{\"dbStats\":1}",
	    "clusterMonitor", &why);
	int64_t		 total;

	if (r == NULL)
		return set_unknown(member, "disk", why.msg, e);
	/* Numbers of a file system may come as doubles. */
	total = (int64_t)json_number_value(json_object_get(r, "fsTotalSize"));
	return set_put(member, "disk", json_pack("{s:s,s:I,s:I}", "path",
	    path == NULL ? "/data/db" : path, "free_bytes",
	    (json_int_t)(total - (int64_t)json_number_value(json_object_get(r,
	    "fsUsedSize"))), "total_bytes", (json_int_t)total), e);
}

/* The entry of a driver in the list, made when it is new. */
static json_t *
driver_entry(json_t *list, const json_t *meta, const char *app)
{
	const json_t	*driver = json_object_get(meta, "driver");
	const char	*name = json_text(driver, "name");
	const char	*version = json_text(driver, "version");
	json_t		*d;
	size_t		 i;

	json_array_foreach (list, i, d)
		if (str_equal(json_text(d, "name"), name) &&
		    str_equal(json_text(d, "version"), version) &&
		    str_equal(json_text(d, "app"), app))
			return d;
	d = json_pack("{s:s,s:s,s:s,s:s,s:i}", "name", name, "version",
	    version, "app", app, "platform", json_text(meta, "platform"),
	    "count", 0);
	json_array_append_new(list, d);
	return d;
}

static void
op_count(const json_t *op, json_t *drivers, json_t *ops)
{
	const json_t	*meta = json_object_get(op, "clientMetadata");
	const json_t	*cmd = json_object_get(op, "command");
	const char	*msg = json_text(op, "msg");
	int64_t		 since = set_number(json_object_get(op,
	    "transaction"), "timeOpenMicros", 0) / 1000000;
	json_t		*d;

	if (json_object_get(meta, "driver") != NULL) {
		d = driver_entry(drivers, meta, json_text(op, "appName"));
		json_object_set_new(d, "count", json_integer(json_int(d,
		    "count", 0) + 1));
	}
	if (str_starts(msg, "Index Build") ||
	    json_object_get(cmd, "createIndexes") != NULL)
		json_object_set_new(ops, "index_builds", json_integer(
		    json_int(ops, "index_builds", 0) + 1));
	if (json_object_get(cmd, "compact") != NULL ||
	    json_object_get(cmd, "validate") != NULL)
		json_object_set_new(ops, "maintenance", json_true());
	if (json_object_get(cmd, "setFeatureCompatibilityVersion") != NULL)
		json_object_set_new(ops, "fcv_change", json_true());
	if (since > json_int(ops, "oldest_transaction_s", 0))
		json_object_set_new(ops, "oldest_transaction_s",
		    json_integer(since));
}

static bool
facts_ops(struct mongo *m, json_t *member, struct err *e)
{
	AUTO_JSON json_t *drivers = json_array();
	AUTO_JSON json_t *ops = json_pack("{s:i,s:b,s:b,s:b,s:i}",
	    "index_builds", 0, "maintenance", 0, "initial_sync",
	    str_equal(json_text(member, "state"), "STARTUP2"), "fcv_change",
	    0, "oldest_transaction_s", 0);
	struct err	 why;
	AUTO_JSON json_t *r = set_command(m, "{\"currentOp\":1,\"$all\":true}",
	    "clusterMonitor", &why);
	const json_t	*op;
	size_t		 i;

	if (drivers == NULL || ops == NULL)
		return err_nomem(e);
	if (r == NULL)
		return set_unknown(member, "ops", why.msg, e) &&
		    set_unknown(member, "connections", why.msg, e);
	json_array_foreach (json_object_get(r, "inprog"), i, op)
		op_count(op, drivers, ops);
	return set_put(member, "ops", json_incref(ops), e) &&
	    set_put(member, "connections", json_pack("{s:I,s:O}", "current",
	    (json_int_t)json_int(member, "connections_now", 0), "drivers",
	    drivers), e);
}

/* The primary's; set_join.c takes it to the head of the document. */
static bool
facts_concern(struct mongo *m, json_t *member, struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *r = NULL;
	json_t		*concern, *source;

	if (!str_equal(json_text(member, "state"), "PRIMARY"))
		return true;
	r = set_command(m, "{\"getDefaultRWConcern\":1}", "clusterMonitor",
	    &why);
	if (r == NULL)
		return set_unknown(member, "default_write_concern", why.msg,
		    e) && set_put(member, "default_write_concern_source",
		    json_null(), e);
	concern = json_object_get(r, "defaultWriteConcern");
	source = json_object_get(r, "defaultWriteConcernSource");
	return set_put(member, "default_write_concern", concern == NULL ?
	    json_null() : json_deep_copy(concern), e) &&
	    set_put(member, "default_write_concern_source", source == NULL ?
	    json_null() : json_copy(source), e);
}

/* What nobody without an account gets to know. */
static bool
facts_refused(json_t *member, const char *why, struct err *e)
{
	static const char *const names[] = { "storage_engine", "uptime_s",
		"pid", "oplog", "disk", "cache", "connections", "options",
		"argv", "config_file", "host", "ops", "write_block" };
	size_t	 i;

	for (i = 0; i < LENGTH(names); i++)
		if (!set_unknown(member, names[i], why, e))
			return false;
	return true;
}

bool
set_facts_add(struct set_look *look, struct err *e)
{
	struct mongo	*m = look->m;
	json_t		*member = look->out;
	bool		 ok;

	if (look->is_refused)
		return facts_refused(member, look->is_arbiter ?
		    T_SET_ARBITER : look->login.msg, e) &&
		    set_tls_add(look, e);
	ok = facts_options(m, member, e) && facts_host(m, member, e) &&
	    facts_server(m, member, e) && facts_oplog(m, member, e) &&
	    facts_disk(m, member, e) && facts_ops(m, member, e) &&
	    facts_concern(m, member, e) && set_tls_add(look, e);
	json_object_del(member, "connections_now");
	return ok;
}
