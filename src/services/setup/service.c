/*
 * The verbs of the first-time set-up.
 */
#include "stconsole/action.h"
#include "stconsole/mem.h"

#include "setup.h"

#define ROLES_FILE_PARAM \
	{ .name = "roles_file", .type = PARAM_TEXT, \
	  .help = "Another file than " ROLES_FILE ", for an admin" }
#define STEPS	"site|mongo|directory|admin|me|theme|roles|state"

static const struct verb_param show_params[] = {
	ROLES_FILE_PARAM,
};

static const struct verb_param site_params[] = {
	{ .name = "folder", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "Folder of the deployment: where "
	  "docker-compose.yml, helm or sametime.ini is" },
};

static const struct verb_param skip_params[] = {
	{ .name = "step", .type = PARAM_CHOICE, .required = true,
	  .positional = true, .choices = STEPS, .help = "The step" },
	{ .name = "back", .type = PARAM_FLAG,
	  .help = "Take it up again" },
};

static const struct verb_param look_params[] = {
	{ .name = "ui_theme", .type = PARAM_CHOICE, .positional = true,
	  .choices = "auto|mono|economy|dark|light|high_contrast|"
	  "classic_blue", .help = "Colours; auto: what the terminal can "
	  "show" },
	{ .name = "ui_profile", .type = PARAM_CHOICE, .positional = true,
	  .choices = "auto|economy|basic|rich",
	  .help = "How much is sent to the terminal; auto: by its type and "
	  "line" },
};

static const struct verb_param role_params[] = {
	{ .name = "name", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "A user of this host, or a group" },
	{ .name = "role", .type = PARAM_CHOICE, .required = true,
	  .positional = true, .choices = "viewer|operator|admin|none",
	  .help = "What they may do; none takes the line away" },
	{ .name = "group", .type = PARAM_FLAG,
	  .help = "The name is that of a group" },
	ROLES_FILE_PARAM,
};

static const struct verb verbs[] = {
	{ .name = "setup.show", .role = ROLE_VIEWER, .no_site = true,
	  .help = "Show how far the first-time set-up has come",
	  .detail = "Looks at every step anew: the deployment, MongoDB, the "
	  "directory, the first administrator, who you are, theme and "
	  "profile, the roles of this host, the state folder.  A step is "
	  "done, open, skipped (setup skip) or blocked by one before it.",
	  .params = show_params, .param_count = LENGTH(show_params),
	  .read = setup_show_read,
	  .schema = "{\"steps\":[{\"id\":\"string\",\"state\":"
	  "\"=done|open|skipped|blocked\",\"text\":\"string\",\"detail\":"
	  "\"string\"}],\"left\":\"int\",\"finished\":\"bool\"}",
	  .view = "steps: state=State,id=Step,text=What,detail=Why" },
	{ .name = "setup.site", .role = ROLE_ADMIN, .risk = RISK_LOW,
	  .no_site = true,
	  .help = "Choose the deployment that is meant on this host",
	  .detail = "It is kept in the setting site.default.  --site and a "
	  "current folder that holds a deployment are stronger.",
	  .params = site_params, .param_count = LENGTH(site_params),
	  .plan = setup_site_plan },
	{ .name = "setup.skip", .role = ROLE_ADMIN, .risk = RISK_LOW,
	  .no_site = true, .help = "Set a step of the set-up aside",
	  .params = skip_params, .param_count = LENGTH(skip_params),
	  .plan = setup_skip_plan },
	{ .name = "setup.look", .role = ROLE_ADMIN, .risk = RISK_LOW,
	  .no_site = true,
	  .help = "Choose theme and terminal profile of the console",
	  .detail = "Sets ui.theme and ui.profile; what is not given stays "
	  "as it is.",
	  .params = look_params, .param_count = LENGTH(look_params),
	  .plan = setup_look_plan },
	{ .name = "setup.role", .role = ROLE_ADMIN, .risk = RISK_ACCESS,
	  .no_site = true,
	  .help = "Give a user or group of this host a role",
	  .detail = "Changes one line of " ROLES_FILE "; the first one "
	  "makes the file and names you as admin in it, since whom the file "
	  "does not name is a viewer, root too.  A change that would take "
	  "your own role of admin away is refused.",
	  .params = role_params, .param_count = LENGTH(role_params),
	  .plan = setup_role_plan },
	{ .name = "me.show", .role = ROLE_VIEWER, .no_site = true,
	  .help = "Show who you are in Sametime",
	  .detail = "By the setting me.mail, else the one entry of the "
	  "directory whose uid is the login name.",
	  .read = me_show_read,
	  .schema = "{\"mail\":\"string\",\"name\":\"string\",\"by\":"
	  "\"=setting|login|nothing\",\"reason\":\"string\"}" },
};

const struct service setup_service = {
	.name = "setup",
	.verbs = verbs,
	.verb_count = LENGTH(verbs),
	.actions = &setup_roles_write,
	.action_count = 1,
};
