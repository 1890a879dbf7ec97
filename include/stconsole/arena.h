/*
 * Memory for many small things that end together: taken piece by piece, given
 * back all at once.  One owner, one thread at a time.
 */
#ifndef STCONSOLE_ARENA_H
#define STCONSOLE_ARENA_H

#include <stddef.h>

struct arena;

/* NULL when memory is gone. */
struct arena *arena_new(void);
/* With all that was taken from it; NULL is fine. */
void	 arena_free(struct arena *a);
/* Zeroed and aligned for anything; NULL when memory is gone. */
void	*arena_take(struct arena *a, size_t size);
/* A copy of the first len bytes, terminated. */
char	*arena_dup(struct arena *a, const char *s, size_t len);

#endif
