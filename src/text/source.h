/*
 * Inside the YAML and XML editors only: the bytes as the parser may read
 * them, and where libyaml's marks, which count characters, stand in them.
 */
#ifndef STCONSOLE_TEXT_SOURCE_H
#define STCONSOLE_TEXT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "stconsole/err.h"

enum text_source_kind {
	SOURCE_YAML,
	SOURCE_XML
};

struct text_source {
	const char	*text;		/* borrowed */
	const char	*clean;		/* text, or the copy */
	char		*copy;		/* NULL when nothing was replaced */
	size_t		 len;
	size_t		 base;		/* 3 after a byte order mark */
	bool		 is_ascii;
	size_t		 index, byte;	/* where the last mark was */
};

/*
 * A copy of the same length with every byte that the parser refuses replaced
 * by '?', made only when there is one.
 */
bool	 text_source_init(struct text_source *s, enum text_source_kind kind,
	     const char *text, size_t len, struct err *e);
void	 text_source_fini(struct text_source *s);
/* The byte offset of a mark; marks near the last one are cheap. */
size_t	 text_source_offset(struct text_source *s, size_t index);
/* Nothing was replaced in [from, to). */
bool	 text_source_is_clean(const struct text_source *s, size_t from,
	     size_t to);

#endif
