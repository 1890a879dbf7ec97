/*
 * Steps with the configuration of the set: initiate, wait for the primary,
 * add a member without a vote, wait until it has caught up, give it the vote.
 * "ok" of a server is not believed: 5.0 and later say it for a member that
 * cannot be reached (mongodb-real F).
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "set.h"
#include "text.def"

/* error_codes.yml */
static const struct {
	int		 code;
	const char	*text, *hint;
} said[] = {
	{ 23, T_SET_23, T_SET_23_HINT },
	{ 74, T_SET_74, T_SET_74_HINT },
	{ 76, T_SET_76, T_SET_76_HINT },
	{ 93, T_SET_93, T_SET_93_HINT },
	{ 94, T_SET_94, T_SET_94_HINT },
	{ 103, T_SET_103, T_SET_103_HINT },
};

bool
set_blame(const char *what, const struct err *why, struct err *e)
{
	for (size_t i = 0; i < LENGTH(said); i++) {
		if (why->domain != ERR_MONGO || why->code != said[i].code)
			continue;
		err_set(e, ERR_MONGO, why->code, "%s: %s (%s)", what,
		    said[i].text, why->msg);
		return err_hint(e, "%s", said[i].hint);
	}
	return err_copy(e, why);
}

static bool
run(struct ctx *ctx, const json_t *args, json_t *command, json_t **reply,
    struct err *e)
{
	AUTO_DOOR struct prepare_door door = { .count = 0 };
	AUTO_FREE char	*text = prepare_words(command);
	AUTO_JSON json_t *ignored = NULL;

	if (text == NULL)
		return err_nomem(e);
	return prepare_door_load(ctx, args, &door, e) && prepare_ask(ctx,
	    &door, "admin", text, reply != NULL ? reply : &ignored, e);
}

/* ---- initiate */

bool
prepare_initiate_probe(struct ctx *ctx, const json_t *args,
    const json_t *memo, enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *hello = NULL;
	const char	*set;

	(void)memo;
	if (!run(ctx, args, json_pack("{s:i}", "isMaster", 1), &hello, e))
		return false;
	set = json_text(hello, "setName");
	*found = *set == '\0' ? PROBE_TODO : strcmp(set, json_text(args,
	    "set")) == 0 ? PROBE_DONE : PROBE_CHANGED;
	return json_object_set_new(seen, "set", json_string(set)) == 0 ||
	    err_nomem(e);
}

bool
prepare_initiate_act(struct ctx *ctx, const json_t *args,
    const json_t *memo, struct err *e)
{
	const char	*set = json_text(args, "set");
	AUTO_FREE char	*what = str_format(T_SET_INITIATE_FAILED, set,
	    json_text(args, "host"));
	struct err	 why = { 0 };

	(void)memo;
	if (what == NULL)
		return err_nomem(e);
	if (run(ctx, args, json_pack("{s:{s:s, s:[{s:i, s:s}]}}",
	    "replSetInitiate", "_id", set, "members", "_id", 0, "host",
	    json_text(args, "host")), NULL, &why))
		return true;
	return set_blame(what, &why, e);
}

bool
prepare_primary_probe(struct ctx *ctx, const json_t *args,
    const json_t *memo, enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *hello = NULL;

	(void)memo;
	if (!run(ctx, args, json_pack("{s:i}", "isMaster", 1), &hello, e))
		return false;
	*found = json_flag(hello, "ismaster") && json_str(hello, "setName") !=
	    NULL ? PROBE_DONE : PROBE_TODO;
	return json_object_set_new(seen, "why", json_string(
	    T_SET_NO_PRIMARY)) == 0 || err_nomem(e);
}

/* ---- a member more */

static json_t *
member_find(json_t *config, const char *host, size_t *at)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(json_object_get(config, "members"), i, one)
		if (strcmp(json_text(one, "host"), host) == 0) {
			*at = i;
			return one;
		}
	return NULL;
}

/* replSetGetConfig; *config is a new reference. */
static bool
config_read(struct ctx *ctx, const json_t *args, json_t **config,
    struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 why = { 0 };

	if (!run(ctx, args, json_pack("{s:i}", "replSetGetConfig", 1),
	    &reply, &why))
		return set_blame(T_SET_CONFIG, &why, e);
	*config = json_incref(json_object_get(reply, "config"));
	return *config != NULL || err_set(e, ERR_MONGO, 0, T_SET_CONFIG);
}

