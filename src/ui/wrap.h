/*
 * Text of more than one line on a canvas, broken between words.
 */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include "canvas.h"

/* As many rows as the area has; returns how many were used. */
int	 wrap_paint(struct canvas *c, struct area a, enum look look,
	     const char *text);

#endif
