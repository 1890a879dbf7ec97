/*
 * "Is my Sametime well?": the verb status.  Every line is found out by a
 * check of its own, beside the others and with a time limit; one that cannot
 * know says so.  Finding trouble is not failing: the exit status tells it
 * only when --exit-code is given (0 well, 1 look, 2 broken, 3 unknown).
 */
#ifndef STCONSOLE_DOCTOR_H
#define STCONSOLE_DOCTOR_H

#include "stconsole/verb.h"

extern const struct service doctor_service;	/* status */

#endif
