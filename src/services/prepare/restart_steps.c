/*
 * Steps that start a server again with another configuration, and the one in
 * front of the writes whose undo starts what was there before.
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/restart.h"

#include "set.h"

/* ---- what runs */

/* True: as wanted, in the set (or waiting to be) and, if so asked, locked. */
static bool
state_read(struct ctx *ctx, const json_t *args, enum probe *found,
    json_t *seen, struct err *e)
{
	AUTO_DOOR struct prepare_door door = { .count = 0 };
	AUTO_JSON json_t *hello = NULL, *users = NULL;
	const char	*set, *wanted = json_text(args, "set");
	struct err	 why = { 0 };

	*found = PROBE_TODO;
	if (!prepare_door_load(ctx, args, &door, e))
		return false;
	if (!prepare_ask_as_nobody(ctx, &door, "admin", "{\"isMaster\":1}",
	    &hello, &why))
		return why.domain == ERR_MONGO || err_copy(e, &why);
	set = json_text(hello, "setName");
	json_object_set_new(seen, "set", json_string(set));
	if (*set != '\0' && strcmp(set, wanted) != 0)
		*found = PROBE_CHANGED;
	if (strcmp(set, wanted) != 0 && !json_flag(hello, "isreplicaset"))
		return true;
	if (json_flag(args, "locks") && (prepare_ask_as_nobody(ctx, &door,
	    "admin", "{\"usersInfo\":1}", &users, &why) ||
	    why.code != MONGO_UNAUTHORIZED))
		return true;
	*found = PROBE_DONE;
	return true;
}

bool
prepare_restart_probe(struct ctx *ctx, const json_t *args,
    const json_t *memo, enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return state_read(ctx, args, found, seen, e);
}

bool
prepare_restart_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return restart_run(ctx, json_text(args, "member"), args,
	    json_object_get(args, "new_argv"), e);
}

/* ---- in front of the writes: its undo starts what was there before */

bool
prepare_before_probe(struct ctx *ctx, const json_t *args,
    const json_t *memo, enum probe *found, json_t *seen, struct err *e)
{
	if (!json_flag(memo, "noted")) {
		*found = PROBE_TODO;
		return true;
	}
	if (!state_read(ctx, args, found, seen, e))
		return false;
	if (*found == PROBE_DONE)
		*found = PROBE_CHANGED;
	return true;
}

bool
prepare_before_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	return json_object_set_new(memo, "noted", json_true()) == 0 ||
	    err_nomem(e);
}

bool
prepare_before_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)e;
	return true;
}

bool
prepare_before_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return restart_run(ctx, json_text(args, "member"), args,
	    json_object_get(args, "argv"), e);
}
