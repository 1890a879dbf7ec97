#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "tty_curses.h"
#include "tty_out.h"
#include "tty_signal.h"

#include "text_tty.def"

#define ROWS_UNKNOWN	24
#define COLS_UNKNOWN	80
#define READ_SIZE	4096
#define SYNC_MODE	2026

#define PASTE_ON	"\033[?2004h"
#define PASTE_OFF	"\033[?2004l"
#define SYNC_ASK	"\033[?2026$p"
#define SYNC_ON		"\033[?2026h"
#define SYNC_OFF	"\033[?2026l"
/* Where the last corner is, without leaving the place where it was. */
#define SIZE_ASK	"\0337\033[999;999H\033[6n\0338"

struct tty {
	int			 in;
	bool			 in_is_ours;
	struct tty_out		 out;
	bool			 owns_process;
	bool			 is_gone, is_suspended;
	bool			 is_modern;	/* knows 2004, may know 2026 */
	bool			 has_sync;
	bool			 no_color;
	bool			 has_size;
	int			 rows, cols;
	struct tty_screen	*screen;
	struct press_decoder	*keys;
	struct buf		 frame;		/* of curses */
	struct tty_counts	 counts;
};

/*
 * Types that take private modes which terminfo does not tell of.  Never a
 * vt100, vt220, linux or serial one: there the question would be shown.
 */
static const char *const modern_types[] = {
	"xterm", "screen", "tmux", "foot", "kitty", "alacritty", "wezterm",
	"contour", "ghostty"
};

static bool
is_modern(const char *term, enum profile profile)
{
	size_t i;

	for (i = 0; i < LENGTH(modern_types); i++)
		if (str_starts(term, modern_types[i]))
			return profile != PROFILE_ECONOMY;
	return false;
}

/* Its input has ended, or its output. */
static bool
is_gone(const struct tty *t)
{
	return t->is_gone || t->out.is_gone;
}

/* --- the modes of the terminal ------------------------------------------ */

static bool
mode_raw(struct tty *t, struct err *e)
{
	struct termios m;

	if (tcgetattr(t->in, &m) < 0)
		return !isatty(t->in) || err_sys(e, "%s", T_TTY_MODE);
	m.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP |
	    PARMRK);
	m.c_oflag &= ~(tcflag_t)OPOST;
	m.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
	m.c_lflag |= ISIG;
	m.c_cc[VINTR] = m.c_cc[VQUIT] = _POSIX_VDISABLE;
	m.c_cc[VMIN] = 1;
	m.c_cc[VTIME] = 0;
	return tcsetattr(t->in, TCSANOW, &m) == 0 ||
	    err_sys(e, "%s", T_TTY_MODE);
}

/* The way back, for an orderly end and for a handler: no memory then. */
static bool
restore_prepare(struct tty *t, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (t->has_sync)
		buf_puts(&b, SYNC_OFF);
	if (t->is_modern)
		buf_puts(&b, PASTE_OFF);
	(void)tty_screen_cap(t->screen, "sgr0", &b);
	if (!t->no_color)
		(void)tty_screen_cap(t->screen, "op", &b);
	(void)tty_screen_cap(t->screen, "rmkx", &b);
	(void)tty_screen_cap(t->screen, "cnorm", &b);
	tty_screen_move(t->screen, t->rows - 1, 0, &b);
	(void)tty_screen_cap(t->screen, "el", &b);
	(void)tty_screen_cap(t->screen, "rmcup", &b);
	if (!buf_ok(&b, e))
		return false;
	tty_signal_bytes(buf_str(&b), b.len);
	return true;
}

/* What newterm() does not send: it goes out before the next frame. */
static bool
take(struct tty *t, bool is_first, struct err *e)
{
	tty_signal_hold(t->in, t->out.fd, t->out.must_switch,
	    t->owns_process);
	if (!mode_raw(t, e) || !restore_prepare(t, e))
		return false;
	/* The first time it is among the bytes of the first frame. */
	if (!is_first)
		(void)tty_screen_cap(t->screen, "smcup", &t->out.pending);
	(void)tty_screen_cap(t->screen, "smkx", &t->out.pending);
	if (t->is_modern)
		buf_puts(&t->out.pending, PASTE_ON);
	if (t->is_modern && is_first)
		buf_puts(&t->out.pending, SYNC_ASK);
	return buf_ok(&t->out.pending, e);
}

