/*
 * mongo.status: the deployment as the set itself, each server and the table
 * of versions tell it, and what the next major asks for.
 */
#include "check.h"
#include "upgrade.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "how_options.h"
#include "text_status.def"

/* Any value of a MEMBER, new reference; null when it is not known. */
static json_t *
fact(const json_t *m, const char *group, const char *name)
{
	const json_t	*of = group == NULL ? m : json_object_get(m, group);
	json_t		*value = json_object_get(of, name);

	return value == NULL ? json_null() : json_incref(value);
}

/* "java 4.11 (activity) 3", one for each kind of client. */
static json_t *
drivers_of(const json_t *m)
{
	const json_t	*list = json_object_get(json_object_get(m,
	    "connections"), "drivers"), *d;
	json_t		*out = json_array();
	size_t		 i;

	json_array_foreach (list, i, d)
		json_array_append_new(out, json_sprintf("%s %s (%s) %lld",
		    json_text(d, "name"), json_text(d, "version"),
		    json_text(d, "app"), (long long)json_int(d, "count",
		    0)));
	return out;
}

static const json_t *
option_at(const json_t *options, const char *path)
{
	char	 name[80];
	size_t	 n;

	for (; options != NULL && *path != '\0'; path += n +
	    (path[n] == '.')) {
		n = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		options = json_object_get(options, name);
	}
	return options;
}

/* What the next major no longer takes of this server's options. */
static json_t *
dropped_of(const json_t *m, const char *next)
{
	const json_t	*options = json_object_get(m, "options");
	const json_t	*parameters = json_object_get(options,
	    "setParameter");
	json_t		*out = json_array();
	const struct how_option *o;
	size_t		 i;

	for (i = 0; next != NULL && i < how_removed_count; i++) {
		o = &how_removed[i];
		if (o->since == NULL || strcmp(o->since, next) != 0)
			continue;
		if ((o->path != NULL && option_at(options, o->path) != NULL) ||
		    (o->parameter != NULL && json_object_get(parameters,
		    o->parameter) != NULL))
			json_array_append_new(out, json_string(o->path !=
			    NULL ? o->path : o->parameter));
	}
	return out;
}

/* "package, mongod.service", "podman, mongo:6.0". */
static json_t *
run_of(const json_t *m)
{
	const json_t	*run = json_object_get(m, "run");
	const char	*more = json_str(run, "unit");

	if (!json_is_object(run))
		return json_null();
	if (more == NULL)
		more = json_str(run, "image");
	if (more == NULL)
		more = json_str(run, "exe");
	if (more == NULL)
		more = json_str(run, "why");
	return json_sprintf("%s%s%s", json_text(run, "by"), more != NULL ?
	    ", " : "", more != NULL ? more : "");
}

static json_t *
server_row(const json_t *m, const char *next)
{
	static const struct {
		const char	*as, *group, *name;
	} facts[] = {
		{ "name", NULL, "name" }, { "state", NULL, "state" },
		{ "healthy", NULL, "healthy" },
		{ "version", NULL, "version" },
		{ "edition", NULL, "edition" }, { "fcv", NULL, "fcv" },
		{ "fcv_target", NULL, "fcv_target" },
		{ "lag_s", NULL, "lag_s" },
		{ "uptime_s", NULL, "uptime_s" },
		{ "oplog_hours", "oplog", "hours" },
		{ "disk_free_bytes", "disk", "free_bytes" },
		{ "disk_total_bytes", "disk", "total_bytes" },
		{ "cache_used_bytes", "cache", "used_bytes" },
		{ "cache_max_bytes", "cache", "max_bytes" },
		{ "connections", "connections", "current" },
		{ "tls_until", "tls", "not_after" },
		{ "tls_problem", "tls", "problem" },
	};
	json_t		*row = json_object();
	const json_t	*unknown = json_object_get(m, "unknown");
	size_t		 i;

	for (i = 0; i < LENGTH(facts); i++)
		json_object_set_new(row, facts[i].as, fact(m, facts[i].group,
		    facts[i].name));
	json_object_set_new(row, "drivers", drivers_of(m));
	json_object_set_new(row, "dropped", dropped_of(m, next));
	json_object_set_new(row, "run", run_of(m));
	json_object_set_new(row, "unknown", unknown == NULL ?
	    json_object() : json_deep_copy(unknown));
	return row;
}

