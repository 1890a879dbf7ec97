/*
 * The wizard as a view: Enter opens a step's screen, and when that is closed
 * the steps are looked at anew.
 */
#include "wizard.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_wizard.def"

#define TICK_MS	1000

static void
wizard_free(struct view *v)
{
	struct wizard *w = wizard_of(v);

	json_decref(w->given);
	json_decref(w->rows);
	screen_free(w->screen);
	free(w);
}

/* --- what the verb says -------------------------------------------------- */

json_t *
wizard_row(const struct wizard *w, size_t step)
{
	json_t	*row;
	size_t	 i;

	json_array_foreach (w->rows, i, row)
		if (str_equal(json_text(row, "id"),
		    w->screen->steps[step].id))
			return row;
	return NULL;
}

enum screen_mark
wizard_mark(const struct wizard *w, size_t step)
{
	const json_t *row = wizard_row(w, step);

	return row != NULL ? screen_row_mark(w->screen, row) : MARK_NONE;
}

bool
wizard_is_left(const struct wizard *w, size_t step)
{
	enum screen_mark mark = wizard_mark(w, step);

	return mark != MARK_OK && mark != MARK_NONE;
}

size_t
wizard_left(const struct wizard *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->screen->step_count; i++)
		n += wizard_is_left(w, i);
	return n;
}

void
wizard_text(const struct wizard *w, size_t step, struct buf *out)
{
	buf_puts(out, json_text(wizard_row(w, step), "text"));
}

void
wizard_detail(const struct wizard *w, size_t step, struct buf *out)
{
	AUTO_JSON json_t *detail = NULL;

	if (w->screen->detail == NULL || wizard_row(w, step) == NULL)
		return;
	detail = screen_member(wizard_row(w, step), w->screen->detail);
	screen_value_text(detail, out);
}

/* --- asking -------------------------------------------------------------- */

static void
load(struct wizard *w)
{
	const struct screen_call *call = &w->screen->load;
	struct screen_values	 values = { .given = w->given };
	AUTO_JSON json_t	*params = screen_with_fill(call->with,
	    call->with_count, &values);
	struct work_call	 start = { .kind = WORK_CALL,
	    .verb = call->verb, .params = params };

	if (w->load_id != 0)
		work_cancel(app_work(w->view.app), w->load_id);
	w->load_ms = app_now_ms(w->view.app);
	w->load_id = app_start(w->view.app, &w->view, &start);
	app_changed(w->view.app);
}

/* The first one with something to do, else the first one to wait. */
static void
focus_first_left(struct wizard *w)
{
	size_t i;

	for (i = 0; i < w->screen->step_count; i++)
		if (wizard_is_left(w, i) && wizard_mark(w, i) !=
		    MARK_UNKNOWN) {
			w->focus = i;
			return;
		}
	for (i = 0; i < w->screen->step_count; i++)
		if (wizard_is_left(w, i)) {
			w->focus = i;
			return;
		}
}

/* The focus goes on when its step was done, and else stays. */
static void
rows_take(struct wizard *w, const json_t *result)
{
	bool was_left = wizard_is_left(w, w->focus);

	json_decref(w->rows);
	w->rows = screen_rows(w->screen, result);
	w->problem[0] = '\0';
	if (!w->is_placed || (was_left && !wizard_is_left(w, w->focus)))
		focus_first_left(w);
	w->is_placed = true;
}

static void
arrived(struct view *v, const struct work_event *ev)
{
	struct wizard	*w = wizard_of(v);
	const json_t	*error = json_object_get(ev->data, "error");

	if (ev->id == 0 && ev->kind == WORK_JOBS && w->load_id == 0)
		load(w);
	if (ev->id == 0 || ev->id != w->load_id || ev->kind != WORK_ANSWER)
		return;
	w->load_id = 0;
	if (error == NULL)
		rows_take(w, json_object_get(ev->data, "result"));
	else
		snprintf(w->problem, sizeof(w->problem), "%s%s%s",
		    json_text(error, "message"), json_text(error,
		    "hint")[0] != '\0' ? ". " : "", json_text(error,
		    "hint"));
	app_changed(v->app);
}

static int
due(const struct view *v, int64_t now_ms)
{
	const struct wizard	*w = wizard_of(v);
	int64_t			 at;

	if (w->load_id != 0)
		at = now_ms + TICK_MS - (now_ms - w->load_ms) % TICK_MS;
	else if (w->screen->refresh_s > 0)
		at = w->load_ms + (int64_t)w->screen->refresh_s * 1000;
	else
		return -1;
	return at > now_ms ? (int)(at - now_ms) : 0;
}

static void
tick(struct view *v, int64_t now_ms)
{
	(void)now_ms;
	if (wizard_of(v)->load_id == 0)
		load(wizard_of(v));
	app_changed(v->app);
}

static void
uncovered(struct view *v)
{
	load(wizard_of(v));
}

/* --- keys ---------------------------------------------------------------- */

static void
step_open(struct wizard *w)
{
	const struct screen_step *s = &w->screen->steps[w->focus];

	if (s->open != NULL)
		app_open_screen(w->view.app, s->open, NULL);
	else
		app_say(w->view.app, "%s", T_WIZARD_ONLY_TOLD);
}

static void
action_do(struct wizard *w, const struct screen_action *a)
{
	struct app		*app = w->view.app;
	AUTO_JSON json_t	*rows = json_array();
	struct screen_values	 values = { .rows = rows,
	    .given = w->given };
	json_t			*params;
	struct err		 e = { 0 };

	if (wizard_row(w, w->focus) != NULL)
		json_array_append(rows, wizard_row(w, w->focus));
	params = screen_with_fill(a->call.with, a->call.with_count, &values);
	if (a->open != NULL)
		app_open_screen(app, a->open, params);
	else
		app_open(app, view_verb_new(app, a->text.label,
		    a->call.verb, params, &e), &e);
}

