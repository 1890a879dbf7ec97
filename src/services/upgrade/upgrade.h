/*
 * Private to src/services/upgrade.
 */
#ifndef UPGRADE_H
#define UPGRADE_H

#include "stconsole/upgrade.h"

#endif