/* "4.4 -> [5.0] -> 6.0": where this deployment is, in brackets. */
static json_t *
chain_line(const char *at)
{
	static const char *const majors[] = { "4.2", "4.4", "5.0", "6.0",
		"7.0", "8.0" };
	AUTO_BUF struct buf b = BUF_INIT;
	size_t		 i;

	for (i = 0; i < LENGTH(majors); i++)
		buf_printf(&b, strcmp(majors[i], at) == 0 ? "%s[%s]" :
		    "%s%s", i > 0 ? " -> " : "", majors[i]);
	return json_string(buf_str(&b));
}

static json_t *
sametime_list(void)
{
	const struct mongo_sametime *list;
	json_t	*out = json_array();
	size_t	 count, i;

	list = mongo_sametime_list(&count);
	for (i = 0; i < count; i++)
		json_array_append_new(out, json_pack("{s:s,s:s,s:s,s:b}",
		    "release", list[i].release, "major", list[i].major,
		    "source", list[i].source, "statement",
		    list[i].is_statement));
	return out;
}

/* The next major that the table has, "" when this is the last. */
static void
next_of(const char *at, char out[MONGO_MAJOR_SIZE])
{
	static const char *const ways[][2] = { { "4.0", "4.2" },
		{ "4.2", "4.4" }, { "4.4", "5.0" }, { "5.0", "6.0" },
		{ "6.0", "7.0" }, { "7.0", "8.0" }, { "8.0", "8.3" },
		{ "8.2", "8.3" }, { "8.3", "9.0" } };
	size_t	 i;

	out[0] = '\0';
	for (i = 0; i < LENGTH(ways); i++)
		if (strcmp(ways[i][0], at) == 0)
			snprintf(out, MONGO_MAJOR_SIZE, "%s", ways[i][1]);
}

static bool
put(json_t *of, const char *name, json_t *value, struct err *e)
{
	return json_object_set_new(of, name, value) == 0 || err_nomem(e);
}

/* What the checks say blocks the way to next, as sentences. */
static json_t *
blocks_of(struct ctx *ctx, const struct secret *url, const json_t *set,
    const char *next)
{
	/* How the binaries come is said with the upgrade, not here. */
	const struct check_wish	 wish = { .to = next, .how = { "hand" } };
	AUTO_JSON json_t	*report = NULL;
	json_t			*out = json_array();
	const json_t		*one;
	struct err		 why;
	size_t			 i;

	if (!upgrade_check(ctx, url, set, &wish, &report, &why)) {
		json_array_append_new(out, json_string(why.msg));
		return out;
	}
	json_array_foreach (json_object_get(report, "checks"), i, one)
		if (str_equal(json_text(one, "verdict"), "block"))
			json_array_append_new(out, json_sprintf(
			    "%s %s%s%s", json_text(one, "id"), json_text(one,
			    "member"), *json_text(one, "member") != '\0' ?
			    ": " : "", json_text(one, "fact")));
	return out;
}

static bool
support_put(json_t *out, const char *version, struct err *e)
{
	struct mongo_lifecycle	 life;
	struct err		 why;

	if (!mongo_lifecycle(version, &life, &why))
		return put(out, "support", json_object(), e) &&
		    put(json_object_get(out, "unknown"), "support",
		    json_string(why.msg), e);
	return put(out, "support", json_pack("{s:s,s:s,s:s,s:s}", "end",
	    life.end, "as_of", life.as_of, "newest_patch", life.newest_patch,
	    "note", life.note), e);
}

static bool
servers_put(struct ctx *ctx, json_t *out, const struct secret *url,
    const json_t *set, struct err *e)
{
	json_t		*rows = json_array();
	char		 at[MONGO_MAJOR_SIZE], next[MONGO_MAJOR_SIZE];
	const json_t	*m;
	size_t		 i;

	check_from(set, at);
	next_of(at, next);
	json_array_foreach (json_object_get(set, "members"), i, m)
		json_array_append_new(rows, server_row(m, next[0] != '\0' ?
		    next : NULL));
	return put(out, "servers", rows, e) &&
	    put(out, "chain", chain_line(at), e) &&
	    put(out, "next", next[0] != '\0' ? json_string(next) :
	    json_null(), e) &&
	    put(out, "blocks", next[0] != '\0' ? blocks_of(ctx, url, set,
	    next) : json_array(), e);
}

