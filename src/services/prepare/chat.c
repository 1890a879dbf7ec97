/*
 * What chat logging needs in its database: a dummy document in two
 * collections (facts 3.2, 5) and the indexes by which history ends
 * (facts 3.5).  Sametime makes the indexes itself at its start: they are
 * made here only when asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "prepare.h"
#include "text.def"

#define DB		"chatlogging"
#define DAY_S		86400
#define NO_NAMESPACE	26	/* error_codes.yml: NamespaceNotFound */

static const char *const dummies[] = { "EVENTS", "SESSIONS" };

static const struct {
	const char	*collection, *field, *name;
} indexes[] = {
	{ "EVENTS", "TimeStamp", "TimeStamp_1" },
	{ "USERS", "date", "date_1" },
};

/* ---- looking */

/* {"there"} null when it may not be known. */
static bool
dummy_look(const struct prepare_look *l, const char *collection,
    json_t *list, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	AUTO_FREE char	*text = prepare_words(json_pack(
	    "{s:s, s:{s:s}, s:i}", "find", collection, "filter", "_id",
	    "dummy", "limit", 1));
	struct err	 why = { 0 };
	json_t		*there = json_null();

	if (text == NULL)
		return err_nomem(e);
	if (prepare_ask(l->ctx, &l->door, DB, text, &reply, &why))
		there = json_boolean(json_array_size(json_object_get(
		    json_object_get(reply, "cursor"), "firstBatch")) > 0);
	else if (why.domain == ERR_NOMEM || why.domain == ERR_CANCELLED)
		return err_copy(e, &why);
	return json_array_append_new(list, json_pack("{s:s, s:o}",
	    "collection", collection, "there", there)) == 0 || err_nomem(e);
}

/* The index of this name in a reply of listIndexes, or NULL. */
static const json_t *
index_find(const json_t *reply, const char *name)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(json_object_get(json_object_get(reply, "cursor"),
	    "firstBatch"), i, one)
		if (strcmp(json_text(one, "name"), name) == 0)
			return one;
	return NULL;
}

/* *known is false when the account may not know. */
static bool
index_read(struct ctx *ctx, const struct prepare_door *door,
    const char *collection, const char *name, bool *known, bool *there,
    int64_t *ttl_s, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	AUTO_FREE char	*text = prepare_words(json_pack("{s:s}",
	    "listIndexes", collection));
	const json_t	*found;
	struct err	 why = { 0 };

	*known = true;
	*there = false;
	*ttl_s = -1;
	if (text == NULL)
		return err_nomem(e);
	if (!prepare_ask(ctx, door, DB, text, &reply, &why)) {
		*known = why.domain == ERR_MONGO && why.code == NO_NAMESPACE;
		return *known || why.domain == ERR_MONGO || err_copy(e, &why);
	}
	found = index_find(reply, name);
	*there = found != NULL;
	*ttl_s = json_int(found, "expireAfterSeconds", -1);
	return true;
}

static bool
index_look(const struct prepare_look *l, size_t n, int64_t days,
    json_t *list, struct err *e)
{
	bool	 known, there;
	int64_t	 ttl_s;

	if (!index_read(l->ctx, &l->door, indexes[n].collection,
	    indexes[n].name, &known, &there, &ttl_s, e))
		return false;
	return json_array_append_new(list, json_pack(
	    "{s:s, s:s, s:o, s:o, s:I}", "collection",
	    indexes[n].collection, "name", indexes[n].name, "there",
	    known ? json_boolean(there) : json_null(), "days",
	    ttl_s >= 0 ? json_integer(ttl_s / DAY_S) : json_null(),
	    "wanted_days", (json_int_t)days)) == 0 || err_nomem(e);
}

/* What the files say history shall last. */
static int64_t
history_days(const struct site *site)
{
	const char	*days = site_fact(site, "chat_history_days", NULL);
	int64_t		 n;

	return days != NULL && str_to_int(days, 1, 36500, &n) ? n :
	    HISTORY_DAYS;
}

bool
prepare_chat_look(struct prepare_look *l, int64_t ttl_days, json_t **out,
    struct err *e)
{
	AUTO_JSON json_t *found = json_array(), *built = json_array();
	int64_t		  days = ttl_days > 0 ? ttl_days :
	    history_days(l->site);
	bool		  ok = true;

