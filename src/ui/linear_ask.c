/*
 * Questions: for the inputs of a view, for the password of the idle lock; and
 * the time between a question to the engine and its answer.
 */
#include <string.h>

#include "idle.h"
#include "linear.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text_linear.def"

/* An answer within this time needs no word before it. */
#define ASKING_MS	1000
/* One line of progress in this time is enough. */
#define PROGRESS_MS	5000
/* What was told before is told again with what is known after this time. */
#define FRESH_MS	3000

/* --- waiting ------------------------------------------------------------ */

/* The call that the top view waits for; not the wait for "keep". */
static const struct app_call *
call_of_top(const struct linear *l)
{
	const struct app	*app = l->app;
	size_t			 i;

	for (i = 0; i < app->call_count; i++)
		if (app->calls[i].view == app->top &&
		    app->calls[i].kind != WORK_WAIT)
			return &app->calls[i];
	return NULL;
}

/* A job goes on, whoever looks; a question is given up. */
static void
give_up(struct linear *l)
{
	const struct app_call *c = call_of_top(l);

	l->is_interrupted = false;
	linear_before(l, "\n");
	if (c->goes_on) {
		linear_put(l, T_LINE_GOES_ON);
		return;
	}
	work_cancel(app_work(l->app), c->id);
	linear_put(l, T_LINE_GIVEN_UP);
}

/* Enter while it is asked: enough of waiting. */
static bool
is_enough(struct linear *l)
{
	if (!l->is_tty || l->typed_len == 0 || l->typed[0] != '\n')
		return false;
	linear_forget(l);
	return true;
}

static bool
is_told(const struct linear *l, const struct app_call *c)
{
	return c->kind == WORK_CALL && l->app->top->serial <= l->newest;
}

static void
progress_say(struct linear *l, struct buf *said)
{
	AUTO_BUF struct buf	 now = BUF_INIT;
	const struct view	*v = l->app->top;

	if (v->ops->hint != NULL)
		v->ops->hint(v, &now);
	if (now.len == 0 || str_equal(buf_str(&now), buf_str(said)))
		return;
	linear_put(l, buf_str(&now));
	buf_reset(said);
	buf_puts(said, buf_str(&now));
}

void
linear_settle(struct linear *l)
{
	AUTO_BUF struct buf	 said = BUF_INIT;
	const struct app_call	*c;
	int64_t			 begin = app_now_ms(l->app), now = begin;
	int64_t			 next = begin + ASKING_MS;
	bool			 has_asked = false;

	app_events(l->app);
	app_tick(l->app);
	app_events(l->app);
	while (!linear_has_ended(l) && !app_is_locked(l->app) &&
	    (c = call_of_top(l)) != NULL) {
		now = app_now_ms(l->app);
		if (l->is_interrupted) {
			give_up(l);
			return;
		}
		if (is_enough(l) || (is_told(l, c) &&
		    now - begin >= FRESH_MS))
			return;
		if (now >= next && c->kind == WORK_APPLY) {
			progress_say(l, &said);
			next = now + PROGRESS_MS;
		} else if (now >= next) {
			if (!has_asked)
				linear_put(l, T_LINE_ASKING);
			has_asked = true;
			next = begin + FRESH_MS > now ? begin + FRESH_MS :
			    now + PROGRESS_MS;
		}
		linear_wait(l, (int)(next - now));
	}
}

/* --- inputs ------------------------------------------------------------- */

/* "Mail: kim@corp.test" becomes "Mail [kim@corp.test]: ". */
static void
question_add(const struct view *v, size_t i, bool is_secret, struct buf *b)
{
	AUTO_BUF struct buf	 said = BUF_INIT;
	const char		*text, *colon;

	v->ops->item_say(v, i, &said);
	text = buf_str(&said);
	colon = strstr(text, ": ");
	if (colon == NULL && str_ends(text, ":"))
		colon = text + strlen(text) - 1;
	if (colon != NULL)
		buf_add(b, text, (size_t)(colon - text));
	text = colon == NULL ? text : colon[1] == ' ' ? colon + 2 : colon + 1;
	if (text[0] != '\0' && !is_secret)
		buf_printf(b, "%s[%s]", colon != NULL ? " " : "", text);
	buf_puts(b, ": ");
}

static char *
answer_read(struct linear *l, size_t i, bool is_secret)
{
	AUTO_BUF struct buf	 question = BUF_INIT;
	char			*line;

	question_add(l->app->top, i, is_secret, &question);
	/* Whoever is quick types as soon as the question stands there. */
	linear_echo(l, !is_secret);
	linear_before(l, buf_str(&question));
	line = linear_line(l);
	linear_echo(l, true);
	return line;
}

