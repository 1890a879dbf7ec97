/*
 * How a list looks.  Rows have the caret, their mark, the columns that fit;
 * items are a grid below, by columns as one reads them.
 */
#include "view_list.h"

#include <string.h>

#include "edit_keys.h"
#include "mark.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/utf8.h"
#include "value.h"
#include "wrap.h"

#include "stconsole/msg.h"
#include "text.def"

#define CARET_COLS	2
#define MARK_COLS	3
#define CHOSEN_COLS	2		/* "* " of marked rows */
#define ITEM_GAP	3
#define ITEM_COLS_MIN	12

/* "3 things need a look": what a panel is for. */
static void
panel_summary(const struct view_list *l, struct buf *out)
{
	size_t	 i, wrong = 0, unknown = 0;
	enum screen_mark mark;

	for (i = 0; i < table_count(l->table); i++) {
		mark = table_state(l->table, i);
		wrong += mark == MARK_LOOK || mark == MARK_BROKEN;
		unknown += mark == MARK_UNKNOWN;
	}
	if (wrong == 0)
		buf_puts(out, unknown > 0 ? T_PANEL_KNOWN : T_PANEL_WELL);
	else
		buf_printf(out, wrong == 1 ? T_PANEL_ONE : T_PANEL_MANY,
		    wrong);
	if (unknown > 0)
		buf_printf(out, T_PANEL_UNKNOWN, unknown);
}

static void
count_summary(const struct view_list *l, struct buf *out)
{
	size_t	 shown = table_count(l->table), all = table_total(l->table);
	size_t	 marked = table_marked_count(l->table);

	if (all == 0 && l->ask != NULL && l->result == NULL) {
		buf_puts(out, T_LIST_ASK);
		return;
	}
	if (all == 0 && l->screen->empty.label != NULL &&
	    *l->screen->empty.label != '\0') {
		buf_puts(out, l->screen->empty.label);
		return;
	}
	buf_printf(out, shown == all ? T_LIST_ALL : T_LIST_SOME, shown, all);
	if (marked > 0)
		buf_printf(out, T_LIST_MARKED, marked);
}

void
list_summary(const struct view_list *l, struct buf *out)
{
	int64_t now = app_now_ms(l->view.app);

	if (l->screen->load.verb == NULL)
		return;
	if (l->problem[0] != '\0') {
		buf_puts(out, l->problem);
		return;
	}
	if (l->result != NULL || (l->load_id == 0 && !l->needs_load)) {
		if (l->screen->kind == SCREEN_PANEL)
			panel_summary(l, out);
		else
			count_summary(l, out);
	}
	if (l->load_id != 0 || l->needs_load) {
		if (out->len > 0)
			buf_puts(out, ", ");
		buf_printf(out, T_ASKING, (long long)(now - l->load_ms) /
		    1000);
	}
}

/* Filter and order, on the right of the summary. */
static void
state_tell(const struct view_list *l, struct buf *out)
{
	AUTO_BUF struct buf	 age = BUF_INIT, sort = BUF_INIT;
	int64_t			 now = app_now_ms(l->view.app);

	table_sort_tell(l->table, &sort);
	if (table_filter_text(l->table)[0] != '\0')
		buf_printf(out, T_FILTER, table_filter_text(l->table));
	if (sort.len > 0)
		buf_printf(out, "%s%s", out->len > 0 ? "  " : "",
		    buf_str(&sort));
	if (l->screen->kind == SCREEN_PANEL && l->loaded_ms > 0) {
		value_age_add((now - l->loaded_ms) / 1000, &age);
		buf_printf(out, T_CHECKED, buf_str(&age));
	}
}

static void
summary_paint(const struct view_list *l, struct canvas *c, struct area a)
{
	AUTO_BUF struct buf	 left = BUF_INIT, right = BUF_INIT;
	int			 cols;

	list_summary(l, &left);
	state_tell(l, &right);
	cols = (int)utf8_columns(buf_str(&right));
	canvas_put(c, a.row, a.col + 2, a.cols - 4 - cols, l->problem[0] !=
	    '\0' ? LOOK_ERROR : LOOK_TEXT, buf_str(&left));
	canvas_put_right(c, a.row, a.col + a.cols - cols - 1, cols, LOOK_DIM,
	    buf_str(&right));
}

/* Why nothing is here, whole; the list below it is empty. */
static void
problem_paint(const struct view_list *l, struct canvas *c, struct area *a)
{
	struct area	 below = *a;
	int		 used;

	below.col += 2;
	below.cols -= 4;
	used = wrap_paint(c, below, LOOK_ERROR, l->problem);
	a->row += used;
	a->rows -= used;
}

static void
line_edit_paint(struct edit *ed, const char *label, bool has_focus,
    struct canvas *c, struct area a)
{
	int at = canvas_put(c, a.row, a.col + 2, a.cols - 2, LOOK_LABEL,
	    label);

