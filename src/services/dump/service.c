/*
 * mongo.dump, mongo.restore; the parts for others are in mongo_copy.h.
 */
#include "dump.h"

const struct service dump_service = { .name = "dump" };
