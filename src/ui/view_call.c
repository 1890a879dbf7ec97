/*
 * A verb that reads, and its answer as text; or one that steers the engine:
 * that one is told first and done by another key.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "plan_text.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "value.h"
#include "view_text.h"

#include "stconsole/msg.h"
#include "text.def"

struct view_call {
	struct view_text	 text;		/* first */
	const struct verb	*verb;
	json_t			*params;
	bool			 is_told;	/* waits for "a" */
	unsigned		 call_id;
	int64_t			 since_ms;
};

static struct view_call *
self(const struct view *v)
{
	return (struct view_call *)(uintptr_t)v;
}

static void
start(struct view_call *c)
{
	struct app		*app = c->text.view.app;
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct work_call	 call = {
		.kind = WORK_CALL, .verb = c->verb->name, .params = c->params
	};

	c->is_told = false;
	c->since_ms = app_now_ms(app);
	c->call_id = app_start(app, &c->text.view, &call);
	buf_printf(&b, T_ASKING, 0LL);
	(void)view_text_set(&c->text, buf_str(&b));
}

static void
tell(struct view_call *c)
{
	AUTO_BUF struct buf	 b = BUF_INIT;

	c->is_told = true;
	buf_printf(&b, "%s.\n\n", c->verb->help);
	work_command(app_work(c->text.view.app), c->verb->name, c->params,
	    &b);
	buf_printf(&b, "\n\n%s\n", T_CALL_AT_ONCE);
	(void)view_text_set(&c->text, buf_str(&b));
}

static void
arrived(struct view *v, const struct work_event *ev)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct view_call	*c = self(v);

	if (ev->id != c->call_id || ev->id == 0)
		return;
	if (ev->kind == WORK_PROGRESS)
		progress_tell(ev->data, &b);
	if (ev->kind == WORK_ANSWER) {
		c->call_id = 0;
		if (!json_flag(ev->data, "ok"))
			plan_end_tell(ev->data, &b);
		else if (c->verb->direct != NULL && json_object_get(
		    json_object_get(ev->data, "result"), "job") != NULL)
			plan_end_tell(json_object_get(ev->data, "result"),
			    &b);
		else
			value_tell(json_object_get(ev->data, "result"), 0,
			    &b);
	}
	if (b.len > 0)
		(void)view_text_set(&c->text, buf_str(&b));
}

static bool
press(struct view *v, const struct press *p)
{
	struct view_call *c = self(v);

	if (c->is_told && p->code == PRESS_TEXT &&
	    tolower((unsigned char)p->text[0]) == 'a') {
		start(c);
		return true;
	}
	return view_text_press(v, p);
}

static bool
act(struct view *v, enum act act)
{
	struct view_call *c = self(v);

	if (act == ACT_REFRESH && c->verb->read != NULL && c->call_id == 0) {
		start(c);
		return true;
	}
	return view_text_act(v, act);
}

static void
bar(const struct view *v, struct bar *bar)
{
	bar_act(bar, ACT_HELP);
	if (self(v)->is_told)
		bar_letter(bar, 'a', T_BAR_APPLY);
	bar_act(bar, ACT_BACK);
	bar_act(bar, ACT_SEARCH);
	bar_act(bar, ACT_COMMAND);
	bar_letter(bar, 'w', T_BAR_FILE);
}

static void
hint(const struct view *v, struct buf *out)
{
	if (self(v)->is_told)
		buf_puts(out, T_HINT_CALL);
	else
		view_text_hint(v, out);
}

static void
command(const struct view *v, struct buf *out)
{
	work_command(app_work(v->app), self(v)->verb->name, self(v)->params,
	    out);
	buf_putc(out, '\n');
}

static void
call_free(struct view *v)
{
	json_decref(self(v)->params);
	view_text_fini(&self(v)->text);
	free(v);
}

static const struct view_ops ops = {
	.free = call_free, .paint = view_text_paint, .press = press,
	.act = act, .bar = bar, .hint = hint, .arrived = arrived,
	.command = command, .say = view_text_say,
	.item_count = view_text_item_count
};

struct view *
view_call_new(struct app *app, const char *title, const char *verb,
    json_t *params, struct err *e)
{
	const struct verb	*v = registry_verb(work_world(app_work(app))->
				    registry, verb);
	struct view_call	*c = calloc(1, sizeof(*c));

	if (v == NULL || c == NULL || !view_text_init(&c->text, &ops, app,
	    title, NULL)) {
		free(c);
		json_decref(params);
		if (v == NULL)
			err_set(e, ERR_USAGE, 0, T_VERB_UNKNOWN, verb);
		else
			err_nomem(e);
		return NULL;
	}
	c->verb = v;
	c->params = params;
	if (v->direct != NULL)
		tell(c);
	else
		start(c);
	return &c->text.view;
}
