/*
 * What is said: whole lines of clean text.
 */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "linear.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text_linear.def"

/* --- writing ------------------------------------------------------------ */

static void
out(struct linear *l, const char *bytes, size_t len)
{
	if (!l->is_gone && !file_write_all(l->out, bytes, len, NULL))
		l->is_gone = true;
}

/* Blanks mean something in the lines of a change. */
static bool
is_change(const char *line)
{
	line += strspn(line, " ");
	return (*line == '+' || *line == '-') && line[1] == ' ';
}

static void
line_add(const char *line, struct buf *b)
{
	size_t	 n;
	bool	 as_it_is = is_change(line);

	line += strspn(line, " \t");
	if (*line == '\0')
		return;
	while (*line != '\0') {
		n = strspn(line, " \t");
		if (n > 0 && line[n] == '\0')
			break;
		if (n > 0 && !as_it_is) {
			buf_putc(b, ' ');
			line += n;
			continue;
		}
		buf_putc(b, *line++);
	}
	buf_putc(b, '\n');
}

void
linear_put(struct linear *l, const char *text)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	size_t			 len;

	while (*text != '\0') {
		AUTO_FREE char *line = NULL;

		len = strcspn(text, "\n");
		line = strndup(text, len);
		if (line == NULL)
			return;
		str_strip_control(line);
		line_add(line, &b);
		text += len + (text[len] == '\n');
	}
	out(l, buf_str(&b), b.len);
}

void
linear_printf(struct linear *l, const char *fmt, ...)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	va_list			 ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	linear_put(l, buf_str(&b));
}

void
linear_before(struct linear *l, const char *text)
{
	AUTO_FREE char *line = strdup(text);

	if (line == NULL)
		return;
	if (line[0] != '\n')
		str_strip_control(line);
	out(l, line, strlen(line));
}

/* --- views -------------------------------------------------------------- */

static void
item_add(const struct view *v, size_t i, struct buf *b)
{
	AUTO_BUF struct buf one = BUF_INIT;

	v->ops->item_say(v, i, &one);
	buf_printf(b, "%zu %s\n", i + 1, buf_str(&one));
}

void
linear_item(struct linear *l, size_t i)
{
	AUTO_BUF struct buf b = BUF_INIT;

	item_add(l->app->top, i, &b);
	linear_put(l, buf_str(&b));
}

/* A text says what it is before it begins. */
static void
heading_add(const struct view *v, bool has_items, struct buf *b)
{
	AUTO_BUF struct buf said = BUF_INIT;

	if (v->ops->say != NULL)
		v->ops->say(v, &said);
	if (!has_items && v->title[0] != '\0' &&
	    !str_starts(buf_str(&said), v->title))
		buf_printf(b, "%s.\n", v->title);
	buf_puts(b, buf_str(&said));
	if (said.len > 0 && said.data[said.len - 1] != '\n')
		buf_putc(b, '\n');
}

static void
page_add(const struct linear *l, size_t first, struct buf *b)
{
	size_t count = linear_items(l), i;

	for (i = first; i < count && i < first + PAGE_ITEMS; i++)
		item_add(l->app->top, i, b);
}

/* Where a page of that many lines ends; 0: with the text. */
static size_t
page_end(const char *text, size_t from)
{
	size_t	 lines = 0, at = from;

	while (text[at] != '\0' && lines < PAGE_LINES) {
		at += strcspn(text + at, "\n");
		at += text[at] == '\n';
		lines++;
	}
	return text[at] != '\0' ? at : 0;
}

static void
page_put(struct linear *l, size_t from)
{
	AUTO_FREE char	*page = NULL;
	const char	*text = buf_str(&l->text);

	l->next_byte = page_end(text, from);
	page = l->next_byte > 0 ? strndup(text + from, l->next_byte - from) :
	    strdup(text + from);
	if (page != NULL)
		linear_put(l, page);
}

