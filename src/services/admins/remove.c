/*
 * admin.remove and admin.repair: what they never do is leave nobody.  The
 * plan names a witness, an administrator who must still be there when the
 * step acts, so that two plans made at the same time cannot take each other's
 * last one.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "admins.h"
#include "text.def"

/* An entry that stays, one that the directory knows if there is any. */
static const struct admin *
witness_for(const struct admin_list *l, const struct admin *gone,
    size_t *remain, size_t *found)
{
	const struct admin	*best = NULL;
	size_t			 i;

	*remain = *found = 0;
	for (i = 0; i < l->count; i++) {
		const struct admin *a = &l->items[i];

		if (a == gone || a->is_extra || a->email[0] == '\0')
			continue;
		++*remain;
		*found += a->state == ADMIN_FOUND;
		if (best == NULL || (a->state == ADMIN_FOUND &&
		    best->state != ADMIN_FOUND))
			best = a;
	}
	return best;
}

/* Whether the directory, or a part of it, may know more than was found. */
static bool
is_blind(const struct admin_list *l)
{
	return !l->joined || l->is_partial;
}

/* Another entry of the same mail, in whatever case, or person; or NULL. */
static const struct admin *
twin_of(const struct admin_list *l, const struct admin *a)
{
	size_t	 i;

	for (i = 0; i < l->count; i++) {
		const struct admin *b = &l->items[i];

		if (b == a)
			continue;
		if (str_equal_nocase(b->email, a->email) ||
		    (a->match.count == 1 && b->match.count == 1 &&
		    str_equal_nocase(a->match.person.dn,
		    b->match.person.dn)))
			return b;
	}
	return NULL;
}

/* What the removal means: whether the person is still let in, who is left. */
static bool
remove_note(const struct admin_list *l, const struct admin *a,
    size_t remain, size_t found, struct plan *plan, struct err *e)
{
	const struct admin *twin = twin_of(l, a);

	if (twin != NULL)
		return plan_note_add(plan, e, T_NOTE_REMOVE_TWIN, twin->email,
		    remain);
	if (found == 0 && is_blind(l))
		return plan_note_add(plan, e, T_NOTE_REMOVE_UNKNOWN, remain,
		    l->why.msg);
	return plan_note_add(plan, e, T_NOTE_REMOVE, remain, found);
}

static bool
remove_checked(struct ctx *ctx, const struct admin_store *store,
    const struct admin_list *l, const struct admin *a, bool even_me,
    struct plan *plan, struct err *e)
{
	const struct admin	*witness;
	size_t			 remain, found;

	witness = witness_for(l, a, &remain, &found);
	if (witness == NULL && !plan_block(plan, T_LAST_HINT, e, T_LAST,
	    a->email))
		return false;
	if (remain > 0 && found == 0 && !is_blind(l) &&
	    a->state == ADMIN_FOUND &&
	    !plan_block(plan, T_LAST_HINT, e, T_LAST_FOUND, a->email))
		return false;
	if (a->is_you && !even_me && !plan_block(plan, T_YOU_HINT, e, T_YOU,
	    a->email))
		return false;
	return store->delete(ctx, plan, a, witness, e) &&
	    remove_note(l, a, remain, found, plan, e);
}

bool
admin_remove_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_ADMINS struct admin_list	 l = { 0 };
	const struct admin_store	*store;
	const struct admin		*a;
	const char			*mail = json_text(params, "mail");
	size_t				 count;

	if (mail[0] == '\0') {
		err_set(e, ERR_USAGE, 0, T_NO_MAIL);
		return err_hint(e, T_NO_MAIL_HINT);
	}
	if (!admin_store_get(ctx, params, &store, e) ||
	    !admin_list_load(ctx, store, &l, e) ||
	    !admin_plan_begin(plan, &l, e))
		return false;
	a = admin_list_find(&l, mail, &count);
	if (a == NULL) {
		err_set(e, ERR_MONGO, 0, count > 1 ? T_SEVERAL : T_NOT_ADMIN,
		    mail);
		return err_hint(e, count > 1 ? T_SEVERAL_HINT :
		    T_NOT_ADMIN_HINT);
	}
	return remove_checked(ctx, store, &l, a,
	    json_flag(params, "even_me"), plan, e);
}

/* The mail as the directory spells it, or NULL when it does not know. */
static const char *
spelling(const struct admin *a)
{
	return a->match.count == 1 && a->match.person.mail != NULL &&
	    str_equal_nocase(a->match.person.mail, a->email) ?
	    a->match.person.mail : NULL;
}

/* Of the twins of items[first] the one to keep: spelled as the directory
 * does, else the first.  *twins: how many there are. */
