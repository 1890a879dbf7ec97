/*
 * The actions of MongoDB; its verbs are those of the services above.
 */
#include "driver.h"

const struct service mongo_service = {
	.name = "mongo",
	.actions = mongo_actions,
	.action_count = MONGO_ACTIONS,
};
