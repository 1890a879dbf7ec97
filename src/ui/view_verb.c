/*
 * What a verb that something on a screen names opens.
 */
#include "view.h"

#include "app.h"

struct view *
view_verb_new(struct app *app, const char *title, const char *verb,
    json_t *params, struct err *e)
{
	const struct verb *v = registry_verb(work_world(app_work(app))->
	    registry, verb);

	if (v != NULL && v->plan != NULL)
		return view_plan_new(app, verb, params, NULL, 0, e);
	return view_call_new(app, title, verb, params, e);
}