	if (has_focus)
		canvas_put(c, a.row, a.col, 1, LOOK_FOCUS, ">");
	edit_paint(ed, c, a.row, a.col + at + 4, a.cols - at - 6, has_focus);
}

/* --- rows --------------------------------------------------------------- */

static bool
is_right(enum screen_format format)
{
	return format == FORMAT_NUMBER || format == FORMAT_BYTES ||
	    format == FORMAT_AGE;
}

static void
cell_paint(const struct table_place *p, const struct screen_column *column,
    enum look look, const char *text, struct canvas *c, int row, int col)
{
	if (is_right(column->format))
		canvas_put_right(c, row, col, p->width, look, text);
	else
		canvas_put(c, row, col, p->width, look, text);
}

struct columns {
	struct table_place	*place;
	size_t			 count;
	int			 first;		/* column of the first cell */
	bool			 has_mark, has_chosen;
};

static void
heading_paint(const struct view_list *l, const struct columns *cs,
    struct canvas *c, int row)
{
	const struct screen_column	*column;
	size_t				 i;
	int				 col = cs->first;

	for (i = 0; i < cs->count; i++) {
		column = &l->screen->columns[cs->place[i].column];
		cell_paint(&cs->place[i], column, LOOK_HEADING,
		    column->text.label, c, row, col);
		col += cs->place[i].width + 2;
	}
}

static void
row_paint(const struct view_list *l, size_t i, const struct columns *cs,
    struct canvas *c, struct area a, int row)
{
	const struct theme	*theme = app_theme(l->view.app);
	bool			 has_focus = l->place == LIST_ROWS &&
				    i == table_focus(l->table);
	bool			 is_row = has_focus && theme->select ==
				    SELECT_ROW;
	enum look		 look, text = has_focus && theme->select !=
				    SELECT_CARET ? LOOK_FOCUS : LOOK_TEXT;
	const char		*mark;
	size_t			 k;
	int			 col = cs->first;

	mark = mark_text(theme, table_state(l->table, i), &look);
	for (k = 0; k < cs->count; k++) {
		AUTO_BUF struct buf cell = BUF_INIT;

		table_cell(l->table, i, cs->place[k].column, &cell);
		if (cs->place[k].column == 0)
			list_reason_add(l, i, &cell);
		cell_paint(&cs->place[k], &l->screen->columns[cs->place[k]
		    .column], k == 0 || is_row ? text : LOOK_TEXT,
		    buf_str(&cell), c, row, col);
		col += cs->place[k].width + 2;
	}
	if (is_row)
		canvas_look(c, (struct area){ row, a.col, 1, a.cols },
		    LOOK_FOCUS);
	if (cs->has_mark)
		canvas_put(c, row, a.col + CARET_COLS, MARK_COLS, look, mark);
	if (cs->has_chosen && table_is_marked(l->table, i))
		canvas_put(c, row, cs->first - CHOSEN_COLS, 1, LOOK_MARKED,
		    "*");
	if (has_focus) {
		canvas_put(c, row, a.col, 1, LOOK_FOCUS, ">");
		canvas_cursor(c, row, a.col);
	}
}

static void
rows_scroll(struct view_list *l, int rows)
{
	size_t focus = table_focus(l->table), room = (size_t)rows;

	if (focus < l->top)
		l->top = focus;
	if (focus >= l->top + room)
		l->top = focus - room + 1;
	if (l->top + room > table_count(l->table))
		l->top = table_count(l->table) > room ?
		    table_count(l->table) - room : 0;
}

/* A reason comes to the text of a panel: it has all the room there is. */
static void
first_widen(struct columns *cs, int cols)
{
	size_t i;

	for (i = 0; i < cs->count; i++)
		cols -= cs->place[i].width + (i > 0 ? 2 : 0);
	if (cols > 0)
		cs->place[0].width += cols;
}

/* Returns the rows that it took, the heading with them. */
static int
rows_paint(struct view_list *l, struct canvas *c, struct area a)
{
	AUTO_FREE struct table_place	*place = calloc(l->screen->
					    column_count + 1, sizeof(*place));
	struct columns			 cs = {
		.place = place, .first = a.col + CARET_COLS,
		.has_mark = l->screen->mark != NULL,
		.has_chosen = list_has_takers(l->screen)
	};
	bool				 has_heading;
	int				 i, rows;

	if (place == NULL || a.rows < 1)
		return 0;
	if (cs.has_mark)
		cs.first += MARK_COLS;
	if (cs.has_chosen)
		cs.first += CHOSEN_COLS;
	cs.count = table_layout(l->table, a.cols - cs.first - 1, place);
	if (l->screen->kind == SCREEN_PANEL && cs.count > 0)
		first_widen(&cs, a.cols - cs.first - 1);
	has_heading = l->screen->kind != SCREEN_PANEL && a.rows > 2;
	if (has_heading)
		heading_paint(l, &cs, c, a.row++);
	rows = a.rows - has_heading;
	l->rows = rows;
	rows_scroll(l, rows);
	for (i = 0; i < rows && l->top + (size_t)i < table_count(l->table);
	    i++)
		row_paint(l, l->top + (size_t)i, &cs, c, a, a.row + i);
	return i + has_heading;
}

