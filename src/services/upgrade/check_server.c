/*
 * Rules about each server: oplog, what it is doing, options, host, drivers,
 * disk, TLS, how it is run.
 */
#include "check_parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "how_options.h"
#include "text_check.def"

#define OPLOG_MIN_H	0.34	/* four outages of five minutes */
#define OPLOG_WARN_H	24.0
#define OLD_TRANSACTION_S	60
#define TLS_SOON_DAYS	30

static void
look_oplog(struct check_run *r, const json_t *m)
{
	const json_t	*oplog = json_object_get(m, "oplog");
	double		 hours = json_number_value(json_object_get(oplog,
	    "hours"));
	int64_t		 size = json_int(oplog, "size_bytes", 0);
	bool		 is_full;

	if (check_is_arbiter(m) || str_equal(json_text(m, "state"),
	    "STANDALONE"))
		return;
	if (!json_is_object(oplog)) {
		found_unknown(r, m, "oplog");
		return;
	}
	/* A young one is not full yet: it will hold longer than it has. */
	is_full = json_int(oplog, "used_bytes", 0) >= size / 10 * 9;
	if (is_full && hours < OPLOG_MIN_H)
		found(r, VERDICT_BLOCK, m, T_CHECK_OPLOG_FIX, T_CHECK_OPLOG,
		    hours);
	else if (is_full && hours < OPLOG_WARN_H)
		found(r, VERDICT_WARN, m, T_CHECK_OPLOG_FIX, T_CHECK_OPLOG,
		    hours);
	else
		found(r, VERDICT_OK, m, NULL, T_CHECK_OPLOG, hours);
}

static void
look_ops(struct check_run *r, const json_t *m)
{
	const json_t	*ops = json_object_get(m, "ops");
	long long	 since;

	if (check_is_arbiter(m))
		return;
	if (!json_is_object(ops)) {
		found_unknown(r, m, "ops");
		return;
	}
	since = (long long)json_int(ops, "oldest_transaction_s", 0);
	if (json_flag(ops, "initial_sync"))
		found(r, VERDICT_BLOCK, m, T_CHECK_BUSY_FIX, T_CHECK_SYNC);
	else if (json_int(ops, "index_builds", 0) > 0)
		found(r, VERDICT_BLOCK, m, T_CHECK_BUSY_FIX, T_CHECK_INDEX);
	else if (json_flag(ops, "maintenance"))
		found(r, VERDICT_BLOCK, m, T_CHECK_BUSY_FIX, T_CHECK_COMPACT);
	else if (json_flag(ops, "fcv_change"))
		found(r, VERDICT_BLOCK, m, T_CHECK_BUSY_FIX, T_CHECK_SETFCV);
	else if (since > OLD_TRANSACTION_S)
		found(r, VERDICT_WARN, m, NULL, T_CHECK_TRANSACTION, since);
	else
		found(r, VERDICT_OK, m, NULL, T_CHECK_IDLE);
}

/* A dotted path in the parsed options. */
static const json_t *
option_get(const json_t *options, const char *path)
{
	size_t	 n;
	char	 name[80];

	while (options != NULL && *path != '\0') {
		n = strcspn(path, ".");
		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		options = json_object_get(options, name);
		path += n + (path[n] == '.');
	}
	return options;
}

static const json_t *
removed_is_set(const json_t *options, const struct how_option *o)
{
	if (o->parameter != NULL)
		return json_object_get(json_object_get(options,
		    "setParameter"), o->parameter);
	return o->path == NULL ? NULL : option_get(options, o->path);
}

/* mongodb-real E: what stops the new binary and is no word to drop. */
static bool
look_traps(struct check_run *r, const json_t *m, const json_t *options)
{
	const json_t	*concern = option_get(options,
	    "replication.enableMajorityReadConcern");
	bool		 has_auth = str_equal(json_string_value(option_get(
	    options, "security.authorization")), "enabled");
	bool		 has_key = option_get(options, "security.keyFile") !=
	    NULL || option_get(options, "security.clusterAuthMode") != NULL;
	const char	*engine = json_string_value(option_get(options,
	    "storage.engine"));
	bool		 ok = true;

	if (hop_reaches(r, "5.0") && concern != NULL &&
	    !json_is_true(concern)) {
		found(r, VERDICT_BLOCK, m, T_CHECK_CONCERN_FIX,
		    T_CHECK_CONCERN);
		ok = false;
	}
	if (hop_reaches(r, "5.0") && has_auth && !has_key && option_get(
	    options, "replication.replSetName") != NULL) {
		found(r, VERDICT_BLOCK, m, T_CHECK_KEYFILE_FIX,
		    T_CHECK_KEYFILE);
		ok = false;
	}
	if (engine != NULL && !str_equal(engine, "wiredTiger")) {
		found(r, VERDICT_BLOCK, m, T_CHECK_ENGINE_FIX, T_CHECK_ENGINE,
		    engine);
		ok = false;
	}
	return ok;
}

