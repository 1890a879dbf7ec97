/*
 * mongo.upgrade: one plan for the whole chain, made of what is known now.
 * What may change on the way (who is primary) is left to the steps.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/secret.h"
#include "stconsole/str.h"

#include "plan_parts.h"
#include "text_steps.def"

/* ---- what is there */

static json_t *
topo_member(const json_t *m)
{
	bool arbiter = json_flag(m, "arbiter") ||
	    strcmp(json_text(m, "state"), "ARBITER") == 0;

	return json_pack("{s:O, s:b, s:b, s:f, s:I, s:I}",
	    "name", json_object_get(m, "name"), "arbiter", arbiter,
	    "hidden", json_flag(m, "hidden"), "priority", json_number_value(
	    json_object_get(m, "priority")), "delay_s", (json_int_t)json_int(
	    m, "delay_s", 0), "votes", (json_int_t)json_int(m, "votes", 1));
}

/* One election timeout: so long a member must stay what it is. */
static int64_t
settle_s(const json_t *set)
{
	int64_t ms = json_int(json_object_get(json_object_get(set, "config"),
	    "settings"), "electionTimeoutMillis", 10000);

	return ms < 1000 ? 1 : ms > 15000 ? 15 : (ms + 999) / 1000;
}

static bool
topo_make(struct upgrade *u, struct err *e)
{
	AUTO_JSON json_t *members = json_array();
	char		 digest[65];
	const json_t	*m;
	size_t		 i;

	if (!plan_secret_add(u->ctx, u->plan, u->url, digest, e))
		return false;
	json_array_foreach (json_object_get(u->set, "members"), i, m)
		json_array_append_new(members, topo_member(m));
	u->topo = json_pack("{s:s, s:b, s:I, s:O}", "url", digest, "is_set",
	    u->is_set, "settle_s", (json_int_t)settle_s(u->set), "members",
	    members);
	return u->topo != NULL || err_nomem(e);
}

/* ---- one hop */

static json_t *
hop_args(const struct upgrade *u, const struct upgrade_hop *h)
{
	return json_pack("{s:O, s:s, s:s}", "topo", u->topo, "from", h->from,
	    "to", h->to);
}

/* more, taken, is added to the args; the title is a printf. */
static bool __attribute__((format(printf, 6, 7)))
hop_step(struct upgrade *u, const struct upgrade_hop *h,
    const struct step_spec *spec, json_t *more, struct err *e,
    const char *fmt, ...)
{
	AUTO_JSON json_t	*args = hop_args(u, h);
	AUTO_JSON json_t	*rest = more;
	struct step_spec	 full = *spec;
	char			 title[200];
	va_list			 ap;

	va_start(ap, fmt);
	vsnprintf(title, sizeof(title), fmt, ap);
	va_end(ap);
	if (args == NULL || (rest != NULL &&
	    json_object_update(args, rest) != 0))
		return err_nomem(e);
	full.args = TAKE(args);
	return plan_step_add(u->plan, &full, e, "%s", title);
}

static bool
hop_raise(struct upgrade *u, const struct upgrade_hop *h, struct err *e)
{
	char	after[320];

	card_after(h->from, h->to, u->is_enterprise, after, sizeof(after));
	return hop_step(u, h, &(struct step_spec){ .action = "mongo.fcv",
	    .risk = RISK_DATA, .undo = after, .loses = h->from }, NULL, e,
	    T_HOP_FCV, h->to, h->from) &&
	    hop_step(u, h, &(struct step_spec){ .action = "mongo.fcv_check",
	    .risk = RISK_NONE }, NULL, e, T_HOP_FCV_CHECK, h->to);
}