static bool
press(struct view *v, const struct press *p)
{
	struct wizard	*w = wizard_of(v);
	size_t		 i;
	char		 key;

	if (p->code != PRESS_TEXT || p->text[1] != '\0')
		return false;
	key = (char)tolower((unsigned char)p->text[0]);
	for (i = 0; i < w->screen->action_count; i++)
		if (w->screen->actions[i].key == key) {
			action_do(w, &w->screen->actions[i]);
			return true;
		}
	i = (size_t)(key - '1');
	if (!isdigit((unsigned char)key) || i >= w->screen->step_count)
		return false;
	w->focus = i;
	step_open(w);
	return true;
}

static void
move(struct wizard *w, int by)
{
	int to = (int)w->focus + by, last = (int)w->screen->step_count - 1;

	w->focus = (size_t)(to < 0 ? 0 : to > last ? last : to);
}

static bool
act(struct view *v, enum act what)
{
	struct wizard *w = wizard_of(v);

	switch (what) {
	case ACT_OPEN:
		step_open(w);
		return true;
	case ACT_REFRESH:
		load(w);
		return true;
	case ACT_UP:
	case ACT_PREVIOUS_FIELD:
		move(w, -1);
		return true;
	case ACT_DOWN:
	case ACT_NEXT_FIELD:
		move(w, 1);
		return true;
	case ACT_PAGE_UP:
		move(w, -w->shown);
		return true;
	case ACT_PAGE_DOWN:
		move(w, w->shown);
		return true;
	case ACT_FIRST:
		w->focus = 0;
		return true;
	case ACT_LAST:
		w->focus = w->screen->step_count - 1;
		return true;
	default:
		return false;
	}
}

static void
bar(const struct view *v, struct bar *b)
{
	const struct screen	*s = wizard_of(v)->screen;
	size_t			 i;

	bar_act(b, ACT_HELP);
	bar_act_as(b, ACT_OPEN, T_WIZARD_OPEN);
	for (i = 0; i < s->action_count; i++)
		bar_letter(b, s->actions[i].key, s->actions[i].text.label);
	bar_act(b, ACT_BACK);
	bar_act(b, ACT_REFRESH);
	bar_act(b, ACT_JOBS);
}

static void
hint(const struct view *v, struct buf *out)
{
	const struct wizard	*w = wizard_of(v);
	const char		*help = w->screen->steps[w->focus].text.help;

	wizard_detail(w, w->focus, out);
	if (out->len == 0)
		buf_add(out, help, screen_lead(help));
}

static const char *
help_of(const struct view *v)
{
	const struct wizard	*w = wizard_of(v);
	const char		*help = w->screen->steps[w->focus].text.help;

	return help[0] != '\0' ? help : NULL;
}

/* The line that looks at the steps: a wizard itself changes nothing. */
static void
command(const struct view *v, struct buf *out)
{
	const struct wizard	*w = wizard_of(v);
	const struct screen_call *call = &w->screen->load;
	struct screen_values	 values = { .given = w->given };
	AUTO_JSON json_t	*params = screen_with_fill(call->with,
	    call->with_count, &values);

	work_command(app_work(v->app), call->verb, params, out);
}

/* --- by lines ------------------------------------------------------------ */

static void
say(const struct view *v, struct buf *out)
{
	const struct wizard *w = wizard_of(v);

	buf_printf(out, "%s. ", w->screen->text.label);
	wizard_summary(w, out);
	buf_putc(out, '\n');
}

static size_t
items(const struct view *v)
{
	return wizard_of(v)->screen->step_count;
}

static const char *
state_word(enum screen_mark mark)
{
	if (mark == MARK_OK)
		return T_WIZARD_STATE_DONE;
	if (mark == MARK_UNKNOWN)
		return T_WIZARD_STATE_BLOCKED;
	return mark == MARK_NONE ? T_WIZARD_STATE_ASIDE :
	    T_WIZARD_STATE_LEFT;
}

static void
item_say(const struct view *v, size_t i, struct buf *out)
{
	const struct wizard	*w = wizard_of(v);
	AUTO_BUF struct buf	 detail = BUF_INIT;

	buf_puts(out, w->screen->steps[i].text.label);
	if (wizard_row(w, i) == NULL)
		return;
	buf_printf(out, T_WIZARD_STATE, state_word(wizard_mark(w, i)));
	buf_puts(out, ": ");
	wizard_text(w, i, out);
	wizard_detail(w, i, &detail);
	if (detail.len > 0)
		buf_printf(out, ". %s", buf_str(&detail));
}

static void
item_focus(struct view *v, size_t i)
{
	wizard_of(v)->focus = i;
}

static const struct view_ops wizard_ops = {
	.free = wizard_free, .paint = wizard_paint, .press = press,
	.act = act, .bar = bar, .hint = hint, .help = help_of,
	.arrived = arrived, .due = due, .tick = tick, .command = command,
	.uncovered = uncovered, .say = say, .item_count = items,
	.item_say = item_say, .item_focus = item_focus
};

struct view *
view_wizard_new(struct app *app, struct screen *s, json_t *given,
    struct err *e)
{
	struct wizard *w = calloc(1, sizeof(*w));

	if (w == NULL || !view_init(&w->view, &wizard_ops, app,
	    s->text.label, s->name)) {
		free(w);
		screen_free(s);
		json_decref(given);
		err_nomem(e);
		return NULL;
	}
	w->screen = s;
	w->given = given != NULL ? given : json_object();
	load(w);
	return &w->view;
}
