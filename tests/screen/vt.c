#include "vt.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <vterm.h>

#include "police.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define PIPE_WIDE	(1 << 20)
#define PIPE_NARROW	4096
#define PUMP_MAX	(1 << 22)	/* bytes: more is a program gone mad */

struct vt {
	VTerm		*vterm;
	VTermScreen	*screen;
	int		 rows, cols;
	int		 keys[2];	/* we write, the program reads */
	int		 paint[2];	/* we read, the program writes */
	struct police	*police;
	struct buf	 sent;
	bool		 cursor_is_visible, is_alternate;
};

static void
answer(const char *bytes, size_t len, void *arg)
{
	vt_type_bytes(arg, bytes, len);
}

static int
property(VTermProp prop, VTermValue *value, void *arg)
{
	struct vt *vt = arg;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		vt->cursor_is_visible = value->boolean;
	else if (prop == VTERM_PROP_ALTSCREEN)
		vt->is_alternate = value->boolean;
	return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = property };

static bool
is_modern(const char *term)
{
	return str_starts(term, "xterm") || str_starts(term, "screen") ||
	    str_starts(term, "tmux");
}

struct vt *
vt_new(const char *term, int rows, int cols)
{
	struct vt *vt = calloc(1, sizeof(*vt));

	assert_non_null(vt);
	vt->rows = rows;
	vt->cols = cols;
	vt->cursor_is_visible = true;
	vt->police = police_new(term, is_modern(term));
	assert_non_null(vt->police);
	assert_int_equal(pipe2(vt->keys, O_CLOEXEC), 0);
	assert_int_equal(pipe2(vt->paint, O_CLOEXEC), 0);
	assert_true(fcntl(vt->keys[1], F_SETPIPE_SZ, PIPE_WIDE) > 0);
	assert_true(fcntl(vt->paint[1], F_SETPIPE_SZ, PIPE_WIDE) > 0);
	assert_int_equal(fcntl(vt->paint[0], F_SETFL, O_NONBLOCK), 0);
	vt->vterm = vterm_new(rows, cols);
	assert_non_null(vt->vterm);
	vterm_set_utf8(vt->vterm, 1);
	vterm_output_set_callback(vt->vterm, answer, vt);
	vt->screen = vterm_obtain_screen(vt->vterm);
	vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
	vterm_screen_enable_altscreen(vt->screen, 1);
	vterm_screen_reset(vt->screen, 1);
	return vt;
}

void
vt_free(struct vt *vt)
{
	if (vt == NULL)
		return;
	vt_hang_up(vt);
	close(vt->keys[0]);
	close(vt->paint[0]);
	close(vt->paint[1]);
	vterm_free(vt->vterm);
	police_free(vt->police);
	buf_fini(&vt->sent);
	free(vt);
}

int
vt_in(const struct vt *vt)
{
	return vt->keys[0];
}

int
vt_out(const struct vt *vt)
{
	return vt->paint[1];
}

void
vt_type_bytes(struct vt *vt, const void *bytes, size_t len)
{
	assert_int_equal(write(vt->keys[1], bytes, len), (int)len);
}

void
vt_type(struct vt *vt, const char *bytes)
{
	vt_type_bytes(vt, bytes, strlen(bytes));
}

void
vt_hang_up(struct vt *vt)
{
	if (vt->keys[1] >= 0)
		close(vt->keys[1]);
	vt->keys[1] = -1;
}

void
vt_feed(struct vt *vt, const char *bytes, size_t len)
{
	if (vt->police != NULL)
		police_feed(vt->police, bytes, len);
	if (vt->police != NULL && police_complaint(vt->police) != NULL)
		fail_msg("%s", police_complaint(vt->police));
	(void)vterm_input_write(vt->vterm, bytes, len);
	vterm_screen_flush_damage(vt->screen);
}

