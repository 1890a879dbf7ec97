/*
 * What both makers of a struct work share: the door to their table, the site
 * that calls mean, the shown command.
 */
#include "stconsole/work_maker.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/answer.h"
#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

bool
work_init(struct work *w, const struct work_ops *ops,
    const struct world *world, struct err *e)
{
	w->ops = ops;
	w->world = world;
	w->who = world->who;
	w->site = NULL;
	w->operator = (struct work_operator){ .is_mine = true };
	return work_site_set(w, world->site_wanted, e);
}

void
work_fini(struct work *w)
{
	free(w->site);
	w->site = NULL;
}

void
work_free(struct work *w)
{
	if (w != NULL)
		w->ops->free(w);
}

unsigned
work_start(struct work *w, const struct work_call *call, struct err *e)
{
	return w->ops->start(w, call, e);
}

void
work_cancel(struct work *w, unsigned id)
{
	w->ops->cancel(w, id);
}

int
work_fd(const struct work *w)
{
	return w->ops->fd(w);
}

bool
work_next(struct work *w, struct work_event *ev)
{
	*ev = (struct work_event){ .data = NULL };
	return w->ops->next(w, ev);
}

void
work_event_fini(struct work_event *ev)
{
	json_decref(ev->data);
	ev->data = NULL;
}

unsigned
work_jobs_hosted(const struct work *w)
{
	return w->ops->jobs_hosted(w);
}

bool
work_is_attached(const struct work *w)
{
	return w->ops->is_attached;
}

void
work_command(const struct work *w, const char *verb, const json_t *params,
    struct buf *out)
{
	const struct verb	*v = registry_verb(w->world->registry, verb);
	AUTO_JSON json_t	*typed = NULL;
	struct ctx		 ctx;

	if (v == NULL)
		return;
	world_ctx(w->world, NULL, &ctx);
	ctx.site_wanted = w->site;
	/* Half-typed values are shown as they are. */
	typed = verb_params(v, params, NULL);
	answer_command(&ctx, w->world->state_wanted, v, typed != NULL ?
	    typed : params, NULL, out);
}

bool
work_site_set(struct work *w, const char *site, struct err *e)
{
	char *copy = site != NULL ? strdup(site) : NULL;

	if (site != NULL && copy == NULL)
		return err_nomem(e);
	free(w->site);
	w->site = copy;
	return true;
}

const char *
work_site(const struct work *w)
{
	return w->site;
}

const struct world *
work_world(const struct work *w)
{
	return w->world;
}

const struct identity *
work_who(const struct work *w)
{
	return &w->who;
}

const struct work_operator *
work_operator(const struct work *w)
{
	return &w->operator;
}

bool
work_operator_take(struct work *w, struct err *e)
{
	return w->ops->operator_take == NULL || w->ops->operator_take(w, e);
}

json_t *
work_error_json(const struct err *why)
{
	struct answer a;

	answer_error(why, NULL, NULL, &a);
	json_object_set_new(a.doc, "status", json_integer(a.status));
	json_object_set_new(a.doc, "at",
	    json_integer(clock_wall_ms(&clock_system)));
	return a.doc;
}

bool
work_call_is_job(const struct work_call *call, const struct verb *v)
{
	return call->kind == WORK_APPLY || (v != NULL && v->direct != NULL &&
	    str_equal(v->name, "job.resume"));
}

json_t *
work_progress_json(const struct progress_event *ev)
{
	return json_pack(
	    "{s:s?, s:i, s:i, s:s?, s:s?, s:I, s:I, s:s?, s:f, s:I}",
	    "job", ev->job, "step", (int)ev->step, "steps", (int)ev->steps,
	    "title", ev->title, "phase", ev->phase, "done",
	    (json_int_t)ev->done, "total", (json_int_t)ev->total, "unit",
	    ev->unit, "per_second", ev->per_second, "left_s",
	    (json_int_t)ev->left_s);
}
