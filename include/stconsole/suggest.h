/*
 * What somebody may have meant by a word that is none.  Any thread.
 */
#ifndef STCONSOLE_SUGGEST_H
#define STCONSOLE_SUGGEST_H

#include <stddef.h>

/* Edits (insert, remove, replace, swap) between two words, at most limit. */
size_t	 suggest_distance(const char *a, const char *b, size_t limit);
/* The nearest of names that is near enough, or NULL.  Borrowed. */
const char *suggest_nearest(const char *word, const char *const *names,
	     size_t count);

#endif
