#include "canvas.h"

#include <stdlib.h>
#include <string.h>

struct canvas {
	int		 rows, cols;
	int		 cursor_row, cursor_col;
	struct cell	*cells;
};

static const char *const look_names[LOOK_COUNT] = {
	[LOOK_TEXT] = "text", [LOOK_TITLE] = "title", [LOOK_DIM] = "dim",
	[LOOK_HEADING] = "heading", [LOOK_FOCUS] = "focus",
	[LOOK_MARKED] = "marked", [LOOK_LABEL] = "label",
	[LOOK_INPUT] = "input", [LOOK_KEY] = "key", [LOOK_BAR] = "bar",
	[LOOK_RULE] = "rule", [LOOK_OK] = "ok", [LOOK_WARN] = "warn",
	[LOOK_ERROR] = "error", [LOOK_UNKNOWN] = "unknown",
	[LOOK_ADDED] = "added", [LOOK_REMOVED] = "removed",
	[LOOK_BANNER] = "banner"
};

static const char glyph_ascii[GLYPH_COUNT] = {
	[GLYPH_NONE] = ' ', [GLYPH_RULE] = '-', [GLYPH_VLINE] = '|',
	[GLYPH_TOP_LEFT] = '+', [GLYPH_TOP_RIGHT] = '+',
	[GLYPH_BOTTOM_LEFT] = '+', [GLYPH_BOTTOM_RIGHT] = '+',
	[GLYPH_BAR_FULL] = '#', [GLYPH_BAR_EMPTY] = '.',
	[GLYPH_SPARK_1] = '_', [GLYPH_SPARK_2] = '.', [GLYPH_SPARK_3] = ':',
	[GLYPH_SPARK_4] = '-', [GLYPH_SPARK_5] = '=', [GLYPH_SPARK_6] = '+',
	[GLYPH_SPARK_7] = '*', [GLYPH_SPARK_8] = '#'
};

static const struct cell blank = { .text = " ", .len = 1, .columns = 1 };

const char *
look_name(enum look look)
{
	return look_names[look];
}

static int
clamp(int n, int min, int max)
{
	if (n < min)
		return min;
	return n > max ? max : n;
}

struct canvas *
canvas_new(int rows, int cols)
{
	struct canvas *c = calloc(1, sizeof(*c));

	if (c != NULL && !canvas_resize(c, rows, cols)) {
		free(c);
		return NULL;
	}
	return c;
}

void
canvas_free(struct canvas *c)
{
	if (c == NULL)
		return;
	free(c->cells);
	free(c);
}

bool
canvas_resize(struct canvas *c, int rows, int cols)
{
	int		 r = clamp(rows, 1, CANVAS_MAX);
	int		 w = clamp(cols, 1, CANVAS_MAX);
	struct cell	*cells = calloc((size_t)r * (size_t)w,
	    sizeof(*cells));

	if (cells == NULL)
		return false;
	free(c->cells);
	c->cells = cells;
	c->rows = r;
	c->cols = w;
	canvas_erase(c);
	return true;
}

int
canvas_rows(const struct canvas *c)
{
	return c->rows;
}

int
canvas_cols(const struct canvas *c)
{
	return c->cols;
}

void
canvas_erase(struct canvas *c)
{
	size_t n = (size_t)c->rows * (size_t)c->cols, i;

	for (i = 0; i < n; i++)
		c->cells[i] = blank;
	c->cursor_row = c->cursor_col = 0;
}

static struct cell *
cell_at(const struct canvas *c, int row, int col)
{
	return &c->cells[(size_t)row * (size_t)c->cols + (size_t)col];
}

/* A cell loses its text, not its look. */
static void
cell_blank(struct cell *cell)
{
	uint8_t look = cell->look;

	*cell = blank;
	cell->look = look;
}

/* Writes over one cell; the other half of a wide one there is no more. */
static struct cell *
cell_take(struct canvas *c, int row, int col)
{
	struct cell *cell = cell_at(c, row, col);

	if (cell->columns == 0 && col > 0)
		cell_blank(cell - 1);
	if (cell->columns == 2 && col + 1 < c->cols)
		cell_blank(cell + 1);
	return cell;
}

static void
cell_set(struct canvas *c, int row, int col, enum look look, char letter,
    enum glyph glyph)
{
	struct cell *cell = cell_take(c, row, col);

	*cell = blank;
	cell->text[0] = letter;
	cell->look = (uint8_t)look;
	cell->glyph = (uint8_t)glyph;
}

/* One cluster; returns its columns. */
static int
cluster_set(struct canvas *c, int row, int col, enum look look, const char *s,
    size_t bytes)
{
	int		 columns = (int)utf8_cluster_columns(s, bytes);
	struct cell	*cell;

	if (columns == 0)
		return 0;
	cell = cell_take(c, row, col);
	memset(cell, 0, sizeof(*cell));
	cell->len = (uint8_t)utf8_cluster_show(s, bytes, cell->text);
	cell->columns = (uint8_t)columns;
	cell->look = (uint8_t)look;
	if (columns == 2) {
		cell = cell_take(c, row, col + 1);
		/* What was to the right keeps its own cell. */
		memset(cell, 0, sizeof(*cell));
		cell->look = (uint8_t)look;
	}
	return columns;
}

