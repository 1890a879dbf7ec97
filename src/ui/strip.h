/*
 * How far a job is, on one row: a bar, amounts, and a sparkline of its rate
 * where there is room.  Drawn with glyphs, so that it is ASCII where the
 * terminal knows no better.
 */
#ifndef UI_STRIP_H
#define UI_STRIP_H

#include <jansson.h>

#include "canvas.h"

#define STRIP_RATES	24

struct strip {
	double	 rate[STRIP_RATES];	/* the last ones, oldest first */
	size_t	 count;
	int64_t	 done, total;		/* total 0: not known */
};

/* Takes the data of a WORK_PROGRESS event. */
void	 strip_take(struct strip *s, const json_t *progress);
/* Nothing is painted while nothing is known. */
void	 strip_paint(const struct strip *s, struct canvas *c, struct area a);
/* Numbers as a sparkline in at most cols columns, the newest on the right. */
void	 strip_spark(const double *values, size_t count, struct canvas *c,
	     int row, int col, int cols);

#endif
