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
#define RIGHT_GAP	2

/* "Home > Administrators > Preview", the oldest left out when too long. */
static void
crumbs_tell(const struct view *top, const char *between, int columns,
    struct buf *out)
{
	const struct view	*stack[CRUMBS_MAX];
	const struct view	*v;
	size_t			 n = 0, i, first;
	int			 width = 0;

	for (v = top; v != NULL && n < CRUMBS_MAX; v = v->below)
		if (v->title[0] != '\0')
			stack[n++] = v;
	for (first = 0; first < n; first++) {
		width += (int)(utf8_columns(stack[first]->title) +
		    strlen(between));
		if (width > columns && first > 0)
			break;
	}
	for (i = first; i-- > 0;) {
		buf_puts(out, stack[i]->title);
		if (i > 0)
			buf_puts(out, between);
	}
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
