/*
 * Accounts on the target: Sametime's with the roles that it has on the source
 * and the password of the site's URL, after the roles that somebody defined.
 * A server never tells a password, so that other accounts are only named.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/prepare.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

#define USER_EXISTS	51003
#define ROLE_EXISTS	51002

/* {"user","db"} of who is logged in by the site's URL; NULL: nobody. */
static bool
account_read(struct mongo *m, json_t **account, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;

	if (!move_command(m, "admin", json_pack("{s:i}", "connectionStatus",
	    1), "", &reply, e))
		return false;
	*account = json_incref(json_array_get(json_object_get(
	    json_object_get(reply, "authInfo"), "authenticatedUsers"), 0));
	return true;
}

static bool
is_same_user(const json_t *a, const json_t *b)
{
	return str_equal(json_str(a, "user"), json_str(b, "user")) &&
	    str_equal(json_str(a, "db"), json_str(b, "db"));
}

/* --- roles -------------------------------------------------------------- */

static bool
role_make(struct move *m, const char *db, const json_t *role, struct err *e)
{
	struct err why = { 0 };

	if (move_command(m->target, db, json_pack("{s:O, s:O, s:O,"
	    " s:{s:s}}", "createRole", json_object_get(role, "role"),
	    "privileges", json_object_get(role, "privileges"), "roles",
	    json_object_get(role, "roles"), "writeConcern", "w", "majority"),
	    "userAdminAnyDatabase", NULL, &why) || why.code == ROLE_EXISTS)
		return true;
	if (why.domain != ERR_MONGO)
		return err_copy(e, &why);
	return move_remark(m, e, T_ROLE_NOT_MADE, db, json_text(role,
	    "role"), why.msg);
}

static bool
roles_copy_of(struct move *m, const char *db, struct err *e)
{
	AUTO_JSON json_t	*reply = NULL;
	const json_t		*role;
	struct err		 why = { 0 };
	size_t			 i;

	if (!move_command(m->source, db, json_pack("{s:i, s:b}", "rolesInfo",
	    1, "showPrivileges", true), "userAdminAnyDatabase", &reply,
	    &why)) {
		if (why.domain != ERR_MONGO)
			return err_copy(e, &why);
		return move_remark(m, e, T_ROLES_NOT_READ, db, why.msg);
	}
	json_array_foreach (json_object_get(reply, "roles"), i, role)
		if (!role_make(m, db, role, e))
			return false;
	return true;
}

static bool
roles_copy(struct move *m, struct err *e)
{
	const json_t	*db;
	size_t		 i;

	json_array_foreach (json_object_get(m->state, "dbs"), i, db)
		if (!roles_copy_of(m, json_string_value(db), e))
			return false;
	return roles_copy_of(m, "admin", e);
}

/* --- Sametime's account ------------------------------------------------- */

static bool
user_make(struct move *m, const json_t *user, const char *password,
    struct err *e)
{
	const char	*db = json_text(user, "db");
	json_t		*command = json_pack("{s:O, s:s, s:O, s:{s:s}}",
	    "createUser", json_object_get(user, "user"), "pwd", password,
	    "roles", json_object_get(user, "roles"), "writeConcern", "w",
	    "majority");
	struct err	 why = { 0 };

	if (command != NULL && json_object_get(user, "mechanisms") != NULL)
		json_object_set(command, "mechanisms", json_object_get(user,
		    "mechanisms"));
	if (move_command(m->target, db, command, "userAdminAnyDatabase",
	    NULL, &why))
		return true;
	if (why.code != USER_EXISTS)
		return err_copy(e, &why);
	/* There already: its password is its own, its roles are made whole. */
	return move_command(m->target, db, json_pack("{s:O, s:O, s:{s:s}}",
	    "grantRolesToUser", json_object_get(user, "user"), "roles",
	    json_object_get(user, "roles"), "writeConcern", "w", "majority"),
	    "userAdminAnyDatabase", NULL, e);
}

static bool
user_copy(struct move *m, const json_t *account, struct err *e)
{
	AUTO_SECRET struct secret *password = NULL;
	AUTO_FREE char		*name = NULL;
	AUTO_JSON json_t	*reply = NULL;
	const json_t		*user;

	if (!prepare_url_account(m->from, &name, &password, e))
		return false;
	if (!move_command(m->source, json_text(account, "db"), json_pack(
	    "{s:O}", "usersInfo", account), "userAdminAnyDatabase", &reply,
	    e))
		return false;
	user = json_array_get(json_object_get(reply, "users"), 0);
	if (user == NULL || password == NULL)
		return move_remark(m, e, T_USER_NOT_MADE, json_text(account,
		    "db"), json_text(account, "user"));
	return user_make(m, user, secret_reveal(password), e);
}

/* What the administrator has to make again by hand. */
static bool
others_name(struct move *m, const json_t *account, struct err *e)
{
	AUTO_JSON json_t	*reply = NULL;
	const json_t		*user;
	struct err		 why = { 0 };
	size_t			 i;

	if (!move_command(m->source, "admin", json_pack("{s:{s:b}}",
	    "usersInfo", "forAllDBs", true), "userAdminAnyDatabase", &reply,
	    &why)) {
		if (why.domain != ERR_MONGO)
			return err_copy(e, &why);
		return move_remark(m, e, T_USERS_NOT_READ, why.msg);
	}
	json_array_foreach (json_object_get(reply, "users"), i, user)
		if (!is_same_user(user, account) && !move_remark(m, e,
		    T_USER_NOT_MADE, json_text(user, "db"), json_text(user,
		    "user")))
			return false;
	return true;
}

static bool
users_run(struct move *m, struct err *e)
{
	AUTO_JSON json_t *account = NULL;

	if (!account_read(m->source, &account, e))
		return false;
	if (account == NULL)
		return move_remark(m, e, T_NO_ACCOUNTS);
	return roles_copy(m, e) && user_copy(m, account, e) &&
	    others_name(m, account, e);
}

bool
move_users_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return step_probe_mark(ctx, args, "users", found, seen, e);
}

bool
move_users_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	return move_open(ctx, args, &m, e) && move_source(&m, e) &&
	    move_target(&m, e) && users_run(&m, e) &&
	    move_done(&m, "users", e);
}
