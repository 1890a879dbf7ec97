/*
 * One job: its steps, what its journal says last, what can be done with it.
 * Also one of somebody else or of another console: all of it is on disk.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "value.h"
#include "view_text.h"

#include "stconsole/msg.h"
#include "text.def"

#define JOURNAL_SHOWN	40

struct view_job {
	struct view_text	 text;		/* first */
	char			*id;
	json_t			*job;		/* result of job.show */
	unsigned		 call_id;
	int64_t			 asked_ms;
};

/* A letter, the verb that it opens, and the states in which it helps. */
static const struct job_key {
	char		 letter;
	const char	*label, *verb;
	const char	*states;
} keys[] = {
	{ 'u', T_BAR_UNDO, "job.undo", "done failed cancelled interrupted" },
	{ 'r', T_BAR_RESUME, "job.resume",
	    "interrupted held cancelled failed" },
	{ 'k', T_BAR_KEEP, "job.confirm", "waiting" },
	{ 'x', T_BAR_STOP, "job.cancel", "running waiting held" },
	{ 't', T_BAR_TAKEOVER, "job.takeover", "running" }
};

static struct view_job *
self(const struct view *v)
{
	return (struct view_job *)(uintptr_t)v;
}

static bool
fits(const struct view_job *j, const struct job_key *k)
{
	const char *state = json_text(j->job, "state");

	return state[0] != '\0' && strstr(k->states, state) != NULL;
}

static bool
is_live(const struct view_job *j)
{
	const char *state = json_text(j->job, "state");

	return str_equal(state, "running") || str_equal(state, "waiting");
}

static void
ask(struct view_job *j)
{
	AUTO_JSON json_t *params = json_pack("{s:s}", "id", j->id);
	struct work_call call = {
		.kind = WORK_CALL, .verb = "job.show", .params = params
	};

	if (j->call_id != 0)
		work_cancel(app_work(j->text.view.app), j->call_id);
	j->asked_ms = app_now_ms(j->text.view.app);
	j->call_id = app_start(j->text.view.app, &j->text.view, &call);
}

/* --- in words ----------------------------------------------------------- */

static const char *
step_mark(const char *state)
{
	return str_equal(state, "done") || str_equal(state, "already") ?
	    "ok" : str_equal(state, "begun") ? ".." : "";
}

static void
steps_tell(const json_t *steps, struct buf *out)
{
	const json_t	*step;
	size_t		 i;

	json_array_foreach(steps, i, step) {
		buf_printf(out, "%-2s %s %-8s %s\n", step_mark(json_text(step,
		    "state")), json_text(step, "id"), json_text(step,
		    "kind"), json_text(step, "title"));
		if (json_text(step, "reason")[0] != '\0')
			buf_printf(out, "      %s\n", json_text(step,
			    "reason"));
	}
}

static void
journal_tell(const json_t *journal, int64_t now_ms, struct buf *out)
{
	size_t		 count = json_array_size(journal), i;
	const json_t	*line;

	i = count > JOURNAL_SHOWN ? count - JOURNAL_SHOWN : 0;
	for (; i < count; i++) {
		line = json_array_get(journal, i);
		buf_puts(out, "  ");
		value_add(json_object_get(line, "time"), FORMAT_TIME, now_ms,
		    out);
		buf_printf(out, "  %s %s\n", json_text(line, "step"),
		    json_text(line, "phase"));
	}
}

static void
show(struct view_job *j)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	int64_t			 now = app_wall_ms(j->text.view.app);

	buf_printf(&b, T_JOB_HEAD, j->id, json_text(j->job, "verb"),
	    json_text(j->job, "state"), json_text(j->job, "user"));
	value_add(json_object_get(j->job, "created"), FORMAT_TIME, now, &b);
	if (str_equal(json_text(j->job, "state"), "done"))
		buf_puts(&b, json_flag(j->job, "verified") ?
		    T_JOB_VERIFIED : T_JOB_UNVERIFIED);
	buf_puts(&b, "\n\n");
	steps_tell(json_object_get(j->job, "steps"), &b);
	buf_printf(&b, "\n%s\n", T_JOB_JOURNAL);
	journal_tell(json_object_get(j->job, "journal"), now, &b);
	(void)view_text_set(&j->text, buf_str(&b));
}

