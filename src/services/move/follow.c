/*
 * The delta: one change stream a database, from T0 or the last token kept.
 * Events only say which documents to fetch (apply.c) and which collections to
 * copy again.  Order: touched _ids on disk, then the documents, then the
 * tokens; a kill between them has the events come again.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"
#include "stconsole/msg.h"
#include "stconsole/progress.h"
#include "stconsole/str.h"

#include "move.h"
#include "text.def"

#define EVENTS_MAX	2000		/* of one stream before applying */
#define AWAIT_MS	20		/* five streams wait in turn */
#define RETRY_MAX	60		/* in a row, one a second */
#define RETRY_MS	1000

struct stream {
	const char		*db;		/* of the state */
	struct mongo_cursor	*cursor;
	json_t			*kept;		/* {"token"?,"time"} */
	uint64_t		 time;		/* all before it was seen */
	bool			 is_idle;	/* the last batch was empty */
	bool			 is_over;	/* invalidated: open again */
};

struct follow {
	struct move	*m;
	struct touched	*touched;
	struct stream	*streams;
	size_t		 count;
	json_t		*batch;		/* {"db\tname":{ID:true}} */
	json_t		*pending;	/* the same, not let in yet */
	bool		 expands;	/* showExpandedEvents */
};

/* --- opening ------------------------------------------------------------ */

/* The resume token stays as it is: it must be a member of every event. */
static char *
stream_command(const struct follow *f, const struct stream *s)
{
	AUTO_JSON json_t *token = json_loads(json_text(s->kept, "token"), 0,
	    NULL);
	AUTO_JSON json_t *stage = json_object();
	AUTO_JSON json_t *command = NULL;

	if (token != NULL)
		json_object_set(stage, "startAfter", token);
	else
		json_object_set_new(stage, "startAtOperationTime",
		    move_time_json((uint64_t)json_int(s->kept, "time", 0)));
	if (f->expands)
		json_object_set_new(stage, "showExpandedEvents", json_true());
	command = json_pack("{s:i, s:[{s:O}, {s:{s:i, s:i, s:i, s:i, s:i}}],"
	    " s:{}}", "aggregate", 1, "pipeline", "$changeStream", stage,
	    "$project", "operationType", 1, "ns", 1, "to", 1, "documentKey",
	    1, "clusterTime", 1, "cursor");
	return command == NULL ? NULL : move_text(command);
}

static bool
stream_open(struct follow *f, struct stream *s, struct err *e)
{
	AUTO_FREE char	*text = stream_command(f, s);

	mongo_cursor_free(s->cursor);
	s->cursor = NULL;
	s->is_over = s->is_idle = false;
	if (text == NULL)
		return err_nomem(e);
	return mongo_cursor_open(f->m->source, &(struct mongo_cursor_spec){
	    .db = s->db, .command = text, .await_ms = AWAIT_MS,
	    .role = "read" }, &s->cursor, e);
}

static void
follow_fini(struct follow *f)
{
	size_t	 i;

	for (i = 0; i < f->count; i++)
		mongo_cursor_free(f->streams[i].cursor);
	free(f->streams);
	json_decref(f->batch);
	json_decref(f->pending);
}

static bool
follow_init(struct follow *f, struct err *e)
{
	const json_t	*dbs = json_object_get(f->m->state, "dbs"), *db;
	json_t		*streams = json_object_get(f->m->state, "streams");
	size_t		 i;

	f->batch = json_object();
	f->pending = json_object();
	f->streams = calloc(json_array_size(dbs), sizeof(*f->streams));
	if (f->batch == NULL || f->pending == NULL || f->streams == NULL)
		return err_nomem(e);
	f->expands = mongo_version_compare(json_text(json_object_get(
	    f->m->state, "source"), "version"), "6.0") >= 0;
	json_array_foreach (dbs, i, db) {
		f->streams[i].db = json_string_value(db);
		f->streams[i].kept = json_object_get(streams,
		    json_string_value(db));
		f->count++;
	}
	return true;
}

