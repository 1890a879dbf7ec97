#include "reach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/blob.h"
#include "stconsole/clock.h"
#include "stconsole/dial.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "text_steps.def"

#define TIMEOUT_MS	3000
#define OTHERS_S	60

bool
reach_init(struct reach *r, struct ctx *ctx, const json_t *args,
    struct err *e)
{
	struct buf	 url = BUF_INIT;

	*r = (struct reach){ .ctx = ctx,
		.topo = json_object_get(args, "topo") };
	if (blob_get(ctx, json_text(r->topo, "url"), &url, e))
		r->url = secret_new(url.data, url.len, e);
	buf_wipe(&url);
	return r->url != NULL;
}

void
reach_fini(struct reach *r)
{
	secret_free(r->url);
	r->url = NULL;
}

static const json_t *
members(const struct reach *r)
{
	return json_object_get(r->topo, "members");
}

bool
reach_is_lone(const struct reach *r)
{
	return json_array_size(members(r)) < 2;
}

const json_t *
reach_member(const struct reach *r, const char *name)
{
	return mongo_set_member(r->topo, name);
}

/* Arbiters have no accounts: nobody can ask them about the others. */
json_t *
reach_read(const struct reach *r, unsigned flags, struct err *e)
{
	const json_t	*member;
	json_t		*set = NULL;
	size_t		 i;

	err_set(e, ERR_MONGO, MONGO_UNREACHABLE, T_REACH_NOBODY);
	json_array_foreach (members(r), i, member) {
		AUTO_SECRET struct secret *at = NULL;
		struct err	 why;

		if (json_flag(member, "arbiter"))
			continue;
		if (!cancel_check(r->ctx->cancel, e) || !mongo_url_at(r->url,
		    json_text(member, "name"), false, &at, e))
			return NULL;
		if (mongo_set_read(r->ctx, at, flags, &set, &why)) {
			err_clear(e);
			return set;
		}
		err_copy(e, &why);
	}
	if (e != NULL && e->domain == ERR_MONGO)
		e->retryable = e->code < 0 || e->retryable;
	return NULL;
}

json_t *
reach_set(const struct reach *r, struct err *e)
{
	return reach_read(r, MONGO_SET_BRIEF, e);
}

static bool
is_state(const json_t *member, const char *state)
{
	return strcmp(json_text(member, "state"), state) == 0;
}

const char *
reach_primary(const json_t *set)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach (json_object_get(set, "members"), i, m)
		if (json_flag(m, "healthy") && (is_state(m, "PRIMARY") ||
		    is_state(m, "STANDALONE")))
			return json_text(m, "name");
	return NULL;
}

bool
reach_is_ready(const json_t *member)
{
	return json_flag(member, "healthy") && (is_state(member, "PRIMARY") ||
	    is_state(member, "SECONDARY") || is_state(member, "ARBITER") ||
	    is_state(member, "STANDALONE"));
}

bool
reach_others_ready(const json_t *set, const char *but, const char **who)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach (json_object_get(set, "members"), i, m) {
		*who = json_text(m, "name");
		if (!str_equal(but, *who) && !reach_is_ready(m))
			return false;
	}
	return true;
}

static bool
others_late(const json_t *set, const char *but, const char *who,
    struct err *e)
{
	return reach_others_ready(set, but, &who) ? err_set(e, ERR_MONGO,
	    MONGO_NO_PRIMARY, T_REACH_NO_PRIMARY) : err_set(e, ERR_REFUSED, 0,
	    T_REACH_OTHER, who);
}

bool
reach_await_others(const struct reach *r, const char *but, json_t **set,
    struct err *e)
{
	const int64_t	 until = clock_mono_ms(r->ctx->clock) +
	    OTHERS_S * 1000;
	const char	*who = "";

	for (;;) {
		AUTO_JSON json_t *now = reach_set(r, e);

		if (now == NULL && clock_mono_ms(r->ctx->clock) >= until)
			return false;
		if (now != NULL && reach_others_ready(now, but, &who) &&
		    (but != NULL || reach_primary(now) != NULL)) {
			*set = TAKE(now);
			err_clear(e);
			return true;
		}
		if (clock_mono_ms(r->ctx->clock) >= until)
			return others_late(now, but, who, e);
		cancel_wait(r->ctx->cancel, REACH_LOOK_MS);
		if (!cancel_check(r->ctx->cancel, e))
			return false;
	}
}

