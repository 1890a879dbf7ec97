/*
 * setup.look: theme and terminal profile of the console, which are settings,
 * chosen together.
 */
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "setup.h"
#include "text.def"

static bool
set_one(struct ctx *ctx, const char *name, const char *value,
    struct plan *plan, struct err *e)
{
	const struct verb	*set = registry_verb(ctx->registry,
	    "settings.set");
	AUTO_JSON json_t	*given = NULL;

	if (value == NULL)
		return true;
	given = json_pack("{s:s, s:s}", "name", name, "value", value);
	if (set == NULL || given == NULL)
		return err_nomem(e);
	return set->plan(ctx, given, plan, e);
}

bool
setup_look_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const char	*theme = json_str(params, "ui_theme");
	const char	*profile = json_str(params, "ui_profile");

	if (theme == NULL && profile == NULL)
		return err_set(e, ERR_USAGE, 0, T_LOOK_NOTHING);
	return set_one(ctx, "ui.theme", theme, plan, e) &&
	    set_one(ctx, "ui.profile", profile, plan, e);
}
