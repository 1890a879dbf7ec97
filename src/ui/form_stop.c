/*
 * Where the focus can be in a form.
 */
#include "form.h"

#include "stconsole/json.h"

static bool
has_again(const struct form_field *f)
{
	return f->again != NULL && (edit_len(f->edit) > 0 ||
	    edit_len(f->again) > 0);
}

size_t
form_stops(const struct form *form)
{
	size_t i, n = 0;

	for (i = 0; i < form->count; i++)
		if (form_is_visible(form, &form->fields[i]))
			n += has_again(&form->fields[i]) ? 2 : 1;
	return n;
}

struct form_stop
form_stop_at(const struct form *form, size_t stop)
{
	struct form_stop	 s = { 0, false };
	size_t			 i, n = 0;

	for (i = 0; i < form->count; i++) {
		const struct form_field *f = &form->fields[i];

		if (!form_is_visible(form, f))
			continue;
		s = (struct form_stop){ i, false };
		if (n++ == stop)
			return s;
		if (has_again(f) && n++ == stop)
			return (struct form_stop){ i, true };
	}
	return s;
}

size_t
form_stop_of_focus(const struct form *form)
{
	struct form_stop	 s;
	size_t			 i, n = form_stops(form), near = 0;

	for (i = 0; i < n; i++) {
		s = form_stop_at(form, i);
		if (s.field > form->focus)
			break;
		near = i;
		if (s.field == form->focus && s.is_again == form->on_again)
			break;
	}
	return near;
}

/* What the opener filled in is seldom what is to be changed. */
size_t
form_stop_first(const struct form *form)
{
	size_t i, n = form_stops(form);

	for (i = 0; i + 1 < n; i++) {
		const struct screen_field *def =
		    form->fields[form_stop_at(form, i).field].def;

		if (def->initial_given == NULL || json_text(form->given,
		    def->initial_given)[0] == '\0')
			break;
	}
	return i;
}

void
form_focus(struct form *form, size_t stop)
{
	struct form_field	*left = &form->fields[form->focus];
	struct form_stop	 s;

	/* From a secret to its second input is no leaving. */
	s = form_stop_at(form, stop);
	if (s.field != form->focus) {
		form_check(form, left);
		left->is_touched = true;
	}
	form->focus = s.field;
	form->on_again = s.is_again;
}

void
form_focus_field(struct form *form, const struct form_field *f)
{
	form->focus = (size_t)(f - form->fields);
	form->on_again = f->again != NULL && edit_len(f->edit) > 0;
}

void
form_focus_mend(struct form *form)
{
	struct form_stop s = form_stop_at(form, form_stop_of_focus(form));

	form->focus = s.field;
	form->on_again = s.is_again;
}
