/*
 * A directory from the site's settings.  Kept apart from directory.c so that
 * what needs no site does not pull one in.
 */
#include "directory_private.h"

#include <stdio.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"

#include "text.def"

#define TIMEOUT_MIN_MS	100
#define TIMEOUT_MAX_MS	600000

static const struct {
	const char	*name;
	enum starttls	 value;
} starttls_words[] = {
	{ "auto", STARTTLS_AUTO }, { "never", STARTTLS_NEVER },
	{ "require", STARTTLS_REQUIRE },
};

static bool
bad_setting(const char *name, const char *value, const char *choices,
    struct err *e)
{
	err_set(e, ERR_USAGE, 0, T_BAD_SETTING, name, value, choices);
	return err_hint(e, T_BAD_SETTING_HINT, name);
}

/* A typo must not turn encryption off, so an unknown word is an error. */
static bool
read_starttls(const struct ctx *ctx, enum starttls *out, struct err *e)
{
	AUTO_FREE char	*word = NULL;
	size_t		 i;

	if (!settings_get(ctx, "directory.starttls", &word, e))
		return false;
	for (i = 0; i < LENGTH(starttls_words); i++)
		if (strcmp(word, starttls_words[i].name) == 0) {
			*out = starttls_words[i].value;
			return true;
		}
	return bad_setting("directory.starttls", word,
	    "auto, never, require", e);
}

static bool
read_referrals(const struct ctx *ctx, bool *follow, struct err *e)
{
	AUTO_FREE char *word = NULL;

	if (!settings_get(ctx, "directory.referrals", &word, e))
		return false;
	*follow = strcmp(word, "follow") == 0;
	if (*follow || strcmp(word, "report") == 0)
		return true;
	return bad_setting("directory.referrals", word, "report, follow", e);
}

bool
directory_options_read(const struct ctx *ctx, struct directory_options *out,
    struct err *e)
{
	struct directory_options o = DIRECTORY_OPTIONS_DEFAULT;
	int64_t ms;

	if (!read_starttls(ctx, &o.starttls, e) ||
	    !read_referrals(ctx, &o.follow_referrals, e) ||
	    !settings_get_int(ctx, "directory.timeout_ms", &ms, e))
		return false;
	if (ms < TIMEOUT_MIN_MS || ms > TIMEOUT_MAX_MS) {
		char text[24];

		snprintf(text, sizeof(text), "%lld", (long long)ms);
		return bad_setting("directory.timeout_ms", text,
		    "100 to 600000", e);
	}
	o.connect_ms = (int)ms;
	o.answer_ms = (int)ms;
	*out = o;
	return true;
}

bool
directory_open(struct ctx *ctx, struct directory **out, struct err *e)
{
	return directory_open_within(ctx, TIMEOUT_MAX_MS, out, e);
}

bool
directory_open_within(struct ctx *ctx, int most_ms, struct directory **out,
    struct err *e)
{
	const struct site_ldap		*conf;
	struct directory_options	 opts;
	struct site			*site;
	size_t				 count;

	if (!site_need(ctx, &site, e) ||
	    !site_ldap_servers(site, &conf, &count, e) ||
	    !directory_options_read(ctx, &opts, e))
		return false;
	if (opts.connect_ms > most_ms)
		opts.connect_ms = most_ms;
	if (opts.answer_ms > most_ms)
		opts.answer_ms = most_ms;
	return directory_open_servers(ctx, conf, count, &opts, out, e);
}
