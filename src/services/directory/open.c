/*
 * A directory from the site's settings.  Kept apart from directory.c so that
 * what needs no site does not pull one in.
 */
#include "directory_private.h"

#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/settings.h"

bool
directory_options_read(const struct ctx *ctx, struct directory_options *out,
    struct err *e)
{
	struct directory_options o = DIRECTORY_OPTIONS_DEFAULT;
	AUTO_FREE char	*starttls = NULL, *referrals = NULL;
	int64_t		 timeout_s;

	if (!settings_get(ctx, "directory.starttls", &starttls, e) ||
	    !settings_get(ctx, "directory.referrals", &referrals, e) ||
	    !settings_get_int(ctx, "directory.timeout_s", &timeout_s, e))
		return false;
	if (strcmp(starttls, "never") == 0)
		o.starttls = STARTTLS_NEVER;
	else if (strcmp(starttls, "require") == 0)
		o.starttls = STARTTLS_REQUIRE;
	o.follow_referrals = strcmp(referrals, "follow") == 0;
	o.connect_ms = (int)timeout_s * 1000;
	o.answer_ms = 2 * o.connect_ms;
	*out = o;
	return true;
}

bool
directory_open(struct ctx *ctx, struct directory **out, struct err *e)
{
	const struct site_ldap		*conf;
	struct directory_options	 opts;
	struct site			*site;
	size_t				 count;

	if (!site_need(ctx, &site, e) ||
	    !site_ldap_servers(site, &conf, &count, e) ||
	    !directory_options_read(ctx, &opts, e))
		return false;
	return directory_open_servers(ctx, conf, count, &opts, out, e);
}
