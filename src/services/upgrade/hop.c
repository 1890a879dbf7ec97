/*
 * One hop: the look before it, and its members one after the other.  Which of
 * them is primary is found out when the hop begins, so that the order fits
 * the set as it is then; an election afterwards is met by the steps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "check.h"
#include "steps.h"
#include "text_steps.def"

#define BACK_S	900	/* a member may have much to catch up with */

/* ---- the look before */

/* A member may run the new version already: a hop that was begun. */
static bool
majors_check(const json_t *set, const char *from, const char *to,
    struct err *e)
{
	const json_t	*m;
	const char	*major;
	size_t		 i;

	json_array_foreach (json_object_get(set, "members"), i, m) {
		major = json_text(m, "major");
		if (strcmp(major, from) != 0 && strcmp(major, to) != 0)
			return err_set(e, ERR_REFUSED, 0, T_HOP_MAJOR,
			    json_text(m, "name"), json_text(m, "version"),
			    from, to);
	}
	return true;
}

/* What may have changed since the plan was made (check.h). */
static bool
checks_pass(const struct reach *r, const json_t *args, struct err *why)
{
	const json_t		*w = json_object_get(args, "wish");
	const struct check_wish	 wish = { .to = json_text(args, "to"),
		.how = { json_str(w, "how"), json_str(w, "binaries"),
		json_str(w, "image") },
		.assume_ok = json_object_get(w, "assume_ok"),
		.backup = json_str(w, "backup"),
		.without_backup = json_str(w, "without_backup"),
		.hcl_statement = json_str(w, "hcl_statement"),
		.is_resumed = true };
	AUTO_JSON json_t	*set = reach_read(r, 0, why), *report = NULL;

	return set != NULL && check_hop_now(r->ctx, r->url, set, &wish,
	    json_text(args, "from"), wish.to, &report, why) &&
	    check_report_passes(report, why);
}

bool
step_hop_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL;
	const char		*from = json_text(args, "from"), *who = "";
	char			 fcv[MONGO_MAJOR_SIZE];
	struct err		 why;

	(void)memo;
	*found = PROBE_TODO;
	if (!reach_init(&r, ctx, args, e))
		return false;
	if ((set = reach_set(&r, &why)) == NULL)
		return wait_goes_on(&why, seen, e);
	if (!reach_others_ready(set, NULL, &who)) {
		err_set(&why, ERR_REFUSED, 0, T_REACH_OTHER, who);
		return wait_goes_on(&why, seen, e);
	}
	if (reach_primary(set) == NULL) {
		err_set(&why, ERR_REFUSED, 0, T_REACH_NO_PRIMARY);
		return wait_goes_on(&why, seen, e);
	}
	if (!reach_fcv(set, fcv, &why))
		return wait_goes_on(&why, seen, e);
	if (strcmp(fcv, from) != 0)
		return err_set(e, ERR_CHANGED, 0, T_FCV_OTHER, fcv, from);
	if (!majors_check(set, from, json_text(args, "to"), e))
		return false;
	if (!checks_pass(&r, args, &why))
		return wait_goes_on(&why, seen, e);
	*found = PROBE_DONE;
	return true;
}

/* ---- the order */

/* Smaller is sooner: hidden, never primary, by priority; then delayed ones,
 * then arbiters, and last who is primary. */
static double
member_rank(const struct reach *r, const char *name, const char *primary)
{
	const json_t	*m = reach_member(r, name);
	double		 priority = json_number_value(json_object_get(m,
	    "priority"));

	if (str_equal(name, primary))
		return 1e9;
	if (json_flag(m, "arbiter"))
		return 1e8;
	if (json_int(m, "delay_s", 0) > 0)
		return 1e7;
	return json_flag(m, "hidden") ? -1 : priority;
}

/* New array of references to args.members in the order of work. */
static json_t *
members_ordered(const struct reach *r, const json_t *args,
    const char *primary)
{
	json_t	*left = json_copy(json_object_get(args, "members"));
	json_t	*out = json_array();
	size_t	 i, best;

	while (json_array_size(left) > 0) {
		best = 0;
		for (i = 1; i < json_array_size(left); i++)
			if (member_rank(r, json_text(json_array_get(left, i),
			    "name"), primary) < member_rank(r, json_text(
			    json_array_get(left, best), "name"), primary))
				best = i;
		json_array_append(out, json_array_get(left, best));
		json_array_remove(left, best);
	}
	json_decref(left);
	return out;
}

/* ---- its steps */

struct hop {
	struct ctx	*ctx;
	const json_t	*args;		/* of the hop */
	struct plan	*sub;
	struct reach	 reach;
};

static json_t *
member_args(const struct hop *h, const json_t *m)
{
	return json_pack("{s:O, s:O, s:O, s:O, s:O, s:O}",
	    "topo", json_object_get(h->args, "topo"),
	    "from", json_object_get(h->args, "from"),
	    "to", json_object_get(h->args, "to"),
	    "member", json_object_get(m, "name"),
	    "how", json_object_get(m, "how"),
	    "how_args", json_object_get(m, "args"));
}