static bool
hop_members(struct upgrade *u, const struct upgrade_hop *h, struct err *e)
{
	AUTO_JSON json_t	*members = json_array();
	AUTO_BUF struct buf	 shown = BUF_INIT;
	char			 before[320];
	json_t			*more;

	if (members == NULL)
		return err_nomem(e);
	if (!upgrade_ways(u, h, members, &shown, e))
		return false;
	if (json_array_size(members) == 0)
		return true;
	card_before(h->from, h->to, u->is_enterprise, before, sizeof(before));
	more = json_pack("{s:O, s:b, s:[s, s, s, s]}", "members", members,
	    "hold", u->holds_members, "kinds", "run", "call", "wait",
	    "manual");
	if (more == NULL)
		return err_nomem(e);
	return buf_ok(&shown, e) && hop_step(u, h, &(struct step_spec){
	    .action = "mongo.hop_members", .risk = RISK_SERVICE,
	    .undo = before, .diff = buf_str(&shown) }, more, e,
	    u->is_set ? T_HOP_MEMBERS : T_HOP_ALONE, h->to);
}

static bool
hop_hold(struct upgrade *u, const struct upgrade_hop *h, struct err *e)
{
	return !u->holds_hops || hop_step(u, h, &(struct step_spec){
	    .action = "mongo.hold", .risk = RISK_NONE }, NULL, e,
	    T_HOP_HOLD, h->to);
}

static bool
hop_burn(struct upgrade *u, const struct upgrade_hop *h, struct err *e)
{
	json_t *more;

	if (u->burn_in_s == 0)
		return true;
	more = json_pack("{s:I, s:I, s:i}", "seconds",
	    (json_int_t)u->burn_in_s, "timeout_s", (json_int_t)(u->burn_in_s
	    + 3600), "poll_ms", u->burn_in_s > 60 ? 5000 : 500);
	return more == NULL ? err_nomem(e) : hop_step(u, h,
	    &(struct step_spec){ .action = "mongo.burn_in",
	    .risk = RISK_NONE }, more, e, T_HOP_BURN, h->to, h->from);
}

static bool
hop_plan(struct upgrade *u, const struct upgrade_hop *h, struct err *e)
{
	return hop_step(u, h, &(struct step_spec){
	    .action = "mongo.hop_check", .risk = RISK_NONE },
	    json_pack("{s:O}", "wish", u->said), e,
	    T_HOP_CHECK, h->to) &&
	    hop_members(u, h, e) &&
	    hop_step(u, h, &(struct step_spec){
	    .action = "mongo.members_check", .risk = RISK_NONE }, NULL, e,
	    T_HOP_ROLLED, h->to, h->from) &&
	    hop_burn(u, h, e) &&
	    ((u->keeps_fcv && h->is_last) || (hop_hold(u, h, e) &&
	    hop_raise(u, h, e)));
}

/* ---- all */

static bool
chain_plan(struct upgrade *u, const char *from, struct err *e)
{
	struct upgrade_hop h = { .from = from };

	for (size_t i = 0; i < u->count; i++) {
		h.to = u->chain[i];
		h.is_last = i + 1 == u->count;
		if (!hop_plan(u, &h, e))
			return false;
		h.from = h.to;
	}
	return true;
}

static json_t *
chain_json(const struct upgrade *u)
{
	json_t *out = json_array();

	for (size_t i = 0; i < u->count; i++)
		json_array_append_new(out, json_string(u->chain[i]));
	return out;
}

static bool
mark_plan(struct upgrade *u, struct err *e)
{
	AUTO_JSON json_t *args = json_pack("{s:O, s:s}", "topo", u->topo,
	    "to", u->to);

	if (args == NULL)
		return err_nomem(e);
	return !u->is_set || plan_step_add(u->plan, &(struct step_spec){
	    .action = "mongo.upgrade_mark", .args = TAKE(args),
	    .risk = RISK_NONE },
	    e, T_PLAN_MARK);
}

static bool
backup_plan(struct upgrade *u, const json_t *params, struct err *e)
{
	const char	*dir = json_str(params, "backup");
	json_t		*args;

	if (dir == NULL)
		return true;
	if (*dir != '/')
		return err_set(e, ERR_USAGE, 0, T_PLAN_BACKUP_DIR, dir);
	args = json_pack("{s:s}", "dir", dir);
	return args == NULL ? err_nomem(e) : plan_step_add(u->plan,
	    &(struct step_spec){ .action = "mongo.upgrade_backup",
	    .args = args, .risk = RISK_NONE }, e, T_PLAN_BACKUP, dir);
}

