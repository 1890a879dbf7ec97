/*
 * The URL in every place of the site, with what makes it take effect.
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

/* config.set takes a secret value as a parameter of its call. */
static bool
config_set(struct ctx *ctx, const char *file, const char *key,
    const struct secret *value, struct plan *sub, struct err *e)
{
	const struct verb	*v = registry_verb(ctx->registry,
	    "config.set");
	AUTO_SECRET struct secret *copy = secret_dup(value, e);
	AUTO_JSON json_t	*params = json_pack("{s:s, s:s, s:o}", "file",
	    file, "key", key, "value_file", verb_secret_ref("value_file"));
	struct ctx_secret	 kept = ctx->secrets[0];
	bool			 ok;

	if (copy == NULL)
		return false;
	if (v == NULL || params == NULL)
		return err_nomem(e);
	ctx->secrets[0] = (struct ctx_secret){ "value_file", copy };
	ok = v->plan(ctx, params, sub, e);
	ctx->secrets[0] = kept;
	return ok;
}

bool
switch_plan_urls(struct ctx *ctx, struct plan *sub,
    const struct secret *url, struct err *e)
{
	AUTO_SECRET struct secret *old = NULL;
	struct site_origin	 origin;
	struct site		*site;

	if (!site_need(ctx, &site, e) ||
	    !site_mongo_url(site, &old, &origin, e))
		return false;
	if (site_kind(site) == SITE_KUBERNETES) {
		err_set(e, ERR_REFUSED, 0, T_SWITCH_KIND);
		return err_hint(e, T_SWITCH_KIND_HINT);
	}
	return config_set(ctx, origin.file, "MONGO_URL", url, sub, e);
}

bool
move_switch_expand(struct ctx *ctx, const json_t *args, struct plan *sub,
    struct err *e)
{
	AUTO_MOVE struct move	 m = MOVE_INIT;
	AUTO_SECRET struct secret *url = NULL;

	return move_open(ctx, args, &m, e) && move_phase(&m, "switch", e) &&
	    url_switched(m.from, m.to, &url, e) &&
	    switch_plan_urls(ctx, sub, url, e);
}
