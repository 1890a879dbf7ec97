/*
 * The house's own verbs: verb.* job.* lock.* audit.* settings.*
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "core.h"
#include "takeover.h"

static json_t *
param_describe(const struct verb_param *p)
{
	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:s*, s:s}", "name",
	    p->name, "type", param_type_name(p->type), "required",
	    p->required, "positional", p->positional, "many", p->many,
	    "choices", p->choices, "help", p->help);
}

static json_t *
verb_describe(const struct verb *v)
{
	AUTO_JSON json_t	*params = json_array();
	size_t			 i;

	for (i = 0; i < v->param_count; i++)
		json_array_append_new(params, param_describe(&v->params[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:o}", "name",
	    v->name, "help", v->help, "kind", v->read != NULL ? "read" :
	    v->plan != NULL ? "change" : "direct", "role",
	    role_name(v->role), "risk", risk_name(v->risk), "params", params,
	    "result", v->schema != NULL ? json_loads(v->schema,
	    JSON_DECODE_ANY, NULL) : json_null());
}

bool
verb_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*list = json_array();
	const struct service	*s;
	size_t			 i, k;

	(void)params;
	for (i = 0; i < ctx->registry->count; i++) {
		s = ctx->registry->services[i];
		for (k = 0; k < s->verb_count; k++)
			if (json_array_append_new(list,
			    verb_describe(&s->verbs[k])) < 0)
				return err_nomem(e);
	}
	*result = json_pack("{s:O}", "verbs", list);
	return *result != NULL ? true : err_nomem(e);
}

static const struct verb_param limit_params[] = {
	{ .name = "limit", .type = PARAM_INT, .min = 1, .max = 100000,
	  .help = "At most this many, the newest first" }
};

static const struct verb_param job_params[] = {
	{ .name = "id", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "The job, as job list shows it" }
};

static const struct verb_param setting_params[] = {
	{ .name = "name", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "The setting, as settings list shows" },
	{ .name = "value", .type = PARAM_TEXT, .positional = true,
	  .help = "The new value, unless it is a secret" },
	{ .name = "value_file", .type = PARAM_SECRET,
	  .help = "A file with the new value of a secret, or - for stdin" }
};

static const struct verb_param import_params[] = {
	{ .name = "file", .type = PARAM_INPUT, .required = true,
	  .positional = true, .help = "What settings export printed" }
};

#define JOB_SCHEMA \
	"\"id\":\"string\",\"created\":\"string\",\"user\":\"string\"," \
	"\"site\":\"string\",\"verb\":\"string\",\"state\":\"=running|" \
	"waiting|held|done|undone|failed|cancelled|interrupted\"," \
	"\"verified\":\"bool\""
#define JOB_END_SCHEMA \
	"{\"job\":{\"id\":\"string\",\"state\":\"string\"," \
	"\"verified\":\"bool\"}}"

static const struct verb verbs[] = {
	{ .name = "verb.list", .help = "List every verb with its parameters "
	  "and the shape of its result", .role = ROLE_VIEWER, .no_site = true,
	  .read = verb_list_read, .schema = "{\"verbs\":[{\"name\":"
	  "\"string\",\"help\":\"string\",\"kind\":\"=read|change|direct\","
	  "\"role\":\"string\",\"risk\":\"string\",\"params\":[{\"name\":"
	  "\"string\",\"type\":\"string\",\"required\":\"bool\","
	  "\"positional\":\"bool\",\"many\":\"bool\",\"choices\":\"string?\","
	  "\"help\":\"string\"}],\"result\":\"any\"}]}",
	  .view = "verbs: name=Verb,kind=Kind,role=Role,help=Does" },
	{ .name = "job.list", .help = "List jobs, the newest first",
	  .role = ROLE_VIEWER, .no_site = true, .params = limit_params,
	  .param_count = 1, .read = job_list_read, .schema = "{\"jobs\":[{"
	  JOB_SCHEMA ",\"steps\":\"int\"}],\"damaged\":[{\"id\":"
	  "\"string\",\"problem\":\"string\"}]}", .view = "jobs: id=Job,state="
	  "State,verified=Verified,verb=Verb,user=By,created=When" },
	{ .name = "job.show", .help = "Show a job, its steps and journal",
	  .role = ROLE_VIEWER, .no_site = true, .params = job_params,
	  .param_count = 1, .read = job_show_read, .schema = "{" JOB_SCHEMA
	  ",\"steps\":[{\"id\":\"string\",\"kind\":\"string\",\"title\":"
	  "\"string\",\"undo\":\"string\",\"state\":\"=open|begun|done|"
	  "already\",\"verified\":\"bool\",\"reason\":\"string?\"}],"
	  "\"journal\":[\"any\"]}",
	  .view = "steps: id=Step,state=State,kind=Kind,title=What,"
	  "reason=Why" },
	{ .name = "job.resume", .help = "Go on with a job that was "
	  "interrupted, held, cancelled or failed", .role = ROLE_OPERATOR,
	  .no_site = true, .params = job_params, .param_count = 1,
	  .direct = job_resume_direct, .schema = JOB_END_SCHEMA },
	{ .name = "job.confirm", .help = "Keep a change that waits for "
	  "confirmation", .role = ROLE_OPERATOR, .no_site = true,
	  .params = job_params, .param_count = 1,
	  .direct = job_confirm_direct, .schema = JOB_END_SCHEMA },
	{ .name = "job.cancel", .help = "Ask a running job to stop at its "
	  "next safe point", .role = ROLE_OPERATOR, .no_site = true,
	  .params = job_params, .param_count = 1,
	  .direct = job_cancel_direct, .schema = "{\"job\":{\"id\":"
	  "\"string\",\"asked\":\"string\"}}" },
	{ .name = "job.undo", .help = "Take back what a job did, last step "
	  "first", .role = ROLE_OPERATOR, .risk = RISK_LOW, .no_site = true,
	  .params = job_params, .param_count = 1, .plan = job_undo_plan },
	{ .name = "job.takeover", .help = "End the process that holds a job, "
	  "so that it can be resumed here", .role = ROLE_ADMIN,
	  .risk = RISK_DATA, .no_site = true, .params = job_params,
	  .param_count = 1, .plan = job_takeover_plan },
	{ .name = "job.guard", .help = "Watch a job and undo it unless it is "
	  "confirmed in time (started by --confirm-within)",
	  .role = ROLE_OPERATOR, .no_site = true, .params = job_params,
	  .param_count = 1, .direct = job_guard_direct, .schema = "{}" },
	{ .name = "lock.list", .help = "List what is locked and by whom",
	  .role = ROLE_VIEWER, .read = lock_list_read, .no_site = true,
	  .schema = "{\"locks\":[{\"site\":\"string\",\"resource\":"
	  "\"string\",\"held\":\"bool\","
	  "\"stale\":\"bool\",\"pid\":\"int?\",\"user\":\"string?\","
	  "\"since\":\"string?\",\"job\":\"string?\"}]}",
	  .view = "locks: resource=Resource,held=Held,user=By,pid=Process,"
	  "since=Since,job=Job" },
	{ .name = "audit.list", .help = "Show who did what, the newest first",
	  .role = ROLE_VIEWER, .no_site = true, .params = limit_params,
	  .param_count = 1, .read = audit_list_read, .schema = "{\"lines\":["
	  "{\"seq\":\"int\",\"time\":\"string\",\"user\":\"string\",\"uid\":"
	  "\"int\",\"sudo_user\":\"string\",\"site\":\"string\",\"verb\":"
	  "\"string\",\"params\":\"any\",\"command\":\"string\",\"plan\":"
	  "\"string?\",\"job\":\"string?\",\"outcome\":\"string\",\"error\":"
	  "\"string?\",\"message\":\"string?\",\"prev\":\"string\",\"hash\":"
	  "\"string\"}]}", .view = "lines: time=When,user=Who,outcome="
	  "Outcome,job=Job,command=Command" },
	{ .name = "audit.verify", .help = "Check that no line of the audit "
	  "was changed, removed or moved", .role = ROLE_VIEWER,
	  .no_site = true, .read = audit_verify_read,
	  .schema = "{\"lines\":\"int\",\"intact\":\"bool\"}" },
	{ .name = "settings.list", .help = "List the settings of stconsole",
	  .role = ROLE_VIEWER, .no_site = true, .read = settings_list_read,
	  .schema = "{\"settings\":[{\"name\":\"string\",\"value\":"
	  "\"string\",\"default\":\"string\",\"secret\":\"bool\",\"help\":"
	  "\"string\",\"type\":\"=text|mail|int|choice|secret\",\"choices\":"
	  "\"string?\",\"min\":\"int?\",\"max\":\"int?\"}]}",
	  .view = "settings: name=Setting,value=Value,help=What it is" },
	{ .name = "settings.set", .help = "Change a setting of stconsole",
	  .role = ROLE_ADMIN, .risk = RISK_LOW, .no_site = true,
	  .params = setting_params, .param_count = 3,
	  .plan = settings_set_plan },
	{ .name = "settings.unset", .help = "Give a setting its default "
	  "again", .role = ROLE_ADMIN, .risk = RISK_LOW, .no_site = true,
	  .params = setting_params, .param_count = 1,
	  .plan = settings_unset_plan },
	{ .name = "settings.export", .help = "Print the settings as YAML, "
	  "secrets only by name", .role = ROLE_VIEWER, .no_site = true,
	  .read = settings_export_read, .schema = "{\"yaml\":\"string\"}",
	  .view = "raw: yaml" },
	{ .name = "settings.import", .help = "Take settings over from a file",
	  .detail = "The whole file is checked first: a line with an unknown "
	  "name or a value that its setting does not take refuses it.  What "
	  "the file does not name stays as it is; an empty value gives the "
	  "default again.", .role = ROLE_ADMIN, .risk = RISK_LOW,
	  .no_site = true, .params = import_params, .param_count = 1,
	  .plan = settings_import_plan }
};

static const struct action actions[] = {
	{ .name = "job.end_holder", .kind = STEP_RUN,
	  .probe = takeover_probe, .act = takeover_act }
};

const struct service core_service = {
	"core", verbs, LENGTH(verbs), actions, LENGTH(actions)
};
