#include "table.h"

#include <ctype.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/utf8.h"
#include "value.h"

#include "stconsole/msg.h"
#include "text.def"

#define GAP	2		/* columns between two columns */
#define SORTS	2		/* up, down */
#define SENTENCE_MIN	24

struct row {
	json_t		*value;		/* borrowed from rows */
	const char	*words;		/* lower case, in the haystack */
	bool		 is_marked;
};

struct table {
	const struct screen	*screen;
	json_t			*rows;
	struct row		*row;
	size_t			 total;
	size_t			*order;		/* all rows as sorted */
	size_t			*shown;		/* indices into row */
	size_t			 count;
	size_t			 focus;
	char			*filter;
	struct buf		 haystack;
	int			*natural;	/* width of each column */
	size_t			 sort;		/* 0: as they came */
	int64_t			 filled_ms, now_ms;
};

struct table *
table_new(const struct screen *s)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->screen = s;
	t->filter = strdup("");
	t->natural = calloc(s->column_count + 1, sizeof(*t->natural));
	if (t->filter == NULL || t->natural == NULL) {
		table_free(t);
		return NULL;
	}
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	json_decref(t->rows);
	free(t->row);
	free(t->order);
	free(t->shown);
	free(t->filter);
	free(t->natural);
	buf_fini(&t->haystack);
	free(t);
}

static void
cell_add(const struct table *t, const struct row *r, size_t column,
    struct buf *out)
{
	const struct screen_column	*c = &t->screen->columns[column];
	AUTO_JSON json_t		*j = screen_member(r->value, c->from);

	/* A number of seconds was right when the rows came. */
	if (c->format == FORMAT_AGE && json_is_integer(j))
		value_age_add(json_integer_value(j) + (t->now_ms -
		    t->filled_ms) / 1000, out);
	else
		value_add(j, c->format, t->now_ms, out);
}

/* ASCII only: other letters are found as they are written. */
static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

/*
 * Puts the cells of all rows into one haystack and measures the columns.
 * Pointers into it are set when it has stopped moving.
 */
static bool
haystack_fill(struct table *t)
{
	AUTO_FREE size_t	*at = calloc(t->total + 1, sizeof(*at));
	size_t			 i, c, from;
	int			 width;

	if (at == NULL)
		return false;
	buf_reset(&t->haystack);
	for (c = 0; c < t->screen->column_count; c++)
		t->natural[c] =
		    (int)utf8_columns(t->screen->columns[c].text.label);
	for (i = 0; i < t->total; i++) {
		at[i] = t->haystack.len;
		for (c = 0; c < t->screen->column_count; c++) {
			from = t->haystack.len;
			cell_add(t, &t->row[i], c, &t->haystack);
			width = (int)utf8_columns(buf_str(&t->haystack) +
			    from);
			if (width > t->natural[c])
				t->natural[c] = width;
			buf_putc(&t->haystack, '\n');
		}
		buf_putc(&t->haystack, '\0');
		if (t->haystack.failed)
			return false;
		lower(t->haystack.data + at[i]);
	}
	for (i = 0; i < t->total; i++)
		t->row[i].words = t->haystack.data + at[i];
	return true;
}

/* Every word of the filter is somewhere in the row. */
static bool
row_matches(const struct row *r, const char *filter)
{
	char	 word[128];
	size_t	 len;

	for (;;) {
		filter += strspn(filter, " ");
		len = strcspn(filter, " ");
		if (len == 0)
			return true;
		if (len >= sizeof(word))
			return false;
		memcpy(word, filter, len);
		word[len] = '\0';
		if (strstr(r->words, word) == NULL)
			return false;
		filter += len;
	}
}

/* The cells of the sorted column, as numbers when both are. */
static int
row_compare(const struct table *t, const struct row *a, const struct row *b)
{
	const struct screen_column	*c =
	    &t->screen->columns[(t->sort - 1) / SORTS];
	AUTO_JSON json_t		*x = screen_member(a->value, c->from);
	AUTO_JSON json_t		*y = screen_member(b->value, c->from);
	AUTO_BUF struct buf		 left = BUF_INIT, right = BUF_INIT;

	if (json_is_number(x) && json_is_number(y))
		return (json_number_value(x) > json_number_value(y)) -
		    (json_number_value(x) < json_number_value(y));
	value_add(x, FORMAT_TEXT, 0, &left);
	value_add(y, FORMAT_TEXT, 0, &right);
	return strcasecmp(buf_str(&left), buf_str(&right));
}

