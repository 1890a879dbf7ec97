/*
 * What this program is and who it takes the caller for.
 */
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/verb.h"

static bool
about_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)params;
	*result = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:i}", "version",
	    STCONSOLE_VERSION, "user", ctx->who->user, "sudo_user",
	    ctx->who->sudo_user, "role", role_name(ctx_role(ctx)),
	    "read_only", ctx->read_only, "state", store_dir(ctx->store),
	    "format", store_format(ctx->store));
	return *result != NULL || err_nomem(e);
}

static const struct verb verbs[] = {
	{ .name = "about", .help = "Tell the version, and who you are here",
	  .role = ROLE_VIEWER, .no_site = true, .read = about_read,
	  .schema = "{\"version\":\"string\",\"user\":\"string\","
	  "\"sudo_user\":\"string\",\"role\":\"=viewer|operator|admin|none\","
	  "\"read_only\":\"bool\",\"state\":\"string\",\"format\":\"int\"}" }
};

const struct service about_service = {
	.name = "about",
	.verbs = verbs,
	.verb_count = LENGTH(verbs)
};
