/*
 * The form as a view: what keys do in it.  F8, and Enter on the last field,
 * show the plan of the verb; nothing here changes anything.
 */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#include "edit_keys.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_form.def"

static void
form_free(struct view *v)
{
	struct form	*form = form_of(v);
	size_t		 i;

	for (i = 0; i < form->count; i++)
		field_fini(&form->fields[i]);
	for (i = 0; i < form->ask_count; i++)
		json_decref(form->asks[i].params);
	free(form->fields);
	free(form->asks);
	json_decref(form->given);
	screen_free(form->screen);
	free(form);
}

/* All are checked: one may be seen or hidden by another. */
void
form_changed(struct form *form, struct form_field *f)
{
	size_t i;

	f->is_touched = true;
	for (i = 0; i < form->count; i++)
		form_check(form, &form->fields[i]);
	form_focus_mend(form);
	app_changed(form->view.app);
}

/* --- preview ------------------------------------------------------------- */

static void
preview_open(struct form *form)
{
	struct app		*app = form->view.app;
	struct ctx_secret	 secrets[CTX_SECRETS];
	struct err		 e = { 0 };
	json_t			*params = form_params(form, &e);
	struct view		*plan = NULL;
	size_t			 i, n = 0;

	if (params != NULL && form_secrets(form, secrets, &n, &e))
		plan = view_plan_new(app, form->verb->name, TAKE(params),
		    secrets, n, &e);
	for (i = 0; i < n; i++)
		secret_free(secrets[i].value);
	json_decref(params);
	app_open(app, plan, &e);
}

static void
preview(struct form *form)
{
	struct form_field *f = form_first_problem(form);

	if (f == NULL) {
		preview_open(form);
		return;
	}
	form_focus_field(form, f);
	if (str_starts(f->problem, f->def->text.label))
		app_say(form->view.app, "%s", f->problem);
	else
		app_say(form->view.app, T_FORM_BLOCKED, f->def->text.label,
		    f->problem);
}

/* --- keys ---------------------------------------------------------------- */

static void
reset(struct form *form)
{
	size_t i;

	if (!form->was_reset) {
		field_reset(&form->fields[form->focus]);
		form_changed(form, &form->fields[form->focus]);
		form->fields[form->focus].is_touched = false;
		form->on_again = false;
		form->was_reset = true;
		app_say(form->view.app, "%s", T_FORM_RESET);
		return;
	}
	for (i = 0; i < form->count; i++)
		field_reset(&form->fields[i]);
	for (i = 0; i < form->count; i++)
		form_check(form, &form->fields[i]);
	form_focus_mend(form);
	form->was_reset = false;
	app_say(form->view.app, "%s", T_FORM_RESET_ALL);
}

/* Round and round with Tab, up to the ends with the arrows. */
static bool
move(struct form *form, int by, bool goes_round)
{
	int count = (int)form_stops(form);
	int at = (int)form_stop_of_focus(form), to = at + by;

	if (count == 0)
		return false;
	if (goes_round)
		to = (to + count) % count;
	to = to < 0 ? 0 : to >= count ? count - 1 : to;
	if (to != at)
		form_focus(form, (size_t)to);
	return true;
}

static bool
is_last_stop(const struct form *form)
{
	return form_stop_of_focus(form) + 1 >= form_stops(form);
}

/* Left and right inside the field. */
static bool
inside(struct form *form, enum act act)
{
	struct form_field	*f = &form->fields[form->focus];
	struct edit		*ed = field_edit(f, form->on_again);

	if (ed != NULL) {
		(void)edit_act(ed, act);
		return true;
	}
	if (act != ACT_LEFT && act != ACT_RIGHT)
		return false;
	field_step(f, act == ACT_LEFT);
	form_changed(form, f);
	return true;
}

static bool
mark(struct form *form)
{
	struct form_field *f = &form->fields[form->focus];

	if (f->edit != NULL)
		return false;
	field_step(f, false);
	form_changed(form, f);
	return true;
}

static bool
form_move_act(struct form *form, enum act act)
{
	switch (act) {
	case ACT_NEXT_FIELD:
		return move(form, 1, true);
	case ACT_PREVIOUS_FIELD:
		return move(form, -1, true);
	case ACT_DOWN:
		return move(form, 1, false);
	case ACT_UP:
		return move(form, -1, false);
	case ACT_PAGE_DOWN:
		return move(form, form->rows > 0 ? form->rows : 1, false);
	case ACT_PAGE_UP:
		return move(form, form->rows > 0 ? -form->rows : -1, false);
	case ACT_LEFT:
	case ACT_RIGHT:
	case ACT_FIRST:
	case ACT_LAST:
		return inside(form, act);
	default:
		return false;
	}
}