	for (size_t i = 0; ok && i < LENGTH(dummies); i++)
		ok = dummy_look(l, dummies[i], found, e);
	for (size_t i = 0; ok && i < LENGTH(indexes); i++)
		ok = index_look(l, i, days, built, e);
	if (!ok)
		return false;
	*out = json_pack("{s:O, s:O}", "dummies", found, "indexes", built);
	return *out != NULL || err_nomem(e);
}

/* ---- planning */

static bool
dummy_plan(struct prepare_look *l, struct plan *plan, const json_t *dummy,
    struct err *e)
{
	const char	*collection = json_text(dummy, "collection");
	json_t		*door;

	if (json_flag(dummy, "there"))
		return true;
	if ((door = prepare_door_args(l->ctx, plan, &l->door, e)) == NULL)
		return false;
	return plan_step_add(plan, &(struct step_spec){
	    .action = "prepare.dummy", .risk = RISK_LOW,
	    .undo = T_DUMMY_UNDO, .args = json_pack("{s:s, s:o}",
	    "collection", collection, "door", door) }, e, T_DUMMY,
	    collection);
}

static bool
index_step(struct prepare_look *l, struct plan *plan, const json_t *index,
    size_t n, struct err *e)
{
	int64_t		 was = json_int(index, "days", -1);
	int64_t		 days = json_int(index, "wanted_days", HISTORY_DAYS);
	bool		 is_shorter = was < 0 || days < was;
	json_t		*door = prepare_door_args(l->ctx, plan, &l->door, e);
	AUTO_FREE char	*loses = str_format(T_INDEX_LOSES, (int)days);
	struct step_spec spec = { .risk = is_shorter ? RISK_DATA : RISK_LOW,
		.loses = is_shorter ? loses : NULL, .undo = T_INDEX_UNDO };

	if (door == NULL)
		return false;
	spec.args = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}",
	    "collection", indexes[n].collection, "field", indexes[n].field,
	    "name", indexes[n].name, "days", (json_int_t)days, "was",
	    (json_int_t)was, "door", door);
	spec.action = json_flag(index, "there") ? "prepare.ttl" :
	    "prepare.index";
	return plan_step_add(plan, &spec, e, json_flag(index, "there") ?
	    T_INDEX_CHANGE : T_INDEX_MAKE, indexes[n].name,
	    indexes[n].collection, (int)days);
}

static bool
index_plan(struct prepare_look *l, const struct prepare_wish *w,
    struct plan *plan, const json_t *index, size_t n, struct err *e)
{
	const json_t	*there = json_object_get(index, "there");
	int64_t		 days = json_int(index, "wanted_days", 0);
	int64_t		 was = json_int(index, "days", -1);

	if (json_is_true(there) && was == days)
		return true;
	if (json_is_null(there))
		return plan_note_add(plan, e, T_INDEX_UNKNOWN,
		    indexes[n].name, indexes[n].collection);
	if (json_is_true(there) && was < 0)
		return plan_note_add(plan, e, T_INDEX_ENDLESS,
		    indexes[n].name, indexes[n].collection);
	if (w->indexes)
		return index_step(l, plan, index, n, e);
	if (json_is_false(there))
		return plan_note_add(plan, e, T_INDEX_MISSING,
		    indexes[n].name, indexes[n].collection);
	return plan_note_add(plan, e, T_INDEX_OTHER, indexes[n].name,
	    indexes[n].collection, (int)was, (int)days);
}

bool
prepare_plan_chat(struct prepare_look *l, const struct prepare_wish *w,
    struct plan *plan, struct err *e)
{
	AUTO_JSON json_t *now = NULL;
	json_t		*one;
	size_t		 i;

	if (!prepare_chat_look(l, w->ttl_days, &now, e) ||
	    !plan_lock_add(plan, "mongo:" DB, e))
		return false;
	/* What Sametime makes again one day goes by the files (facts 3.5). */
	if (w->ttl_days > 0 && w->ttl_days != history_days(l->site) &&
	    !plan_note_add(plan, e, T_INDEX_SETTING, (int)w->ttl_days,
	    (int)history_days(l->site)))
		return false;
	json_array_foreach(json_object_get(now, "dummies"), i, one)
		if (!dummy_plan(l, plan, one, e))
			return false;
	json_array_foreach(json_object_get(now, "indexes"), i, one)
		if (!index_plan(l, w, plan, one, i, e))
			return false;
	return true;
}

