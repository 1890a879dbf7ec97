/*
 * admin.add and admin.import.  Who becomes an administrator must be in the
 * directory exactly once and alive, and is stored as the directory spells the
 * mail; who is one already is nothing to do.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "admins.h"
#include "text.def"

/* One mail that is wanted. */
struct wish {
	const char	*mail;
	size_t		 line;		/* of an import; 0 for add */
	const char	*bad;		/* malformed, or NULL */
	bool		 asks;		/* the directory is to be asked */
	struct mail_match match;
};

struct wishes {
	struct ctx			*ctx;
	struct plan			*plan;
	const struct admin_store	*store;
	struct admin_list		 list;
	struct wish			*items;
	size_t				 count;
	bool				 skip_bad;
	size_t				 added, already, bad;
};

static void
wishes_fini(struct wishes *w)
{
	size_t	 i;

	for (i = 0; i < w->count; i++)
		mail_match_fini(&w->items[i].match);
	free(w->items);
	admin_list_fini(&w->list);
}

/* A verdict on a line of an import. */
static bool
verdict(struct wishes *w, const struct wish *wish, const char *text,
    struct err *e)
{
	return wish->line == 0 || plan_note_add(w->plan, e, T_VERDICT,
	    wish->line, wish->mail, wish->mail[0] != '\0' ? ": " : "", text);
}

/* A wish that cannot be granted: refused, or passed over when so asked. */
static bool
refuse(struct wishes *w, const struct wish *wish, const char *why,
    struct err *e)
{
	w->bad++;
	if (w->skip_bad)
		return verdict(w, wish, why, e);
	if (wish->line > 0)
		return verdict(w, wish, why, e) && plan_block(w->plan,
		    T_SKIP_BAD_HINT, e, T_VERDICT, wish->line, wish->mail,
		    wish->mail[0] != '\0' ? ": " : "", why);
	return plan_block(w->plan, T_ADD_HINT, e, T_REFUSE, wish->mail, why);
}

/* Nothing to do for this one. */
static bool
mention(struct wishes *w, const struct wish *wish, const char *text,
    const char *mail, struct err *e)
{
	return wish->line == 0 ? plan_note_add(w->plan, e, "%s %s", mail,
	    text) : plan_note_add(w->plan, e, T_VERDICT, wish->line, mail,
	    " ", text);
}

static bool
is_admin(const struct wishes *w, const char *mail)
{
	size_t	 count;

	admin_list_find(&w->list, mail, &count);
	return count > 0;
}

/* Asked for twice in one call, in whatever case: the first one counts. */
static bool
is_repeated(const struct wishes *w, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (w->items[i].bad == NULL &&
		    str_equal_nocase(w->items[i].mail, w->items[n].mail))
			return true;
	return false;
}

/* Asks the directory about all that are not administrators yet, at once. */
static bool
wishes_match(struct wishes *w, struct err *e)
{
	AUTO_DIRECTORY struct directory *d = NULL;
	AUTO_FREE const char	**mails = calloc(w->count + 1,
	    sizeof(*mails));
	AUTO_FREE struct mail_match *m = calloc(w->count + 1, sizeof(*m));
	size_t			  i, n = 0;

	if (mails == NULL || m == NULL)
		return err_nomem(e);
	for (i = 0; i < w->count; i++) {
		w->items[i].asks = w->items[i].bad == NULL &&
		    !is_admin(w, w->items[i].mail) && !is_repeated(w, i);
		if (w->items[i].asks)
			mails[n++] = w->items[i].mail;
	}
	if (n == 0)
		return true;
	if (!directory_open(w->ctx, &d, e) ||
	    !directory_match_mails(d, mails, n, m, NULL, e))
		return false;
	w->list.is_partial = !directory_is_complete(d, &w->list.why);
	for (i = w->count; i-- > 0;)
		if (w->items[i].asks)
			w->items[i].match = m[--n];
	return true;
}