size_t
vt_pump(struct vt *vt)
{
	char	 bytes[4096];
	ssize_t	 n;

	buf_reset(&vt->sent);
	while (vt->sent.len < PUMP_MAX &&
	    (n = read(vt->paint[0], bytes, sizeof(bytes))) > 0)
		buf_add(&vt->sent, bytes, (size_t)n);
	assert_true(vt->sent.len < PUMP_MAX);
	assert_true(buf_ok(&vt->sent, NULL));
	vt_feed(vt, buf_str(&vt->sent), vt->sent.len);
	return vt->sent.len;
}

void
vt_without_police(struct vt *vt)
{
	police_free(vt->police);
	vt->police = NULL;
}

const struct buf *
vt_sent(const struct vt *vt)
{
	return &vt->sent;
}

void
vt_narrow(struct vt *vt)
{
	assert_true(fcntl(vt->paint[1], F_SETPIPE_SZ, PIPE_NARROW) > 0);
}

void
vt_resize(struct vt *vt, int rows, int cols)
{
	vt->rows = rows;
	vt->cols = cols;
	vterm_set_size(vt->vterm, rows, cols);
}

static bool
cell_at(const struct vt *vt, int row, int col, VTermScreenCell *cell)
{
	VTermPos pos = { .row = row, .col = col };

	return vterm_screen_get_cell(vt->screen, pos, cell) != 0;
}

static void
add_character(struct buf *out, uint32_t c)
{
	if (c < 0x80)
		buf_putc(out, (char)c);
	else if (c < 0x800)
		buf_printf(out, "%c%c", (int)(0xc0 | c >> 6),
		    (int)(0x80 | (c & 0x3f)));
	else if (c < 0x10000)
		buf_printf(out, "%c%c%c", (int)(0xe0 | c >> 12),
		    (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
	else
		buf_printf(out, "%c%c%c%c", (int)(0xf0 | c >> 18),
		    (int)(0x80 | (c >> 12 & 0x3f)),
		    (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
}

/* The right half of a wide cell has the character -1. */
void
vt_row(const struct vt *vt, int row, struct buf *out)
{
	VTermScreenCell	 cell;
	size_t		 end = out->len;
	int		 col, i;

	for (col = 0; col < vt->cols; col++) {
		assert_true(cell_at(vt, row, col, &cell));
		if (cell.chars[0] == (uint32_t)-1)
			continue;
		if (cell.chars[0] == 0 || cell.chars[0] == ' ') {
			buf_putc(out, ' ');
			continue;
		}
		for (i = 0; i < VTERM_MAX_CHARS_PER_CELL &&
		    cell.chars[i] != 0; i++)
			add_character(out, cell.chars[i]);
		end = out->len;
	}
	out->len = end;
	if (out->data != NULL)
		out->data[end] = '\0';
}

void
vt_picture(const struct vt *vt, struct buf *out)
{
	int row;

	for (row = 0; row < vt->rows; row++) {
		vt_row(vt, row, out);
		buf_putc(out, '\n');
	}
}

void
vt_cursor(const struct vt *vt, int *row, int *col)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(vt->vterm), &pos);
	*row = pos.row;
	*col = pos.col;
}

bool
vt_cursor_is_visible(const struct vt *vt)
{
	return vt->cursor_is_visible;
}

bool
vt_is_alternate(const struct vt *vt)
{
	return vt->is_alternate;
}

void
vt_attrs(const struct vt *vt, int row, int col, char out[4])
{
	VTermScreenCell cell;

	assert_true(cell_at(vt, row, col, &cell));
	if (cell.attrs.bold)
		*out++ = 'b';
	if (cell.attrs.underline != VTERM_UNDERLINE_OFF)
		*out++ = 'u';
	if (cell.attrs.reverse)
		*out++ = 'r';
	*out = '\0';
}

void
vt_colors(const struct vt *vt, int row, int col, int *fg, int *bg)
{
	VTermScreenCell cell;

	assert_true(cell_at(vt, row, col, &cell));
	*fg = VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) ? -1 : cell.fg.indexed.idx;
	*bg = VTERM_COLOR_IS_DEFAULT_BG(&cell.bg) ? -1 : cell.bg.indexed.idx;
}
