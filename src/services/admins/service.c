/*
 * The verbs of administrators.
 */
#include "stconsole/action.h"

#include "admins.h"

#define ROUTE_PARAM \
	{ .name = "route", .type = PARAM_CHOICE, .choices = "mongo|api", \
	  .help = "By MongoDB or by the Admin API (unverified)" }
#define LOGIN_PARAM \
	{ .name = "api_login_file", .type = PARAM_SECRET, \
	  .help = "For the Admin API: user and password, a line each" }

static const struct verb_param list_params[] = {
	{ .name = "sort", .type = PARAM_CHOICE,
	  .choices = "mail|name|directory", .help = "Order; mail when not "
	  "given" },
	{ .name = "filter", .type = PARAM_TEXT,
	  .help = "Only those with this text in mail, name, DN or state" },
	ROUTE_PARAM,
	LOGIN_PARAM,
};

static const struct verb_param export_params[] = {
	{ .name = "format", .type = PARAM_CHOICE, .choices = "csv|json",
	  .help = "CSV when not given" },
	{ .name = "sort", .type = PARAM_CHOICE,
	  .choices = "mail|name|directory", .help = "Order; mail when not "
	  "given" },
	{ .name = "filter", .type = PARAM_TEXT,
	  .help = "Only those with this text in mail, name, DN or state" },
	ROUTE_PARAM,
	LOGIN_PARAM,
};

static const struct verb_param show_params[] = {
	{ .name = "mail", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "The administrator's mail" },
	ROUTE_PARAM,
	LOGIN_PARAM,
};

static const struct verb_param add_params[] = {
	{ .name = "mail", .type = PARAM_MAIL, .required = true,
	  .positional = true, .many = true,
	  .help = "Mail of somebody in the directory" },
	ROUTE_PARAM,
	LOGIN_PARAM,
};

static const struct verb_param import_params[] = {
	{ .name = "file", .type = PARAM_INPUT, .required = true,
	  .positional = true, .help = "CSV file with the mails, or -" },
	{ .name = "skip_bad", .type = PARAM_FLAG,
	  .help = "Go on without the lines that are refused" },
	ROUTE_PARAM,
	LOGIN_PARAM,
};

static const struct verb_param remove_params[] = {
	{ .name = "mail", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "The administrator's mail" },
	{ .name = "even_me", .type = PARAM_FLAG,
	  .help = "Also when it is your own" },
	ROUTE_PARAM,
	LOGIN_PARAM,
};

static const struct verb_param repair_params[] = {
	{ .name = "orphans", .type = PARAM_FLAG,
	  .help = "Also remove those who are not in the directory" },
	{ .name = "even_me", .type = PARAM_FLAG,
	  .help = "Also when you are one of them" },
	ROUTE_PARAM,
	LOGIN_PARAM,
};

#define ADMIN_SHAPE \
	"\"id\":\"string\",\"email\":\"string\",\"name\":\"string?\"," \
	"\"dn\":\"string?\",\"directory\":" \
	"\"=found|missing|duplicate|disabled|unknown\"," \
	"\"problems\":[\"string\"],\"mark\":\"=ok|warn|unknown\"," \
	"\"you\":\"bool\""

static const struct verb verbs[] = {
	{ .name = "admin.list", .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .help = "List the administrators and what the directory says",
	  .params = list_params, .param_count = LENGTH(list_params),
	  .read = admin_list_read,
	  .schema = "{\"administrators\":[{" ADMIN_SHAPE "}],"
	  "\"unverified\":\"bool?\"}",
	  .view = "administrators: email=Mail,name=Name,directory=Directory,"
	  "problems=Problems" },
	{ .name = "admin.show", .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .help = "Show one administrator",
	  .params = show_params, .param_count = LENGTH(show_params),
	  .read = admin_show_read,
	  .schema = "{" ADMIN_SHAPE ","
	  "\"unverified\":\"bool?\"}" },
	{ .name = "admin.export", .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .help = "Give the list as CSV or JSON text",
	  .params = export_params, .param_count = LENGTH(export_params),
	  .read = admin_export_read,
	  .schema = "{\"format\":\"=csv|json\",\"text\":\"string\","
	  "\"unverified\":\"bool?\"}",
	  .view = "raw: text" },
	{ .name = "admin.add", .role = ROLE_ADMIN, .risk = RISK_ACCESS,
	  .help = "Make people of the directory administrators",
	  .detail = "A mail that the directory does not have exactly once, "
	  "or whose account is disabled, is refused.  The mail is stored as "
	  "the directory spells it.  Somebody who is an administrator "
	  "already, in whatever case, is nothing to do.",
	  .params = add_params, .param_count = LENGTH(add_params),
	  .plan = admin_add_plan },
	{ .name = "admin.import", .role = ROLE_ADMIN, .risk = RISK_ACCESS,
	  .help = "Make the people of a CSV file administrators",
	  .detail = "RFC 4180, with or without a header; a column named "
	  "mail or email counts, else the first one.  The plan says for each "
	  "line what becomes of it; a refused line refuses the plan unless "
	  "--skip-bad is given.",
	  .params = import_params, .param_count = LENGTH(import_params),
	  .plan = admin_import_plan },
	{ .name = "admin.remove", .role = ROLE_ADMIN, .risk = RISK_ACCESS,
	  .help = "Take an administrator's rights away",
	  .detail = "Never the last one, and yourself only with --even-me: "
	  "you are who the setting me.mail says, or whose uid in the "
	  "directory is the login name.",
	  .params = remove_params, .param_count = LENGTH(remove_params),
	  .plan = admin_remove_plan },
	{ .name = "admin.repair", .role = ROLE_ADMIN, .risk = RISK_ACCESS,
	  .help = "Remove entries that differ in case only, and orphans",
	  .detail = "Of several spellings of one mail the directory's own is "
	  "kept.  Those who are not in the directory are removed only with "
	  "--orphans, and never when nobody known to it would remain.",
	  .params = repair_params, .param_count = LENGTH(repair_params),
	  .plan = admin_repair_plan },
};

const struct service admins_service = {
	.name = "admins",
	.verbs = verbs,
	.verb_count = LENGTH(verbs),
	.actions = admin_actions,
	.action_count = ADMIN_ACTIONS,
};