static void
look_options(struct check_run *r, const json_t *m)
{
	const json_t	*options = json_object_get(m, "options");
	const struct how_option *o;
	bool		 ok;
	size_t		 i;

	if (!json_is_object(options)) {
		found_unknown(r, m, "options");
		return;
	}
	ok = look_traps(r, m, options);
	for (i = 0; i < how_removed_count; i++) {
		o = &how_removed[i];
		if (o->since == NULL || !hop_reaches(r, o->since) ||
		    removed_is_set(options, o) == NULL)
			continue;
		found(r, VERDICT_WARN, m, T_CHECK_OPTION_FIX, T_CHECK_OPTION,
		    o->path != NULL ? o->path : o->parameter, o->since);
		ok = false;
	}
	if (ok)
		found(r, VERDICT_OK, m, NULL, T_CHECK_OPTIONS_OK);
}

static void
look_cpu(struct check_run *r, const json_t *m)
{
	const struct mongo_major *to = mongo_major_find(r->to);
	const json_t	*host = json_object_get(m, "host");
	const char	*features = json_str(host, "cpu_features");

	if (to == NULL || !to->needs_avx || (r->from[0] != '\0' &&
	    mongo_major_find(r->from) != NULL &&
	    mongo_major_find(r->from)->needs_avx))
		return;
	if (!json_is_object(host)) {
		found_unknown(r, m, "host");
	} else if (!str_equal(json_text(host, "arch"), "x86_64")) {
		found(r, VERDICT_WARN, m, NULL, T_CHECK_ARCH, json_text(host,
		    "arch"));
	} else if (features == NULL || *features == '\0') {
		found(r, VERDICT_UNKNOWN, m, NULL, T_CHECK_CPU_UNKNOWN);
	} else if (strstr(features, "avx") == NULL) {
		found(r, VERDICT_BLOCK, m, T_CHECK_AVX_FIX, T_CHECK_AVX);
	} else {
		found(r, VERDICT_OK, m, NULL, T_CHECK_AVX_OK);
	}
}

/* "Linux 6.19" up to 7.0.13: SERVER-121912. */
static void
look_kernel(struct check_run *r, const json_t *m)
{
	const json_t	*host = json_object_get(m, "host");
	const char	*kernel = json_text(host, "kernel");

	if (!hop_reaches(r, "8.0"))
		return;
	if (!json_is_object(host)) {
		found_unknown(r, m, "host");
		return;
	}
	if (mongo_version_compare(kernel, "6.19") >= 0 &&
	    mongo_version_compare(kernel, "7.0.14") < 0)
		found(r, VERDICT_BLOCK, m, T_CHECK_KERNEL_FIX,
		    T_CHECK_KERNEL, kernel);
	found(r, VERDICT_WARN, m, T_CHECK_THP_FIX, T_CHECK_THP, json_text(
	    host, "os"), json_text(host, "os_version"));
}

/* The first driver that lists the server (facts, mongodb.md 1.9). */
static const struct {
	const char	*major, *driver, *min;
} driver_floor[] = {
	{ "5.0", "mongo-java-driver", "4.3" },
	{ "6.0", "mongo-java-driver", "4.7" },
	{ "7.0", "mongo-java-driver", "4.10" },
	{ "8.0", "mongo-java-driver", "5.2" },
	{ "6.0", "nodejs", "4.8" },
	{ "7.0", "nodejs", "5.7" },
	{ "8.0", "nodejs", "6.9" },
	{ "7.0", "mongo-csharp-driver", "2.20" },
	{ "8.0", "mongo-csharp-driver", "3.0" },
	{ "7.0", "mongo-go-driver", "1.12" },
	{ "8.0", "mongo-go-driver", "1.17" },
	{ "7.0", "PyMongo", "4.4" },
	{ "8.0", "PyMongo", "4.9" },
};

