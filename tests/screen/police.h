/*
 * The sequence police: reads what is sent to a terminal and complains about
 * the first sequence that its type lacks.  What a type has is taken from its
 * terminfo entry: every capability, with many parameters, gives the
 * sequences that are allowed.  libvterm forgives what a VT100 does not.
 */
#ifndef SCREEN_POLICE_H
#define SCREEN_POLICE_H

#include <stddef.h>

struct police;

/* is_modern: bracketed paste and synchronized output are allowed, too. */
struct police *police_new(const char *term, int is_modern);
void	 police_free(struct police *p);
/* Bytes in any pieces. */
void	 police_feed(struct police *p, const char *bytes, size_t len);
/* "vt100 has no ESC [ n X", or NULL.  Borrowed. */
const char *police_complaint(const struct police *p);

#endif