const char *
reach_heir(const struct reach *r, const json_t *set, const char *instead_of)
{
	const json_t	*m, *known;
	size_t		 i;

	json_array_foreach (json_object_get(set, "members"), i, m) {
		known = reach_member(r, json_text(m, "name"));
		if (strcmp(json_text(m, "name"), instead_of) != 0 &&
		    known != NULL && json_number_value(json_object_get(known,
		    "priority")) > 0 && json_int(known, "delay_s", 0) == 0 &&
		    !json_flag(known, "arbiter") && json_flag(m, "healthy") &&
		    is_state(m, "SECONDARY") && json_int(m, "lag_s",
		    REACH_LAG_S + 1) <= REACH_LAG_S)
			return json_text(m, "name");
	}
	return NULL;
}

bool
reach_fcv(const json_t *set, char fcv[MONGO_MAJOR_SIZE], struct err *e)
{
	const json_t	*m;
	const char	*one;
	size_t		 i;

	fcv[0] = '\0';
	json_array_foreach (json_object_get(set, "members"), i, m) {
		one = json_str(m, "fcv");
		if (json_flag(m, "arbiter") || is_state(m, "ARBITER") ||
		    !json_flag(m, "healthy"))
			continue;
		if (one == NULL)
			return err_set(e, ERR_MONGO, 0, T_FCV_UNKNOWN,
			    json_text(m, "name"), json_text(json_object_get(m,
			    "unknown"), "fcv"));
		if (json_str(m, "fcv_target") != NULL)
			return err_set(e, ERR_REFUSED, 0, T_FCV_HALF,
			    json_text(m, "name"), one,
			    json_text(m, "fcv_target"));
		if (fcv[0] != '\0' && strcmp(fcv, one) != 0)
			return err_set(e, ERR_REFUSED, 0, T_FCV_MIXED, fcv,
			    one);
		snprintf(fcv, MONGO_MAJOR_SIZE, "%s", one);
	}
	return fcv[0] != '\0' ? true : err_set(e, ERR_MONGO, 0,
	    T_REACH_NOBODY);
}

bool
reach_at(const struct reach *r, const char *name, int answer_ms,
    struct mongo **m, struct err *e)
{
	const struct mongo_open_spec spec = { .url = r->url, .member = name,
		.wants = MONGO_ANY, .timeout_ms = TIMEOUT_MS,
		.answer_ms = answer_ms };

	return mongo_open_as(&spec, m, e);
}

void
reach_look(const struct reach *r, const char *name, struct reach_seen *seen)
{
	const struct mongo_open_spec spec = { .url = r->url, .member = name,
		.wants = MONGO_ANY, .timeout_ms = TIMEOUT_MS,
		.answer_ms = TIMEOUT_MS, .no_login = true };
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_JSON json_t	*build = NULL, *hello = NULL;
	struct err		 why;

	*seen = (struct reach_seen){ .is_ready = false };
	if (!mongo_open_as(&spec, &m, &why) || !mongo_command(m, "admin",
	    "{\"buildInfo\":1}", "", &build, &why) ||
	    !mongo_major_of(json_text(build, "version"), seen->major)) {
		seen->major[0] = '\0';
		return;
	}
	/* By its old name, which all versions know. */
	seen->is_ready = mongo_command(m, "admin", "{\"isMaster\":1}", "",
	    &hello, &why) && (json_flag(hello, "ismaster") || json_flag(hello,
	    "secondary") || json_flag(hello, "arbiterOnly"));
}

/* Who may not ask for the parameter may read where it is kept. */
static bool
fcv_ask(struct mongo *m, json_t **fcv, struct err *e)
{
	static const struct mongo_where where = { "admin", "system.version" };
	AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };
	AUTO_JSON json_t *reply = NULL;
	struct err	 other;

	if (mongo_command(m, "admin", "{\"getParameter\":1,"
	    "\"featureCompatibilityVersion\":1}", "clusterMonitor", &reply,
	    e)) {
		*fcv = json_incref(json_object_get(reply,
		    "featureCompatibilityVersion"));
		return true;
	}
	if (!mongo_find_one(m, &where, "{\"_id\":"
	    "\"featureCompatibilityVersion\"}", &doc, &other) ||
	    doc.text == NULL)
		return false;
	*fcv = json_parse(doc.text, strlen(doc.text), e);
	return *fcv != NULL;
}

