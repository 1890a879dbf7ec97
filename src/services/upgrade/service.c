/*
 * MongoDB upgraded in place: mongo.check, mongo.upgrade.
 */
#include "upgrade.h"

const struct service upgrade_service = { .name = "upgrade" };
