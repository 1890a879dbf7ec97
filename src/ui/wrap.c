#include "wrap.h"

#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/utf8.h"

/* Bytes of the first line: whole words, or what fits of a long one. */
static size_t
line_fit(const char *s, size_t columns)
{
	size_t end = strcspn(s, "\n"), n = utf8_fit(s, columns, NULL);
	size_t word;

	if (n >= end)
		return end;
	if (s[n] == ' ')
		return n;
	for (word = n; word > 0 && s[word - 1] != ' ';)
		word--;
	if (word > 0)
		return word;
	return n > 0 ? n : utf8_cluster(s);
}

int
wrap_paint(struct canvas *c, struct area a, enum look look, const char *text)
{
	size_t	 n;
	int	 row;

	if (a.cols < 1)
		return 0;
	for (row = 0; row < a.rows && *text != '\0'; row++) {
		AUTO_FREE char *line = NULL;

		n = line_fit(text, (size_t)a.cols);
		line = strndup(text, n);
		if (line == NULL)
			break;
		canvas_put(c, a.row + row, a.col, a.cols, look, line);
		text += n;
		text += strspn(text, " ");
		text += *text == '\n';
	}
	return row;
}
