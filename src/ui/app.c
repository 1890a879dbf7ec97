#include "app_private.h"
#include "idle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define BRIEF_COLS	72	/* fewer: the head is short */

static void
names_set(struct app *app)
{
	const struct identity	*who = work_who(app->o.work);
	char			 host[sizeof(app->host)] = "";

	if (app->o.host == NULL && gethostname(host, sizeof(host) - 1) == 0)
		host[strcspn(host, ".")] = '\0';
	snprintf(app->host, sizeof(app->host), "%s", app->o.host != NULL ?
	    app->o.host : host);
	snprintf(app->role, sizeof(app->role), "%s %s", role_name(who->role),
	    who->user);
}

struct app *
app_new(const struct app_options *o, struct err *e)
{
	struct app *app = calloc(1, sizeof(*app));

	if (app == NULL) {
		err_nomem(e);
		return NULL;
	}
	app->o = *o;
	app->notes = json_array();
	app->is_changed = true;
	app->touched_ms = app_now_ms(app);
	names_set(app);
	if (app->notes != NULL && app_look_init(app, e) &&
	    app_lock_init(app, e))
		return app;
	app_free(app);
	return NULL;
}

void
app_free(struct app *app)
{
	if (app == NULL)
		return;
	while (app->top != NULL)
		app_close(app, app->top);
	app_calls_fini(app);
	idle_free(app->lock);
	json_decref(app->notes);
	json_decref(app->site);
	free(app);
}

struct work *
app_work(struct app *app)
{
	return app->o.work;
}

const struct theme *
app_theme(const struct app *app)
{
	return &app->theme;
}

enum profile
app_profile(const struct app *app)
{
	return app->profile;
}

int64_t
app_now_ms(const struct app *app)
{
	return app->o.clock->mono_ms(app->o.clock);
}

int64_t
app_wall_ms(const struct app *app)
{
	return app->o.clock->wall_ms(app->o.clock);
}

int
app_period_ms(const struct app *app)
{
	return profile_period_ms(app->profile, &app->facts);
}

struct view *
app_top(const struct app *app)
{
	return app->top;
}

bool
app_has_ended(const struct app *app)
{
	return app->has_ended;
}

void
app_changed(struct app *app)
{
	app->is_changed = true;
}

/* --- the stack ---------------------------------------------------------- */

void
app_open(struct app *app, struct view *v, const struct err *e)
{
	if (v == NULL) {
		app_say_err(app, e);
		return;
	}
	v->below = app->top;
	app->top = v;
	app->said[0] = '\0';
	app_changed(app);
}

void
app_close(struct app *app, struct view *v)
{
	struct view	*above;
	bool		 was_last = false;

	while (app->top != NULL && !was_last) {
		above = app->top;
		was_last = above == v;
		app->top = above->below;
		app_calls_forget(app, above);
		view_free(above);
	}
	if (app->top != NULL && app->top->ops->uncovered != NULL)
		app->top->ops->uncovered(app->top);
	app_changed(app);
}

static bool
role_allows(const struct app *app, const struct screen *s)
{
	return work_who(app->o.work)->role >= s->needs ||
	    (app->site != NULL && json_flag(app->site, "demo"));
}

static struct view *
screen_view(struct app *app, const char *name, json_t *given, struct err *e)
{
	static struct view *(*const kinds[])(struct app *, struct screen *,
	    json_t *, struct err *) = {
		[SCREEN_MENU] = view_list_new, [SCREEN_TABLE] = view_list_new,
		[SCREEN_PANEL] = view_list_new,
		[SCREEN_FORM] = view_form_new,
		[SCREEN_WIZARD] = view_wizard_new,
		[SCREEN_TEXT] = view_text_screen_new
	};
	struct screen *s = screen_load(&app->o.screens,
	    work_world(app->o.work)->registry, name, e);

	if (s == NULL) {
		json_decref(given);
		return NULL;
	}
	if (!role_allows(app, s)) {
		err_set(e, ERR_REFUSED, 0, T_SCREEN_ROLE, s->text.label,
		    role_name(s->needs), app->role);
		screen_free(s);
		json_decref(given);
		return NULL;
	}
	return kinds[s->kind](app, s, given, e);
}

