/*
 * MongoDB: its version, its replica set, and who is an administrator.
 */
#include "doctor.h"

#include <string.h>

#include "stconsole/admins.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/msg.h"
#include "stconsole/secret.h"
#include "stconsole/settings.h"

#include "text.def"

#define LAG_WARN_S	10

bool
mongo_reach(const struct probe *p, int timeout_ms, struct mongo **out,
    struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	struct site_origin	 origin;
	int64_t			 most_ms;

	if (!settings_get_int(p->ctx, "mongo.timeout_ms", &most_ms, e))
		return false;
	if (most_ms > 0 && most_ms < timeout_ms)
		timeout_ms = (int)most_ms;
	return site_mongo_url(p->site, &url, &origin, e) &&
	    mongo_open_url(url, MONGO_ANY, timeout_ms, out, e);
}

/* A site whose files name no server is not known to be broken. */
static enum mark
mark_of(const struct err *e)
{
	return e->domain == ERR_MONGO ? MARK_FAIL : MARK_UNKNOWN;
}

void
check_mongodb(const struct probe *p, struct finding *f)
{
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_JSON json_t	*reply = NULL;
	const char		*version;
	struct mongo_lifecycle	 life;
	struct err		 why;

	/* Connecting, and then finding out why it failed, both fit. */
	if (!mongo_reach(p, p->limit_ms * 2 / 5, &m, &why) || !mongo_command(
	    m, "admin", "{\"buildInfo\":1}", "", &reply, &why)) {
		finding_err(f, mark_of(&why), &why);
		return;
	}
	version = json_text(reply, "version");
	if (mongo_lifecycle(version, &life, &why)) {
		lifecycle_judge(&life, version,
		    clock_wall_ms(p->ctx->clock) / 1000, f);
		return;
	}
	finding_set(f, MARK_WARN, T_MONGO_VERSION, version);
	finding_err(f, MARK_WARN, &why);
}

/* ---- the set */

static bool
is_settled(const char *state)
{
	return strcmp(state, "PRIMARY") == 0 ||
	    strcmp(state, "SECONDARY") == 0 || strcmp(state, "ARBITER") == 0;
}

static void
member_judge(const json_t *member, struct finding *f)
{
	const char	*name = json_text(member, "name");
	const char	*state = json_text(member, "state");
	int64_t		 lag_s = json_int(member, "lag_s", 0);

	if (!json_flag(member, "healthy") || !is_settled(state)) {
		f->mark = MARK_WARN;
		finding_why(f, "%s: %s", name, state);
	} else if (lag_s > LAG_WARN_S) {
		f->mark = MARK_WARN;
		finding_why(f, T_SET_LAG, name, (long long)lag_s);
	}
}

static void
members_judge(const json_t *status, struct finding *f)
{
	const json_t	*members = json_object_get(status, "members"), *m;
	int64_t		 lag_s = 0;
	size_t		 i;

	json_array_foreach (members, i, m)
		if (json_int(m, "lag_s", 0) > lag_s)
			lag_s = json_int(m, "lag_s", 0);
	finding_set(f, MARK_OK, T_SET, json_text(status, "set"),
	    json_array_size(members), json_text(status, "primary"),
	    (long long)lag_s);
	json_array_foreach (members, i, m)
		member_judge(m, f);
}

static void
set_judge(const json_t *status, struct finding *f)
{
	const json_t *unknown = json_object_get(status, "unknown");

	if (json_str(status, "primary") == NULL) {
		finding_set(f, MARK_FAIL, T_SET_NO_PRIMARY,
		    json_text(status, "set"));
		finding_why(f, T_SET_NO_PRIMARY_WHY);
	} else if (json_is_array(json_object_get(status, "members"))) {
		members_judge(status, f);
	} else {
		finding_set(f, MARK_UNKNOWN, T_SET_SHORT,
		    json_text(status, "set"),
		    json_array_size(json_object_get(status, "hosts")),
		    json_text(status, "primary"));
		finding_why(f, "%s", json_text(unknown, "members"));
		finding_hint(f, T_SET_ACCOUNT);
		f->fix = FIX_SETTINGS_SET;
	}
}

void
check_replica_set(const struct probe *p, struct finding *f)
{
	AUTO_JSON json_t	*status = NULL;
	const char		*kind;
	struct err		 why;

	if (!mongo_status(p->ctx, &status, &why)) {
		finding_err(f, MARK_UNKNOWN, &why);
		return;
	}
	kind = json_text(status, "kind");
	if (strcmp(kind, "replica_set") == 0) {
		set_judge(status, f);
	} else if (strcmp(kind, "standalone") == 0) {
		finding_set(f, MARK_WARN, T_SET_NONE);
		finding_why(f, T_SET_NONE_WHY);
	} else {
		finding_why(f, T_SET_SHARDED);
	}
}

/* ---- administrators */

static void
admins_judge(const struct admins_count *n, struct finding *f)
{
	size_t stray = n->missing + n->disabled + n->duplicate;

	finding_set(f, stray > 0 || n->with_problems > 0 || n->total == 0 ?
	    MARK_WARN : MARK_OK, T_ADMINS, n->total);
	if (n->total == 0)
		finding_why(f, T_ADMINS_NONE);
	if (n->missing > 0)
		finding_why(f, T_ADMINS_MISSING, n->missing);
	if (n->disabled > 0)
		finding_why(f, T_ADMINS_DISABLED, n->disabled);
	if (n->duplicate > 0)
		finding_why(f, T_ADMINS_DUPLICATE, n->duplicate);
	if (stray == 0 && n->with_problems > 0)
		finding_why(f, T_ADMINS_PROBLEMS, n->with_problems);
	if (f->mark != MARK_OK)
		f->fix = n->total == 0 ? FIX_ADMIN_ADD : FIX_ADMIN_REPAIR;
	if (n->unknown == 0)
		return;
	finding_why(f, T_ADMINS_UNKNOWN, n->unknown, n->why_unknown);
	/* Repair needs the directory: that comes first. */
	f->fix = FIX_DIRECTORY_TEST;
	if (f->mark == MARK_OK)
		f->mark = MARK_UNKNOWN;
}

void
check_administrators(const struct probe *p, struct finding *f)
{
	struct admins_count	n;
	struct err		why;

	if (admins_count(p->ctx, &n, &why))
		admins_judge(&n, f);
	else
		finding_err(f, MARK_UNKNOWN, &why);
	mongo_forget(p->ctx);
}
