/*
 * A screen of kind text: members of a result, each below its label; all of
 * the result when the screen names none; its help when it asks nothing.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "value.h"
#include "view_text.h"

#include "stconsole/msg.h"
#include "text.def"

#define FOLLOW_MAX	(256 * 1024)
/* A list of more than this is told one below the other. */
#define LIST_MAX	4

struct view_screen_text {
	struct view_text	 text;		/* first */
	struct screen		*screen;
	json_t			*given;
	json_t			*result;	/* the last good one */
	unsigned		 call_id;
	int64_t			 asked_ms;
	/* A verb that follows: its lines, the newest FOLLOW_MAX bytes. */
	struct buf		 lines;
	bool			 follows;
};

static struct view_screen_text *
self(const struct view *v)
{
	return (struct view_screen_text *)(uintptr_t)v;
}

/* For actions the result is what a row is in a table. */
static json_t *
with(const struct view_screen_text *t, const struct screen_call *call)
{
	AUTO_JSON json_t	*rows = t->result != NULL ?
	    json_pack("[O]", t->result) : NULL;
	struct screen_values	 values = { .rows = rows, .given = t->given };

	return screen_with_fill(call->with, call->with_count, &values);
}

static bool
takes_column(const struct screen_call *call)
{
	size_t i;

	for (i = 0; i < call->with_count; i++)
		if (call->with[i].from == FROM_COLUMN)
			return true;
	return false;
}

static bool
may_follow(const struct view_screen_text *t)
{
	const struct verb *v = t->screen->load.verb != NULL ? registry_verb(
	    work_world(app_work(t->text.view.app))->registry,
	    t->screen->load.verb) : NULL;

	return v != NULL && v->follows;
}

static void
ask(struct view_screen_text *t)
{
	AUTO_JSON json_t	*params = with(t, &t->screen->load);
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct work_call	 call = {
		.kind = WORK_CALL, .verb = t->screen->load.verb,
		.params = params
	};

	if (call.verb == NULL) {
		(void)view_text_set(&t->text, t->screen->text.help);
		return;
	}
	if (t->follows && params != NULL)
		json_object_set_new(params, "follow", json_true());
	t->asked_ms = app_now_ms(t->text.view.app);
	if (t->text.text[0] == '\0') {
		buf_printf(&b, T_ASKING, 0LL);
		(void)view_text_set(&t->text, buf_str(&b));
	}
	if (t->call_id != 0)
		work_cancel(app_work(t->text.view.app), t->call_id);
	t->call_id = app_start(t->text.view.app, &t->text.view, &call);
}

static void
list_tell(const json_t *list, const char *label, struct buf *out)
{
	const json_t	*one;
	size_t		 i;

	buf_printf(out, "%s\n", label);
	json_array_foreach (list, i, one)
		buf_printf(out, "%s\n", json_is_string(one) ?
		    json_string_value(one) : "");
}

static void
column_tell(const struct view_screen_text *t, const json_t *result,
    const struct screen_column *c, struct buf *out)
{
	AUTO_JSON json_t	*value = screen_member(result, c->from);
	AUTO_BUF struct buf	 text = BUF_INIT;

	if (value == NULL || json_is_null(value))
		return;
	/* A document: W writes it so that it can be read again. */
	if (t->screen->column_count == 1 && json_is_string(value)) {
		buf_puts(out, json_string_value(value));
		return;
	}
	if (json_is_array(value) && json_array_size(value) > LIST_MAX &&
	    json_is_string(json_array_get(value, 0))) {
		list_tell(value, c->text.label, out);
		return;
	}
	if (json_is_object(value) || (json_is_array(value) &&
	    json_is_object(json_array_get(value, 0)))) {
		buf_printf(out, "%s\n", c->text.label);
		value_tell(value, 2, out);
		return;
	}
	value_add(value, c->format, app_wall_ms(t->text.view.app), &text);
	if (strchr(buf_str(&text), '\n') != NULL)
		buf_printf(out, "%s\n%s\n", c->text.label, buf_str(&text));
	else
		buf_printf(out, "%-20s %s\n", c->text.label, buf_str(&text));
}

static void
result_show(struct view_screen_text *t, const json_t *answer)
{
	const json_t		*result = json_object_get(answer, "result");
	const json_t		*error = json_object_get(answer, "error");
	AUTO_BUF struct buf	 b = BUF_INIT;
	size_t			 i;

	if (error != NULL)
		buf_printf(&b, "%s. %s\n\n", json_text(error, "message"),
		    json_text(error, "hint"));
	for (i = 0; result != NULL && i < t->screen->column_count; i++)
		column_tell(t, result, &t->screen->columns[i], &b);
	if (result != NULL && t->screen->column_count == 0)
		value_tell(result, 0, &b);
	(void)view_text_set(&t->text, buf_str(&b));
}

/* --- following ---------------------------------------------------------- */

/* The oldest lines go when there are too many. */
static void
lines_cut(struct buf *lines)
{
	const char *end;

	if (lines->len <= FOLLOW_MAX)
		return;
	end = memchr(lines->data + lines->len - FOLLOW_MAX, '\n',
	    FOLLOW_MAX);
	if (end == NULL)
		return;
	lines->len -= (size_t)(end + 1 - lines->data);
	memmove(lines->data, end + 1, lines->len);
	lines->data[lines->len] = '\0';
}

static void
lines_take(struct view_screen_text *t, const json_t *data)
{
	const json_t	*line;
	int64_t		 lost = json_int(data, "lost", 0);
	size_t		 i;

	if (lost > 0)
		buf_printf(&t->lines, T_LINES_LOST, (long long)lost);
	json_array_foreach (json_object_get(data, "lines"), i, line)
		buf_printf(&t->lines, "%s\n", json_string_value(line));
	lines_cut(&t->lines);
	(void)view_text_set(&t->text, buf_str(&t->lines));
}

