/*
 * Reading the whole picture: the documents by the chosen route, the people of
 * the directory, and who among them is asking.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"

#include "admins.h"
#include "text.def"

bool
admin_store_get(struct ctx *ctx, const json_t *params,
    const struct admin_store **out, struct err *e)
{
	AUTO_FREE char	*setting = NULL;
	const char	*route = json_str(params, "route");

	if (route == NULL) {
		if (!settings_get(ctx, "admins.route", &setting, e))
			return false;
		route = setting;
	}
	*out = strcmp(route, "api") == 0 ? &admin_store_api :
	    &admin_store_mongo;
	return true;
}

static void
matches_free(struct mail_match *m, size_t n)
{
	size_t	 i;

	for (i = 0; m != NULL && i < n; i++)
		mail_match_fini(&m[i]);
	free(m);
}

/* One match for each entry that has a mail; the others stay empty. */
static bool
list_match(struct ctx *ctx, struct admin_list *l, struct mail_match *all,
    struct err *e)
{
	AUTO_DIRECTORY struct directory *d = NULL;
	AUTO_FREE const char	**mails = calloc(l->count + 1,
	    sizeof(*mails));
	AUTO_FREE struct mail_match *m = calloc(l->count + 1, sizeof(*m));
	size_t			  i, n = 0;

	if (mails == NULL || m == NULL)
		return err_nomem(e);
	for (i = 0; i < l->count; i++)
		if (l->items[i].email[0] != '\0')
			mails[n++] = l->items[i].email;
	if (!directory_open(ctx, &d, e) ||
	    !directory_match_mails(d, mails, n, m, NULL, e))
		return false;
	l->is_partial = !directory_is_complete(d, e);
	for (i = l->count; i-- > 0;)
		if (l->items[i].email[0] != '\0')
			all[i] = m[--n];
	return true;
}

/* An unreachable directory is a state of the list, not a failure of it. */
static bool
list_join(struct ctx *ctx, struct admin_list *l, struct err *e)
{
	struct mail_match *m = calloc(l->count + 1, sizeof(*m));
	bool		 ok;

	if (m == NULL)
		return err_nomem(e);
	ok = list_match(ctx, l, m, &l->why);
	/* Our own troubles stay failures. */
	if (!ok && (l->why.domain == ERR_CANCELLED ||
	    l->why.domain == ERR_NOMEM))
		err_copy(e, &l->why);
	else
		ok = admin_list_join(l, ok ? m : NULL, e);
	matches_free(m, l->count);
	return ok;
}

bool
admin_list_load(struct ctx *ctx, const struct admin_store *store,
    struct admin_list *out, struct err *e)
{
	AUTO_FREE char	*me = NULL;

	out->unverified = store == &admin_store_api;
	if (!store->list(ctx, out, e) || !list_join(ctx, out, e) ||
	    !settings_get(ctx, "me.mail", &me, e))
		return false;
	admin_list_mark_you(out, me, ctx->who->user, ctx->who->sudo_user);
	return true;
}

bool
admin_plan_begin(struct plan *plan, const struct admin_list *l,
    struct err *e)
{
	if (!plan_lock_add(plan, ADMINS_LOCK, e))
		return false;
	if (l->unverified && !plan_note_add(plan, e, T_NOTE_UNVERIFIED))
		return false;
	return !l->standalone || plan_note_add(plan, e, T_NOTE_STANDALONE);
}

bool
admins_count(struct ctx *ctx, struct admins_count *out, struct err *e)
{
	AUTO_ADMINS struct admin_list	 l = { 0 };
	const struct admin_store	*store;
	size_t				 i;

	memset(out, 0, sizeof(*out));
	if (!admin_store_get(ctx, NULL, &store, e) ||
	    !admin_list_load(ctx, store, &l, e))
		return false;
	out->total = l.count;
	for (i = 0; i < l.count; i++) {
		const struct admin *a = &l.items[i];

		out->found += a->state == ADMIN_FOUND;
		out->missing += a->state == ADMIN_MISSING;
		out->disabled += a->state == ADMIN_DISABLED;
		out->duplicate += a->state == ADMIN_DUPLICATE;
		out->unknown += a->state == ADMIN_UNKNOWN;
		/* That nobody could be asked is no fault of the entry. */
		out->with_problems += json_array_size(a->problems) >
		    (a->state == ADMIN_UNKNOWN && a->email[0] != '\0');
	}
	if (out->unknown > 0)
		memcpy(out->why_unknown, l.why.msg, sizeof(l.why.msg));
	return true;
}
