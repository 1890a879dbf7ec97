/*
 * MongoDB upgraded in place: mongo.check, mongo.upgrade.
 */
#ifndef STCONSOLE_UPGRADE_H
#define STCONSOLE_UPGRADE_H

#include "stconsole/verb.h"

extern const struct service upgrade_service;	/* mongo.upgrade */
extern const struct service check_service;	/* mongo.check */
extern const struct service mongo_status_service;	/* mongo.status */

#endif
