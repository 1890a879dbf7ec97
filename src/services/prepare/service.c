/*
 * The verbs that make MongoDB ready for Sametime.
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "prepare.h"
#include "text.def"

#define ADMIN_PARAM \
	{ .name = "admin_url_file", .type = PARAM_SECRET, \
	  .help = "MongoDB URL of an account that may do what is to be " \
	  "done" }
#define USER_PARAMS \
	{ .name = "user", .type = PARAM_TEXT, \
	  .help = "Sametime's account; " SAMETIME_USER " when not given" }, \
	{ .name = "cluster_user", .type = PARAM_TEXT, \
	  .help = "The account for the servers; " CLUSTER_USER " when not " \
	  "given" }

static const struct verb_param prepare_params[] = {
	{ .name = "part", .type = PARAM_CHOICE, .positional = true,
	  .many = true, .choices = "set|accounts|chat|indexes|urls",
	  .help = "Only these; all but indexes when not given" },
	{ .name = "set", .type = PARAM_TEXT,
	  .help = "Name of the replica set; " SET_NAME " when not given" },
	{ .name = "host", .type = PARAM_TEXT,
	  .help = "The server's name for all others, NAME:PORT; that of the "
	  "site's URL when not given" },
	{ .name = "key_file", .type = PARAM_TEXT,
	  .help = "Where the key of the set's members is or shall be" },
	USER_PARAMS,
	{ .name = "password_file", .type = PARAM_SECRET,
	  .help = "Password for Sametime's account" },
	{ .name = "cluster_password_file", .type = PARAM_SECRET,
	  .help = "Password for the account for the servers" },
	{ .name = "url_file", .type = PARAM_SECRET,
	  .help = "URL to write in every place; worked out when not given" },
	{ .name = "ttl_days", .type = PARAM_INT, .min = 1, .max = 36500,
	  .help = "How long chat history lasts; what custom.env says, else "
	  "90" },
	{ .name = "revoke", .type = PARAM_FLAG,
	  .help = "Take rights away that are not needed" },
	ADMIN_PARAM,
};

static const struct verb_param ready_params[] = {
	USER_PARAMS,
	{ .name = "ttl_days", .type = PARAM_INT, .min = 1, .max = 36500,
	  .help = "How long chat history shall last" },
	ADMIN_PARAM,
};

static const struct verb_param member_params[] = {
	{ .name = "member", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "NAME:PORT of a server that was "
	  "started with the set's name and key" },
	ADMIN_PARAM,
};

static const struct verb_param compose_params[] = {
	{ .name = "kind", .type = PARAM_CHOICE,
	  .choices = "compose|kubernetes",
	  .help = "What fits the site when not given" },
	{ .name = "image", .type = PARAM_TEXT,
	  .help = "Image and tag; mongo:7.0 when not given" },
	{ .name = "set", .type = PARAM_TEXT,
	  .help = "Name of the replica set; " SET_NAME " when not given" },
};

static bool
parts_read(const json_t *params, struct prepare_wish *w, struct err *e)
{
	const json_t	*parts = json_object_get(params, "part");
	bool		 all = json_array_size(parts) == 0;
	struct {
		const char *name; bool *wanted;
	} names[] = {
		{ "set", &w->set_part }, { "accounts", &w->accounts },
		{ "chat", &w->chat }, { "indexes", &w->indexes },
		{ "urls", &w->urls },
	};
	json_t	*part;
	size_t	 i;

	json_array_foreach(parts, i, part)
		for (size_t k = 0; k < LENGTH(names); k++) {
			if (strcmp(names[k].name, json_string_value(part)) !=
			    0)
				continue;
			if (*names[k].wanted)
				return err_set(e, ERR_USAGE, 0, T_PART_TWICE,
				    names[k].name);
			*names[k].wanted = true;
		}
	w->set_part = w->set_part || all;
	w->accounts = w->accounts || all;
	w->chat = w->chat || all;
	w->urls = w->urls || all;
	return true;
}

static bool
wish_read(struct ctx *ctx, const json_t *params, struct prepare_wish *w,
    struct err *e)
{
	const char *text;

	*w = (struct prepare_wish){
		.set = json_str(params, "set"), .user = SAMETIME_USER,
		.cluster_user = CLUSTER_USER,
		.host = json_str(params, "host"),
		.key_file = json_str(params, "key_file"),
		.password = ctx_secret(ctx, "password_file"),
		.cluster_password = ctx_secret(ctx, "cluster_password_file"),
		.url = ctx_secret(ctx, "url_file"),
		.ttl_days = json_int(params, "ttl_days", 0),
		.revokes = json_flag(params, "revoke")
	};
	if ((text = json_str(params, "user")) != NULL)
		w->user = text;
	if ((text = json_str(params, "cluster_user")) != NULL)
		w->cluster_user = text;
	if (!parts_read(params, w, e))
		return false;
	return w->ttl_days == 0 || w->indexes ||
	    err_set(e, ERR_USAGE, 0, T_TTL_ALONE);
}

/*
 * Accounts are made while log-in is not yet enforced, so that there is no
 * moment with it and without them; a server that waits for its set's first
 * configuration takes no writes and gets that first.
 */
