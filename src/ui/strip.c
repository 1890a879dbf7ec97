#include "strip.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"

#define BAR_COLS	20
#define LEVELS		8

void
strip_take(struct strip *s, const json_t *progress)
{
	double rate = json_number_value(json_object_get(progress,
	    "per_second"));

	s->done = json_int(progress, "done", 0);
	s->total = json_int(progress, "total", 0);
	if (rate <= 0)
		return;
	if (s->count == STRIP_RATES)
		memmove(s->rate, s->rate + 1, --s->count * sizeof(*s->rate));
	s->rate[s->count++] = rate;
}

void
strip_spark(const double *values, size_t count, struct canvas *c, int row,
    int col, int cols)
{
	double	 most = 0;
	size_t	 i, first = count > (size_t)cols ? count - (size_t)cols : 0;
	int	 level;

	for (i = first; i < count; i++)
		if (values[i] > most)
			most = values[i];
	for (i = first; i < count && most > 0; i++) {
		level = (int)(values[i] / most * (LEVELS - 1) + 0.5);
		canvas_glyph(c, row, col + (int)(i - first), 1, LOOK_DIM,
		    (enum glyph)(GLYPH_SPARK_1 + level));
	}
}

void
strip_paint(const struct strip *s, struct canvas *c, struct area a)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	int			 full, at;

	if (s->total <= 0 || a.rows < 1)
		return;
	full = (int)(s->done >= s->total ? BAR_COLS : s->done * BAR_COLS /
	    s->total);
	canvas_put(c, a.row, a.col + 2, 1, LOOK_DIM, "[");
	canvas_glyph(c, a.row, a.col + 3, full, LOOK_TITLE, GLYPH_BAR_FULL);
	canvas_glyph(c, a.row, a.col + 3 + full, BAR_COLS - full, LOOK_DIM,
	    GLYPH_BAR_EMPTY);
	canvas_put(c, a.row, a.col + 3 + BAR_COLS, 1, LOOK_DIM, "]");
	buf_printf(&text, "%lld %%", (long long)(s->done * 100 / s->total));
	at = a.col + 5 + BAR_COLS;
	at += canvas_put(c, a.row, at, a.cols - at, LOOK_TEXT,
	    buf_str(&text)) + 2;
	if (a.cols - at > 4)
		strip_spark(s->rate, s->count, c, a.row, at, a.cols - at - 1);
}
