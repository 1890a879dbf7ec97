/*
 * What a list opens: the screen of an item or of a row, the verb of an
 * action with the values of the rows.
 */
#include "view_list.h"

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "value.h"

#include "stconsole/msg.h"
#include "text.def"

static const json_t *
focused(const struct view_list *l)
{
	return l->place != LIST_ITEMS ?
	    table_row(l->table, table_focus(l->table)) : NULL;
}

void
list_item_open(struct view_list *l, size_t i)
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
	if (row == NULL) {
		app_say(l->view.app, T_LIST_NO_ROW);
		return;
	}
	if (json_is_string(value))
		buf_puts(&text, json_string_value(value));
	else if (value != NULL)
		value_tell(value, 0, &text);
	if (text.len == 0) {
		app_say(l->view.app, T_LIST_NO_VALUE, a->text.label);
		return;
	}
	app_open(l->view.app, view_text_new(l->view.app, a->text.label,
	    buf_str(&text), &e), &e);
}

void
list_action_do(struct view_list *l, const struct screen_action *a)
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
		app_open(l->view.app, view_verb_new(l->view.app, a->text.label,
		    a->call.verb, given, &e), &e);
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

bool
list_row_open(struct view_list *l)
{
	const json_t	*row = focused(l);
	const char	*way = row != NULL ? screen_row_way(l->screen, row) :
			    NULL;

	if (row == NULL)
		return false;
	if (way != NULL)
		app_open_screen(l->view.app, way, json_object());
	else if (main_action(l->screen) != NULL)
		list_action_do(l, main_action(l->screen));
	else
		return false;
	return true;
}
