/* Inside the Helm editor only. */
#ifndef STCONSOLE_TEXT_HELM_H
#define STCONSOLE_TEXT_HELM_H

#include "stconsole/doc.h"

bool	 helm_parse(struct doc *doc, struct err *e);
/* The offset after the line that holds at, and the one where its text ends. */
size_t	 helm_line_next(const struct doc *doc, size_t at);
size_t	 helm_line_end(const struct doc *doc, size_t at);
/*
 * The end of the key that begins at, before its colon; 0 when there is none.
 * A key with a template action is none.
 */
size_t	 helm_key_end(const struct doc *doc, size_t at, size_t end);

#endif