/* --- items -------------------------------------------------------------- */

static char
item_key(const struct screen *s, size_t i)
{
	if (s->items[i].key != '\0')
		return s->items[i].key;
	return i < 9 ? (char)('1' + i) : ' ';
}

static int
item_width(const struct screen *s)
{
	int	 width = ITEM_COLS_MIN, own;
	size_t	 i;

	for (i = 0; i < s->item_count; i++) {
		own = (int)utf8_columns(s->items[i].text.label) + 2;
		if (own > width)
			width = own;
	}
	return width;
}

/* One below the other where there is room, else side by side. */
static int
items_rows(struct view_list *l, struct area a)
{
	int	 count = (int)l->screen->item_count;
	int	 across = (a.cols - CARET_COLS) / (item_width(l->screen) +
		    ITEM_GAP);

	if (across < 1)
		across = 1;
	if (l->screen->rows == NULL && count <= a.rows)
		across = 1;
	l->item_columns = (count + across - 1) / across;
	return l->item_columns;
}

/* A menu has room for what each item is. */
static void
item_help_paint(const struct view_list *l, size_t i, struct canvas *c,
    int row, struct area a)
{
	AUTO_FREE char	*line = NULL;
	const char	*help = l->screen->items[i].text.help;
	int		 col = CARET_COLS + 2 + item_width(l->screen);

	if (l->screen->rows != NULL || a.cols - col < 24)
		return;
	line = strndup(help, screen_lead(help));
	if (line != NULL)
		canvas_put(c, row, a.col + col, a.cols - col - 1, LOOK_DIM,
		    line);
}

static void
items_paint(struct view_list *l, struct canvas *c, struct area a)
{
	int	 per = l->item_columns, width = item_width(l->screen);
	int	 row, col, i, top = 0;

	if (l->place == LIST_ITEMS && (int)l->item % per >= a.rows)
		top = (int)l->item % per - a.rows + 1;
	for (i = 0; i < (int)l->screen->item_count; i++) {
		bool has_focus = l->place == LIST_ITEMS &&
		    (size_t)i == l->item;
		char key[] = { item_key(l->screen, (size_t)i), '\0' };

		row = i % per - top;
		col = a.col + i / per * (width + ITEM_GAP);
		if (row < 0 || row >= a.rows)
			continue;
		row += a.row;
		canvas_put(c, row, col + 2, 1, LOOK_KEY, key);
		canvas_put(c, row, col + 4, width, has_focus &&
		    app_theme(l->view.app)->select != SELECT_CARET ?
		    LOOK_FOCUS : LOOK_TEXT,
		    l->screen->items[i].text.label);
		if (per == (int)l->screen->item_count)
			item_help_paint(l, (size_t)i, c, row, a);
		if (has_focus) {
			canvas_put(c, row, col, 1, LOOK_FOCUS, ">");
			canvas_cursor(c, row, col);
		}
	}
}

/* --- all ---------------------------------------------------------------- */

/* The items get their rows at the bottom, a blank one between. */
static struct area
items_area(struct view_list *l, struct area *rest)
{
	struct area	 a = *rest;
	int		 rows = items_rows(l, a);

	if (l->screen->rows == NULL)
		return a;
	if (rows > a.rows / 2)
		rows = a.rows / 2;
	rest->rows = a.rows - rows - (a.rows > 10);
	a.rows = rows;
	return a;
}

void
list_paint(struct view *v, struct canvas *c, struct area a)
{
	struct view_list	*l = view_list(v);
	struct area		 items = { 0 };
	int			 took;

	canvas_cursor(c, a.row, a.col);
	if (l->problem[0] != '\0' && table_total(l->table) == 0 &&
	    l->ask == NULL && l->screen->item_count == 0 && a.rows > 3) {
		problem_paint(l, c, &a);
	} else if (l->screen->load.verb != NULL && a.rows > 3) {
		summary_paint(l, c, a);
		a.row++;
		a.rows--;
	}
	if (l->ask != NULL || l->place == LIST_FILTER) {
		line_edit_paint(l->place == LIST_FILTER ? l->filter : l->ask,
		    l->place == LIST_FILTER ? T_FILTER_LABEL :
		    l->screen->ask_text.label, l->place == LIST_ASK ||
		    l->place == LIST_FILTER, c, a);
		a.row++;
		a.rows--;
	} else if (a.rows > 12) {
		a.row++;
		a.rows--;
	}
	if (l->screen->item_count > 0)
		items = items_area(l, &a);
	if (l->screen->rows != NULL) {
		took = rows_paint(l, c, a);
		items.row = a.row + took + (a.rows > took);
		if (items.row + items.rows > a.row + a.rows + items.rows)
			items.row = a.row + a.rows;
	}
	if (l->screen->item_count > 0)
		items_paint(l, c, items);
}
