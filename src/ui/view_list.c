/*
 * The list: what keys do in it.
 */
#include "view_list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "edit_keys.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "value.h"

#include "stconsole/msg.h"
#include "text.def"

#define ASK_MAX	200

static enum press_place
place(const struct view *v)
{
	enum list_place p = view_list(v)->place;

	return p == LIST_ASK || p == LIST_FILTER ? PLACE_FIELD : PLACE_LIST;
}

/* --- opening ------------------------------------------------------------ */

static const json_t *
focused(const struct view_list *l)
{
	return l->place != LIST_ITEMS ?
	    table_row(l->table, table_focus(l->table)) : NULL;
}

static void
item_open(struct view_list *l, size_t i)
{
	const struct screen_item	*item = &l->screen->items[i];
	struct err			 e = { 0 };
	json_t				*given;

	l->place = LIST_ITEMS;
	l->item = i;
	given = list_with(l, item->with, item->with_count, false, &e);
	if (given == NULL)
		app_say_err(l->view.app, &e);
	else
		app_open_screen(l->view.app, item->open, given);
}

/* A changing verb opens its preview; one that steers is asked first. */
static void
verb_open(struct view_list *l, const struct screen_action *a, json_t *params)
{
	const struct verb	*v = registry_verb(work_world(app_work(
				    l->view.app))->registry, a->call.verb);
	struct err		 e = { 0 };

	if (v != NULL && v->plan != NULL)
		app_open(l->view.app, view_plan_new(l->view.app, a->call.verb,
		    params, NULL, 0, &e), &e);
	else
		app_open(l->view.app, view_call_new(l->view.app, a->text.label,
		    a->call.verb, params, &e), &e);
}

/* A member of the focused row that is too long for a cell. */
static void
member_show(struct view_list *l, const struct screen_action *a,
    json_t *given)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_JSON json_t	*value = NULL;
	const json_t		*row = focused(l);
	struct err		 e = { 0 };

	json_decref(given);
	if (row != NULL)
		value = screen_member(row, a->show);
	if (value == NULL) {
		app_say(l->view.app, T_LIST_NO_ROW);
		return;
	}
	if (json_is_string(value))
		buf_puts(&text, json_string_value(value));
	else
		value_tell(value, 0, &text);
	app_open(l->view.app, view_text_new(l->view.app, a->text.label,
	    buf_str(&text), &e), &e);
}

static void
action_do(struct view_list *l, const struct screen_action *a)
{
	struct err	 e = { 0 };
	json_t		*given = list_with(l, a->call.with,
			    a->call.with_count, a->takes_marks, &e);

	if (given == NULL)
		app_say_err(l->view.app, &e);
	else if (a->show != NULL)
		member_show(l, a, given);
	else if (a->open != NULL)
		app_open_screen(l->view.app, a->open, given);
	else
		verb_open(l, a, given);
}

static const struct screen_action *
main_action(const struct screen *s)
{
	size_t i;

	for (i = 0; i < s->action_count; i++)
		if (s->actions[i].is_main)
			return &s->actions[i];
	return NULL;
}

