/*
 * The calls that views started, and where their events go.
 */
#include "app_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/work_maker.h"

#include "stconsole/msg.h"
#include "text.def"

/* What steers acts: job.resume carries out a job as an apply does. */
static bool
goes_on(const struct app *app, const struct work_call *call)
{
	const struct verb *v = registry_verb(work_world(app->o.work)->
	    registry, call->verb);

	return call->kind == WORK_APPLY || (call->kind == WORK_CALL &&
	    v != NULL && v->direct != NULL);
}

unsigned
app_start(struct app *app, struct view *v, const struct work_call *call)
{
	struct app_call	*calls = realloc(app->calls, (app->call_count + 1) *
			    sizeof(*calls));
	struct err	 e = { 0 };
	unsigned	 id;

	if (calls == NULL) {
		err_nomem(&e);
		app_say_err(app, &e);
		return 0;
	}
	app->calls = calls;
	id = work_start(app->o.work, call, &e);
	if (id == 0) {
		app_say_err(app, &e);
		return 0;
	}
	app->calls[app->call_count++] = (struct app_call){
		.id = id, .view = v, .kind = call->kind,
		.goes_on = goes_on(app, call), .verb = strdup(call->verb)
	};
	return id;
}

void
app_calls_forget(struct app *app, const struct view *v)
{
	size_t i;

	for (i = 0; i < app->call_count; i++) {
		if (app->calls[i].view != v)
			continue;
		app->calls[i].view = NULL;
		if (!app->calls[i].goes_on && !app->calls[i].is_lost)
			work_cancel(app->o.work, app->calls[i].id);
	}
}

void
app_calls_fini(struct app *app)
{
	size_t i;

	for (i = 0; i < app->call_count; i++)
		free(app->calls[i].verb);
	free(app->calls);
	app->calls = NULL;
	app->call_count = 0;
}

static struct app_call *
call_of(struct app *app, unsigned id)
{
	size_t i;

	for (i = 0; i < app->call_count; i++)
		if (app->calls[i].id == id && !app->calls[i].is_lost)
			return &app->calls[i];
	return NULL;
}

static void
call_drop(struct app *app, struct app_call *c)
{
	free(c->verb);
	*c = app->calls[--app->call_count];
}

/* A job that nobody looked at: its end is a notification. */
static void
end_noted(struct app *app, const struct app_call *c, const json_t *answer)
{
	const json_t	*result = json_object_get(answer, "result");
	const json_t	*job = json_object_get(result != NULL ? result :
			    answer, "job");
	const json_t	*error = json_object_get(answer, "error");

	if (!c->goes_on || c->verb == NULL)
		return;
	if (json_str(job, "state") != NULL && error == NULL)
		app_note(app, T_NOTE_DONE, c->verb, json_text(job, "state"),
		    json_text(job, "id"));
	else if (error != NULL)
		app_note(app, T_NOTE_FAILED, c->verb, json_text(error,
		    "message"));
}

static void
site_take(struct app *app, const json_t *answer)
{
	json_t *site = json_object_get(answer, "site");

	if (!json_is_object(site) || json_equal(site, app->site))
		return;
	json_decref(app->site);
	app->site = json_incref(site);
	app_changed(app);
}

/* What was applied may have been a setting of this console. */
static void
settings_again(struct app *app)
{
	app_look_again(app);
	app_lock_again(app);
}

static void
common_event(struct app *app, const struct work_event *ev)
{
	struct view *v = app->top;

	if (ev->kind == WORK_LOST)
		app->is_lost = true;
	if (ev->kind == WORK_OPERATOR)
		app_operator_changed(app);
	if (v != NULL && v->ops->arrived != NULL)
		v->ops->arrived(v, ev);
	app_changed(app);
}

static void
event_give(struct app *app, const struct work_event *ev)
{
	struct app_call	*c = call_of(app, ev->id);
	struct view	*v;

	if (ev->id == 0) {
		common_event(app, ev);
		return;
	}
	if (c == NULL)
		return;
	v = c->view;
	if (ev->kind == WORK_ANSWER) {
		site_take(app, ev->data);
		if (c->kind == WORK_APPLY)
			settings_again(app);
		if (v == NULL)
			end_noted(app, c, ev->data);
		call_drop(app, c);
	}
	if (v != NULL && v->ops->arrived != NULL)
		v->ops->arrived(v, ev);
	if (ev->kind == WORK_ANSWER)
		app_site_ask(app, ev->data);
}

void
app_calls_lose(struct app *app)
{
	size_t i;

	for (i = 0; i < app->call_count; i++)
		app->calls[i].is_lost = true;
}

static struct app_call *
call_lost(struct app *app)
{
	size_t i;

	for (i = 0; i < app->call_count; i++)
		if (app->calls[i].is_lost)
			return &app->calls[i];
	return NULL;
}

/* A view that hears of it may close others, or ask again. */
void
app_calls_fail(struct app *app)
{
	struct app_call	*c;
	struct err	 why = { 0 };

	err_set(&why, ERR_SYS, EPIPE, T_CALL_LOST);
	err_hint(&why, T_CALL_LOST_HINT);
	while ((c = call_lost(app)) != NULL) {
		struct work_event	 ev = { WORK_ANSWER, c->id,
					    work_error_json(&why) };
		struct view		*v = c->view;

		if (v == NULL)
			end_noted(app, c, ev.data);
		call_drop(app, c);
		if (v != NULL && v->ops->arrived != NULL && ev.data != NULL)
			v->ops->arrived(v, &ev);
		work_event_fini(&ev);
	}
}

bool
app_events(struct app *app)
{
	struct work_event	 ev;
	bool			 any = false;

	while (work_next(app->o.work, &ev)) {
		event_give(app, &ev);
		work_event_fini(&ev);
		any = true;
	}
	/* A job that runs here all the same is not torn and not waited for. */
	if (app->is_lost && work_jobs_hosted(app->o.work) == 0) {
		app->is_lost = false;
		app_work_lost(app);
	}
	return any;
}
