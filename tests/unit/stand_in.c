#include "stand_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/arena.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define CALLS_MAX	16

struct work {
	struct world	 world;
};

struct call {
	unsigned	 id;
	struct view	*view;
	json_t		*data;
};

struct app {
	struct work	 work;
	struct ctx	 ctx;
	struct identity	 who;
	struct theme	 theme;
	struct canvas	*canvas;
	struct view	*top;
	int64_t		 now_ms;
	char		 said[400];
	char		 hint[400];
	struct call	 calls[CALLS_MAX];
	size_t		 call_count;
	unsigned	 call_id;
	char		*plan_verb;
	json_t		*plan_params;
	char		*secret_name[CTX_SECRETS], *secret[CTX_SECRETS];
	json_t		*choices;
	void		(*chosen)(void *arg, const char *value);
	void		*chosen_arg;
	char		*screen;
	json_t		*given;
};

/* --- a view that only stands there --------------------------------------- */

static void
still_free(struct view *v)
{
	free(v);
}

static void
still_paint(struct view *v, struct canvas *c, struct area a)
{
	(void)v;
	(void)c;
	(void)a;
}

static void
still_bar(const struct view *v, struct bar *bar)
{
	(void)v;
	(void)bar;
}

static const struct view_ops still_ops = {
	.free = still_free, .paint = still_paint, .bar = still_bar
};

static struct view *
still_new(struct app *app, const char *title)
{
	struct view *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	assert_true(view_init(v, &still_ops, app, title, NULL));
	return v;
}

/* --- app.h --------------------------------------------------------------- */

struct work *
app_work(struct app *app)
{
	return &app->work;
}

const struct theme *
app_theme(const struct app *app)
{
	return &app->theme;
}

enum profile
app_profile(const struct app *app)
{
	(void)app;
	return PROFILE_BASIC;
}

int64_t
app_now_ms(const struct app *app)
{
	return app->now_ms;
}

int64_t
app_wall_ms(const struct app *app)
{
	return app->now_ms;
}

struct view *
app_top(const struct app *app)
{
	return app->top;
}

void
app_open(struct app *app, struct view *v, const struct err *e)
{
	if (v == NULL) {
		app_say_err(app, e);
		return;
	}
	v->below = app->top;
	app->top = v;
}

void
app_open_screen(struct app *app, const char *name, json_t *given)
{
	free(app->screen);
	json_decref(app->given);
	app->screen = strdup(name);
	app->given = given;
	app_open(app, still_new(app, name), NULL);
}

void
app_close(struct app *app, struct view *v)
{
	struct view	*above;
	bool		 was_last = false;
	size_t		 i;

	while (app->top != NULL && !was_last) {
		above = app->top;
		was_last = above == v;
		app->top = above->below;
		for (i = 0; i < app->call_count; i++)
			if (app->calls[i].view == above)
				app->calls[i].view = NULL;
		view_free(above);
	}
	if (app->top != NULL && app->top->ops->uncovered != NULL)
		app->top->ops->uncovered(app->top);
}

void
app_say(struct app *app, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(app->said, sizeof(app->said), fmt, ap);
	va_end(ap);
}

void
app_say_err(struct app *app, const struct err *e)
{
	app_say(app, "%s", e->msg);
}

void
app_changed(struct app *app)
{
	(void)app;
}

/* Reading verbs answer at once; the answer is given when asked for. */
unsigned
app_start(struct app *app, struct view *v, const struct work_call *call)
{
	const struct verb	*verb = registry_verb(app->ctx.registry,
	    call->verb);
	json_t			*result = NULL;
	struct plan		*plan = NULL;
	struct err		 e = { 0 };
	struct call		*c;

	assert_non_null(verb);
	assert_true(app->call_count < CALLS_MAX);
	assert_int_equal(call->kind, WORK_CALL);
	c = &app->calls[app->call_count++];
	c->id = ++app->call_id;
	c->view = v;
	if (verb_call(&app->ctx, verb, call->params, &result, &plan, &e))
		c->data = json_pack("{s:b, s:o}", "ok", 1, "result", result);
	else
		c->data = json_pack("{s:b, s:{s:s, s:s}}", "ok", 0, "error",
		    "message", e.msg, "hint", e.hint);
	return c->id;
}

