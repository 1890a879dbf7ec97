/*
 * Answers as documents.  Exit statuses are a contract with scripts and cron
 * jobs: the two tables here are the only place that decides them.
 */
#include "stconsole/answer.h"

#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "core.h"
#include "text.def"

/* What is not named here has failed. */
static const enum answer_exit by_domain[ERR_DOMAIN_COUNT] = {
	[ERR_NONE] = EXIT_FAILED,
	[ERR_USAGE] = EXIT_USAGE,
	[ERR_REFUSED] = EXIT_REFUSED,
	[ERR_CHANGED] = EXIT_CHANGED,
	[ERR_CANCELLED] = EXIT_CANCELLED,
	[ERR_HELD] = EXIT_HELD,
	[ERR_UNVERIFIED] = EXIT_UNVERIFIED,
};

/* A job that still runs elsewhere was started as asked. */
static const enum answer_exit by_state[] = {
	[JOB_RUNNING] = EXIT_DONE,
	[JOB_WAITING] = EXIT_DONE,
	[JOB_HELD] = EXIT_REFUSED,
	[JOB_DONE] = EXIT_DONE,
	[JOB_UNDONE] = EXIT_FAILED,
	[JOB_FAILED] = EXIT_FAILED,
	[JOB_CANCELLED] = EXIT_CANCELLED,
	[JOB_INTERRUPTED] = EXIT_CANCELLED,
};

int
answer_exit_of_err(const struct err *e)
{
	enum answer_exit status = by_domain[e->domain];

	/* The table's holes are 0, which would say "done". */
	return status == EXIT_DONE ? EXIT_FAILED : (int)status;
}

int
answer_exit_of_job(enum job_state state, bool verified)
{
	if (state == JOB_DONE && !verified)
		return EXIT_UNVERIFIED;
	return (int)by_state[state];
}

int
answer_exit_of_name(const char *state, bool verified)
{
	size_t i;

	for (i = 0; i < LENGTH(by_state); i++)
		if (str_equal(state, job_state_name((enum job_state)i)))
			return answer_exit_of_job((enum job_state)i,
			    verified);
	return EXIT_FAILED;
}

void
answer_fini(struct answer *a)
{
	json_decref(a->doc);
	*a = (struct answer){ .doc = NULL };
}

/* ---- the documents */

json_t *
answer_value(const char *name, json_t *value)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "ok", json_true());
	if (json_object_set_new(doc, name, value) < 0) {
		json_decref(doc);
		doc = NULL;
	}
	return doc;
}

json_t *
answer_job(const struct job_result *job)
{
	return json_pack("{s:s, s:s, s:b}", "id", job->id, "state",
	    job_state_name(job->state), "verified", job->verified);
}

static json_t *
error_json(const struct err *e)
{
	struct err	 shown = *e;
	json_t		*j = json_object();

	str_strip_control(shown.msg);
	str_strip_control(shown.hint);
	json_object_set_new(j, "domain",
	    json_string(err_domain_name(e->domain)));
	json_object_set_new(j, "code", json_integer(e->code));
	/* Words may quote bytes from outside. */
	json_object_set_new(j, "message", json_string_nocheck(shown.msg));
	json_object_set_new(j, "hint", json_string_nocheck(shown.hint));
	return j;
}

/* A job that ended badly says more than the error that ended it. */
static int
error_status(const struct err *e, const json_t *job)
{
	int status = EXIT_DONE;

	if (json_str(job, "state") != NULL)
		status = answer_exit_of_name(json_str(job, "state"),
		    json_flag(job, "verified"));
	return status != EXIT_DONE ? status : answer_exit_of_err(e);
}

void
answer_error(const struct err *e, const json_t *plan, const json_t *job,
    struct answer *out)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "ok", json_false());
	json_object_set_new(doc, "error", error_json(e));
	if (plan != NULL)
		json_object_set_new(doc, "plan", json_deep_copy(plan));
	if (job != NULL)
		json_object_set_new(doc, "job", json_deep_copy(job));
	*out = (struct answer){
		.doc = doc, .status = error_status(e, job)
	};
}

bool
answer_is_ok(const struct answer *a, struct err *e)
{
	const json_t	*error = json_object_get(a->doc, "error");
	const char	*name = json_text(error, "domain");
	int		 d = ERR_NONE;

	if (json_flag(a->doc, "ok"))
		return true;
	if (a->doc == NULL)
		return err_nomem(e);
	while (d < ERR_DOMAIN_COUNT - 1 && strcmp(name,
	    err_domain_name((enum err_domain)d)) != 0)
		d++;
	if (strcmp(name, err_domain_name((enum err_domain)d)) != 0)
		d = ERR_SYS;
	err_set(e, (enum err_domain)d, (int)json_int(error, "code", 0), "%s",
	    json_text(error, "message"));
	return err_hint(e, "%s", json_text(error, "hint"));
}

/* ---- calls */

/*
 * What a result says about success: a test that fails is ok false, a job
 * that was resumed has its state.  status exits with its own number when it
 * is asked to.
 */