static bool
step_add(struct hop *h, const char *action, const json_t *m,
    const char *title, const struct step_spec *more, struct err *e)
{
	AUTO_JSON json_t *args = member_args(h, m);
	struct step_spec  spec = *more;

	if (args == NULL)
		return err_nomem(e);
	if (strcmp(action, "mongo.member_wait") == 0)
		json_object_set_new(args, "timeout_s", json_integer(BACK_S));
	spec.action = action;
	/* Both are taken, and more keeps its own. */
	spec.args = TAKE(args);
	spec.argv = json_incref(more->argv);
	return plan_step_add(h->sub, &spec, e, "%s: %s", json_text(m,
	    "name"), title);
}

static const struct step_spec quiet = { .risk = RISK_NONE };

static bool
binary_add(struct hop *h, const json_t *m, const struct how *how,
    struct err *e)
{
	struct how_task		 t = { .ctx = h->ctx,
		.member = json_text(m, "name"),
		.from = json_text(h->args, "from"),
		.to = json_text(h->args, "to"),
		.args = json_object_get(m, "args") };
	AUTO_JSON json_t	*stop = json_incref(json_object_get(t.args,
	    "stop"));
	AUTO_JSON json_t	*swap = how->show_swap != NULL ?
	    how->show_swap(&t) : NULL;
	AUTO_JSON json_t	*start = how->show_start != NULL ?
	    how->show_start(&t) : NULL;
	const struct step_spec	 try_spec = { .risk = RISK_NONE },
		stop_spec = { .risk = RISK_SERVICE, .undo = T_UNDO_STOP,
		.argv = stop },
		swap_spec = { .risk = RISK_SERVICE, .undo = T_UNDO_SWAP,
		.argv = swap },
		start_spec = { .risk = RISK_SERVICE, .undo = T_UNDO_START,
		.argv = start };

	return (how->try == NULL || step_add(h, "mongo.member_try", m,
	    T_STEP_TRY, &try_spec, e)) &&
	    (how->is_replaced || step_add(h, "mongo.member_stop", m,
	    T_STEP_STOP, &stop_spec, e)) &&
	    step_add(h, "mongo.member_swap", m, T_STEP_SWAP, &swap_spec, e) &&
	    step_add(h, "mongo.member_start", m, T_STEP_START, &start_spec,
	    e);
}

static bool
member_add(struct hop *h, const json_t *m, const char *primary,
    struct err *e)
{
	const struct how	*how = how_find(json_text(m, "how"));
	const struct step_spec	 down = { .risk = RISK_SERVICE },
		hand = { .risk = RISK_SERVICE, .undo = T_UNDO_HAND };

	if (how == NULL)
		return err_set(e, ERR_JOB, 0, T_STEP_HOW, json_text(m,
		    "how"));
	if (str_equal(json_text(m, "name"), primary) &&
	    !reach_is_lone(&h->reach) && !step_add(h, "mongo.stepdown", m,
	    T_STEP_DOWN, &down, e))
		return false;
	if (how->is_by_hand ? !step_add(h, "mongo.member_hand", m,
	    json_text(json_object_get(m, "args"), "text"), &hand, e) :
	    !binary_add(h, m, how, e))
		return false;
	return step_add(h, "mongo.member_wait", m, T_STEP_WAIT, &quiet, e);
}

static bool
hold_add(struct hop *h, const json_t *next, struct err *e)
{
	AUTO_JSON json_t *args = json_pack("{s:O, s:O}", "to",
	    json_object_get(h->args, "to"), "member", json_object_get(next,
	    "name"));

	return args == NULL ? err_nomem(e) : plan_step_add(h->sub,
	    &(struct step_spec){ .action = "mongo.hold",
	    .args = TAKE(args),
	    .risk = RISK_NONE }, e, T_STEP_HOLD, json_text(next, "name"));
}

bool
step_hop_expand(struct ctx *ctx, const json_t *args, struct plan *sub,
    struct err *e)
{
	struct hop		 h = { ctx, args, sub, { .ctx = ctx } };
	AUTO_JSON json_t	*set = NULL, *order = NULL;
	const json_t		*m;
	const char		*primary;
	size_t			 i;
	bool			 ok;

	ok = reach_init(&h.reach, ctx, args, e) &&
	    reach_await_others(&h.reach, NULL, &set, e);
	primary = ok ? reach_primary(set) : NULL;
	if (ok && primary == NULL)
		ok = err_set(e, ERR_MONGO, MONGO_NO_PRIMARY,
		    T_REACH_NO_PRIMARY);
	if (ok && (order = members_ordered(&h.reach, args, primary)) == NULL)
		ok = err_nomem(e);
	json_array_foreach (order, i, m) {
		if (ok && i > 0 && json_flag(args, "hold"))
			ok = hold_add(&h, m, e);
		ok = ok && member_add(&h, m, primary, e);
	}
	reach_fini(&h.reach);
	return ok;
}
