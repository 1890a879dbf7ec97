/*
 * A list in words: the line about the focus, and its heading by lines.
 */
#include "view_list.h"

#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

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