/* --- work.h -------------------------------------------------------------- */

const struct world *
work_world(const struct work *w)
{
	return &w->world;
}

const char *
work_site(const struct work *w)
{
	(void)w;
	return NULL;
}

void
work_command(const struct work *w, const char *verb, const json_t *params,
    struct buf *out)
{
	struct ctx ctx;

	world_ctx(&w->world, NULL, &ctx);
	verb_command(&ctx, registry_verb(w->world.registry, verb), params,
	    out);
}

void
work_cancel(struct work *w, unsigned id)
{
	(void)w;
	(void)id;
}

/* --- view.h -------------------------------------------------------------- */

static void
plan_forget(struct app *app)
{
	size_t i;

	free(app->plan_verb);
	json_decref(app->plan_params);
	app->plan_verb = NULL;
	app->plan_params = NULL;
	for (i = 0; i < CTX_SECRETS; i++) {
		free(app->secret_name[i]);
		free(app->secret[i]);
		app->secret_name[i] = app->secret[i] = NULL;
	}
}

struct view *
view_plan_new(struct app *app, const char *verb, json_t *params,
    const struct ctx_secret *secrets, size_t count, struct err *e)
{
	size_t i;

	(void)e;
	plan_forget(app);
	app->plan_verb = strdup(verb);
	app->plan_params = params;
	for (i = 0; i < count; i++) {
		app->secret_name[i] = strdup(secrets[i].name);
		app->secret[i] = strdup(secret_reveal(secrets[i].value));
	}
	return still_new(app, "Preview");
}

/* What steers is not previewed; the tests look at the same members. */
struct view *
view_call_new(struct app *app, const char *title, const char *verb,
    json_t *params, struct err *e)
{
	(void)title;
	return view_plan_new(app, verb, params, NULL, 0, e);
}

struct view *
view_choose_new(struct app *app, const char *title, json_t *choices,
    void (*done)(void *arg, const char *value), void *arg, struct err *e)
{
	(void)e;
	json_decref(app->choices);
	app->choices = choices;
	app->chosen = done;
	app->chosen_arg = arg;
	return still_new(app, title);
}

/* --- for tests ----------------------------------------------------------- */

struct app *
stand_in_new(const struct registry *r, int rows, int cols)
{
	struct app *app = calloc(1, sizeof(*app));

	assert_non_null(app);
	app->theme = (struct theme){ .name = "test", .mark_ok = "ok",
	    .mark_look = "!", .mark_broken = "x", .mark_unknown = "?",
	    .mark_busy = ".." };
	app->canvas = canvas_new(rows, cols);
	assert_non_null(app->canvas);
	app->work.world.registry = r;
	app->work.world.state_wanted = "/srv/state";
	app->ctx.registry = r;
	app->ctx.clock = &clock_system;
	app->who.role = ROLE_ADMIN;
	app->ctx.who = &app->who;
	return app;
}

void
stand_in_free(struct app *app)
{
	size_t i;

	while (app->top != NULL)
		app_close(app, app->top);
	plan_forget(app);
	for (i = 0; i < app->call_count; i++)
		json_decref(app->calls[i].data);
	json_decref(app->choices);
	json_decref(app->given);
	free(app->screen);
	canvas_free(app->canvas);
	free(app);
}

struct ctx *
stand_in_ctx(struct app *app)
{
	return &app->ctx;
}

void
stand_in_resize(struct app *app, int rows, int cols)
{
	assert_true(canvas_resize(app->canvas, rows, cols));
}

void
stand_in_time_add(struct app *app, int64_t ms)
{
	app->now_ms += ms;
}

static void
press(struct app *app, const struct press *p)
{
	struct view		*v = app->top;
	enum press_place	 place = v->ops->place != NULL ?
	    v->ops->place(v) : PLACE_LIST;
	enum act		 act = press_act(p, place);

	app->said[0] = '\0';
	if (act == ACT_BACK) {
		if (v->ops->act == NULL || !v->ops->act(v, act))
			app_close(app, v);
		return;
	}
	if (act != ACT_NONE && v->ops->act != NULL && v->ops->act(v, act))
		return;
	if (v->ops->press == NULL || !v->ops->press(v, p))
		app_say(app, "nothing happens");
}

