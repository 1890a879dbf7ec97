/*
 * MongoDB upgraded in place: mongo.check, mongo.upgrade.
 */
#include "upgrade.h"

#include "stconsole/mem.h"

#include "steps.h"

static const struct verb_param upgrade_params[] = {
	{ .name = "to", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "The major to end at, as 6.0" },
	{ .name = "how", .type = PARAM_TEXT,
	  .help = "package, tarball, docker, kubernetes, hand or "
	  "command:FILE; found per member else" },
	{ .name = "binaries", .type = PARAM_TEXT,
	  .help = "Folder with MAJOR/bin/mongod" },
	{ .name = "image", .type = PARAM_TEXT,
	  .help = "Image with {major} in its tag" },
	{ .name = "burn_in", .type = PARAM_DURATION,
	  .help = "How long every member runs before each raise" },
	{ .name = "keep_fcv", .type = PARAM_FLAG,
	  .help = "Stop before the last raise" },
	{ .name = "backup", .type = PARAM_TEXT,
	  .help = "Make and verify a backup in this folder first" },
	{ .name = "without_backup", .type = PARAM_TEXT,
	  .help = "Go on without a verified backup, for this reason" },
	{ .name = "assume_ok", .type = PARAM_TEXT, .many = true,
	  .help = "A check that could not be read and is fine" },
	{ .name = "hold", .type = PARAM_CHOICE,
	  .choices = "never|members|hops",
	  .help = "Where to stop and wait for: job resume" },
	{ .name = "hcl_statement", .type = PARAM_TEXT,
	  .help = "Where HCL says that this major is supported" },
	{ .name = "admin_url_file", .type = PARAM_SECRET,
	  .help = "MongoDB URL of an account with clusterAdmin" },
};

static const struct verb verbs[] = {
	{ .name = "mongo.upgrade", .role = ROLE_ADMIN, .risk = RISK_DATA,
	  .help = "Upgrade MongoDB in place, one major after the other",
	  .detail = "Every member is stopped, given the next binary and "
	  "started, one at a time and the primary last; then the "
	  "featureCompatibilityVersion is raised, from where only a backup "
	  "leads back. The job can be killed and resumed at any moment.",
	  .params = upgrade_params, .param_count = LENGTH(upgrade_params),
	  .plan = upgrade_plan },
};

static const struct action actions[] = {
	{ .name = "mongo.member_try", .kind = STEP_RUN,
	  .probe = step_try_probe, .act = step_try_act,
	  .is_momentary = true },
	{ .name = "mongo.member_stop", .kind = STEP_CALL,
	  .probe = step_stop_probe, .prepare = step_stop_prepare,
	  .act = step_stop_act, .undo = step_stop_undo },
	{ .name = "mongo.member_swap", .kind = STEP_RUN,
	  .probe = step_swap_probe, .act = step_swap_act,
	  .undo = step_swap_undo },
	{ .name = "mongo.member_start", .kind = STEP_RUN,
	  .probe = step_start_probe, .act = step_start_act,
	  .undo = step_start_undo },
	{ .name = "mongo.member_hand", .kind = STEP_MANUAL,
	  .probe = step_hand_probe },
	{ .name = "mongo.hold", .kind = STEP_MANUAL, .probe = step_hold_probe,
	  .is_pause = true },
	{ .name = "mongo.stepdown", .kind = STEP_CALL,
	  .probe = step_down_probe, .act = step_down_act },
	{ .name = "mongo.member_wait", .kind = STEP_WAIT,
	  .probe = step_back_probe },
	{ .name = "mongo.members_check", .kind = STEP_VERIFY,
	  .probe = step_rolled_probe },
	{ .name = "mongo.burn_in", .kind = STEP_WAIT,
	  .probe = step_burn_probe },
	{ .name = "mongo.fcv_check", .kind = STEP_VERIFY,
	  .probe = step_fcv_all_probe },
	{ .name = "mongo.fcv", .kind = STEP_CALL, .probe = step_fcv_probe,
	  .act = step_fcv_act },
	{ .name = "mongo.hop_check", .kind = STEP_VERIFY,
	  .probe = step_hop_probe },
	{ .name = "mongo.hop_members", .kind = STEP_EXPAND,
	  .expand = step_hop_expand },
	{ .name = "mongo.upgrade_mark", .kind = STEP_CALL,
	  .probe = step_mark_probe, .act = step_mark_act,
	  .is_momentary = true },
	{ .name = "mongo.upgrade_backup", .kind = STEP_RUN,
	  .probe = step_backup_probe, .prepare = step_backup_prepare,
	  .act = step_backup_act },
	{ .name = "mongo.upgrade_report", .kind = STEP_WRITE,
	  .probe = step_report_probe, .act = step_report_act,
	  .is_momentary = true },
};

const struct service upgrade_service = {
	.name = "upgrade", .verbs = verbs, .verb_count = LENGTH(verbs),
	.actions = actions, .action_count = LENGTH(actions)
};