static bool
form_act(struct view *v, enum act act)
{
	struct form *form = form_of(v);

	if (act == ACT_RESET) {
		reset(form);
		return true;
	}
	form->was_reset = false;
	switch (act) {
	case ACT_PREVIEW:
		preview(form);
		return true;
	case ACT_OPEN:
		if (is_last_stop(form))
			preview(form);
		else
			move(form, 1, false);
		return true;
	case ACT_VALUES:
		return form_values(form);
	case ACT_MARK:
		return mark(form);
	case ACT_REFRESH:
		form_ask_again(form);
		return form->ask_count > 0;
	default:
		return form_move_act(form, act);
	}
}

static bool
form_press(struct view *v, const struct press *p)
{
	struct form		*form = form_of(v);
	struct form_field	*f = &form->fields[form->focus];
	struct edit		*ed = field_edit(f, form->on_again);

	form->was_reset = false;
	if (ed == NULL) {
		if (p->code != PRESS_TEXT || !field_letter(f, p->text))
			return false;
	} else if (!edit_press(ed, p)) {
		if (p->code != PRESS_TEXT && p->code != PRESS_PASTE)
			return false;
		app_say(v->app, T_FORM_LONG, edit_len(ed));
		return true;
	}
	form_changed(form, f);
	return true;
}

static enum press_place
form_place(const struct view *v)
{
	(void)v;
	return PLACE_FIELD;
}

static void
form_bar(const struct view *v, struct bar *bar)
{
	const struct form	*form = form_of(v);
	const struct form_field	*f = &form->fields[form->focus];

	bar_act(bar, ACT_HELP);
	bar_act(bar, ACT_PREVIEW);
	bar_act(bar, ACT_BACK);
	if (f->again != NULL)
		bar_act_as(bar, ACT_VALUES, edit_is_hidden(f->edit) ?
		    T_FORM_BAR_SHOW : T_FORM_BAR_HIDE);
	else if (f->param->type == PARAM_FLAG)
		bar_act_as(bar, ACT_VALUES, T_FORM_BAR_CHANGE);
	else if (field_has_values(f))
		bar_act(bar, ACT_VALUES);
	bar_act(bar, ACT_RESET);
	bar_act(bar, ACT_COMMAND);
	bar_act_as(bar, ACT_NEXT_FIELD, T_FORM_BAR_NEXT);
}

static bool
form_has_edits(const struct view *v)
{
	const struct form	*form = form_of(v);
	size_t			 i;

	for (i = 0; i < form->count; i++)
		if (field_is_dirty(&form->fields[i]))
			return true;
	return false;
}

/* A secret that was shown is hidden again, before the screen is a file. */
static void
form_uncovered(struct view *v)
{
	struct form	*form = form_of(v);
	size_t		 i;

	for (i = 0; i < form->count; i++)
		if (form->fields[i].again != NULL) {
			edit_reveal(form->fields[i].edit, false);
			edit_reveal(form->fields[i].again, false);
		}
	form_ask_again(form);
	app_changed(v->app);
}

/* --- by lines ------------------------------------------------------------ */

static void
form_say(const struct view *v, struct buf *out)
{
	const struct form *form = form_of(v);

	buf_printf(out, "%s\n", form->screen->text.label);
	if (form->screen->text.help[0] != '\0')
		buf_printf(out, "%s\n", form->screen->text.help);
}

static size_t
form_items(const struct view *v)
{
	return form_stops(form_of(v));
}

static void
form_item_say(const struct view *v, size_t i, struct buf *out)
{
	const struct form	*form = form_of(v);
	struct form_stop	 s = form_stop_at(form, i);
	const struct form_field	*f = &form->fields[s.field];
	AUTO_BUF struct buf	 value = BUF_INIT;

	form_label(form, s, out);
	field_tell(f, s.is_again, &value);
	buf_printf(out, ": %s", value.len > 0 ? buf_str(&value) :
	    T_FORM_EMPTY);
	if (f->is_touched && f->problem[0] != '\0' && !s.is_again)
		buf_printf(out, T_FORM_PROBLEM, f->problem);
}

