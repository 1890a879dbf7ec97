/*
 * The table of all settings.  A new one is one entry here; what it takes is
 * said in the words of a verb's parameter, and checked by the same code.
 */
#include <stdint.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "settings_parts.h"
#include "text.def"

/* Milliseconds, days and counts: what fits an int everywhere. */
#define INT_MAX_SETTING	100000000

#define TEXT_SETTING(n, f, h)	{ { .name = (n), .type = PARAM_TEXT, \
	.help = (h) }, (f) }
#define MAIL_SETTING(n, f, h)	{ { .name = (n), .type = PARAM_MAIL, \
	.help = (h) }, (f) }
#define SECRET_SETTING(n, h)	{ { .name = (n), .type = PARAM_SECRET, \
	.help = (h) }, "" }
#define CHOICE_SETTING(n, f, c, h) { { .name = (n), .type = PARAM_CHOICE, \
	.choices = (c), .help = (h) }, (f) }
#define INT_SETTING(n, f, most, h) { { .name = (n), .type = PARAM_INT, \
	.min = 0, .max = (most), .help = (h) }, (f) }

static const struct setting table[] = {
	MAIL_SETTING("me.mail", "", "Your own mail address"),
	SECRET_SETTING("mongo.admin_url", "A MongoDB URL whose account may "
	    "read the state of the set (clusterMonitor)"),
	INT_SETTING("mongo.timeout_ms", "5000", INT_MAX_SETTING,
	    "How long to look for a MongoDB server"),
	INT_SETTING("directory.timeout_ms", "5000", INT_MAX_SETTING,
	    "How long a directory server may take to be reached"),
	CHOICE_SETTING("directory.starttls", "auto", "auto|never|require",
	    "auto, never or require: StartTLS on the plain port"),
	CHOICE_SETTING("directory.referrals", "report", "report|follow",
	    "report or follow: what to do with referrals"),
	CHOICE_SETTING("admins.route", "mongo", "mongo|api",
	    "mongo or api: how administrators are read and written"),
	TEXT_SETTING("admins.api_path",
	    "/sametime-admin/api/v1/administrators",
	    "Path or whole URL of the Admin API (unverified: not published)"),
	SECRET_SETTING("admins.api_login",
	    "User and password for the Admin API, a line each"),
	TEXT_SETTING("http.ca_file", "",
	    "CA file for HTTPS instead of the system's"),
	INT_SETTING("status.timeout_ms", "5000", INT_MAX_SETTING,
	    "How long a line of status may take to find out"),
	INT_SETTING("snapshot.keep_count", "50", INT_MAX_SETTING,
	    "How many snapshots are kept"),
	INT_SETTING("snapshot.keep_days", "90", INT_MAX_SETTING,
	    "How long a snapshot is kept"),
	CHOICE_SETTING("ui.theme", "auto",
	    "auto|mono|economy|dark|light|high_contrast|classic_blue",
	    "Colours of the console; auto: what the terminal can show"),
	CHOICE_SETTING("ui.profile", "auto", "auto|economy|basic|rich",
	    "How much is sent to the terminal; auto: by its type and line"),
	CHOICE_SETTING("ui.glyphs", "auto", "auto|ascii|acs|utf8",
	    "What lines and marks are drawn with; auto: by the locale"),
	INT_SETTING("ui.idle_lock_s", "600", 86400,
	    "Seconds without a key until the console asks for the password; "
	    "0: never"),
	INT_SETTING("ui.esc_wait_ms", "0", 10000,
	    "How long after ESC another byte may belong to it; 0: by the "
	    "profile"),
	INT_SETTING("ui.refresh_s", "30", 86400,
	    "Seconds between two looks at the state on the home screen; "
	    "0: only when asked"),
	TEXT_SETTING("site.default", "", "The deployment that is meant when "
	    "--site is not given and the current folder holds none"),
	INT_SETTING("banner.refresh_s", "0", 86400,
	    "Seconds between two writings of the banner before the login by "
	    "serve; 0: never"),
	TEXT_SETTING("banner.path", "/run/issue.d/stconsole.issue",
	    "The file of the banner before the login"),
	TEXT_SETTING("ui.setup_done", "",
	    "How far the first-time set-up has come")
};

size_t
setting_count(void)
{
	return LENGTH(table);
}

const struct setting *
setting_at(size_t i)
{
	return i < LENGTH(table) ? &table[i] : NULL;
}

const struct setting *
setting_find(const char *name, struct err *e)
{
	size_t i;

	for (i = 0; i < LENGTH(table); i++)
		if (strcmp(table[i].value.name, name) == 0)
			return &table[i];
	err_set(e, ERR_USAGE, 0, T_SETTING_UNKNOWN, name);
	err_hint(e, T_SETTING_UNKNOWN_HINT);
	return NULL;
}

bool
setting_is_secret(const struct setting *s)
{
	return s->value.type == PARAM_SECRET;
}

bool
setting_check(const struct setting *s, const char *value, struct err *e)
{
	AUTO_JSON json_t *given = json_string(value), *made = NULL;

	/* "" of a mail that is not set, say: it can be given back. */
	if (str_equal(value, s->fallback))
		return true;
	if (given == NULL)
		return err_nomem(e);
	/* For when it is memory that fails; a bad value says so itself. */
	err_nomem(e);
	made = param_convert(&s->value, given, e);
	return made != NULL;
}

const char *
settings_choices(const char *name)
{
	const struct setting *s = setting_find(name, NULL);

	return s != NULL ? s->value.choices : NULL;
}
