/*
 * mongo.check: the report of the checks, shown and kept as a file.
 */
#include "check.h"
#include "upgrade.h"

#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text_check.def"

static bool
check_make(struct ctx *ctx, const struct check_wish *wish, json_t **report,
    struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_JSON json_t	  *set = NULL;
	AUTO_FREE char		  *path = NULL;

	if (!mongo_keeper_url(ctx, &url, e) ||
	    !mongo_set_read(ctx, url, 0, &set, e) ||
	    !upgrade_check(ctx, url, set, wish, report, e))
		return false;
	if (!mongo_report_write(ctx, "mongo-check", *report, &path, e))
		return false;
	return json_object_set_new(*report, "report", json_string(path)) ==
	    0 || err_nomem(e);
}

static bool
check_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	const struct check_wish wish = {
		.to = json_text(params, "to"),
		.how = { json_str(params, "how"), json_str(params,
		    "binaries"), json_str(params, "image") },
		.assume_ok = json_object_get(params, "assume_ok"),
		.backup = json_str(params, "backup"),
		.hcl_statement = json_str(params, "hcl_statement"),
		.wants_trial = json_flag(params, "trial"),
	};
	json_t	*report = NULL;

	if (!check_make(ctx, &wish, &report, e)) {
		json_decref(report);
		return false;
	}
	*result = report;
	return true;
}

static const struct verb_param params[] = {
	{ .name = "to", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "The major to upgrade to, as 7.0" },
	{ .name = "how", .type = PARAM_TEXT,
	  .help = "package, tarball, docker, kubernetes, hand or "
	  "command:FILE; found for each member when not given" },
	{ .name = "binaries", .type = PARAM_TEXT,
	  .help = "Folder that holds MAJOR/bin/mongod" },
	{ .name = "image", .type = PARAM_TEXT,
	  .help = "Image for containers, as mongo:{major}" },
	{ .name = "trial", .type = PARAM_FLAG,
	  .help = "Start the new binary for a moment on an empty folder" },
	{ .name = "backup", .type = PARAM_TEXT,
	  .help = "Folder that a backup would go to" },
	{ .name = "assume_ok", .type = PARAM_TEXT, .many = true,
	  .help = "A check that cannot be read here and is believed" },
	{ .name = "hcl_statement", .type = PARAM_TEXT,
	  .help = "Where HCL says that Sametime works with it" },
	{ .name = "admin_url_file", .type = PARAM_SECRET,
	  .help = "MongoDB URL of an account with clusterAdmin" },
};

static const struct verb check_verb = {
	.name = "mongo.check", .role = ROLE_ADMIN, .risk = RISK_NONE,
	.help = "Look for what stands in the way of an upgrade of MongoDB",
	.detail = "Every check says what was read, the rule, and what mends "
	"it. What cannot be read warns; disk, configuration and CPU block "
	"unless --assume-ok names the check. Nothing is changed; the report "
	"is kept in the state folder.",
	.params = params, .param_count = LENGTH(params), .read = check_read,
	.schema = "{\"from\":\"string\",\"to\":\"string\","
	"\"chain\":[\"string\"],\"verdict\":\"=ok|warn|block\","
	"\"blocks\":\"int\",\"warns\":\"int\",\"unknown\":\"int\","
	"\"report\":\"string\",\"checks\":[{\"id\":\"string\","
	"\"hop\":\"string?\",\"member\":\"string?\",\"fact\":\"string\","
	"\"rule\":\"string\",\"verdict\":\"=ok|warn|block|unknown\","
	"\"fix\":\"string?\",\"fix_verb\":\"string?\",\"assumed\":\"bool\"}]}",
	.view = "checks: verdict=Verdict,id=Check,hop=Hop,member=Member,"
	"fact=Fact,fix=Fix",
};

const struct service check_service = {
	.name = "check", .verbs = &check_verb, .verb_count = 1
};
