/*
 * Unified diff (as diff -u, three lines of context) of two texts, for the
 * preview.  Linear memory; two 10 MB texts that differ in one place take a
 * few milliseconds.  A last line without newline is marked as diff does.
 */
#ifndef STCONSOLE_DIFF_H
#define STCONSOLE_DIFF_H

#include "stconsole/buf.h"

/*
 * Appends to out; nothing when the texts are equal.  mask, when not NULL, is
 * called with each shown line (without newline) and may append another text
 * to shown, returning true: so secrets stay out of previews.
 */
typedef bool (*diff_mask)(void *arg, const char *line, size_t len,
	     struct buf *shown);
bool	 diff_unified(const char *old_name, const char *new_name,
	     const char *old_text, size_t old_len, const char *new_text,
	     size_t new_len, diff_mask mask, void *arg, struct buf *out,
	     struct err *e);

#endif
