/*
 * Where the values of a form come from: the screen's file, who opened it, a
 * verb that is asked, and the lists of F4.
 */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_form.def"

#define TICK_MS	1000

/* A JSON value as it would be typed: many in words, a flag as true. */
static bool
begin_json(struct form_field *f, const json_t *value, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	const json_t		*one;
	size_t			 i;

	if (json_is_boolean(value))
		return field_begin(f, json_is_true(value) ? "true" : "false",
		    e);
	if (!json_is_array(value))
		screen_value_text(value, &text);
	json_array_foreach (value, i, one) {
		buf_puts(&text, i > 0 ? " " : "");
		screen_value_text(one, &text);
	}
	return buf_ok(&text, e) && field_begin(f, buf_str(&text), e);
}

/* --- values of a verb ---------------------------------------------------- */

static json_t *
call_params(const struct form *form, const struct screen_call *call)
{
	AUTO_JSON json_t	*fields = json_object();
	struct screen_values	 values = { .fields = fields,
	    .given = form->given };
	size_t			 i;

	for (i = 0; i < form->count; i++) {
		json_t *given = field_given(&form->fields[i]);

		if (given != NULL && json_object_set_new(fields,
		    form->fields[i].def->id, given) < 0)
			return NULL;
	}
	return screen_with_fill(call->with, call->with_count, &values);
}

/* What was not given to this form cannot be asked for with. */
static bool
params_suffice(const struct form *form, const char *verb,
    const json_t *params)
{
	const struct verb	*v = registry_verb(work_world(app_work(
				    form->view.app))->registry, verb);
	size_t			 i;

	for (i = 0; v != NULL && i < v->param_count; i++)
		if (v->params[i].required && json_object_get(params,
		    v->params[i].name) == NULL)
			return false;
	return true;
}

/* Two fields that ask the same share the question. */
static bool
ask_add(struct form *form, struct form_field *f, struct err *e)
{
	const struct screen_call *call = &f->def->initial_call;
	json_t			*params = call_params(form, call);
	struct form_ask		*asks;
	size_t			 i;

	if (params != NULL && !params_suffice(form, call->verb, params)) {
		json_decref(params);
		return true;
	}
	for (i = 0; params != NULL && i < form->ask_count; i++)
		if (str_equal(form->asks[i].verb, call->verb) &&
		    json_equal(form->asks[i].params, params)) {
			json_decref(params);
			f->ask = i + 1;
			return true;
		}
	asks = params == NULL ? NULL : realloc(form->asks,
	    (form->ask_count + 1) * sizeof(*asks));
	if (asks == NULL) {
		json_decref(params);
		return err_nomem(e);
	}
	form->asks = asks;
	asks[form->ask_count++] = (struct form_ask){ params, call->verb, 0 };
	f->ask = form->ask_count;
	return true;
}

bool
form_begin(struct form *form, struct err *e)
{
	size_t i;

	for (i = 0; i < form->count; i++) {
		struct form_field	*f = &form->fields[i];
		const json_t		*given = f->def->initial_given ==
		    NULL ? NULL : json_object_get(form->given,
		    f->def->initial_given);

		if (f->def->initial != NULL &&
		    !field_begin(f, f->def->initial, e))
			return false;
		if (given != NULL && !begin_json(f, given, e))
			return false;
		if (f->def->initial_call.verb != NULL &&
		    !ask_add(form, f, e))
			return false;
	}
	form_ask_again(form);
	return true;
}

void
form_ask_again(struct form *form)
{
	struct work_call	 call = { .kind = WORK_CALL };
	size_t			 i;

	for (i = 0; i < form->ask_count; i++) {
		struct form_ask *ask = &form->asks[i];

		if (ask->id != 0)
			continue;
		call.verb = ask->verb;
		call.params = ask->params;
		ask->id = app_start(form->view.app, &form->view, &call);
	}
	form->asked_ms = app_now_ms(form->view.app);
}

bool
form_is_asking(const struct form *form)
{
	size_t i;

	for (i = 0; i < form->ask_count; i++)
		if (form->asks[i].id != 0)
			return true;
	return false;
}

static void
say_error(struct form *form, const json_t *error)
{
	app_say(form->view.app, "%s%s%s", json_text(error, "message"),
	    json_text(error, "hint")[0] != '\0' ? ". " : "",
	    json_text(error, "hint"));
}

/* What somebody typed meanwhile stays. */
static void
initial_take(struct form *form, size_t ask, const json_t *result)
{
	struct err	 e = { 0 };
	size_t		 i;

	for (i = 0; i < form->count; i++) {
		struct form_field	*f = &form->fields[i];
		AUTO_JSON json_t	*value = NULL;

		if (f->ask != ask + 1 || field_is_dirty(f))
			continue;
		value = screen_member(result, f->def->initial_member);
		if (value == NULL || json_is_null(value))
			continue;
		if (!begin_json(f, value, &e))
			app_say_err(form->view.app, &e);
		form_check(form, f);
	}
	form_focus_mend(form);
}

/* --- F4 ------------------------------------------------------------------ */

