/*
 * JSON values by jansson, with the few calls that every module repeats.
 */
#ifndef STCONSOLE_JSON_H
#define STCONSOLE_JSON_H

#include <jansson.h>

#include "stconsole/buf.h"

/* Sorted keys, no spaces: the form that is hashed.  malloc'd, NULL: memory. */
char	*json_canonical(const json_t *j);
/* A string member, or NULL when absent or of another type.  Borrowed. */
const char *json_str(const json_t *obj, const char *key);
/* As json_str, with "" for none. */
const char *json_text(const json_t *obj, const char *key);
int64_t	 json_int(const json_t *obj, const char *key, int64_t fallback);
bool	 json_flag(const json_t *obj, const char *key);
/*
 * A string value from bytes of unknown encoding: invalid UTF-8 becomes
 * U+FFFD, so that any file content can be shown.
 */
json_t	*json_lossy(const char *bytes, size_t len);
/* Parses; the error names line and column.  New reference or NULL. */
json_t	*json_parse(const char *text, size_t len, struct err *e);

#endif
