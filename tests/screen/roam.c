#include "roam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#define ESC_MAX		20
#define ROWS_MIN	6
#define COLS_MIN	30
#define BYTES_MAX	6

static const char *const keys[] = {
	"Up", "Down", "Down", "Left", "Right", "Home", "End", "PgUp", "PgDn",
	"Enter", "Enter", "Enter", "Tab", "BackTab", "Backspace", "Del",
	"Ins", "Esc", "Esc", "F1", "F2", "F3", "F3", "F4", "F5", "F6", "F7",
	"F8", "F8", "F9", "F11", "Ctrl-L", "Ctrl-N", "Ctrl-P", "Ctrl-U",
	"Ctrl-A", "Ctrl-K", "Space", "/", ":", "?", "n", "N", "s", "f", "q",
	"a", "a", "b", "c", "d", "e", "g", "h", "i", "j", "k", "l", "m", "o",
	"p", "r", "t", "u", "v", "x", "y", "z", "0", "1", "2", "3", "4", "5",
	"6", "7", "8", "9", "-", ".", "@", "\xc3\xbc", "\xe6\xbc\xa2"
};

enum kind { DOES_KEY, DOES_BYTES, DOES_SIZE, DOES_WAIT };

/* Parts of the number, far enough apart to be told from each other. */
static enum kind
kind_of(uint64_t step)
{
	unsigned n = step % 1000;

	return n < 880 ? DOES_KEY : n < 980 ? DOES_BYTES : n < 990 ?
	    DOES_SIZE : DOES_WAIT;
}

static const char *
key_of(uint64_t step)
{
	return keys[(step >> 16) % LENGTH(keys)];
}

static size_t
bytes_of(uint64_t step, char bytes[BYTES_MAX])
{
	size_t i, len = 1 + (step >> 12) % BYTES_MAX;

	for (i = 0; i < len; i++)
		bytes[i] = (char)(step >> (16 + 8 * i));
	/* A sequence more often than pure chance would have it. */
	if (step >> 62 == 0)
		bytes[0] = '\033';
	return len;
}

static void
size_of(uint64_t step, int *rows, int *cols)
{
	static const int some[][2] = {
		{ 24, 80 }, { 16, 60 }, { 50, 132 }, { 1, 1 }, { 2, 200 }
	};
	size_t i = (step >> 16) % (LENGTH(some) + 1);

	*rows = i < LENGTH(some) ? some[i][0] : 1 + (int)(step >> 24) % 40;
	*cols = i < LENGTH(some) ? some[i][1] : 1 + (int)(step >> 32) % 140;
	*rows = *rows < 1 ? 1 : *rows;
	*cols = *cols < 1 ? 1 : *cols;
}

static int64_t
wait_of(uint64_t step)
{
	return (int64_t)((step >> 16) % 40000);
}

void
roam_name(uint64_t step, struct buf *out)
{
	char	 bytes[BYTES_MAX];
	size_t	 len, i;
	int	 rows, cols;

	switch (kind_of(step)) {
	case DOES_KEY:
		buf_puts(out, key_of(step));
		break;
	case DOES_BYTES:
		len = bytes_of(step, bytes);
		buf_puts(out, "bytes");
		for (i = 0; i < len; i++)
			buf_printf(out, " %02x", (unsigned char)bytes[i]);
		break;
	case DOES_SIZE:
		size_of(step, &rows, &cols);
		buf_printf(out, "size %dx%d", rows, cols);
		break;
	case DOES_WAIT:
		buf_printf(out, "wait %lld ms", (long long)wait_of(step));
		break;
	}
}

/* --- what always holds -------------------------------------------------- */

static bool
complain(struct roam *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->complaint, sizeof(r->complaint), fmt, ap);
	va_end(ap);
	return false;
}

static bool
row_has(const struct canvas *c, int row, enum look look)
{
	int col;

	for (col = 0; col < canvas_cols(c); col++)
		if (canvas_cell(c, row, col)->look == look)
			return true;
	return false;
}

static bool
frame_is_sound(struct roam *r)
{
	const struct canvas	*c = r->c.canvas;
	bool			 has_focus = false;
	int			 row, col, i;

	app_paint(r->c.app, r->c.canvas);
	canvas_cursor_get(c, &row, &col);
	if (row < 0 || row >= canvas_rows(c) || col < 0 ||
	    col >= canvas_cols(c))
		return complain(r, "the cursor is at %d, %d", row, col);
	/* Smaller ones have no room for what is typed, or for the bar. */
	if (canvas_rows(c) < ROWS_MIN || canvas_cols(c) < COLS_MIN)
		return true;
	for (i = 0; i < canvas_rows(c); i++)
		has_focus |= row_has(c, i, LOOK_FOCUS);
	if (has_focus && !row_has(c, row, LOOK_FOCUS) &&
	    !row_has(c, row, LOOK_INPUT))
		return complain(r, "the cursor is in row %d, not the focus",
		    row);
	if (row_has(c, row, LOOK_BAR))
		return complain(r, "the cursor is in the bar");
	return true;
}

