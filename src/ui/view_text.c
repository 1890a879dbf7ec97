/*
 * Text of many lines: help, a command, a person, a log.  Long lines are
 * wrapped; "/" finds, n and N go on; W writes it to a file.
 */
#include "view_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/utf8.h"

#include "stconsole/msg.h"
#include "text.def"

static struct view_text *
self(const struct view *v)
{
	return (struct view_text *)(uintptr_t)v;
}

/* --- lines -------------------------------------------------------------- */

/* How much of a line fits: up to the last blank, or up to the edge. */
static size_t
line_fit(const char *s, size_t len, int width)
{
	AUTO_FREE char	*line = strndup(s, len);
	size_t		 used, fits, cut;

	if (line == NULL || width < 1)
		return len;
	fits = utf8_fit(line, (size_t)width, &used);
	if (fits >= len || fits == 0)
		return fits == 0 ? len : fits;
	for (cut = fits; cut > fits / 2; cut--)
		if (line[cut] == ' ')
			return cut;
	return fits;
}

/* A line that goes on begins a little to the right of its beginning. */
static int
hanging(const char *line, int width)
{
	int indent = (int)strspn(line, " ") + 2;

	return indent < width / 2 ? indent : 0;
}

static void
lines_add(struct view_text *t, const char *start, size_t len, int indent)
{
	struct text_line *lines;

	if (t->count % 64 == 0) {
		lines = realloc(t->lines, (t->count + 64) * sizeof(*lines));
		if (lines == NULL)
			return;
		t->lines = lines;
	}
	/* A CSV file ends its lines with CR LF; the file keeps them. */
	if (len > 0 && start[len - 1] == '\r')
		len--;
	t->lines[t->count++] = (struct text_line){ start, len, indent };
}

static void
wrap(struct view_text *t, int width)
{
	const char	*s = t->text;
	size_t		 len, fits;
	int		 indent = 0;

	if (t->width == width && !t->is_new)
		return;
	t->width = width;
	t->is_new = false;
	t->count = 0;
	while (*s != '\0') {
		len = strcspn(s, "\n");
		fits = line_fit(s, len, width - indent);
		lines_add(t, s, fits, indent);
		if (fits == len)
			indent = 0;
		else if (indent == 0)
			indent = hanging(s, width);
		s += fits;
		if (fits < len)
			s += *s == ' ';
		else
			s += *s == '\n';
	}
}

static size_t
last_top(const struct view_text *t)
{
	size_t rows = t->rows > 0 ? (size_t)t->rows : 1;

	return t->count > rows ? t->count - rows : 0;
}

static void
scroll_to(struct view_text *t, size_t top)
{
	t->top = top > last_top(t) ? last_top(t) : top;
}

bool
view_text_set(struct view_text *t, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return false;
	free(t->text);
	t->text = copy;
	t->is_new = true;
	app_changed(t->view.app);
	return true;
}

/* --- painting ----------------------------------------------------------- */

/* A diff stands indented below its step; "--yes=" of a wrapped line is none. */
static enum look
look_of(const struct text_line *l)
{
	size_t at = 0;

	if (l->indent > 0)
		return LOOK_TEXT;
	while (at < l->len && l->start[at] == ' ')
		at++;
	if (at < l->len && l->start[at] == '+')
		return LOOK_ADDED;
	if (at < l->len && l->start[at] == '-')
		return LOOK_REMOVED;
	return LOOK_TEXT;
}

void
view_text_paint(struct view *v, struct canvas *c, struct area a)
{
	struct view_text	*t = self(v);
	size_t			 i;
	int			 row;

	wrap(t, a.cols - 2);
	t->rows = a.rows;
	scroll_to(t, t->keeps_end ? last_top(t) : t->top);
	for (row = 0; row < a.rows; row++) {
		AUTO_FREE char *line = NULL;

		i = t->top + (size_t)row;
		if (i >= t->count)
			break;
		line = strndup(t->lines[i].start, t->lines[i].len);
		if (line != NULL)
			canvas_put(c, a.row + row, a.col + 2 +
			    t->lines[i].indent, a.cols - 2 -
			    t->lines[i].indent, t->is_diff ?
			    look_of(&t->lines[i]) : LOOK_TEXT, line);
	}
	row = t->found >= t->top && t->found < t->top + (size_t)a.rows ?
	    (int)(t->found - t->top) : 0;
	canvas_cursor(c, a.row + row, a.col);
}

/* --- search ------------------------------------------------------------- */

static bool
line_has(const struct text_line *l, const char *words)
{
	AUTO_FREE char *line = strndup(l->start, l->len);

	return line != NULL && strcasestr(line, words) != NULL;
}

