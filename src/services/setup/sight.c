/*
 * The steps about the deployment: that there is one, that its MongoDB and its
 * directory answer, that somebody administers it.
 */
#include "setup.h"

#include <string.h>

#include "stconsole/admins.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"

#include "text.def"

bool
look_site(struct look *l, struct step_found *f, struct err *e)
{
	struct site	*site;
	struct err	 why = { 0 };

	l->has_site = site_need(l->ctx, &site, &why);
	if (!l->has_site)
		return found_why(f, &why, e);
	found_set(f, STEP_DONE, T_SITE, site_root(site),
	    site_kind_name(site_kind(site)));
	if (site_is_demo(site))
		found_detail(f, T_SITE_DEMO);
	return true;
}

bool
look_mongo(struct look *l, struct step_found *f, struct err *e)
{
	AUTO_JSON json_t	*status = NULL;
	const char		*version;
	struct err		 why = { 0 };

	if (!l->has_site) {
		found_set(f, STEP_BLOCKED, T_NEEDS_SITE);
		return true;
	}
	l->has_mongo = setup_ask(l->ctx, "mongo.status", NULL, &status, &why);
	if (!l->has_mongo)
		return found_why(f, &why, e);
	version = json_str(status, "version");
	found_set(f, STEP_DONE, T_MONGO, version != NULL ? version :
	    T_VERSION_UNKNOWN, json_array_size(json_object_get(status,
	    "hosts")));
	return true;
}

/* The hop that fails, or the first one. */
static const json_t *
hop_that_counts(const json_t *hops)
{
	const json_t	*hop;
	size_t		 i;

	json_array_foreach (hops, i, hop)
		if (strcmp(json_text(hop, "mark"), "fail") == 0)
			return hop;
	return json_array_get(hops, 0);
}

bool
look_directory(struct look *l, struct step_found *f, struct err *e)
{
	AUTO_JSON json_t	*test = NULL;
	const json_t		*hop;
	struct err		 why = { 0 };

	if (!l->has_site) {
		found_set(f, STEP_BLOCKED, T_NEEDS_SITE);
		return true;
	}
	if (!setup_ask(l->ctx, "directory.test", NULL, &test, &why))
		return found_why(f, &why, e);
	hop = hop_that_counts(json_object_get(test, "hops"));
	if (json_flag(test, "ok")) {
		found_set(f, STEP_DONE, T_DIRECTORY, json_text(hop,
		    "server"));
		return true;
	}
	found_set(f, STEP_OPEN, "%s", json_text(hop, "text"));
	if (json_text(hop, "hint")[0] != '\0')
		found_detail(f, "%s", json_text(hop, "hint"));
	return true;
}

bool
look_admin(struct look *l, struct step_found *f, struct err *e)
{
	struct admins_count	 c;
	struct err		 why = { 0 };

	if (!l->has_mongo) {
		found_set(f, STEP_BLOCKED, l->has_site ? T_NEEDS_MONGO :
		    T_NEEDS_SITE);
		return true;
	}
	if (!admins_count(l->ctx, &c, &why))
		return found_why(f, &why, e);
	if (c.total == 0)
		found_set(f, STEP_OPEN, T_ADMIN_NONE);
	else if (c.found > 0)
		found_set(f, STEP_DONE, T_ADMIN, c.total, c.found);
	else
		found_set(f, STEP_OPEN, T_ADMIN_LOST, c.total);
	if (c.why_unknown[0] != '\0')
		found_detail(f, "%s", c.why_unknown);
	return true;
}
