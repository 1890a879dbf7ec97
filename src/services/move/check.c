/*
 * What must be so before a move: both sides answer, are of fitting versions,
 * their accounts may do what will be asked of them, the target's databases
 * are empty and there is room.  What says no blocks the plan.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "move.h"
#include "text.def"

void
check_fini(struct move_check *c)
{
	mongo_close(c->source);
	mongo_close(c->target);
	secret_free(c->from);
	secret_free(c->keeper);
	json_decref(c->dbs);
	json_decref(c->source_rights);
	json_decref(c->target_rights);
	json_decref(c->catalog);
	json_decref(c->command);
}

static const char **
names_of(const json_t *list, struct err *e)
{
	const char	**names = calloc(json_array_size(list) + 1,
	    sizeof(*names));
	const json_t	*name;
	size_t		 i;

	if (names == NULL) {
		err_nomem(e);
		return NULL;
	}
	json_array_foreach (list, i, name)
		names[i] = json_string_value(name);
	return names;
}

/* Sametime's five and what --db adds, each once. */
static bool
dbs_choose(struct move_check *c, struct err *e)
{
	static const char *const not_data[] = { "admin", "local", "config" };
	const json_t	*more = json_object_get(c->params, "db"), *one;
	size_t		 i, n;

	c->dbs = json_array();
	for (i = 0; mongo_sametime_databases[i] != NULL; i++)
		json_array_append_new(c->dbs, json_string(
		    mongo_sametime_databases[i]));
	json_array_foreach (more, i, one) {
		for (n = 0; n < LENGTH(not_data); n++)
			if (str_equal(json_string_value(one), not_data[n]))
				return err_set(e, ERR_USAGE, 0, T_DB_NOT_DATA,
				    not_data[n]);
		if (!move_list_has(c->dbs, json_string_value(one)))
			json_array_append(c->dbs, (json_t *)one);
	}
	return c->dbs != NULL || err_nomem(e);
}

static bool
version_read(struct mongo *m, char version[32], struct err *e)
{
	AUTO_JSON json_t	*reply = NULL;

	if (!mongo_command(m, "admin", "{\"buildInfo\":1}", "", &reply, e))
		return false;
	snprintf(version, 32, "%s", json_text(reply, "version"));
	return true;
}

static bool
sides_open(struct move_check *c, struct err *e)
{
	struct site_origin	 origin;
	struct site		*site;
	int64_t			 ms;

	if (!site_need(c->ctx, &site, e) ||
	    !site_mongo_url(site, &c->from, &origin, e) ||
	    !settings_get_int(c->ctx, "mongo.timeout_ms", &ms, e))
		return false;
	c->timeout_ms = ms < 100 ? 100 : ms > 600000 ? 600000 : (int)ms;
	if (!mongo_open_url(c->from, MONGO_PRIMARY, c->timeout_ms, &c->source,
	    e) || !version_read(c->source, c->source_version, e) ||
	    !rights_read(c->source, &c->source_rights, e))
		return err_context(e, T_SOURCE);
	if (!mongo_open_url(c->to, MONGO_PRIMARY, c->timeout_ms, &c->target,
	    e) || !version_read(c->target, c->target_version, e) ||
	    !rights_read(c->target, &c->target_rights, e))
		return err_context(e, T_TARGET);
	return true;
}

/* --- versions and kinds ------------------------------------------------- */

static bool
kinds_check(struct move_check *c, struct err *e)
{
	if (mongo_kind(c->source) != MONGO_REPLICA_SET)
		return plan_block(c->plan, T_SOURCE_KIND_HINT, e,
		    T_SOURCE_KIND, mongo_hosts(c->source));
	if (mongo_kind(c->target) != MONGO_REPLICA_SET)
		return plan_block(c->plan, T_TARGET_KIND_HINT, e,
		    T_TARGET_KIND, mongo_hosts(c->target));
	return true;
}

/* 4.4 on names the very process; NULL: it does not tell. */
static char *
process_id(struct mongo *m)
{
	AUTO_JSON json_t	*reply = NULL;
	struct err		 ignored;

	if (!mongo_command(m, "admin", "{\"hello\":1}", "", &reply, &ignored))
		return NULL;
	return move_text(json_object_get(json_object_get(reply,
	    "topologyVersion"), "processId"));
}

