/*
 * The pages there are, by section, and words as mdoc(7) takes them.
 */
#include "manual.h"

#include <ctype.h>
#include <string.h>

#include "stconsole/ui.h"

const struct world_page ui_pages[UI_PAGES] = {
	{ "stconsole-screen.5", screen_manual },
	{ "stconsole-theme.5", theme_manual },
	{ "stconsole-console.7", console_manual }
};

static void
letter_add(struct buf *out, char c, bool is_first)
{
	/* A dot or quote at the beginning of a line would be a request. */
	if (is_first && (c == '.' || c == '\''))
		buf_puts(out, "\\&");
	if (c == '\\')
		buf_puts(out, "\\e");
	else
		buf_putc(out, c);
}

void
manual_words(struct buf *out, const char *s)
{
	size_t i, len = strlen(s);

	for (i = 0; i < len; i++) {
		if (s[i] == ' ' && i > 0 && s[i - 1] == '.')
			buf_putc(out, '\n');
		else
			letter_add(out, s[i], i == 0 || s[i - 1] == '\n');
	}
	if (len > 0 && s[len - 1] != '.')
		buf_putc(out, '.');
	buf_putc(out, '\n');
}

void
manual_key(struct buf *out, const char *name, const char *words)
{
	/* A name that is punctuation would be taken for it. */
	buf_printf(out, ".It Ic %s%s\n", isalnum((unsigned char)*name) ? "" :
	    "\\&", name);
	manual_words(out, words);
}
