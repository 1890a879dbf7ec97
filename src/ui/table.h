/*
 * The rows of a list as a pure model: filter, sort, marks, focus, and which
 * columns fit a width.  It keeps the focus and the marks on the same things
 * when the rows are asked for again, by what the first column says.
 *
 * Built for 50,000 rows: what is searched is put together once, a filter
 * that only grew looks at what it had left.  One thread.
 */
#ifndef UI_TABLE_H
#define UI_TABLE_H

#include "screen.h"
#include "stconsole/buf.h"

struct table;

struct table *table_new(const struct screen *s);
void	 table_free(struct table *t);
/* rows: borrowed from an answer, a reference is taken.  now_ms: for ages. */
bool	 table_fill(struct table *t, json_t *rows, int64_t now_ms);
/* One more row at the end, for lists that follow. */
void	 table_now_set(struct table *t, int64_t now_ms);

size_t	 table_count(const struct table *t);	/* that the filter leaves */
size_t	 table_total(const struct table *t);
/* Of the shown rows, from 0.  Borrowed; NULL when there is none. */
json_t	*table_row(const struct table *t, size_t i);
void	 table_cell(const struct table *t, size_t i, size_t column,
	     struct buf *out);
enum screen_mark table_state(const struct table *t, size_t i);

/* Case does not matter; words apart are all to be found.  "" for all. */
bool	 table_filter(struct table *t, const char *text);
const char *table_filter_text(const struct table *t);
/* By the next column, then downward, then as they came. */
void	 table_sort_next(struct table *t);
/* "by Mail", "by Mail, down", "" as they came. */
void	 table_sort_tell(const struct table *t, struct buf *out);

size_t	 table_focus(const struct table *t);
void	 table_focus_set(struct table *t, size_t i);
void	 table_mark(struct table *t, size_t i, bool is_marked);
bool	 table_is_marked(const struct table *t, size_t i);
size_t	 table_marked_count(const struct table *t);
/* The marked rows, or the focused one when none is: new array. */
json_t	*table_chosen(const struct table *t, bool with_marks);

/*
 * Columns that fit: their number in layout[] (index of the column, width),
 * dropping those of low priority.  layout has column_count places.
 */
struct table_place {
	size_t	 column;
	int	 width;
};
size_t	 table_layout(const struct table *t, int width,
	     struct table_place *layout);

#endif
