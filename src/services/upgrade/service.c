/*
 * MongoDB upgraded in place: mongo.check, mongo.upgrade.
 */
#include "upgrade.h"

#include "check.h"

const struct service upgrade_service = {
	.name = "upgrade", .verbs = &check_verb, .verb_count = 1
};
