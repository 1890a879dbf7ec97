/*
 * setup.site: which deployment is meant on this host.  It is a setting, made
 * by settings.set; what is added is the look into the folder.
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"

#include "setup.h"
#include "text.def"

/*
 * Opens the folder as --site would, beside the site of this call.  *root is
 * its canonical path, malloc'd.
 */
static bool
folder_check(const struct ctx *ctx, const char *folder, char **root,
    struct plan *plan, struct err *e)
{
	struct ctx	 other = *ctx;
	struct site	*site;
	bool		 ok;

	other.site = NULL;
	other.site_id[0] = '\0';
	other.site_wanted = folder;
	if (!site_need(&other, &site, e))
		return false;
	*root = strdup(site_root(site));
	ok = *root != NULL || err_nomem(e);
	ok = ok && plan_note_add(plan, e, T_CHOSEN_NOTE, *root,
	    site_kind_name(site_kind(site)));
	site_free(other.site);
	return ok;
}

bool
setup_site_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const struct verb	*set = registry_verb(ctx->registry,
	    "settings.set");
	const char		*folder = json_text(params, "folder");
	AUTO_FREE char		*root = NULL;
	AUTO_JSON json_t	*given = NULL;

	/* The demo ends with who started it: nothing to keep. */
	if (strcmp(folder, "demo") == 0 || folder[0] == '\0') {
		err_set(e, ERR_USAGE, 0, T_CHOSEN_FOLDER);
		return err_hint(e, T_CHOSEN_FOLDER_HINT);
	}
	if (!folder_check(ctx, folder, &root, plan, e))
		return false;
	given = json_pack("{s:s, s:s}", "name", "site.default", "value",
	    root);
	if (set == NULL || given == NULL)
		return err_nomem(e);
	return set->plan(ctx, given, plan, e);
}
