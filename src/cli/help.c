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

#define LEFT_COLUMN	28
#define RIGHT_EDGE	79
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

/*
 * Words of a text, folded at RIGHT_EDGE; each further line is indented.
 * used is where the cursor stands.
 */
static void
fold_add(struct buf *out, const char *text, size_t used, size_t margin)
{
	size_t	 start = used, len;

	for (text += strspn(text, " \n"); *text != '\0';
	    text += strspn(text, " \n")) {
		len = strcspn(text, " \n");
		if (used > start && used + 1 + len > RIGHT_EDGE) {
			buf_printf(out, "\n%*s", (int)margin, "");
			start = used = margin;
		} else if (used > start) {
			buf_putc(out, ' ');
			used++;
		}
		/* Help is ours: printable, near enough one column a byte. */
		buf_add(out, text, len);
		used += len;
		text += len;
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
	buf_printf(out, "%*s", (int)(LEFT_COLUMN - used), "");
	fold_add(out, right, LEFT_COLUMN, LEFT_COLUMN);
	buf_putc(out, '\n');
}

static void
verb_row(const struct verb *v, struct buf *out)
{
	char typed[TYPED_MAX];

	cli_verb_typed(v->name, typed, sizeof(typed));
	row_add(out, typed, v->help);
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
	for (i = 0; i < EXIT_COUNT; i++) {
		buf_printf(out, "  %zu  ", i);
		fold_add(out, exit_meaning((enum answer_exit)i), 5, 5);
		buf_putc(out, '\n');
	}
}

static void
param_row(const struct verb_param *p, struct buf *out)
{
	AUTO_BUF struct buf left = BUF_INIT, right = BUF_INIT;

	help_param(p, &left);
	buf_puts(&right, p->help != NULL ? p->help : "");
	if (p->type == PARAM_INT && p->min != p->max)
		buf_printf(&right, T_HELP_RANGE, (long long)p->min,
		    (long long)p->max);
	if (p->required)
		buf_puts(&right, T_HELP_REQUIRED);
	row_add(out, buf_str(&left), buf_str(&right));
}

static void
paragraph_add(struct buf *out, const char *s, size_t len)
{
	AUTO_FREE char *part = strndup(s, len);

	if (part == NULL) {
		out->failed = true;
		return;
	}
	buf_putc(out, '\n');
	/* What is indented is an example and stays as it is. */
	if (*part == ' ')
		buf_puts(out, part);
	else
		fold_add(out, part, 0, 0);
	buf_putc(out, '\n');
}

static void
detail_add(struct buf *out, const char *s)
{
	const char *end;

	for (; *s != '\0'; s = end + strspn(end, "\n")) {
		end = strstr(s, "\n\n");
		if (end == NULL)
			end = s + strlen(s);
		paragraph_add(out, s, (size_t)(end - s));
	}
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
		detail_add(out, v->detail);
}
