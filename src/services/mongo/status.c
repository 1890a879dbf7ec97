/*
 * What is known of the deployment.  The site's account may read little of it
 * (it has no clusterMonitor), so each fact is asked of the site's account
 * first, then of the second one, and else is null with the reason.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "driver.h"
#include "text.def"

struct status {
	struct ctx	*ctx;
	struct mongo	*site;
	struct mongo	*admin;		/* NULL: none, see admin_err */
	struct err	 admin_err;
	json_t		*out;
	json_t		*unknown;
};

/* json_object_set_new that ends in err_nomem. */
static bool
put(json_t *obj, const char *name, json_t *value, struct err *e)
{
	return json_object_set_new(obj, name, value) == 0 || err_nomem(e);
}

static bool
unknown(struct status *s, const char *name, const char *why, struct err *e)
{
	return put(s->out, name, json_null(), e) &&
	    put(s->unknown, name, json_string(why), e);
}

/* By the first account that may; NULL with the reason in why. */
static json_t *
ask(struct status *s, const char *command, const char *role, struct err *why)
{
	json_t	*reply = NULL;

	if (mongo_command(s->site, "admin", command, role, &reply, why))
		return reply;
	if (why->code != MONGO_UNAUTHORIZED)
		return NULL;
	if (s->admin == NULL) {
		err_copy(why, &s->admin_err);
		return NULL;
	}
	if (mongo_command(s->admin, "admin", command, role, &reply, why))
		return reply;
	return NULL;
}

static json_t *
hello(struct mongo *m, struct err *e)
{
	json_t	*reply = NULL;

	if (mongo_command(m, "admin", "{\"hello\":1}", "", &reply, e))
		return reply;
	/* Up to 4.2 there is only the old name. */
	if (e->code == MONGO_NO_COMMAND)
		mongo_command(m, "admin", "{\"isMaster\":1}", "", &reply, e);
	return reply;
}

static bool
put_member(json_t *out, const char *name, const json_t *reply,
    const char *member, struct err *e)
{
	const char	*text = json_str(reply, member);

	return put(out, name, text != NULL ? json_string(text) : json_null(),
	    e);
}

static bool
status_hello(struct status *s, struct err *e)
{
	AUTO_JSON json_t *reply = hello(s->site, e);
	json_t		*hosts;

	if (reply == NULL)
		return false;
	hosts = json_object_get(reply, "hosts");
	return put_member(s->out, "set", reply, "setName", e) &&
	    put_member(s->out, "primary", reply, "primary", e) &&
	    put_member(s->out, "me", reply, "me", e) &&
	    put(s->out, "hosts", json_is_array(hosts) ?
	    json_deep_copy(hosts) : json_array(), e) &&
	    put(s->out, "wire", json_pack("{s:I,s:I}",
	    "min", (json_int_t)json_int(reply, "minWireVersion", 0),
	    "max", (json_int_t)json_int(reply, "maxWireVersion", 0)), e);
}

static bool
status_version(struct status *s, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;

	return mongo_command(s->site, "admin", "{\"buildInfo\":1}", "",
	    &reply, e) && put_member(s->out, "version", reply, "version", e);
}

/* The site's account may not ask for the parameter but may read where it is
 * kept. */
static bool
status_fcv(struct status *s, struct err *e)
{
	static const struct mongo_where where = { "admin", "system.version" };
	AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };
	AUTO_JSON json_t *fcv = NULL, *reply = NULL;
	struct err	 why;

	if (mongo_find_one(s->site, &where,
	    "{\"_id\":\"featureCompatibilityVersion\"}", &doc, &why) &&
	    doc.text != NULL &&
	    (fcv = json_parse(doc.text, strlen(doc.text), &why)) != NULL)
		return put_member(s->out, "fcv", fcv, "version", e);
	reply = ask(s, "{\"getParameter\":1,\"featureCompatibilityVersion\":1}",
	    "clusterMonitor", &why);
	if (reply == NULL)
		return unknown(s, "fcv", why.msg, e);
	return put_member(s->out, "fcv", json_object_get(reply,
	    "featureCompatibilityVersion"), "version", e);
}

/* Milliseconds of {"$date": "..."} cannot be compared as text: optimeDate
 * in seconds by optime.ts. */
static int64_t
member_optime(const json_t *member)
{
	const json_t	*ts = json_object_get(json_object_get(
	    json_object_get(member, "optime"), "ts"), "$timestamp");

	return json_int(ts, "t", 0);
}

static json_t *
members_read(const json_t *reply)
{
	json_t		*out = json_array(), *member, *lag;
	int64_t		 newest = 0;
	size_t		 i;

	json_array_foreach(json_object_get(reply, "members"), i, member)
		if (json_int(member, "state", 0) == 1)
			newest = member_optime(member);
	json_array_foreach(json_object_get(reply, "members"), i, member) {
		lag = newest == 0 || member_optime(member) == 0 ?
		    json_null() : json_integer(newest > member_optime(member) ?
		    newest - member_optime(member) : 0);
		json_array_append_new(out, json_pack("{s:s,s:s,s:b,s:o}",
		    "name", json_text(member, "name"),
		    "state", json_text(member, "stateStr"),
		    "healthy", json_number_value(
		    json_object_get(member, "health")) == 1.0,
		    "lag_s", lag));
	}
	return out;
}

static bool
status_members(struct status *s, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 why;

	if (mongo_kind(s->site) != MONGO_REPLICA_SET)
		return unknown(s, "members", T_STATUS_STANDALONE, e);
	reply = ask(s, "{\"replSetGetStatus\":1}", "clusterMonitor", &why);
	if (reply == NULL)
		return unknown(s, "members", why.msg, e);
	return put(s->out, "members", members_read(reply), e);
}

static const char *
kind_name(enum mongo_kind kind)
{
	static const char *const names[] = {
		[MONGO_STANDALONE] = "standalone",
		[MONGO_REPLICA_SET] = "replica_set",
		[MONGO_SHARDED] = "sharded",
	};

	return names[kind];
}

static bool
status_fill(struct status *s, struct err *e)
{
	const char	*user = mongoc_uri_get_username(s->site->uri);

	return put(s->out, "url", json_string(mongo_url_shown(s->site)), e) &&
	    put(s->out, "user", user != NULL ? json_string(user) :
	    json_null(), e) &&
	    put(s->out, "kind", json_string(kind_name(mongo_kind(s->site))),
	    e) &&
	    status_version(s, e) && status_hello(s, e) &&
	    status_fcv(s, e) && status_members(s, e) &&
	    put(s->out, "unknown", json_incref(s->unknown), e);
}

bool
mongo_status(struct ctx *ctx, json_t **out, struct err *e)
{
	AUTO_MONGO struct mongo *site = NULL, *admin = NULL;
	AUTO_JSON json_t *result = json_object(), *why = json_object();
	struct status	 s = { .ctx = ctx, .out = result, .unknown = why };

	if (result == NULL || why == NULL)
		return err_nomem(e);
	if (!mongo_open(ctx, MONGO_ANY, &site, e))
		return false;
	if (!mongo_open_admin(ctx, MONGO_ANY, &admin, &s.admin_err))
		admin = NULL;
	s.site = site;
	s.admin = admin;
	if (!status_fill(&s, e))
		return false;
	*out = TAKE(result);
	return true;
}