static bool
row_open(struct view_list *l)
{
	const json_t	*row = focused(l);
	const char	*way = row != NULL ? screen_row_way(l->screen, row) :
			    NULL;

	if (row == NULL)
		return false;
	if (way != NULL)
		app_open_screen(l->view.app, way, json_object());
	else if (main_action(l->screen) != NULL)
		action_do(l, main_action(l->screen));
	else
		return false;
	return true;
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
	enum list_place	 order[3];
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

static bool
has_takers(const struct screen *s)
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
		if (!has_takers(l->screen) || l->place != LIST_ROWS)
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

static bool
act(struct view *v, enum act act)
{
	struct view_list *l = view_list(v);

	if (place(v) == PLACE_FIELD && typing_act(l, act))
		return true;
	switch (act) {
	case ACT_REFRESH:
		list_load(l);
		return true;
	case ACT_OPEN:
		if (l->place == LIST_ITEMS)
			item_open(l, l->item);
		else
			return row_open(l);
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
			item_open(l, i);
			return true;
		}
	for (i = 0; i < s->action_count; i++)
		if (s->actions[i].key == key) {
			action_do(l, &s->actions[i]);
			return true;
		}
	return false;
}

static bool
press(struct view *v, const struct press *p)
{
	struct view_list *l = view_list(v);

	if (place(v) == PLACE_FIELD) {
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

static void
bar(const struct view *v, struct bar *bar)
{
	const struct view_list	*l = view_list(v);
	const struct screen	*s = l->screen;
	size_t			 i;

	bar_act(bar, ACT_HELP);
	if (l->place == LIST_ASK)
		bar_act_as(bar, ACT_OPEN, T_BAR_SEARCH);
	for (i = 0; i < s->action_count && place(v) == PLACE_LIST; i++)
		bar_letter(bar, s->actions[i].key, s->actions[i].text.label);
	if (v->below != NULL)
		bar_act(bar, ACT_BACK);
	if (has_takers(s) && l->place == LIST_ROWS)
		bar_act(bar, ACT_MARK);
	if (s->rows != NULL)
		bar_act_as(bar, ACT_SEARCH, T_BAR_FILTER);
	if (s->load.verb != NULL)
		bar_act(bar, ACT_REFRESH);
	if (v->below == NULL) {
		bar_act(bar, ACT_LEAVE);
		bar_act(bar, ACT_PALETTE);
	}
	bar_act(bar, ACT_COMMAND);
	bar_act(bar, ACT_JOBS);
	if (s->kind == SCREEN_TABLE)
		bar_act(bar, ACT_SORT);
}

static const char *
help(const struct view *v)
{
	const struct view_list *l = view_list(v);

	if (l->place == LIST_ITEMS && l->item < l->screen->item_count)
		return l->screen->items[l->item].text.help;
	if (l->place == LIST_ASK)
		return l->screen->ask_text.help;
	return l->screen->text.help;
}

/* What the main action would do, else how the list itself is asked for. */
static void
command(const struct view *v, struct buf *out)
{
	const struct view_list		*l = view_list(v);
	const struct screen		*s = l->screen;
	struct err			 e = { 0 };
	json_t				*params;
	size_t				 i;

	if (s->load.verb != NULL) {
		params = list_with(l, s->load.with, s->load.with_count,
		    false, &e);
		work_command(app_work(v->app), s->load.verb, params, out);
		buf_putc(out, '\n');
		json_decref(params);
	}
	for (i = 0; i < s->action_count; i++) {
		if (s->actions[i].call.verb == NULL)
			continue;
		params = list_with(l, s->actions[i].call.with,
		    s->actions[i].call.with_count, s->actions[i].takes_marks,
		    &e);
		if (params == NULL)
			continue;
		buf_printf(out, "\n# %c %s\n", toupper((unsigned char)
		    s->actions[i].key), s->actions[i].text.label);
		work_command(app_work(v->app), s->actions[i].call.verb,
		    params, out);
		buf_putc(out, '\n');
		json_decref(params);
	}
}

static void
uncovered(struct view *v)
{
	list_load(view_list(v));
}

/* --- by lines ----------------------------------------------------------- */

static size_t
row_items(const struct view_list *l)
{
	return l->screen->rows != NULL ? table_count(l->table) : 0;
}

static size_t
item_count(const struct view *v)
{
	const struct view_list *l = view_list(v);

	return (l->ask != NULL) + row_items(l) + l->screen->item_count;
}

static void
item_say(const struct view *v, size_t i, struct buf *out)
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
	for (c = 0; c < l->screen->column_count; c++) {
		AUTO_BUF struct buf cell = BUF_INIT;

		table_cell(l->table, i, c, &cell);
		if (cell.len > 0)
			buf_printf(out, "%s%s", c > 0 ? ", " : "",
			    buf_str(&cell));
	}
	mark = list_mark_say(table_state(l->table, i));
	if (mark[0] != '\0')
		buf_printf(out, ", %s", mark);
	if (table_is_marked(l->table, i))
		buf_printf(out, ", %s", T_SAY_MARKED);
}

static void
item_focus(struct view *v, size_t i)
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

static bool
item_is_input(const struct view *v, size_t i, bool *is_secret)
{
	*is_secret = false;
	return view_list(v)->ask != NULL && i == 0;
}

static bool
item_set(struct view *v, size_t i, const char *text, struct err *e)
{
	struct view_list *l = view_list(v);

	(void)i;
	if (!edit_set(l->ask, text, e))
		return false;
	list_load(l);
	return true;
}

/* --- life --------------------------------------------------------------- */

static void
list_free(struct view *v)
{
	struct view_list *l = view_list(v);

	table_free(l->table);
	screen_free(l->screen);
	json_decref(l->given);
	json_decref(l->result);
	edit_free(l->ask);
	edit_free(l->filter);
	free(l);
}

static const struct view_ops ops = {
	.free = list_free, .paint = list_paint, .place = place,
	.press = press, .act = act, .bar = bar, .hint = list_hint,
	.help = help, .arrived = list_arrived, .due = list_due,
	.tick = list_tick, .command = command, .uncovered = uncovered,
	.say = list_say, .item_count = item_count, .item_say = item_say,
	.item_focus = item_focus, .item_is_input = item_is_input,
	.item_set = item_set
};

static bool
parts_new(struct view_list *l, struct err *e)
{
	static const struct edit_options options = { .max = ASK_MAX };

	l->table = table_new(l->screen);
	if (l->table == NULL)
		return err_nomem(e);
	l->filter = edit_new(&options, e);
	if (l->filter == NULL)
		return false;
	if (l->screen->ask != NULL) {
		l->ask = edit_new(&options, e);
		if (l->ask == NULL)
			return false;
	}
	l->place = l->ask != NULL ? LIST_ASK : l->screen->rows != NULL ?
	    LIST_ROWS : LIST_ITEMS;
	return true;
}

struct view *
view_list_new(struct app *app, struct screen *s, json_t *given,
    struct err *e)
{
	struct view_list *l = calloc(1, sizeof(*l));

	if (l == NULL || !view_init(&l->view, &ops, app, s->text.label,
	    s->name)) {
		free(l);
		screen_free(s);
		json_decref(given);
		err_nomem(e);
		return NULL;
	}
	l->screen = s;
	l->given = given;
	if (!parts_new(l, e)) {
		view_free(&l->view);
		return NULL;
	}
	l->needs_load = s->load.verb != NULL;
	l->load_ms = app_now_ms(app);
	return &l->view;
}
