/*
 * The list: its bar, its help, its life.
 */
#include "view_list.h"

#include <ctype.h>
#include <stdlib.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

#define ASK_MAX	200

static void
bar(const struct view *v, struct bar *bar)
{
	const struct view_list	*l = view_list(v);
	const struct screen	*s = l->screen;
	size_t			 i;

	bar_act(bar, ACT_HELP);
	if (l->place == LIST_ASK)
		bar_act_as(bar, ACT_OPEN, T_BAR_SEARCH);
	for (i = 0; i < s->action_count && list_place(v) == PLACE_LIST; i++)
		bar_letter(bar, s->actions[i].key, s->actions[i].text.label);
	if (v->below != NULL)
		bar_act(bar, ACT_BACK);
	if (list_has_takers(s) && l->place == LIST_ROWS)
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
	return l->screen->help;
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
	.free = list_free, .paint = list_paint, .place = list_place,
	.press = list_press, .act = list_act, .bar = bar, .hint = list_hint,
	.help = help, .arrived = list_arrived, .due = list_due,
	.tick = list_tick, .command = command, .uncovered = uncovered,
	.say = list_say, .item_count = list_item_count,
	.item_say = list_item_say,
	.item_focus = list_item_focus, .item_is_input = list_item_is_input,
	.item_set = list_item_set
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
		/* The screen below may know already what to ask about. */
		if (l->ask == NULL || !edit_set(l->ask, json_text(l->given,
		    l->screen->ask), e))
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
