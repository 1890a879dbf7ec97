/*
 * MongoDB moved side by side: mongo.move.
 */
#ifndef STCONSOLE_MOVE_H
#define STCONSOLE_MOVE_H

#include "stconsole/verb.h"

extern const struct service move_service;

#endif
