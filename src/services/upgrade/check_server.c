/*
 * Rules about each server: oplog, what it is doing, options, disk, TLS.
 */
#include "check_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
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
#define CONFIG_MAX	((size_t)1 << 20)

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

const json_t *
check_option(const json_t *options, const char *path)
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
	return o->path == NULL ? NULL : check_option(options, o->path);
}

/* mongodb-real E: what stops the new binary and is no word to drop. */
static bool
look_traps(struct check_run *r, const json_t *m, const json_t *options)
{
	const json_t	*concern = check_option(options,
	    "replication.enableMajorityReadConcern");
	bool		 has_auth = str_equal(json_string_value(check_option(
	    options, "security.authorization")), "enabled");
	bool		 has_key = check_option(options, "security.keyFile") !=
	    NULL || check_option(options, "security.clusterAuthMode") != NULL;
	const char	*engine = json_string_value(check_option(options,
	    "storage.engine"));
	bool		 ok = true;

	if (hop_reaches(r, "5.0") && concern != NULL &&
	    !json_is_true(concern)) {
		found(r, VERDICT_BLOCK, m, T_CHECK_CONCERN_FIX,
		    T_CHECK_CONCERN);
		ok = false;
	}
	if (hop_reaches(r, "5.0") && has_auth && !has_key && check_option(
	    options, "replication.replSetName") != NULL) {
		found(r, VERDICT_BLOCK, m, T_CHECK_KEYFILE_FIX,
		    T_CHECK_KEYFILE);
		found_verb(r, "mongo prepare");
		ok = false;
	}
	if (engine != NULL && !str_equal(engine, "wiredTiger")) {
		found(r, VERDICT_BLOCK, m, T_CHECK_ENGINE_FIX, T_CHECK_ENGINE,
		    engine);
		ok = false;
	}
	return ok;
}

/* Whoever replaces the binary takes them out, if it is not a person. */
static bool
options_are_rewritten(const struct check_run *r, const json_t *m)
{
	AUTO_JSON json_t *args = NULL;
	const struct how_task task = { .ctx = r->ctx, .member = json_text(m,
	    "name"), .from = r->from, .to = r->to, .facts = m,
	    .wish = &r->wish->how };
	const struct how *how = how_choose(&task, &args, NULL);

	return how != NULL && !how->is_by_hand;
}

static void
options_found(struct check_run *r, const json_t *m,
    const struct how_option *o)
{
	const char *name = o->path != NULL ? o->path : o->parameter;

	if (options_are_rewritten(r, m))
		found(r, VERDICT_WARN, m, T_CHECK_OPTION_FIX, T_CHECK_OPTION,
		    name, o->since);
	else
		found(r, VERDICT_BLOCK, m, T_CHECK_OPTION_HAND_FIX,
		    T_CHECK_OPTION, name, o->since);
}

/* The file may say more than the server that runs has read. */
static void
look_file(struct check_run *r, const json_t *m, const json_t *options)
{
	const struct how_options removed = { .list = how_removed,
		.count = how_removed_count, .major = r->to };
	const char	*file = json_str(m, "config_file");
	AUTO_BUF struct buf text = BUF_INIT, rest = BUF_INIT;
	AUTO_JSON json_t *dropped = json_array();
	const json_t	*one;
	struct err	 why;
	size_t		 i;

	if (file == NULL || file[0] != '/' || check_is_container(m) ||
	    !json_flag(json_object_get(m, "run"), "local"))
		return;
	if (!file_read(AT_FDCWD, file, CONFIG_MAX, &text, &why) ||
	    !how_config_without(buf_str(&text), text.len, &removed, &rest,
	    dropped, &why)) {
		found(r, VERDICT_WARN, m, NULL, T_CHECK_FILE, why.msg);
		return;
	}
	json_array_foreach (dropped, i, one)
		if (check_option(options, json_string_value(one)) == NULL)
			found(r, VERDICT_WARN, m, T_CHECK_FILE_NEW_FIX,
			    T_CHECK_FILE_NEW, file, json_string_value(one));
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
		options_found(r, m, o);
		ok = false;
	}
	if (ok)
		found(r, VERDICT_OK, m, NULL, T_CHECK_OPTIONS_OK);
	look_file(r, m, options);
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
	{ .id = "C11", .scope = RULE_MEMBER, .is_anew = true,
	  .rule = T_RULE_C11, .look = look_engine },
	{ .id = "C12", .scope = RULE_MEMBER, .is_anew = true,
	  .unknown_blocks = true, .rule = T_RULE_C12, .look = look_disk },
	{ .id = "C15", .scope = RULE_MEMBER, .rule = T_RULE_C15,
	  .look = look_tls },
};
const size_t check_server_count = LENGTH(check_server_rules);