/* --- size --------------------------------------------------------------- */

static bool
size_ask_kernel(int fd, int *rows, int *cols)
{
	struct winsize ws;

	if (ioctl(fd, TIOCGWINSZ, &ws) < 0 || ws.ws_row == 0 ||
	    ws.ws_col == 0)
		return false;
	*rows = ws.ws_row;
	*cols = ws.ws_col;
	return true;
}

static void
size_find(struct tty *t)
{
	int rows = ROWS_UNKNOWN, cols = COLS_UNKNOWN;

	t->has_size = size_ask_kernel(t->out.fd, &rows, &cols) ||
	    size_ask_kernel(t->in, &rows, &cols);
	t->rows = rows < CANVAS_MAX ? rows : CANVAS_MAX;
	t->cols = cols < CANVAS_MAX ? cols : CANVAS_MAX;
}

void
tty_size(const struct tty *t, int *rows, int *cols)
{
	*rows = t->rows;
	*cols = t->cols;
}

bool
tty_size_is_known(const struct tty *t)
{
	return t->has_size;
}

bool
tty_size_set(struct tty *t, int rows, int cols, struct err *e)
{
	t->rows = rows < 1 ? 1 : rows < CANVAS_MAX ? rows : CANVAS_MAX;
	t->cols = cols < 1 ? 1 : cols < CANVAS_MAX ? cols : CANVAS_MAX;
	t->has_size = true;
	return tty_screen_resize(t->screen, t->rows, t->cols, e) &&
	    restore_prepare(t, e);
}

bool
tty_resized(struct tty *t, struct err *e)
{
	int rows, cols;

	if (!size_ask_kernel(t->out.fd, &rows, &cols) &&
	    !size_ask_kernel(t->in, &rows, &cols))
		return true;
	return tty_size_set(t, rows, cols, e);
}

void
tty_size_ask(struct tty *t)
{
	buf_puts(&t->out.pending, SIZE_ASK);
	tty_out_write(&t->out);
}

/* --- open and close ----------------------------------------------------- */

static bool
open_all(struct tty *t, const struct tty_options *o, const struct theme *theme,
    struct err *e)
{
	const char *term = o->term != NULL ? o->term : getenv("TERM");

	t->in = tty_out_reopen(o->in, O_RDONLY, &t->in_is_ours);
	tty_out_init(&t->out, o->out);
	t->owns_process = o->owns_process;
	t->no_color = o->no_color;
	size_find(t);
	if (o->rows > 0 && o->cols > 0) {
		t->rows = o->rows;
		t->cols = o->cols;
		t->has_size = true;
	}
	t->keys = press_decoder_new();
	if (t->keys == NULL)
		return err_nomem(e);
	press_decoder_wait_set(t->keys, o->esc_ms);
	t->screen = tty_screen_new(term != NULL ? term : "", t->rows,
	    t->cols, e);
	if (t->screen == NULL)
		return false;
	t->is_modern = is_modern(term, o->profile);
	if (!tty_screen_learn(t->screen, t->keys))
		return err_nomem(e);
	if (o->is_ascii)
		tty_screen_ascii(t->screen);
	tty_screen_style(t->screen, theme, o->glyphs, !o->no_color);
	return take(t, true, e);
}

static void
free_all(struct tty *t)
{
	tty_screen_free(t->screen);
	press_decoder_free(t->keys);
	buf_fini(&t->frame);
	tty_out_fini(&t->out);
	if (t->in_is_ours)
		close(t->in);
	free(t);
}

struct tty *
tty_open(const struct tty_options *o, const struct theme *theme,
    struct err *e)
{
	struct tty *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (open_all(t, o, theme, e))
		return t;
	tty_restore();
	tty_signal_release();
	free_all(t);
	return NULL;
}

void
tty_close(struct tty *t)
{
	if (t == NULL)
		return;
	tty_suspend(t);
	tty_signal_release();
	free_all(t);
}

/* Bytes that do not go out in time are lost; a crash would lose them, too. */
void
tty_suspend(struct tty *t)
{
	if (t->is_suspended)
		return;
	t->is_suspended = true;
	tty_out_drain(&t->out);
	tty_restore();
}

