/*
 * A list in words: the line about the focus, and its heading by lines.
 */
#include "view_list.h"

#include "edit.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"
#include "text_screen.def"

const char *
list_mark_say(enum screen_mark mark)
{
	static const char *const words[] = {
		[MARK_NONE] = "", [MARK_OK] = T_MARK_OK,
		[MARK_LOOK] = T_MARK_LOOK, [MARK_BROKEN] = T_MARK_BROKEN,
		[MARK_UNKNOWN] = T_MARK_UNKNOWN, [MARK_BUSY] = T_MARK_BUSY
	};

	return words[mark];
}

/* A panel is read at a glance: what is not well says why in its line. */
void
list_reason_add(const struct view_list *l, size_t i, struct buf *cell)
{
	AUTO_BUF struct buf	 reason = BUF_INIT;
	AUTO_JSON json_t	*value = NULL;
	enum screen_mark	 mark = table_state(l->table, i);

	if (l->screen->kind != SCREEN_PANEL || l->screen->detail == NULL ||
	    (mark != MARK_LOOK && mark != MARK_BROKEN && mark !=
	    MARK_UNKNOWN))
		return;
	value = screen_member(table_row(l->table, i), l->screen->detail);
	screen_value_text(value, &reason);
	if (reason.len > 0)
		buf_printf(cell, ", %s", buf_str(&reason));
}

static void
row_hint(const struct view_list *l, struct buf *out)
{
	const json_t		*row = table_row(l->table,
				    table_focus(l->table));
	AUTO_JSON json_t	*detail = NULL;

	if (row == NULL)
		return;
	if (l->screen->detail != NULL)
		detail = screen_member(row, l->screen->detail);
	screen_value_text(detail, out);
	if (out->len == 0 && l->screen->column_count > 0)
		table_cell(l->table, table_focus(l->table), 0, out);
}

static void
first_line(const char *text, struct buf *out)
{
	for (; *text != '\0' && *text != '\n'; text++)
		buf_putc(out, *text);
}

void
list_hint(const struct view *v, struct buf *out)
{
	const struct view_list *l = view_list(v);

	switch (l->place) {
	case LIST_ASK:
		buf_puts(out, T_HINT_ASK);
		break;
	case LIST_FILTER:
		buf_puts(out, T_HINT_FILTER);
		break;
	case LIST_ROWS:
		row_hint(l, out);
		break;
	case LIST_ITEMS:
		if (l->item < l->screen->item_count)
			first_line(l->screen->items[l->item].text.help, out);
		break;
	}
}

void
list_say(const struct view *v, struct buf *out)
{
	AUTO_BUF struct buf	 summary = BUF_INIT;
	const struct view_list	*l = view_list(v);

	list_summary(l, &summary);
	buf_puts(out, v->title);
	if (summary.len > 0)
		buf_printf(out, ", %s", buf_str(&summary));
	buf_puts(out, ".\n");
}

/* --- by lines ----------------------------------------------------------- */

static size_t
row_items(const struct view_list *l)
{
	return l->screen->rows != NULL ? table_count(l->table) : 0;
}

size_t
list_item_count(const struct view *v)
{
	const struct view_list *l = view_list(v);

	return (l->ask != NULL) + row_items(l) + l->screen->item_count;
}

/* A heading is not heard with its cell: what is only a yes is its label. */
static void
cell_say(const struct view_list *l, size_t row, size_t c, struct buf *out)
{
	const struct screen_column	*column = &l->screen->columns[c];
	AUTO_BUF struct buf		 cell = BUF_INIT;
	const char			*text;

	table_cell(l->table, row, c, &cell);
	if (c == 0)
		list_reason_add(l, row, &cell);
	text = buf_str(&cell);
	if (column->format == FORMAT_YESNO)
		text = str_equal(text, T_SCREEN_YES) ? column->text.label :
		    "";
	if (text[0] == '\0')
		return;
	if (out->len > 0)
		buf_puts(out, ", ");
	if (column->format == FORMAT_NUMBER || column->format == FORMAT_BYTES)
		buf_printf(out, "%s ", column->text.label);
	buf_puts(out, text);
}

void
list_item_say(const struct view *v, size_t i, struct buf *out)
{
	const struct view_list	*l = view_list(v);
	size_t			 rows = row_items(l), c;
	const char		*mark;

	if (l->ask != NULL && i-- == 0) {
		buf_printf(out, "%s: %s", l->screen->ask_text.label,
		    edit_text(l->ask));
		return;
	}
	if (i >= rows) {
		buf_puts(out, l->screen->items[i - rows].text.label);
		return;
	}
	for (c = 0; c < l->screen->column_count; c++)
		cell_say(l, i, c, out);
	mark = list_mark_say(table_state(l->table, i));
	if (mark[0] != '\0')
		buf_printf(out, ", %s", mark);
	if (table_is_marked(l->table, i))
		buf_printf(out, ", %s", T_SAY_MARKED);
}

void
list_item_focus(struct view *v, size_t i)
{
	struct view_list	*l = view_list(v);
	size_t			 rows = row_items(l);

	if (l->ask != NULL && i-- == 0) {
		l->place = LIST_ASK;
	} else if (i < rows) {
		l->place = LIST_ROWS;
		table_focus_set(l->table, i);
	} else {
		l->place = LIST_ITEMS;
		l->item = i - rows;
	}
}

bool
list_item_is_input(const struct view *v, size_t i, bool *is_secret)
{
	*is_secret = false;
	return view_list(v)->ask != NULL && i == 0;
}

bool
list_item_set(struct view *v, size_t i, const char *text, struct err *e)
{
	struct view_list *l = view_list(v);

	(void)i;
	if (!edit_set(l->ask, text, e))
		return false;
	list_load(l);
	return true;
}
