/*
 * How a wizard looks: a summary, the steps with their marks, and below them,
 * when there is room, all that is known of the step that has the focus.
 */
#include "wizard.h"

#include <string.h>

#include "mark.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/utf8.h"
#include "wrap.h"

#include "text_wizard.def"

#define CARET_COLS	2
#define MARK_COLS	3
#define NUMBER_COLS	3
#define GAP		2
#define DETAIL_ROWS	3	/* less room than that: the hint tells it */

void
wizard_summary(const struct wizard *w, struct buf *out)
{
	size_t left = wizard_left(w), all = w->screen->step_count;

	if (w->problem[0] != '\0')
		buf_puts(out, w->problem);
	else if (w->rows != NULL && left == 0)
		buf_puts(out, T_WIZARD_DONE);
	else if (w->rows != NULL)
		buf_printf(out, left == 1 ? T_WIZARD_ONE : T_WIZARD_LEFT,
		    left, all);
	if (w->load_id == 0)
		return;
	buf_puts(out, out->len > 0 ? ", " : "");
	buf_printf(out, T_WIZARD_ASKING, (long long)((app_now_ms(
	    w->view.app) - w->load_ms) / 1000));
}

static int
label_columns(const struct wizard *w, int cols)
{
	int	 most = 0, own;
	size_t	 i;

	for (i = 0; i < w->screen->step_count; i++) {
		own = (int)utf8_columns(w->screen->steps[i].text.label);
		most = own > most ? own : most;
	}
	return most < cols * 2 / 5 ? most : cols * 2 / 5;
}

static void
step_paint(const struct wizard *w, size_t i, struct canvas *c,
    struct area a, int label_cols)
{
	AUTO_BUF struct buf	 text = BUF_INIT, number = BUF_INIT;
	bool			 has_focus = i == w->focus;
	enum look		 look;
	const char		*mark = mark_text(app_theme(w->view.app),
	    wizard_mark(w, i), &look);
	int			 at = a.col + CARET_COLS;

	if (has_focus) {
		canvas_put(c, a.row, a.col, 1, LOOK_FOCUS, ">");
		canvas_cursor(c, a.row, a.col);
	}
	canvas_put(c, a.row, at, MARK_COLS, look, mark);
	at += MARK_COLS;
	buf_printf(&number, "%zu", i + 1);
	canvas_put(c, a.row, at, NUMBER_COLS, LOOK_KEY, buf_str(&number));
	at += NUMBER_COLS;
	canvas_put(c, a.row, at, label_cols, has_focus ? LOOK_FOCUS :
	    LOOK_LABEL, w->screen->steps[i].text.label);
	at += label_cols + GAP;
	wizard_text(w, i, &text);
	canvas_put(c, a.row, at, a.col + a.cols - at - 1, LOOK_TEXT,
	    buf_str(&text));
}

/* What is so, why, what the step is for. */
static void
detail_paint(const struct wizard *w, struct canvas *c, struct area a)
{
	AUTO_BUF struct buf	 text = BUF_INIT, detail = BUF_INIT;
	const char		*parts[3];
	static const enum look	 looks[3] = { LOOK_TEXT, LOOK_WARN,
	    LOOK_DIM };
	size_t			 i;
	int			 used;

	wizard_text(w, w->focus, &text);
	wizard_detail(w, w->focus, &detail);
	parts[0] = buf_str(&text);
	parts[1] = buf_str(&detail);
	parts[2] = w->screen->steps[w->focus].text.help;
	for (i = 0; i < 3 && a.rows > 0; i++) {
		used = wrap_paint(c, a, looks[i], parts[i]);
		a.row += used;
		a.rows -= used;
	}
}

static void
scroll(struct wizard *w, int rows)
{
	size_t shown = rows > 0 ? (size_t)rows : 1;

	w->shown = (int)shown;
	if (w->focus < w->top)
		w->top = w->focus;
	if (w->focus >= w->top + shown)
		w->top = w->focus - shown + 1;
}

void
wizard_paint(struct view *v, struct canvas *c, struct area a)
{
	struct wizard		*w = wizard_of(v);
	size_t			 count = w->screen->step_count, i;
	int			 label = label_columns(w, a.cols), left;
	AUTO_BUF struct buf	 summary = BUF_INIT;

	canvas_blank(c, a, LOOK_TEXT);
	if (a.rows >= (int)count + 2) {
		wizard_summary(w, &summary);
		canvas_put(c, a.row, a.col + CARET_COLS, a.cols -
		    CARET_COLS - 1, w->problem[0] != '\0' ? LOOK_ERROR :
		    LOOK_TEXT, buf_str(&summary));
		a.row += 2;
		a.rows -= 2;
	}
	left = a.rows - (int)count - 1;
	scroll(w, a.rows);
	for (i = 0; i < (size_t)w->shown && w->top + i < count; i++)
		step_paint(w, w->top + i, c, (struct area){ a.row + (int)i,
		    a.col, 1, a.cols }, label);
	if (left >= DETAIL_ROWS)
		detail_paint(w, c, (struct area){ a.row + (int)count + 1,
		    a.col + CARET_COLS, left, a.cols - CARET_COLS - 2 });
}
