/*
 * The URL of MongoDB in every place of the site: one that was given, or the
 * site's own with the account, the servers and the set that the plan makes.
 */
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "prepare.h"
#include "text.def"

#define TRY_MS	5000

bool
prepare_plan_urls(struct ctx *ctx, struct plan *plan,
    const struct secret *new_url, struct err *e)
{
	return mongo_url_check(secret_reveal(new_url), e) &&
	    site_plan_mongo_url(ctx, plan, new_url, e);
}

/* A URL that is given must work, unless the plan itself makes it work. */
static bool
try(struct plan *plan, const struct secret *url, struct err *e)
{
	AUTO_MONGO struct mongo *m = NULL;
	struct err	 why = { 0 };

	if (!plan_is_empty(plan) ||
	    mongo_open_url(url, MONGO_PRIMARY, TRY_MS, &m, &why))
		return true;
	if (why.domain != ERR_MONGO)
		return err_copy(e, &why);
	return plan_block(plan, why.hint, e, T_URLS_DEAD, why.msg);
}

static bool
url_derive(const struct prepare_look *l, const struct prepare_wish *w,
    struct secret **url, struct err *e)
{
	const struct prepare_url u = {
		.base = l->site_url != NULL ? l->site_url : l->keeper,
		.hosts = *l->host_after != '\0' ? l->host_after : NULL,
		.user = w->password != NULL ? w->user : NULL,
		.password = w->password,
		.set = *l->set_after != '\0' ? l->set_after :
		    *l->set != '\0' ? l->set : NULL
	};

	/* Nobody else's account goes into the site's files. */
	if (l->site_url == NULL && w->password == NULL) {
		err_set(e, ERR_REFUSED, 0, T_URLS_NONE);
		return err_hint(e, T_URLS_NONE_HINT);
	}
	return prepare_url_make(&u, url, e);
}

bool
prepare_plan_switch(struct prepare_look *l, const struct prepare_wish *w,
    struct plan *plan, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;

	if (w->url != NULL)
		return mongo_url_check(secret_reveal(w->url), e) &&
		    try(plan, w->url, e) &&
		    prepare_plan_urls(l->ctx, plan, w->url, e);
	return url_derive(l, w, &url, e) &&
	    prepare_plan_urls(l->ctx, plan, url, e);
}