static bool
parts_plan(struct prepare_look *l, const struct prepare_wish *w,
    struct plan *plan, struct err *e)
{
	if (w->set_part && l->is_ghost && !prepare_plan_set(l, w, plan, e))
		return false;
	if (w->accounts && !prepare_plan_accounts(l, w, plan, e))
		return false;
	if (w->set_part && !l->is_ghost && !prepare_plan_set(l, w, plan, e))
		return false;
	if ((w->chat || w->indexes) && !prepare_plan_chat(l, w, plan, e))
		return false;
	return !w->urls || plan_is_blocked(plan) ||
	    prepare_plan_switch(l, w, plan, e);
}

static bool
prepare_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_LOOK struct prepare_look l = { .ctx = ctx };
	struct prepare_wish	 w;

	return wish_read(ctx, params, &w, e) &&
	    prepare_look(ctx, params, &l, e) && parts_plan(&l, &w, plan, e);
}

static const struct verb verbs[] = {
	{ .name = "mongo.prepare", .role = ROLE_ADMIN, .risk = RISK_SERVICE,
	  .help = "Make MongoDB ready: set, accounts, chat logging, URLs",
	  .detail = "Makes a standalone server a replica set of one member "
	  "with a key file, makes Sametime's two accounts or grants what "
	  "they lack, puts the documents there that chat logging wants, and "
	  "writes the URL in every place of the site.  What is so already "
	  "is not done again.  The indexes by which chat history ends are "
	  "made by Sametime itself at its start; the part indexes makes or "
	  "changes them now.",
	  .params = prepare_params, .param_count = LENGTH(prepare_params),
	  .plan = prepare_plan },
	{ .name = "mongo.ready", .role = ROLE_OPERATOR, .risk = RISK_NONE,
	  .help = "Show what MongoDB still lacks for Sametime",
	  .params = ready_params, .param_count = LENGTH(ready_params),
	  .read = prepare_ready_read,
	  .schema = "{\"parts\":[{\"part\":\"=set|accounts|chat|indexes|"
	  "urls\",\"state\":\"=done|todo|unknown\",\"text\":\"string\"}],"
	  "\"kind\":\"=standalone|replica_set\",\"set\":\"string?\","
	  "\"auth\":\"bool?\",\"accounts\":[{\"user\":\"string\","
	  "\"there\":\"bool?\",\"missing\":[\"string\"],"
	  "\"extra\":[\"string\"]}],"
	  "\"dummies\":[{\"collection\":\"string\",\"there\":"
	  "\"bool?\"}],\"indexes\":[{\"collection\":\"string\","
	  "\"name\":\"string\",\"there\":\"bool?\",\"days\":\"int?\","
	  "\"wanted_days\":\"int\"}],"
	  "\"urls\":[{\"file\":\"string\",\"line\":\"int\","
	  "\"key\":\"string\",\"url\":\"string?\","
	  "\"hosts\":\"string?\"}]}",
	  .view = "parts: part=Part,state=State,text=What" },
	{ .name = "mongo.member.add", .role = ROLE_ADMIN,
	  .risk = RISK_SERVICE,
	  .help = "Add a member to the replica set",
	  .detail = "It gets no vote until it has caught up, which may take "
	  "long; the job can be interrupted and resumed meanwhile.",
	  .params = member_params, .param_count = LENGTH(member_params),
	  .plan = prepare_member_plan },
	{ .name = "mongo.compose", .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .help = "Give the parts of a compose file or chart for a MongoDB",
	  .detail = "For test installations.  The text is printed and "
	  "nothing is written.",
	  .params = compose_params, .param_count = LENGTH(compose_params),
	  .read = prepare_compose_read,
	  .schema = "{\"kind\":\"=compose|kubernetes\","
	  "\"text\":\"string\",\"warnings\":[\"string\"],"
	  "\"verified\":\"bool\"}", .view = "raw: text" },
};

const struct service prepare_service = {
	.name = "prepare",
	.verbs = verbs,
	.verb_count = LENGTH(verbs),
	.actions = prepare_actions,
	.action_count = PREPARE_ACTIONS,
};
