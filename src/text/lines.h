/*
 * What the editors of line formats (env, ini) share: where lines begin and
 * end, adding a line, and taking entries away or making comments of them.
 * Offsets are bytes.  No state.
 */
#ifndef STCONSOLE_TEXT_LINES_H
#define STCONSOLE_TEXT_LINES_H

#include "stconsole/doc.h"

/* 3 after a UTF-8 byte order mark, else 0. */
size_t	 lines_bom(const char *text, size_t len);
/* The offset after the end of the line that holds at. */
size_t	 lines_next(const char *text, size_t len, size_t at);
/* How lines end around the offset: "\n" or "\r\n". */
const char *lines_ending(const char *text, size_t len, size_t at);
/*
 * out becomes the line entry (without its end), put at the beginning of a
 * line or at the end of the text.  A last line without newline gets one
 * before the entry and none behind it: the file keeps its habit.
 */
void	 lines_insert(const struct doc *doc, size_t at, const char *entry,
	     struct doc_splice *out);
/*
 * out takes away every entry of the path, or puts mark before each of its
 * lines, below a comment with the reason (may be NULL).  One splice, from the
 * first such entry to the last.  Refused when an entry shares its line.
 */
bool	 lines_drop(const struct doc *doc, enum doc_change change,
	     const char *path, const char *reason, char mark,
	     struct doc_splice *out, struct err *e);

#endif