/* ---- the steps */

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
	    &door, DB, text, reply != NULL ? reply : &ignored, e);
}

bool
prepare_dummy_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	bool		 there;

	(void)memo;
	if (!run(ctx, args, json_pack("{s:s, s:{s:s}, s:i}", "find",
	    json_text(args, "collection"), "filter", "_id", "dummy", "limit",
	    1), &reply, e))
		return false;
	there = json_array_size(json_object_get(json_object_get(reply,
	    "cursor"), "firstBatch")) > 0;
	*found = there ? PROBE_DONE : PROBE_TODO;
	return json_object_set_new(seen, "there", json_boolean(there)) == 0 ||
	    err_nomem(e);
}

bool
prepare_dummy_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	struct err why = { 0 };

	(void)memo;
	return run(ctx, args, json_pack("{s:s, s:[{s:s}], s:{s:s, s:i}}",
	    "insert", json_text(args, "collection"), "documents", "_id",
	    "dummy", "writeConcern", "w", "majority", "wtimeout", 10000),
	    NULL, &why) || why.code == MONGO_DUPLICATE_KEY ||
	    err_copy(e, &why);
}

/*
 * Only the very document that was inserted.  By $cmp: up to 4.4 $eq fails on
 * "$$ROOT" (16409).
 */
bool
prepare_dummy_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return run(ctx, args, json_pack(
	    "{s:s, s:[{s:{s:s, s:{s:[i, {s:[s, {s:{s:s}}]}]}}, s:i}]}",
	    "delete", json_text(args, "collection"), "deletes", "q", "_id",
	    "dummy", "$expr", "$eq", 0, "$cmp", "$$ROOT", "$literal", "_id",
	    "dummy", "limit", 1), NULL, e);
}

bool
prepare_index_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_DOOR struct prepare_door door = { .count = 0 };
	int64_t	 ttl_s, was = json_int(args, "was", -1);
	bool	 known, there;

	(void)memo;
	if (!prepare_door_load(ctx, args, &door, e) || !index_read(ctx,
	    &door, json_text(args, "collection"), json_text(args, "name"),
	    &known, &there, &ttl_s, e))
		return false;
	if (!known)
		return err_set(e, ERR_MONGO, MONGO_UNAUTHORIZED,
		    T_INDEX_UNKNOWN, json_text(args, "name"),
		    json_text(args, "collection"));
	if (there && ttl_s == json_int(args, "days", 0) * DAY_S)
		*found = PROBE_DONE;
	else if (!there)
		*found = was < 0 ? PROBE_TODO : PROBE_CHANGED;
	else
		*found = ttl_s >= 0 && ttl_s / DAY_S == was ? PROBE_TODO :
		    PROBE_CHANGED;
	return json_object_set_new(seen, "ttl_s", json_integer(ttl_s)) == 0 ||
	    err_nomem(e);
}

bool
prepare_index_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return run(ctx, args, json_pack(
	    "{s:s, s:[{s:{s:i}, s:s, s:I}]}", "createIndexes",
	    json_text(args, "collection"), "indexes", "key",
	    json_text(args, "field"), 1, "name", json_text(args, "name"),
	    "expireAfterSeconds", (json_int_t)(json_int(args, "days",
	    HISTORY_DAYS) * DAY_S)), NULL, e);
}

bool
prepare_index_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return run(ctx, args, json_pack("{s:s, s:s}", "dropIndexes",
	    json_text(args, "collection"), "index", json_text(args,
	    "name")), NULL, e);
}

static bool
ttl_set(struct ctx *ctx, const json_t *args, int64_t days, struct err *e)
{
	return run(ctx, args, json_pack("{s:s, s:{s:s, s:I}}", "collMod",
	    json_text(args, "collection"), "index", "name",
	    json_text(args, "name"), "expireAfterSeconds",
	    (json_int_t)(days * DAY_S)), NULL, e);
}

bool
prepare_ttl_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return ttl_set(ctx, args, json_int(args, "days", HISTORY_DAYS), e);
}

bool
prepare_ttl_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return ttl_set(ctx, args, json_int(args, "was", HISTORY_DAYS), e);
}