/* Both are asked at their primaries, whatever the URLs call them. */
static bool
is_same_set(struct move_check *c)
{
	AUTO_FREE char	*a = process_id(c->source);
	AUTO_FREE char	*b = process_id(c->target);

	return str_equal(mongo_hosts(c->source), mongo_hosts(c->target)) ||
	    (a != NULL && str_equal(a, b));
}

static bool
versions_check(struct move_check *c, struct err *e)
{
	char	 from[MONGO_MAJOR_SIZE], to[MONGO_MAJOR_SIZE];

	if (is_same_set(c))
		return plan_block(c->plan, T_SAME_HINT, e, T_SAME,
		    mongo_hosts(c->source));
	if (!mongo_major_of(c->source_version, from) ||
	    !mongo_major_of(c->target_version, to))
		return err_set(e, ERR_MONGO, 0, T_VERSION_UNKNOWN,
		    c->source_version, c->target_version);
	if (mongo_version_compare(to, from) < 0)
		return plan_block(c->plan, T_OLDER_HINT, e, T_OLDER,
		    c->target_version, c->source_version);
	if (mongo_version_compare(from, "5.0") < 0)
		return plan_note_add(c->plan, e, T_NO_SNAPSHOT,
		    c->source_version);
	return true;
}

/* --- rights ------------------------------------------------------------- */

static bool
rights_block(struct move_check *c, const struct mongo *side,
    const char *hint, const char *db, const char *action, struct err *e)
{
	return plan_block(c->plan, hint, e, T_RIGHT_MISSING,
	    mongo_url_shown(side), action, db);
}

static bool
rights_check(struct move_check *c, struct err *e)
{
	static const char *const read[] = { "find", "listCollections",
		"listIndexes", "changeStream" };
	static const char *const write[] = { "find", "insert", "remove",
		"update", "createCollection", "createIndex",
		"dropCollection", "collMod", "listCollections" };
	const json_t	*db;
	size_t		 i, n;

	json_array_foreach (c->dbs, i, db) {
		for (n = 0; n < LENGTH(read); n++)
			if (!rights_have(c->source_rights,
			    json_string_value(db), read[n]) &&
			    !rights_block(c, c->source, T_RIGHT_SOURCE,
			    json_string_value(db), read[n], e))
				return false;
		for (n = 0; n < LENGTH(write); n++)
			if (!rights_have(c->target_rights,
			    json_string_value(db), write[n]) &&
			    !rights_block(c, c->target, T_RIGHT_TARGET,
			    json_string_value(db), write[n], e))
				return false;
	}
	if (!rights_have(c->target_rights, "admin", "createUser") &&
	    !plan_note_add(c->plan, e, T_RIGHT_USERS,
	    mongo_url_shown(c->target)))
		return false;
	return true;
}

/* --- what is there ------------------------------------------------------ */

static bool
target_check(struct move_check *c, struct err *e)
{
	AUTO_FREE const char	**dbs = names_of(c->dbs, e);
	AUTO_JSON json_t	*catalog = NULL;
	const json_t		*db;
	size_t			 i, n;

	if (dbs == NULL || !mongo_catalog_read(c->target, dbs, &catalog, e))
		return false;
	json_array_foreach (catalog, i, db) {
		n = json_array_size(json_object_get(db, "collections"));
		if (n == 0 || move_list_has(json_object_get(c->params,
		    "drop"), json_text(db, "db")))
			continue;
		if (!plan_block(c->plan, T_NOT_EMPTY_PLAN_HINT, e,
		    T_NOT_EMPTY, json_text(db, "db"),
		    mongo_hosts(c->target)))
			return false;
	}
	return true;
}

/* 5.0 takes NaN for 0: everything would expire at once (facts 1.4). */
static bool
index_check(struct move_check *c, const char *db, const json_t *entry,
    struct err *e)
{
	const json_t	*text;
	size_t		 i;

	json_array_foreach (json_object_get(entry, "indexes"), i, text) {
		AUTO_JSON json_t *index = move_parse(json_string_value(text),
		    e);
		AUTO_FREE char	*ttl = NULL;

		if (index == NULL)
			return false;
		ttl = move_text(json_object_get(index, "expireAfterSeconds"));
		if (ttl != NULL && strstr(ttl, "NaN") != NULL &&
		    !plan_block(c->plan, T_TTL_NAN_HINT, e, T_TTL_NAN, db,
		    json_text(entry, "name"), json_text(index, "name")))
			return false;
	}
	return true;
}