static void
form_item_focus(struct view *v, size_t i)
{
	form_focus(form_of(v), i);
}

static bool
form_item_is_input(const struct view *v, size_t i, bool *is_secret)
{
	const struct form	*form = form_of(v);
	struct form_stop	 s = form_stop_at(form, i);

	*is_secret = form->fields[s.field].again != NULL;
	return true;
}

static bool
form_item_set(struct view *v, size_t i, const char *text, struct err *e)
{
	struct form		*form = form_of(v);
	struct form_stop	 s = form_stop_at(form, i);
	struct form_field	*f = &form->fields[s.field];

	if (!field_type(f, s.is_again, text, e))
		return false;
	form_changed(form, f);
	/* The second input of a secret is asked for next. */
	if (f->problem[0] == '\0' || (f->again != NULL && !s.is_again))
		return true;
	return err_set(e, ERR_USAGE, 0, "%s", f->problem);
}

static const struct view_ops form_ops = {
	.free = form_free, .paint = form_paint, .place = form_place,
	.press = form_press, .act = form_act, .bar = form_bar,
	.hint = form_hint, .help = form_help, .arrived = form_arrived,
	.due = form_due, .tick = form_tick, .command = form_command,
	.has_edits = form_has_edits, .uncovered = form_uncovered,
	.say = form_say, .item_count = form_items,
	.item_say = form_item_say, .item_focus = form_item_focus,
	.item_is_input = form_item_is_input, .item_set = form_item_set
};

void
form_applied(struct view *v)
{
	struct form	*form = form_of(v);
	struct err	 e = { 0 };
	size_t		 i;

	if (v == NULL || v->ops != &form_ops)
		return;
	for (i = 0; i < form->count; i++) {
		struct form_field	*f = &form->fields[i];
		AUTO_FREE char		*text = NULL;

		f->flag_begin = f->flag;
		f->choice_begin = f->choice;
		if (f->edit == NULL)
			continue;
		/* A secret is used up. */
		text = strdup(f->again != NULL ? "" : edit_text(f->edit));
		if (text == NULL || !edit_set(f->edit, text, &e) ||
		    (f->again != NULL && !edit_set(f->again, "", &e)))
			err_nomem(&e);
	}
	if (e.domain != ERR_NONE)
		app_say_err(v->app, &e);
}

/* --- making one ---------------------------------------------------------- */

static bool
fields_make(struct form *form, struct err *e)
{
	const struct screen	*s = form->screen;
	size_t			 i, k;

	form->fields = calloc(s->field_count + 1, sizeof(*form->fields));
	if (form->fields == NULL)
		return err_nomem(e);
	for (i = 0; i < s->field_count; i++) {
		const struct screen_field	*def = &s->fields[i];
		const struct verb_param		*p = NULL;

		for (k = 0; k < form->verb->param_count; k++)
			if (str_equal(form->verb->params[k].name, def->param))
				p = &form->verb->params[k];
		if (p == NULL)
			return err_set(e, ERR_YAML, 0, T_FORM_PARAM, s->name,
			    def->id, form->verb->name);
		if (!field_init(&form->fields[form->count++], def, p, e))
			return false;
	}
	return form->count > 0 || err_set(e, ERR_YAML, 0, T_FORM_PARAM,
	    s->name, "-", form->verb->name);
}

struct view *
view_form_new(struct app *app, struct screen *s, json_t *given,
    struct err *e)
{
	const struct registry	*r = work_world(app_work(app))->registry;
	struct form		*form = calloc(1, sizeof(*form));
	size_t			 i;

	if (form == NULL || !view_init(&form->view, &form_ops, app,
	    s->text.label, s->name)) {
		free(form);
		screen_free(s);
		json_decref(given);
		err_nomem(e);
		return NULL;
	}
	form->screen = s;
	form->given = given != NULL ? given : json_object();
	form->verb = registry_verb(r, s->call.verb);
	if (form->verb == NULL) {
		err_set(e, ERR_YAML, 0, T_FORM_PARAM, s->name, "-",
		    s->call.verb);
	} else if (fields_make(form, e) && form_begin(form, e)) {
		form_focus(form, form_stop_first(form));
		for (i = 0; i < form->count; i++) {
			form_check(form, &form->fields[i]);
			form->fields[i].is_touched = false;
		}
		return &form->view;
	}
	view_free(&form->view);
	return NULL;
}