bool
tty_resume(struct tty *t, struct err *e)
{
	t->is_suspended = false;
	tty_repaint(t);
	return take(t, false, e) && tty_resized(t, e);
}

/* --- the picture -------------------------------------------------------- */

void
tty_theme_set(struct tty *t, const struct theme *theme, enum profile profile,
    enum glyph_set glyphs)
{
	(void)profile;
	tty_screen_style(t->screen, theme, glyphs, !t->no_color);
}

bool
tty_has_function_keys(const struct tty *t)
{
	return tty_screen_has_function_keys(t->screen);
}

void
tty_repaint(struct tty *t)
{
	tty_screen_forget(t->screen);
}

void
tty_bell(struct tty *t)
{
	if (t->out.is_stalled || t->is_suspended)
		return;
	(void)tty_screen_cap(t->screen, "bel", &t->out.pending);
	tty_out_write(&t->out);
}

/* Draws into t->pending, between the marks of an update seen at once. */
static bool
frame_draw(struct tty *t, const struct canvas *c)
{
	buf_reset(&t->frame);
	if (!tty_screen_draw(t->screen, c, &t->frame))
		return false;
	if (t->frame.len == 0) {
		t->counts.unchanged++;
		return true;
	}
	t->counts.frames++;
	if (t->has_sync)
		buf_puts(&t->out.pending, SYNC_ON);
	buf_add(&t->out.pending, t->frame.data, t->frame.len);
	if (t->has_sync)
		buf_puts(&t->out.pending, SYNC_OFF);
	if (!t->out.pending.failed)
		return true;
	buf_reset(&t->out.pending);
	tty_screen_forget(t->screen);
	return false;
}

enum tty_shown
tty_show(struct tty *t, const struct canvas *c)
{
	if (t->is_suspended)
		return TTY_SHOWN;
	if (is_gone(t) || !tty_out_is_ready(&t->out)) {
		t->counts.skipped += !is_gone(t);
		return is_gone(t) ? TTY_GONE : TTY_BUSY;
	}
	/* No memory for a frame is no reason to end: the next may fit. */
	if (frame_draw(t, c))
		tty_out_write(&t->out);
	if (t->out.is_gone)
		return TTY_GONE;
	return t->out.is_stalled ? TTY_BUSY : TTY_SHOWN;
}

int
tty_fd_out(const struct tty *t)
{
	return t->out.fd;
}

void
tty_counts(const struct tty *t, struct tty_counts *out)
{
	*out = t->counts;
	out->bytes = t->out.bytes;
	out->writes = t->out.writes;
}

/* --- keys --------------------------------------------------------------- */

int
tty_fd(const struct tty *t)
{
	return t->in;
}

bool
tty_read(struct tty *t, int64_t now_ms)
{
	struct pollfd	 p = { .fd = t->in, .events = POLLIN };
	char		 bytes[READ_SIZE];
	ssize_t		 n;

	if (is_gone(t))
		return false;
	/* A descriptor that is not ours may block: asked first. */
	if (poll(&p, 1, 0) <= 0)
		return true;
	n = read(t->in, bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) {
		t->is_gone = true;
		return false;
	}
	/* Keys that no memory is left for are lost, no more. */
	(void)press_decoder_feed(t->keys, bytes, (size_t)n, now_ms);
	explicit_bzero(bytes, (size_t)n);
	return true;
}

/* Answers that were asked for here are not the caller's. */
static bool
is_own_reply(struct tty *t, const struct press *p)
{
	if (p->code != PRESS_REPLY || p->mode != SYNC_MODE)
		return false;
	t->has_sync = p->value == 1 || p->value == 2;
	(void)restore_prepare(t, NULL);	/* else the earlier bytes stay */
	return true;
}

bool
tty_key(struct tty *t, int64_t now_ms, struct press *p)
{
	while (press_decoder_next(t->keys, now_ms, p))
		if (!is_own_reply(t, p))
			return true;
	memset(p, 0, sizeof(*p));
	if (!is_gone(t))
		return false;
	p->code = PRESS_EOF;
	return true;
}

int
tty_key_due(const struct tty *t, int64_t now_ms)
{
	return is_gone(t) ? 0 : press_decoder_due(t->keys, now_ms);
}
