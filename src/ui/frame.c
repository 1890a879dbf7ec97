#include "frame.h"

#include <ctype.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/utf8.h"

#include "stconsole/msg.h"
#include "text.def"

/* Fewer rows than this and the rule and the breadcrumb are given up. */
#define ROWS_FOR_RULE	16
#define ROWS_FOR_HEAD	5
#define CRUMBS_MAX	12
#define CRUMBS_CUT	".."
#define RIGHT_GAP	2

/* Columns of the newest titles of a way, with what is between them. */
static int
crumbs_width(const struct view *const *stack, size_t count,
    const char *between)
{
	size_t	 i, width = 0;

	for (i = 0; i < count; i++)
		width += utf8_columns(stack[i]->title) + (i > 0 ?
		    strlen(between) : 0);
	return (int)width;
}

/* "Home > .. > Preview": both ends stay, too long a middle is left out. */
static void
crumbs_tell(const struct view *top, const char *between, int columns,
    struct buf *out)
{
	const struct view	*stack[CRUMBS_MAX];
	const struct view	*v;
	size_t			 n = 0, kept;
	int			 ends;

	for (v = top; v != NULL && n < CRUMBS_MAX; v = v->below)
		if (v->title[0] != '\0')
			stack[n++] = v;
	if (n == 0)
		return;
	kept = n;
	ends = (int)(utf8_columns(stack[n - 1]->title) + strlen(CRUMBS_CUT) +
	    2 * strlen(between));
	if (crumbs_width(stack, n, between) > columns)
		for (kept = n > 2 ? n - 2 : 0; kept > 0 && ends +
		    crumbs_width(stack, kept, between) > columns;)
			kept--;
	if (kept > 0 && kept < n)
		buf_printf(out, "%s%s%s%s", stack[n - 1]->title, between,
		    CRUMBS_CUT, between);
	if (kept == 0)
		kept = 1;
	while (kept-- > 0)
		buf_printf(out, "%s%s", stack[kept]->title, kept > 0 ?
		    between : "");
}

static void
head_paint(const struct frame *f, struct canvas *c)
{
	AUTO_BUF struct buf	 right = BUF_INIT, crumbs = BUF_INIT;
	const char		*gap = f->is_brief ? " " : "   ";
	int			 cols = canvas_cols(c), at, left;

	if (f->notice[0] != '\0')
		buf_printf(&right, "%s%s", f->notice, gap);
	buf_puts(&right, f->host);
	if (f->kind[0] != '\0' && !f->is_brief)
		buf_printf(&right, "%s%s", gap, f->kind);
	buf_printf(&right, "%s%s", gap, f->role);
	left = cols - (int)utf8_columns(buf_str(&right)) - RIGHT_GAP;
	if (left < cols / 3)
		left = cols;
	else
		canvas_put_right(c, 0, left + RIGHT_GAP, cols - left -
		    RIGHT_GAP, f->notice[0] != '\0' ? LOOK_BANNER : LOOK_DIM,
		    buf_str(&right));
	at = canvas_put(c, 0, 0, left, LOOK_DIM, "stconsole");
	at += f->is_brief ? 1 : 2;
	crumbs_tell(f->top, f->is_brief ? ">" : " > ", left - at, &crumbs);
	canvas_put(c, 0, at, left - at, LOOK_TITLE, buf_str(&crumbs));
}

/* "F8 Preview" or "A Add". */
static void
entry_tell(const struct bar_entry *e, bool has_function_keys,
    struct buf *out)
{
	if (e->act == ACT_NONE)
		buf_putc(out, (char)toupper((unsigned char)e->letter));
	else
		act_key(e->act, has_function_keys, out);
	buf_putc(out, ' ');
	buf_puts(out, e->label[0] != '\0' || e->act == ACT_NONE ? e->label :
	    act_label(e->act));
}

void
frame_bar_tell(const struct bar *bar, bool has_function_keys, int columns,
    struct buf *out)
{
	const char	*gap = columns >= 72 ? "  " : " ";
	size_t		 i;
	int		 width = 0, own;

	for (i = 0; i < bar->count; i++) {
		AUTO_BUF struct buf one = BUF_INIT;

		entry_tell(&bar->entry[i], has_function_keys, &one);
		own = (int)utf8_columns(buf_str(&one));
		if (width > 0)
			own += (int)strlen(gap);
		if (width + own > columns)
			continue;
		buf_printf(out, "%s%s", width > 0 ? gap : "", buf_str(&one));
		width += own;
	}
}

static void
bar_paint(const struct frame *f, struct canvas *c, int row)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct bar		 bar = { .count = 0 };
	int			 cols = canvas_cols(c) - 1;

	f->top->ops->bar(f->top, &bar);
	frame_bar_tell(&bar, f->has_function_keys, cols, &text);
	canvas_put(c, row, 0, cols, LOOK_BAR, buf_str(&text));
}

struct area
frame_paint(const struct frame *f, struct canvas *c)
{
	int	 rows = canvas_rows(c), cols = canvas_cols(c);
	int	 first = 0, last = rows;

	if (rows >= ROWS_FOR_HEAD) {
		head_paint(f, c);
		first = 1;
		if (f->has_rule && rows >= ROWS_FOR_RULE)
			canvas_glyph(c, first++, 0, cols, LOOK_RULE,
			    GLYPH_RULE);
		bar_paint(f, c, --last);
	}
	if (rows > 2)
		canvas_put(c, --last, 0, cols - 1, f->hint_is_error ?
		    LOOK_ERROR : LOOK_TEXT, f->hint);
	return (struct area){ first, 0, last - first, cols };
}

static bool
row_is_blank(const struct canvas *c, int row)
{
	const struct cell	*cell;
	int			 col;

	for (col = 0; (cell = canvas_cell(c, row, col)) != NULL; col++)
		if (cell->len != 1 || cell->text[0] != ' ')
			return false;
	return true;
}

void
frame_hint_paint(const struct frame *f, struct canvas *c)
{
	int		 row = canvas_rows(c) - 3, cols = canvas_cols(c) - 1;
	enum look	 look = f->hint_is_error ? LOOK_ERROR : LOOK_TEXT;
	size_t		 fits = utf8_fit(f->hint, (size_t)cols, NULL);
	size_t		 cut = fits;
	AUTO_FREE char	*line = NULL;

	if (row < ROWS_FOR_HEAD || f->hint[fits] == '\0' ||
	    !row_is_blank(c, row))
		return;
	while (cut > 0 && f->hint[cut] != ' ')
		cut--;
	line = strndup(f->hint, cut > 0 ? cut : fits);
	if (line == NULL)
		return;
	canvas_blank(c, (struct area){ row, 0, 2, cols + 1 }, LOOK_TEXT);
	(void)canvas_put(c, row, 0, cols, look, line);
	(void)canvas_put(c, row + 1, 0, cols, look, f->hint + strlen(line) +
	    (cut > 0));
}