static int
result_status(const struct verb *v, const json_t *params,
    const json_t *result)
{
	const json_t *code = json_object_get(result, "exit_code");
	const json_t *job = json_object_get(result, "job");

	if (json_flag(params, "exit_code") && json_is_integer(code))
		return (int)json_integer_value(code);
	if (json_is_false(json_object_get(result, "ok")))
		return EXIT_FAILED;
	if (v->direct != NULL && json_str(job, "state") != NULL)
		return answer_exit_of_name(json_str(job, "state"),
		    json_flag(job, "verified"));
	return EXIT_DONE;
}

static void
answer_plan(const struct plan *plan, struct answer *out)
{
	AUTO_JSON json_t	*doc = plan_json(plan);
	struct err		 e = { 0 };

	if (doc == NULL) {
		err_nomem(&e);
		answer_error(&e, NULL, NULL, out);
	} else if (plan_is_blocked(plan)) {
		plan_blocked_err(plan, &e);
		answer_error(&e, doc, NULL, out);
	} else {
		out->doc = answer_value("plan", json_incref(doc));
	}
}

void
answer_call(struct ctx *ctx, const struct verb *v, const json_t *params,
    struct plan **plan, struct answer *out)
{
	json_t		*result = NULL;
	struct err	 e = { 0 };

	*out = (struct answer){ .status = EXIT_DONE };
	*plan = NULL;
	if (!verb_call(ctx, v, params, &result, plan, &e)) {
		json_decref(result);
		answer_error(&e, NULL, NULL, out);
	} else if (*plan != NULL) {
		answer_plan(*plan, out);
	} else {
		out->status = result_status(v, params, result);
		out->doc = answer_value("result", result);
	}
}

/* now: what the world asks for instead, when it changed. */
static void
applied_badly(const struct plan *shown, const struct plan *now,
    const struct job_result *job, const struct err *e, struct answer *out)
{
	bool			 began = job->id[0] != '\0';
	AUTO_JSON json_t	*job_doc = began ? answer_job(job) : NULL;
	AUTO_JSON json_t	*doc = plan_json(now != NULL && !began &&
	    e->domain == ERR_CHANGED ? now : shown);

	answer_error(e, doc, job_doc, out);
	out->ended_ms = job->ended_ms;
}

void
answer_apply(struct ctx *ctx, const struct verb *v, const json_t *params,
    const struct plan *shown, int confirm_within_s, struct answer *out)
{
	AUTO_PLAN struct plan	*now = NULL;
	struct job_options	 options = {
		.confirm_within_s = confirm_within_s
	};
	struct job_result	 job = { .id = "" };
	struct err		 e = { 0 };

	*out = (struct answer){ .status = EXIT_DONE };
	if (!job_apply_shown(ctx, v, params, shown, &options, &now, &job,
	    &e)) {
		applied_badly(shown, now, &job, &e, out);
		return;
	}
	out->doc = answer_value("plan", plan_json(shown));
	if (job.id[0] == '\0')
		return;
	json_object_set_new(out->doc, "job", answer_job(&job));
	out->status = answer_exit_of_job(job.state, job.verified);
	out->ended_ms = job.ended_ms;
}

void
answer_apply_hash(struct ctx *ctx, const struct verb *v,
    const json_t *params, const char *hash, int confirm_within_s,
    struct answer *out)
{
	AUTO_PLAN struct plan	*shown = NULL;
	AUTO_JSON json_t	*doc = NULL;
	struct err		 e = { 0 };

	if (job_plan_again(ctx, v, params, hash, &shown, &e)) {
		answer_apply(ctx, v, params, shown, confirm_within_s, out);
		return;
	}
	doc = shown != NULL ? plan_json(shown) : NULL;
	answer_error(&e, doc, NULL, out);
}

void
answer_wait(struct ctx *ctx, const char *id, struct answer *out)
{
	struct job_result	 job = { .id = "" };
	AUTO_JSON json_t	*doc = NULL;
	struct err		 e = { 0 };
	bool			 ok;

	*out = (struct answer){ .status = EXIT_DONE };
	snprintf(job.id, sizeof(job.id), "%s", id);
	ok = job_wait(ctx, id, &job, &e);
	if (ok || job.ended_ms != 0)
		doc = answer_job(&job);
	if (ok) {
		out->doc = answer_value("job", TAKE(doc));
		out->status = answer_exit_of_job(job.state, job.verified);
	} else {
		answer_error(&e, NULL, doc, out);
	}
	out->ended_ms = job.ended_ms;
}

/* The verb's own line has --site; --state only its caller knows. */
void
answer_command(const struct ctx *ctx, const char *state,
    const struct verb *v, const json_t *params, const char *extra,
    struct buf *out)
{
	const char *const	 argv[] = { "--state", state, NULL };
	AUTO_BUF struct buf	 line = BUF_INIT;
	const char		*rest;

	verb_command(ctx, v, params, &line);
	rest = buf_str(&line);
	rest += strcspn(rest, " ");
	buf_puts(out, "stconsole");
	if (state != NULL) {
		buf_putc(out, ' ');
		proc_argv_show(argv, out);
	}
	if (extra != NULL)
		buf_printf(out, " %s", extra);
	buf_puts(out, rest);
}
