/*
 * The preview of a change, and the change itself when somebody says so here:
 * asked for, shown, applied, done, undone.  The same view for every verb.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "plan_text.h"
#include "stconsole/answer.h"
#include "stconsole/job.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "strip.h"
#include "view_form.h"
#include "view_text.h"

#include "stconsole/msg.h"
#include "text.def"

#define CONFIRM_S	60

enum plan_state {
	PLAN_ASKED, PLAN_SHOWN, PLAN_EMPTY, PLAN_BLOCKED, PLAN_APPLIED,
	PLAN_WAITS, PLAN_ENDED
};

struct view_plan {
	struct view_text	 text;		/* first */
	enum plan_state		 state;
	char			*verb;
	json_t			*params;
	struct ctx_secret	 secrets[CTX_SECRETS];
	json_t			*answer;	/* with the plan */
	json_t			*progress;	/* of the job, or NULL */
	struct strip		 strip;
	json_t			*end;		/* the last answer */
	unsigned		 call_id;
	unsigned		 keep_id;	/* of job.confirm */
	int64_t			 since_ms;	/* of the call */
	char			 job[JOB_ID_SIZE];
	bool			 is_undone;	/* from the view above */
	bool			 is_stale;	/* the text is of before */
	bool			 is_dry_run;	/* D, and no answer yet */
	char			*command;
};

static struct view_plan *
self(const struct view *v)
{
	return (struct view_plan *)(uintptr_t)v;
}

static void
text_make(struct view_plan *p)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct plan_told	 told = {
		.answer = p->answer, .progress = p->progress, .end = p->end,
		.is_undone = p->is_undone,
		.is_asked = p->state == PLAN_ASKED, .is_applied =
		    p->state == PLAN_APPLIED, .waits = p->state == PLAN_WAITS,
		.seconds = (app_now_ms(p->text.view.app) - p->since_ms) / 1000
	};

	plan_tell(&told, &b);
	(void)view_text_set(&p->text, buf_str(&b));
}

/*
 * A plan may have thousands of steps and a job tell more of them in a second
 * than anybody can read: the text is made when it is looked at.
 */
static void
show(struct view_plan *p)
{
	p->is_stale = true;
	app_changed(p->text.view.app);
}

static void
text_need(struct view_plan *p)
{
	if (p->is_stale)
		text_make(p);
	p->is_stale = false;
}

/* --- calls -------------------------------------------------------------- */

static void
start(struct view_plan *p, enum work_kind kind, const char *verb,
    const json_t *params, int confirm_within_s)
{
	struct work_call call = {
		.kind = kind, .verb = verb, .params = params,
		.confirm_within_s = confirm_within_s
	};

	memcpy(call.secrets, p->secrets, sizeof(call.secrets));
	if (kind == WORK_APPLY)
		call.hash = json_text(json_object_get(p->answer, "plan"),
		    "hash");
	p->since_ms = app_now_ms(p->text.view.app);
	p->call_id = app_start(p->text.view.app, &p->text.view, &call);
}

static void
plan_ask(struct view_plan *p)
{
	p->state = PLAN_ASKED;
	start(p, WORK_PLAN, p->verb, p->params, 0);
	show(p);
}

static void
apply(struct view_plan *p, int confirm_within_s)
{
	p->state = PLAN_APPLIED;
	start(p, WORK_APPLY, p->verb, p->params, confirm_within_s);
	if (p->call_id == 0)
		p->state = PLAN_SHOWN;
	show(p);
}

static void
lost_typed(void *arg, const char *text)
{
	struct view_plan	*p = arg;
	const char		*lost = plan_loses(p->answer);

	if (text != NULL && lost != NULL && str_equal(text, lost))
		apply(p, 0);
	else
		app_say(p->text.view.app, T_PLAN_NOT_TYPED);
}

/* What cannot be brought back is named by hand. */
static void
apply_asked(struct view_plan *p, int confirm_within_s)
{
	AUTO_BUF struct buf	 question = BUF_INIT;
	struct app		*app = p->text.view.app;
	const char		*lost = plan_loses(p->answer);
	struct err		 e = { 0 };

	if (lost == NULL) {
		apply(p, confirm_within_s);
		return;
	}
	buf_printf(&question, T_PLAN_LOSES, lost);
	app_open(app, view_input_new(app, buf_str(&question), "", lost_typed,
	    p, &e), &e);
}

