/*
 * The steps up to the point where the target follows the source: begin, drop,
 * create, copy, compare, index.
 *
 * args of begin: all that the state is made of.  args of the others: {"key"}
 * and what they alone need; the rest is in the state (state.c), whose mark
 * says that a step was seen to its end.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"
#include "stconsole/msg.h"
#include "stconsole/progress.h"
#include "stconsole/role.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

bool
step_probe_mark(struct ctx *ctx, const json_t *args, const char *step,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	if (!move_peek(ctx, json_text(args, "key"), &m, e))
		return false;
	*found = move_is_done(&m, step) ? PROBE_DONE : PROBE_TODO;
	return json_object_set_new(seen, "phase", json_string(json_text(
	    m.state, "phase"))) == 0 || err_nomem(e);
}

/* --- begin -------------------------------------------------------------- */

/*
 * The nonce makes a move of its own of what may be the second one to the
 * same target.
 */
bool
move_begin_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	char	 nonce[33];

	(void)ctx;
	(void)args;
	if (!digest_random_hex(16, nonce, e))
		return false;
	return json_object_set_new(memo, "nonce", json_string(nonce)) == 0 ||
	    err_nomem(e);
}

bool
move_begin_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MOVE struct move	 m = MOVE_INIT;
	AUTO_FREE char		*path = move_path(ctx, json_text(args, "key"),
	    e);

	(void)seen;
	if (path == NULL)
		return false;
	*found = PROBE_TODO;
	if (memo == NULL || !file_exists(AT_FDCWD, path))
		return true;
	if (!move_peek(ctx, json_text(args, "key"), &m, e))
		return false;
	if (str_equal(json_str(m.state, "nonce"), json_str(memo, "nonce")) &&
	    move_is_done(&m, "begin"))
		*found = PROBE_DONE;
	return true;
}

static json_t *
state_make(struct ctx *ctx, const json_t *args, const char *nonce,
    struct err *e)
{
	AUTO_JSON json_t *state = json_deep_copy(args);
	const struct progress *p = ctx->progress;
	json_t		*more = json_pack("{s:i, s:s, s:s, s:s, s:I, s:[],"
	    " s:{}, s:{}, s:[]}", "format", 1, "nonce", nonce, "job",
	    p != NULL && p->now.job != NULL ? p->now.job : "", "phase",
	    "begin", "begun_ms", (json_int_t)clock_wall_ms(ctx->clock),
	    "items", "streams", "done", "remarks");

	if (state == NULL || more == NULL ||
	    json_object_update(state, more) < 0) {
		json_decref(more);
		err_nomem(e);
		return NULL;
	}
	json_decref(more);
	return TAKE(state);
}

/* Majority, and before anything else is written. */
static bool
marker_put(struct move *m, struct err *e)
{
	char	 host[256] = "", time[CLOCK_ISO_SIZE];
	const char *db = json_string_value(json_array_get(json_object_get(
	    m->state, "dbs"), 0));

	gethostname(host, sizeof(host) - 1);
	clock_iso(clock_wall_ms(m->ctx->clock), time);
	return move_command(m->target, db, json_pack("{s:s, s:[{s:{s:s},"
	    " s:{s:s, s:s, s:s, s:s, s:s}, s:b}], s:{s:s}}", "update",
	    MOVE_MARKER, "updates", "q", "_id", "move", "u", "_id", "move",
	    "nonce", json_text(m->state, "nonce"), "host", host, "user",
	    m->ctx->who->user, "time", time, "upsert", true, "writeConcern",
	    "w", "majority"), "readWrite", NULL, e);
}

/* A URL of another spelling may lead to the very server that is copied. */
static bool
marker_is_apart(struct move *m, struct err *e)
{
	AUTO_MONGO_DOC struct mongo_doc found = { .text = NULL };
	struct mongo_where	 w = { json_string_value(json_array_get(
	    json_object_get(m->state, "dbs"), 0)), MOVE_MARKER };
	AUTO_FREE char		*filter = str_format(
	    "{\"_id\":\"move\",\"nonce\":\"%s\"}", json_text(m->state,
	    "nonce"));

	if (filter == NULL)
		return err_nomem(e);
	if (!mongo_find_one(m->source, &w, filter, &found, e))
		return false;
	if (found.text == NULL)
		return true;
	/* Where it must not be, nothing of it stays. */
	return marker_remove(m, e) && move_phase(m, "back", e) &&
	    err_set(e, ERR_REFUSED, 0, T_SAME, mongo_hosts(m->source));
}

/* Whoever wrote there since the preview keeps it. */
static bool
target_is_empty(struct move *m, struct err *e)
{
	AUTO_JSON json_t	*catalog = NULL;
	const json_t		*db;
	size_t			 i;

	if (!move_catalog(m, m->target, &catalog, e))
		return false;
	json_array_foreach (catalog, i, db) {
		if (json_array_size(json_object_get(db, "collections")) == 0
		    || move_list_has(json_object_get(m->state, "drop"),
		    json_text(db, "db")))
			continue;
		err_set(e, ERR_CHANGED, 0, T_NOT_EMPTY, json_text(db, "db"),
		    mongo_hosts(m->target));
		return err_hint(e, T_NOT_EMPTY_HINT, json_text(db, "db"));
	}
	return true;
}

