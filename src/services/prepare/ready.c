/*
 * mongo.ready: each part, whether it is done, and what is left.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "prepare.h"
#include "text.def"

struct report {
	struct prepare_look	*look;
	json_t			*out;		/* the result */
	json_t			*parts;
};

static bool
part_put(struct report *r, const char *part, const char *state,
    const char *text, struct err *e)
{
	return json_array_append_new(r->parts, json_pack("{s:s, s:s, s:s}",
	    "part", part, "state", state, "text", text)) == 0 || err_nomem(e);
}

static bool
set_part(struct report *r, struct err *e)
{
	const struct prepare_look *l = r->look;
	AUTO_FREE char	*text = l->is_ghost ? strdup(T_READY_GHOST) :
	    l->kind == MONGO_REPLICA_SET ? str_format(T_READY_SET, l->set) :
	    strdup(T_READY_STANDALONE);
	bool		 done = l->kind == MONGO_REPLICA_SET && !l->is_ghost;

	if (text == NULL || json_object_set_new(r->out, "kind", json_string(
	    done ? "replica_set" : "standalone")) < 0 ||
	    json_object_set_new(r->out, "set", done ? json_string(l->set) :
	    json_null()) < 0 || json_object_set_new(r->out, "auth",
	    l->are_users_known ? json_boolean(!l->is_auth_off) :
	    json_null()) < 0)
		return err_nomem(e);
	return part_put(r, "set", done ? "done" : "todo", text, e);
}

/* "role@db" for each. */
static json_t *
names(const json_t *roles)
{
	json_t	*list = json_array(), *r;
	size_t	 i;

	json_array_foreach(roles, i, r) {
		AUTO_FREE char *name = str_format("%s@%s", json_text(r,
		    "role"), json_text(r, "db"));

		json_array_append_new(list, json_string(name != NULL ? name :
		    ""));
	}
	return list;
}

static bool
account_put(struct report *r, const char *name,
    const struct prepare_user *user, json_t *wanted, bool *done,
    struct err *e)
{
	AUTO_JSON json_t *takes = wanted;
	AUTO_JSON json_t *missing = NULL, *extra = NULL;
	AUTO_JSON json_t *tolerated = json_pack("[{s:s, s:s}]", "role",
	    "backup", "db", "admin");
	json_t		*list = json_object_get(r->out, "accounts");

	if (!prepare_roles_audit(user->roles, takes, user ==
	    &r->look->cluster ? tolerated : NULL, &missing, &extra, e))
		return false;
	*done = *done && user->exists && json_array_size(missing) == 0;
	return json_array_append_new(list, json_pack(
	    "{s:s, s:o, s:o, s:o}", "user", name, "there",
	    r->look->are_users_known ? json_boolean(user->exists) :
	    json_null(), "missing", names(r->look->are_users_known ?
	    missing : NULL), "extra", names(extra))) == 0 || err_nomem(e);
}

static bool
accounts_part(struct report *r, const json_t *params, struct err *e)
{
	const char	*user = json_str(params, "user");
	const char	*cluster = json_str(params, "cluster_user");
	bool		 done = true;

	if (!account_put(r, user != NULL ? user : SAMETIME_USER,
	    &r->look->sametime, prepare_roles_sametime(), &done, e) ||
	    !account_put(r, cluster != NULL ? cluster : CLUSTER_USER,
	    &r->look->cluster, prepare_roles_cluster(), &done, e))
		return false;
	if (!r->look->are_users_known)
		return part_put(r, "accounts", "unknown",
		    T_READY_ACCOUNTS_UNKNOWN, e);
	return part_put(r, "accounts", done ? "done" : "todo", done ?
	    T_READY_ACCOUNTS : T_READY_ACCOUNTS_TODO, e);
}

/* done, todo or unknown for members of a list that are to be there. */
static const char *
list_state(const json_t *list)
{
	const char	*state = "done";
	json_t		*one;
	size_t		 i;

	json_array_foreach(list, i, one) {
		const json_t *there = json_object_get(one, "there");

		if (json_is_null(there))
			return "unknown";
		if (json_is_false(there) || json_int(one, "days", 0) !=
		    json_int(one, "wanted_days", 0))
			state = "todo";
	}
	return state;
}

static bool
chat_parts(struct report *r, const json_t *params, struct err *e)
{
	AUTO_JSON json_t *chat = NULL;
	const char	*dummies, *indexes;

	if (!prepare_chat_look(r->look, json_int(params, "ttl_days", 0),
	    &chat, e))
		return false;
	if (json_object_update(r->out, chat) < 0)
		return err_nomem(e);
	dummies = list_state(json_object_get(chat, "dummies"));
	indexes = list_state(json_object_get(chat, "indexes"));
	return part_put(r, "chat", dummies, strcmp(dummies, "done") == 0 ?
	    T_READY_CHAT : T_READY_CHAT_TODO, e) &&
	    part_put(r, "indexes", indexes, strcmp(indexes, "done") == 0 ?
	    T_READY_INDEXES : T_READY_INDEXES_TODO, e);
}

/* All places name the same servers, and the set. */
static bool
urls_part(struct report *r, struct err *e)
{
	json_t		*list = NULL, *one;
	const char	*first = NULL, *state = "done", *text = T_READY_URLS;
	size_t		 i;

	if (!site_mongo_places(r->look->site, &list, e))
		return false;
	json_array_foreach(list, i, one) {
		const char *url = json_text(one, "url");

		if (first == NULL)
			first = json_str(one, "hosts");
		if (first != NULL && !str_equal(first, json_str(one,
		    "hosts"))) {
			state = "todo";
			text = T_READY_URLS_DIFFER;
		} else if (r->look->kind == MONGO_REPLICA_SET &&
		    !str_starts(url, "mongodb+srv:") &&
		    strcasestr(url, "replicaSet=") == NULL) {
			state = "todo";
			text = T_READY_URLS_SET;
		}
	}
	if (json_array_size(list) == 0) {
		state = "todo";
		text = T_READY_URLS_NONE;
	}
	if (json_object_set_new(r->out, "urls", list) < 0)
		return err_nomem(e);
	return part_put(r, "urls", state, text, e);
}

bool
prepare_ready_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_LOOK struct prepare_look l = { .ctx = ctx };
	AUTO_JSON json_t *out = json_pack("{s:[], s:[]}", "parts",
	    "accounts");
	struct report	 r = { &l, out, json_object_get(out, "parts") };

	if (out == NULL)
		return err_nomem(e);
	if (!prepare_look(ctx, params, &l, e) || !set_part(&r, e) ||
	    !accounts_part(&r, params, e) || !chat_parts(&r, params, e) ||
	    !urls_part(&r, e))
		return false;
	*result = TAKE(out);
	return true;
}
