/*
 * Private to src/services/move.
 */
#ifndef MOVE_H
#define MOVE_H

#include "stconsole/move.h"

#endif
