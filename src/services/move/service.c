/*
 * MongoDB moved side by side: mongo.move.
 */
#include "move.h"

const struct service move_service = { .name = "move" };
