/*
 * When the console is locked: after ui.idle_lock_s without a key, where it
 * may do more than view.  While it is, keys, painting and timers are the
 * lock's alone; calls and jobs go on.
 */
#include <stdio.h>

#include "app_private.h"
#include "idle.h"
#include "stconsole/settings.h"

bool
app_lock_init(struct app *app, struct err *e)
{
	bool		 may_change = work_who(app->o.work)->role >
			    ROLE_VIEWER && !app->o.read_only;
	struct ctx	 ctx;
	int64_t		 idle_s;

	app->lock_after_ms = 0;
	world_ctx(work_world(app->o.work), NULL, &ctx);
	if (!settings_get_int(&ctx, "ui.idle_lock_s", &idle_s, e))
		return false;
	if (may_change && idle_s > 0 && !app->is_unwatched)
		app->lock_after_ms = idle_s * 1000;
	return true;
}

/* What is wrong with the file now must not open what was to be locked. */
void
app_lock_again(struct app *app)
{
	int64_t		 before = app->lock_after_ms;
	struct err	 e = { 0 };

	if (app_lock_init(app, &e))
		return;
	app->lock_after_ms = before;
	app_say_err(app, &e);
}

bool
app_is_locked(const struct app *app)
{
	return app->lock != NULL;
}

int
app_lock_due(const struct app *app)
{
	int64_t left;

	if (app->lock != NULL || app->lock_after_ms == 0)
		return -1;
	left = app->touched_ms + app->lock_after_ms - app_now_ms(app);
	return left > 0 ? (int)left : 0;
}

int
app_lock_fd(const struct app *app)
{
	return app->lock != NULL ? idle_fd(app->lock) : -1;
}

static void
end(struct app *app, const char *why)
{
	snprintf(app->parting, sizeof(app->parting), "%s", why);
	app->has_ended = true;
}

static void
settle(struct app *app)
{
	switch (idle_state(app->lock)) {
	case IDLE_OPEN:
		idle_free(app->lock);
		app->lock = NULL;
		app->touched_ms = app_now_ms(app);
		break;
	case IDLE_ENDS:
		end(app, idle_said(app->lock));
		break;
	case IDLE_LEFT:
		app->has_ended = true;
		break;
	default:
		break;
	}
	app_changed(app);
}

void
app_lock_tick(struct app *app)
{
	struct err e = { 0 };

	if (app->lock != NULL && idle_fd(app->lock) >= 0) {
		idle_take(app->lock);
		settle(app);
	}
	if (app_lock_due(app) != 0)
		return;
	app->lock = idle_new(&e);
	if (app->lock == NULL)
		end(app, e.msg);
	app_changed(app);
}

/*
 * The key that comes too late (the console was stopped meanwhile) locks, and
 * means nothing more.
 */
bool
app_lock_press(struct app *app, const struct press *p)
{
	bool was_locked = app->lock != NULL;

	app_lock_tick(app);
	if (app->lock == NULL)
		return was_locked || app->has_ended;
	if (!was_locked)
		return true;
	if (press_act(p, PLACE_FIELD) == ACT_REPAINT && app->tty != NULL)
		tty_repaint(app->tty);
	idle_press(app->lock, p, work_is_attached(app->o.work) ? 0 :
	    work_jobs_hosted(app->o.work));
	settle(app);
	return true;
}

bool
app_lock_paint(struct app *app, struct canvas *c)
{
	if (app->lock == NULL)
		return false;
	idle_paint(app->lock, c, app->host, app->tty == NULL ||
	    tty_has_function_keys(app->tty));
	return true;
}

const char *
app_parting(const struct app *app)
{
	return app->parting[0] != '\0' ? app->parting : NULL;
}
