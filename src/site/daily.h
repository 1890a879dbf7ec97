/*
 * The daily verbs and the actions behind them: private to src/site.
 */
#ifndef STCONSOLE_SITE_DAILY_H
#define STCONSOLE_SITE_DAILY_H

#include <jansson.h>

#include "stconsole/action.h"
#include "stconsole/ctx.h"

/* ---- effect_step.c: steps on compose services.  args: "services", "argv" */

bool	 step_before_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 step_before_prepare(struct ctx *, const json_t *, json_t *,
	     struct err *);
bool	 step_before_act(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 step_before_undo(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 step_fresh_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 step_todo_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 step_running_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 step_started_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 step_stopped_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 step_argv_act(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 step_argv_undo(struct ctx *, const json_t *, const json_t *,
	     struct err *);

/* ---- services.c, logs.c */

bool	 services_read(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 service_start_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 service_stop_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 service_restart_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 logs_read(struct ctx *, const json_t *, json_t **, struct err *);

/* ERR_REFUSED: services of a Windows site are managed on its host. */
bool	 daily_not_windows(const struct site *site, struct err *e);

#endif
