/*
 * The steps of this folder.
 */
#include "prepare.h"

const struct action prepare_actions[PREPARE_ACTIONS] = {
	{ .name = "prepare.user", .kind = STEP_CALL,
	  .probe = prepare_make_probe, .prepare = prepare_make_prepare,
	  .act = prepare_make_act, .undo = prepare_make_undo },
	{ .name = "prepare.grant", .kind = STEP_CALL,
	  .probe = prepare_grant_probe, .act = prepare_grant_act,
	  .undo = prepare_revoke_act },
	{ .name = "prepare.revoke", .kind = STEP_CALL,
	  .probe = prepare_revoke_probe, .act = prepare_revoke_act,
	  .undo = prepare_grant_act },
	{ .name = "prepare.dummy", .kind = STEP_WRITE,
	  .probe = prepare_dummy_probe, .act = prepare_dummy_act,
	  .undo = prepare_dummy_undo },
	{ .name = "prepare.index", .kind = STEP_CALL,
	  .probe = prepare_index_probe, .act = prepare_index_act,
	  .undo = prepare_index_undo },
	{ .name = "prepare.ttl", .kind = STEP_CALL,
	  .probe = prepare_index_probe, .act = prepare_ttl_act,
	  .undo = prepare_ttl_undo },
};
