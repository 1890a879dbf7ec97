/*
 * mongo.move_show: how far the newest move of this site is, from its state
 * file alone, so that a screen may ask often.  Only "back" asks the servers.
 */
#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"

static const char *
item_state(const json_t *item, const json_t *moving)
{
	if (json_str(item, "again") != NULL)
		return "again";
	if (json_flag(item, "compared"))
		return "compared";
	if (json_flag(item, "done"))
		return "copied";
	return str_equal(json_str(item, "db"), json_str(moving, "db")) &&
	    str_equal(json_str(item, "name"), json_str(moving, "name")) ?
	    "copying" : "waiting";
}

static json_t *
rows_make(const json_t *state)
{
	const json_t	*item, *entry;
	json_t		*rows = json_array();
	size_t		 i;

	json_array_foreach (json_object_get(state, "items"), i, item) {
		entry = json_object_get(item, "entry");
		json_array_append_new(rows, json_pack("{s:O, s:O, s:s, s:I,"
		    " s:I, s:I, s:s}", "db", json_object_get(item, "db"),
		    "name", json_object_get(item, "name"), "state",
		    item_state(item, json_object_get(state, "moving")),
		    "done", (json_int_t)json_int(item, "docs", 0), "total",
		    (json_int_t)json_int(entry, "count", 0), "bytes",
		    (json_int_t)json_int(entry, "bytes", 0), "outside",
		    move_item_why(item)));
	}
	return rows;
}

static json_t *
whole_total(const json_t *state, const char *member)
{
	const json_t	*item;
	int64_t		 n = 0;
	size_t		 i;

	json_array_foreach (json_object_get(state, "items"), i, item)
		n += json_int(json_object_get(item, "entry"), member, 0);
	return json_integer((json_int_t)n);
}

/* Blocked so far while it is blocked, and in all afterwards; else -1. */
static int64_t
blocked_now(struct ctx *ctx, const struct move *m)
{
	AUTO_JSON json_t *report = NULL;
	int64_t		 begin = json_int(m->state, "block_begin_ms", 0);

	if (begin == 0)
		return -1;
	if (json_int(m->state, "verified_ms", 0) == 0)
		return clock_wall_ms(ctx->clock) - begin;
	report = report_make(m);
	return json_int(report, "blocked_ms", -1);
}

static json_t *
show_make(struct ctx *ctx, const struct move *m)
{
	const json_t	*s = m->state;
	bool		 is_back = str_equal(json_str(s, "phase"), "back");

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:o, s:I, s:o, s:o,"
	    " s:I, s:I, s:b, s:s, s:s, s:O}", "phase", json_text(s, "phase"),
	    "job", json_text(s, "job"), "source", json_text(json_object_get(
	    s, "source"), "hosts"), "target", json_text(json_object_get(s,
	    "target"), "hosts"), "begun_ms", (json_int_t)json_int(s,
	    "begun_ms", 0), "one_time", json_int(s, "at", 0) != 0,
	    "collections", rows_make(s), "documents_done",
	    (json_int_t)json_int(s, "now", 0), "documents_total",
	    whole_total(s, "count"), "bytes_total", whole_total(s, "bytes"),
	    "lag_ms", (json_int_t)json_int(s, "lag_ms", -1), "blocked_ms",
	    (json_int_t)blocked_now(ctx, m), "back", !is_back, "block",
	    json_text(s, "block"), "report", json_text(s, "report"),
	    "remarks", json_object_get(s, "remarks"));
}

bool
show_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_MOVE struct move	 m = MOVE_INIT;
	AUTO_JSON json_t	*newest = NULL;
	struct site		*site;
	int64_t			 documents = -1;
	struct err		 why = { 0 };

	if (!site_need(ctx, &site, e) || !move_newest(ctx, &newest, e))
		return false;
	if (newest == NULL) {
		*result = json_pack("{s:s}", "phase", "none");
		return *result != NULL || err_nomem(e);
	}
	if (!move_open(ctx, newest, &m, e))
		return false;
	if (json_flag(params, "count") && !back_count(&m, &documents, &why))
		documents = -1;
	*result = show_make(ctx, &m);
	if (*result == NULL || json_object_set_new(*result, "since",
	    json_integer((json_int_t)documents)) < 0)
		return err_nomem(e);
	return true;
}
