/*
 * The plan of a move.  What the steps need to know is in the args of the
 * first, from which the state is made (steps.c); the others name its key.
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

#define KEY_SIZE	17

struct drawing {
	struct move_check	 c;
	char			 key[KEY_SIZE];
	char			 from[65], to[65], keeper[65];
};

/* A move that was begun and not ended holds its target and its source. */
static bool
earlier_check(struct drawing *d, struct err *e)
{
	AUTO_JSON json_t *newest = NULL;
	const char	*phase;

	if (!move_newest(d->c.ctx, &newest, e))
		return false;
	phase = json_text(newest, "phase");
	if (newest == NULL || str_equal(phase, "done") ||
	    str_equal(phase, "back"))
		return true;
	return plan_block(d->c.plan, T_UNFINISHED_HINT, e, T_UNFINISHED,
	    json_text(json_object_get(newest, "target"), "hosts"), phase,
	    json_text(newest, "job"));
}

static bool
drops_check(struct drawing *d, struct err *e)
{
	const json_t	*name;
	size_t		 i;

	json_array_foreach (json_object_get(d->c.params, "drop"), i, name)
		if (!move_list_has(d->c.dbs, json_string_value(name)))
			return err_set(e, ERR_USAGE, 0, T_DROP_OTHER,
			    json_string_value(name));
	return true;
}

static bool
secrets_stage(struct drawing *d, struct err *e)
{
	struct move_check *c = &d->c;

	if (!plan_secret_add(c->ctx, c->plan, c->from, d->from, e) ||
	    !plan_secret_add(c->ctx, c->plan, c->to, d->to, e) ||
	    (c->keeper != NULL && !plan_secret_add(c->ctx, c->plan,
	    c->keeper, d->keeper, e)))
		return false;
	snprintf(d->key, sizeof(d->key), "%.16s", d->to);
	return true;
}

static json_t *
begin_args(const struct drawing *d)
{
	const struct move_check	*c = &d->c;
	const json_t		*drop = json_object_get(c->params, "drop");
	const char		*cutover = json_text(c->params, "cutover");

	return json_pack("{s:s, s:s, s:s, s:s?, s:O, s:o, s:s, s:O?, s:s,"
	    " s:I, s:{s:s, s:s}, s:{s:s, s:s}}", "key", d->key, "from",
	    d->from, "to", d->to, "keeper", c->keeper != NULL ? d->keeper :
	    NULL, "dbs", c->dbs, "drop", drop != NULL ?
	    json_deep_copy(drop) : json_array(), "block", c->block,
	    "command", c->command, "cutover", cutover[0] != '\0' ? cutover :
	    "ask", "workers", (json_int_t)json_int(c->params, "workers", 2),
	    "source", "hosts", mongo_hosts(c->source), "version",
	    c->source_version, "target", "hosts", mongo_hosts(c->target),
	    "version", c->target_version);
}

/* --- steps -------------------------------------------------------------- */

static bool
key_step(struct drawing *d, const char *action, enum risk risk,
    const char *undo, const char *title, struct err *e)
{
	return plan_step_add(d->c.plan, &(struct step_spec){
	    .action = action, .risk = risk, .undo = undo,
	    .args = json_pack("{s:s}", "key", d->key) }, e, "%s", title);
}

static bool
expand_step(struct drawing *d, const char *action, const char *title,
    struct err *e)
{
	return plan_step_add(d->c.plan, &(struct step_spec){
	    .action = action, .risk = RISK_SERVICE,
	    .undo = T_UNDO_BACK, .args = json_pack(
	    "{s:s, s:[s, s, s, s, s]}", "key", d->key, "kinds", "write",
	    "run", "verify", "call", "wait") }, e, "%s", title);
}

static bool
follow_step(struct drawing *d, const char *round, const char *title,
    struct err *e)
{
	return plan_step_add(d->c.plan, &(struct step_spec){
	    .action = "move.follow", .risk = RISK_LOW, .args = json_pack(
	    "{s:s, s:s}", "key", d->key, "round", round) }, e, "%s", title);
}