static bool
servers_unknown(json_t *out, const char *why, struct err *e)
{
	return put(out, "servers", json_null(), e) &&
	    put(out, "chain", json_null(), e) &&
	    put(out, "next", json_null(), e) &&
	    put(out, "blocks", json_array(), e) &&
	    put(json_object_get(out, "unknown"), "servers",
	    json_string(why), e);
}

static bool
status_fill(struct ctx *ctx, json_t *out, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_JSON json_t	  *set = NULL;
	struct err		   why;

	if (!support_put(out, json_text(out, "version"), e) ||
	    !put(out, "sametime", sametime_list(), e))
		return false;
	if (str_equal(json_text(out, "kind"), "sharded"))
		return servers_unknown(out, T_STATUS_SHARDED, e);
	if (!mongo_keeper_url(ctx, &url, &why) ||
	    !mongo_set_read(ctx, url, 0, &set, &why)) {
		if (why.domain == ERR_CANCELLED)
			return err_copy(e, &why);
		return servers_unknown(out, why.msg, e);
	}
	return servers_put(ctx, out, url, set, e);
}

static bool
status_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t *out = NULL;

	/* serve has rights of its own: it connects nowhere for a viewer. */
	if (json_object_get(params, "admin_url_file") != NULL &&
	    ctx->who->uid != getuid() && ctx->who->role < ROLE_OPERATOR)
		return err_set(e, ERR_REFUSED, 0, T_STATUS_ADMIN_ROLE,
		    role_name(ctx->who->role));
	if (!mongo_status(ctx, &out, e) || !status_fill(ctx, out, e))
		return false;
	*result = TAKE(out);
	return true;
}

static const struct verb_param params[] = {
	{ .name = "admin_url_file", .type = PARAM_SECRET,
	  .help = "MongoDB URL of an account with clusterMonitor" },
};

static const struct verb status_verb = {
	.name = "mongo.status", .role = ROLE_VIEWER, .risk = RISK_NONE,
	.help = "Show every server of MongoDB, its support and its next step",
	.detail = "The site's account may not read the state of the "
	"replica set; what it may not know is shown as unknown unless a "
	"second account is given by --admin-url-file or kept in the "
	"setting mongo.admin_url. What blocks the next major are the checks "
	"of mongo check.",
	.params = params, .param_count = LENGTH(params),
	.read = status_read,
	.schema = "{\"url\":\"string\",\"user\":\"string?\","
	"\"kind\":\"=standalone|replica_set|sharded\","
	"\"version\":\"string?\",\"set\":\"string?\","
	"\"primary\":\"string?\",\"me\":\"string?\","
	"\"hosts\":[\"string\"],\"wire\":{\"min\":\"int\",\"max\":\"int\"},"
	"\"fcv\":\"string?\",\"members\":[{\"name\":\"string\","
	"\"state\":\"string\",\"healthy\":\"bool\",\"lag_s\":\"int?\"},"
	"\"?\"],\"servers\":[{\"name\":\"string\",\"state\":\"string?\","
	"\"healthy\":\"bool?\",\"version\":\"string?\","
	"\"edition\":\"string?\",\"fcv\":\"string?\","
	"\"fcv_target\":\"string?\",\"lag_s\":\"int?\","
	"\"uptime_s\":\"int?\",\"oplog_hours\":\"number?\","
	"\"disk_free_bytes\":\"int?\",\"disk_total_bytes\":\"int?\","
	"\"cache_used_bytes\":\"int?\",\"cache_max_bytes\":\"int?\","
	"\"connections\":\"int?\",\"tls_until\":\"string?\","
	"\"tls_problem\":\"string?\",\"drivers\":[\"string\"],"
	"\"dropped\":[\"string\"],\"run\":\"string?\","
	"\"unknown\":{\"*\":\"string\"}},\"?\"],\"chain\":\"string?\","
	"\"next\":\"string?\",\"blocks\":[\"string\"],"
	"\"support\":{\"end\":\"string?\",\"as_of\":\"string?\","
	"\"newest_patch\":\"string?\",\"note\":\"string?\"},"
	"\"sametime\":[{\"release\":\"string\",\"major\":\"string\","
	"\"source\":\"string\",\"statement\":\"bool\"}],"
	"\"unknown\":{\"*\":\"string\"}}",
};

const struct service mongo_status_service = {
	.name = "mongo.status", .verbs = &status_verb, .verb_count = 1
};
