/*
 * The way back: the source takes writes again, the old URLs stand where they
 * stood.  What was written on the new side since does not come along, and is
 * counted before.  A move that was not finished is given up in the same way.
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/prepare.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

#define AWAIT_MS	20
#define COUNT_MS	20000

/* --- counting ----------------------------------------------------------- */

static bool
count_event(struct mongo_bytes doc, json_t *ids, struct err *e)
{
	static const char *const written[] = { "insert", "update",
		"replace" };
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_JSON json_t	*event = NULL;
	AUTO_FREE char		*id = NULL;
	size_t			 i;

	if (!mongo_bytes_text(doc, &text, e) ||
	    (event = move_parse(buf_str(&text), e)) == NULL)
		return false;
	id = str_format("%s\t", json_text(json_object_get(event, "ns"),
	    "coll"));
	for (i = 0; id != NULL && i < LENGTH(written); i++) {
		AUTO_FREE char *key = move_text(json_object_get(event,
		    "documentKey"));
		AUTO_FREE char *whole = key == NULL ? NULL :
		    str_format("%s%s", id, key);

		if (str_equal(json_str(event, "operationType"), written[i])
		    && (whole == NULL || json_object_set_new(ids, whole,
		    json_true()) < 0))
			return err_nomem(e);
	}
	return id != NULL || err_nomem(e);
}

static bool
count_to(struct move *m, struct mongo_cursor *c, uint64_t until,
    json_t *ids, struct err *e)
{
	int64_t			 end = clock_mono_ms(m->ctx->clock) +
	    COUNT_MS;
	struct mongo_bytes	 doc, token;

	while (clock_mono_ms(m->ctx->clock) < end) {
		AUTO_BUF struct buf text = BUF_INIT;

		if (!mongo_cursor_next(c, &doc, e))
			return false;
		if (doc.data != NULL) {
			if (!count_event(doc, ids, e))
				return false;
			continue;
		}
		token = mongo_cursor_token(c);
		if (token.data == NULL)
			continue;
		if (!mongo_bytes_text(token, &text, e))
			return false;
		if (move_token_time(buf_str(&text)) >= until)
			return true;
	}
	return err_set(e, ERR_MONGO, 0, T_COUNT_LONG, COUNT_MS / 1000);
}

static bool
count_db(struct move *m, const char *db, uint64_t until, int64_t *documents,
    struct err *e)
{
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	AUTO_JSON json_t *ids = json_object();
	AUTO_JSON json_t *command = json_pack("{s:i, s:[{s:{s:o}},"
	    " {s:{s:i, s:i, s:i}}], s:{}}", "aggregate", 1, "pipeline",
	    "$changeStream", "startAtOperationTime", move_time_json((uint64_t)
	    json_int(m->state, "switch_at", 0)), "$project",
	    "operationType", 1, "ns", 1, "documentKey", 1, "cursor");
	AUTO_FREE char	*text = command == NULL ? NULL : move_text(command);

	if (ids == NULL || text == NULL)
		return err_nomem(e);
	if (!mongo_cursor_open(m->target, &(struct mongo_cursor_spec){
	    .db = db, .command = text, .await_ms = AWAIT_MS,
	    .role = "read" }, &c, e) || !count_to(m, c, until, ids, e))
		return false;
	*documents += (int64_t)json_object_size(ids);
	return true;
}

bool
back_count(struct move *m, int64_t *documents, struct err *e)
{
	const json_t	*db;
	uint64_t	 now;
	size_t		 i;

	*documents = 0;
	if (json_int(m->state, "switch_at", 0) == 0)
		return true;
	if (!move_target(m, e) || !move_now(m->target, &now, e))
		return false;
	json_array_foreach (json_object_get(m->state, "dbs"), i, db)
		if (!count_db(m, json_string_value(db), now, documents, e))
			return false;
	return true;
}

/* --- steps -------------------------------------------------------------- */

bool
move_unblock_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return step_probe_mark(ctx, args, "unblock", found, seen, e);
}

bool
move_unblock_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	if (!move_open(ctx, args, &m, e))
		return false;
	if (json_object_get(m.state, "block_begin_ms") != NULL &&
	    !block_set(&m, false, e))
		return false;
	return move_done(&m, "unblock", e);
}

