/*
 * One member: what every look needs, asked of it directly.
 */
#include "set.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_set.def"

/* "2026-11-25T05:20:01.123Z" in ms; 0 when it is none. */
static int64_t
date_ms(const json_t *date)
{
	const char	*text = json_text(date, "$date");
	struct tm	 tm = { .tm_sec = 0 };
	const char	*rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t		 ms = 0;

	if (rest == NULL)
		return 0;
	if (*rest == '.')
		str_to_int((char[]){ rest[1], rest[2], rest[3], '\0' }, 0,
		    999, &ms);
	return (int64_t)timegm(&tm) * 1000 + ms;
}

static const json_t *
status_of(const struct set_ask *a, const char *name)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach (json_object_get(a->status, "members"), i, m)
		if (str_equal(json_text(m, "name"), name))
			return m;
	return NULL;
}

static int64_t
optime_s(const json_t *member)
{
	return json_int(json_object_get(json_object_get(json_object_get(
	    member, "optime"), "ts"), "$timestamp"), "t", 0);
}

static json_t *
lag_of(const struct set_ask *a, const json_t *status)
{
	const json_t	*m;
	int64_t		 newest = 0, own = optime_s(status);
	size_t		 i;

	json_array_foreach (json_object_get(a->status, "members"), i, m)
		if (optime_s(m) > newest)
			newest = optime_s(m);
	return own == 0 || json_int(status, "state", 0) == 7 ? json_null() :
	    json_integer(newest - own);
}

static const char *
state_by_hello(const json_t *hello)
{
	/* A standalone says that it is writable, too. */
	if (json_str(hello, "setName") != NULL && (json_flag(hello,
	    "isWritablePrimary") || json_flag(hello, "ismaster")))
		return "PRIMARY";
	if (json_flag(hello, "secondary"))
		return "SECONDARY";
	if (json_flag(hello, "arbiterOnly"))
		return "ARBITER";
	return json_str(hello, "setName") == NULL &&
	    !json_flag(hello, "isreplicaset") ? "STANDALONE" : "OTHER";
}

/* What the set says of the member; how it answers itself wins. */
static bool
member_config(const struct set_ask *a, json_t *member, const json_t *config,
    struct err *e)
{
	const json_t	*status = status_of(a, json_text(member, "name"));
	int64_t		 delay = json_int(config, "secondaryDelaySecs",
	    json_int(config, "slaveDelay", 0));

	return set_put(member, "id", config == NULL ? json_null() :
	    json_integer(json_int(config, "_id", 0)), e) &&
	    set_put(member, "votes", json_integer(json_int(config, "votes",
	    1)), e) &&
	    set_put(member, "priority", json_real(config == NULL ? 1 :
	    json_number_value(json_object_get(config, "priority"))), e) &&
	    set_put(member, "hidden", json_boolean(json_flag(config,
	    "hidden")), e) &&
	    set_put(member, "arbiter", json_boolean(json_flag(config,
	    "arbiterOnly")), e) &&
	    set_put(member, "delay_s", json_integer(delay), e) &&
	    set_put(member, "state", json_string(status != NULL ?
	    json_text(status, "stateStr") : "DOWN"), e) &&
	    set_put(member, "healthy", json_boolean(json_number_value(
	    json_object_get(status, "health")) == 1.0), e) &&
	    set_put(member, "lag_s", status == NULL ? json_null() :
	    lag_of(a, status), e);
}

static bool
member_hello(const struct set_ask *a, struct mongo *m, json_t *member,
    struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *hello = set_hello(m, &why);
	int64_t		 there = date_ms(json_object_get(hello, "localTime"));

	if (hello == NULL)
		return set_put(member, "healthy", json_false(), e) &&
		    set_unknown(member, "version", why.msg, e);
	/* Its own word is newer than what the others heard of it. */
	if (!set_put(member, "healthy", json_true(), e))
		return false;
	if (!str_equal(state_by_hello(hello), "OTHER") &&
	    !set_put(member, "state", json_string(state_by_hello(hello)), e))
		return false;
	if (json_flag(hello, "arbiterOnly") &&
	    !set_put(member, "arbiter", json_true(), e))
		return false;
	return set_put(member, "clock_offset_ms", there == 0 ? json_null() :
	    json_integer(there - clock_wall_ms(a->ctx->clock)), e);
}

