/*
 * One server, asked directly: who it is and in which state.  Everything that
 * is not in MONGO_SET_BRIEF is in set_facts.c.
 */
#include "set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_set.def"

#define BRIEF_REACH_MS	1000
#define BRIEF_ANSWER_MS	5000
#define ANSWER_MS	15000

/* ---- asking */

bool
set_put(json_t *obj, const char *name, json_t *value, struct err *e)
{
	return json_object_set_new(obj, name, value) == 0 || err_nomem(e);
}

bool
set_unknown(json_t *obj, const char *name, const char *why, struct err *e)
{
	return set_put(obj, name, json_null(), e) &&
	    set_put(json_object_get(obj, "unknown"), name, json_string(why),
	    e);
}

static bool
put_text(json_t *obj, const char *name, const char *text, const char *why,
    struct err *e)
{
	return text != NULL ? set_put(obj, name, json_string(text), e) :
	    set_unknown(obj, name, why, e);
}

json_t *
set_command_on(struct mongo *m, const char *db, const char *command,
    const char *role, struct err *why)
{
	json_t	*reply = NULL;

	if (mongo_command(m, db, command, role, &reply, why))
		return reply;
	if (why->code == MONGO_UNAUTHORIZED && *role != '\0')
		err_context(why, T_SET_ROLE, role);
	return NULL;
}

json_t *
set_command(struct mongo *m, const char *command, const char *role,
    struct err *why)
{
	return set_command_on(m, "admin", command, role, why);
}

int64_t
set_number(const json_t *obj, const char *name, int64_t fallback)
{
	const json_t	*n = json_object_get(obj, name);

	if (json_is_real(n))
		return (int64_t)json_real_value(n);
	return json_is_integer(n) ? json_integer_value(n) : fallback;
}

int64_t
set_date_ms(const json_t *date)
{
	const char	*text = json_str(date, "$date"), *rest;
	struct tm	 tm = { .tm_sec = 0 };
	int64_t		 ms = 0;

	rest = text == NULL ? NULL : strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL)
		return -1;
	/* libbson writes no fraction, or three digits of it. */
	if (*rest == '.')
		ms = strtol(rest + 1, NULL, 10);
	return (int64_t)timegm(&tm) * 1000 + ms;
}

/* ---- connecting */

static bool
look_open(struct set_look *look, bool no_login, struct err *e)
{
	const bool		 is_brief = look->ask->flags & MONGO_SET_BRIEF;
	/* Half for the driver, half for finding out why it failed. */
	int			 reach_ms = look->ask->timeout_ms / 2;
	struct mongo_open_spec	 spec = { .url = look->ask->url,
		.member = look->address, .wants = MONGO_ANY,
		.no_login = no_login,
		.answer_ms = is_brief ? BRIEF_ANSWER_MS : ANSWER_MS };

	if (is_brief && reach_ms > BRIEF_REACH_MS)
		reach_ms = BRIEF_REACH_MS;
	spec.timeout_ms = reach_ms;
	return mongo_open_as(&spec, &look->m, e);
}

static void
look_hello(struct set_look *look)
{
	look->hello = set_command(look->m, "{\"hello\":1}", "",
	    &look->silence);
	/* Up to 4.2 there is only the old name. */
	if (look->hello == NULL && look->silence.code == MONGO_NO_COMMAND)
		look->hello = set_command(look->m, "{\"isMaster\":1}", "",
		    &look->silence);
	look->hello_ms = clock_wall_ms(look->ask->ctx->clock);
	if (look->hello != NULL)
		return;
	mongo_close(look->m);
	look->m = NULL;
}

/*
 * An arbiter holds no accounts, a member in its first copy not yet: what can
 * be had without them is still worth having.
 */
static void
look_connect(struct set_look *look)
{
	const bool	 is_lockless = !look->ask->has_account;
	struct err	 e;

	if ((is_lockless || !look->is_arbiter) && !look_open(look, false, &e)) {
		err_copy(&look->silence, &e);
		err_copy(&look->login, &e);
		if (is_lockless || e.code == MONGO_UNREACHABLE)
			return;
	}
	if (look->m == NULL) {
		look->is_refused = true;
		if (!look_open(look, true, &look->silence))
			return;
	}
	look_hello(look);
	if (json_flag(look->hello, "arbiterOnly"))
		look->is_arbiter = true;
}

/* ---- who it is */

static bool
look_version(struct set_look *look, struct err *e)
{
	struct err	 why;
	AUTO_JSON json_t *info = set_command(look->m, "{\"buildInfo\":1}",
	    "", &why);
	const char	*version = json_str(info, "version");
	const json_t	*module;
	char		 major[MONGO_MAJOR_SIZE];
	bool		 is_enterprise = false;
	size_t		 i;

	json_array_foreach(json_object_get(info, "modules"), i, module)
		is_enterprise = is_enterprise || str_equal("enterprise",
		    json_string_value(module));
	if (version == NULL || !mongo_major_of(version, major))
		return set_unknown(look->out, "version", info == NULL ?
		    why.msg : T_SET_NO_VERSION, e);
	return put_text(look->out, "version", version, "", e) &&
	    put_text(look->out, "major", major, "", e) &&
	    put_text(look->out, "edition", is_enterprise ? "enterprise" :
	    "community", "", e);
}