static int
row_order(const void *a, const void *b, void *arg)
{
	const struct table	*t = arg;
	size_t			 x = *(const size_t *)a;
	size_t			 y = *(const size_t *)b;
	int			 order = row_compare(t, &t->row[x],
				    &t->row[y]);

	if ((t->sort - 1) % SORTS == 1)
		order = -order;
	return order != 0 ? order : (x > y) - (x < y);
}

/* Once for a new order: a filter takes the rows as they lie in it. */
static void
order_make(struct table *t)
{
	size_t i;

	for (i = 0; i < t->total; i++)
		t->order[i] = i;
	if (t->sort > 0 && t->total > 1)
		qsort_r(t->order, t->total, sizeof(*t->order), row_order, t);
}

/* Shown are those of the candidates that match. */
static void
shown_narrow(struct table *t)
{
	size_t i, kept = 0;

	for (i = 0; i < t->count; i++)
		if (row_matches(&t->row[t->shown[i]], t->filter))
			t->shown[kept++] = t->shown[i];
	t->count = kept;
}

static void
shown_all(struct table *t)
{
	memcpy(t->shown, t->order, t->total * sizeof(*t->shown));
	t->count = t->total;
	shown_narrow(t);
}

static const char *
row_name(const struct row *r, size_t *len)
{
	*len = strcspn(r->words, "\n");
	return r->words;
}

static bool
row_is(const struct row *r, const char *name, size_t len)
{
	size_t		 own_len;
	const char	*own = row_name(r, &own_len);

	return own_len == len && memcmp(own, name, len) == 0;
}

/* What was focused and marked, by name, while the rows change. */
struct memory {
	char	*focus;
	json_t	*marks;			/* {name: true} */
};

static void
memory_take(const struct table *t, struct memory *m)
{
	const char	*name;
	size_t		 i, len;

	*m = (struct memory){ .marks = json_object() };
	if (t->focus < t->count) {
		name = row_name(&t->row[t->shown[t->focus]], &len);
		m->focus = strndup(name, len);
	}
	for (i = 0; i < t->total; i++) {
		if (!t->row[i].is_marked)
			continue;
		name = row_name(&t->row[i], &len);
		(void)json_object_setn_new(m->marks, name, len, json_true());
	}
}

static void
memory_put(struct table *t, struct memory *m)
{
	const char	*name;
	size_t		 i, len;

	if (json_object_size(m->marks) > 0)
		for (i = 0; i < t->total; i++) {
			name = row_name(&t->row[i], &len);
			t->row[i].is_marked = json_object_getn(m->marks, name,
			    len) != NULL;
		}
	for (i = 0; m->focus != NULL && i < t->count; i++)
		if (row_is(&t->row[t->shown[i]], m->focus,
		    strlen(m->focus))) {
			t->focus = i;
			break;
		}
	if (t->focus >= t->count)
		t->focus = t->count > 0 ? t->count - 1 : 0;
	free(m->focus);
	json_decref(m->marks);
}

bool
table_fill(struct table *t, json_t *rows, int64_t now_ms)
{
	size_t		 total = json_array_size(rows), i;
	struct row	*row = calloc(total + 1, sizeof(*row));
	size_t		*shown = calloc(total + 1, sizeof(*shown));
	size_t		*order = calloc(total + 1, sizeof(*order));
	struct memory	 memory;

	if (row == NULL || shown == NULL || order == NULL) {
		free(row);
		free(shown);
		free(order);
		return false;
	}
	memory_take(t, &memory);
	json_incref(rows);
	json_decref(t->rows);
	free(t->row);
	free(t->shown);
	free(t->order);
	t->rows = rows;
	t->row = row;
	t->order = order;
	t->shown = shown;
	t->total = total;
	t->count = 0;
	t->filled_ms = t->now_ms = now_ms;
	for (i = 0; i < total; i++)
		row[i].value = json_array_get(rows, i);
	if (!haystack_fill(t))
		t->total = 0;
	order_make(t);
	shown_all(t);
	memory_put(t, &memory);
	return t->total == total;
}

void
table_now_set(struct table *t, int64_t now_ms)
{
	t->now_ms = now_ms;
}

size_t
table_count(const struct table *t)
{
	return t->count;
}

size_t
table_total(const struct table *t)
{
	return t->total;
}

json_t *
table_row(const struct table *t, size_t i)
{
	return i < t->count ? t->row[t->shown[i]].value : NULL;
}

void
table_cell(const struct table *t, size_t i, size_t column, struct buf *out)
{
	if (i < t->count)
		cell_add(t, &t->row[t->shown[i]], column, out);
}

enum screen_mark
table_state(const struct table *t, size_t i)
{
	const json_t *row = table_row(t, i);

	return row != NULL ? screen_row_mark(t->screen, row) : MARK_NONE;
}

