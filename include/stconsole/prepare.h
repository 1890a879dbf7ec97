/*
 * MongoDB made ready for Sametime: mongo.prepare.
 */
#ifndef STCONSOLE_PREPARE_H
#define STCONSOLE_PREPARE_H

#include "stconsole/verb.h"

extern const struct service prepare_service;

#endif