static bool
report_plan(struct upgrade *u, const char *from, const json_t *params,
    struct err *e)
{
	AUTO_JSON json_t *card = upgrade_card(u, from);
	AUTO_JSON json_t *args = json_pack("{s:O, s:o, s:O}", "topo", u->topo,
	    "chain", chain_json(u), "card", card);
	const json_t	*reason = json_object_get(params, "without_backup"),
		*assumed = json_object_get(params, "assume_ok");

	if (args == NULL || (reason != NULL && json_object_set_new(args,
	    "without_backup", json_deep_copy(reason)) != 0) ||
	    (assumed != NULL && json_object_set_new(args, "assumed",
	    json_deep_copy(assumed)) != 0))
		return err_nomem(e);
	return plan_step_add(u->plan, &(struct step_spec){
	    .action = "mongo.upgrade_report", .args = TAKE(args),
	    .risk = RISK_NONE }, e, T_PLAN_REPORT);
}

/* Nothing to do when data and every binary are there already. */
static bool
is_there(const struct upgrade *u, const char *fcv)
{
	const json_t	*m;
	size_t		 i;

	if (mongo_version_compare(fcv, u->to) < 0 && !(u->keeps_fcv &&
	    u->count == 1))
		return false;
	json_array_foreach (json_object_get(u->set, "members"), i, m)
		if (strcmp(json_text(m, "major"), u->to) != 0)
			return false;
	return true;
}

static bool
plan_steps_add(struct upgrade *u, const json_t *params, struct err *e)
{
	struct err	 why = { 0 };
	char		 fcv[MONGO_MAJOR_SIZE];

	if (strcmp(json_text(u->set, "kind"), "sharded") == 0)
		return plan_block(u->plan, T_PLAN_SHARDED_HINT, e,
		    T_PLAN_SHARDED);
	if (!reach_fcv(u->set, fcv, &why))
		return plan_block(u->plan, T_FCV_HALF_HINT, e, "%s",
		    why.msg);
	if (strcmp(fcv, u->to) != 0 && !mongo_chain(fcv, u->to, u->chain,
	    &u->count, &why))
		return why.domain != ERR_REFUSED ? err_copy(e, &why) :
		    plan_block(u->plan, why.hint, e, "%s", why.msg);
	if (is_there(u, fcv))
		return plan_note_add(u->plan, e, T_PLAN_THERE, u->to);
	return topo_make(u, e) && upgrade_notes(u, fcv, params, e) &&
	    upgrade_gate(u, params, e) &&
	    plan_lock_add(u->plan, "mongo:topology", e) &&
	    mark_plan(u, e) && backup_plan(u, params, e) &&
	    chain_plan(u, fcv, e) &&
	    report_plan(u, fcv, params, e);
}

bool
upgrade_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const char	*hold = json_str(params, "hold");
	struct upgrade	 u = { .ctx = ctx, .plan = plan,
		.to = json_text(params, "to"),
		.wish = { .how = json_str(params, "how"),
		.binaries = json_str(params, "binaries"),
		.image = json_str(params, "image") },
		.burn_in_s = json_int(params, "burn_in", 0),
		.keeps_fcv = json_flag(params, "keep_fcv"),
		.holds_members = str_equal(hold, "members"),
		.holds_hops = hold != NULL && strcmp(hold, "never") != 0 };
	bool		 ok;

	u.said = upgrade_said(params);
	ok = (u.said != NULL || err_nomem(e)) &&
	    mongo_keeper_url(ctx, &u.url, e) &&
	    mongo_set_read(ctx, u.url, 0, &u.set, e);
	if (ok) {
		u.is_set = strcmp(json_text(u.set, "kind"),
		    "replica_set") == 0;
		ok = plan_steps_add(&u, params, e);
	}
	secret_free(u.url);
	json_decref(u.set);
	json_decref(u.topo);
	json_decref(u.told);
	json_decref(u.said);
	return ok;
}