/* F begins, F ends it; what was read stays. */
static void
follow_toggle(struct view_screen_text *t)
{
	t->follows = !t->follows;
	if (t->follows) {
		buf_reset(&t->lines);
		t->text.keeps_end = true;
		ask(t);
	} else if (t->call_id != 0) {
		work_cancel(app_work(t->text.view.app), t->call_id);
		t->call_id = 0;
		t->text.keeps_end = false;
	}
	app_say(t->text.view.app, "%s", t->follows ? T_FOLLOWS_LINES :
	    T_FOLLOWS_NO_LINES);
}

static void
arrived(struct view *v, const struct work_event *ev)
{
	struct view_screen_text *t = self(v);

	if (ev->id == 0 || ev->id != t->call_id)
		return;
	if (ev->kind == WORK_LINES && t->follows)
		lines_take(t, ev->data);
	if (ev->kind != WORK_ANSWER)
		return;
	t->call_id = 0;
	/* What was followed stays to be read when it ends by itself. */
	if (t->follows && json_object_get(ev->data, "error") == NULL) {
		t->follows = false;
		return;
	}
	t->follows = false;
	if (json_object_get(ev->data, "result") != NULL) {
		json_decref(t->result);
		t->result = json_incref(json_object_get(ev->data, "result"));
	}
	result_show(t, ev->data);
}

static void
action_do(struct view_screen_text *t, const struct screen_action *a)
{
	struct app		*app = t->text.view.app;
	json_t			*given;
	struct err		 e = { 0 };

	if (t->result == NULL && takes_column(&a->call)) {
		app_say(app, T_TEXT_NOT_YET);
		return;
	}
	given = with(t, &a->call);
	if (a->open != NULL)
		app_open_screen(app, a->open, given);
	else
		app_open(app, view_verb_new(app, a->text.label, a->call.verb,
		    given, &e), &e);
}

static bool
press(struct view *v, const struct press *p)
{
	const struct screen	*s = self(v)->screen;
	size_t			 i;

	for (i = 0; p->code == PRESS_TEXT && i < s->action_count; i++)
		if (p->text[1] == '\0' && s->actions[i].key ==
		    tolower((unsigned char)p->text[0])) {
			action_do(self(v), &s->actions[i]);
			return true;
		}
	return view_text_press(v, p);
}

static bool
act(struct view *v, enum act act)
{
	if (act == ACT_FOLLOW && may_follow(self(v))) {
		follow_toggle(self(v));
		return true;
	}
	if (act != ACT_REFRESH)
		return view_text_act(v, act);
	if (self(v)->follows)
		follow_toggle(self(v));
	ask(self(v));
	return true;
}

static void
bar(const struct view *v, struct bar *bar)
{
	const struct screen	*s = self(v)->screen;
	size_t			 i;

	bar_act(bar, ACT_HELP);
	for (i = 0; i < s->action_count; i++)
		bar_letter(bar, s->actions[i].key, s->actions[i].text.label);
	bar_act(bar, ACT_BACK);
	if (may_follow(self(v)))
		bar_act(bar, ACT_FOLLOW);
	bar_act(bar, ACT_SEARCH);
	if (s->load.verb != NULL) {
		bar_act(bar, ACT_REFRESH);
		bar_act(bar, ACT_COMMAND);
	}
	bar_letter(bar, 'w', T_BAR_FILE);
}

static const char *
help(const struct view *v)
{
	return self(v)->screen->help;
}

static void
command(const struct view *v, struct buf *out)
{
	const struct screen_call	*load = &self(v)->screen->load;
	AUTO_JSON json_t		*params = with(self(v), load);

	if (load->verb == NULL)
		return;
	work_command(app_work(v->app), load->verb, params, out);
	buf_putc(out, '\n');
}

static int
due(const struct view *v, int64_t now_ms)
{
	const struct view_screen_text	*t = self(v);
	int64_t				 at;

	if (t->screen->refresh_s == 0 || t->call_id != 0 || t->follows)
		return -1;
	at = t->asked_ms + (int64_t)t->screen->refresh_s * 1000;
	return at > now_ms ? (int)(at - now_ms) : 0;
}

static void
tick(struct view *v, int64_t now_ms)
{
	(void)now_ms;
	ask(self(v));
}

static void
uncovered(struct view *v)
{
	if (!self(v)->follows)
		ask(self(v));
}

static void
screen_text_free(struct view *v)
{
	screen_free(self(v)->screen);
	json_decref(self(v)->result);
	json_decref(self(v)->given);
	buf_fini(&self(v)->lines);
	view_text_fini(&self(v)->text);
	free(v);
}

static const struct view_ops ops = {
	.free = screen_text_free, .paint = view_text_paint, .press = press,
	.act = act, .bar = bar, .hint = view_text_hint, .help = help,
	.arrived = arrived, .due = due, .tick = tick, .command = command,
	.uncovered = uncovered, .say = view_text_say,
	.item_count = view_text_item_count
};

struct view *
view_text_screen_new(struct app *app, struct screen *s, json_t *given,
    struct err *e)
{
	struct view_screen_text *t = calloc(1, sizeof(*t));

	if (t == NULL || !view_text_init(&t->text, &ops, app, s->text.label,
	    s->name)) {
		free(t);
		screen_free(s);
		json_decref(given);
		err_nomem(e);
		return NULL;
	}
	t->screen = s;
	t->given = given;
	ask(t);
	return &t->text.view;
}
