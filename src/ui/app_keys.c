/*
 * What a key does: on every screen the same, else the view's business.
 */
#include "app_private.h"

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

/*
 * wall(1) and the kernel write past us, and nobody is told.  Whoever comes
 * back to the terminal gets it clean with the first key; Ctrl-L any time.
 */
#define REPAINT_IDLE_MS	60000

/* One Esc too many must not throw anybody out: F10 leaves from there. */
#define HOME		"home"

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

/* Esc asks, Esc again goes: whoever only wants out gets out. */
static void
discard_answered(void *arg, int answer)
{
	struct view *v = arg;

	if (answer != 0)
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
	else if (v->below == NULL && v->screen != NULL && str_equal(v->screen,
	    HOME))
		app_say(app, T_BACK_NOWHERE);
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
	if (app->tty != NULL && app_now_ms(app) - app->touched_ms >
	    REPAINT_IDLE_MS)
		tty_repaint(app->tty);
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
