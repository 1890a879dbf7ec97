/*
 * stconsole-theme(5), from the words that the loader reads by.
 */
#include "manual.h"
#include "stconsole/msg.h"
#include "theme_words.h"
#include "theme_man.def"

static void
table_add(struct buf *out, enum theme_words of)
{
	const char	*name, *help;
	size_t		 i;

	buf_puts(out, ".Bl -tag -width Ds\n");
	for (i = 0; theme_word(of, i, &name, &help); i++)
		manual_key(out, name, help);
	buf_puts(out, ".El\n");
}

/* "bold, reverse, underline, dim." */
static void
names_add(struct buf *out, enum theme_words of, const char *lead)
{
	const char	*name, *help;
	size_t		 i;

	buf_puts(out, lead);
	for (i = 0; theme_word(of, i, &name, &help); i++)
		buf_printf(out, "%s%s", i > 0 ? ",\n" : "\n", name);
	buf_puts(out, ".\n");
}

void
theme_manual(const struct registry *r, struct buf *out)
{
	(void)r;
	buf_puts(out, MAN_THEME_HEAD);
	table_add(out, THEME_KEYS);
	names_add(out, THEME_MARKS, MAN_THEME_MARKS);
	buf_puts(out, MAN_THEME_LOOKS);
	table_add(out, THEME_LOOKS);
	buf_puts(out, MAN_THEME_LOOK);
	table_add(out, THEME_LOOK_KEYS);
	names_add(out, THEME_ATTRS, MAN_THEME_ATTRS);
	names_add(out, THEME_COLORS, MAN_THEME_COLORS);
	buf_puts(out, MAN_THEME_TAIL);
}
