/*
 * From following to "verified, URLs may switch": follow, hold, drain, verify.
 * What blocks writes is in block.c.
 */
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

/* Both sides are read whole while writes wait only when that is quick. */
#define WHOLE_BYTES	(64 << 20)
#define VERIFY_TRIES	3

/* --- follow: args {"key","round"} --------------------------------------- */

static const char *
round_mark(const json_t *args)
{
	return str_equal(json_str(args, "round"), "cutover") ?
	    "follow.cutover" : "follow";
}

bool
move_follow_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return step_probe_mark(ctx, args, round_mark(args), found, seen, e);
}

/*
 * Near enough, then indexes and options as they are by now, then what was
 * touched so far is compared, so that little is left for the blocked time.
 */
static bool
follow_work(struct move *m, struct err *e)
{
	AUTO_TOUCHED struct touched	t = { NULL, -1, NULL };
	uint64_t			equal = 0;

	return touched_open(m, &t, e) && move_items_again(m, e) &&
	    follow_run(m, &t, 0, e) && move_items_reconcile(m, e) &&
	    touched_compare(m, &t, &equal, e) &&
	    move_set(m, "touched_equal", json_integer(json_int(m->state,
	    "touched_equal", 0) + (json_int_t)equal), e) &&
	    follow_run(m, &t, 0, e);
}

bool
move_follow_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	return move_open(ctx, args, &m, e) && move_source(&m, e) &&
	    move_target(&m, e) && move_phase(&m, "follow", e) &&
	    follow_work(&m, e) && move_done(&m, round_mark(args), e);
}

/* --- hold: the person says when ----------------------------------------- */

bool
move_hold_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	(void)seen;
	*found = PROBE_TODO;
	return move_peek(ctx, json_text(args, "key"), &m, e) &&
	    move_phase(&m, "held", e);
}

/* --- drain -------------------------------------------------------------- */

/*
 * What streams do not tell of is copied once more: capped collections, time
 * series.  Nothing writes to them any more.
 */
static bool
untold_copy(struct move *m, struct err *e)
{
	AUTO_JSON json_t *items = json_copy(json_object_get(m->state,
	    "items"));
	json_t		*item;
	size_t		 i;

	if (items == NULL)
		return err_nomem(e);
	if (move_is_done(m, "untold"))
		return true;
	json_array_foreach (items, i, item)
		if (move_item_has_documents(item) && !move_item_follows(item)
		    && !move_item_again(m, json_text(item, "db"),
		    json_text(item, "name"), "untold", e))
			return false;
	return move_save(m, e) && move_items_again(m, e) &&
	    move_done(m, "untold", e);
}

/* The time at which writes were off for sure. */
static bool
drain_end(struct move *m, uint64_t *final, struct err *e)
{
	return move_now(m->source, final, e) && move_set(m, "final",
	    json_integer((json_int_t)*final), e);
}

/* Until this is over nobody can write anywhere. */
static bool
blocked_hint(struct err *e)
{
	return err_hint(e, T_BLOCKED_HINT);
}

static bool
drain_work(struct move *m, struct err *e)
{
	AUTO_TOUCHED struct touched	t = { NULL, -1, NULL };
	uint64_t			final;

	return drain_end(m, &final, e) && touched_open(m, &t, e) &&
	    follow_run(m, &t, final, e) && untold_copy(m, e);
}

/* The services that write were stopped by steps of their own. */
static bool
stop_is_over(struct move *m, struct err *e)
{
	return json_object_get(m->state, "block_end_ms") != NULL ||
	    move_set(m, "block_end_ms", json_integer((json_int_t)
	    clock_wall_ms(m->ctx->clock)), e);
}

bool
move_drain_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return step_probe_mark(ctx, args, "drain", found, seen, e);
}

bool
move_drain_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	return move_open(ctx, args, &m, e) && move_source(&m, e) &&
	    move_target(&m, e) && stop_is_over(&m, e) &&
	    move_phase(&m, "drain", e) && (drain_work(&m, e) ||
	    blocked_hint(e)) && move_done(&m, "drain", e);
}