static bool
drop_steps(struct drawing *d, struct err *e)
{
	const json_t	*name;
	size_t		 i;

	json_array_foreach (json_object_get(d->c.params, "drop"), i, name) {
		AUTO_FREE char *loses = str_format("%s on %s",
		    json_string_value(name), mongo_hosts(d->c.target));

		if (loses == NULL)
			return err_nomem(e);
		if (!plan_step_add(d->c.plan, &(struct step_spec){
		    .action = "move.drop", .risk = RISK_DATA,
		    .loses = loses, .args = json_pack("{s:s, s:O}", "key",
		    d->key, "db", name) }, e, T_STEP_DROP,
		    json_string_value(name), mongo_hosts(d->c.target)))
			return false;
	}
	return true;
}

static bool
copy_steps(struct drawing *d, struct err *e)
{
	return plan_step_add(d->c.plan, &(struct step_spec){
	    .action = "move.begin", .risk = RISK_LOW,
	    .args = begin_args(d) }, e, T_STEP_BEGIN) &&
	    drop_steps(d, e) &&
	    key_step(d, "move.create", RISK_LOW, NULL, T_STEP_CREATE, e) &&
	    key_step(d, "move.copy", RISK_LOW, NULL, T_STEP_COPY, e) &&
	    key_step(d, "move.compare", RISK_NONE, NULL, T_STEP_COMPARE, e)
	    && key_step(d, "move.index", RISK_LOW, NULL, T_STEP_INDEX, e) &&
	    key_step(d, "move.users", RISK_ACCESS, NULL, T_STEP_USERS, e) &&
	    follow_step(d, "before", T_STEP_FOLLOW, e);
}

static bool
cutover_steps(struct drawing *d, struct err *e)
{
	bool	asks = !str_equal(json_str(d->c.params, "cutover"), "auto");
	bool	is_site = strcmp(d->c.block, "site") == 0;

	if (asks && (!key_step(d, "move.hold", RISK_NONE, NULL, T_STEP_HOLD,
	    e) || !follow_step(d, "cutover", T_STEP_FOLLOW, e)))
		return false;
	return (is_site ? expand_step(d, "move.stop", T_STEP_STOP, e) :
	    key_step(d, "move.block", RISK_SERVICE, T_UNDO_UNBLOCK,
	    strcmp(d->c.block, "command") == 0 ? T_STEP_COMMAND :
	    T_STEP_BLOCK, e)) &&
	    key_step(d, "move.drain", RISK_LOW, NULL, T_STEP_DRAIN, e) &&
	    key_step(d, "move.verify", RISK_LOW, NULL, T_STEP_VERIFY, e) &&
	    expand_step(d, "move.switch", T_STEP_SWITCH, e) &&
	    (!is_site || expand_step(d, "move.start", T_STEP_START, e)) &&
	    key_step(d, "move.finish", RISK_NONE, NULL, T_STEP_FINISH, e) &&
	    plan_lock_add(d->c.plan, "mongo:data", e) &&
	    plan_note_add(d->c.plan, e, T_NOTE_BACK);
}

bool
move_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	struct drawing	 d = { .c = { .ctx = ctx, .plan = plan,
		.params = params, .to = ctx_secret(ctx, "to_url_file") } };
	bool		 ok;

	if (json_flag(params, "back"))
		return back_plan(ctx, params, plan, e);
	if (d.c.to == NULL) {
		err_set(e, ERR_USAGE, 0, T_NO_TARGET);
		return err_hint(e, T_NO_TARGET_HINT);
	}
	ok = check_run(&d.c, e) && earlier_check(&d, e) &&
	    drops_check(&d, e) && secrets_stage(&d, e) && copy_steps(&d, e) &&
	    cutover_steps(&d, e);
	check_fini(&d.c);
	return ok;
}
