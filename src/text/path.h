/* How the formats compare paths: their own way, or byte by byte. */
#ifndef STCONSOLE_TEXT_PATH_H
#define STCONSOLE_TEXT_PATH_H

#include <string.h>

#include "stconsole/doc.h"

static inline bool
path_is(const struct doc *doc, const char *a, const char *b)
{
	if (doc->format->path_compare == NULL)
		return strcmp(a, b) == 0;
	return doc->format->path_compare(a, b) == 0;
}

#endif
