/*
 * Rules about what the databases hold: indexes and collections that a major
 * no longer takes, or takes otherwise.  Read as the site's own account, which
 * sees its databases; the account for the servers often does not.
 */
#include "check_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_copy.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_check.def"

/* Calls back for each collection, or each index, of Sametime's databases. */
struct walk {
	struct check_run	*r;
	struct mongo		*m;
	void			(*collection)(struct walk *w, const char *db,
				    const json_t *one);
	void			(*index)(struct walk *w, const char *db,
				    const char *name, const json_t *one);
	int			 hits;
};

static json_t *
walk_ask(struct walk *w, const char *db, const char *command,
    const char *argument, struct err *why)
{
	AUTO_JSON json_t *cmd = json_pack("{s:o}", command, argument != NULL ?
	    json_string(argument) : json_integer(1));
	AUTO_FREE char	*text = NULL;
	json_t		*reply = NULL;

	json_object_set_new(cmd, "cursor", json_pack("{s:i}", "batchSize",
	    10000));
	text = json_dumps(cmd, JSON_COMPACT);
	if (text == NULL) {
		err_nomem(why);
		return NULL;
	}
	return mongo_command(w->m, db, text, "readWrite", &reply, why) ?
	    reply : NULL;
}

static const json_t *
batch_of(const json_t *reply)
{
	return json_object_get(json_object_get(reply, "cursor"),
	    "firstBatch");
}

static bool
walk_indexes(struct walk *w, const char *db, const char *name,
    struct err *why)
{
	AUTO_JSON json_t *reply = walk_ask(w, db, "listIndexes", name, why);
	const json_t	*one;
	size_t		 i;

	if (reply == NULL)
		return false;
	json_array_foreach (batch_of(reply), i, one)
		w->index(w, db, name, one);
	return true;
}

static bool
walk_db(struct walk *w, const char *db, struct err *why)
{
	AUTO_JSON json_t *reply = walk_ask(w, db, "listCollections", NULL,
	    why);
	const json_t	*one;
	size_t		 i;

	if (reply == NULL)
		return false;
	json_array_foreach (batch_of(reply), i, one) {
		if (w->collection != NULL)
			w->collection(w, db, one);
		/* What system.views is indexed by may only be asked by few. */
		if (w->index != NULL && !str_equal(json_text(one, "type"),
		    "view") && !str_starts(json_text(one, "name"),
		    "system.") && !walk_indexes(w, db, json_text(one, "name"),
		    why))
			return false;
	}
	return true;
}

static void
walk_all(struct walk *w)
{
	AUTO_MONGO struct mongo *site = NULL;
	struct err	 why;
	size_t		 i;

	if (!mongo_open(w->r->ctx, MONGO_ANY, &site, &why)) {
		found(w->r, VERDICT_UNKNOWN, NULL, NULL, "%s", why.msg);
		return;
	}
	w->m = site;
	for (i = 0; mongo_sametime_databases[i] != NULL; i++)
		if (!walk_db(w, mongo_sametime_databases[i], &why)) {
			found(w->r, VERDICT_UNKNOWN, NULL, NULL, "%s",
			    why.msg);
			return;
		}
	if (w->hits == 0)
		found(w->r, VERDICT_OK, NULL, NULL, T_CHECK_DATA_OK);
}

static void
index_of_5(struct walk *w, const char *db, const char *name,
    const json_t *one)
{
	const json_t	*expire = json_object_get(one, "expireAfterSeconds");
	const json_t	*key = json_object_get(one, "key"), *kind;
	const char	*field;

	if (str_equal(json_text(expire, "$numberDouble"), "NaN")) {
		w->hits++;
		found(w->r, VERDICT_BLOCK, NULL, T_CHECK_NAN_FIX, T_CHECK_NAN,
		    db, name, json_text(one, "name"));
	}
	json_object_foreach ((json_t *)(uintptr_t)key, field, kind)
		if (str_equal(json_string_value(kind), "geoHaystack")) {
			w->hits++;
			found(w->r, VERDICT_BLOCK, NULL, T_CHECK_HAYSTACK_FIX,
			    T_CHECK_HAYSTACK, db, name, json_text(one,
			    "name"));
		}
}

/* Views on buckets go with 7.0, ordinary ones named so with 8.0. */
static void
collection_of_7(struct walk *w, const char *db, const json_t *one)
{
	const char	*on = json_text(json_object_get(one, "options"),
	    "viewOn");

	if (!str_starts(on, "system.buckets.") ||
	    !str_equal(json_text(one, "type"), "view"))
		return;
	w->hits++;
	found(w->r, VERDICT_BLOCK, NULL, T_CHECK_BUCKETS_FIX, T_CHECK_BUCKETS,
	    db, json_text(one, "name"));
}

static void
collection_of_8(struct walk *w, const char *db, const json_t *one)
{
	const char	*name = json_text(one, "name");

	if (!str_starts(name, "system.buckets.") || json_object_get(
	    json_object_get(one, "options"), "timeseries") != NULL)
		return;
	w->hits++;
	found(w->r, VERDICT_BLOCK, NULL, T_CHECK_BUCKETS_FIX, T_CHECK_BUCKETS,
	    db, name);
}