/* --- events ------------------------------------------------------------- */

/* 286, 136, 280: what was to come next is no longer in the oplog. */
static bool
is_lost(const struct err *e)
{
	return e->domain == ERR_MONGO && (e->code == 286 || e->code == 136 ||
	    e->code == 280);
}

/* The database is copied once more, and followed from now on. */
static bool
stream_restart(struct follow *f, struct stream *s, struct err *e)
{
	json_t		*item;
	uint64_t	 now;
	size_t		 i;

	if (!move_now(f->m->source, &now, e))
		return false;
	json_array_foreach (json_object_get(f->m->state, "items"), i, item)
		if (str_equal(json_str(item, "db"), s->db) &&
		    !move_item_again(f->m, s->db, json_text(item, "name"),
		    "oplog", e))
			return false;
	json_object_del(s->kept, "token");
	if (json_object_set_new(s->kept, "time", json_integer((json_int_t)
	    now)) < 0)
		return err_nomem(e);
	return move_remark(f->m, e, T_OPLOG_LOST, s->db) &&
	    stream_open(f, s, e);
}

static bool
event_document(struct follow *f, const struct stream *s,
    const json_t *event, const char *name, struct err *e)
{
	const json_t	*item = move_item(f->m, s->db, name);
	AUTO_FREE char	*place = apply_place(s->db, name);
	AUTO_FREE char	*id = move_text(json_object_get(json_object_get(event,
	    "documentKey"), "_id"));
	json_t		*set;

	if (place == NULL || id == NULL)
		return err_nomem(e);
	if (str_starts(name, "system."))
		return true;
	/* Created since: it has options and indexes to be asked for. */
	if (item == NULL)
		return move_item_again(f->m, s->db, name, "created", e);
	if (json_str(item, "again") != NULL || !move_item_follows(item))
		return true;
	set = json_object_get(f->batch, place);
	if (set == NULL) {
		set = json_object();
		if (json_object_set_new(f->batch, place, set) < 0)
			return err_nomem(e);
	}
	return json_object_set_new(set, id, json_true()) == 0 ||
	    err_nomem(e);
}

static bool
event_rename(struct follow *f, const json_t *event, struct err *e)
{
	const json_t	*to = json_object_get(event, "to");
	const json_t	*ns = json_object_get(event, "ns");

	return move_item_again(f->m, json_text(ns, "db"),
	    json_text(ns, "coll"), "renamed", e) && (to == NULL ||
	    move_item_again(f->m, json_text(to, "db"), json_text(to, "coll"),
	    "renamed", e));
}

/* Index changes and collMod are found out by move_items_reconcile. */
static bool
event_take(struct follow *f, struct stream *s, const json_t *event,
    struct err *e)
{
	static const char *const documents[] = { "insert", "update",
		"replace", "delete" };
	const char	*type = json_text(event, "operationType");
	const char	*name = json_text(json_object_get(event, "ns"),
	    "coll");
	size_t		 i;

	if (str_equal(name, MOVE_MARKER))
		return true;
	for (i = 0; i < LENGTH(documents); i++)
		if (str_equal(type, documents[i]))
			return event_document(f, s, event, name, e);
	if (str_equal(type, "drop"))
		return move_item_again(f->m, s->db, name, "dropped", e);
	if (str_equal(type, "create") && move_item(f->m, s->db, name) == NULL)
		return move_item_again(f->m, s->db, name, "created", e);
	if (str_equal(type, "rename"))
		return event_rename(f, event, e);
	if (str_equal(type, "invalidate"))
		s->is_over = true;
	return true;
}

static bool
token_keep(struct stream *s, struct mongo_bytes token, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	uint64_t		 at;

	if (token.data == NULL)
		return true;
	if (!mongo_bytes_text(token, &text, e))
		return false;
	at = move_token_time(buf_str(&text));
	if (at != 0)
		s->time = at;
	return json_object_set_new(s->kept, "token", json_string(
	    buf_str(&text))) == 0 || err_nomem(e);
}

