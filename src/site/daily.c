/*
 * The table of the daily verbs and of the steps by which changes of a site's
 * files take effect.
 */
#include "daily.h"

#include "stconsole/mem.h"
#include "stconsole/site.h"

#include "kube.h"

#define SERVICE_PARAM \
	{ .name = "service", .type = PARAM_TEXT, .required = true, \
	  .positional = true, .help = "As \"site services\" names it" }

static const struct verb_param service_params[] = { SERVICE_PARAM };

static const struct verb_param start_params[] = {
	SERVICE_PARAM,
	{ .name = "replicas", .type = PARAM_INT, .min = 1, .max = 100,
	  .help = "How many, on Kubernetes (1)" }
};

static const struct verb_param logs_params[] = {
	SERVICE_PARAM,
	{ .name = "follow", .type = PARAM_FLAG,
	  .help = "Go on until Ctrl-C" },
	{ .name = "since", .type = PARAM_DURATION,
	  .help = "All of the last minutes: 90s, 15m, 2h" },
	{ .name = "lines", .type = PARAM_INT, .min = 0, .max = 1000000,
	  .help = "How many of the last lines (200)" }
};

static const struct verb verbs[] = {
	{ .name = "site.services", .role = ROLE_VIEWER,
	  .help = "List the services and whether they run",
	  .read = services_read,
	  .schema = "{\"services\":[{\"name\":\"string\",\"state\":"
	  "\"string\",\"health\":\"string\",\"since\":\"string\","
	  "\"image\":\"string\",\"container\":\"string\"}]}",
	  .view = "services: name=Service,state=State,health=Health,"
	  "since=Since,image=Image" },
	{ .name = "site.start", .role = ROLE_OPERATOR, .risk = RISK_SERVICE,
	  .help = "Start a service", .params = start_params,
	  .param_count = LENGTH(start_params), .plan = service_start_plan },
	{ .name = "site.stop", .role = ROLE_OPERATOR, .risk = RISK_SERVICE,
	  .help = "Stop a service", .params = service_params,
	  .param_count = LENGTH(service_params), .plan = service_stop_plan },
	{ .name = "site.restart", .role = ROLE_OPERATOR,
	  .risk = RISK_SERVICE, .help = "Restart a service",
	  .params = service_params, .param_count = LENGTH(service_params),
	  .plan = service_restart_plan },
	{ .name = "site.logs", .role = ROLE_OPERATOR, .follows = true,
	  .help = "Show what a service wrote to its log",
	  .params = logs_params, .param_count = LENGTH(logs_params),
	  .read = logs_read, .schema = "{\"lines\":[\"string\"]}" }
};

static const struct action actions[] = {
	{ .name = "site.before", .kind = STEP_CALL,
	  .probe = step_before_probe, .prepare = step_before_prepare,
	  .act = step_before_act, .undo = step_before_undo,
	  .undoes_over_change = true, .is_momentary = true },
	{ .name = "site.recreate", .kind = STEP_RUN,
	  .probe = step_fresh_probe, .prepare = step_before_prepare,
	  .act = step_argv_act },
	{ .name = "site.restart", .kind = STEP_RUN,
	  .probe = step_fresh_probe, .prepare = step_before_prepare,
	  .act = step_argv_act },
	{ .name = "site.up", .kind = STEP_RUN, .probe = step_todo_probe,
	  .act = step_argv_act, .is_momentary = true },
	{ .name = "site.running", .kind = STEP_VERIFY,
	  .probe = step_running_probe },
	{ .name = "site.start", .kind = STEP_RUN,
	  .probe = step_started_probe, .act = step_argv_act,
	  .undo = step_argv_undo },
	{ .name = "site.stop", .kind = STEP_RUN,
	  .probe = step_stopped_probe, .act = step_argv_act,
	  .undo = step_argv_undo },
	{ .name = "kube.scale", .kind = STEP_RUN, .probe = kube_scale_probe,
	  .act = kube_act, .undo = kube_undo },
	{ .name = "kube.restart", .kind = STEP_RUN,
	  .probe = kube_restart_probe, .prepare = kube_restart_prepare,
	  .act = kube_act },
	{ .name = "kube.settled", .kind = STEP_VERIFY,
	  .probe = kube_settled_probe },
	{ .name = "kube.before", .kind = STEP_CALL,
	  .probe = kube_before_probe, .prepare = kube_revision_prepare,
	  .act = step_before_act, .undo = step_before_undo,
	  .undoes_over_change = true, .is_momentary = true },
	{ .name = "kube.upgrade", .kind = STEP_RUN,
	  .probe = kube_upgrade_probe, .prepare = kube_revision_prepare,
	  .act = kube_act }
};

const struct service site_daily_service = {
	.name = "site_daily", .verbs = verbs, .verb_count = LENGTH(verbs),
	.actions = actions, .action_count = LENGTH(actions)
};
