/*
 * Inside the YAML editor only: the bytes as libyaml may read them, and where
 * its marks, which count characters, stand in them.
 */
#ifndef STCONSOLE_TEXT_YAML_SOURCE_H
#define STCONSOLE_TEXT_YAML_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "stconsole/err.h"

struct yml_source {
	const char	*text;		/* borrowed */
	const char	*clean;		/* text, or the copy */
	char		*copy;		/* NULL when nothing was replaced */
	size_t		 len;
	size_t		 base;		/* 3 after a byte order mark */
	bool		 is_ascii;
	size_t		 index, byte;	/* where the last mark was */
};

/*
 * A copy of the same length with every byte that libyaml refuses replaced by
 * '?', made only when there is one.
 */
bool	 yml_source_init(struct yml_source *s, const char *text, size_t len,
	     struct err *e);
void	 yml_source_fini(struct yml_source *s);
/* The byte offset of a mark; marks near the last one are cheap. */
size_t	 yml_source_offset(struct yml_source *s, size_t index);
/* Nothing was replaced in [from, to). */
bool	 yml_source_is_clean(const struct yml_source *s, size_t from,
	     size_t to);

#endif