/* The first bytes of text, which are known to fit. */
static int
text_set(struct canvas *c, int row, int col, enum look look,
    const char *text, size_t bytes)
{
	int	 at = col;
	size_t	 i = 0, n;

	while (i < bytes) {
		n = utf8_cluster(text + i);
		at += cluster_set(c, row, at, look, text + i, n);
		i += n;
	}
	return at - col;
}

/* The columns from col on that there are, at most cols. */
static int
columns_inside(const struct canvas *c, int row, int col, int cols)
{
	if (row < 0 || row >= c->rows || col < 0 || col >= c->cols)
		return 0;
	return clamp(cols, 0, c->cols - col);
}

int
canvas_put(struct canvas *c, int row, int col, int cols, enum look look,
    const char *text)
{
	int	 room = columns_inside(c, row, col, cols), took;
	size_t	 bytes;

	if (room == 0)
		return 0;
	bytes = utf8_fit(text, (size_t)room, NULL);
	if (text[bytes] == '\0')
		return text_set(c, row, col, look, text, bytes);
	bytes = utf8_fit(text, (size_t)room - 1, NULL);
	took = text_set(c, row, col, look, text, bytes);
	cell_set(c, row, col + took, look, '~', GLYPH_NONE);
	return took + 1;
}

void
canvas_put_right(struct canvas *c, int row, int col, int cols,
    enum look look, const char *text)
{
	int	 room = columns_inside(c, row, col, cols);
	size_t	 used;

	if (room == 0)
		return;
	canvas_blank(c, (struct area){ row, col, 1, room }, look);
	if (text[utf8_fit(text, (size_t)room, &used)] != '\0')
		used = (size_t)room;
	canvas_put(c, row, col + room - (int)used, (int)used, look, text);
}

void
canvas_glyph(struct canvas *c, int row, int col, int count, enum look look,
    enum glyph glyph)
{
	int room = columns_inside(c, row, col, count), i;

	for (i = 0; i < room; i++)
		cell_set(c, row, col + i, look, glyph_ascii[glyph], glyph);
}

void
canvas_blank(struct canvas *c, struct area a, enum look look)
{
	int row, cols, i;

	for (row = a.row; row < a.row + a.rows && row < c->rows; row++) {
		cols = columns_inside(c, row, a.col, a.cols);
		for (i = 0; i < cols; i++)
			cell_set(c, row, a.col + i, look, ' ', GLYPH_NONE);
	}
}

/* Both halves of a wide cell look the same, also at the area's edge. */
static void
look_set(struct canvas *c, int row, int from, int to, enum look look)
{
	int col;

	if (to == from)
		return;
	if (cell_at(c, row, from)->columns == 0)
		from--;
	if (cell_at(c, row, to - 1)->columns == 2)
		to++;
	for (col = from; col < to; col++)
		cell_at(c, row, col)->look = (uint8_t)look;
}

void
canvas_look(struct canvas *c, struct area a, enum look look)
{
	int row;

	for (row = a.row; row < a.row + a.rows && row < c->rows; row++)
		look_set(c, row, a.col, a.col +
		    columns_inside(c, row, a.col, a.cols), look);
}

void
canvas_cursor(struct canvas *c, int row, int col)
{
	c->cursor_row = clamp(row, 0, c->rows - 1);
	c->cursor_col = clamp(col, 0, c->cols - 1);
}

void
canvas_cursor_get(const struct canvas *c, int *row, int *col)
{
	*row = c->cursor_row;
	*col = c->cursor_col;
}

const struct cell *
canvas_cell(const struct canvas *c, int row, int col)
{
	if (row < 0 || row >= c->rows || col < 0 || col >= c->cols)
		return NULL;
	return cell_at(c, row, col);
}

static void
dump_row(const struct canvas *c, int row, struct buf *out)
{
	const struct cell	*cell = cell_at(c, row, 0);
	int			 end = c->cols, col;

	while (end > 0 && cell[end - 1].len == 1 &&
	    cell[end - 1].text[0] == ' ')
		end--;
	for (col = 0; col < end; col++)
		buf_add(out, cell[col].text, cell[col].len);
	buf_putc(out, '\n');
}

static void
dump_looks(const struct canvas *c, int row, struct buf *out)
{
	const struct cell	*cell = cell_at(c, row, 0);
	int			 from, to;

	for (from = 0; from < c->cols; from = to) {
		to = from + 1;
		while (to < c->cols && cell[to].look == cell[from].look)
			to++;
		if (cell[from].look != LOOK_TEXT)
			buf_printf(out, "%d,%d-%d %s\n", row, from, to - 1,
			    look_names[cell[from].look]);
	}
}

void
canvas_dump(const struct canvas *c, bool marks, struct buf *out)
{
	int row;

	for (row = 0; row < c->rows; row++)
		dump_row(c, row, out);
	for (row = 0; marks && row < c->rows; row++)
		dump_looks(c, row, out);
	if (marks)
		buf_printf(out, "@ %d,%d\n", c->cursor_row, c->cursor_col);
}
