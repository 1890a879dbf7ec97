/*
 * mongo.member.add: one more member, first without a vote, so that nothing
 * depends on it until it has caught up (mongodb.md 1.7, 5).
 */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "set.h"
#include "text.def"

#define SYNC_S	(7 * 86400)

/* What the name of a member must not be, beside the ones that are there. */
static bool
host_check(const struct prepare_look *l, const char *name,
    struct plan *plan, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo	*found = NULL;
	int		 code, port;
	AUTO_FREE char	*first = set_host_name(l->hosts, &port);

	if (first == NULL)
		return err_nomem(e);
	if (set_is_loopback(name) != set_is_loopback(first))
		return plan_block(plan, T_SET_ADDRESS_HINT, e,
		    T_MEMBER_MIXED, name, l->hosts);
	if (!set_is_loopback(name) && set_is_address(name))
		return plan_block(plan, T_SET_ADDRESS_HINT, e, T_SET_ADDRESS,
		    name);
	code = getaddrinfo(name, NULL, &hints, &found);
	if (found != NULL)
		freeaddrinfo(found);
	return code == 0 || plan_block(plan, T_SET_UNKNOWN_NAME_HINT, e,
	    T_SET_UNKNOWN_NAME, name, gai_strerror(code));
}

static json_t *
args_make(struct prepare_look *l, struct plan *plan, const char *host,
    struct err *e)
{
	json_t	*door = prepare_door_args(l->ctx, plan, &l->door, e);
	json_t	*args = door == NULL ? NULL : json_pack("{s:s, s:o}", "host",
	    host, "door", door);

	if (door != NULL && args == NULL)
		err_nomem(e);
	return args;
}

static bool
steps_add(struct prepare_look *l, struct plan *plan, const char *host,
    struct err *e)
{
	json_t	*args = args_make(l, plan, host, e);

	if (args == NULL || !plan_lock_add(plan, "mongo:topology", e) ||
	    !plan_step_add(plan, &(struct step_spec){
	    .action = "prepare.member", .risk = RISK_LOW,
	    .undo = T_MEMBER_ADD_UNDO, .args = args }, e, T_MEMBER_ADD,
	    host) || (args = args_make(l, plan, host, e)) == NULL)
		return false;
	json_object_set_new(args, "timeout_s", json_integer(SYNC_S));
	json_object_set_new(args, "poll_ms", json_integer(1000));
	if (!plan_step_add(plan, &(struct step_spec){
	    .action = "prepare.caught_up", .risk = RISK_NONE, .args = args },
	    e, T_MEMBER_WAIT, host) ||
	    (args = args_make(l, plan, host, e)) == NULL)
		return false;
	return plan_step_add(plan, &(struct step_spec){
	    .action = "prepare.vote", .risk = RISK_SERVICE,
	    .undo = T_MEMBER_VOTE_UNDO, .args = args }, e, T_MEMBER_VOTE,
	    host);
}

/* Whether it is a member with a vote; false, too, when nobody may know. */
static bool
is_member(struct prepare_look *l, const char *host, bool *votes,
    struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	json_t		*one;
	size_t		 i;
	struct err	 why = { 0 };

	*votes = false;
	if (!prepare_ask(l->ctx, &l->door, "admin",
	    "{\"replSetGetConfig\":1}", &reply, &why))
		return set_blame(T_SET_CONFIG, &why, e);
	json_array_foreach(json_object_get(json_object_get(reply, "config"),
	    "members"), i, one)
		if (strcmp(json_text(one, "host"), host) == 0)
			*votes = json_int(one, "votes", 1) > 0;
	return true;
}

bool
prepare_member_plan(struct ctx *ctx, const json_t *params,
    struct plan *plan, struct err *e)
{
	AUTO_LOOK struct prepare_look l = { .ctx = ctx };
	const char	*given = json_text(params, "member");
	int		 port;
	AUTO_FREE char	*name = set_host_name(given, &port);
	AUTO_FREE char	*host = name == NULL ? NULL : str_format(
	    strchr(name, ':') != NULL ? "[%s]:%d" : "%s:%d", name, port);
	bool		 votes;

	if (host == NULL)
		return err_nomem(e);
	if (!prepare_look(ctx, params, &l, e))
		return false;
	if (l.kind != MONGO_REPLICA_SET || l.is_ghost)
		return plan_block(plan, T_MEMBER_NO_SET_HINT, e,
		    T_MEMBER_NO_SET, l.hosts);
	if (!is_member(&l, host, &votes, e))
		return false;
	return votes || (host_check(&l, name, plan, e) &&
	    (plan_is_blocked(plan) || steps_add(&l, plan, host, e)));
}