/* --- verify ------------------------------------------------------------- */

struct again {
	struct move	*m;
	const char	*db, *name;
	json_t		*pending;
};

static bool
again_apply(void *arg, const json_t *chunk, struct err *e)
{
	struct again *a = arg;

	return apply_ids(a->m, a->db, a->name, chunk, a->pending, e);
}

/* What still differs is fetched once more: a kill may have been between. */
static bool
differing_apply(struct move *m, const json_t *ids, struct err *e)
{
	const char	*place;
	json_t		*set;

	json_object_foreach ((json_t *)ids, place, set) {
		AUTO_FREE char	*db = strdup(place);
		AUTO_JSON json_t *pending = json_object();
		char		*tab = db == NULL ? NULL : strchr(db, '\t');
		struct again	 a = { m, db, tab != NULL ? tab + 1 : "",
			pending };

		if (tab == NULL || pending == NULL)
			return err_nomem(e);
		*tab = '\0';
		if (!apply_chunks(set, again_apply, &a, e))
			return false;
	}
	return true;
}

/* Collections of which marked documents are no longer there. */
static void
touched_strip(struct move *m, struct touched *t)
{
	const char	*place;
	json_t		*set;
	void		*tmp;

	json_object_foreach_safe (t->ids, tmp, place, set) {
		AUTO_FREE char	*db = strdup(place);
		char		*tab = db == NULL ? NULL : strchr(db, '\t');
		const json_t	*item;

		if (tab == NULL)
			continue;
		*tab = '\0';
		item = move_item(m, db, tab + 1);
		if (item == NULL || !move_item_follows(item))
			json_object_del(t->ids, place);
	}
}

static bool
touched_verify(struct move *m, struct err *e)
{
	AUTO_TOUCHED struct touched	t = { NULL, -1, NULL };
	uint64_t			equal = 0, all = 0;
	int				i;

	if (!touched_open(m, &t, e))
		return false;
	touched_strip(m, &t);
	for (i = 0; i < VERIFY_TRIES; i++) {
		if (!touched_compare(m, &t, &equal, e))
			return false;
		all += equal;
		if (touched_count(t.ids) == 0)
			return move_set(m, "touched_equal", json_integer(
			    json_int(m->state, "touched_equal", 0) +
			    (json_int_t)all), e);
		if (!differing_apply(m, t.ids, e))
			return false;
	}
	return err_set(e, ERR_MONGO, 0, T_TOUCHED_DIFFER,
	    touched_count(t.ids));
}

static bool
options_verify(struct move *m, struct err *e)
{
	AUTO_JSON json_t	*lines = NULL;

	if (!move_items_differ(m, &lines, e))
		return false;
	return json_array_size(lines) == 0 || err_set(e, ERR_MONGO, 0,
	    T_CATALOG_DIFFERS, json_array_size(lines),
	    json_string_value(json_array_get(lines, 0)));
}

/* From here on what changes on the target is somebody's work on it. */
static bool
switch_time(struct move *m, struct err *e)
{
	uint64_t at;

	return move_now(m->target, &at, e) && move_set(m, "switch_at",
	    json_integer((json_int_t)at), e);
}

static bool
verify_work(struct move *m, struct err *e)
{
	return move_items_reconcile(m, e) && touched_verify(m, e) &&
	    whole_verify(m, WHOLE_BYTES, e) && move_items_ttl(m, e) &&
	    options_verify(m, e) && switch_time(m, e) && move_set(m,
	    "verified_ms", json_integer((json_int_t)clock_wall_ms(
	    m->ctx->clock)), e);
}

bool
move_verify_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return step_probe_mark(ctx, args, "verify", found, seen, e);
}

bool
move_verify_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	return move_open(ctx, args, &m, e) && move_source(&m, e) &&
	    move_target(&m, e) && move_phase(&m, "verify", e) &&
	    (verify_work(&m, e) || blocked_hint(e)) &&
	    move_done(&m, "verify", e);
}