/* readWrite on a database does not reach what a time series is kept in. */
static bool
series_check(struct move_check *c, const char *db, const json_t *entry,
    struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	  why = { 0 };

	if (move_command(c->source, db, json_pack("{s:O, s:i}", "find",
	    json_object_get(entry, "buckets"), "limit", 1), "backup", &reply,
	    &why))
		return plan_note_add(c->plan, e, T_SERIES, db,
		    json_text(entry, "name"));
	if (why.domain != ERR_MONGO || why.code != MONGO_UNAUTHORIZED)
		return err_copy(e, &why);
	return plan_block(c->plan, T_SERIES_HINT, e, T_SERIES_RIGHT,
	    mongo_url_shown(c->source), db, json_text(entry, "name"));
}

static bool
entry_check(struct move_check *c, const char *db, const json_t *entry,
    struct err *e)
{
	const char	*name = json_text(entry, "name");
	bool		 is_series = str_equal(json_str(entry, "type"),
	    "timeseries");

	if (is_series ? !series_check(c, db, entry, e) :
	    json_flag(entry, "capped") && !plan_note_add(c->plan, e,
	    T_CAPPED, db, name))
		return false;
	return index_check(c, db, entry, e);
}

static bool
source_check(struct move_check *c, int64_t *bytes, struct err *e)
{
	AUTO_FREE const char	**dbs = names_of(c->dbs, e);
	const json_t		*db, *entry;
	int64_t			 docs = 0;
	size_t			 i, n;

	if (dbs == NULL || !mongo_catalog_read(c->source, dbs, &c->catalog,
	    e))
		return false;
	json_array_foreach (c->catalog, i, db) {
		if (json_flag(db, "absent") && !plan_note_add(c->plan, e,
		    T_DB_ABSENT, json_text(db, "db")))
			return false;
		json_array_foreach (json_object_get(db, "collections"), n,
		    entry) {
			*bytes += json_int(entry, "bytes", 0);
			docs += json_int(entry, "count", 0);
			if (!entry_check(c, json_text(db, "db"), entry, e))
				return false;
		}
	}
	return plan_note_add(c->plan, e, T_AMOUNT, (long long)docs,
	    (double)*bytes / 1048576, mongo_hosts(c->source),
	    c->source_version, mongo_hosts(c->target), c->target_version);
}

/*
 * dbStats tells the file system of the data, but not of a database that is
 * not there; "admin" always is, where the account may ask.
 */
static bool
disk_read(struct move_check *c, double *total, double *used,
    struct err *why)
{
	const char	*dbs[] = { "admin", mongo_sametime_databases[0] };
	size_t		 i;

	*total = *used = 0;
	for (i = 0; i < LENGTH(dbs) && *total <= 0; i++) {
		AUTO_JSON json_t *reply = NULL;

		if (!mongo_command(c->target, dbs[i], "{\"dbStats\":1}",
		    "readWrite", &reply, why))
			continue;
		*total = json_number_value(json_object_get(reply,
		    "fsTotalSize"));
		*used = json_number_value(json_object_get(reply,
		    "fsUsedSize"));
	}
	return *total > 0;
}

/* Half as much again, for indexes. */
static bool
disk_check(struct move_check *c, int64_t bytes, struct err *e)
{
	struct err	 why = { 0 };
	double		 total, used;

	if (!disk_read(c, &total, &used, &why))
		return plan_note_add(c->plan, e, T_DISK_UNKNOWN,
		    why.msg[0] != '\0' ? why.msg : T_DISK_SILENT);
	if (total - used < (double)bytes * 1.5)
		return plan_block(c->plan, T_DISK_HINT, e, T_DISK,
		    mongo_hosts(c->target), (total - used) / 1048576,
		    (double)bytes * 1.5 / 1048576);
	return true;
}

/*
 * What was refused so far makes the rest a matter of luck: an account that
 * may not list collections cannot be told that they are empty.
 */
bool
check_run(struct move_check *c, struct err *e)
{
	int64_t	 bytes = 0;

	c->block = "site";
	if (!dbs_choose(c, e) || !sides_open(c, e) || !kinds_check(c, e) ||
	    !versions_check(c, e) || !rights_check(c, e))
		return false;
	return plan_is_blocked(c->plan) || (target_check(c, e) &&
	    source_check(c, &bytes, e) && disk_check(c, bytes, e) &&
	    oplog_check(c, e) && check_block(c, e));
}