/* The token of an invalidating event is the only way past it. */
static bool
event_token_keep(struct stream *s, const json_t *event, struct err *e)
{
	AUTO_FREE char *text = move_text(json_object_get(event, "_id"));

	if (text == NULL || json_object_set_new(s->kept, "token",
	    json_string(text)) < 0)
		return err_nomem(e);
	return true;
}

static bool
stream_read(struct follow *f, struct stream *s, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct mongo_bytes	 doc;
	size_t			 n;

	for (n = 0; n < EVENTS_MAX && !s->is_over; n++) {
		AUTO_JSON json_t *event = NULL;

		if (!mongo_cursor_next(s->cursor, &doc, e))
			return false;
		if (doc.data == NULL)
			break;
		buf_reset(&text);
		if (!mongo_bytes_text(doc, &text, e) ||
		    (event = move_parse(buf_str(&text), e)) == NULL ||
		    !event_take(f, s, event, e) ||
		    !event_token_keep(s, event, e))
			return false;
		s->time = move_time(json_object_get(event, "clusterTime"));
		json_object_set_new(f->m->state, "last_event_s",
		    json_integer((json_int_t)(s->time >> 32)));
	}
	s->is_idle = n < EVENTS_MAX && !s->is_over;
	/* Only behind a whole batch does it speak for all before it. */
	return !s->is_idle || token_keep(s, mongo_cursor_token(s->cursor), e);
}

static bool
stream_round(struct follow *f, struct stream *s, struct err *e)
{
	struct err why = { 0 };

	if (((s->cursor != NULL && !s->is_over) || stream_open(f, s, &why)) &&
	    stream_read(f, s, &why))
		return true;
	return is_lost(&why) ? stream_restart(f, s, e) : err_copy(e, &why);
}

/* --- applying ----------------------------------------------------------- */

struct applying {
	struct follow	*f;
	const char	*db, *name;
	json_t		*pending;
};

static bool
chunk_apply(void *arg, const json_t *chunk, struct err *e)
{
	struct applying *a = arg;

	return cancel_check(a->f->m->ctx->cancel, e) &&
	    apply_ids(a->f->m, a->db, a->name, chunk, a->pending, e);
}

static bool
place_apply(struct follow *f, const char *place, const json_t *ids,
    json_t *left, struct err *e)
{
	AUTO_FREE char	*db = strdup(place);
	AUTO_JSON json_t *pending = json_object();
	char		*tab = db == NULL ? NULL : strchr(db, '\t');
	struct applying	 a = { f, db, tab != NULL ? tab + 1 : "", pending };
	const json_t	*item;

	if (tab == NULL || pending == NULL)
		return err_nomem(e);
	*tab = '\0';
	item = move_item(f->m, a.db, a.name);
	/* What is copied anew is read later than this. */
	if (item == NULL || json_str(item, "again") != NULL)
		return true;
	if (!apply_chunks(ids, chunk_apply, &a, e))
		return err_context(e, "%s.%s", a.db, a.name);
	return json_object_size(pending) == 0 ||
	    json_object_set(left, place, pending) == 0 || err_nomem(e);
}

/* What waited for a unique value to be free goes with this batch. */
static bool
batch_apply(struct follow *f, struct err *e)
{
	AUTO_JSON json_t *left = json_object();
	const char	*place;
	json_t		*ids, *have;

	json_object_foreach (f->pending, place, ids) {
		have = json_object_get(f->batch, place);
		if ((have != NULL ? json_object_update(have, ids) :
		    json_object_set(f->batch, place, ids)) < 0)
			return err_nomem(e);
	}
	if (left == NULL || !touched_add(f->touched, f->batch, e))
		return left == NULL ? err_nomem(e) : false;
	json_object_foreach (f->batch, place, ids)
		if (!place_apply(f, place, ids, left, e))
			return false;
	json_object_clear(f->batch);
	json_decref(f->pending);
	f->pending = TAKE(left);
	return true;
}

