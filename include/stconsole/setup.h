/*
 * First-time set-up: how far this host has come, and the few changes that
 * only it makes (which deployment is meant, who may do what, what is set
 * aside).  There is no state of a wizard: every step is looked at anew, so
 * that it can be left at any time and goes on from what is true.
 */
#ifndef STCONSOLE_SETUP_H
#define STCONSOLE_SETUP_H

#include "stconsole/verb.h"

extern const struct service setup_service;	/* setup.* me.show */

#endif