bool
move_return_expand(struct ctx *ctx, const json_t *args, struct plan *sub,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	return move_open(ctx, args, &m, e) &&
	    prepare_plan_urls(ctx, sub, m.from, e);
}

bool
move_abandon_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	(void)seen;
	if (!move_peek(ctx, json_text(args, "key"), &m, e))
		return false;
	*found = str_equal(json_str(m.state, "phase"), "back") ? PROBE_DONE :
	    PROBE_TODO;
	return true;
}

/* A target that does not answer any more keeps its marker: no harm. */
bool
move_abandon_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move	m = MOVE_INIT;
	struct err		why = { 0 };

	(void)memo;
	if (!move_open(ctx, args, &m, e))
		return false;
	if ((!move_target(&m, &why) || !marker_remove(&m, &why)) &&
	    !move_remark(&m, e, T_MARKER_STAYS, why.msg))
		return false;
	return move_phase(&m, "back", e);
}

/* --- the plan ----------------------------------------------------------- */

static bool
loss_tell(struct move *m, struct plan *plan, char *loses, size_t size,
    struct err *e)
{
	const char	*hosts = json_text(json_object_get(m->state,
	    "target"), "hosts");
	struct err	 why = { 0 };
	int64_t		 documents = 0;

	loses[0] = '\0';
	if (json_int(m->state, "switch_at", 0) == 0)
		return plan_note_add(plan, e, T_BACK_UNFINISHED);
	if (!back_count(m, &documents, &why)) {
		snprintf(loses, size, "%s", hosts);
		return plan_note_add(plan, e, T_BACK_UNKNOWN, hosts,
		    why.msg);
	}
	if (documents > 0)
		snprintf(loses, size, "%s", hosts);
	return plan_note_add(plan, e, T_BACK_COUNT, (long long)documents,
	    hosts);
}

static bool
back_step(struct plan *plan, const char *action, const char *key,
    const char *title, const char *loses, struct err *e)
{
	bool	is_expand = strcmp(action, "move.return") == 0 ||
	    strcmp(action, "move.start") == 0;
	json_t	*args = is_expand ? json_pack("{s:s, s:[s, s, s, s, s]}",
	    "key", key, "kinds", "write", "run", "verify", "call", "wait") :
	    json_pack("{s:s}", "key", key);

	return plan_step_add(plan, &(struct step_spec){ .action = action,
	    .args = args, .risk = loses != NULL && loses[0] != '\0' ?
	    RISK_DATA : RISK_SERVICE, .loses = loses != NULL &&
	    loses[0] != '\0' ? loses : NULL }, e, "%s", title);
}

static bool
back_steps(struct move *m, struct plan *plan, const char *loses,
    struct err *e)
{
	const char	*key = json_text(m->state, "key");
	bool		 stands = json_object_get(m->state, "stopped") != NULL
	    && json_object_get(m->state, "start_begin_ms") == NULL;

	return back_step(plan, "move.unblock", key, T_STEP_UNBLOCK, NULL, e)
	    && back_step(plan, "move.return", key, T_STEP_RETURN, loses, e)
	    && (!stands || back_step(plan, "move.start", key, T_STEP_START,
	    NULL, e)) &&
	    back_step(plan, "move.abandon", key, T_STEP_ABANDON, NULL, e) &&
	    plan_lock_add(plan, "mongo:data", e);
}

bool
back_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_MOVE struct move	 m = MOVE_INIT;
	AUTO_JSON json_t	*newest = NULL;
	char			 loses[256], digest[65];

	(void)params;
	if (!move_newest(ctx, &newest, e))
		return false;
	if (newest == NULL || str_equal(json_str(newest, "phase"), "back")) {
		err_set(e, ERR_REFUSED, 0, T_BACK_NONE);
		return err_hint(e, T_BACK_NONE_HINT);
	}
	/* The blobs of the URLs are this plan's too, so that they stay. */
	return move_open(ctx, newest, &m, e) &&
	    plan_secret_add(ctx, plan, m.from, digest, e) &&
	    plan_secret_add(ctx, plan, m.to, digest, e) &&
	    loss_tell(&m, plan, loses, sizeof(loses), e) &&
	    back_steps(&m, plan, loses, e);
}