/* --- answers ------------------------------------------------------------ */

static void
answer_put(json_t **at, json_t *answer)
{
	json_decref(*at);
	*at = json_incref(answer);
}

static void
plan_arrived(struct view_plan *p, json_t *answer)
{
	const json_t *plan = json_object_get(answer, "plan");

	answer_put(&p->answer, answer);
	free(p->command);
	p->command = strdup(json_text(answer, "command"));
	if (plan == NULL)
		p->state = PLAN_ENDED;
	else if (!json_flag(answer, "ok"))
		p->state = PLAN_BLOCKED;
	else
		p->state = json_flag(plan, "empty") ? PLAN_EMPTY : PLAN_SHOWN;
	if (plan == NULL)
		answer_put(&p->end, answer);
	if (p->is_dry_run && p->state == PLAN_SHOWN)
		app_say(p->text.view.app, T_PLAN_DRY_RUN);
	p->is_dry_run = false;
}

/* The world moved: the answer has the plan as it would be now. */
static bool
is_new_plan(const json_t *answer)
{
	return str_equal(json_text(json_object_get(answer, "error"),
	    "domain"), "changed") && json_object_get(answer, "plan") != NULL &&
	    json_object_get(answer, "job") == NULL;
}

/* The preview that it was undone from must not offer that again. */
static void
undone_tell(struct view_plan *p)
{
	const char		*id = json_text(p->params, "id");
	struct view_plan	*below = self(p->text.view.below);

	if (!str_equal(p->verb, "job.undo") || below == NULL ||
	    below->text.view.ops != p->text.view.ops ||
	    !str_equal(below->job, id))
		return;
	below->is_undone = true;
	below->job[0] = '\0';
	show(below);
}

static void
job_arrived(struct view_plan *p, json_t *answer)
{
	const json_t *job = json_object_get(answer, "job");

	if (is_new_plan(answer)) {
		answer_put(&p->answer, answer);
		p->state = PLAN_SHOWN;
		app_say(p->text.view.app, T_PLAN_CHANGED_NOW);
		return;
	}
	answer_put(&p->end, answer);
	if (json_text(job, "id")[0] != '\0')
		snprintf(p->job, sizeof(p->job), "%s", json_text(job, "id"));
	p->state = PLAN_ENDED;
	if (str_equal(json_text(job, "state"), "done")) {
		form_applied(p->text.view.below);
		undone_tell(p);
	}
	if (str_equal(json_text(job, "state"), "waiting")) {
		AUTO_JSON json_t *id = json_pack("{s:s}", "id", p->job);

		p->state = PLAN_WAITS;
		start(p, WORK_WAIT, "job.confirm", id, 0);
	}
}

/* That it is kept is told by the wait that ends; that it is not, here. */
static void
keep_arrived(struct view_plan *p, json_t *doc)
{
	struct answer	 a = { .doc = doc };
	struct err	 e = { 0 };

	p->keep_id = 0;
	if (!answer_is_ok(&a, &e))
		app_say_err(p->text.view.app, &e);
}

static void
arrived(struct view *v, const struct work_event *ev)
{
	struct view_plan *p = self(v);

	if (ev->id != 0 && ev->id == p->keep_id && ev->kind == WORK_ANSWER)
		keep_arrived(p, ev->data);
	if (ev->id == 0 || ev->id != p->call_id)
		return;
	if (ev->kind == WORK_PROGRESS) {
		answer_put(&p->progress, ev->data);
		strip_take(&p->strip, ev->data);
	}
	if (ev->kind == WORK_ANSWER) {
		p->call_id = 0;
		if (p->state == PLAN_ASKED)
			plan_arrived(p, ev->data);
		else
			job_arrived(p, ev->data);
	}
	show(p);
}

/* --- keys --------------------------------------------------------------- */

