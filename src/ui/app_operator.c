/*
 * A console at "stconsole serve": who operates, how that changes hands, and
 * what happens when serve goes away.
 */
#include "app_private.h"

#include <stdlib.h>

#include "stconsole/mem.h"
#include "value.h"

#include "stconsole/msg.h"
#include "text.def"

bool
app_looks_on(const struct app *app)
{
	return work_is_attached(app->o.work) &&
	    !work_operator(app->o.work)->is_mine;
}

static void
take_answered(void *arg, int answer)
{
	struct app	*app = arg;
	struct err	 e = { 0 };

	if (answer == 1 && !work_operator_take(app->o.work, &e))
		app_say_err(app, &e);
}

/* Somebody else operates: look on, or take over. */
struct view *
app_operator_view(struct app *app, struct err *e)
{
	static const char *const	 labels[] = { T_OPERATOR_LOOK,
					    T_OPERATOR_TAKE, NULL };
	const struct work_operator	*who = work_operator(app->o.work);
	AUTO_BUF struct buf		 question = BUF_INIT, age = BUF_INIT;

	if (!app_looks_on(app)) {
		err_set(e, ERR_REFUSED, 0, T_OPERATOR_YOU);
		return NULL;
	}
	value_age_add((app_wall_ms(app) - who->since_ms) / 1000, &age);
	if (who->user[0] != '\0')
		buf_printf(&question, T_OPERATOR_WHO, who->user, who->where,
		    buf_str(&age));
	else
		buf_puts(&question, T_OPERATOR_NOBODY);
	return view_ask_new(app, buf_str(&question), labels, take_answered,
	    app, e);
}

void
app_operator_changed(struct app *app)
{
	const struct work_operator *who = work_operator(app->o.work);

	if (who->is_mine)
		app_note(app, "%s", T_OPERATOR_YOU);
	else if (who->user[0] != '\0')
		app_note(app, T_OPERATOR_NOW, who->user, who->where);
}

/* Serve has ended; its jobs are on disk, this console goes on alone. */
void
app_work_lost(struct app *app)
{
	struct work	*alone;
	struct err	 e = { 0 };

	if (app->o.work_alone == NULL)
		return;
	app_calls_lose(app);
	alone = app->o.work_alone(app->o.work_arg, &e);
	if (alone != NULL)
		app->o.work = alone;
	app_names_set(app);
	app_calls_fail(app);
	if (alone == NULL) {
		app_say_err(app, &e);
		return;
	}
	app_lock_again(app);
	app_note(app, "%s", T_SERVE_LOST);
}
