/*
 * support.bundle: one file with what somebody far away needs to help, and
 * without the secrets.  The plan lists what goes in; what was listed is what
 * is written, as long as it is the same call (support_forget ends it).
 */
#ifndef STCONSOLE_SUPPORT_H
#define STCONSOLE_SUPPORT_H

#include "stconsole/verb.h"

/* Drops what a plan of this call collected; main does it at the end. */
void	 support_forget(struct ctx *ctx);

extern const struct service support_service;	/* support.bundle */

#endif
