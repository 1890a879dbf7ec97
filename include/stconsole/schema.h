/*
 * The shape of a JSON result, written as an example of it:
 *   {"administrators":[{"id":"string","name":"string?","directory":
 *    "=found|missing|duplicate|disabled|unknown","problems":["string"]}]}
 * Leaves: string int number bool any null; "=a|b" one of these strings; a
 * "?" at the end: may be null or absent.  ["string","?"]: an array that may be
 * absent.  {"*": X}: any names, each X.  Members that are not named are an
 * error.
 */
#ifndef STCONSOLE_SCHEMA_H
#define STCONSOLE_SCHEMA_H

#include <jansson.h>

#include "stconsole/err.h"

/* False with the path of the first member that does not fit. */
bool	 schema_check(const char *schema, const json_t *value, struct err *e);

#endif
