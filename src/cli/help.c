/*
 * Help printed from the verb table, so that it cannot say something else
 * than what is done.
 */
#include "parts.h"

#include <ctype.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define LEFT_COLUMN	30
#define TYPED_MAX	96

static void
upper_add(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		buf_putc(out, (char)toupper((unsigned char)*s));
}

void
help_param_value(const struct verb_param *p, struct buf *out)
{
	switch (p->type) {
	case PARAM_FLAG:
		break;
	case PARAM_CHOICE:
		buf_puts(out, p->choices);
		break;
	case PARAM_DURATION:
		buf_puts(out, "TIME");
		break;
	case PARAM_INT:
		buf_puts(out, "N");
		break;
	case PARAM_INPUT:
	case PARAM_SECRET:
		buf_puts(out, "FILE|-");
		break;
	case PARAM_MAIL:
		buf_puts(out, "MAIL");
		break;
	case PARAM_TEXT:
		upper_add(out, p->name);
		break;
	}
}

/* "MAIL..." or "--via mongo|api", as it is typed. */
void
help_param(const struct verb_param *p, struct buf *out)
{
	if (p->positional && p->type != PARAM_CHOICE) {
		upper_add(out, p->name);
	} else if (p->positional) {
		help_param_value(p, out);
	} else {
		buf_puts(out, "--");
		cli_param_option(p, out);
		if (p->type != PARAM_FLAG)
			buf_putc(out, ' ');
		help_param_value(p, out);
	}
	if (p->many)
		buf_puts(out, "...");
}

void
help_usage(const struct verb *v, struct buf *out)
{
	char	 typed[TYPED_MAX];
	size_t	 i;

	cli_verb_typed(v->name, typed, sizeof(typed));
	buf_puts(out, typed);
	for (i = 0; i < v->param_count; i++) {
		const struct verb_param *p = &v->params[i];

		buf_puts(out, p->required ? " " : " [");
		help_param(p, out);
		if (!p->required)
			buf_putc(out, ']');
	}
}

/* "  left      right"; a long left side gets a line of its own. */
static void
row_add(struct buf *out, const char *left, const char *right)
{
	size_t used = width_of(left) + 2;

	buf_printf(out, "  %s", left);
	if (used + 2 > LEFT_COLUMN) {
		buf_putc(out, '\n');
		used = 0;
	}
	buf_printf(out, "%*s%s", (int)(LEFT_COLUMN - used), "", right);
}

static void
verb_row(const struct verb *v, struct buf *out)
{
	char typed[TYPED_MAX];

	cli_verb_typed(v->name, typed, sizeof(typed));
	row_add(out, typed, v->help);
	buf_putc(out, '\n');
}

bool
help_group(const struct registry *r, const char *word, struct buf *out)
{
	size_t	 i, j, len = strlen(word), n = 0;

	for (i = 0; i < r->count; i++)
		for (j = 0; j < r->services[i]->verb_count; j++) {
			const struct verb *v = &r->services[i]->verbs[j];

			if (strncmp(v->name, word, len) != 0 ||
			    v->name[len] != '.')
				continue;
			verb_row(v, out);
			n++;
		}
	return n > 0;
}

static void
options_add(struct buf *out)
{
	size_t i;

	for (i = 0; i < cli_option_count; i++) {
		const struct cli_option	*o = &cli_option_table[i];
		AUTO_BUF struct buf	 left = BUF_INIT;

		buf_printf(&left, "--%s", o->name);
		if (o->value != NULL)
			buf_printf(&left, o->optional ? "[=%s]" : " %s",
			    o->value);
		row_add(out, buf_str(&left), o->help);
		buf_putc(out, '\n');
	}
}

void
help_all(const struct registry *r, struct buf *out)
{
	size_t i, j;

	buf_printf(out, T_HELP_HEAD, STCONSOLE_VERSION);
	buf_puts(out, T_HELP_VERBS);
	for (i = 0; i < r->count; i++)
		for (j = 0; j < r->services[i]->verb_count; j++)
			verb_row(&r->services[i]->verbs[j], out);
	buf_puts(out, T_HELP_OPTIONS);
	options_add(out);
	buf_puts(out, T_HELP_EXITS);
	for (i = 0; i < EXIT_COUNT; i++)
		buf_printf(out, "  %zu  %s\n", i,
		    exit_meaning((enum cli_exit)i));
}

static void
param_row(const struct verb_param *p, struct buf *out)
{
	AUTO_BUF struct buf left = BUF_INIT;

	help_param(p, &left);
	row_add(out, buf_str(&left), p->help != NULL ? p->help : "");
	if (p->type == PARAM_INT && p->min != p->max)
		buf_printf(out, T_HELP_RANGE, (long long)p->min,
		    (long long)p->max);
	if (p->required)
		buf_puts(out, T_HELP_REQUIRED);
	buf_putc(out, '\n');
}

void
help_verb(const struct verb *v, struct buf *out)
{
	size_t i;

	buf_puts(out, T_HELP_USAGE);
	help_usage(v, out);
	buf_printf(out, "\n\n%s\n", v->help);
	if (v->param_count > 0)
		buf_puts(out, T_HELP_VALUES);
	for (i = 0; i < v->param_count; i++)
		param_row(&v->params[i], out);
	buf_printf(out, T_HELP_NEEDS, role_name(v->role));
	if (v->plan != NULL)
		buf_printf(out, T_HELP_CHANGES, risk_name(v->risk));
	if (v->direct != NULL)
		buf_puts(out, T_HELP_ACTS);
	buf_putc(out, '\n');
	if (v->detail != NULL)
		buf_printf(out, "\n%s\n", v->detail);
}