static const char *
hello_state(const json_t *hello)
{
	if (strcmp(json_text(hello, "msg"), "isdbgrid") == 0)
		return "MONGOS";
	if (json_flag(hello, "isreplicaset"))
		return "STARTUP";
	if (json_str(hello, "setName") == NULL)
		return "STANDALONE";
	if (json_flag(hello, "isWritablePrimary") ||
	    json_flag(hello, "ismaster"))
		return "PRIMARY";
	if (json_flag(hello, "secondary"))
		return "SECONDARY";
	return json_flag(hello, "arbiterOnly") ? "ARBITER" : NULL;
}

/* hello does not tell RECOVERING from STARTUP2 or ROLLBACK. */
static bool
look_state(struct set_look *look, struct err *e)
{
	const char	*state = hello_state(look->hello);
	AUTO_JSON json_t *status = NULL;
	const json_t	*member;
	struct err	 why;
	size_t		 i;

	if (state == NULL && (status = set_command(look->m,
	    "{\"replSetGetStatus\":1}", "clusterMonitor", &why)) == NULL &&
	    !set_unknown(look->out, "state", why.msg, e))
		return false;
	json_array_foreach(json_object_get(status, "members"), i, member)
		if (json_flag(member, "self"))
			state = json_str(member, "stateStr");
	return set_put(look->out, "state", json_string(state != NULL ?
	    state : "OTHER"), e);
}

static bool
look_clock(struct set_look *look, struct err *e)
{
	int64_t	 there = set_date_ms(json_object_get(look->hello,
	    "localTime"));

	return there < 0 ? set_unknown(look->out, "clock_offset_ms",
	    T_SET_NO_CLOCK, e) : set_put(look->out, "clock_offset_ms",
	    json_integer(there - look->hello_ms), e);
}

/* ---- featureCompatibilityVersion */

/* By where it is kept: what an account without clusterMonitor may read. */
static json_t *
fcv_document(struct mongo *m)
{
	static const struct mongo_where where = { "admin", "system.version" };
	AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };
	struct err	 ignored;

	if (!mongo_find_one(m, &where,
	    "{\"_id\":\"featureCompatibilityVersion\"}", &doc, &ignored) ||
	    doc.text == NULL)
		return NULL;
	return json_parse(doc.text, strlen(doc.text), &ignored);
}

static bool
put_maybe(json_t *obj, const char *name, const char *text, struct err *e)
{
	return set_put(obj, name, text != NULL ? json_string(text) :
	    json_null(), e);
}

static bool
look_fcv(struct set_look *look, struct err *e)
{
	AUTO_JSON json_t *reply = NULL, *kept = NULL;
	const json_t	*fcv;
	struct err	 why;

	err_set(&why, ERR_MONGO, 0, "%s", T_SET_NO_FCV);
	/* An arbiter answers with the newest one of its own binary. */
	if (look->is_arbiter)
		return set_unknown(look->out, "fcv", T_SET_ARBITER_FCV, e);
	reply = set_command(look->m,
	    "{\"getParameter\":1,\"featureCompatibilityVersion\":1}",
	    "clusterMonitor", &why);
	fcv = json_object_get(reply, "featureCompatibilityVersion");
	if (fcv == NULL)
		fcv = kept = fcv_document(look->m);
	return put_text(look->out, "fcv", json_str(fcv, "version"), why.msg,
	    e) && put_maybe(look->out, "fcv_target", json_str(fcv,
	    "targetVersion"), e) && put_maybe(look->out, "fcv_previous",
	    json_str(fcv, "previousVersion"), e);
}

static bool
look_config(struct set_look *look, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 why;

	if (json_str(look->hello, "setName") == NULL || look->is_arbiter)
		return true;
	reply = set_command(look->m, "{\"replSetGetConfig\":1}",
	    "clusterMonitor", &why);
	look->config = json_incref(json_object_get(reply, "config"));
	return look->config != NULL || set_put(json_object_get(look->out,
	    "unknown"), "config", json_string(why.msg), e);
}

/* ---- all of it */

static bool
look_down(struct set_look *look, struct err *e)
{
	AUTO_FREE char *why = str_format(T_SET_NO_ANSWER, look->silence.msg);

	if (why == NULL)
		return err_nomem(e);
	return set_put(look->out, "state", json_string("DOWN"), e) &&
	    set_unknown(look->out, "version", why, e) &&
	    set_unknown(look->out, "fcv", why, e);
}

static bool
look_fill(struct set_look *look, struct err *e)
{
	if (look->m == NULL)
		return look_down(look, e);
	return look_state(look, e) && look_clock(look, e) &&
	    look_version(look, e) && look_fcv(look, e) &&
	    look_config(look, e) &&
	    ((look->ask->flags & MONGO_SET_BRIEF) != 0 ||
	    set_facts_add(look, e));
}

void
set_look_run(struct set_look *look)
{
	struct err	 e;

	look->out = json_pack("{s:{}}", "unknown");
	if (look->out == NULL) {
		look->no_memory = true;
		return;
	}
	look_connect(look);
	look->no_memory = !look_fill(look, &e);
	mongo_close(look->m);
	look->m = NULL;
}

void
set_look_fini(struct set_look *look)
{
	json_decref(look->out);
	json_decref(look->hello);
	json_decref(look->config);
}