/* Takes the config's version up by one and sends it. */
static bool
config_send(struct ctx *ctx, const json_t *args, json_t *config,
    struct err *e)
{
	AUTO_FREE char	*what = str_format(T_SET_MEMBER_FAILED,
	    json_text(args, "host"));
	struct err	 why = { 0 };

	json_object_set_new(config, "version", json_integer(json_int(config,
	    "version", 0) + 1));
	/* Set by the server, since 4.4. */
	json_object_del(config, "term");
	if (run(ctx, args, json_pack("{s:O}", "replSetReconfig", config),
	    NULL, &why))
		return true;
	return what != NULL ? set_blame(what, &why, e) : err_nomem(e);
}

bool
prepare_add_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *config = NULL;
	size_t		 at;

	(void)memo;
	if (!config_read(ctx, args, &config, e))
		return false;
	*found = member_find(config, json_text(args, "host"), &at) != NULL ?
	    PROBE_DONE : PROBE_TODO;
	return json_object_set_new(seen, "version", json_integer(json_int(
	    config, "version", 0))) == 0 || err_nomem(e);
}

bool
prepare_add_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_JSON json_t *config = NULL;
	json_t		*members, *one;
	int64_t		 id = 0;
	size_t		 i;

	(void)memo;
	if (!config_read(ctx, args, &config, e))
		return false;
	members = json_object_get(config, "members");
	json_array_foreach(members, i, one)
		if (json_int(one, "_id", 0) >= id)
			id = json_int(one, "_id", 0) + 1;
	return json_array_append_new(members, json_pack(
	    "{s:I, s:s, s:i, s:i}", "_id", (json_int_t)id, "host",
	    json_text(args, "host"), "priority", 0, "votes", 0)) == 0 ?
	    config_send(ctx, args, config, e) : err_nomem(e);
}

bool
prepare_add_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_JSON json_t *config = NULL;
	size_t		 at;

	(void)memo;
	if (!config_read(ctx, args, &config, e))
		return false;
	if (member_find(config, json_text(args, "host"), &at) == NULL)
		return true;
	json_array_remove(json_object_get(config, "members"), at);
	return config_send(ctx, args, config, e);
}

bool
prepare_caught_up_probe(struct ctx *ctx, const json_t *args,
    const json_t *memo, enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *status = NULL;
	const char	*state = "", *why = "";
	json_t		*one;
	size_t		 i;

	(void)memo;
	if (!run(ctx, args, json_pack("{s:i}", "replSetGetStatus", 1),
	    &status, e))
		return false;
	json_array_foreach(json_object_get(status, "members"), i, one)
		if (strcmp(json_text(one, "name"), json_text(args, "host")) ==
		    0) {
			state = json_text(one, "stateStr");
			why = json_text(one, "lastHeartbeatMessage");
		}
	*found = strcmp(state, "SECONDARY") == 0 ||
	    strcmp(state, "PRIMARY") == 0 ? PROBE_DONE : PROBE_TODO;
	/* A wrong key leaves no words at all (mongodb-real F). */
	return json_object_set_new(seen, "why", json_sprintf(
	    T_SET_MEMBER_STATE, json_text(args, "host"), state,
	    *why != '\0' ? why : T_SET_MEMBER_KEY)) == 0 || err_nomem(e);
}

static bool
vote_set(struct ctx *ctx, const json_t *args, int votes, struct err *e)
{
	AUTO_JSON json_t *config = NULL;
	json_t		*member;
	size_t		 at;

	if (!config_read(ctx, args, &config, e))
		return false;
	member = member_find(config, json_text(args, "host"), &at);
	if (member == NULL)
		return err_set(e, ERR_CHANGED, 0, T_SET_MEMBER_GONE,
		    json_text(args, "host"));
	json_object_set_new(member, "votes", json_integer(votes));
	json_object_set_new(member, "priority", json_integer(votes));
	return config_send(ctx, args, config, e);
}

bool
prepare_vote_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *config = NULL;
	json_t		*member;
	size_t		 at;

	(void)memo;
	if (!config_read(ctx, args, &config, e))
		return false;
	member = member_find(config, json_text(args, "host"), &at);
	*found = member == NULL ? PROBE_CHANGED :
	    json_int(member, "votes", 1) > 0 ? PROBE_DONE : PROBE_TODO;
	return json_object_set_new(seen, "votes", json_integer(json_int(
	    member, "votes", -1))) == 0 || err_nomem(e);
}

bool
prepare_vote_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return vote_set(ctx, args, 1, e);
}

bool
prepare_vote_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return vote_set(ctx, args, 0, e);
}
