/*
 * The ways of the members, and what is said or forbidden before an upgrade.
 */
#include "plan_parts.h"

#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "check.h"
#include "text_steps.def"

static bool
note_once(struct upgrade *u, const char *text, struct err *e)
{
	const json_t	*have;
	size_t		 i;

	if (u->told == NULL && (u->told = json_array()) == NULL)
		return err_nomem(e);
	json_array_foreach (u->told, i, have)
		if (str_equal(json_string_value(have), text))
			return true;
	return json_array_append_new(u->told, json_string(text)) == 0 ?
	    plan_note_add(u->plan, e, "%s", text) : err_nomem(e);
}

/* ---- the ways */

static void
argv_show(struct buf *out, const char *sign, json_t *argv)
{
	const json_t	*word;
	size_t		 i;

	if (argv == NULL)
		return;
	buf_printf(out, "+   %s:", sign);
	json_array_foreach (argv, i, word)
		buf_printf(out, " %s", json_string_value(word));
	buf_putc(out, '\n');
	json_decref(argv);
}

static void
way_show(const struct how *how, const struct how_task *t, struct buf *out)
{
	buf_printf(out, "- %s: MongoDB %s\n+ %s: MongoDB %s (%s)\n",
	    t->member, t->from, t->member, t->to, how->name);
	if (how->is_by_hand) {
		buf_printf(out, "+   %s\n", json_text(t->args, "text"));
		return;
	}
	argv_show(out, T_SHOW_STOP, json_incref(json_object_get(t->args,
	    "stop")));
	if (how->show_swap != NULL)
		argv_show(out, T_SHOW_SWAP, how->show_swap(t));
	if (how->show_start != NULL)
		argv_show(out, T_SHOW_START, how->show_start(t));
}

static bool
way_notes(struct upgrade *u, const json_t *args, struct err *e)
{
	const json_t	*note;
	size_t		 i;

	json_array_foreach (json_object_get(args, "notes"), i, note)
		if (!note_once(u, json_string_value(note), e))
			return false;
	return true;
}

static bool
way_add(struct upgrade *u, const struct upgrade_hop *h, const json_t *m,
    json_t *members, struct buf *shown, struct err *e)
{
	AUTO_JSON json_t *args = NULL;
	struct err	 why = { 0 };
	struct how_task	 t = { .ctx = u->ctx, .member = json_text(m, "name"),
		.from = h->from, .to = h->to, .facts = m, .wish = &u->wish };
	const struct how *how = how_choose(&t, &args, &why);

	if (how == NULL)
		return why.domain != ERR_REFUSED ? err_copy(e, &why) :
		    plan_block(u->plan, why.hint, e, "%s", why.msg);
	t.args = args;
	way_show(how, &t, shown);
	return way_notes(u, args, e) && (json_array_append_new(members,
	    json_pack("{s:s, s:s, s:O}", "name", t.member, "how", how->name,
	    "args", args)) == 0 || err_nomem(e));
}

bool
upgrade_ways(struct upgrade *u, const struct upgrade_hop *h, json_t *members,
    struct buf *shown, struct err *e)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach (json_object_get(u->set, "members"), i, m) {
		/* Begun before: this one is there already. */
		if (mongo_version_compare(json_text(m, "major"), h->to) >= 0)
			continue;
		if (!way_add(u, h, m, members, shown, e))
			return false;
	}
	return true;
}

/* ---- what is said */

/* How many could be primary, and how many votes there are. */
static void
members_count(const struct upgrade *u, int *electable, int *votes, int *all)
{
	const json_t	*m;
	size_t		 i;

	*electable = *votes = *all = 0;
	json_array_foreach (json_object_get(u->topo, "members"), i, m) {
		*all += 1;
		*votes += json_int(m, "votes", 1) > 0;
		*electable += !json_flag(m, "arbiter") &&
		    json_int(m, "delay_s", 0) == 0 && json_number_value(
		    json_object_get(m, "priority")) > 0;
	}
}

static bool
shape_notes(struct upgrade *u, struct err *e)
{
	int	electable, votes, all;

	members_count(u, &electable, &votes, &all);
	if (!u->is_set)
		return note_once(u, T_NOTE_STANDALONE, e) &&
		    note_once(u, T_NOTE_CONVERT, e);
	if (all == 1)
		return note_once(u, T_NOTE_SINGLE, e);
	if (votes - 1 < votes / 2 + 1)
		return note_once(u, T_NOTE_MAJORITY, e);
	return true;
}