bool
table_filter(struct table *t, const char *text)
{
	char	*filter = strdup(text);
	bool	 grew = str_starts(text, t->filter);
	size_t	 focused = t->focus < t->count ? t->shown[t->focus] : 0;
	size_t	 i;

	if (filter == NULL)
		return false;
	lower(filter);
	free(t->filter);
	t->filter = filter;
	if (grew)
		shown_narrow(t);
	else if (t->total > 0)
		shown_all(t);
	t->focus = 0;
	for (i = 0; i < t->count; i++)
		if (t->shown[i] == focused) {
			t->focus = i;
			break;
		}
	return true;
}

const char *
table_filter_text(const struct table *t)
{
	return t->filter;
}

void
table_sort_next(struct table *t)
{
	size_t focused = t->focus < t->count ? t->shown[t->focus] : 0, i;

	t->sort = (t->sort + 1) % (t->screen->column_count * SORTS + 1);
	if (t->total == 0)
		return;
	order_make(t);
	shown_all(t);
	for (i = 0; i < t->count; i++)
		if (t->shown[i] == focused)
			t->focus = i;
}

void
table_sort_tell(const struct table *t, struct buf *out)
{
	const char *label;

	if (t->sort == 0)
		return;
	label = t->screen->columns[(t->sort - 1) / SORTS].text.label;
	buf_printf(out, (t->sort - 1) % SORTS == 0 ? T_SORT_UP : T_SORT_DOWN,
	    label);
}

size_t
table_focus(const struct table *t)
{
	return t->focus;
}

void
table_focus_set(struct table *t, size_t i)
{
	if (i < t->count)
		t->focus = i;
}

void
table_mark(struct table *t, size_t i, bool is_marked)
{
	if (i < t->count)
		t->row[t->shown[i]].is_marked = is_marked;
}

bool
table_is_marked(const struct table *t, size_t i)
{
	return i < t->count && t->row[t->shown[i]].is_marked;
}

size_t
table_marked_count(const struct table *t)
{
	size_t i, count = 0;

	for (i = 0; i < t->total; i++)
		count += t->row[i].is_marked;
	return count;
}

json_t *
table_chosen(const struct table *t, bool with_marks)
{
	json_t	*chosen = json_array();
	size_t	 i;

	for (i = 0; with_marks && i < t->total; i++)
		if (t->row[i].is_marked)
			json_array_append(chosen, t->row[i].value);
	if (json_array_size(chosen) == 0 && t->focus < t->count)
		json_array_append(chosen, table_row(t, t->focus));
	return chosen;
}

static int
column_width(const struct table *t, size_t c)
{
	int wanted = t->screen->columns[c].width;

	return wanted > 0 && t->natural[c] > wanted ? wanted : t->natural[c];
}

/* The least important of the columns that are left; the later of two. */
static size_t
least(const struct table *t, const struct table_place *layout, size_t count)
{
	const struct screen_column	*columns = t->screen->columns;
	size_t				 i, worst = 0;

	for (i = 1; i < count; i++)
		if (columns[layout[i].column].priority >=
		    columns[layout[worst].column].priority)
			worst = i;
	return worst;
}

static int
layout_width(const struct table_place *layout, size_t count)
{
	int	 width = 0;
	size_t	 i;

	for (i = 0; i < count; i++)
		width += layout[i].width + (i > 0 ? GAP : 0);
	return width;
}

/* A panel's sentences are cut before anything beside them is left out. */
static void
sentence_cut(const struct table *t, int width, struct table_place *layout,
    size_t count)
{
	int over = layout_width(layout, count) - width;

	if (t->screen->kind == SCREEN_PANEL && over > 0 && count > 0 &&
	    layout[0].width - over >= SENTENCE_MIN)
		layout[0].width -= over;
}

size_t
table_layout(const struct table *t, int width, struct table_place *layout)
{
	size_t	 count = t->screen->column_count, i, worst;
	int	 over;

	for (i = 0; i < count; i++)
		layout[i] = (struct table_place){ i, column_width(t, i) };
	sentence_cut(t, width, layout, count);
	while (count > 1 && layout_width(layout, count) > width) {
		worst = least(t, layout, count);
		/* Cut it first, when enough of it stays to be read. */
		over = layout_width(layout, count) - width;
		if (layout[worst].width - over >= 8 &&
		    t->screen->columns[layout[worst].column].format ==
		    FORMAT_TEXT) {
			layout[worst].width -= over;
			break;
		}
		memmove(layout + worst, layout + worst + 1,
		    (count - worst - 1) * sizeof(*layout));
		count--;
	}
	if (count == 1 && layout[0].width > width)
		layout[0].width = width;
	return count;
}