static bool
streams_begin(struct move *m, struct err *e)
{
	const json_t	*db;
	uint64_t	 at;
	size_t		 i;

	if (!move_now(m->source, &at, e))
		return false;
	json_array_foreach (json_object_get(m->state, "dbs"), i, db)
		if (json_object_set_new(json_object_get(m->state, "streams"),
		    json_string_value(db), json_pack("{s:I}", "time",
		    (json_int_t)at)) < 0)
			return err_nomem(e);
	/* Snapshot reads outside transactions: 5.0 on. */
	return move_set(m, "t0", json_integer((json_int_t)at), e) &&
	    move_set(m, "at", json_integer(mongo_version_compare(json_text(
	    json_object_get(m->state, "source"), "version"), "5.0") >= 0 ?
	    (json_int_t)at : 0), e);
}

bool
move_begin_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move	 m = MOVE_INIT;
	AUTO_JSON json_t	*state = state_make(ctx, args, json_text(
	    memo, "nonce"), e);
	AUTO_FREE char		*path = move_path(ctx, json_text(args, "key"),
	    e);
	AUTO_FREE char		*text = state == NULL ? NULL :
	    move_text(state);

	if (path == NULL || text == NULL)
		return path == NULL || state == NULL ? false : err_nomem(e);
	if (!file_write(AT_FDCWD, path, text, strlen(text), 0600, e))
		return false;
	if (!move_open(ctx, args, &m, e) || !begin_forget(&m, e) ||
	    !move_source(&m, e) || !move_target(&m, e))
		return false;
	/* T0 first: what the catalog does not have yet comes as an event. */
	return target_is_empty(&m, e) && marker_put(&m, e) &&
	    marker_is_apart(&m, e) && streams_begin(&m, e) &&
	    move_items_read(&m, e) && move_done(&m, "begin", e);
}

/* --- drop: one database of the target ----------------------------------- */

/* Only until anything was created there by us. */
bool
move_drop_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_FREE char *mark = str_format("drop.%s", json_text(args, "db"));

	(void)memo;
	if (mark == NULL)
		return err_nomem(e);
	return step_probe_mark(ctx, args, mark, found, seen, e);
}

/* The marker's own collection stays, whichever database it is in. */
static bool
drop_collections(struct move *m, const char *db, struct err *e)
{
	const char *const	 dbs[] = { db, NULL };
	AUTO_JSON json_t	*catalog = NULL;
	const json_t		*one;
	size_t			 i;

	if (!mongo_catalog_read(m->target, dbs, &catalog, e))
		return false;
	json_array_foreach (json_object_get(json_array_get(catalog, 0),
	    "collections"), i, one)
		if (!str_equal(json_str(one, "name"), MOVE_MARKER) &&
		    !move_target_drop(m, db, json_text(one, "name"), e))
			return false;
	return true;
}

bool
move_drop_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;
	AUTO_FREE char *mark = str_format("drop.%s", json_text(args, "db"));

	(void)memo;
	if (mark == NULL)
		return err_nomem(e);
	return move_open(ctx, args, &m, e) && move_target(&m, e) &&
	    drop_collections(&m, json_text(args, "db"), e) &&
	    move_done(&m, mark, e);
}

/* --- the work on collections -------------------------------------------- */

struct work {
	const char	*step, *phase;
	bool		(*run)(struct move *m, struct err *e);
};

static bool
work_act(struct ctx *ctx, const json_t *args, const struct work *w,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	return move_open(ctx, args, &m, e) && move_source(&m, e) &&
	    move_target(&m, e) && move_phase(&m, w->phase, e) &&
	    w->run(&m, e) && move_done(&m, w->step, e);
}

/* Views last: they stand on what is there. */
static bool
create_run(struct move *m, struct err *e)
{
	const json_t	*items = json_object_get(m->state, "items");
	json_t		*item;
	size_t		 i, pass;
	bool		 is_view;

	for (pass = 0; pass < 2; pass++)
		json_array_foreach (items, i, item) {
			is_view = !move_item_has_documents(item);
			if (is_view != (pass == 1))
				continue;
			if (!cancel_check(m->ctx->cancel, e) ||
			    !move_item_create(m, item, e))
				return false;
			if (is_view && json_object_set_new(item, "done",
			    json_true()) < 0)
				return err_nomem(e);
		}
	return true;
}

static bool
index_run(struct move *m, struct err *e)
{
	const json_t	*items = json_object_get(m->state, "items");
	json_t		*item;
	size_t		 i;

	json_array_foreach (items, i, item) {
		progress_amount(m->ctx, (int64_t)i,
		    (int64_t)json_array_size(items), "collections");
		if (!cancel_check(m->ctx->cancel, e) ||
		    (json_str(item, "again") == NULL &&
		    !move_item_index(m, item, e)))
			return false;
	}
	return true;
}

static const struct work create_work = { "create", "create", create_run };
static const struct work copy_work = { "copy", "copy", move_items_copy };
static const struct work compare_work = { "compare", "compare",
	move_items_compare };
static const struct work index_work = { "index", "index", index_run };

#define WORK_STEP(NAME) \
bool \
move_ ## NAME ## _probe(struct ctx *ctx, const json_t *args, \
    const json_t *memo, enum probe *found, json_t *seen, struct err *e) \
{ \
	(void)memo; \
	return step_probe_mark(ctx, args, #NAME, found, seen, e); \
} \
bool \
move_ ## NAME ## _act(struct ctx *ctx, const json_t *args, \
    const json_t *memo, struct err *e) \
{ \
	(void)memo; \
	return work_act(ctx, args, &NAME ## _work, e); \
}

WORK_STEP(create)
WORK_STEP(copy)
WORK_STEP(compare)
WORK_STEP(index)
