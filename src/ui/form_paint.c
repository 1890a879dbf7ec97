/*
 * How a form looks: a row for each stop, labels left, inputs below each
 * other.  What does not fit is scrolled; nothing moves when a problem comes,
 * it is a mark on its row and a sentence in the line of hints.
 */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#include "edit_keys.h"
#include "stconsole/mem.h"
#include "stconsole/utf8.h"
#include "wrap.h"

#include "stconsole/msg.h"
#include "text_form.def"

#define CARET_COLS	2	/* "> " */
#define MARK_COLS	3	/* a mark and a blank */
#define GAP		2
#define INPUT_MIN	10
#define INPUT_MAX	60
#define NUMBER_COLS	20

void
form_label(const struct form *form, struct form_stop s, struct buf *out)
{
	const char *label = form->fields[s.field].def->text.label;

	if (s.is_again)
		buf_printf(out, T_FORM_AGAIN, label);
	else
		buf_puts(out, label);
}

/* Of all fields, seen or not: what comes into sight moves nothing. */
static int
label_columns(const struct form *form, int cols)
{
	int	 most = (int)utf8_columns(T_FORM_AGAIN_SHORT), own;
	size_t	 i;

	for (i = 0; i < form->count; i++) {
		own = (int)utf8_columns(form->fields[i].def->text.label);
		if (own > most)
			most = own;
	}
	return most < cols * 2 / 5 ? most : cols * 2 / 5;
}

static int
input_columns(const struct form_field *f, int left)
{
	int most = f->param->type == PARAM_INT ||
	    f->param->type == PARAM_DURATION ? NUMBER_COLS : INPUT_MAX;

	return left < most ? left : most;
}

/* The value of a flag or choice, and behind it what else there is. */
static void
small_paint(const struct form_field *f, struct canvas *c, struct area a,
    bool has_focus)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	int			 used;

	field_tell(f, false, &text);
	used = canvas_put(c, a.row, a.col, a.cols, LOOK_INPUT,
	    buf_str(&text));
	if (has_focus)
		canvas_cursor(c, a.row, a.col);
	used += GAP;
	if (f->param->type == PARAM_CHOICE && a.cols - used > INPUT_MIN)
		canvas_put(c, a.row, a.col + used, a.cols - used, LOOK_DIM,
		    f->param->choices);
}

/* A star is what must still be filled in. */
static void
mark_paint(const struct form *form, struct form_stop s, struct canvas *c,
    int row, int col)
{
	const struct form_field *f = &form->fields[s.field];

	if (f->problem[0] == '\0' || s.is_again)
		return;
	if (f->is_touched)
		canvas_put(c, row, col, MARK_COLS, LOOK_WARN,
		    app_theme(form->view.app)->mark_look);
	else
		canvas_put(c, row, col, MARK_COLS, LOOK_DIM, "*");
}

static void
stop_paint(const struct form *form, struct form_stop s, struct canvas *c,
    struct area a, int label_cols, bool has_focus)
{
	const struct form_field	*f = &form->fields[s.field];
	int			 at = a.col + CARET_COLS;

	if (has_focus)
		canvas_put(c, a.row, a.col, 1, LOOK_FOCUS, ">");
	mark_paint(form, s, c, a.row, at);
	at += MARK_COLS;
	canvas_put(c, a.row, at, label_cols, has_focus ? LOOK_FOCUS :
	    LOOK_LABEL, s.is_again ? T_FORM_AGAIN_SHORT : f->def->text.label);
	at += label_cols + GAP;
	a.cols = input_columns(f, a.col + a.cols - at - 1);
	a.col = at;
	a.rows = 1;
	if (a.cols < 1) {
		if (has_focus)
			canvas_cursor(c, a.row, 0);
	} else if (f->edit == NULL) {
		small_paint(f, c, a, has_focus);
	} else {
		edit_paint(field_edit(f, s.is_again), c, a.row, a.col, a.cols,
		    has_focus);
	}
}

/* What the form does, when there is room: the first sentence of its help. */
static int
intro_paint(const struct form *form, struct canvas *c, struct area a,
    size_t stops)
{
	const char	*help = form->screen->text.help;
	AUTO_FREE char	*line = strndup(help, screen_lead(help));

	if (line == NULL || line[0] == '\0' || a.rows < (int)stops + 2)
		return 0;
	return wrap_paint(c, (struct area){ a.row, a.col + CARET_COLS, a.rows -
	    (int)stops - 1, a.cols - CARET_COLS - 1 }, LOOK_DIM, line) + 1;
}

/* The focus stays in sight with as little scrolling as that takes. */
static void
scroll(struct form *form, size_t stops, size_t focus, int rows)
{
	size_t shown = rows > 0 ? (size_t)rows : 1;

	form->rows = (int)shown;
	if (focus < form->top)
		form->top = focus;
	if (focus >= form->top + shown)
		form->top = focus - shown + 1;
	if (stops <= shown)
		form->top = 0;
	else if (form->top > stops - shown)
		form->top = stops - shown;
}

void
form_paint(struct view *v, struct canvas *c, struct area a)
{
	struct form	*form = form_of(v);
	size_t		 stops = form_stops(form), i;
	size_t		 focus = form_stop_of_focus(form);
	int		 label = label_columns(form, a.cols), used;

	canvas_blank(c, a, LOOK_TEXT);
	used = intro_paint(form, c, a, stops);
	a.row += used;
	a.rows -= used;
	scroll(form, stops, focus, a.rows);
	for (i = 0; i < (size_t)form->rows && form->top + i < stops; i++)
		stop_paint(form, form_stop_at(form, form->top + i), c,
		    (struct area){ a.row + (int)i, a.col, 1, a.cols }, label,
		    form->top + i == focus);
	if (form->top > 0)
		canvas_put(c, a.row, a.col + a.cols - 1, 1, LOOK_DIM, "^");
	if (form->top + (size_t)form->rows < stops)
		canvas_put(c, a.row + form->rows - 1, a.col + a.cols - 1, 1,
		    LOOK_DIM, "v");
}

const char *
form_help(const struct view *v)
{
	const struct form_field	*f = &form_of(v)->fields[form_of(v)->focus];

	return f->def->text.help[0] != '\0' ? f->def->text.help :
	    f->param->help;
}

void
form_hint(const struct view *v, struct buf *out)
{
	const struct form	*form = form_of(v);
	const struct form_field	*f = &form->fields[form->focus];
	const char		*help = form_help(v);

	if (f->is_touched && f->problem[0] != '\0') {
		buf_puts(out, f->problem);
	} else if (form_is_asking(form)) {
		buf_printf(out, T_FORM_ASKING, (long long)((app_now_ms(
		    v->app) - form->asked_ms) / 1000));
	} else {
		buf_add(out, help, screen_lead(help));
	}
}