/* Screens that are C, not YAML. */
static struct view *
own_view(struct app *app, const char *name, const json_t *given,
    bool *is_own, struct err *e)
{
	*is_own = true;
	if (str_equal(name, "job"))
		return view_job_new(app, json_text(given, "id"), e);
	if (str_equal(name, "notifications"))
		return app_notes_view(app, e);
	if (str_equal(name, "keys"))
		return app_keys_view(app, e);
	if (str_equal(name, "operator"))
		return app_operator_view(app, e);
	*is_own = false;
	return NULL;
}

static struct view *
named_view(struct app *app, const char *name, json_t *given, struct err *e)
{
	bool		 is_own;
	struct view	*v = own_view(app, name, given, &is_own, e);

	if (!is_own)
		return screen_view(app, name, given, e);
	json_decref(given);
	return v;
}

void
app_open_screen(struct app *app, const char *name, json_t *given)
{
	struct err	 e = { 0 };
	struct view	*v = named_view(app, name, given, &e);

	app_open(app, v, &e);
}

bool
app_begin(struct app *app, const char *screen, struct err *e)
{
	struct view *v = named_view(app, screen, json_object(), e);

	if (v == NULL)
		return false;
	app_open(app, v, e);
	if (app_looks_on(app))
		app_open_screen(app, "operator", NULL);
	return true;
}

/* --- the line of hints -------------------------------------------------- */

void
app_say(struct app *app, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(app->said, sizeof(app->said), fmt, ap);
	va_end(ap);
	app->said_is_error = false;
	app_changed(app);
}

void
app_say_err(struct app *app, const struct err *e)
{
	if (e->hint[0] != '\0')
		app_say(app, "%s. %s", e->msg, e->hint);
	else
		app_say(app, "%s", e->msg);
	app->said_is_error = true;
}

void
app_note(struct app *app, const char *fmt, ...)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	va_list			 ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	(void)json_array_append_new(app->notes, json_pack("{s:I, s:s}", "at",
	    (json_int_t)app_wall_ms(app), "text", buf_str(&text)));
	app_say(app, "%s", buf_str(&text));
}

/* --- keys --------------------------------------------------------------- */

static void
leave_answered(void *arg, int answer)
{
	struct app *app = arg;

	if (answer == 1)
		app->has_ended = true;
}

void
app_leave(struct app *app)
{
	static const char *const labels[] = { T_LEAVE_STAY, T_LEAVE_GO, NULL };
	AUTO_BUF struct buf	 question = BUF_INIT;
	unsigned		 jobs = work_jobs_hosted(app->o.work);
	struct err		 e = { 0 };

	if (jobs == 0 || work_is_attached(app->o.work)) {
		app->has_ended = true;
		return;
	}
	buf_printf(&question, T_LEAVE_JOBS, jobs);
	app_open(app, view_ask_new(app, buf_str(&question), labels,
	    leave_answered, app, &e), &e);
}

static void
discard_answered(void *arg, int answer)
{
	struct view *v = arg;

	if (answer == 1)
		app_close(v->app, v);
}

static void
go_back(struct app *app)
{
	static const char *const labels[] = {
		T_DISCARD_STAY, T_DISCARD_GO, NULL
	};
	struct view	*v = app->top;
	struct err	 e = { 0 };

	if (v->ops->act != NULL && v->ops->act(v, ACT_BACK))
		return;
	if (v->ops->has_edits != NULL && v->ops->has_edits(v))
		app_open(app, view_ask_new(app, T_DISCARD, labels,
		    discard_answered, v, &e), &e);
	else if (v->below == NULL)
		app_leave(app);
	else
		app_close(app, v);
}

/* What every screen does with these keys; false: the view's business. */
static bool
common_act(struct app *app, enum act act)
{
	switch (act) {
	case ACT_HELP:
		app_help(app);
		return true;
	case ACT_BACK:
		go_back(app);
		return true;
	case ACT_COMMAND:
		app_command(app);
		return true;
	case ACT_JOBS:
		app_open_screen(app, "jobs", NULL);
		return true;
	case ACT_LEAVE:
		app_leave(app);
		return true;
	case ACT_PALETTE:
		app_palette(app);
		return true;
	case ACT_DUMP:
		app_dump(app);
		return true;
	case ACT_REPAINT:
		if (app->tty != NULL)
			tty_repaint(app->tty);
		return true;
	default:
		return false;
	}
}

static void
nothing_happens(struct app *app, const struct press *p)
{
	AUTO_BUF struct buf name = BUF_INIT;

	press_name(p, &name);
	app_say(app, T_KEY_NOTHING, buf_str(&name));
}

