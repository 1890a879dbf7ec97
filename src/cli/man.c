/*
 * Manual pages in mdoc(7): stconsole(1), and one for each group of verbs.
 * The fixed parts are in man.def; options, verbs and exit statuses come from
 * the tables that are also obeyed.
 */
#include "parts.h"

#include <ctype.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "man.def"
#include "text.def"

#define FILL		72
#define TYPED_MAX	96

/* A word of running text; roff reads "\", and "." or "'" at the start. */
static void
word_add(struct buf *out, const char *s, size_t len, bool at_start)
{
	size_t i;

	if (at_start && (s[0] == '.' || s[0] == '\''))
		buf_puts(out, "\\&");
	for (i = 0; i < len; i++) {
		if (s[i] == '\\')
			buf_puts(out, "\\e");
		else if (s[i] == '-')
			buf_puts(out, "\\-");
		else
			buf_putc(out, s[i]);
	}
}

static bool
ends_sentence(const char *s, size_t len)
{
	return len > 1 && strchr(".!?", s[len - 1]) != NULL;
}

/* One paragraph, filled; a new sentence begins a new line, as mdoc asks. */
static void
paragraph_add(struct buf *out, const char *s, const char *end)
{
	size_t	 column = 0, len;
	bool	 new_line = true;

	for (; s < end; s += len) {
		if (isspace((unsigned char)*s)) {
			len = 1;
			continue;
		}
		for (len = 0; s + len < end &&
		    !isspace((unsigned char)s[len]); len++)
			continue;
		if (!new_line && column + len + 1 > FILL)
			new_line = true;
		if (out->len > 0 && new_line &&
		    out->data[out->len - 1] != '\n')
			buf_putc(out, '\n');
		if (new_line)
			column = 0;
		else
			buf_putc(out, ' ');
		word_add(out, s, len, new_line);
		column += len + 1;
		new_line = ends_sentence(s, len);
	}
	buf_putc(out, '\n');
}

/*
 * Paragraphs parted by empty lines.  Lines that are indented are an example
 * and stay as they are.
 */
static void
text_add(struct buf *out, const char *s, const char *parted_by)
{
	while (*s != '\0') {
		const char	*end = strstr(s, "\n\n");
		bool		 is_example = *s == ' ' || *s == '\t';

		if (end == NULL)
			end = s + strlen(s);
		/* A display parts itself from what is above. */
		buf_puts(out, is_example ? "" : parted_by);
		if (is_example)
			buf_puts(out, ".Bd -unfilled -offset indent\n");
		if (is_example)
			word_add(out, s + strspn(s, " \t"), (size_t)(end - s) -
			    strspn(s, " \t"), true);
		else
			paragraph_add(out, s, end);
		if (is_example)
			buf_puts(out, "\n.Ed\n");
		parted_by = ".Pp\n";
		for (s = end; *s == '\n'; s++)
			continue;
	}
}

/* A word as an argument of a macro: in quotes, "-" as a minus sign. */
static void
arg_add(struct buf *out, const char *macro, const char *s)
{
	buf_printf(out, " %s \"", macro);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			buf_puts(out, "\"\"");
		else if (*s == '\\')
			buf_puts(out, "\\e");
		else if (*s == '-')
			buf_puts(out, "\\-");
		else
			buf_putc(out, *s);
	}
	buf_putc(out, '"');
}

static void
options_add(struct buf *out)
{
	size_t i;

	for (i = 0; i < cli_option_count; i++) {
		const struct cli_option	*o = &cli_option_table[i];
		AUTO_BUF struct buf	 name = BUF_INIT;

		buf_printf(&name, "-%s", o->name);
		buf_puts(out, ".It");
		arg_add(out, "Fl", buf_str(&name));
		if (o->optional)
			buf_puts(out, " Ns Op Ns =");
		if (o->value != NULL)
			arg_add(out, o->optional ? "Ns Ar" : "Ar", o->value);
		buf_putc(out, '\n');
		text_add(out, o->help, "");
	}
}

static void
param_item(const struct verb_param *p, struct buf *out)
{
	AUTO_BUF struct buf word = BUF_INIT, value = BUF_INIT;

	buf_puts(out, ".It");
	if (p->positional) {
		help_param(p, &word);
		arg_add(out, "Ar", buf_str(&word));
	} else {
		buf_putc(&word, '-');
		cli_param_option(p, &word);
		arg_add(out, "Fl", buf_str(&word));
		help_param_value(p, &value);
		if (value.len > 0)
			arg_add(out, "Ar", buf_str(&value));
	}
	buf_putc(out, '\n');
	buf_reset(&word);
	buf_puts(&word, p->help != NULL ? p->help : "");
	if (p->type == PARAM_INT && p->min != p->max)
		buf_printf(&word, T_HELP_RANGE, (long long)p->min,
		    (long long)p->max);
	if (p->required)
		buf_puts(&word, T_HELP_REQUIRED);
	text_add(out, buf_str(&word), "");
}