static bool
member_build(struct mongo *m, json_t *member, struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *r = set_command(m, "{\"buildInfo\":1}", "", &why);
	const json_t	*module;
	char		 major[MONGO_MAJOR_SIZE];
	bool		 is_enterprise = false;
	size_t		 i;

	if (r == NULL)
		return set_unknown(member, "version", why.msg, e);
	json_array_foreach (json_object_get(r, "modules"), i, module)
		if (str_equal(json_string_value(module), "enterprise"))
			is_enterprise = true;
	mongo_major_of(json_text(r, "version"), major);
	return set_put(member, "version", json_string(json_text(r,
	    "version")), e) &&
	    set_put(member, "major", json_string(major), e) &&
	    set_put(member, "edition", json_string(is_enterprise ?
	    "enterprise" : "community"), e);
}

/* The document has targetVersion while a change is unfinished. */
static bool
member_fcv(struct mongo *m, json_t *member, struct err *e)
{
	static const struct mongo_where where = { "admin", "system.version" };
	AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };
	AUTO_JSON json_t *fcv = NULL, *reply = NULL;
	struct err	 why, other;
	const json_t	*at;

	reply = set_command(m, "{\"getParameter\":1,"
	    "\"featureCompatibilityVersion\":1}", "clusterMonitor", &why);
	if (reply == NULL && mongo_find_one(m, &where, "{\"_id\":"
	    "\"featureCompatibilityVersion\"}", &doc, &other) &&
	    doc.text != NULL)
		fcv = json_parse(doc.text, strlen(doc.text), &other);
	at = fcv != NULL ? fcv : json_object_get(reply,
	    "featureCompatibilityVersion");
	if (at == NULL)
		return set_unknown(member, "fcv", why.msg, e);
	return set_put(member, "fcv", json_string(json_text(at, "version")),
	    e) && set_put(member, "fcv_target", json_str(at,
	    "targetVersion") == NULL ? json_null() : json_string(json_text(at,
	    "targetVersion")), e);
}

static bool
member_ask(struct set_ask *a, struct mongo *m, json_t *member, struct err *e)
{
	bool	 is_arbiter;

	if (!member_hello(a, m, member, e) || !member_build(m, member, e))
		return false;
	is_arbiter = json_flag(member, "arbiter");
	/* It shows the newest its binary knows, which says nothing. */
	if (is_arbiter ? !set_unknown(member, "fcv", T_SET_ARBITER, e) :
	    !member_fcv(m, member, e))
		return false;
	return (a->flags & MONGO_SET_BRIEF) != 0 ||
	    set_facts_add(a, m, member, e);
}

static bool
member_down(json_t *member, const struct err *why, struct err *e)
{
	AUTO_FREE char	*text = str_format(T_SET_NO_ANSWER, why->msg);

	if (text == NULL)
		return err_nomem(e);
	return set_put(member, "state", json_string("DOWN"), e) &&
	    set_put(member, "healthy", json_false(), e) &&
	    set_unknown(member, "version", text, e) &&
	    set_unknown(member, "fcv", text, e);
}

/* Arbiters have no accounts; what they say without one is enough. */
static bool
member_open(struct set_ask *a, const char *name, bool is_arbiter,
    struct mongo **m, struct err *why)
{
	struct mongo_open_spec	 spec = { .url = a->url, .member = name,
		.wants = MONGO_ANY, .timeout_ms = a->timeout_ms,
		.no_login = is_arbiter };

	if (mongo_open_as(&spec, m, why))
		return true;
	if (is_arbiter || why->code != MONGO_AUTH_FAILED)
		return false;
	spec.no_login = true;
	return mongo_open_as(&spec, m, why);
}

bool
set_member_add(struct set_ask *a, const char *name, const json_t *config,
    struct err *e)
{
	AUTO_JSON json_t *member = json_pack("{s:s, s:{}}", "name", name,
	    "unknown");
	AUTO_MONGO struct mongo *m = NULL;
	struct err	 why;

	if (member == NULL)
		return err_nomem(e);
	if (!cancel_check(a->ctx->cancel, e) ||
	    !member_config(a, member, config, e))
		return false;
	if (!member_open(a, name, json_flag(member, "arbiter"), &m, &why)) {
		if (!member_down(member, &why, e))
			return false;
	} else if (!member_ask(a, m, member, e)) {
		return false;
	}
	return json_array_append(json_object_get(a->out, "members"),
	    member) == 0 || err_nomem(e);
}
