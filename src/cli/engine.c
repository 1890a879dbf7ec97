/*
 * Where a call is carried out: in this process, or in serve when one runs for
 * the same state folder and the call changes something, so that it outlives
 * this terminal.  How it is shown is the same.
 */
#include "parts.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/control.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

/* ---- attaching */

/* What only reads is as good here, if the state folder can be read here. */
static bool
wants_serve(const struct cli_run *run)
{
	const struct verb *v = run->verb;

	if (run->ctx->store == NULL)
		return true;
	if (run->ctx->read_only || run->options->dry_run)
		return false;
	return (v->plan != NULL && !v->writes_elsewhere) ||
	    str_equal(v->name, "job.resume");
}

/*
 * The deployment is looked for from here, where the caller stands.  What
 * cannot be found here is left to the call itself, which says so.
 */
static bool
site_settle(struct cli_run *run)
{
	bool	(*find)(struct ctx *, struct err *) = run->hooks != NULL ?
	    run->hooks->site_find : NULL;
	struct err why = { 0 };

	if (run->verb->no_site || run->ctx->store == NULL || find == NULL)
		return true;
	return find(run->ctx, &why);
}

void
engine_attach(struct cli_run *run, const struct world *w)
{
	bool		is_there = false;
	struct err	why = { 0 };

	if (!wants_serve(run))
		return;
	run->work = control_attach(w, false, &is_there, &why);
	if (run->work == NULL && is_there)
		(void)report_error(false, &why, NULL);
	if (run->work == NULL)
		return;
	if (site_settle(run) && work_site_set(run->work,
	    run->ctx->site_wanted, NULL))
		return;
	work_free(run->work);
	run->work = NULL;
}

void
engine_leave(struct cli_run *run)
{
	work_free(run->work);
	run->work = NULL;
	free(run->banner);
	run->banner = NULL;
}

/* ---- a call in serve */

static void
progress_show(struct cli_run *run, const json_t *j)
{
	struct progress_event ev = {
		.job = json_str(j, "job"), .title = json_str(j, "title"),
		.phase = json_str(j, "phase"), .unit = json_str(j, "unit"),
		.step = (unsigned)json_int(j, "step", 0),
		.steps = (unsigned)json_int(j, "steps", 0),
		.done = json_int(j, "done", 0),
		.total = json_int(j, "total", 0),
		.per_second = json_number_value(json_object_get(j,
		    "per_second")),
		.left_s = json_int(j, "left_s", -1)
	};
	struct progress *p = run->ctx->progress;

	if (p != NULL)
		p->report(p->arg, &ev);
}

static void
lines_show(struct cli_run *run, const json_t *data)
{
	const json_t	*line;
	size_t		 i;

	json_array_foreach (json_object_get(data, "lines"), i, line)
		if (run->ctx->on_line != NULL)
			run->ctx->on_line(run->ctx->on_line_arg,
			    json_string_value(line));
}

/* What serve says beside the document is not part of the contract. */
static void
answer_take(struct cli_run *run, json_t *doc, struct answer *out)
{
	static const char *const beside[] = {
		"status", "command", "site", "banner", "at", "warning"
	};
	const char	*warning = json_str(doc, "warning");
	const char	*banner = json_str(doc, "banner");
	struct err	 e = { 0 };
	size_t		 i;

	out->doc = doc;
	out->status = (int)json_int(doc, "status", EXIT_FAILED);
	if (json_object_get(doc, "job") != NULL)
		out->ended_ms = json_int(doc, "at", 0);
	if (banner != NULL && run->banner == NULL)
		run->banner = strdup(banner);
	if (warning != NULL) {
		err_set(&e, ERR_JOB, 0, "%s", warning);
		(void)report_error(false, &e, NULL);
	}
	for (i = 0; i < LENGTH(beside); i++)
		json_object_del(doc, beside[i]);
}

/* True when the answer is there. */
static bool
events_take(struct cli_run *run, unsigned id, struct answer *out)
{
	struct work_event ev;

	while (work_next(run->work, &ev)) {
		if (ev.id == id && ev.kind == WORK_ANSWER) {
			answer_take(run, ev.data, out);
			return true;
		}
		if (ev.id == id && ev.kind == WORK_PROGRESS)
			progress_show(run, ev.data);
		else if (ev.id == id && ev.kind == WORK_LINES)
			lines_show(run, ev.data);
		work_event_fini(&ev);
	}
	return false;
}

/*
 * Ctrl-C stops the call there.  A terminal that is lost, or SIGTERM, ends
 * this process alone: serve goes on.
 */
static void
remote_await(struct cli_run *run, unsigned id, struct answer *out)
{
	struct cancel	*cancel = run->ctx->cancel;
	struct pollfd	 p[2] = {
		{ .fd = work_fd(run->work), .events = POLLIN },
		{ .fd = cancel->fd, .events = POLLIN }
	};
	struct err	 why = { 0 };

	while (!events_take(run, id, out)) {
		if (p[1].fd >= 0 && cancel->wanted == CANCEL_ASKED) {
			work_cancel(run->work, id);
			p[1].fd = -1;
			continue;
		}
		if (cancel->wanted == CANCEL_INTERRUPT) {
			err_set(&why, ERR_CANCELLED, 0,
			    work_jobs_hosted(run->work) > 0 ? T_STOPPED :
			    T_LEFT);
			err_hint(&why, T_LEFT_HINT);
			answer_error(&why, NULL, NULL, out);
			return;
		}
		(void)poll(p, LENGTH(p), -1);
	}
}

static void
remote(struct cli_run *run, struct work_call *call, struct answer *out)
{
	struct err	why = { 0 };
	unsigned	id;

	memcpy(call->secrets, run->ctx->secrets, sizeof(call->secrets));
	memcpy(call->inputs, run->ctx->inputs, sizeof(call->inputs));
	*out = (struct answer){ .status = EXIT_FAILED };
	id = work_start(run->work, call, &why);
	if (id == 0)
		answer_error(&why, NULL, NULL, out);
	else
		remote_await(run, id, out);
}

/* ---- a call, wherever */

void
engine_call(struct cli_run *run, const struct verb *v, const json_t *params,
    struct plan **plan, struct answer *out)
{
	struct work_call call = {
		.kind = v->plan != NULL ? WORK_PLAN : WORK_CALL,
		.verb = v->name, .params = params
	};

	*plan = NULL;
	if (run->work != NULL)
		remote(run, &call, out);
	else
		answer_call(run->ctx, v, params, plan, out);
}

void
engine_apply(struct cli_run *run, const struct verb *v,
    const json_t *params, const struct plan *plan, const char *hash,
    int confirm_within_s, struct answer *out)
{
	struct work_call call = {
		.kind = WORK_APPLY, .verb = v->name, .params = params,
		.hash = hash, .confirm_within_s = confirm_within_s
	};

	if (run->work != NULL)
		remote(run, &call, out);
	else
		answer_apply(run->ctx, v, params, plan, confirm_within_s,
		    out);
}

void
engine_wait(struct cli_run *run, const char *id, struct answer *out)
{
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id", id);
	struct work_call	 call = {
		.kind = WORK_WAIT, .params = params
	};

	if (run->work != NULL)
		remote(run, &call, out);
	else
		answer_wait(run->ctx, id, out);
}