static void
undo_open(struct view_plan *p)
{
	struct app	*app = p->text.view.app;
	struct err	 e = { 0 };

	app_open(app, view_plan_new(app, "job.undo", json_pack("{s:s}", "id",
	    p->job), NULL, 0, &e), &e);
}

static void
keep(struct view_plan *p)
{
	AUTO_JSON json_t *id = json_pack("{s:s}", "id", p->job);
	struct work_call call = {
		.kind = WORK_CALL, .verb = "job.confirm", .params = id
	};

	p->keep_id = app_start(p->text.view.app, &p->text.view, &call);
}

static bool
may_wait(const struct view_plan *p)
{
	const struct verb *v = registry_verb(work_world(app_work(
	    p->text.view.app))->registry, p->verb);

	return v != NULL && (v->risk == RISK_ACCESS ||
	    v->risk == RISK_SERVICE) && plan_loses(p->answer) == NULL;
}

static bool
letter_shown(struct view_plan *p, char key)
{
	if (key == 'a') {
		apply_asked(p, 0);
	} else if (key == 'c' && may_wait(p)) {
		apply_asked(p, CONFIRM_S);
	} else if (key == 'd') {
		p->is_dry_run = true;
		plan_ask(p);
	} else {
		return false;
	}
	return true;
}

static bool
press(struct view *v, const struct press *pr)
{
	struct view_plan	*p = self(v);
	char			 key;

	if (pr->code != PRESS_TEXT || pr->text[1] != '\0')
		return false;
	key = (char)tolower((unsigned char)pr->text[0]);
	if (key == 'w') {
		text_need(p);
		return view_text_press(v, pr);
	}
	if (p->state == PLAN_SHOWN)
		return letter_shown(p, key);
	if (p->state == PLAN_ENDED && key == 'u' && p->job[0] != '\0')
		undo_open(p);
	else if (p->state == PLAN_WAITS && key == 'k')
		keep(p);
	else if (p->state == PLAN_APPLIED && key == 'x')
		work_cancel(app_work(v->app), p->call_id);
	else
		return false;
	return true;
}

static bool
act(struct view *v, enum act act)
{
	struct view_plan *p = self(v);

	if (act == ACT_REFRESH && p->call_id == 0 &&
	    (p->state == PLAN_SHOWN || p->state == PLAN_BLOCKED ||
	    p->state == PLAN_EMPTY)) {
		plan_ask(p);
		return true;
	}
	text_need(p);
	return view_text_act(v, act);
}

static void
bar(const struct view *v, struct bar *bar)
{
	const struct view_plan *p = self(v);

	bar_act(bar, ACT_HELP);
	if (p->state == PLAN_SHOWN)
		bar_letter(bar, 'a', T_BAR_APPLY);
	if (p->state == PLAN_SHOWN && may_wait(p))
		bar_letter(bar, 'c', T_BAR_APPLY_WAIT);
	if (p->state == PLAN_WAITS)
		bar_letter(bar, 'k', T_BAR_KEEP);
	if (p->state == PLAN_APPLIED)
		bar_letter(bar, 'x', T_BAR_STOP);
	if (p->state == PLAN_ENDED && p->job[0] != '\0')
		bar_letter(bar, 'u', T_BAR_UNDO);
	bar_act_as(bar, ACT_BACK, p->state == PLAN_APPLIED ?
	    T_BAR_LET_RUN : "");
	if (p->state == PLAN_SHOWN)
		bar_letter(bar, 'd', T_BAR_DRY_RUN);
	bar_act(bar, ACT_COMMAND);
	bar_letter(bar, 'w', T_BAR_FILE);
	bar_act(bar, ACT_JOBS);
}

static void
hint(const struct view *v, struct buf *out)
{
	const struct view_plan *p = self(v);

	switch (p->state) {
	case PLAN_SHOWN:
		buf_puts(out, T_HINT_PLAN);
		break;
	case PLAN_EMPTY:
		buf_puts(out, T_HINT_EMPTY);
		break;
	case PLAN_BLOCKED:
		buf_puts(out, T_HINT_BLOCKED);
		break;
	case PLAN_WAITS:
		buf_puts(out, T_HINT_WAITS);
		break;
	case PLAN_APPLIED:
		progress_tell(p->progress, out);
		break;
	case PLAN_ENDED:
		if (p->is_undone)
			buf_puts(out, T_PLAN_UNDONE);
		else
			plan_end_tell(p->end, out);
		break;
	default:
		break;
	}
}

