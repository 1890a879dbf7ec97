/*
 * The verb status: the table of checks, their lines, the exit status.
 */
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/progress.h"
#include "stconsole/settings.h"
#include "stconsole/str.h"

#include "text.def"

#define LIMIT_MIN_MS	100
#define LIMIT_MAX_MS	600000

const struct check doctor_checks[] = {
	{ .id = "deployment", .subject = T_SUBJECT_DEPLOYMENT,
	  .verb = "site.list", .screen = "site", .run = check_deployment },
	{ .id = "version", .subject = T_SUBJECT_VERSION, .needs_site = true,
	  .verb = "site.show", .screen = "site_facts", .run = check_version },
	{ .id = "mongodb", .subject = T_SUBJECT_MONGODB, .needs_site = true,
	  .verb = "mongo.status", .screen = "mongo", .run = check_mongodb },
	{ .id = "replica_set", .subject = T_SUBJECT_SET, .needs_site = true,
	  .verb = "mongo.status", .screen = "mongo",
	  .run = check_replica_set },
	{ .id = "administrators", .subject = T_SUBJECT_ADMINS,
	  .needs_site = true, .verb = "admin.list", .screen = "admins",
	  .run = check_administrators },
	{ .id = "jobs", .subject = T_SUBJECT_JOBS, .verb = "job.list",
	  .screen = "jobs", .run = check_jobs },
	{ .id = "directory", .subject = T_SUBJECT_DIRECTORY,
	  .needs_site = true, .verb = "directory.test",
	  .screen = "directory_test", .run = check_directory },
	{ .id = "certificate", .subject = T_SUBJECT_CERT, .needs_site = true,
	  .verb = "site.show", .screen = "site_facts",
	  .run = check_certificate },
	{ .id = "proxyinfo", .subject = T_SUBJECT_PROXY, .needs_site = true,
	  .verb = "site.logs", .screen = "services",
	  .run = check_proxyinfo },
	{ .id = "containers", .subject = T_SUBJECT_CONTAINERS,
	  .needs_site = true, .verb = "site.services", .screen = "services",
	  .run = check_containers },
	{ .id = "disk", .subject = T_SUBJECT_DISK, .verb = "snapshot.prune",
	  .screen = "snapshots", .run = check_disk },
	{ .id = "clock", .subject = T_SUBJECT_CLOCK, .needs_site = true,
	  .verb = "mongo.status", .screen = "mongo", .run = check_clock },
};

const size_t doctor_check_count = LENGTH(doctor_checks);

/* One that cannot know says so in words, once. */
static char *
reason_text(const struct finding *f)
{
	if (f->mark != MARK_UNKNOWN || str_starts(f->reason, "unknown: "))
		return strdup(f->reason);
	return str_format(T_UNKNOWN, f->reason);
}

static json_t *
line_json(const struct check *check, const struct line *line)
{
	const struct finding	*f = &line->finding;
	AUTO_FREE char		*reason = line->is_asked ? strdup("") :
				    reason_text(f);

	if (reason == NULL)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:s, s:s}}",
	    "id", check->id, "mark", line->is_asked ? "asking" :
	    mark_name(f->mark), "text", f->text,
	    "reason", reason, "age_s", (json_int_t)(line->age_ms / 1000),
	    "fix", "verb", f->fix != FIX_TABLE ? fix_verb(f->fix) :
	    check->verb, "screen", f->fix == FIX_SETUP ? "setup" :
	    check->screen);
}

static bool
lines_json(const struct line *lines, json_t **out, struct err *e)
{
	AUTO_JSON json_t	*list = json_array();
	size_t			 i;

	for (i = 0; i < doctor_check_count; i++)
		if (json_array_append_new(list, line_json(&doctor_checks[i],
		    &lines[i])) != 0)
			return err_nomem(e);
	*out = TAKE(list);
	return true;
}

/*
 * A deployment that is not there is what status has to tell; several are a
 * question to the user like for any other verb.
 */
static bool
site_look(struct ctx *ctx, char *no_site, size_t size, struct err *e)
{
	struct site	*site;
	struct err	 why = { 0 };

	no_site[0] = '\0';
	if (site_need(ctx, &site, &why))
		return true;
	if (why.domain != ERR_SITE && why.domain != ERR_SYS)
		return err_copy(e, &why);
	snprintf(no_site, size, "%s%s%s", why.msg, why.hint[0] != '\0' ?
	    ". " : "", why.hint);
	return true;
}

