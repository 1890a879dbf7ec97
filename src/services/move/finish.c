/*
 * The last step: Sametime's account logs in at the target by the URL that the
 * site has now, our marker goes, and the report says what was proved.
 */
#include <stdlib.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_set.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

/* -1: one of them is not known. */
static int64_t
between(const json_t *state, const char *from, const char *to)
{
	int64_t	 a = json_int(state, from, 0), b = json_int(state, to, 0);

	return a == 0 || b == 0 ? -1 : b - a;
}

/*
 * From the last write that the source took to "verified".  A write block is
 * on from its command; services that stop write until somewhere between, so
 * that the time of the last event is taken, which is known by the second.
 */
static int64_t
blocked_ms(const json_t *state)
{
	int64_t	 begin = json_int(state, "block_begin_ms", 0);
	int64_t	 end = json_int(state, "block_end_ms", begin);
	int64_t	 last = json_int(state, "last_event_s", 0) * 1000;
	int64_t	 verified = json_int(state, "verified_ms", 0);

	if (begin == 0 || verified == 0)
		return -1;
	if (!str_equal(json_str(state, "block"), "site") || last < begin)
		last = begin;
	return verified - (last > end ? end : last);
}

static bool
collection_report(const json_t *item, json_t *list)
{
	json_t *row = json_pack("{s:O, s:O, s:I, s:I, s:s, s:b}", "db",
	    json_object_get(item, "db"), "name", json_object_get(item,
	    "name"), "documents", (json_int_t)json_int(item, "docs", 0),
	    "bytes", (json_int_t)json_int(item, "bytes", 0), "hash",
	    json_text(item, "hash"), "compared", json_flag(item,
	    "compared"));

	if (row != NULL && json_str(item, "why") != NULL)
		json_object_set_new(row, "outside", json_string(
		    move_item_why(item)));
	return json_array_append_new(list, row) == 0;
}

json_t *
report_make(const struct move *m)
{
	const json_t	*s = m->state, *item;
	json_t		*list = json_array(), *out;
	int64_t		 docs = 0, bytes = 0;
	size_t		 i;

	json_array_foreach (json_object_get(s, "items"), i, item) {
		docs += json_int(item, "docs", 0);
		bytes += json_int(item, "bytes", 0);
		if (!collection_report(item, list)) {
			json_decref(list);
			return NULL;
		}
	}
	out = json_pack("{s:s, s:O, s:O, s:b, s:I, s:I, s:o, s:I, s:I, s:I,"
	    " s:O, s:O?, s:I, s:b, s:O}", "kind", "move", "source",
	    json_object_get(s, "source"), "target", json_object_get(s,
	    "target"), "one_time", json_int(s, "at", 0) != 0, "documents",
	    (json_int_t)docs, "bytes", (json_int_t)bytes, "collections",
	    list, "blocked_ms", (json_int_t)blocked_ms(s), "stop_ms",
	    (json_int_t)(str_equal(json_str(s, "block"), "site") ?
	    between(s, "block_begin_ms", "block_end_ms") : -1), "start_ms",
	    (json_int_t)between(s, "start_begin_ms", "start_end_ms"),
	    "block", json_object_get(s, "block"), "stopped",
	    json_object_get(s, "stopped"), "touched_compared",
	    (json_int_t)json_int(s, "touched_equal", 0), "whole_compared",
	    json_flag(s, "whole"), "remarks", json_object_get(s, "remarks"));
	return out;
}

/* By the site as its files are now, not as they were read before. */
static bool
login_check(struct move *m, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_MONGO struct mongo	*site = NULL;
	AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };
	struct mongo_where	 w = { json_string_value(json_array_get(
	    json_object_get(m->state, "dbs"), 0)), "EVENTS" };

	return url_switched(m->from, m->to, &url, e) &&
	    mongo_open_url(url, MONGO_PRIMARY, 10000, &site, e) &&
	    mongo_find_one(site, &w, "{}", &doc, e);
}

bool
marker_remove(struct move *m, struct err *e)
{
	const char	*db = json_string_value(json_array_get(
	    json_object_get(m->state, "dbs"), 0));

	return move_target_drop(m, db, MOVE_MARKER, e);
}

static bool
report_keep(struct move *m, struct err *e)
{
	AUTO_JSON json_t *report = report_make(m);
	AUTO_FREE char	*path = NULL;

	if (report == NULL)
		return err_nomem(e);
	return mongo_report_write(m->ctx, "move", report, &path, e) &&
	    move_set(m, "report", json_string(path), e);
}

static bool
finish_work(struct move *m, struct err *e)
{
	if (json_object_get(m->state, "start_begin_ms") != NULL &&
	    json_object_get(m->state, "start_end_ms") == NULL &&
	    !move_set(m, "start_end_ms", json_integer((json_int_t)
	    clock_wall_ms(m->ctx->clock)), e))
		return false;
	return login_check(m, e) && report_keep(m, e) &&
	    move_phase(m, "done", e) && marker_remove(m, e) &&
	    move_done(m, "finish", e);
}

bool
move_finish_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return step_probe_mark(ctx, args, "finish", found, seen, e);
}

bool
move_finish_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	return move_open(ctx, args, &m, e) && move_target(&m, e) &&
	    finish_work(&m, e);
}