bool
reach_is_past(const struct reach *r, const char *from, bool *past,
    struct err *e)
{
	const json_t	*member;
	size_t		 i;

	*past = false;
	json_array_foreach (members(r), i, member) {
		AUTO_MONGO struct mongo	*m = NULL;
		AUTO_JSON json_t	*fcv = NULL;
		struct err		 why;

		if (json_flag(member, "arbiter") || !reach_at(r, json_text(
		    member, "name"), 0, &m, &why))
			continue;
		if (!fcv_ask(m, &fcv, e))
			return false;
		*past = strcmp(json_text(fcv, "version"), from) != 0 ||
		    json_str(fcv, "targetVersion") != NULL;
		return true;
	}
	/* Nobody is up: nobody can have raised it meanwhile. */
	return cancel_check(r->ctx->cancel, e);
}

/* "host:port", "[::1]:27017". */
static bool
address_split(const char *name, char *host, size_t size, int *port)
{
	const char	*colon = strrchr(name, ':');
	int64_t		 n;
	size_t		 len;

	if (colon == NULL || !str_to_int(colon + 1, 1, 65535, &n))
		return false;
	len = (size_t)(colon - name);
	if (len >= 2 && name[0] == '[') {
		name++;
		len -= 2;
	}
	snprintf(host, size, "%.*s", (int)len, name);
	*port = (int)n;
	return true;
}

bool
reach_is_down(const struct reach *r, const char *name, pid_t pid,
    unsigned long long start)
{
	char			 host[256];
	struct dial_spec	 spec = { .host = host,
		.timeout_ms = TIMEOUT_MS, .cancel = r->ctx->cancel };
	struct dial_result	 d;
	struct err		 why;

	if (pid > 0 && proc_start_time(pid) == start)
		return false;
	if (!address_split(name, host, sizeof(host), &spec.port))
		return false;
	if (dial(&spec, &d, &why)) {
		close(d.fd);
		return false;
	}
	return why.domain == ERR_SYS && why.code == ECONNREFUSED;
}

static bool
uptime_lone(struct mongo *m, const char *name, json_t **uptimes,
    struct err *e)
{
	AUTO_JSON json_t *reply = NULL;

	if (!mongo_command(m, "admin", "{\"serverStatus\":1}",
	    "clusterMonitor", &reply, e))
		return false;
	*uptimes = json_pack("{s:O}", name, json_object_get(reply,
	    "uptime"));
	return *uptimes != NULL || err_nomem(e);
}

/* {NAME: seconds}: since when the primary sees the member up. */
bool
reach_uptimes(const struct reach *r, const json_t *set, json_t **uptimes,
    struct err *e)
{
	const char		*primary = reach_primary(set);
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_JSON json_t	*reply = NULL;
	const json_t		*one;
	size_t			 i;

	if (primary == NULL) {
		err_set(e, ERR_MONGO, MONGO_NO_PRIMARY, T_REACH_NO_PRIMARY);
		if (e != NULL)
			e->retryable = true;
		return false;
	}
	if (!reach_at(r, primary, 0, &m, e))
		return false;
	if (!json_flag(r->topo, "is_set"))
		return uptime_lone(m, primary, uptimes, e);
	if (!mongo_command(m, "admin", "{\"replSetGetStatus\":1}",
	    "clusterMonitor", &reply, e))
		return false;
	*uptimes = json_object();
	json_array_foreach (json_object_get(reply, "members"), i, one)
		json_object_set(*uptimes, json_text(one, "name"),
		    json_object_get(one, "uptime"));
	return *uptimes != NULL || err_nomem(e);
}

bool
reach_note(const struct reach *r, const char *primary, const char *words,
    struct err *e)
{
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_JSON json_t	*reply = NULL;
	AUTO_JSON json_t	*command = json_pack("{s:i, s:{s:s}, s:{s:s,"
	    " s:i}}", "appendOplogNote", 1, "data", "msg", words,
	    "writeConcern", "w", "majority", "wtimeout", 5000);
	AUTO_FREE char		*text = NULL;

	if (command == NULL || (text = json_dumps(command, 0)) == NULL)
		return err_nomem(e);
	return reach_at(r, primary, 0, &m, e) && mongo_command(m, "admin",
	    text, "clusterManager", &reply, e);
}