static struct admin *
keep_choose(struct admin_list *l, size_t first, size_t *twins)
{
	struct admin	*keep = &l->items[first];
	const char	*mail = spelling(keep);
	size_t		 i;

	*twins = 0;
	for (i = first; i < l->count; i++) {
		if (l->items[i].first != first)
			continue;
		++*twins;
		if (mail != NULL && strcmp(l->items[i].email, mail) == 0 &&
		    strcmp(keep->email, mail) != 0)
			keep = &l->items[i];
	}
	return keep;
}

/* Marks the twins that go, and has the kept one respelled if it must. */
static bool
repair_twins(struct ctx *ctx, const struct admin_store *store,
    struct admin_list *l, size_t first, struct plan *plan, struct err *e)
{
	struct admin	*keep;
	const char	*mail;
	size_t		 i, twins;

	keep = keep_choose(l, first, &twins);
	/* Which spelling is right only the directory knows. */
	if (twins < 2 || keep->state == ADMIN_UNKNOWN)
		return true;
	for (i = first; i < l->count; i++)
		if (l->items[i].first == first)
			l->items[i].is_extra = &l->items[i] != keep;
	if (!plan_note_add(plan, e, T_NOTE_KEEP, keep->email, twins - 1))
		return false;
	mail = spelling(keep);
	return mail == NULL || strcmp(mail, keep->email) == 0 ||
	    store->respell(ctx, plan, keep, mail, e);
}

static bool
is_orphan(const struct admin *a)
{
	return a->state == ADMIN_MISSING && !a->is_extra;
}

/* Orphans go only on request, and only while somebody found remains. */
static bool
repair_orphans(struct admin_list *l, bool wanted, struct plan *plan,
    struct err *e)
{
	size_t	 i, orphans = 0, remain, found;

	for (i = 0; i < l->count; i++)
		orphans += is_orphan(&l->items[i]);
	if (orphans == 0)
		return true;
	if (!wanted)
		return plan_note_add(plan, e, T_NOTE_ORPHANS, orphans);
	witness_for(l, NULL, &remain, &found);
	if (found == 0)
		return plan_block(plan, T_LAST_HINT, e, T_ORPHANS_ALL);
	for (i = 0; i < l->count; i++)
		if (is_orphan(&l->items[i]))
			l->items[i].is_extra = true;
	return true;
}

static bool
repair_delete(struct ctx *ctx, const struct admin_store *store,
    struct admin_list *l, bool even_me, struct plan *plan, struct err *e)
{
	const struct admin	*witness;
	size_t			 i, remain, found, gone = 0;

	witness = witness_for(l, NULL, &remain, &found);
	for (i = 0; i < l->count; i++) {
		const struct admin *a = &l->items[i];

		if (!a->is_extra)
			continue;
		/* A twin of yours stays; an orphan that is you does not. */
		if (a->is_you && !even_me && a->state == ADMIN_MISSING &&
		    !plan_block(plan, T_YOU_HINT, e, T_YOU, a->email))
			return false;
		if (!store->delete(ctx, plan, a, witness, e))
			return false;
		gone++;
	}
	return gone == 0 || plan_note_add(plan, e, T_NOTE_REPAIR, gone,
	    remain, found);
}

/* Whom the silent server may know is neither an orphan nor respelled. */
static bool
repair_mention_unknown(const struct admin_list *l, struct plan *plan,
    struct err *e)
{
	size_t	 i, unknown = 0;

	for (i = 0; i < l->count; i++)
		unknown += l->items[i].state == ADMIN_UNKNOWN;
	return unknown == 0 || plan_note_add(plan, e, T_NOTE_LEFT_ALONE,
	    unknown, l->why.msg);
}

bool
admin_repair_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_ADMINS struct admin_list	 l = { 0 };
	const struct admin_store	*store;
	size_t				 i;

	if (!admin_store_get(ctx, params, &store, e) ||
	    !admin_list_load(ctx, store, &l, e))
		return false;
	if (!l.joined) {
		err_copy(e, &l.why);
		return err_context(e, T_REPAIR_BLIND);
	}
	if (!admin_plan_begin(plan, &l, e))
		return false;
	for (i = 0; i < l.count; i++)
		if (l.items[i].first == i && l.items[i].email[0] != '\0' &&
		    !repair_twins(ctx, store, &l, i, plan, e))
			return false;
	return repair_mention_unknown(&l, plan, e) &&
	    repair_orphans(&l, json_flag(params, "orphans"), plan, e) &&
	    repair_delete(ctx, store, &l, json_flag(params, "even_me"), plan,
	    e);
}
