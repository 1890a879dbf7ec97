/*
 * The URL of MongoDB in every place of the site.
 */
#include "prepare.h"

#include "stconsole/mongo.h"
#include "stconsole/site.h"

bool
prepare_plan_urls(struct ctx *ctx, struct plan *plan,
    const struct secret *new_url, struct err *e)
{
	return mongo_url_check(secret_reveal(new_url), e) &&
	    site_plan_mongo_url(ctx, plan, new_url, e);
}
