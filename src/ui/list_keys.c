/*
 * What keys do in a list: between its parts, in its rows, in what is typed.
 */
#include "view_list.h"

#include <ctype.h>

#include "edit_keys.h"

#include "stconsole/msg.h"
#include "text.def"

enum press_place
list_place(const struct view *v)
{
	enum list_part p = view_list(v)->place;

	return p == LIST_ASK || p == LIST_FILTER ? PLACE_FIELD : PLACE_LIST;
}

/* --- moving ------------------------------------------------------------- */

static size_t
clamp(size_t at, long by, size_t count)
{
	long to = (long)at + by;

	if (to < 0)
		to = 0;
	return (size_t)to >= count ? (count > 0 ? count - 1 : 0) : (size_t)to;
}

static bool
has_rows(const struct view_list *l)
{
	return l->screen->rows != NULL && table_count(l->table) > 0;
}

static void
rows_move(struct view_list *l, long by)
{
	size_t	 focus = table_focus(l->table), count = table_count(l->table);

	if (by == 1 && focus + 1 >= count && l->screen->item_count > 0) {
		l->place = LIST_ITEMS;
		l->item = 0;
	} else if (by == -1 && focus == 0 && l->ask != NULL) {
		l->place = LIST_ASK;
	} else {
		table_focus_set(l->table, clamp(focus, by, count));
	}
	l->follows = false;
}

static void
items_move(struct view_list *l, long by)
{
	long per = l->item_columns > 0 ? l->item_columns : 1;

	if (by == -1 && (long)l->item % per == 0 && has_rows(l)) {
		l->place = LIST_ROWS;
		return;
	}
	l->item = clamp(l->item, by, l->screen->item_count);
}

static void
move(struct view_list *l, long by)
{
	if (l->place == LIST_ITEMS)
		items_move(l, by);
	else if (l->place == LIST_ROWS)
		rows_move(l, by);
	else if (by > 0 && has_rows(l))
		l->place = LIST_ROWS;
}

static void
next_place(struct view_list *l, bool forward)
{
	enum list_part	 order[3];
	size_t		 n = 0, i;

	if (l->ask != NULL)
		order[n++] = LIST_ASK;
	if (has_rows(l))
		order[n++] = LIST_ROWS;
	if (l->screen->item_count > 0)
		order[n++] = LIST_ITEMS;
	for (i = 0; i < n; i++)
		if (order[i] == l->place) {
			l->place = order[(i + (forward ? 1 : n - 1)) % n];
			return;
		}
	if (n > 0)
		l->place = order[0];
}

/* --- filter ------------------------------------------------------------- */

static void
filter_apply(struct view_list *l)
{
	(void)table_filter(l->table, edit_text(l->filter));
}

static void
filter_end(struct view_list *l, bool keeps)
{
	struct err e = { 0 };

	if (!keeps && edit_set(l->filter, "", &e))
		filter_apply(l);
	l->place = has_rows(l) ? LIST_ROWS : l->screen->item_count > 0 ?
	    LIST_ITEMS : LIST_ROWS;
}

/* A key while something is typed; false: it has its common meaning. */
static bool
typing_act(struct view_list *l, enum act act)
{
	bool is_filter = l->place == LIST_FILTER;

	switch (act) {
	case ACT_OPEN:
		if (is_filter)
			filter_end(l, true);
		else
			list_load(l);
		return true;
	case ACT_BACK:
		if (!is_filter)
			return false;
		filter_end(l, false);
		return true;
	case ACT_DOWN:
	case ACT_UP:
	case ACT_NEXT_FIELD:
	case ACT_PREVIOUS_FIELD:
		if (is_filter)
			filter_end(l, true);
		else
			next_place(l, act == ACT_DOWN ||
			    act == ACT_NEXT_FIELD);
		return true;
	default:
		return edit_act(is_filter ? l->filter : l->ask, act);
	}
}

/* --- keys --------------------------------------------------------------- */