/* Whether the bar of the view on top, or below its question, offers it. */
static bool
is_offered(const struct view *v, const struct press *p)
{
	struct bar	 bar = { .count = 0 };
	size_t		 i;

	if (v->rows_over > 0 && p->code == PRESS_ENTER && v->below != NULL)
		return str_starts(v->below->title, "Preview of ");
	v->ops->bar(v, &bar);
	for (i = 0; i < bar.count; i++)
		if (bar.entry[i].act == ACT_NONE && p->code == PRESS_TEXT &&
		    strncasecmp(&bar.entry[i].letter, p->text, 1) == 0 &&
		    p->text[1] == '\0')
			return strchr("ack", bar.entry[i].letter) != NULL;
	return false;
}

static bool
may_not(const struct press *p)
{
	return (p->code == PRESS_TEXT && (strcasecmp(p->text, "w") == 0)) ||
	    (p->code == PRESS_CTRL && p->text[0] == 'O') ||
	    p->code == PRESS_F12 || p->code == PRESS_EOF;
}

static bool
would_leave(const struct view *v, const struct press *p)
{
	enum press_place place = v->ops->place != NULL ? v->ops->place(v) :
	    PLACE_LIST;
	enum act	 act = press_act(p, place);

	return act == ACT_LEAVE || (act == ACT_BACK && v->below == NULL &&
	    place == PLACE_LIST);
}

/* Left by F10 or Esc on the first screen: it is begun again. */
static void
again(struct roam *r)
{
	int rows = canvas_rows(r->c.canvas), cols = canvas_cols(r->c.canvas);

	console_close(&r->c);
	console_open(&r->c, "home", rows, cols, "basic");
	r->left++;
}

static bool
press(struct roam *r, const struct press *p)
{
	size_t	 before = fixed_acted(r->c.work);
	bool	 offered;
	char	 top[80];

	if (may_not(p) || (r->stays && would_leave(app_top(r->c.app), p)))
		return true;
	snprintf(top, sizeof(top), "%s", app_top(r->c.app)->title);
	offered = is_offered(app_top(r->c.app), p);
	app_press(r->c.app, p);
	console_settle(&r->c);
	if (fixed_acted(r->c.work) != before && !offered)
		return complain(r, "%s was carried out without a preview, "
		    "from \"%s\"", fixed_verb(r->c.work), top);
	if (app_has_ended(r->c.app))
		again(r);
	return frame_is_sound(r);
}

/* --- steps -------------------------------------------------------------- */

void
roam_open(struct roam *r)
{
	memset(r, 0, sizeof(*r));
	r->decoder = press_decoder_new();
	assert_non_null(r->decoder);
	console_open(&r->c, "home", 24, 80, "basic");
}

void
roam_close(struct roam *r)
{
	press_decoder_free(r->decoder);
	console_close(&r->c);
}

static bool
bytes_step(struct roam *r, uint64_t step)
{
	char		 bytes[BYTES_MAX];
	size_t		 len = bytes_of(step, bytes);
	struct press	 p;
	bool		 ok = true;

	assert_true(press_decoder_feed(r->decoder, bytes, len, 0));
	/* Twice the longest wait later nothing is held back any more. */
	while (press_decoder_next(r->decoder, 100000, &p)) {
		ok = ok && press(r, &p);
		press_fini(&p);
	}
	return ok;
}

bool
roam_step(struct roam *r, uint64_t step)
{
	struct press	 p;
	int		 rows, cols;

	switch (kind_of(step)) {
	case DOES_KEY:
		assert_true(press_parse(key_of(step), strlen(key_of(step)),
		    &p));
		return press(r, &p);
	case DOES_BYTES:
		return bytes_step(r, step);
	case DOES_SIZE:
		size_of(step, &rows, &cols);
		console_resize(&r->c, rows, cols);
		return frame_is_sound(r);
	case DOES_WAIT:
		console_wait(&r->c, wait_of(step));
		return frame_is_sound(r);
	}
	return true;
}

bool
roam_home(struct roam *r)
{
	struct press	 esc = { .code = PRESS_ESC };
	size_t		 before = fixed_acted(r->c.work);
	int		 i;

	for (i = 0; i < ESC_MAX && app_top(r->c.app)->below != NULL; i++)
		if (!press(r, &esc))
			return false;
	if (app_top(r->c.app)->below != NULL)
		return complain(r, "Esc %d times ends at \"%s\"", ESC_MAX,
		    app_top(r->c.app)->title);
	if (fixed_acted(r->c.work) != before)
		return complain(r, "Esc carried something out");
	return true;
}