void
linear_say(struct linear *l, bool only_changes)
{
	AUTO_BUF struct buf	 now = BUF_INIT;
	const struct view	*v = l->app->top;
	size_t			 count = linear_items(l);

	if (v == NULL)
		return;
	heading_add(v, count > 0, &now);
	page_add(l, 0, &now);
	if (only_changes && l->said_serial == v->serial &&
	    str_equal(buf_str(&now), buf_str(&l->text)))
		return;
	buf_reset(&l->text);
	buf_puts(&l->text, buf_str(&now));
	buf_reset(&l->prompt);
	l->said_serial = v->serial;
	l->next_byte = l->next_item = 0;
	if (count == 0) {
		page_put(l, 0);
		return;
	}
	linear_put(l, buf_str(&l->text));
	if (count > PAGE_ITEMS)
		l->next_item = PAGE_ITEMS;
}

void
linear_said(struct linear *l)
{
	const struct view *v = l->app->top;

	if (v == NULL)
		return;
	buf_reset(&l->text);
	heading_add(v, linear_items(l) > 0, &l->text);
	page_add(l, 0, &l->text);
	l->said_serial = v->serial;
}

bool
linear_more(struct linear *l)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	bool			 is_same = l->app->top != NULL &&
				    l->app->top->serial == l->said_serial;

	buf_reset(&l->prompt);
	if (is_same && l->next_byte > 0) {
		page_put(l, l->next_byte);
		return true;
	}
	if (!is_same || l->next_item == 0 ||
	    l->next_item >= linear_items(l))
		return false;
	page_add(l, l->next_item, &b);
	linear_put(l, buf_str(&b));
	l->next_item += PAGE_ITEMS;
	if (l->next_item >= linear_items(l))
		l->next_item = 0;
	return true;
}

bool
linear_tell(struct linear *l)
{
	if (l->app->said[0] == '\0')
		return false;
	linear_put(l, l->app->said);
	l->app->said[0] = '\0';
	return true;
}

/* --- the prompt --------------------------------------------------------- */

static void
lower_add(const char *label, struct buf *b)
{
	if (label[0] != '\0' && !isupper((unsigned char)label[1]))
		buf_putc(b, (char)tolower((unsigned char)*label++));
	buf_puts(b, label);
}

static void
more_add(const struct linear *l, struct buf *b)
{
	if (l->next_byte > 0)
		buf_printf(b, "%s, ", T_LINE_MORE);
	else if (l->next_item > 0)
		buf_printf(b, T_LINE_MORE_OF, l->next_item, linear_items(l));
}

static void
choices_add(const struct linear *l, struct buf *b)
{
	const struct view	*v = l->app->top;
	struct bar		 bar = { .count = 0 };
	size_t			 i;

	buf_puts(b, T_LINE_CHOOSE);
	more_add(l, b);
	if (linear_items(l) > 0)
		buf_printf(b, "%s, ", T_LINE_NUMBER);
	v->ops->bar(v, &bar);
	for (i = 0; i < bar.count; i++) {
		if (bar.entry[i].act == ACT_PREVIEW)
			buf_printf(b, "%s, ", T_LINE_PREVIEW);
		if (bar.entry[i].act != ACT_NONE)
			continue;
		buf_printf(b, "%c ", bar.entry[i].letter);
		lower_add(bar.entry[i].label, b);
		buf_puts(b, ", ");
	}
	if (l->next_item > 0)
		buf_printf(b, "%s, ", T_LINE_FILTER);
	buf_printf(b, "%s, %s", T_LINE_HELP, v->below == NULL ?
	    T_LINE_LEAVE : linear_offers(l, ACT_NONE, 'b') ?
	    T_LINE_BACK_WORD : T_LINE_BACK);
}

void
linear_prompt(struct linear *l)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (linear_is_plan(l)) {
		more_add(l, &b);
		buf_puts(&b, !linear_offers(l, ACT_NONE, 'd') ? T_LINE_DO_IT :
		    linear_offers(l, ACT_NONE, 'c') ? T_LINE_APPLY_OR_WAIT :
		    T_LINE_APPLY);
	} else {
		choices_add(l, &b);
	}
	if (!str_equal(buf_str(&b), buf_str(&l->prompt)))
		linear_put(l, buf_str(&b));
	buf_reset(&l->prompt);
	buf_puts(&l->prompt, buf_str(&b));
	linear_before(l, "> ");
}
