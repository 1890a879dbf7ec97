/*
 * The global options: they may stand anywhere before "--" and their names are
 * reserved, so they are taken out before anybody looks at verbs.  One table
 * serves the parser, the help and the man page.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define HASH_MIN	8
#define CONFIRM_MAX_S	86400

static bool
take_site(struct cli_options *o, const char *value, struct err *e)
{
	if (*value == '\0')
		return err_set(e, ERR_USAGE, 0, T_OPTION_EMPTY, "site");
	o->site = value;
	return true;
}

static bool
take_state(struct cli_options *o, const char *value, struct err *e)
{
	if (*value == '\0')
		return err_set(e, ERR_USAGE, 0, T_OPTION_EMPTY, "state");
	o->state = value;
	return true;
}

static bool
take_json(struct cli_options *o, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	return o->json = true;
}

static bool
take_dry_run(struct cli_options *o, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	return o->dry_run = true;
}

static bool
take_yes(struct cli_options *o, const char *value, struct err *e)
{
	size_t len, i;

	o->yes = true;
	if (value == NULL)
		return true;
	len = strlen(value);
	if (len < HASH_MIN || len >= sizeof(o->yes_hash) ||
	    strspn(value, "0123456789abcdefABCDEF") != len)
		return err_set(e, ERR_USAGE, 0, T_OPTION_HASH, value);
	for (i = 0; i <= len; i++)
		o->yes_hash[i] = value[i] >= 'A' && value[i] <= 'F' ?
		    (char)(value[i] - 'A' + 'a') : value[i];
	return true;
}

static bool
take_read_only(struct cli_options *o, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	return o->read_only = true;
}

static bool
take_linear(struct cli_options *o, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	return o->linear = true;
}

static bool
take_theme(struct cli_options *o, const char *value, struct err *e)
{
	if (*value == '\0')
		return err_set(e, ERR_USAGE, 0, T_OPTION_EMPTY, "theme");
	o->theme = value;
	return true;
}

static bool
take_profile(struct cli_options *o, const char *value, struct err *e)
{
	if (!str_equal(value, "economy") && !str_equal(value, "basic") &&
	    !str_equal(value, "rich"))
		return err_set(e, ERR_USAGE, 0, T_OPTION_CHOICE, "profile",
		    "economy, basic, rich", value);
	o->profile = value;
	return true;
}

static bool
take_progress(struct cli_options *o, const char *value, struct err *e)
{
	if (!str_equal(value, "json"))
		return err_set(e, ERR_USAGE, 0, T_OPTION_CHOICE, "progress",
		    "json", value);
	return o->progress_json = true;
}

static bool
take_confirm(struct cli_options *o, const char *value, struct err *e)
{
	if (!str_to_int(value, 1, CONFIRM_MAX_S, &o->confirm_within_s))
		return err_set(e, ERR_USAGE, 0, T_OPTION_SECONDS,
		    "confirm-within", CONFIRM_MAX_S, value);
	return true;
}

static bool
take_version(struct cli_options *o, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	return o->version = true;
}

static bool
take_help(struct cli_options *o, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	return o->help = true;
}

const struct cli_option cli_option_table[] = {
	{ "site", "DIR|demo", false, take_site, T_HELP_SITE },
	{ "state", "DIR", false, take_state, T_HELP_STATE },
	{ "json", NULL, false, take_json, T_HELP_JSON },
	{ "dry-run", NULL, false, take_dry_run, T_HELP_DRY_RUN },
	{ "yes", "HASH", true, take_yes, T_HELP_YES },
	{ "confirm-within", "SECONDS", false, take_confirm, T_HELP_CONFIRM },
	{ "read-only", NULL, false, take_read_only, T_HELP_READ_ONLY },
	{ "progress", "json", false, take_progress, T_HELP_PROGRESS },
	{ "linear", NULL, false, take_linear, T_HELP_LINEAR },
	{ "theme", "NAME", false, take_theme, T_HELP_THEME },
	{ "profile", "economy|basic|rich", false, take_profile,
	  T_HELP_PROFILE },
	{ "version", NULL, false, take_version, T_HELP_VERSION },
	{ "help", NULL, false, take_help, T_HELP_HELP },
};
const size_t cli_option_count = LENGTH(cli_option_table);

/* "--name" or "--name=value" of the table; *value behind the "=", or NULL. */
static const struct cli_option *
option_find(const char *word, const char **value)
{
	size_t	 len, i;

	*value = NULL;
	if (!str_starts(word, "--"))
		return NULL;
	word += 2;
	len = strcspn(word, "=");
	for (i = 0; i < cli_option_count; i++) {
		const char *name = cli_option_table[i].name;

		if (strlen(name) != len || strncmp(name, word, len) != 0)
			continue;
		if (word[len] == '=')
			*value = word + len + 1;
		return &cli_option_table[i];
	}
	return NULL;
}

/* Takes the option at argv[i], and its value behind it; *i is the last. */
static bool
option_take(const struct cli_option *opt, const char *value, int argc,
    char **argv, int *i, struct cli_options *o, struct err *e)
{
	if (opt->value == NULL && value != NULL)
		return err_set(e, ERR_USAGE, 0, T_OPTION_NO_VALUE, opt->name);
	if (opt->value != NULL && !opt->optional && value == NULL) {
		if (*i + 1 >= argc || str_starts(argv[*i + 1], "--")) {
			err_set(e, ERR_USAGE, 0, T_OPTION_VALUE, opt->name,
			    opt->value);
			return false;
		}
		value = argv[++*i];
	}
	return opt->take(o, value, e);
}

bool
cli_options_parse(int argc, char **argv, struct cli_options *o,
    struct cli_words *w, struct err *e)
{
	const struct cli_option	*opt;
	const char		*value;
	int			 i;

	*o = (struct cli_options){ 0 };
	*w = (struct cli_words){ 0 };
	w->word = calloc((size_t)argc + 1, sizeof(*w->word));
	if (w->word == NULL)
		return err_nomem(e);
	for (i = 1; i < argc && !str_equal(argv[i], "--"); i++) {
		if (!str_is_utf8(argv[i], strlen(argv[i])))
			return err_set(e, ERR_USAGE, 0, T_WORD_UTF8, i);
		opt = option_find(argv[i], &value);
		if (opt == NULL)
			w->word[w->count++] = argv[i];
		else if (!option_take(opt, value, argc, argv, &i, o, e))
			return false;
	}
	w->literal_from = w->count;
	for (i++; i < argc; i++) {
		if (!str_is_utf8(argv[i], strlen(argv[i])))
			return err_set(e, ERR_USAGE, 0, T_WORD_UTF8, i);
		w->word[w->count++] = argv[i];
	}
	return true;
}

void
cli_words_fini(struct cli_words *w)
{
	free(w->word);
	*w = (struct cli_words){ 0 };
}

bool
cli_wants_json(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && !str_equal(argv[i], "--"); i++)
		if (str_equal(argv[i], "--json"))
			return true;
	return false;
}
