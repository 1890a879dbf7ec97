/*
 * Time and pictures: what is due, and what is seen of the stack.
 */
#include "app_private.h"

#include "stconsole/json.h"
#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

#define BRIEF_COLS	72	/* fewer: the head is short */

int
app_due(const struct app *app)
{
	const struct view	*v;
	int			 due = app_lock_due(app);

	if (app_is_locked(app))
		return -1;
	for (v = app->top; v != NULL; v = v->below) {
		if (v->ops->due != NULL)
			due = app_sooner(due, v->ops->due(v, app_now_ms(app)));
		if (v->rows_over == 0)
			break;
	}
	return due;
}

/* Only what is seen is kept fresh. */
void
app_tick(struct app *app)
{
	struct view	*v, *below;
	int64_t		 now = app_now_ms(app);

	app_lock_tick(app);
	if (app_is_locked(app))
		return;
	for (v = app->top; v != NULL; v = below) {
		below = v->rows_over > 0 ? v->below : NULL;
		if (v->ops->tick != NULL && v->ops->due != NULL &&
		    v->ops->due(v, now) == 0)
			v->ops->tick(v, now);
	}
}

/* --- painting ----------------------------------------------------------- */

/* What one must not forget while one types. */
void
app_notice_tell(const struct app *app, struct buf *out)
{
	if (app->site != NULL && json_flag(app->site, "demo"))
		buf_puts(out, T_NOTICE_DEMO);
	if (app->o.read_only)
		buf_printf(out, "%s%s", out->len > 0 ? " " : "",
		    T_NOTICE_READ_ONLY);
	else if (app_looks_on(app))
		buf_printf(out, "%s%s", out->len > 0 ? " " : "",
		    T_NOTICE_LOOKS_ON);
}

/* The lowest view that is seen, then the questions over it. */
static void
views_paint(const struct view *v, struct canvas *c, struct area a)
{
	struct area	 over = a;
	int		 rows = v->rows_over;

	if (rows == 0 || v->below == NULL) {
		v->ops->paint((struct view *)(uintptr_t)v, c, a);
		return;
	}
	if (rows > a.rows)
		rows = a.rows;
	over.row += a.rows - rows;
	over.rows = rows;
	a.rows -= rows;
	if (a.rows > 0)
		views_paint(v->below, c, a);
	v->ops->paint((struct view *)(uintptr_t)v, c, over);
}

void
app_paint(struct app *app, struct canvas *c)
{
	AUTO_BUF struct buf	 hint = BUF_INIT, notice = BUF_INIT;
	const struct view	*v = app->top;
	struct frame		 f = {
		.top = v, .host = app->host, .role = app->role,
		.kind = app->site != NULL ? json_text(app->site, "kind") : "",
		.hint_is_error = app->said_is_error,
		.is_brief = app->profile == PROFILE_ECONOMY ||
		    canvas_cols(c) < BRIEF_COLS,
		.has_rule = app->theme.has_frame,
		.has_function_keys = app->tty == NULL ||
		    tty_has_function_keys(app->tty)
	};

	if (app_lock_paint(app, c)) {
		app->is_changed = false;
		return;
	}
	canvas_erase(c);
	if (v == NULL)
		return;
	if (app->said[0] != '\0')
		buf_puts(&hint, app->said);
	else if (v->ops->hint != NULL)
		v->ops->hint(v, &hint);
	f.hint = buf_str(&hint);
	app_notice_tell(app, &notice);
	f.notice = buf_str(&notice);
	views_paint(v, c, frame_paint(&f, c));
	if (app->profile != PROFILE_ECONOMY)
		frame_hint_paint(&f, c);
	app->is_changed = false;
}