static void
arrived(struct view *v, const struct work_event *ev)
{
	struct view_job	*j = self(v);
	AUTO_BUF struct buf b = BUF_INIT;
	json_t		*result;

	if (ev->id == 0) {
		if (j->call_id == 0)
			ask(j);
		return;
	}
	if (ev->id != j->call_id || ev->kind != WORK_ANSWER)
		return;
	j->call_id = 0;
	result = json_object_get(ev->data, "result");
	if (result == NULL) {
		(void)view_text_set(&j->text, json_text(json_object_get(
		    ev->data, "error"), "message"));
		return;
	}
	json_decref(j->job);
	j->job = json_incref(result);
	show(j);
}

/* --- keys --------------------------------------------------------------- */

static void
key_open(struct view_job *j, const struct job_key *k)
{
	struct app	*app = j->text.view.app;
	struct err	 e = { 0 };

	app_open(app, view_verb_new(app, k->label, k->verb,
	    json_pack("{s:s}", "id", j->id), &e), &e);
}

static bool
press(struct view *v, const struct press *p)
{
	struct view_job	*j = self(v);
	size_t		 i;

	if (p->code != PRESS_TEXT)
		return false;
	for (i = 0; i < LENGTH(keys); i++) {
		if (tolower((unsigned char)p->text[0]) != keys[i].letter ||
		    p->text[1] != '\0')
			continue;
		if (fits(j, &keys[i]))
			key_open(j, &keys[i]);
		else
			app_say(v->app, T_JOB_NOT_NOW, keys[i].label,
			    json_text(j->job, "state"));
		return true;
	}
	return view_text_press(v, p);
}

static bool
act(struct view *v, enum act act)
{
	if (act != ACT_REFRESH)
		return view_text_act(v, act);
	ask(self(v));
	return true;
}

static void
bar(const struct view *v, struct bar *bar)
{
	const struct view_job	*j = self(v);
	size_t			 i;

	bar_act(bar, ACT_HELP);
	for (i = 0; i < LENGTH(keys); i++)
		if (fits(j, &keys[i]))
			bar_letter(bar, keys[i].letter, keys[i].label);
	bar_act(bar, ACT_BACK);
	bar_act(bar, ACT_REFRESH);
	bar_act(bar, ACT_COMMAND);
	bar_letter(bar, 'w', T_BAR_FILE);
}

static void
command(const struct view *v, struct buf *out)
{
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id",
				    self(v)->id);
	size_t			 i;

	work_command(app_work(v->app), "job.show", params, out);
	buf_putc(out, '\n');
	for (i = 0; i < LENGTH(keys); i++) {
		if (!fits(self(v), &keys[i]))
			continue;
		work_command(app_work(v->app), keys[i].verb, params, out);
		buf_putc(out, '\n');
	}
}

static int
due(const struct view *v, int64_t now_ms)
{
	const struct view_job	*j = self(v);
	int64_t			 at = j->asked_ms + app_period_ms(v->app);

	if (j->call_id != 0 || !is_live(j))
		return -1;
	return at > now_ms ? (int)(at - now_ms) : 0;
}

static void
tick(struct view *v, int64_t now_ms)
{
	(void)now_ms;
	ask(self(v));
}

static void
uncovered(struct view *v)
{
	ask(self(v));
}

static void
job_free(struct view *v)
{
	json_decref(self(v)->job);
	free(self(v)->id);
	view_text_fini(&self(v)->text);
	free(v);
}

static const struct view_ops ops = {
	.free = job_free, .paint = view_text_paint, .press = press,
	.act = act, .bar = bar, .hint = view_text_hint, .arrived = arrived,
	.due = due, .tick = tick, .command = command, .uncovered = uncovered,
	.say = view_text_say, .item_count = view_text_item_count
};

struct view *
view_job_new(struct app *app, const char *id, struct err *e)
{
	struct view_job *j = calloc(1, sizeof(*j));

	if (j == NULL || !view_text_init(&j->text, &ops, app, T_JOB, NULL)) {
		free(j);
		err_nomem(e);
		return NULL;
	}
	j->id = strdup(id);
	if (j->id == NULL) {
		view_free(&j->text.view);
		err_nomem(e);
		return NULL;
	}
	ask(j);
	return &j->text.view;
}
