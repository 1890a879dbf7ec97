/*
 * What there is before anything is planned: which server, which accounts,
 * whether log-in is enforced, how the process was started.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_set.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/str.h"

#include "prepare.h"
#include "text.def"

/* ---- ways in */

/* The servers of the URL, and the one to speak to when it is alone. */
static bool
hosts_read(struct prepare_look *l, const struct secret *url,
    struct err *e)
{
	struct site_mongo_parts p;

	site_mongo_split(secret_reveal(url), &p);
	l->hosts = strndup(p.hosts, p.hosts_len);
	if (l->hosts == NULL)
		return err_nomem(e);
	if (str_starts(secret_reveal(url), "mongodb+srv:") ||
	    strchr(l->hosts, ',') != NULL)
		return true;
	l->door.member = strchr(l->hosts, ':') != NULL ? strdup(l->hosts) :
	    str_format("%s:27017", l->hosts);
	return l->door.member != NULL || err_nomem(e);
}

/* The base's servers with the account that shall be. */
static bool
account_add(struct prepare_look *l, const char *user,
    const struct secret *password, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	const struct prepare_url u = { .base = l->keeper != NULL &&
		l->site_url == NULL ? l->keeper : l->site_url, .user = user,
		.password = password };

	return password == NULL || u.base == NULL ||
	    (prepare_url_make(&u, &url, e) &&
	    prepare_door_add(&l->door, url, e));
}

static bool
doors_find(struct prepare_look *l, const json_t *params, struct err *e)
{
	const struct secret	*given = ctx_secret(l->ctx, "admin_url_file");
	const char		*user = json_str(params, "user");
	const char		*cluster = json_str(params, "cluster_user");
	struct err		 why = { 0 };

	if (given != NULL)
		l->keeper = secret_dup(given, e);
	else if (!settings_get_secret(l->ctx, "mongo.admin_url", &l->keeper,
	    e))
		return false;
	if (!site_mongo_url(l->site, &l->site_url, NULL, &why) &&
	    (why.domain == ERR_NOMEM || l->keeper == NULL))
		return err_copy(e, &why);
	return hosts_read(l, given != NULL ? l->keeper : l->site_url != NULL ?
	    l->site_url : l->keeper, e) &&
	    prepare_door_add(&l->door, l->keeper, e) &&
	    account_add(l, user != NULL ? user : SAMETIME_USER,
	    ctx_secret(l->ctx, "password_file"), e) &&
	    prepare_door_add(&l->door, l->site_url, e) &&
	    account_add(l, cluster != NULL ? cluster : CLUSTER_USER,
	    ctx_secret(l->ctx, "cluster_password_file"), e);
}

/* ---- what the server says */

static bool
kind_read(struct prepare_look *l, struct err *e)
{
	AUTO_JSON json_t *hello = NULL;

	/* 4.2 knows isMaster only (mongodb-real K 11); later ones do too. */
	if (!prepare_ask(l->ctx, &l->door, "admin", "{\"isMaster\":1}",
	    &hello, e))
		return false;
	l->kind = MONGO_STANDALONE;
	if (strcmp(json_text(hello, "msg"), "isdbgrid") == 0)
		l->kind = MONGO_SHARDED;
	l->is_ghost = json_flag(hello, "isreplicaset");
	if (json_str(hello, "setName") != NULL) {
		l->kind = MONGO_REPLICA_SET;
		l->member_count = json_array_size(json_object_get(hello,
		    "hosts")) + json_array_size(json_object_get(hello,
		    "passives")) + json_array_size(json_object_get(hello,
		    "arbiters"));
		(void)snprintf(l->set, sizeof(l->set), "%s",
		    json_text(hello, "setName"));
	}
	return true;
}

static void
user_take(struct prepare_user *u, const json_t *list, const char *name)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(list, i, one) {
		if (strcmp(json_text(one, "user"), name) != 0 ||
		    strcmp(json_text(one, "db"), "admin") != 0)
			continue;
		u->exists = true;
		json_decref(u->roles);
		u->roles = json_incref(json_object_get(one, "roles"));
	}
}

static bool
users_read(struct prepare_look *l, const json_t *params, struct err *e)
{
	static const char	 who[] = "{\"usersInfo\":1}";
	AUTO_JSON json_t	*reply = NULL, *ignored = NULL;
	const char		*user = json_str(params, "user");
	const char		*cluster = json_str(params, "cluster_user");
	struct err		 why = { 0 };

	if (l->is_ghost)
		return true;
	if (prepare_ask(l->ctx, &l->door, "admin", who, &reply, &why)) {
		l->are_users_known = true;
		user_take(&l->sametime, json_object_get(reply, "users"),
		    user != NULL ? user : SAMETIME_USER);
		user_take(&l->cluster, json_object_get(reply, "users"),
		    cluster != NULL ? cluster : CLUSTER_USER);
		err_clear(&why);
		l->is_auth_off = prepare_ask_as_nobody(l->ctx, &l->door,
		    "admin", who, &ignored, &why);
		return true;
	}
	if (why.code != MONGO_UNAUTHORIZED && why.code != MONGO_AUTH_FAILED)
		return err_copy(e, &why);
	/* mongodb-real F: before the first user nobody may list databases. */
	err_clear(&why);
	l->is_exception_open = prepare_ask_as_nobody(l->ctx, &l->door,
	    "admin", "{\"listDatabases\":1,\"nameOnly\":true}", &ignored,
	    &why);
	l->are_users_known = l->is_exception_open;
	return true;
}

/* Options are nice to know; what may not be known is left out. */
static bool
process_read(struct prepare_look *l, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 why = { 0 };

	if (prepare_ask(l->ctx, &l->door, "admin", "{\"getCmdLineOpts\":1}",
	    &reply, &why)) {
		l->options = json_incref(json_object_get(reply, "parsed"));
		l->argv = json_incref(json_object_get(reply, "argv"));
	} else if (why.domain == ERR_NOMEM) {
		return err_copy(e, &why);
	}
	if (l->door.member != NULL)
		l->run = mongo_run_find(l->ctx, l->door.member, 0);
	return true;
}

bool
prepare_look(struct ctx *ctx, const json_t *params, struct prepare_look *l,
    struct err *e)
{
	*l = (struct prepare_look){ .ctx = ctx };
	if (!site_need(ctx, &l->site, e) || !doors_find(l, params, e) ||
	    !kind_read(l, e))
		return false;
	if (l->kind == MONGO_SHARDED) {
		err_set(e, ERR_REFUSED, 0, T_PREPARE_SHARDED, l->hosts);
		return err_hint(e, T_PREPARE_SHARDED_HINT);
	}
	return users_read(l, params, e) && process_read(l, e);
}

void
prepare_look_fini(struct prepare_look *l)
{
	secret_free(l->site_url);
	secret_free(l->keeper);
	prepare_door_fini(&l->door);
	free(l->hosts);
	json_decref(l->sametime.roles);
	json_decref(l->cluster.roles);
	json_decref(l->options);
	json_decref(l->argv);
	json_decref(l->run);
}