static const char *
help(const struct view *v)
{
	(void)v;
	return T_PLAN_HELP;
}

static void
command(const struct view *v, struct buf *out)
{
	const struct view_plan *p = self(v);

	if (p->command != NULL && p->command[0] != '\0')
		buf_puts(out, p->command);
	else
		work_command(app_work(v->app), p->verb, p->params, out);
	buf_putc(out, '\n');
}

static void
paint(struct view *v, struct canvas *c, struct area a)
{
	struct view_plan *p = self(v);

	text_need(p);
	if (p->state == PLAN_APPLIED && p->strip.total > 0 && a.rows > 3) {
		strip_paint(&p->strip, c, (struct area){ a.row + a.rows - 1,
		    a.col, 1, a.cols });
		a.rows--;
	}
	view_text_paint(v, c, a);
}

static void
say(const struct view *v, struct buf *out)
{
	text_need(self(v));
	view_text_say(v, out);
}

static int
due(const struct view *v, int64_t now_ms)
{
	const struct view_plan	*p = self(v);
	int64_t			 period = app_period_ms(v->app);

	if (p->state != PLAN_ASKED && p->state != PLAN_WAITS)
		return -1;
	return (int)(period - (now_ms - p->since_ms) % period);
}

static void
plan_view_free(struct view *v)
{
	struct view_plan	*p = self(v);
	size_t			 i;

	for (i = 0; i < CTX_SECRETS; i++) {
		secret_free(p->secrets[i].value);
		free((char *)(uintptr_t)p->secrets[i].name);
	}
	json_decref(p->params);
	json_decref(p->answer);
	json_decref(p->progress);
	json_decref(p->end);
	free(p->verb);
	free(p->command);
	view_text_fini(&p->text);
	free(p);
}

static const struct view_ops ops = {
	.free = plan_view_free, .paint = paint, .press = press,
	.act = act, .bar = bar, .hint = hint, .help = help,
	.arrived = arrived, .due = due, .command = command,
	.say = say, .item_count = view_text_item_count
};

static bool
secrets_copy(struct view_plan *p, const struct ctx_secret *secrets,
    size_t count, struct err *e)
{
	size_t i;

	for (i = 0; i < count && i < CTX_SECRETS; i++) {
		p->secrets[i].name = strdup(secrets[i].name);
		p->secrets[i].value = secret_dup(secrets[i].value, e);
		if (p->secrets[i].value == NULL)
			return false;
		if (p->secrets[i].name == NULL)
			return err_nomem(e);
	}
	return true;
}

struct view *
view_plan_new(struct app *app, const char *verb, json_t *params,
    const struct ctx_secret *secrets, size_t count, struct err *e)
{
	struct view_plan	*p = calloc(1, sizeof(*p));
	AUTO_BUF struct buf	 title = BUF_INIT, name = BUF_INIT;

	/* "admin.add" is typed "admin add". */
	buf_puts(&name, verb);
	for (char *dot = name.data; dot != NULL && *dot != '\0'; dot++)
		if (*dot == '.')
			*dot = ' ';
	buf_printf(&title, T_PREVIEW, buf_str(&name));
	if (p == NULL || !view_text_init(&p->text, &ops, app,
	    buf_str(&title), NULL)) {
		free(p);
		json_decref(params);
		err_nomem(e);
		return NULL;
	}
	p->params = params;
	p->verb = strdup(verb);
	p->text.is_diff = true;
	p->text.file_name = T_FILE_PLAN;
	if (p->verb == NULL || !secrets_copy(p, secrets, count, e)) {
		if (p->verb == NULL)
			err_nomem(e);
		view_free(&p->text.view);
		return NULL;
	}
	plan_ask(p);
	return &p->text.view;
}
