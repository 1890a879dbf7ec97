/*
 * All services of the program: what main runs and what the tests of screens
 * and of the table of verbs hold against it.  The only list of them.
 */
#ifndef STCONSOLE_ALL_H
#define STCONSOLE_ALL_H

#include "stconsole/verb.h"

extern const struct registry all_registry;

#endif