void
stand_in_keys(struct app *app, const char *names)
{
	struct press	 p;
	size_t		 n;

	for (; *names != '\0'; names += n + strspn(names + n, " ")) {
		n = strcspn(names, " ");
		if (!press_parse(names, n, &p))
			fail_msg("no key %.*s", (int)n, names);
		press(app, &p);
		press_fini(&p);
	}
}

void
stand_in_type(struct app *app, const char *text)
{
	size_t n;

	for (; *text != '\0'; text += n) {
		struct press p = { .code = PRESS_TEXT };

		n = str_utf8_len(text, strlen(text));
		memcpy(p.text, text, n);
		press(app, &p);
	}
}

void
stand_in_paste(struct app *app, const char *text)
{
	struct press p = { .code = PRESS_PASTE, .paste = strdup(text) };

	press(app, &p);
	press_fini(&p);
}

void
stand_in_answer(struct app *app)
{
	struct call	 calls[CALLS_MAX];
	size_t		 i, n = app->call_count;

	memcpy(calls, app->calls, sizeof(calls));
	app->call_count = 0;
	for (i = 0; i < n; i++) {
		struct work_event ev = { .kind = WORK_ANSWER, .id =
		    calls[i].id, .data = calls[i].data };

		if (calls[i].view != NULL)
			calls[i].view->ops->arrived(calls[i].view, &ev);
		json_decref(calls[i].data);
	}
}

static void
paint(struct app *app)
{
	canvas_erase(app->canvas);
	app->top->ops->paint(app->top, app->canvas, (struct area){ 0, 0,
	    canvas_rows(app->canvas), canvas_cols(app->canvas) });
}

char *
stand_in_screen(struct app *app, bool marks)
{
	struct buf out = BUF_INIT;

	paint(app);
	canvas_dump(app->canvas, marks, &out);
	return buf_take(&out);
}

char *
stand_in_row(struct app *app, int row)
{
	AUTO_FREE char	*all = stand_in_screen(app, false);
	const char	*s = all;

	for (; row > 0 && s != NULL; row--) {
		s = strchr(s, '\n');
		s = s != NULL ? s + 1 : NULL;
	}
	return s != NULL ? strndup(s, strcspn(s, "\n")) : strdup("");
}

const char *
stand_in_hint(struct app *app)
{
	AUTO_BUF struct buf out = BUF_INIT;

	if (app->said[0] != '\0')
		return app->said;
	app->top->ops->hint(app->top, &out);
	snprintf(app->hint, sizeof(app->hint), "%s", buf_str(&out));
	return app->hint;
}

char *
stand_in_command(struct app *app)
{
	struct buf out = BUF_INIT;

	app->top->ops->command(app->top, &out);
	return buf_take(&out);
}

const char *
stand_in_plan_verb(const struct app *app)
{
	return app->plan_verb;
}

const json_t *
stand_in_plan_params(const struct app *app)
{
	return app->plan_params;
}

const char *
stand_in_plan_secret(const struct app *app, const char *name)
{
	size_t i;

	for (i = 0; i < CTX_SECRETS; i++)
		if (str_equal(app->secret_name[i], name))
			return app->secret[i];
	return NULL;
}

const json_t *
stand_in_choices(const struct app *app)
{
	return app->choices;
}

void
stand_in_choose(struct app *app, const char *value)
{
	app_close(app, app->top);
	app->chosen(app->chosen_arg, value);
}

const char *
stand_in_screen_opened(const struct app *app)
{
	return app->screen;
}

const json_t *
stand_in_screen_given(const struct app *app)
{
	return app->given;
}

unsigned
stand_in_calls(const struct app *app)
{
	return app->call_id;
}

struct screen *
stand_in_form(const char *verb, const struct screen_field *fields,
    size_t count, const struct screen_with *with, size_t with_count)
{
	struct arena	*arena = arena_new();
	struct screen	*s = arena_take(arena, sizeof(*s));

	assert_non_null(s);
	s->arena = arena;
	s->name = "form";
	s->kind = SCREEN_FORM;
	s->text = (struct screen_text){ "Form", "What it does.\nMore." };
	s->call = (struct screen_call){ verb, with, with_count };
	s->fields = fields;
	s->field_count = count;
	return s;
}