static void
find(struct view_text *t, bool backward, bool from_here)
{
	size_t n, i;

	/* Nothing is painted between the keys that one read brings. */
	if (t->width > 0)
		wrap(t, t->width);
	if (t->search == NULL || t->count == 0)
		return;
	i = t->found < t->count ? t->found : t->count - 1;
	for (n = 0; n < t->count; n++) {
		if (n > 0 || !from_here)
			i = backward ? (i + t->count - 1) % t->count :
			    (i + 1) % t->count;
		if (!line_has(&t->lines[i], t->search))
			continue;
		t->found = i;
		if (i < t->top || i >= t->top + (size_t)t->rows)
			scroll_to(t, i);
		return;
	}
	app_say(t->view.app, T_SEARCH_NONE, t->search);
}

static void
search_typed(void *arg, const char *text)
{
	struct view_text *t = arg;

	if (text == NULL || text[0] == '\0')
		return;
	free(t->search);
	t->search = strdup(text);
	t->found = t->top;
	find(t, false, true);
}

/* --- writing to a file -------------------------------------------------- */

static void
file_typed(void *arg, const char *path)
{
	struct view_text	*t = arg;
	struct err		 e = { 0 };

	if (path == NULL || path[0] == '\0')
		return;
	if (view_file_write(path, t->text, &e))
		app_say(t->view.app, T_WRITTEN, path);
	else
		app_say_err(t->view.app, &e);
}

bool
view_text_press(struct view *v, const struct press *p)
{
	struct view_text	*t = self(v);
	struct err		 e = { 0 };

	if (p->code != PRESS_TEXT || !str_equal_nocase(p->text, "w"))
		return false;
	app_open(v->app, view_input_new(v->app, T_ASK_FILE, t->file_name,
	    file_typed, t, &e), &e);
	return true;
}

bool
view_text_act(struct view *v, enum act act)
{
	struct view_text	*t = self(v);
	size_t			 page = t->rows > 1 ? (size_t)t->rows - 1 : 1;
	struct err		 e = { 0 };

	if (act == ACT_UP || act == ACT_PAGE_UP || act == ACT_FIRST)
		t->keeps_end = false;
	switch (act) {
	case ACT_UP:
		scroll_to(t, t->top > 0 ? t->top - 1 : 0);
		return true;
	case ACT_DOWN:
		scroll_to(t, t->top + 1);
		return true;
	case ACT_PAGE_UP:
		scroll_to(t, t->top > page ? t->top - page : 0);
		return true;
	case ACT_PAGE_DOWN:
	case ACT_MARK:
		scroll_to(t, t->top + page);
		return true;
	case ACT_FIRST:
		scroll_to(t, 0);
		return true;
	case ACT_LAST:
		scroll_to(t, last_top(t));
		return true;
	case ACT_SEARCH:
		app_open(v->app, view_input_new(v->app, T_ASK_SEARCH,
		    t->search, search_typed, t, &e), &e);
		return true;
	case ACT_NEXT:
	case ACT_PREVIOUS:
		find(t, act == ACT_PREVIOUS, false);
		return true;
	default:
		return false;
	}
}

void
view_text_bar(const struct view *v, struct bar *bar)
{
	(void)v;
	bar_act(bar, ACT_HELP);
	bar_act(bar, ACT_BACK);
	bar_act(bar, ACT_SEARCH);
	bar_letter(bar, 'w', T_BAR_FILE);
	bar_act(bar, ACT_PAGE_DOWN);
}

void
view_text_hint(const struct view *v, struct buf *out)
{
	const struct view_text	*t = self(v);
	size_t			 last = t->top + (size_t)t->rows;

	if (t->count > (size_t)t->rows)
		buf_printf(out, T_LINES_OF, t->top + 1, last < t->count ?
		    last : t->count, t->count);
}

void
view_text_say(const struct view *v, struct buf *out)
{
	buf_puts(out, self(v)->text);
}

size_t
view_text_item_count(const struct view *v)
{
	(void)v;
	return 0;
}

void
view_text_fini(struct view_text *t)
{
	free(t->text);
	free(t->lines);
	free(t->search);
}

static void
text_free(struct view *v)
{
	view_text_fini(self(v));
	free(v);
}

static const struct view_ops ops = {
	.free = text_free, .paint = view_text_paint, .press = view_text_press,
	.act = view_text_act, .bar = view_text_bar, .hint = view_text_hint,
	.say = view_text_say, .item_count = view_text_item_count
};

bool
view_text_init(struct view_text *t, const struct view_ops *own_ops,
    struct app *app, const char *title, const char *screen)
{
	*t = (struct view_text){ .file_name = T_FILE_TEXT };
	t->text = strdup("");
	if (t->text != NULL && view_init(&t->view, own_ops, app, title,
	    screen))
		return true;
	free(t->text);
	return false;
}

struct view *
view_text_new(struct app *app, const char *title, const char *text,
    struct err *e)
{
	struct view_text *t = malloc(sizeof(*t));

	if (t == NULL || !view_text_init(t, &ops, app, title, NULL)) {
		free(t);
		err_nomem(e);
		return NULL;
	}
	if (view_text_set(t, text))
		return &t->view;
	view_free(&t->view);
	err_nomem(e);
	return NULL;
}