static void
look_data(struct check_run *r, const json_t *unused)
{
	struct walk	 w = { .r = r };

	(void)unused;
	if (hop_reaches(r, "5.0"))
		w.index = index_of_5;
	else if (hop_reaches(r, "7.0"))
		w.collection = collection_of_7;
	else if (hop_reaches(r, "8.0"))
		w.collection = collection_of_8;
	if (w.index != NULL || w.collection != NULL)
		walk_all(&w);
}

/* The action that each phase needs, by the name of the privilege. */
static const struct {
	const char	*action, *what;
} rights[] = {
	{ "replSetStateChange", "replSetStepDown" },
	{ "shutdown", "shutdown" },
	{ "setFeatureCompatibilityVersion",
	  "setFeatureCompatibilityVersion" },
	{ "replSetConfigure", "replSetReconfig" },
	{ "appendOplogNote", "appendOplogNote" },
	{ "replSetGetStatus", "replSetGetStatus" },
	{ "serverStatus", "serverStatus" },
	{ "getCmdLineOpts", "getCmdLineOpts" },
};

static bool
privileges_have(const json_t *privileges, const char *action)
{
	const json_t	*one, *a;
	size_t		 i, n;

	json_array_foreach (privileges, i, one)
		json_array_foreach (json_object_get(one, "actions"), n, a)
			if (str_equal(json_string_value(a), action) ||
			    str_equal(json_string_value(a), "anyAction"))
				return true;
	return false;
}

static void
look_privileges(struct check_run *r, const json_t *auth)
{
	const json_t	*given = json_object_get(auth,
	    "authenticatedUserPrivileges");
	AUTO_BUF struct buf missing = BUF_INIT;
	size_t		 i;

	for (i = 0; i < LENGTH(rights); i++)
		if (!privileges_have(given, rights[i].action))
			buf_printf(&missing, "%s%s", missing.len > 0 ? ", " :
			    "", rights[i].what);
	if (missing.len > 0)
		found(r, VERDICT_BLOCK, NULL, T_CHECK_RIGHTS_FIX,
		    T_CHECK_RIGHTS, buf_str(&missing));
	else
		found(r, VERDICT_OK, NULL, NULL, T_CHECK_RIGHTS_OK);
}

/* Nobody logged in where no log-in is asked for may do everything. */
static void
look_rights(struct check_run *r, const json_t *unused)
{
	AUTO_MONGO struct mongo *m = NULL;
	AUTO_JSON json_t *reply = NULL;
	struct err	 why;
	const json_t	*auth;

	(void)unused;
	if (!mongo_open_url(r->url, MONGO_ANY, 5000, &m, &why) ||
	    !mongo_command(m, "admin", "{\"connectionStatus\":1,"
	    "\"showPrivileges\":true}", "", &reply, &why)) {
		found(r, VERDICT_UNKNOWN, NULL, NULL, "%s", why.msg);
		return;
	}
	auth = json_object_get(reply, "authInfo");
	if (json_array_size(json_object_get(auth,
	    "authenticatedUsers")) == 0)
		found(r, VERDICT_WARN, NULL, NULL, T_CHECK_NO_AUTH);
	else
		look_privileges(r, auth);
}

/* 5.0+ takes a member that nobody reaches; only this collection tells. */
static bool
is_arriving(const json_t *config)
{
	const json_t	*member;
	size_t		 i;

	json_array_foreach (json_object_get(config, "members"), i, member)
		if (json_flag(member, "newlyAdded"))
			return true;
	return false;
}

static void
look_added(struct check_run *r, const json_t *unused)
{
	AUTO_MONGO struct mongo *m = NULL;
	AUTO_JSON json_t *reply = NULL;
	struct err	 why;

	(void)unused;
	if (!str_equal(json_text(r->set, "kind"), "replica_set") ||
	    mongo_version_compare(r->from, "5.0") < 0)
		return;
	if (!mongo_open_url(r->url, MONGO_ANY, 5000, &m, &why) ||
	    !mongo_command(m, "local", "{\"find\":\"system.replset\","
	    "\"limit\":1}", "clusterMonitor", &reply, &why))
		found(r, VERDICT_UNKNOWN, NULL, NULL, "%s", why.msg);
	else if (is_arriving(json_array_get(batch_of(reply), 0)))
		found(r, VERDICT_BLOCK, NULL, T_CHECK_STATE_FIX,
		    T_CHECK_ADDED);
}

const struct check_rule check_data_rules[] = {
	{ .id = "C4", .scope = RULE_ONCE, .is_anew = true,
	  .rule = T_RULE_ADDED, .look = look_added },
	{ .id = "D1", .scope = RULE_HOP, .is_anew = true, .rule = T_RULE_D1,
	  .look = look_data },
	{ .id = "C14", .scope = RULE_ONCE, .is_anew = true,
	  .rule = T_RULE_C14, .look = look_rights },
};
const size_t check_data_count = LENGTH(check_data_rules);