static bool
limit_read(const struct ctx *ctx, int *limit_ms, struct err *e)
{
	int64_t ms;

	if (!settings_get_int(ctx, "status.timeout_ms", &ms, e))
		return false;
	*limit_ms = ms < LIMIT_MIN_MS ? LIMIT_MIN_MS :
	    ms > LIMIT_MAX_MS ? LIMIT_MAX_MS : (int)ms;
	return true;
}

/* What is known while the rest is still asked. */
static void
lines_told(void *arg, const struct line *lines)
{
	struct ctx	*ctx = arg;
	json_t		*list = NULL;
	struct err	 e = { 0 };
	char		 at[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(ctx->clock), at);
	if (lines_json(lines, &list, &e))
		progress_partial(ctx, json_pack("{s:s, s:o}", "checked_at",
		    at, "lines", list));
}

static bool
status_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_FREE struct line	*lines = calloc(doctor_check_count,
	    sizeof(*lines));
	AUTO_JSON json_t	*list = NULL, *out = NULL;
	char			 no_site[700], at[CLOCK_ISO_SIZE];
	int			 limit_ms;

	if (lines == NULL)
		return err_nomem(e);
	doctor_lines_begin(doctor_checks, doctor_check_count, lines);
	lines_told(ctx, lines);
	if (!limit_read(ctx, &limit_ms, e) ||
	    !site_look(ctx, no_site, sizeof(no_site), e) ||
	    !doctor_examine(ctx, no_site, doctor_checks, doctor_check_count,
	    limit_ms, lines_told, ctx, lines, e) ||
	    !lines_json(lines, &list, e))
		return false;
	clock_iso(clock_wall_ms(ctx->clock), at);
	out = json_pack("{s:s, s:O}", "checked_at", at, "lines", list);
	if (out == NULL || (json_flag(params, "exit_code") &&
	    json_object_set_new(out, "exit_code", json_integer(
	    doctor_exit_code(lines, doctor_check_count))) != 0))
		return err_nomem(e);
	*result = TAKE(out);
	return true;
}

static const struct verb_param status_params[] = {
	{ .name = "exit_code", .type = PARAM_FLAG,
	  .help = "Exit with 0 well, 1 look, 2 broken, 3 unknown" },
};

static const struct verb verbs[] = {
	{ .name = "status", .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .help = "Tell whether Sametime is well",
	  .detail = "Looks at the deployment, MongoDB, the administrators, "
	  "open jobs, the directory, the certificate, the chat proxy, the "
	  "containers, "
	  "disk and clock, all at the same time and each for 5 seconds at "
	  "most (setting status.timeout_ms); what cannot be found out in "
	  "that time is unknown.  Each line "
	  "names the verb that shows more or mends it.\n\n"
	  "Finding trouble is not failing: the exit status is 0.  With "
	  "--exit-code it is 2 when any line fails, else 1 when any line "
	  "warns, else 3 when any line is unknown, else 0, as monitoring "
	  "systems expect it; a line whose question does not arise here, "
	  "such as containers of a Windows site, does not count.",
	  .params = status_params, .param_count = LENGTH(status_params),
	  .read = status_read,
	  .schema = "{\"checked_at\":\"string\",\"lines\":[{"
	  "\"id\":\"=deployment|version|mongodb|replica_set|"
	  "administrators|jobs|directory|certificate|proxyinfo|"
	  "containers|disk|clock\",\"mark\":\"=ok|warn|fail|unknown|asking\","
	  "\"text\":\"string\",\"reason\":\"string\",\"age_s\":\"int\","
	  "\"fix\":{\"verb\":\"string\",\"screen\":"
	  "\"=site|site_facts|services|setup|mongo|admins|jobs|"
	  "directory_test|snapshots\"}}],"
	  "\"exit_code\":\"int?\"}",
	  .view = "lines: mark=,text=What,reason=Why,age_s=Age s" },
};

const struct service doctor_service = {
	.name = "doctor",
	.verbs = verbs,
	.verb_count = LENGTH(verbs),
};