static bool
wish_add(struct wishes *w, const struct wish *wish, struct err *e)
{
	AUTO_FREE char	*text = NULL;
	const char	*mail = wish->match.person.mail;

	/* An alias of somebody who is there by the directory's spelling. */
	if (is_admin(w, mail)) {
		w->already++;
		return mention(w, wish, T_ALREADY, mail, e);
	}
	text = str_format(T_WILL_ADD, mail, wish->match.person.dn);
	if (text == NULL)
		return err_nomem(e);
	w->added++;
	return verdict(w, wish, text, e) &&
	    w->store->insert(w->ctx, w->plan, mail, e);
}

static bool
wish_judge(struct wishes *w, size_t n, struct err *e)
{
	const struct wish *wish = &w->items[n];
	AUTO_FREE char	*text = NULL;

	if (wish->bad != NULL)
		return refuse(w, wish, wish->bad, e);
	if (is_repeated(w, n)) {
		w->already++;
		return mention(w, wish, T_REPEATED, wish->mail, e);
	}
	if (!wish->asks) {
		w->already++;
		return mention(w, wish, T_ALREADY, wish->mail, e);
	}
	if (wish->match.count == 0 && !w->list.is_partial)
		return refuse(w, wish, T_MISSING, e);
	if (wish->match.count != 1) {
		text = wish->match.count > 1 ?
		    str_format(T_DUPLICATE, wish->match.count) :
		    str_format(T_NOT_SEEN, w->list.why.msg);
		return text != NULL ? refuse(w, wish, text, e) :
		    err_nomem(e);
	}
	if (wish->match.person.is_disabled)
		return refuse(w, wish, T_DISABLED, e);
	return wish_add(w, wish, e);
}

/* The same for one mail and for a file of them. */
static bool
wishes_plan(struct wishes *w, const json_t *params, struct err *e)
{
	size_t	 i;

	if (!admin_store_get(w->ctx, params, &w->store, e) ||
	    !w->store->list(w->ctx, &w->list, e))
		return false;
	w->list.unverified = w->store == &admin_store_api;
	if (!wishes_match(w, e) || !admin_plan_begin(w->plan, &w->list, e))
		return false;
	for (i = 0; i < w->count; i++)
		if (!wish_judge(w, i, e))
			return false;
	if (w->added == 0)
		return true;
	return plan_note_add(w->plan, e, T_NOTE_ADD, w->added,
	    w->list.count + w->added) && (!w->list.is_partial ||
	    plan_note_add(w->plan, e, T_NOTE_PARTIAL, w->list.why.msg));
}

bool
admin_add_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const json_t	*mails = json_object_get(params, "mail"), *mail;
	struct wishes	 w = { .ctx = ctx, .plan = plan };
	size_t		 i;
	bool		 ok;

	w.items = calloc(json_array_size(mails) + 1, sizeof(*w.items));
	if (w.items == NULL)
		return err_nomem(e);
	json_array_foreach(mails, i, mail)
		w.items[w.count++].mail = json_string_value(mail);
	ok = wishes_plan(&w, params, e);
	wishes_fini(&w);
	return ok;
}

bool
admin_import_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_CSV_MAILS struct csv_mails csv = { NULL, 0, 0 };
	struct wishes	 w = { .ctx = ctx, .plan = plan,
			    .skip_bad = json_flag(params, "skip_bad") };
	size_t		 i;
	bool		 ok;

	if (!csv_mails_read(json_text(params, "file"), &csv, e))
		return false;
	w.items = calloc(csv.count + 1, sizeof(*w.items));
	if (w.items == NULL)
		return err_nomem(e);
	for (i = 0; i < csv.count; i++)
		w.items[i] = (struct wish){ .mail = csv.items[i].mail,
			.line = csv.items[i].line, .bad = csv.items[i].bad };
	w.count = csv.count;
	ok = wishes_plan(&w, params, e) && plan_note_add(plan, e,
	    T_NOTE_IMPORT, csv.count, w.added, w.already, w.bad);
	wishes_fini(&w);
	return ok;
}
