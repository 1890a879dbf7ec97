/*
 * mongo.dump, mongo.restore; the parts for others are in mongo_copy.h.
 */
#ifndef STCONSOLE_DUMP_H
#define STCONSOLE_DUMP_H

#include "stconsole/verb.h"

extern const struct service dump_service;

#endif
