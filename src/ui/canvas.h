/*
 * The picture of one frame: cells of one character cluster and a role each.
 * Views paint into it; tty.h shows it on a terminal, goldens print it.  It
 * knows no terminal: what a role looks like and how a glyph is drawn is the
 * theme's.  Rows and columns count from 0.  One thread.
 */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include <stdint.h>

#include "stconsole/buf.h"
#include "stconsole/utf8.h"

/* Roles of theme files, in the order of the table in theme.c. */
enum look {
	LOOK_TEXT, LOOK_TITLE, LOOK_DIM, LOOK_HEADING, LOOK_FOCUS, LOOK_MARKED,
	LOOK_LABEL, LOOK_INPUT, LOOK_KEY, LOOK_BAR, LOOK_RULE, LOOK_OK,
	LOOK_WARN, LOOK_ERROR, LOOK_UNKNOWN, LOOK_ADDED, LOOK_REMOVED,
	LOOK_BANNER, LOOK_COUNT
};

/* What has no letter; drawn as ASCII, line drawing or Unicode. */
enum glyph {
	GLYPH_NONE, GLYPH_RULE, GLYPH_VLINE, GLYPH_TOP_LEFT, GLYPH_TOP_RIGHT,
	GLYPH_BOTTOM_LEFT, GLYPH_BOTTOM_RIGHT, GLYPH_BAR_FULL,
	GLYPH_BAR_EMPTY, GLYPH_SPARK_1, GLYPH_SPARK_2, GLYPH_SPARK_3,
	GLYPH_SPARK_4, GLYPH_SPARK_5, GLYPH_SPARK_6, GLYPH_SPARK_7,
	GLYPH_SPARK_8, GLYPH_COUNT
};

/* As theme files and goldens name it: "focus". */
const char *look_name(enum look look);

/* Equal cells are equal bytes. */
struct cell {
	char		 text[UTF8_CLUSTER_SHOWN];	/* not terminated */
	uint8_t		 len;
	uint8_t		 columns;	/* 0: right half of the one before */
	uint8_t		 look;
	uint8_t		 glyph;		/* text has its ASCII form */
};

struct area {
	int	 row, col, rows, cols;
};

struct canvas;

/* Every size is at least 1 and at most CANVAS_MAX.  NULL: no memory. */
#define CANVAS_MAX	1000
struct canvas *canvas_new(int rows, int cols);
void	 canvas_free(struct canvas *c);
/* Erases; false when memory is gone (the old size stays). */
bool	 canvas_resize(struct canvas *c, int rows, int cols);
int	 canvas_rows(const struct canvas *c);
int	 canvas_cols(const struct canvas *c);
/* All blanks of LOOK_TEXT, the cursor at 0, 0. */
void	 canvas_erase(struct canvas *c);
/*
 * A wide cluster is never cut in half: what overwrites one half makes the
 * other a blank.
 *
 * Puts text at row, col in at most cols columns and returns how many it
 * took.  What does not fit is cut between clusters and ends with "~".  Text
 * may come from outside: control characters are never put.  Outside the
 * canvas nothing happens.
 */
int	 canvas_put(struct canvas *c, int row, int col, int cols,
	     enum look look, const char *text);
/* The same, right-aligned in exactly cols columns. */
void	 canvas_put_right(struct canvas *c, int row, int col, int cols,
	     enum look look, const char *text);
void	 canvas_glyph(struct canvas *c, int row, int col, int count,
	     enum look look, enum glyph glyph);
void	 canvas_blank(struct canvas *c, struct area a, enum look look);
/* Gives cells another look, for the row that has the focus. */
void	 canvas_look(struct canvas *c, struct area a, enum look look);
/* Inside the canvas, always: the nearest cell. */
void	 canvas_cursor(struct canvas *c, int row, int col);
void	 canvas_cursor_get(const struct canvas *c, int *row, int *col);
/* Borrowed; NULL outside. */
const struct cell *canvas_cell(const struct canvas *c, int row, int col);
/*
 * The picture as text for goldens and "screen to file": lines without blanks
 * at their end, glyphs in ASCII.  marks: the cursor is written as a last line
 * "@ row,col", and looks other than text as lines "row,col-col look".
 */
void	 canvas_dump(const struct canvas *c, bool marks, struct buf *out);

#endif
