/*
 * MongoDB made ready for Sametime: mongo.prepare.
 */
#include "prepare.h"

const struct service prepare_service = { .name = "prepare" };
