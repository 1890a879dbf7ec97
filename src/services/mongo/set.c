/*
 * A deployment as a whole: its kind, its members, its configuration.  Each
 * member is asked for itself, since only it knows its version and options.
 */
#include "set.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "text_set.def"

bool
set_put(json_t *of, const char *name, json_t *value, struct err *e)
{
	return json_object_set_new(of, name, value) == 0 || err_nomem(e);
}

bool
set_unknown(json_t *of, const char *name, const char *why, struct err *e)
{
	return set_put(of, name, json_null(), e) &&
	    set_put(json_object_get(of, "unknown"), name, json_string(why), e);
}

json_t *
set_command(struct mongo *m, const char *command, const char *role,
    struct err *why)
{
	json_t	*reply = NULL;

	return mongo_command(m, "admin", command, role, &reply, why) ?
	    reply : NULL;
}

json_t *
set_hello(struct mongo *m, struct err *why)
{
	json_t	*reply = set_command(m, "{\"hello\":1}", "", why);

	if (reply == NULL && why->code == MONGO_NO_COMMAND)
		reply = set_command(m, "{\"isMaster\":1}", "", why);
	return reply;
}

/* Asked of everybody who may; unknown with the reason else. */
static bool
put_reply(struct set_ask *a, struct mongo *m, const char *name,
    const char *command, const char *part, struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *reply = set_command(m, command, "clusterMonitor",
	    &why);

	if (reply == NULL)
		return set_unknown(a->out, name, why.msg, e);
	return set_put(a->out, name, json_deep_copy(part == NULL ? reply :
	    json_object_get(reply, part)), e);
}

static bool
put_default_concern(struct set_ask *a, struct mongo *m, struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *r = set_command(m, "{\"getDefaultRWConcern\":1}",
	    "clusterMonitor", &why);
	json_t		*concern;

	if (r == NULL)
		return set_unknown(a->out, "default_write_concern", why.msg,
		    e) && set_put(a->out, "default_write_concern_source",
		    json_null(), e);
	concern = json_object_get(r, "defaultWriteConcern");
	return set_put(a->out, "default_write_concern", concern == NULL ?
	    json_null() : json_deep_copy(concern), e) &&
	    set_put(a->out, "default_write_concern_source",
	    json_object_get(r, "defaultWriteConcernSource") == NULL ?
	    json_null() : json_copy(json_object_get(r,
	    "defaultWriteConcernSource")), e);
}

/* By the configuration, which knows hidden members, else by hello. */
static bool
members_by_config(struct set_ask *a, const json_t *config, struct err *e)
{
	const json_t	*member;
	size_t		 i;

	json_array_foreach (json_object_get(config, "members"), i, member)
		if (!set_member_add(a, json_text(member, "host"), member, e))
			return false;
	return true;
}

static bool
members_by_hello(struct set_ask *a, const json_t *hello, struct err *e)
{
	static const char *const lists[] = { "hosts", "passives",
		"arbiters" };
	const json_t	*name;
	size_t		 i, n;

	for (i = 0; i < LENGTH(lists); i++)
		json_array_foreach (json_object_get(hello, lists[i]), n, name)
			if (!set_member_add(a, json_string_value(name), NULL,
			    e))
				return false;
	return true;
}

static bool
set_read_replica(struct set_ask *a, struct mongo *m, const json_t *hello,
    struct err *e)
{
	struct err	 why;
	const json_t	*config;

	a->status = set_command(m, "{\"replSetGetStatus\":1}",
	    "clusterMonitor", &why);
	if (!put_reply(a, m, "config", "{\"replSetGetConfig\":1}", "config",
	    e))
		return false;
	if (!(a->flags & MONGO_SET_BRIEF) && !put_default_concern(a, m, e))
		return false;
	config = json_object_get(a->out, "config");
	return json_is_object(config) ? members_by_config(a, config, e) :
	    members_by_hello(a, hello, e);
}

static bool
put_text(json_t *of, const char *name, const json_t *from, const char *key,
    struct err *e)
{
	const char	*text = json_str(from, key);

	return set_put(of, name, text == NULL ? json_null() :
	    json_string(text), e);
}

static bool
set_fill(struct set_ask *a, struct mongo *m, struct err *e)
{
	static const char *const kinds[] = {
		[MONGO_STANDALONE] = "standalone",
		[MONGO_REPLICA_SET] = "replica_set",
		[MONGO_SHARDED] = "sharded",
	};
	AUTO_JSON json_t *hello = set_hello(m, e);
	AUTO_FREE char	 *first = strdup(mongo_hosts(m));

	if (hello == NULL)
		return false;
	if (first == NULL)
		return err_nomem(e);
	first[strcspn(first, ",")] = '\0';
	if (!set_put(a->out, "kind", json_string(kinds[mongo_kind(m)]), e) ||
	    !put_text(a->out, "set", hello, "setName", e) ||
	    !put_text(a->out, "primary", hello, "primary", e))
		return false;
	switch (mongo_kind(m)) {
	case MONGO_SHARDED:
		return set_unknown(a->out, "config", T_SET_SHARDED, e);
	case MONGO_STANDALONE:
		return set_put(a->out, "config", json_null(), e) &&
		    set_member_add(a, first, NULL, e);
	default:
		return set_read_replica(a, m, hello, e);
	}
}

bool
mongo_set_read(struct ctx *ctx, const struct secret *url, unsigned flags,
    json_t **out, struct err *e)
{
	AUTO_JSON json_t *doc = json_pack("{s:[], s:{}}", "members",
	    "unknown");
	AUTO_MONGO struct mongo *m = NULL;
	struct set_ask	 a = { ctx, url, flags, 0, doc, NULL };
	int64_t		 ms;
	bool		 ok;

	if (doc == NULL)
		return err_nomem(e);
	if (!settings_get_int(ctx, "mongo.timeout_ms", &ms, e))
		return false;
	a.timeout_ms = ms < 100 ? 100 : ms > 60000 ? 60000 : (int)ms;
	if (!mongo_open_url(url, MONGO_ANY, a.timeout_ms, &m, e))
		return false;
	ok = set_fill(&a, m, e);
	json_decref(a.status);
	if (ok)
		*out = TAKE(doc);
	return ok;
}

const json_t *
mongo_set_member(const json_t *set, const char *name)
{
	const json_t	*member;
	size_t		 i;

	json_array_foreach (json_object_get(set, "members"), i, member)
		if (str_equal(json_text(member, "name"), name))
			return member;
	return NULL;
}

bool
mongo_report_write(struct ctx *ctx, const char *kind, const json_t *report,
    char **path, struct err *e)
{
	AUTO_FREE char	*dir = store_site_path(ctx->store, ctx->site_id,
	    "reports", e);
	AUTO_FREE char	*text = json_dumps(report, JSON_INDENT(2));
	AUTO_FREE char	*at = NULL;
	char		 now[CLOCK_ISO_SIZE];

	if (dir == NULL || !file_make_dirs(dir, 0700, e))
		return false;
	clock_iso(clock_wall_ms(ctx->clock), now);
	/* No colons: the file may be taken to a Windows machine. */
	for (char *p = now; *p != '\0'; p++)
		if (*p == ':')
			*p = '-';
	at = str_format("%s/%s-%s.json", dir, kind, now);
	if (text == NULL || at == NULL)
		return err_nomem(e);
	if (!file_write(AT_FDCWD, at, text, strlen(text), 0600, e))
		return false;
	*path = TAKE(at);
	return true;
}
