/*
 * Small helpers for strings from outside.  Any thread.
 */
#ifndef STCONSOLE_STR_H
#define STCONSOLE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A malloc'd printf, or NULL when memory is gone. */
char	*str_format(const char *fmt, ...)
	     __attribute__((format(printf, 1, 2)));
bool	 str_starts(const char *s, const char *prefix);
bool	 str_ends(const char *s, const char *suffix);
/* ASCII only, as mail domains and ini sections compare. */
bool	 str_equal_nocase(const char *a, const char *b);
/* NULL-safe equality; two NULLs are equal. */
bool	 str_equal(const char *a, const char *b);
/* Length of the valid UTF-8 sequence at s (1..4), 0 when it is not one. */
size_t	 str_utf8_len(const char *s, size_t avail);
bool	 str_is_utf8(const char *s, size_t len);
/* Cuts s in place to at most max bytes, at a character boundary. */
void	 str_cut(char *s, size_t max);
/*
 * Replaces control characters (C0 but tab, DEL, C1, invalid UTF-8) by '?' in
 * place, so that text from outside cannot steer a terminal.
 */
void	 str_strip_control(char *s);
/* A decimal number in [min, max] and nothing else. */
bool	 str_to_int(const char *s, int64_t min, int64_t max, int64_t *out);

#endif
