/*
 * Values of a result as a person reads them: sizes with units, times as
 * ages, lists joined, nothing for null.
 */
#ifndef UI_VALUE_H
#define UI_VALUE_H

#include <jansson.h>

#include "screen.h"
#include "stconsole/buf.h"

/* Any value on one line; now_ms (wall clock) is what ages count from. */
void	 value_add(const json_t *j, enum screen_format format, int64_t now_ms,
	     struct buf *out);
/* "12s", "5m", "3h", "9d". */
void	 value_age_add(int64_t seconds, struct buf *out);
/* "812 B", "14 kB", "2.1 GB". */
void	 value_bytes_add(int64_t bytes, struct buf *out);
/* Milliseconds since 1970 of an ISO 8601 text in UTC; false when it is none. */
bool	 value_time_parse(const char *text, int64_t *ms);
/*
 * A result as text of many lines: "name: value", lists and objects below
 * their name, indented.  A string of many lines stays as it is.
 */
void	 value_tell(const json_t *j, int indent, struct buf *out);
/* A member's name for people: "oplog_window_s" -> "oplog window s". */
void	 value_name_add(const char *name, struct buf *out);

#endif
