/*
 * site.services, site.start, site.stop, site.restart.  What there is to
 * start is what the compose file or the engine names; Kubernetes is in
 * kube.c; a Windows site is told to its own host.
 */
#include "daily.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "engine.h"
#include "kube.h"
#include "site_private.h"
#include "text_daily.def"

#define SERVICE_TIMEOUT_S	120

bool
daily_not_windows(const struct site *site, struct err *e)
{
	if (site_kind(site) != SITE_WINDOWS)
		return true;
	err_set(e, ERR_REFUSED, 0, T_DAILY_WINDOWS);
	return err_hint(e, T_DAILY_WINDOWS_HINT);
}

/* ---- the list */

static bool
row_add(json_t *rows, const char *name, const json_t *container,
    struct err *e)
{
	return json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s,"
	    " s:s, s:s}", "name", name, "state", container != NULL ?
	    json_text(container, "state") : "absent", "health",
	    json_text(container, "health"), "since", json_text(container,
	    "since"), "image", json_text(container, "image"), "container",
	    json_text(container, "name"))) == 0 ? true : err_nomem(e);
}

static bool
is_in_file(const struct site *site, const char *service)
{
	size_t i;

	for (i = 0; i < site->service_count; i++)
		if (strcmp(site->services[i].name, service) == 0)
			return true;
	return false;
}

/* In the order of the compose file, then what runs besides it. */
static bool
rows_add(const struct site *site, const struct engine *engine, json_t *rows,
    struct err *e)
{
	const json_t	*c;
	const char	*name;
	size_t		 i, k;

	for (k = 0; k < site->service_count; k++) {
		name = site->services[k].name;
		if (engine_count(engine, name) == 0 &&
		    !row_add(rows, name, NULL, e))
			return false;
		json_array_foreach(engine->containers, i, c)
			if (strcmp(json_text(c, "service"), name) == 0 &&
			    !row_add(rows, name, c, e))
				return false;
	}
	json_array_foreach(engine->containers, i, c)
		if (!is_in_file(site, json_text(c, "service")) &&
		    !row_add(rows, json_text(c, "service"), c, e))
			return false;
	return true;
}

bool
services_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_ENGINE struct engine	 engine = { .command = NULL };
	AUTO_JSON json_t		*rows = json_array();
	struct site			*site;

	(void)params;
	if (rows == NULL)
		return err_nomem(e);
	if (!site_need(ctx, &site, e) || !daily_not_windows(site, e))
		return false;
	if (site_kind(site) == SITE_KUBERNETES) {
		if (!kube_services(ctx, site, rows, e))
			return false;
	} else if (!engine_open(ctx, site, &engine, e)) {
		return false;
	} else if (engine.command == NULL) {
		return err_copy(e, &engine.why);
	} else if (!rows_add(site, &engine, rows, e)) {
		return false;
	}
	*result = json_pack("{s:O}", "services", rows);
	return *result != NULL ? true : err_nomem(e);
}

/* ---- start, stop, restart */

static bool
service_need(const struct site *site, const struct engine *engine,
    const char *service, struct err *e)
{
	if (engine->command == NULL)
		return err_copy(e, &engine->why);
	if (is_in_file(site, service) || engine_count(engine, service) > 0)
		return true;
	err_set(e, ERR_SITE, 0, T_DAILY_UNKNOWN, service);
	return err_hint(e, T_DAILY_UNKNOWN_HINT);
}

struct change {
	struct ctx		*ctx;
	struct plan		*plan;
	const struct site	*site;
	const struct engine	*engine;
	const char		*service;
	json_t			*services;	/* [service] */
};

static bool
step_add(const struct change *c, const char *action, const char *title,
    const char *undo, json_t *argv, json_t *undo_argv, struct err *e)
{
	AUTO_JSON json_t	*taken = argv, *back = undo_argv;
	json_t			*args;

	if (argv == NULL)
		return false;
	args = json_pack("{s:O, s:O, s:O?}", "services", c->services, "argv",
	    argv, "undo_argv", undo_argv);
	return plan_step_add(c->plan, &(struct step_spec){
	    .action = action, .risk = RISK_SERVICE, .undo = undo,
	    .args = args, .argv = json_incref(argv) }, e, "%s %s", title,
	    c->service);
}