json_t *
upgrade_card(const struct upgrade *u, const char *from)
{
	json_t	*out = json_array();
	char	 before[320], after[320];

	for (size_t i = 0; i < u->count; from = u->chain[i++]) {
		card_before(from, u->chain[i], u->is_enterprise, before,
		    sizeof(before));
		card_after(from, u->chain[i], u->is_enterprise, after,
		    sizeof(after));
		json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s}",
		    "from", from, "to", u->chain[i], "before", before,
		    "after", after));
	}
	return out;
}

static bool
card_notes(struct upgrade *u, const char *from, struct err *e)
{
	AUTO_JSON json_t *card = upgrade_card(u, from);
	const json_t	*one;
	size_t		 i;

	json_array_foreach (card, i, one)
		if (!note_once(u, json_text(one, "before"), e) ||
		    !note_once(u, json_text(one, "after"), e))
			return false;
	return true;
}

bool
upgrade_notes(struct upgrade *u, const char *from, const json_t *params,
    struct err *e)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach (json_object_get(u->set, "members"), i, m)
		if (strcmp(json_text(m, "edition"), "enterprise") == 0)
			u->is_enterprise = true;
	for (i = 0; i < u->count; i++)
		if (mongo_version_compare(u->chain[i], "7.0") >= 0)
			if (!plan_note_add(u->plan, e, T_NOTE_SIMULATED,
			    u->chain[i]))
				return false;
	if (json_str(params, "without_backup") != NULL &&
	    !plan_note_add(u->plan, e, T_NOTE_NO_BACKUP, json_text(params,
	    "without_backup")))
		return false;
	return shape_notes(u, e) && card_notes(u, from, e);
}

/* ---- what forbids it */

json_t *
upgrade_said(const json_t *params)
{
	static const char *const names[] = { "how", "binaries", "image",
		"assume_ok", "backup", "without_backup", "hcl_statement" };
	json_t	*out = json_object();

	for (size_t i = 0; out != NULL && i < LENGTH(names); i++)
		if (json_object_get(params, names[i]) != NULL)
			json_object_set(out, names[i], json_object_get(params,
			    names[i]));
	return out;
}

/* A check that blocks blocks; what warns or is not known is said. */
static bool
check_tell(struct upgrade *u, const json_t *one, struct err *e)
{
	const char	*verdict = json_text(one, "verdict");
	const char	*member = json_text(one, "member");
	AUTO_FREE char	*text = NULL;

	if (strcmp(verdict, "ok") == 0)
		return true;
	text = str_format(T_GATE_CHECK, json_text(one, "id"), member,
	    *member != '\0' ? ": " : "", json_text(one, "fact"));
	if (text == NULL)
		return err_nomem(e);
	return strcmp(verdict, "block") == 0 ? plan_block(u->plan,
	    json_str(one, "fix"), e, "%s", text) : note_once(u, text, e);
}

static bool
checks_gate(struct upgrade *u, const json_t *params, struct err *e)
{
	const struct check_wish	 wish = { .to = u->to, .how = u->wish,
		.assume_ok = json_object_get(params, "assume_ok"),
		.backup = json_str(params, "backup"),
		.without_backup = json_str(params, "without_backup"),
		.hcl_statement = json_str(params, "hcl_statement") };
	AUTO_JSON json_t	*report = NULL;
	const json_t		*one;
	struct err		 why = { 0 };
	size_t			 i;

	if (!upgrade_check(u->ctx, u->url, u->set, &wish, &report, &why))
		return why.domain != ERR_REFUSED ? err_copy(e, &why) :
		    plan_block(u->plan, why.hint, e, "%s", why.msg);
	json_array_foreach (json_object_get(report, "checks"), i, one)
		if (!check_tell(u, one, e))
			return false;
	return true;
}

bool
upgrade_gate(struct upgrade *u, const json_t *params, struct err *e)
{
	int	electable, votes, all;

	members_count(u, &electable, &votes, &all);
	if (u->is_set && all > 1 && electable < 2 && !plan_block(u->plan,
	    T_GATE_HEIR_HINT, e, T_GATE_HEIR))
		return false;
	return checks_gate(u, params, e);
}