static void
mark_toggle(struct view_list *l)
{
	size_t focus = table_focus(l->table);

	table_mark(l->table, focus, !table_is_marked(l->table, focus));
	rows_move(l, focus + 1 < table_count(l->table) ? 1 : 0);
}

bool
list_has_takers(const struct screen *s)
{
	size_t i;

	for (i = 0; i < s->action_count; i++)
		if (s->actions[i].takes_marks)
			return true;
	return false;
}

static bool
table_act(struct view_list *l, enum act act)
{
	if (l->screen->rows == NULL)
		return false;
	switch (act) {
	case ACT_MARK:
		if (!list_has_takers(l->screen) || l->place != LIST_ROWS)
			return false;
		mark_toggle(l);
		return true;
	case ACT_SORT:
		table_sort_next(l->table);
		return true;
	case ACT_FOLLOW:
		l->follows = !l->follows;
		if (l->follows && table_count(l->table) > 0)
			table_focus_set(l->table, table_count(l->table) - 1);
		app_say(l->view.app, "%s", l->follows ? T_FOLLOWS :
		    T_FOLLOWS_NOT);
		return true;
	case ACT_SEARCH:
		l->place = LIST_FILTER;
		return true;
	default:
		return false;
	}
}

static bool
move_act(struct view_list *l, enum act act)
{
	long page = l->rows > 1 ? l->rows - 1 : 1;
	long per = l->item_columns > 0 ? l->item_columns : 1;

	switch (act) {
	case ACT_UP:
		move(l, -1);
		return true;
	case ACT_DOWN:
		move(l, 1);
		return true;
	case ACT_PAGE_UP:
		move(l, -page);
		return true;
	case ACT_PAGE_DOWN:
		move(l, page);
		return true;
	case ACT_LEFT:
	case ACT_RIGHT:
		if (l->place == LIST_ITEMS)
			move(l, act == ACT_LEFT ? -per : per);
		return l->place == LIST_ITEMS;
	case ACT_FIRST:
		move(l, -1000000);
		return true;
	case ACT_LAST:
		move(l, 1000000);
		return true;
	case ACT_NEXT_FIELD:
	case ACT_PREVIOUS_FIELD:
		next_place(l, act == ACT_NEXT_FIELD);
		return true;
	default:
		return false;
	}
}

bool
list_act(struct view *v, enum act act)
{
	struct view_list *l = view_list(v);

	if (list_place(v) == PLACE_FIELD && typing_act(l, act))
		return true;
	switch (act) {
	case ACT_REFRESH:
		list_load(l);
		return true;
	case ACT_OPEN:
		if (l->place == LIST_ITEMS)
			list_item_open(l, l->item);
		else
			return list_row_open(l);
		return true;
	case ACT_BACK:
		if (table_filter_text(l->table)[0] == '\0')
			return false;
		filter_end(l, false);
		return true;
	default:
		return table_act(l, act) || move_act(l, act);
	}
}

static bool
letter(struct view_list *l, char key)
{
	const struct screen	*s = l->screen;
	size_t			 i;

	for (i = 0; i < s->item_count; i++)
		if (s->items[i].key == key || (s->items[i].key == '\0' &&
		    i < 9 && key == (char)('1' + i))) {
			list_item_open(l, i);
			return true;
		}
	for (i = 0; i < s->action_count; i++)
		if (s->actions[i].key == key) {
			list_action_do(l, &s->actions[i]);
			return true;
		}
	return false;
}

bool
list_press(struct view *v, const struct press *p)
{
	struct view_list *l = view_list(v);

	if (list_place(v) == PLACE_FIELD) {
		if (!edit_press(l->place == LIST_FILTER ? l->filter : l->ask,
		    p))
			return false;
		if (l->place == LIST_FILTER)
			filter_apply(l);
		return true;
	}
	return p->code == PRESS_TEXT && p->text[1] == '\0' &&
	    letter(l, (char)tolower((unsigned char)p->text[0]));
}
