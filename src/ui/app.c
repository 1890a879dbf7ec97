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

/* The way home is never longer: F9 and the palette lead on for ever. */
#define DEPTH_MAX	12
/* Older ones are in the list of jobs. */
#define NOTES_MAX	200

void
app_names_set(struct app *app)
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
	app_names_set(app);
	if (app->notes != NULL && app_look_init(app, e) &&
	    app_lock_init(app, e))
		return app;
	app_free(app);
	return NULL;
}

/* What is below is not told: at the end it would ask again. */
static void
pop(struct app *app)
{
	struct view *v = app->top;

	app->top = v->below;
	app_calls_forget(app, v);
	view_free(v);
}

void
app_free(struct app *app)
{
	if (app == NULL)
		return;
	while (app->top != NULL)
		pop(app);
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

/* Screens one over the other; questions do not count. */
static size_t
depth(const struct app *app)
{
	const struct view	*v;
	size_t			 n = 0;

	for (v = app->top; v != NULL; v = v->below)
		n += v->rows_over == 0;
	return n;
}

void
app_open(struct app *app, struct view *v, const struct err *e)
{
	if (v == NULL) {
		app_say_err(app, e);
		return;
	}
	if (v->rows_over == 0 && depth(app) >= DEPTH_MAX) {
		app_calls_forget(app, v);
		view_free(v);
		app_say(app, T_TOO_DEEP, (unsigned)DEPTH_MAX);
		return;
	}
	v->below = app->top;
	v->serial = ++app->serial;
	app->top = v;
	app->said[0] = '\0';
	app_changed(app);
}

void
app_close(struct app *app, struct view *v)
{
	bool was_last = false;

	while (app->top != NULL && !was_last) {
		was_last = app->top == v;
		pop(app);
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
	static const struct {
		const char	*name;
		struct view	*(*open)(struct app *app, struct err *e);
	} own[] = {
		{ "keys", app_keys_view }, { "notifications", app_notes_view },
		{ "operator", app_operator_view },
		{ "profile", app_profile_view }, { "theme", app_theme_view }
	};
	size_t i;

	*is_own = true;
	if (str_equal(name, "use_site"))
		return app_site_use(app, json_text(given, "folder"), e);
	if (str_equal(name, "job"))
		return view_job_new(app, json_text(given, "id"), e);
	for (i = 0; i < LENGTH(own); i++)
		if (str_equal(name, own[i].name))
			return own[i].open(app, e);
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
	if (json_array_size(app->notes) >= NOTES_MAX)
		(void)json_array_remove(app->notes, 0);
	(void)json_array_append_new(app->notes, json_pack("{s:I, s:s}", "at",
	    (json_int_t)app_wall_ms(app), "text", buf_str(&text)));
	app_say(app, "%s", buf_str(&text));
}