static void
value_chosen(void *arg, const char *value)
{
	struct form		*form = arg;
	struct form_field	*f = &form->fields[form->values_field];
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct err		 e = { 0 };

	if (value == NULL)
		return;
	/* One more of many. */
	if (f->param->many && edit_len(f->edit) > 0)
		buf_printf(&text, "%s ", edit_text(f->edit));
	buf_puts(&text, value);
	if (!field_type(f, false, buf_str(&text), &e))
		app_say_err(form->view.app, &e);
	form_changed(form, f);
}

/* values: an array of texts. */
static void
values_open(struct form *form, const json_t *values)
{
	struct form_field	*f = &form->fields[form->values_field];
	json_t			*choices = json_array(), *value;
	struct err		 e = { 0 };
	size_t			 i;

	json_array_foreach (values, i, value) {
		AUTO_BUF struct buf text = BUF_INIT;

		screen_value_text(value, &text);
		if (text.len > 0)
			json_array_append_new(choices, json_pack("{s:s, s:s}",
			    "value", buf_str(&text), "label",
			    buf_str(&text)));
	}
	if (json_array_size(choices) == 0) {
		json_decref(choices);
		app_say(form->view.app, "%s", T_FORM_VALUES_NONE);
		return;
	}
	app_open(form->view.app, view_choose_new(form->view.app,
	    f->def->text.label, choices, value_chosen, form, &e), &e);
}

static void
choices_open(struct form *form)
{
	const struct form_field	*f = &form->fields[form->focus];
	AUTO_JSON json_t	*list = json_array();
	size_t			 n;

	form->values_field = form->focus;
	for (n = 1;; n++) {
		AUTO_FREE char *choice = field_choice(f, n);

		if (choice == NULL)
			break;
		json_array_append_new(list, json_string(choice));
	}
	values_open(form, list);
}

static void
values_ask(struct form *form, const struct form_field *f)
{
	AUTO_JSON json_t	*params = call_params(form, &f->def->values);
	struct work_call	 call = { .kind = WORK_CALL,
	    .verb = f->def->values.verb, .params = params };

	if (form->values_id != 0)
		work_cancel(app_work(form->view.app), form->values_id);
	form->values_field = form->focus;
	form->values_id = app_start(form->view.app, &form->view, &call);
	if (form->values_id != 0)
		app_say(form->view.app, "%s", T_FORM_ASKING_VALUES);
}

/* Many rows may name the same file: it is offered once. */
static void
value_once(json_t *list, json_t *value)
{
	json_t	*there;
	size_t	 i;

	json_array_foreach(list, i, there)
		if (json_equal(there, value))
			return;
	json_array_append(list, value);
}

/* Rows are an array, or an object by name as the facts of a site. */
static void
values_take(struct form *form, const json_t *result)
{
	const struct screen_field *def =
	    form->fields[form->values_field].def;
	AUTO_JSON json_t	*rows = screen_member(result,
	    def->values_rows), *list = json_array();
	const char		*name;
	json_t			*row;
	size_t			 i;

	json_array_foreach(rows, i, row) {
		AUTO_JSON json_t *value = screen_member(row,
		    def->values_member);

		value_once(list, value);
	}
	if (json_is_object(rows))
		json_object_foreach(rows, name, row) {
			AUTO_JSON json_t *value = screen_member(row,
			    def->values_member);

			value_once(list, value);
		}
	values_open(form, list);
}

bool
field_has_values(const struct form_field *f)
{
	return f->def->values.verb != NULL || f->edit == NULL ||
	    f->again != NULL;
}

bool
form_values(struct form *form)
{
	struct form_field *f = &form->fields[form->focus];

	if (f->param->type == PARAM_SECRET) {
		edit_reveal(f->edit, edit_is_hidden(f->edit));
		edit_reveal(f->again, !edit_is_hidden(f->edit));
	} else if (f->param->type == PARAM_FLAG) {
		field_step(f, false);
		form_changed(form, f);
	} else if (f->param->type == PARAM_CHOICE) {
		choices_open(form);
	} else if (f->def->values.verb != NULL) {
		values_ask(form, f);
	} else {
		app_say(form->view.app, "%s", T_FORM_NO_VALUES);
	}
	return true;
}

/* --- answers ------------------------------------------------------------- */

void
form_arrived(struct view *v, const struct work_event *ev)
{
	struct form	*form = form_of(v);
	const json_t	*error = json_object_get(ev->data, "error");
	const json_t	*result = json_object_get(ev->data, "result");
	size_t		 i;

	if (ev->kind != WORK_ANSWER || ev->id == 0)
		return;
	app_changed(v->app);
	if (ev->id == form->values_id) {
		form->values_id = 0;
		if (error != NULL)
			say_error(form, error);
		/* Whoever looks at another screen by now asks again. */
		if (error == NULL && app_top(v->app) == v)
			values_take(form, result);
		return;
	}
	for (i = 0; i < form->ask_count; i++) {
		if (form->asks[i].id != ev->id)
			continue;
		form->asks[i].id = 0;
		if (error != NULL)
			say_error(form, error);
		else
			initial_take(form, i, result);
	}
}

/* The seconds of the question go on in the line of hints. */
int
form_due(const struct view *v, int64_t now_ms)
{
	const struct form *form = form_of(v);

	return form_is_asking(form) ?
	    (int)(TICK_MS - (now_ms - form->asked_ms) % TICK_MS) : -1;
}

void
form_tick(struct view *v, int64_t now_ms)
{
	(void)now_ms;
	app_changed(v->app);
}
