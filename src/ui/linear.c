#include "linear.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text_linear.def"

/* Where one is, once, as soon as an answer has told the kind of site. */
static void
greet(struct linear *l)
{
	AUTO_BUF struct buf	 notice = BUF_INIT;
	const struct app	*app = l->app;

	if (l->has_greeted)
		return;
	l->has_greeted = true;
	linear_printf(l, app->site != NULL ? T_LINE_GREETING_SITE :
	    T_LINE_GREETING, app->host, app->role, app->site != NULL ?
	    json_text(app->site, "kind") : "");
	app_notice_tell(app, &notice);
	if (notice.len > 0)
		linear_printf(l, "%s.\n", buf_str(&notice));
}

/* A view that was not seen before is asked through before it is told. */
static bool
begin(struct linear *l)
{
	const struct view *v = l->app->top;

	if (v->serial <= l->newest)
		return false;
	l->newest = v->serial;
	return linear_ask_all(l);
}

/*
 * The end of the input.  On a terminal it may be only Ctrl-D: then it is asked
 * what becomes of jobs, and the second one is the end.
 */
static void
leave(struct linear *l)
{
	if (!l->is_tty || l->is_leaving) {
		l->app->has_ended = true;
		return;
	}
	l->is_leaving = true;
	l->has_eof = false;
	app_leave(l->app);
}

static void
line_end(struct linear *l)
{
	if (l->is_interrupted) {
		l->is_interrupted = false;
		linear_before(l, "\n");
	} else if (l->has_eof) {
		linear_before(l, "\n");
		leave(l);
	}
}

static void
turn(struct linear *l)
{
	char *line;

	linear_settle(l);
	if (linear_has_ended(l) || l->app->top == NULL)
		return;
	greet(l);
	if (begin(l))
		return;
	linear_focus_off(l);
	linear_say(l, true);
	(void)linear_tell(l);
	linear_prompt(l);
	line = linear_line(l);
	if (line == NULL) {
		line_end(l);
		return;
	}
	l->is_leaving = false;
	linear_do(l, line);
	explicit_bzero(line, strlen(line));
	free(line);
}

bool
app_run_linear(struct app *app, int in, int out, struct err *e)
{
	struct linear	 l = { .app = app, .in = in, .out = out,
			    .signals = -1, .text = BUF_INIT,
			    .prompt = BUF_INIT };
	bool		 ok = linear_in_open(&l, e);

	/* A program at the other end does not go away from its keys. */
	app->is_unwatched = !l.is_tty;
	app_lock_again(app);
	while (ok && !linear_has_ended(&l) && app->top != NULL)
		turn(&l);
	if (ok && app_parting(app) != NULL)
		linear_put(&l, app_parting(app));
	linear_in_close(&l);
	buf_fini(&l.text);
	buf_fini(&l.prompt);
	return ok;
}