static void
look_driver(struct check_run *r, const json_t *m, const json_t *driver)
{
	const char	*name = json_text(driver, "name");
	const char	*version = json_text(driver, "version");
	size_t		 i;

	for (i = 0; i < LENGTH(driver_floor); i++)
		if (str_equal(driver_floor[i].major, r->to) &&
		    str_starts(name, driver_floor[i].driver) &&
		    mongo_version_compare(version, driver_floor[i].min) < 0)
			found(r, VERDICT_WARN, m, T_CHECK_DRIVER_FIX,
			    T_CHECK_DRIVER, json_text(driver, "app"), name,
			    version, driver_floor[i].min, r->to);
}

static void
look_drivers(struct check_run *r, const json_t *m)
{
	const json_t	*connections = json_object_get(m, "connections");
	const json_t	*driver;
	size_t		 i;

	if (check_is_arbiter(m))
		return;
	if (!json_is_object(connections)) {
		found_unknown(r, m, "connections");
		return;
	}
	json_array_foreach (json_object_get(connections, "drivers"), i, driver)
		look_driver(r, m, driver);
}

static void
look_engine(struct check_run *r, const json_t *m)
{
	const char	*engine = json_str(m, "storage_engine");

	if (check_is_arbiter(m))
		return;
	if (engine == NULL)
		found_unknown(r, m, "storage_engine");
	else if (!str_equal(engine, "wiredTiger"))
		found(r, VERDICT_BLOCK, m, T_CHECK_ENGINE_FIX,
		    T_CHECK_ENGINE, engine);
}

static void
look_disk(struct check_run *r, const json_t *m)
{
	const json_t	*disk = json_object_get(m, "disk");
	int64_t		 total = json_int(disk, "total_bytes", 0);
	int64_t		 left = json_int(disk, "free_bytes", 0);

	if (check_is_arbiter(m))
		return;
	if (!json_is_object(disk) || total <= 0)
		found_unknown(r, m, "disk");
	else if (left < total / 10)
		found(r, VERDICT_WARN, m, T_CHECK_DISK_FIX, T_CHECK_DISK,
		    (long long)(left * 100 / total), json_text(disk, "path"));
	else
		found(r, VERDICT_OK, m, NULL, T_CHECK_DISK,
		    (long long)(left * 100 / total), json_text(disk, "path"));
}

static void
look_tls(struct check_run *r, const json_t *m)
{
	const json_t	*tls = json_object_get(m, "tls");
	long long	 days = (long long)json_int(tls, "days_left", 0);
	const char	*problem = json_str(tls, "problem");

	if (json_object_get(json_object_get(m, "unknown"), "tls") != NULL)
		found_unknown(r, m, "tls");
	else if (!json_is_object(tls))
		return;
	else if (days < 1)
		found(r, VERDICT_BLOCK, m, T_CHECK_TLS_FIX, T_CHECK_TLS,
		    json_text(tls, "not_after"));
	else if (problem != NULL)
		found(r, VERDICT_WARN, m, T_CHECK_TLS_FIX, "%s", problem);
	else if (days < TLS_SOON_DAYS)
		found(r, VERDICT_WARN, m, T_CHECK_TLS_FIX, T_CHECK_TLS,
		    json_text(tls, "not_after"));
	else
		found(r, VERDICT_OK, m, NULL, T_CHECK_TLS, json_text(tls,
		    "not_after"));
}

const struct check_rule check_server_rules[] = {
	{ .id = "C5", .scope = RULE_MEMBER, .is_anew = true,
	  .rule = T_RULE_C5, .look = look_oplog },
	{ .id = "C6", .scope = RULE_MEMBER, .is_anew = true,
	  .rule = T_RULE_C6, .look = look_ops },
	{ .id = "C7", .scope = RULE_HOP_MEMBER, .is_anew = true,
	  .unknown_blocks = true, .rule = T_RULE_C7, .look = look_options },
	{ .id = "C8", .scope = RULE_HOP_MEMBER, .unknown_blocks = true,
	  .rule = T_RULE_C8, .look = look_cpu },
	{ .id = "C8", .scope = RULE_HOP_MEMBER, .unknown_blocks = true,
	  .rule = T_RULE_KERNEL, .look = look_kernel },
	{ .id = "C9", .scope = RULE_HOP_MEMBER, .is_anew = true,
	  .rule = T_RULE_C9, .look = look_drivers },
	{ .id = "C11", .scope = RULE_MEMBER, .is_anew = true,
	  .rule = T_RULE_C11, .look = look_engine },
	{ .id = "C12", .scope = RULE_MEMBER, .is_anew = true,
	  .unknown_blocks = true, .rule = T_RULE_C12, .look = look_disk },
	{ .id = "C15", .scope = RULE_MEMBER, .rule = T_RULE_C15,
	  .look = look_tls },
};
const size_t check_server_count = LENGTH(check_server_rules);
