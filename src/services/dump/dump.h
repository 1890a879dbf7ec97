/*
 * Private to src/services/dump.
 */
#ifndef DUMP_H
#define DUMP_H

#include "stconsole/dump.h"

#endif