static void
item_help(struct linear *l, size_t i)
{
	struct view	*v = l->app->top;
	const char	*help;

	v->ops->item_focus(v, i);
	help = v->ops->help != NULL ? v->ops->help(v) : NULL;
	linear_put(l, help != NULL && help[0] != '\0' ? help :
	    T_LINE_HELP_NONE);
	linear_put(l, linear_offers(l, ACT_VALUES, '\0') ?
	    T_LINE_FIELD_VALUES : T_LINE_FIELD);
}

enum taken { TAKEN_YES, TAKEN_AGAIN, TAKEN_STOP };

static enum taken
value_take(struct linear *l, size_t i, const char *line)
{
	struct view	*v = l->app->top;
	struct err	 e = { 0 };

	if (line[0] == '\0')
		return TAKEN_YES;
	/* No JSON can hold it: the value would be lost on its way. */
	if (!str_is_utf8(line, strlen(line))) {
		linear_put(l, T_LINE_UTF8);
		return TAKEN_AGAIN;
	}
	if (v->ops->item_set(v, i, strcmp(line, "-") == 0 ? "" : line, &e))
		return TAKEN_YES;
	linear_printf(l, e.hint[0] != '\0' ? "%s. %s\n" : "%s\n", e.msg,
	    e.hint);
	return TAKEN_AGAIN;
}

static enum taken
answer_take(struct linear *l, size_t i, const char *line, bool is_secret)
{
	if (is_secret)
		return value_take(l, i, line);
	if (strcmp(line, ".") == 0)
		return TAKEN_STOP;
	if (strcmp(line, "?") == 0) {
		item_help(l, i);
		return TAKEN_AGAIN;
	}
	if (strcmp(line, "?v") == 0) {
		l->app->top->ops->item_focus(l->app->top, i);
		linear_act(l, ACT_VALUES);
		return TAKEN_STOP;
	}
	return value_take(l, i, line);
}

static void
wipe(char *line)
{
	if (line != NULL)
		explicit_bzero(line, strlen(line));
	free(line);
}

bool
linear_ask_item(struct linear *l, size_t i)
{
	unsigned	 serial = l->app->top->serial;
	enum taken	 taken = TAKEN_AGAIN;
	bool		 is_secret;
	char		*line;

	while (taken == TAKEN_AGAIN && l->app->top->serial == serial &&
	    linear_is_input(l, i, &is_secret)) {
		line = answer_read(l, i, is_secret);
		taken = line == NULL ? TAKEN_STOP : answer_take(l, i, line,
		    is_secret);
		wipe(line);
	}
	if (l->is_interrupted)
		linear_before(l, "\n");
	l->is_interrupted = false;
	return taken == TAKEN_YES;
}

/* All of them are asked: on with it. */
static void
all_asked(struct linear *l, bool is_question)
{
	if (is_question)
		linear_act(l, ACT_OPEN);
	else if (linear_offers(l, ACT_PREVIEW, '\0'))
		linear_act(l, ACT_PREVIEW);
}

bool
linear_ask_all(struct linear *l)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct view		*v = l->app->top;
	unsigned		 serial = v->serial;
	bool			 is_question = v->rows_over > 0, is_secret;
	bool			 goes_on = true;
	size_t			 i, asked = 0;

	for (i = 0; goes_on && i < linear_items(l); i++) {
		if (!linear_is_input(l, i, &is_secret))
			continue;
		if (asked++ == 0 && v->ops->say != NULL) {
			v->ops->say(v, &b);
			linear_put(l, buf_str(&b));
			if (!is_question)
				linear_put(l, T_LINE_FIELDS);
		}
		goes_on = linear_ask_item(l, i);
		if (l->app->top == NULL || l->app->top->serial != serial)
			return true;
	}
	if (asked == 0 || linear_has_ended(l))
		return asked > 0;
	if (goes_on)
		all_asked(l, is_question);
	else if (is_question)
		linear_act(l, ACT_BACK);
	return true;
}

/* --- the lock ----------------------------------------------------------- */

static void
password_ask(struct linear *l)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			*line;

	if (idle_said(l->app->lock)[0] != '\0')
		linear_put(l, idle_said(l->app->lock));
	buf_printf(&b, T_LINE_PASSWORD, idle_person(l->app->lock));
	linear_echo(l, false);
	linear_before(l, buf_str(&b));
	line = linear_line(l);
	linear_echo(l, true);
	if (line != NULL && app_is_locked(l->app))
		idle_try(l->app->lock, line);
	else if (!l->is_interrupted)
		l->app->has_ended = true;
	wipe(line);
}

void
linear_locked(struct linear *l)
{
	linear_forget(l);
	linear_before(l, "\n");
	linear_put(l, T_LINE_LOCKED);
	while (app_is_locked(l->app) && !linear_has_ended(l)) {
		l->is_interrupted = false;
		if (idle_state(l->app->lock) == IDLE_ASKS)
			password_ask(l);
		else
			linear_wait(l, -1);
	}
	if (linear_has_ended(l))
		return;
	linear_put(l, T_LINE_UNLOCKED);
	linear_before(l, "> ");
}
