/*
 * The plan for the two accounts (facts 3.2): made with one right that the
 * localhost exception permits, then given the rest; what an older release
 * left out is granted, what is not needed is taken away when asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "prepare.h"
#include "text.def"

struct account {
	struct prepare_look	*look;
	struct plan		*plan;
	const char		*name;
	const char		*file_option;	/* "--password-file" */
	const struct secret	*password;
	struct prepare_user	*user;
	json_t			*wanted, *tolerated;
	bool			 revokes;
};

static json_t *
args_make(const struct account *a, json_t *roles, struct err *e)
{
	json_t	*door = prepare_door_args(a->look->ctx, a->plan,
	    &a->look->door, e);
	json_t	*args;

	if (door == NULL)
		return NULL;
	args = json_pack("{s:s, s:O, s:o}", "user", a->name, "roles", roles,
	    "door", door);
	if (args == NULL)
		err_nomem(e);
	return args;
}

/* The one right with which everything else can be granted. */
static json_t *
first_roles(void)
{
	return json_pack("[{s:s, s:s}]", "role", "userAdminAnyDatabase",
	    "db", "admin");
}

static bool
plan_make(struct account *a, json_t *roles, struct err *e)
{
	AUTO_FREE char	*shown = prepare_roles_show(roles);
	json_t		*args;
	char		 digest[65];

	if (shown == NULL)
		return err_nomem(e);
	if (!plan_secret_add(a->look->ctx, a->plan, a->password, digest, e) ||
	    (args = args_make(a, roles, e)) == NULL)
		return false;
	json_object_set_new(args, "password", json_string(digest));
	return plan_step_add(a->plan, &(struct step_spec){
	    .action = "prepare.user", .risk = RISK_ACCESS,
	    .undo = T_ACCOUNT_MAKE_UNDO, .args = args }, e, T_ACCOUNT_MAKE,
	    a->name, shown);
}

static bool
plan_roles(struct account *a, const char *action, json_t *roles,
    const char *title, const char *undo, struct err *e)
{
	AUTO_FREE char	*shown = prepare_roles_show(roles);
	json_t		*args;

	if (json_array_size(roles) == 0)
		return true;
	if (shown == NULL)
		return err_nomem(e);
	args = args_make(a, roles, e);
	return args != NULL && plan_step_add(a->plan, &(struct step_spec){
	    .action = action, .risk = RISK_ACCESS, .undo = undo,
	    .args = args }, e, "%s %s: %s", title, a->name, shown);
}

/* A password that is given for an account that is there must be its own. */
static bool
password_check(struct account *a, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_MONGO struct mongo *m = NULL;
	const struct prepare_look *l = a->look;
	const struct prepare_url u = { .base = l->site_url != NULL ?
		l->site_url : l->keeper, .user = a->name,
		.password = a->password };
	struct mongo_open_spec spec = { .member = l->door.member,
		.wants = MONGO_ANY, .timeout_ms = 5000 };
	struct err	 why = { 0 };

	if (a->password == NULL || u.base == NULL)
		return true;
	if (!prepare_url_make(&u, &url, e))
		return false;
	spec.url = url;
	if (mongo_open_as(&spec, &m, &why))
		return true;
	if (why.domain != ERR_MONGO || why.code != MONGO_AUTH_FAILED)
		return err_copy(e, &why);
	return plan_block(a->plan, T_ACCOUNT_PASSWORD_HINT, e,
	    T_ACCOUNT_PASSWORD, a->file_option, a->name);
}

static bool
plan_existing(struct account *a, struct err *e)
{
	AUTO_JSON json_t *missing = NULL, *extra = NULL;
	AUTO_FREE char	*shown = NULL;

	if (!password_check(a, e) || !prepare_roles_audit(a->user->roles,
	    a->wanted, a->tolerated, &missing, &extra, e) ||
	    !plan_roles(a, "prepare.grant", missing, T_ACCOUNT_GRANT,
	    T_ACCOUNT_GRANT_UNDO, e))
		return false;
	if (a->revokes)
		return plan_roles(a, "prepare.revoke", extra,
		    T_ACCOUNT_REVOKE, T_ACCOUNT_REVOKE_UNDO, e);
	shown = prepare_roles_show(extra);
	if (shown == NULL)
		return err_nomem(e);
	return json_array_size(extra) == 0 || plan_note_add(a->plan, e,
	    T_ACCOUNT_EXTRA, a->name, shown);
}

static bool
plan_missing(struct account *a, struct err *e)
{
	AUTO_JSON json_t *first = first_roles();
	AUTO_JSON json_t *missing = NULL, *extra = NULL;

	if (a->password == NULL)
		return plan_block(a->plan, T_ACCOUNT_NO_PASSWORD_HINT, e,
		    T_ACCOUNT_NO_PASSWORD, a->name, a->file_option);
	if (secret_len(a->password) == 0)
		return plan_block(a->plan, NULL, e, T_ACCOUNT_EMPTY,
		    a->file_option);
	/* The second account is made by the first: all of it at once. */
	if (a->user == &a->look->cluster)
		return plan_make(a, a->wanted, e);
	return plan_make(a, first, e) && prepare_roles_audit(first,
	    a->wanted, NULL, &missing, &extra, e) &&
	    plan_roles(a, "prepare.grant", missing, T_ACCOUNT_GRANT,
	    T_ACCOUNT_GRANT_UNDO, e);
}

static bool
plan_account(struct account *a, struct err *e)
{
	bool ok;

	if (a->wanted == NULL)
		return err_nomem(e);
	ok = a->user->exists ? plan_existing(a, e) : plan_missing(a, e);
	json_decref(a->wanted);
	json_decref(a->tolerated);
	return ok;
}

bool
prepare_plan_accounts(struct prepare_look *l, const struct prepare_wish *w,
    struct plan *plan, struct err *e)
{
	struct account sametime = { .look = l, .plan = plan,
		.name = w->user, .file_option = "--password-file",
		.password = w->password, .user = &l->sametime,
		.wanted = prepare_roles_sametime(), .revokes = w->revokes };
	struct account cluster = { .look = l, .plan = plan,
		.name = w->cluster_user,
		.file_option = "--cluster-password-file",
		.password = w->cluster_password, .user = &l->cluster,
		.wanted = prepare_roles_cluster(), .revokes = w->revokes,
		/* The write block of 6.0 needs it (mongodb-real G). */
		.tolerated = json_pack("[{s:s, s:s}]", "role", "backup",
		"db", "admin") };
	bool blocked = !l->are_users_known && !l->is_ghost;

	if (blocked) {
		json_decref(sametime.wanted);
		json_decref(cluster.wanted);
		json_decref(cluster.tolerated);
		return plan_block(plan, T_ACCOUNT_UNKNOWN_HINT, e,
		    T_ACCOUNT_UNKNOWN, l->hosts);
	}
	return plan_lock_add(plan, "mongo:users", e) &&
	    plan_account(&sametime, e) && plan_account(&cluster, e);
}