static void
verb_add(const struct verb *v, struct buf *out)
{
	AUTO_BUF struct buf	 usage = BUF_INIT, needs = BUF_INIT;
	AUTO_BUF struct buf	 help = BUF_INIT;
	char			 typed[TYPED_MAX];
	size_t			 i;

	cli_verb_typed(v->name, typed, sizeof(typed));
	buf_printf(out, ".Ss %s\n", typed);
	help_usage(v, &usage);
	buf_puts(out, ".D1");
	arg_add(out, "Nm stconsole Cm", buf_str(&usage));
	buf_puts(out, "\n.Pp\n");
	buf_puts(&help, v->help);
	if (!ends_sentence(v->help, strlen(v->help)))
		buf_putc(&help, '.');
	text_add(out, buf_str(&help), "");
	buf_printf(&needs, T_HELP_NEEDS + 1, role_name(v->role));
	if (v->plan != NULL)
		buf_printf(&needs, T_HELP_CHANGES, risk_name(v->risk));
	if (v->direct != NULL)
		buf_puts(&needs, T_HELP_ACTS);
	text_add(out, buf_str(&needs), "");
	if (v->param_count > 0) {
		buf_puts(out, ".Bl -tag -width Ds\n");
		for (i = 0; i < v->param_count; i++)
			param_item(&v->params[i], out);
		buf_puts(out, ".El\n");
	}
	if (v->detail != NULL)
		text_add(out, v->detail, ".Pp\n");
}

/* ---- pages */

static const struct {
	const char	*group, *about;
} abouts[] = {
	{ "about", T_ABOUT_ABOUT }, { "admin", T_ABOUT_ADMIN },
	{ "audit", T_ABOUT_AUDIT },
	{ "banner", T_ABOUT_BANNER }, { "config", T_ABOUT_CONFIG },
	{ "directory", T_ABOUT_DIRECTORY }, { "job", T_ABOUT_JOB },
	{ "lock", T_ABOUT_LOCK }, { "me", T_ABOUT_ME },
	{ "mongo", T_ABOUT_MONGO }, { "settings", T_ABOUT_SETTINGS },
	{ "setup", T_ABOUT_SETUP }, { "site", T_ABOUT_SITE },
	{ "snapshot", T_ABOUT_SNAPSHOT }, { "status", T_ABOUT_STATUS },
	{ "support", T_ABOUT_SUPPORT }, { "verb", T_ABOUT_VERB }
};

static const char *
group_about(const char *group)
{
	size_t i;

	for (i = 0; i < LENGTH(abouts); i++)
		if (str_equal(abouts[i].group, group))
			return abouts[i].about;
	return T_ABOUT_OTHER;
}

/* Each verb with its line of help; its page has the rest. */
static void
verbs_add(const struct registry *r, struct buf *out)
{
	const struct verb	*v;
	char			 typed[TYPED_MAX];
	size_t			 n;

	for (n = 0; (v = manual_verb(r, n)) != NULL; n++) {
		cli_verb_typed(v->name, typed, sizeof(typed));
		buf_printf(out, ".It Cm %s\n", typed);
		text_add(out, v->help, "");
	}
}

struct also {
	struct buf	*out;
	const char	*but;		/* the page itself */
	bool		 any;
};

/* "stconsole-admin.1" as ".Xr stconsole-admin 1". */
static bool
also_put(void *arg, const char *page)
{
	struct also	*a = arg;
	const char	*dot = strrchr(page, '.');

	if (str_equal(page, a->but))
		return true;
	buf_printf(a->out, "%s.Xr %.*s %s", a->any ? " ,\n" : "",
	    (int)(dot - page), page, dot + 1);
	a->any = true;
	return true;
}

static void
also_add(const struct registry *r, const struct world_hooks *hooks,
    const char *but, struct buf *out)
{
	struct also a = { out, but, false };

	buf_puts(out, ".Sh SEE ALSO\n");
	(void)manual_each(r, hooks, also_put, &a);
	buf_putc(out, '\n');
}

void
man_page(const struct registry *r, const struct world_hooks *hooks,
    struct buf *out)
{
	size_t i;

	buf_puts(out, MAN_DATE);
	buf_puts(out, MAN_HEAD);
	options_add(out);
	buf_puts(out, MAN_VERBS);
	verbs_add(r, out);
	buf_puts(out, MAN_EXIT);
	for (i = 0; i < EXIT_COUNT; i++) {
		buf_printf(out, ".It %zu\n", i);
		text_add(out, exit_meaning((enum answer_exit)i), "");
	}
	buf_puts(out, MAN_TAIL);
	also_add(r, hooks, "stconsole.1", out);
}

void
man_group(const struct registry *r, const struct world_hooks *hooks,
    const char *group, struct buf *out)
{
	AUTO_FREE char		*page = str_format("stconsole-%s.1", group);
	const struct verb	*v;
	size_t			 n;

	buf_puts(out, MAN_DATE);
	buf_puts(out, ".Dt STCONSOLE-");
	for (n = 0; group[n] != '\0'; n++)
		buf_putc(out, (char)toupper((unsigned char)group[n]));
	buf_printf(out, MAN_GROUP, group, group_about(group));
	for (n = 0; (v = manual_verb(r, n)) != NULL; n++)
		if (manual_is_of(v, group, strlen(group)))
			verb_add(v, out);
	buf_puts(out, MAN_GROUP_TAIL);
	also_add(r, hooks, page, out);
}
