/*
 * A list to choose one from, narrowed by typing: the values of a field, the
 * palette.  choices: [{"value","label"}] or ["value"].
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "edit_keys.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/utf8.h"

#include "stconsole/msg.h"
#include "text.def"

#define TYPED_MAX	200

struct view_choose {
	struct view	 view;		/* first */
	json_t		*choices;
	size_t		*shown;		/* indices of those that match */
	size_t		 count, focus, top;
	int		 rows;
	struct edit	*typed;
	void		(*done)(void *arg, const char *value);
	void		*arg;
};

static struct view_choose *
self(const struct view *v)
{
	return (struct view_choose *)(uintptr_t)v;
}

static const char *
value_in(const json_t *one)
{
	return json_is_string(one) ? json_string_value(one) :
	    json_text(one, "value");
}

static const char *
value_of(const struct view_choose *c, size_t i)
{
	return value_in(json_array_get(c->choices, c->shown[i]));
}

static const char *
label_of(const json_t *one)
{
	return json_is_string(one) ? json_string_value(one) :
	    json_text(one, "label");
}

static bool
begins(const json_t *one, const char *typed)
{
	return strncasecmp(value_in(one), typed, strlen(typed)) == 0;
}

static bool
matches(const json_t *one, const char *typed)
{
	return strcasestr(label_of(one), typed) != NULL ||
	    strcasestr(value_in(one), typed) != NULL;
}

/* What begins with it comes first: ":settings" is no other screen. */
static void
narrow(struct view_choose *c)
{
	const char	*typed = edit_text(c->typed);
	const json_t	*one;
	size_t		 i;

	c->count = 0;
	json_array_foreach(c->choices, i, one)
		if (begins(one, typed))
			c->shown[c->count++] = i;
	json_array_foreach(c->choices, i, one)
		if (!begins(one, typed) && matches(one, typed))
			c->shown[c->count++] = i;
	c->focus = c->top = 0;
}

static void
choose_paint(struct view *v, struct canvas *c, struct area a)
{
	struct view_choose	*ch = self(v);
	int			 i;

	canvas_put(c, a.row, a.col + 2, 2, LOOK_KEY, ":");
	edit_paint(ch->typed, c, a.row, a.col + 4, a.cols - 6, true);
	a.row += 2;
	a.rows -= 2;
	ch->rows = a.rows > 0 ? a.rows : 1;
	if (ch->focus < ch->top)
		ch->top = ch->focus;
	if (ch->focus >= ch->top + (size_t)ch->rows)
		ch->top = ch->focus - (size_t)ch->rows + 1;
	for (i = 0; i < a.rows && ch->top + (size_t)i < ch->count; i++) {
		bool has_focus = ch->top + (size_t)i == ch->focus;

		if (has_focus)
			canvas_put(c, a.row + i, a.col, 1, LOOK_FOCUS, ">");
		canvas_put(c, a.row + i, a.col + 2, a.cols - 3, has_focus ?
		    LOOK_FOCUS : LOOK_TEXT, label_of(json_array_get(
		    ch->choices, ch->shown[ch->top + (size_t)i])));
		/* What is typed narrows; the focus is what Enter takes. */
		if (has_focus)
			canvas_cursor(c, a.row + i, a.col);
	}
}

static enum press_place
choose_place(const struct view *v)
{
	(void)v;
	return PLACE_FIELD;
}

static bool
choose_press(struct view *v, const struct press *p)
{
	struct view_choose *c = self(v);

	if (!edit_press(c->typed, p))
		return false;
	narrow(c);
	return true;
}

static void
choose_end(struct view *v, const char *value)
{
	struct view_choose	*c = self(v);
	void			(*done)(void *, const char *) = c->done;
	void			*arg = c->arg;
	AUTO_FREE char		*copy = value != NULL ? strdup(value) : NULL;

	app_close(v->app, v);
	done(arg, copy);
}

static void
focus_move(struct view_choose *c, long by)
{
	long to = (long)c->focus + by;

	if (to >= (long)c->count)
		to = (long)c->count - 1;
	c->focus = to < 0 ? 0 : (size_t)to;
}

static bool
choose_act(struct view *v, enum act act)
{
	struct view_choose	*c = self(v);

	switch (act) {
	case ACT_UP:
	case ACT_PREVIOUS_FIELD:
		focus_move(c, -1);
		return true;
	case ACT_DOWN:
	case ACT_NEXT_FIELD:
		focus_move(c, 1);
		return true;
	case ACT_PAGE_UP:
		focus_move(c, -c->rows);
		return true;
	case ACT_PAGE_DOWN:
		focus_move(c, c->rows);
		return true;
	case ACT_OPEN:
		if (c->count > 0)
			choose_end(v, value_of(c, c->focus));
		else
			app_say(v->app, T_CHOOSE_NONE);
		return true;
	case ACT_BACK:
		choose_end(v, NULL);
		return true;
	default:
		return edit_act(c->typed, act);
	}
}

static void
choose_bar(const struct view *v, struct bar *bar)
{
	(void)v;
	bar_act_as(bar, ACT_OPEN, T_BAR_CHOOSE);
	bar_act(bar, ACT_BACK);
}

static void
choose_hint(const struct view *v, struct buf *out)
{
	buf_printf(out, T_HINT_CHOOSE, self(v)->count);
}

static void
choose_say(const struct view *v, struct buf *out)
{
	buf_printf(out, "%s\n", v->title);
}

static size_t
choose_count(const struct view *v)
{
	return self(v)->count;
}

static void
choose_item(const struct view *v, size_t i, struct buf *out)
{
	buf_puts(out, label_of(json_array_get(self(v)->choices,
	    self(v)->shown[i])));
}

static void
choose_focus(struct view *v, size_t i)
{
	self(v)->focus = i;
}

static void
choose_free(struct view *v)
{
	struct view_choose *c = self(v);

	json_decref(c->choices);
	free(c->shown);
	edit_free(c->typed);
	free(c);
}

static const struct view_ops ops = {
	.free = choose_free, .paint = choose_paint, .place = choose_place,
	.press = choose_press, .act = choose_act, .bar = choose_bar,
	.hint = choose_hint, .say = choose_say, .item_count = choose_count,
	.item_say = choose_item, .item_focus = choose_focus
};

struct view *
view_choose_new(struct app *app, const char *title, json_t *choices,
    void (*done)(void *arg, const char *value), void *arg, struct err *e)
{
	static const struct edit_options	 options = { .max = TYPED_MAX };
	struct view_choose			*c = calloc(1, sizeof(*c));

	if (c == NULL || !view_init(&c->view, &ops, app, title, NULL)) {
		free(c);
		json_decref(choices);
		err_nomem(e);
		return NULL;
	}
	c->choices = choices;
	c->done = done;
	c->arg = arg;
	c->shown = calloc(json_array_size(choices) + 1, sizeof(*c->shown));
	c->typed = edit_new(&options, e);
	if (c->shown == NULL || c->typed == NULL) {
		view_free(&c->view);
		err_nomem(e);
		return NULL;
	}
	narrow(c);
	return &c->view;
}