void
app_press(struct app *app, const struct press *p)
{
	struct view		*v = app->top;
	enum press_place	 place;
	enum act		 act;

	if (v == NULL || p->code == PRESS_NONE || p->code == PRESS_REPLY)
		return;
	if (p->code == PRESS_EOF) {
		app->has_ended = true;
		return;
	}
	if (app_lock_press(app, p))
		return;
	app->touched_ms = app_now_ms(app);
	app->said[0] = '\0';
	app->said_is_error = false;
	app_changed(app);
	place = v->ops->place != NULL ? v->ops->place(v) : PLACE_LIST;
	act = press_act(p, place);
	if (act == ACT_BACK) {
		go_back(app);
		return;
	}
	if (act != ACT_NONE && v->ops->act != NULL && v->ops->act(v, act))
		return;
	if (act != ACT_NONE && common_act(app, act))
		return;
	if (v->ops->press == NULL || !v->ops->press(v, p))
		nothing_happens(app, p);
}

/* --- time --------------------------------------------------------------- */

static int
sooner(int a, int b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

int
app_due(const struct app *app)
{
	const struct view	*v;
	int			 due = app_lock_due(app);

	if (app_is_locked(app))
		return -1;
	for (v = app->top; v != NULL; v = v->below) {
		if (v->ops->due != NULL)
			due = sooner(due, v->ops->due(v, app_now_ms(app)));
		if (v->rows_over == 0)
			break;
	}
	return due;
}

/* Only what is seen is kept fresh. */
void
app_tick(struct app *app)
{
	struct view	*v, *below;
	int64_t		 now = app_now_ms(app);

	app_lock_tick(app);
	if (app_is_locked(app))
		return;
	for (v = app->top; v != NULL; v = below) {
		below = v->rows_over > 0 ? v->below : NULL;
		if (v->ops->tick != NULL && v->ops->due != NULL &&
		    v->ops->due(v, now) == 0)
			v->ops->tick(v, now);
	}
}

/* --- painting ----------------------------------------------------------- */

/* What one must not forget while one types. */
static void
notice_tell(const struct app *app, struct buf *out)
{
	if (app->site != NULL && json_flag(app->site, "demo"))
		buf_puts(out, T_NOTICE_DEMO);
	if (app->o.read_only)
		buf_printf(out, "%s%s", out->len > 0 ? " " : "",
		    T_NOTICE_READ_ONLY);
	else if (app_looks_on(app))
		buf_printf(out, "%s%s", out->len > 0 ? " " : "",
		    T_NOTICE_LOOKS_ON);
}

/* The lowest view that is seen, then the questions over it. */
static void
views_paint(const struct view *v, struct canvas *c, struct area a)
{
	struct area	 over = a;
	int		 rows = v->rows_over;

	if (rows == 0 || v->below == NULL) {
		v->ops->paint((struct view *)(uintptr_t)v, c, a);
		return;
	}
	if (rows > a.rows)
		rows = a.rows;
	over.row += a.rows - rows;
	over.rows = rows;
	a.rows -= rows;
	if (a.rows > 0)
		views_paint(v->below, c, a);
	v->ops->paint((struct view *)(uintptr_t)v, c, over);
}

void
app_paint(struct app *app, struct canvas *c)
{
	AUTO_BUF struct buf	 hint = BUF_INIT, notice = BUF_INIT;
	const struct view	*v = app->top;
	struct frame		 f = {
		.top = v, .host = app->host, .role = app->role,
		.kind = app->site != NULL ? json_text(app->site, "kind") : "",
		.hint_is_error = app->said_is_error,
		.is_brief = app->profile == PROFILE_ECONOMY ||
		    canvas_cols(c) < BRIEF_COLS,
		.has_rule = app->theme.has_frame,
		.has_function_keys = app->tty == NULL ||
		    tty_has_function_keys(app->tty)
	};

	if (app_lock_paint(app, c)) {
		app->is_changed = false;
		return;
	}
	canvas_erase(c);
	if (v == NULL)
		return;
	if (app->said[0] != '\0')
		buf_puts(&hint, app->said);
	else if (v->ops->hint != NULL)
		v->ops->hint(v, &hint);
	f.hint = buf_str(&hint);
	notice_tell(app, &notice);
	f.notice = buf_str(&notice);
	views_paint(v, c, frame_paint(&f, c));
	app->is_changed = false;
}
