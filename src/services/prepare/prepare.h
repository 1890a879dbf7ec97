/*
 * Private to src/services/prepare.
 */
#ifndef PREPARE_H
#define PREPARE_H

#include "stconsole/prepare.h"

#endif
