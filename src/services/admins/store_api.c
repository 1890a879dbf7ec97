/*
 * The second route, by the Admin API.  It cannot compare whole documents nor
 * put an _id back, so its steps are told apart by mail, and say so.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "admins.h"
#include "api.h"
#include "text.def"

static const char *
entry_id(const json_t *entry)
{
	const char	*id = json_str(entry, "id");

	return id != NULL ? id : json_text(entry, "_id");
}

static const char *
entry_mail(const json_t *entry)
{
	const char	*mail = json_str(entry, "email");

	return mail != NULL ? mail : json_text(entry, "mail");
}

static bool
api_read(struct ctx *ctx, json_t **array, struct err *e)
{
	AUTO_API struct api *a = NULL;

	return api_open(ctx, &a, e) && api_list(a, array, e);
}

static bool
store_list(struct ctx *ctx, struct admin_list *out, struct err *e)
{
	AUTO_JSON json_t *array = NULL;
	const json_t	*entry;
	size_t		 i;

	if (!api_read(ctx, &array, e))
		return false;
	json_array_foreach(array, i, entry)
		if (!admin_list_add(out, entry_id(entry), true,
		    entry_mail(entry), NULL, e))
			return false;
	return true;
}

/* The entry with this mail, in any case or exactly; borrowed. */
static const json_t *
entry_find(const json_t *array, const char *mail, bool exactly)
{
	const json_t	*entry;
	size_t		 i;

	json_array_foreach(array, i, entry)
		if (exactly ? strcmp(entry_mail(entry), mail) == 0 :
		    str_equal_nocase(entry_mail(entry), mail))
			return entry;
	return NULL;
}

static bool
api_insert_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *array = NULL;
	const json_t	*entry;

	if (!api_read(ctx, &array, e))
		return false;
	entry = entry_find(array, json_text(args, "email"), false);
	json_object_set_new(seen, "id", entry == NULL ? json_null() :
	    json_string(entry_id(entry)));
	if (entry == NULL)
		*found = PROBE_TODO;
	else
		*found = json_flag(memo, "was_absent") ? PROBE_DONE :
		    PROBE_CHANGED;
	return true;
}

/* Written with the intent: an entry that is there later is ours. */
static bool
api_insert_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	return json_object_set_new(memo, "was_absent", json_true()) == 0 ||
	    err_nomem(e);
}

static bool
api_put(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_API struct api *a = NULL;

	(void)memo;
	return api_open(ctx, &a, e) &&
	    api_insert(a, json_text(args, "email"), e);
}

static bool
api_take(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_API struct api *a = NULL;
	AUTO_JSON json_t *array = NULL;
	const char	*mail = json_text(args, "email");
	const json_t	*entry;

	(void)memo;
	if (!api_open(ctx, &a, e) || !api_list(a, &array, e))
		return false;
	entry = entry_find(array, mail, true);
	return entry == NULL || api_delete(a, entry_id(entry), e);
}

static bool
api_delete_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *array = NULL;
	const char	*witness = json_str(args, "witness");
	const json_t	*entry;

	(void)memo;
	if (!api_read(ctx, &array, e))
		return false;
	entry = entry_find(array, json_text(args, "email"), true);
	json_object_set_new(seen, "id", entry == NULL ? json_null() :
	    json_string(entry_id(entry)));
	if (entry == NULL)
		*found = PROBE_DONE;
	else
		*found = witness == NULL ||
		    entry_find(array, witness, true) != NULL ? PROBE_TODO :
		    PROBE_CHANGED;
	return true;
}

static bool
store_insert(struct ctx *ctx, struct plan *plan, const char *email,
    struct err *e)
{
	AUTO_FREE char	*diff = str_format("+ %s", email);
	struct step_spec spec = {
		.action = "admin.api_insert", .risk = RISK_ACCESS,
		.undo = T_UNDO_INSERT, .diff = diff,
		.args = json_pack("{s:s}", "email", email),
	};

	(void)ctx;
	if (diff == NULL || spec.args == NULL) {
		json_decref(spec.args);
		return err_nomem(e);
	}
	return plan_step_add(plan, &spec, e, T_STEP_API_INSERT, email);
}

static bool
store_delete(struct ctx *ctx, struct plan *plan, const struct admin *a,
    const struct admin *witness, struct err *e)
{
	AUTO_FREE char	*diff = str_format("- %s", a->email);
	struct step_spec spec = {
		.action = "admin.api_delete", .risk = RISK_ACCESS,
		.undo = T_UNDO_API_DELETE, .diff = diff,
		.args = json_pack("{s:s,s:s*}", "email", a->email,
		    "witness", witness != NULL ? witness->email : NULL),
	};

	(void)ctx;
	if (diff == NULL || spec.args == NULL) {
		json_decref(spec.args);
		return err_nomem(e);
	}
	return plan_step_add(plan, &spec, e, T_STEP_API_DELETE, a->email);
}

static bool
store_respell(struct ctx *ctx, struct plan *plan, const struct admin *a,
    const char *email, struct err *e)
{
	(void)ctx;
	return plan_note_add(plan, e, T_NOTE_API_RESPELL, a->email, email);
}

const struct admin_store admin_store_api = {
	.name = "api",
	.list = store_list,
	.insert = store_insert,
	.delete = store_delete,
	.respell = store_respell,
};

const struct action admin_actions[ADMIN_ACTIONS] = {
	{ .name = "admin.api_insert", .kind = STEP_CALL,
	  .probe = api_insert_probe, .prepare = api_insert_prepare,
	  .act = api_put, .undo = api_take },
	{ .name = "admin.api_delete", .kind = STEP_CALL,
	  .probe = api_delete_probe, .act = api_take, .undo = api_put },
};