static bool
running_add(const struct change *c, struct err *e)
{
	return plan_step_add(c->plan, &(struct step_spec){
	    .action = "site.running", .risk = RISK_NONE,
	    .args = json_pack("{s:O, s:i}", "services", c->services,
	    "timeout_s", SERVICE_TIMEOUT_S) }, e, T_EFFECT_RUNNING_TITLE,
	    c->service);
}

static bool
start_steps(const struct change *c, struct err *e)
{
	static const char *const up[] = { "up", "-d", "--no-deps", NULL };
	static const char *const start[] = { "start", NULL };
	static const char *const stop[] = { "stop", NULL };
	bool	 is_there = engine_count(c->engine, c->service) > 0;

	if (engine_running(c->engine, c->service) > 0)
		return plan_note_add(c->plan, e, T_DAILY_RUNS, c->service);
	return step_add(c, "site.start", T_DAILY_START, T_DAILY_STOPS,
	    engine_argv(c->engine, c->site, is_there ? start : up,
	    c->services, e), engine_argv(c->engine, c->site, stop,
	    c->services, NULL), e) && running_add(c, e);
}

static bool
stop_steps(const struct change *c, struct err *e)
{
	static const char *const start[] = { "start", NULL };
	static const char *const stop[] = { "stop", NULL };

	if (engine_running(c->engine, c->service) == 0)
		return plan_note_add(c->plan, e, T_DAILY_STANDS, c->service);
	return step_add(c, "site.stop", T_DAILY_STOP, T_DAILY_STARTS,
	    engine_argv(c->engine, c->site, stop, c->services, e),
	    engine_argv(c->engine, c->site, start, c->services, NULL), e);
}

static bool
restart_steps(const struct change *c, struct err *e)
{
	static const char *const restart[] = { "restart", NULL };

	if (engine_running(c->engine, c->service) == 0)
		return plan_block(c->plan, T_DAILY_RESTART_HINT, e,
		    T_DAILY_STANDS, c->service);
	return plan_note_add(c->plan, e, T_DAILY_ENV_NOTE) &&
	    step_add(c, "site.restart", T_EFFECT_RESTART, NULL,
	    engine_argv(c->engine, c->site, restart, c->services, e), NULL,
	    e) && running_add(c, e);
}

typedef bool (*steps_fn)(const struct change *c, struct err *e);

static bool
compose_plan(struct change *c, steps_fn steps, struct err *e)
{
	AUTO_ENGINE struct engine	 engine = { .command = NULL };
	AUTO_FREE char			*lock = str_format("service:%s",
	    c->service);
	bool				 ok;

	if (lock == NULL)
		return err_nomem(e);
	if (!engine_open(c->ctx, c->site, &engine, e) ||
	    !service_need(c->site, &engine, c->service, e))
		return false;
	c->engine = &engine;
	c->services = json_pack("[s]", c->service);
	ok = plan_lock_add(c->plan, lock, e) && steps(c, e);
	json_decref(c->services);
	return ok;
}

static bool
service_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    enum kube_change change, steps_fn steps, struct err *e)
{
	struct site	*site;
	struct change	 c = { .ctx = ctx, .plan = plan,
	    .service = json_text(params, "service") };

	if (!site_need(ctx, &site, e) || !daily_not_windows(site, e))
		return false;
	if (site_kind(site) == SITE_KUBERNETES)
		return kube_service_plan(ctx, plan, site, change, params, e);
	c.site = site;
	return compose_plan(&c, steps, e);
}

bool
service_start_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	return service_plan(ctx, params, plan, KUBE_START, start_steps, e);
}

bool
service_stop_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	return service_plan(ctx, params, plan, KUBE_STOP, stop_steps, e);
}

bool
service_restart_plan(struct ctx *ctx, const json_t *params,
    struct plan *plan, struct err *e)
{
	return service_plan(ctx, params, plan, KUBE_RESTART, restart_steps,
	    e);
}