/* --- how far ------------------------------------------------------------ */

static bool
follow_is_there(const struct follow *f, uint64_t until)
{
	size_t	 i;

	if (json_object_size(f->pending) > 0)
		return false;
	for (i = 0; i < f->count; i++)
		if (f->streams[i].is_over || f->streams[i].time < until)
			return false;
	return true;
}

static uint64_t
follow_time(const struct follow *f)
{
	uint64_t at = f->streams[0].time;
	size_t	 i;

	for (i = 1; i < f->count; i++)
		if (f->streams[i].time < at)
			at = f->streams[i].time;
	return at;
}

static bool
follow_tell(struct follow *f, int64_t *lag_ms, struct err *e)
{
	struct progress	*p = f->m->ctx->progress;
	uint64_t	 now, at = follow_time(f);
	int64_t		 lag_s;

	if (!move_now(f->m->source, &now, e))
		return false;
	lag_s = at == 0 || now < at ? 0 : (int64_t)((now >> 32) -
	    (at >> 32));
	*lag_ms = at == 0 ? INT64_MAX : lag_s * 1000;
	if (p != NULL)
		p->now.phase = "lag";
	progress_amount(f->m->ctx, lag_s, 0, "s");
	return move_set(f->m, "lag_ms", json_integer(lag_s * 1000), e) &&
	    move_set(f->m, "touched", json_integer((json_int_t)touched_count(
	    f->touched->ids)), e);
}

/*
 * Collections that are marked are copied when the events before have been
 * applied and the mark is on disk; what happens to them meanwhile comes next.
 */
static bool
follow_round(struct follow *f, struct err *e)
{
	size_t	 i;

	for (i = 0; i < f->count; i++)
		if (!stream_round(f, &f->streams[i], e))
			return err_context(e, "%s", f->streams[i].db);
	if (!batch_apply(f, e))
		return false;
	/* A token beyond a document that is not in yet would lose it. */
	if (json_object_size(f->pending) == 0 && !move_save_soon(f->m, e))
		return false;
	return move_items_again(f->m, e);
}

/*
 * A step-down, a restart: the streams go on from their tokens.  What was read
 * and not applied is still in the batch.
 */
static bool
follow_again(struct follow *f, const struct err *why, int *tries,
    struct err *e)
{
	size_t	 i;

	if (!why->retryable || ++*tries > RETRY_MAX)
		return err_copy(e, why);
	for (i = 0; i < f->count; i++)
		f->streams[i].is_over = true;
	cancel_wait(f->m->ctx->cancel, RETRY_MS);
	return cancel_check(f->m->ctx->cancel, e);
}

static bool
follow_loop(struct follow *f, uint64_t until, struct err *e)
{
	struct err	 why;
	int64_t		 lag_ms;
	int		 tries = 0;

	for (;;) {
		err_clear(&why);
		if (!cancel_check(f->m->ctx->cancel, e))
			return false;
		if (!follow_round(f, &why) || !follow_tell(f, &lag_ms,
		    &why)) {
			if (!follow_again(f, &why, &tries, e))
				return false;
			continue;
		}
		tries = 0;
		if (until != 0 ? follow_is_there(f, until) :
		    lag_ms < MOVE_LAG_MS && follow_is_there(f, 1))
			return move_save(f->m, e);
	}
}

bool
follow_run(struct move *m, struct touched *t, uint64_t until, struct err *e)
{
	struct follow	 f = { .m = m, .touched = t };
	bool		 ok;

	ok = move_source(m, e) && move_target(m, e) && follow_init(&f, e) &&
	    follow_loop(&f, until, e);
	follow_fini(&f);
	return ok;
}
