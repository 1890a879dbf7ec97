/*
 * MongoDB moved side by side: mongo.move, mongo.move_show.
 */
#include "stconsole/mem.h"

#include "move.h"

static const struct verb_param move_params[] = {
	{ .name = "to_url_file", .type = PARAM_SECRET,
	  .help = "MongoDB URL of the deployment to move to" },
	{ .name = "db", .type = PARAM_TEXT, .many = true,
	  .help = "A further database beside Sametime's five" },
	{ .name = "block", .type = PARAM_TEXT,
	  .help = "How writes end: auto, writeblock, site or command:FILE" },
	{ .name = "cutover", .type = PARAM_CHOICE, .choices = "ask|auto",
	  .help = "ask (default): hold before writes are blocked" },
	{ .name = "workers", .type = PARAM_INT, .min = 1, .max = 16,
	  .help = "Collections that are copied at once, 2 by default" },
	{ .name = "drop", .type = PARAM_TEXT, .many = true,
	  .help = "A database of the target that may be emptied first" },
	{ .name = "admin_url_file", .type = PARAM_SECRET,
	  .help = "MongoDB URL of an account that may block writes" },
	{ .name = "back", .type = PARAM_FLAG,
	  .help = "Go back to the deployment that was moved from" },
};

static const struct verb_param show_params[] = {
	{ .name = "count", .type = PARAM_FLAG,
	  .help = "Count what was written on the new side since" },
};

static const struct verb verbs[] = {
	{ .name = "mongo.move", .role = ROLE_ADMIN, .risk = RISK_DATA,
	  .help = "Move Sametime's databases to another MongoDB deployment",
	  .detail = "Copies the databases side by side while Sametime works, "
	  "follows what changes, and cuts over with seconds of blocked "
	  "writes: they are blocked, the rest is taken over, both sides are "
	  "compared and the URL of the site is switched.  The source is not "
	  "changed and is the way back (--back), which loses what was "
	  "written on the new side since.  A target database that is not "
	  "empty is refused unless --drop names it.  --block command:FILE "
	  "reads YAML: block: [argv], unblock: [argv].",
	  .params = move_params, .param_count = LENGTH(move_params),
	  .plan = move_plan },
	{ .name = "mongo.move_show", .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .help = "Show how far the move of the databases is",
	  .params = show_params, .param_count = LENGTH(show_params),
	  .read = show_read,
	  .schema = "{\"phase\":\"=none|begin|create|copy|compare|index|"
	  "follow|held|block|drain|verify|switch|done|back\","
	  "\"job\":\"string?\",\"source\":\"string?\","
	  "\"target\":\"string?\",\"begun_ms\":\"int?\","
	  "\"one_time\":\"bool?\",\"collections\":[{\"db\":\"string\","
	  "\"name\":\"string\",\"state\":\"=waiting|copying|copied|compared|"
	  "again\",\"done\":\"int\",\"total\":\"int\",\"bytes\":\"int\","
	  "\"outside\":\"string\"},\"?\"],\"documents_done\":\"int?\","
	  "\"documents_total\":\"int?\",\"bytes_total\":\"int?\","
	  "\"lag_ms\":\"int?\",\"blocked_ms\":\"int?\",\"back\":\"bool?\","
	  "\"block\":\"string?\",\"report\":\"string?\","
	  "\"remarks\":[\"string\",\"?\"],\"since\":\"int?\"}",
	  .view = "collections: state=State,db=Database,name=Collection,"
	  "done=Copied,total=Documents,outside=Why" },
};

#define STEP(NAME) \
	{ .name = "move." #NAME, .kind = STEP_CALL, \
	  .probe = move_ ## NAME ## _probe, .act = move_ ## NAME ## _act }
#define EXPAND(NAME) \
	{ .name = "move." #NAME, .kind = STEP_EXPAND, \
	  .expand = move_ ## NAME ## _expand }

static const struct action actions[] = {
	{ .name = "move.begin", .kind = STEP_CALL,
	  .probe = move_begin_probe, .prepare = move_begin_prepare,
	  .act = move_begin_act },
	STEP(drop), STEP(create), STEP(copy), STEP(compare), STEP(index),
	STEP(users), STEP(follow),
	{ .name = "move.hold", .kind = STEP_MANUAL, .is_pause = true,
	  .probe = move_hold_probe },
	{ .name = "move.block", .kind = STEP_CALL,
	  .probe = move_block_probe, .act = move_block_act,
	  .undo = move_block_undo },
	EXPAND(stop), STEP(drain), STEP(verify), EXPAND(switch),
	EXPAND(start), STEP(finish),
	STEP(unblock), EXPAND(return), STEP(abandon),
};

const struct service move_service = {
	.name = "move",
	.verbs = verbs,
	.verb_count = LENGTH(verbs),
	.actions = actions,
	.action_count = LENGTH(actions),
};
