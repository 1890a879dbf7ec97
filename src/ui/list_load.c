/*
 * What a list shows: asked for when it opens, again on F2, when something
 * was changed above it, and now and then while it is looked at.
 */
#include "view_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

/* How often ages are told anew on a screen that refreshes. */
#define AGE_TICK_MS	10000

static int64_t
refresh_ms(const struct view_list *l)
{
	int64_t ms = (int64_t)l->screen->refresh_s * 1000;
	int64_t period = app_period_ms(l->view.app);

	if (ms > 0 && l->screen->kind == SCREEN_PANEL)
		ms = app_refresh_ms(l->view.app);
	return ms > 0 && ms < period ? period : ms;
}

/* A row is needed and none is there. */
static bool
lacks_row(const struct view_list *l, const struct screen_with *with,
    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (with[i].from == FROM_COLUMN)
			return table_count(l->table) == 0;
	return false;
}

json_t *
list_with(const struct view_list *l, const struct screen_with *with,
    size_t count, bool takes_marks, struct err *e)
{
	AUTO_JSON json_t	*rows = table_chosen(l->table, takes_marks);
	AUTO_JSON json_t	*fields = json_object();
	struct screen_values	 values = {
		.rows = rows, .fields = fields, .given = l->given
	};
	json_t			*out;

	if (lacks_row(l, with, count)) {
		err_set(e, ERR_REFUSED, 0, T_LIST_NO_ROW);
		return NULL;
	}
	if (l->ask != NULL && edit_len(l->ask) > 0)
		json_object_set_new(fields, l->screen->ask,
		    json_string(edit_text(l->ask)));
	out = screen_with_fill(with, count, &values);
	if (out == NULL)
		err_nomem(e);
	return out;
}

/* Whether the verb wants what the input asks for. */
static bool
ask_is_required(const struct view_list *l)
{
	const struct screen_call	*load = &l->screen->load;
	const struct verb		*v = registry_verb(work_world(
					    app_work(l->view.app))->registry,
					    load->verb);
	size_t				 i, k;

	for (i = 0; i < load->with_count; i++)
		for (k = 0; load->with[i].from == FROM_FIELD && v != NULL &&
		    k < v->param_count; k++)
			if (str_equal(v->params[k].name, load->with[i].param))
				return v->params[k].required;
	return true;
}

void
list_load(struct view_list *l)
{
	const struct screen_call	*load = &l->screen->load;
	struct err			 e = { 0 };
	AUTO_JSON json_t		*params = NULL;
	struct work_call		 call = {
		.kind = WORK_CALL, .verb = load->verb
	};

	if (load->verb == NULL)
		return;
	if (l->load_id != 0)
		work_cancel(app_work(l->view.app), l->load_id);
	l->load_id = 0;
	l->needs_load = false;
	if (l->ask != NULL && edit_len(l->ask) == 0 && ask_is_required(l))
		return;
	params = list_with(l, load->with, load->with_count, false, &e);
	if (params == NULL) {
		app_say_err(l->view.app, &e);
		return;
	}
	call.params = params;
	l->load_ms = app_now_ms(l->view.app);
	l->ticked_ms = l->load_ms;
	l->load_id = app_start(l->view.app, &l->view, &call);
	app_changed(l->view.app);
}

/* Rows of their own, or those below "rows". */
static void
result_take(struct view_list *l, json_t *result)
{
	AUTO_JSON json_t *rows = l->screen->rows != NULL ?
	    screen_rows(l->screen, result) : NULL;
	struct err e = { 0 };

	json_decref(l->result);
	l->result = json_incref(result);
	l->problem[0] = '\0';
	if (rows != NULL && !table_fill(l->table, rows,
	    app_wall_ms(l->view.app))) {
		err_nomem(&e);
		snprintf(l->problem, sizeof(l->problem), "%s", e.msg);
	}
	l->loaded_ms = app_now_ms(l->view.app);
	if (l->follows && table_count(l->table) > 0)
		table_focus_set(l->table, table_count(l->table) - 1);
	/* What was asked for is there: the next key is for it. */
	if (l->place == LIST_ASK && table_count(l->table) > 0)
		l->place = LIST_ROWS;
	if (l->place == LIST_ROWS && table_count(l->table) == 0 &&
	    l->screen->item_count > 0)
		l->place = LIST_ITEMS;
}

static void
answer_take(struct view_list *l, const json_t *answer)
{
	const json_t	*error = json_object_get(answer, "error");
	json_t		*result = json_object_get(answer, "result");
	const char	*hint = json_text(error, "hint");

	if (result != NULL)
		result_take(l, result);
	if (error != NULL)
		snprintf(l->problem, sizeof(l->problem), "%s%s%s",
		    json_text(error, "message"), hint[0] != '\0' ? ". " : "",
		    hint);
}

/* The first look at a screen fills in; a later one changes at once. */
static void
partial_take(struct view_list *l, const json_t *data)
{
	AUTO_JSON json_t *rows = screen_rows(l->screen, json_object_get(data,
	    "result"));

	if (rows != NULL)
		(void)table_fill(l->table, rows, app_wall_ms(l->view.app));
	app_changed(l->view.app);
}

void
list_arrived(struct view *v, const struct work_event *ev)
{
	struct view_list *l = view_list(v);

	if (ev->id == 0) {
		if (ev->kind == WORK_JOBS && l->load_id == 0)
			list_load(l);
		return;
	}
	if (ev->id != l->load_id)
		return;
	if (ev->kind == WORK_PARTIAL && l->result == NULL)
		partial_take(l, ev->data);
	if (ev->kind != WORK_ANSWER)
		return;
	l->load_id = 0;
	answer_take(l, ev->data);
	app_changed(v->app);
}

/* Asked for again, seconds of asking, ages: whatever is next. */
int
list_due(const struct view *v, int64_t now_ms)
{
	const struct view_list	*l = view_list(v);
	int64_t			 at = INT64_MAX;

	if (l->needs_load)
		return 0;
	if (l->load_id != 0 || l->screen->refresh_s > 0)
		at = l->ticked_ms + (l->load_id != 0 ?
		    app_period_ms(v->app) : AGE_TICK_MS);
	if (l->load_id == 0 && refresh_ms(l) > 0 &&
	    l->load_ms + refresh_ms(l) < at)
		at = l->load_ms + refresh_ms(l);
	if (at == INT64_MAX)
		return -1;
	return at > now_ms ? (int)(at - now_ms) : 0;
}

void
list_tick(struct view *v, int64_t now_ms)
{
	struct view_list *l = view_list(v);

	l->ticked_ms = now_ms;
	if (l->needs_load || (l->load_id == 0 && refresh_ms(l) > 0 &&
	    now_ms >= l->load_ms + refresh_ms(l)))
		list_load(l);
	table_now_set(l->table, app_wall_ms(v->app));
	app_changed(v->app);
}
