/*
 * Which lines of two texts are not common to both: Myers' algorithm in linear
 * space ("An O(ND) Difference Algorithm and Its Variations", 1986), with a
 * bound so that unlike texts cost little; beyond it the answer is right but
 * not the shortest.
 */
#ifndef STCONSOLE_TEXT_DIFF_LINES_H
#define STCONSOLE_TEXT_DIFF_LINES_H

#include <stdint.h>

#include "stconsole/buf.h"

struct diff_line {
	const char	*s;
	size_t		 len;		/* with its newline, if it has one */
	uint32_t	 hash;
	bool		 changed;
};

struct diff_side {
	struct diff_line	*lines;
	size_t			 n;
};

/* Cuts text into lines; text is borrowed. */
bool	 diff_side_init(struct diff_side *side, const char *text, size_t len,
	     struct err *e);
void	 diff_side_fini(struct diff_side *side);
/* Sets changed in both. */
void	 diff_lines_mark(struct diff_side *a, struct diff_side *b);

#endif
