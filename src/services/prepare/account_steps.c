/*
 * Steps that make an account, grant it rights and take some away.  What an
 * account is and may is asked of the server each time.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/blob.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "prepare.h"
#include "text.def"


static bool
run(struct ctx *ctx, const json_t *args, char *command, json_t **reply,
    struct err *e)
{
	AUTO_DOOR struct prepare_door door = { .count = 0 };
	AUTO_FREE char	*text = command;
	AUTO_JSON json_t *ignored = NULL;

	if (text == NULL)
		return err_nomem(e);
	return prepare_door_load(ctx, args, &door, e) &&
	    prepare_ask(ctx, &door, "admin", text,
	    reply != NULL ? reply : &ignored, e);
}

/*
 * The account as it is.  *exists false: not there, also where nobody may know
 * since there is no user at all yet.
 */
static bool
user_read(struct ctx *ctx, const json_t *args, bool *exists, json_t **roles,
    struct err *e)
{
	AUTO_DOOR struct prepare_door door = { .count = 0 };
	AUTO_JSON json_t *reply = NULL, *ignored = NULL;
	AUTO_FREE char	*text = prepare_words(json_pack("{s:{s:s, s:s}}",
	    "usersInfo", "user", json_text(args, "user"), "db", "admin"));
	struct err	 why = { 0 }, other = { 0 };
	json_t		*user;

	*exists = false;
	*roles = NULL;
	if (text == NULL)
		return err_nomem(e);
	if (!prepare_door_load(ctx, args, &door, e))
		return false;
	if (prepare_ask(ctx, &door, "admin", text, &reply, &why)) {
		user = json_array_get(json_object_get(reply, "users"), 0);
		*exists = user != NULL;
		*roles = json_incref(json_object_get(user, "roles"));
		return true;
	}
	if ((why.code == MONGO_UNAUTHORIZED ||
	    why.code == MONGO_AUTH_FAILED) && prepare_ask_as_nobody(ctx,
	    &door, "admin", "{\"listDatabases\":1,\"nameOnly\":true}",
	    &ignored, &other))
		return true;
	return err_copy(e, &why);
}

/* ---- made */

bool
prepare_make_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *roles = NULL;
	bool		 exists;

	(void)memo;
	if (!user_read(ctx, args, &exists, &roles, e))
		return false;
	*found = exists ? PROBE_DONE : PROBE_TODO;
	return json_object_set_new(seen, "exists", json_boolean(exists)) == 0
	    || err_nomem(e);
}

/* Undo must know whether it was this step that made it. */
bool
prepare_make_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	return json_object_set_new(memo, "made", json_true()) == 0 ||
	    err_nomem(e);
}

bool
prepare_make_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	struct buf	 word = BUF_INIT;
	char		*text = NULL;
	bool		 ok;

	(void)memo;
	ok = blob_get(ctx, json_text(args, "password"), &word, e);
	if (ok)
		text = prepare_words(json_pack(
		    "{s:s, s:s, s:O, s:{s:s, s:i}}", "createUser",
		    json_text(args, "user"), "pwd", buf_str(&word), "roles",
		    json_object_get(args, "roles"), "writeConcern", "w",
		    "majority", "wtimeout", 10000));
	buf_wipe(&word);
	return ok && run(ctx, args, text, NULL, e);
}

bool
prepare_make_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	if (!json_flag(memo, "made"))
		return true;
	return run(ctx, args, prepare_words(json_pack("{s:s}", "dropUser",
	    json_text(args, "user"))), NULL, e);
}

/* ---- rights */

static bool
roles_held(struct ctx *ctx, const json_t *args, size_t *missing,
    size_t *held, bool *exists, struct err *e)
{
	AUTO_JSON json_t *roles = NULL, *lacks = NULL, *extra = NULL;
	const json_t	*wanted = json_object_get(args, "roles");

	if (!user_read(ctx, args, exists, &roles, e) ||
	    !prepare_roles_audit(roles, wanted, NULL, &lacks, &extra, e))
		return false;
	*missing = json_array_size(lacks);
	*held = json_array_size(wanted) - *missing;
	return true;
}

static bool
roles_probe(struct ctx *ctx, const json_t *args, bool grants,
    enum probe *found, json_t *seen, struct err *e)
{
	size_t	 missing, held;
	bool	 exists;

	if (!roles_held(ctx, args, &missing, &held, &exists, e))
		return false;
	*found = !exists ? PROBE_CHANGED :
	    (grants ? missing : held) == 0 ? PROBE_DONE : PROBE_TODO;
	return json_object_set_new(seen, "missing",
	    json_integer((json_int_t)missing)) == 0 || err_nomem(e);
}

static bool
roles_run(struct ctx *ctx, const json_t *args, const char *command,
    struct err *e)
{
	return run(ctx, args, prepare_words(json_pack(
	    "{s:s, s:O, s:{s:s, s:i}}", command, json_text(args, "user"),
	    "roles", json_object_get(args, "roles"), "writeConcern", "w",
	    "majority", "wtimeout", 10000)), NULL, e);
}

bool
prepare_grant_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return roles_probe(ctx, args, true, found, seen, e);
}

bool
prepare_grant_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return roles_run(ctx, args, "grantRolesToUser", e);
}

bool
prepare_revoke_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return roles_probe(ctx, args, false, found, seen, e);
}

bool
prepare_revoke_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return roles_run(ctx, args, "revokeRolesFromUser", e);
}
