#include <string.h>

#include "edit_private.h"
#include "stconsole/utf8.h"

void
edit_reveal(struct edit *ed, bool is_revealed)
{
	ed->is_revealed = is_revealed;
}

bool
edit_is_hidden(const struct edit *ed)
{
	return ed->options.is_secret && !ed->is_revealed;
}

/* Of the cluster at at; *bytes is 0 at the end. */
static size_t
cell_at(const struct edit *ed, size_t at, size_t *bytes)
{
	*bytes = utf8_cluster(ed->text + at);
	if (*bytes == 0)
		return 0;
	return edit_is_hidden(ed) ? 1 :
	    utf8_cluster_columns(ed->text + at, *bytes);
}

/* From here to there, or more than most. */
static size_t
columns_between(const struct edit *ed, size_t from, size_t to, size_t most)
{
	size_t columns = 0, n;

	while (from < to && columns <= most) {
		columns += cell_at(ed, from, &n);
		from += n;
	}
	return columns;
}

/* What the terminal's cursor covers; there is a blank behind the text. */
static size_t
caret_columns(const struct edit *ed)
{
	size_t n, columns = cell_at(ed, ed->caret, &n);

	return columns > 0 ? columns : 1;
}

static bool
caret_is_inside(const struct edit *ed, size_t first, size_t width)
{
	return columns_between(ed, first, ed->caret, width) +
	    caret_columns(ed) <= width;
}

/* The caret in the middle, or further left where that is too narrow. */
static size_t
first_around_caret(const struct edit *ed, size_t width)
{
	size_t first = ed->caret, columns = 0, n, ignored;

	while (first > 0) {
		n = utf8_cluster_back(ed->text, ed->text + first);
		columns += cell_at(ed, first - n, &ignored);
		if (columns > width / 2)
			break;
		first -= n;
	}
	while (first < ed->caret && !caret_is_inside(ed, first, width))
		first += utf8_cluster(ed->text + first);
	return first;
}

/* The last window's, when that still shows the caret and what is before. */
static size_t
first_of_window(const struct edit *ed, size_t width)
{
	size_t first = edit_snap(ed, ed->first);

	if (columns_between(ed, 0, ed->len, width) < width)
		return 0;
	if ((first < ed->caret || first == 0) &&
	    caret_is_inside(ed, first, width))
		return first;
	return first_around_caret(ed, width);
}

void
edit_window(struct edit *ed, size_t width, struct edit_window *w)
{
	size_t n, columns;

	ed->first = first_of_window(ed, width);
	*w = (struct edit_window){ .first = ed->first };
	for (;;) {
		columns = cell_at(ed, w->first + w->bytes, &n);
		if (n == 0 || w->columns + columns > width)
			break;
		w->bytes += n;
		w->columns += columns;
	}
	w->caret = columns_between(ed, w->first, ed->caret, width);
	w->has_left = w->first > 0;
	w->has_right = w->first + w->bytes < ed->len;
}

void
edit_window_show(const struct edit *ed, const struct edit_window *w,
    struct buf *out)
{
	size_t at = w->first, end = w->first + w->bytes;

	/* At once: a buffer that grows leaves pieces behind. */
	buf_reserve(out, w->bytes);
	if (!edit_is_hidden(ed)) {
		buf_add(out, ed->text + at, w->bytes);
		return;
	}
	for (; at < end; at += utf8_cluster(ed->text + at))
		buf_putc(out, '*');
}
