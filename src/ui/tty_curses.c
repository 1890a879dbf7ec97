/*
 * The only file that knows curses.
 *
 * ncurses is never given the terminal: newterm() gets a memfd, to which it
 * write(2)s what doupdate() sends.  So it cannot block, what it sends can be
 * counted, put between other sequences and written at once; its tcsetattr()
 * and its size of the screen find no terminal and do nothing.
 */
#include "tty_curses.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>
#include <term.h>
#undef columns			/* a macro of term.h, and ours in a cell */

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "tty.h"

#include "text_tty.def"

struct tty_screen {
	SCREEN		*screen;
	FILE		*file;		/* the memfd */
	int		 rows, cols;
	cchar_t		*line;		/* cols cells */
	struct cell	*last;		/* rows x cols: what ncurses holds */
	int		 cursor_row, cursor_col;
	bool		 is_known;	/* last is what is shown */
	bool		 has_colors, has_default_colors;
	bool		 is_ascii;
	enum glyph_set	 glyphs;
	attr_t		 attrs[LOOK_COUNT];
	short		 pairs[LOOK_COUNT];
};

static const wchar_t glyph_utf8[GLYPH_COUNT] = {
	[GLYPH_RULE] = 0x2500, [GLYPH_VLINE] = 0x2502,
	[GLYPH_TOP_LEFT] = 0x250c, [GLYPH_TOP_RIGHT] = 0x2510,
	[GLYPH_BOTTOM_LEFT] = 0x2514, [GLYPH_BOTTOM_RIGHT] = 0x2518,
	[GLYPH_BAR_FULL] = 0x2588, [GLYPH_BAR_EMPTY] = 0x2591,
	[GLYPH_SPARK_1] = 0x2581, [GLYPH_SPARK_2] = 0x2582,
	[GLYPH_SPARK_3] = 0x2583, [GLYPH_SPARK_4] = 0x2584,
	[GLYPH_SPARK_5] = 0x2585, [GLYPH_SPARK_6] = 0x2586,
	[GLYPH_SPARK_7] = 0x2587, [GLYPH_SPARK_8] = 0x2588
};

/* Indexes of the VT100's line drawing set; bars and sparks stay ASCII. */
static const unsigned char glyph_acs[GLYPH_COUNT] = {
	[GLYPH_RULE] = 'q', [GLYPH_VLINE] = 'x', [GLYPH_TOP_LEFT] = 'l',
	[GLYPH_TOP_RIGHT] = 'k', [GLYPH_BOTTOM_LEFT] = 'm',
	[GLYPH_BOTTOM_RIGHT] = 'j'
};

static const struct {
	const char	*cap;
	enum press_code	 code;
} terminfo_keys[] = {
	{ "kf1", PRESS_F1 }, { "kf2", PRESS_F2 }, { "kf3", PRESS_F3 },
	{ "kf4", PRESS_F4 }, { "kf5", PRESS_F5 }, { "kf6", PRESS_F6 },
	{ "kf7", PRESS_F7 }, { "kf8", PRESS_F8 }, { "kf9", PRESS_F9 },
	{ "kf10", PRESS_F10 }, { "kf11", PRESS_F11 }, { "kf12", PRESS_F12 },
	{ "kcuu1", PRESS_UP }, { "kcud1", PRESS_DOWN },
	{ "kcub1", PRESS_LEFT }, { "kcuf1", PRESS_RIGHT },
	{ "khome", PRESS_HOME }, { "kend", PRESS_END },
	{ "kpp", PRESS_PAGE_UP }, { "knp", PRESS_PAGE_DOWN },
	{ "kdch1", PRESS_DELETE }, { "kich1", PRESS_INSERT },
	{ "kcbt", PRESS_BACK_TAB }, { "kent", PRESS_ENTER }
};

#define FUNCTION_KEYS	10	/* the first of them */

/* --- a screen of ncurses ------------------------------------------------ */

/*
 * newterm() takes signals that nobody else has taken, and holds SIGTSTP
 * during each frame, unless it finds somebody there the first time.
 */
static SCREEN *
newterm_quietly(const char *term, FILE *file)
{
	static const int	 signals[] = {
		SIGINT, SIGTERM, SIGTSTP, SIGWINCH
	};
	struct sigaction	 before[LENGTH(signals)];
	struct sigaction	 ignore = { .sa_handler = SIG_IGN };
	SCREEN			*screen;
	size_t			 i;

	for (i = 0; i < LENGTH(signals); i++)
		sigaction(signals[i], &ignore, &before[i]);
	screen = newterm(term, file, file);
	for (i = 0; i < LENGTH(signals); i++)
		sigaction(signals[i], &before[i], NULL);
	return screen;
}

static bool
buffers_resize(struct tty_screen *s, int rows, int cols)
{
	cchar_t		*line = calloc((size_t)cols + 1, sizeof(*line));
	struct cell	*last = calloc((size_t)rows * (size_t)cols,
	    sizeof(*last));

	if (line == NULL || last == NULL) {
		free(line);
		free(last);
		return false;
	}
	free(s->line);
	free(s->last);
	s->line = line;
	s->last = last;
	s->rows = rows;
	s->cols = cols;
	s->is_known = false;
	return true;
}

/* NULL fd: fdopen took it. */
static FILE *
memory_file(struct err *e)
{
	int	 fd = memfd_create("stconsole-frame", MFD_CLOEXEC);
	FILE	*file = fd >= 0 ? fdopen(fd, "w+") : NULL;

	if (file == NULL) {
		err_sys(e, "%s", T_TTY_MEMORY);
		if (fd >= 0)
			close(fd);
	}
	return file;
}

static bool
refuse(const char *term, struct err *e)
{
	if (term[0] == '\0')
		err_set(e, ERR_SYS, 0, T_TTY_NO_TERM);
	else
		err_set(e, ERR_SYS, 0, tty_term_colors(term) < 0 ?
		    T_TTY_TERM : T_TTY_CURSOR, term);
	return err_hint(e, T_TTY_HINT);
}

static bool
screen_open(struct tty_screen *s, const char *term, struct err *e)
{
	AUTO_BUF struct buf cup = BUF_INIT;

	/* newterm() loses memory when it does not know the type. */
	if (tty_term_colors(term) < 0)
		return refuse(term, e);
	s->file = memory_file(e);
	if (s->file == NULL)
		return false;
	s->screen = newterm_quietly(term, s->file);
if (s->screen == NULL || !tty_screen_cap(s, "cup", &cup))
		return refuse(term, e);
	nonl();			/* raw: a newline goes down, no more */
	typeahead(-1);
	leaveok(stdscr, FALSE);
	idlok(stdscr, FALSE);
	if (has_colors() && start_color() == OK) {
		s->has_colors = true;
		s->has_default_colors = use_default_colors() == OK;
	}
	return true;
}

struct tty_screen *
tty_screen_new(const char *term, int rows, int cols, struct err *e)
{
	struct tty_screen *s = calloc(1, sizeof(*s));

	if (s == NULL || !buffers_resize(s, rows, cols)) {
		free(s);
		err_nomem(e);
		return NULL;
	}
	if (!screen_open(s, term, e)) {
		tty_screen_free(s);
		return NULL;
	}
	resize_term(rows, cols);
	return s;
}

/* Without endwin(): tty.c restores the terminal itself. */
void
tty_screen_free(struct tty_screen *s)
{
	if (s == NULL)
		return;
	if (s->screen != NULL) {
		set_term(s->screen);
		delscreen(s->screen);
		set_curterm(NULL);	/* it was freed with the screen */
	}
	if (s->file != NULL)
		fclose(s->file);
	free(s->line);
	free(s->last);
	free(s);
}

void
tty_screen_forget(struct tty_screen *s)
{
	s->is_known = false;
}

bool
tty_screen_resize(struct tty_screen *s, int rows, int cols, struct err *e)
{
	set_term(s->screen);
	return (buffers_resize(s, rows, cols) &&
	    resize_term(rows, cols) == OK) || err_nomem(e);
}

/* --- terminfo ----------------------------------------------------------- */

/* Padding "$<5/>": no line needs it that is newer than 1985. */
static void
add_unpadded(struct buf *out, const char *cap)
{
	const char *end;

	for (; *cap != '\0'; cap++) {
		end = cap[0] == '$' && cap[1] == '<' ? strchr(cap, '>') :
		    NULL;
		if (end != NULL)
			cap = end;
		else
			buf_putc(out, *cap);
	}
}

static const char *
cap_of(const char *name)
{
	const char *cap = tigetstr(name);

	return cap == (const char *)-1 || cap == NULL ? NULL : cap;
}

bool
tty_screen_cap(struct tty_screen *s, const char *name, struct buf *out)
{
	const char *cap;

	set_term(s->screen);
	cap = cap_of(name);
	if (cap != NULL)
		add_unpadded(out, cap);
	return cap != NULL;
}

void
tty_screen_move(struct tty_screen *s, int row, int col, struct buf *out)
{
	const char *cup;

	set_term(s->screen);
	cup = cap_of("cup");
	if (cup != NULL)
		add_unpadded(out, tiparm(cup, row, col));
}

bool
tty_screen_learn(struct tty_screen *s, struct press_decoder *d)
{
	const char	*cap;
	size_t		 i;

	set_term(s->screen);
	for (i = 0; i < LENGTH(terminfo_keys); i++) {
		cap = cap_of(terminfo_keys[i].cap);
		if (cap != NULL &&
		    !press_decoder_learn(d, cap, terminfo_keys[i].code))
			return false;
	}
	return true;
}

/* Codes of the keypad are no function keys: see press_decoder_learn. */
bool
tty_screen_has_function_keys(struct tty_screen *s)
{
	const char	*cap;
	size_t		 i;

	set_term(s->screen);
	for (i = 0; i < FUNCTION_KEYS; i++) {
		cap = cap_of(terminfo_keys[i].cap);
		if (cap == NULL || (str_starts(cap, "\033O") &&
		    cap[2] >= 'j' && cap[2] <= 'y'))
			return false;
	}
	return true;
}

/* -1 for an unknown type. */
int
tty_term_colors(const char *term)
{
	TERMINAL	*before = cur_term;
	int		 result, colors;

	if (term == NULL || term[0] == '\0' ||
	    setupterm(term, STDOUT_FILENO, &result) != OK)
		return -1;
	colors = tigetnum("colors");
	del_curterm(cur_term);
	set_curterm(before);
	return colors > 0 ? colors : 0;
}

/* --- looks -------------------------------------------------------------- */

static attr_t
attrs_of(unsigned attr)
{
	return ((attr & ATTR_BOLD) != 0 ? A_BOLD : 0) |
	    ((attr & ATTR_REVERSE) != 0 ? A_REVERSE : 0) |
	    ((attr & ATTR_UNDERLINE) != 0 ? A_UNDERLINE : 0) |
	    ((attr & ATTR_DIM) != 0 ? A_DIM : 0);
}

/* Bright colours of a terminal of eight are bold, or the plain ones. */
static short
color_of(const struct tty_screen *s, int color, attr_t *attr, short plain)
{
	if (color < 0)
		return s->has_default_colors ? -1 : plain;
	if (color >= COLORS) {
		*attr |= color >= 8 ? A_BOLD : 0;
		color %= 8;
	}
	return (short)color;
}

static void
look_style(struct tty_screen *s, enum look look, const struct theme_look *l,
    bool colors)
{
	attr_t	 ignored = 0;
	short	 fg, bg, pair = (short)(look + 1);

	s->attrs[look] = attrs_of(l->attr);
	s->pairs[look] = 0;
	if (!colors || (l->fg < 0 && l->bg < 0))
		return;
	fg = color_of(s, l->fg, &s->attrs[look], COLOR_WHITE);
	bg = color_of(s, l->bg, &ignored, COLOR_BLACK);
	if (pair < COLOR_PAIRS && init_pair(pair, fg, bg) == OK)
		s->pairs[look] = pair;
}

void
tty_screen_style(struct tty_screen *s, const struct theme *theme,
    enum glyph_set glyphs, bool colors)
{
	size_t i;

	set_term(s->screen);
	s->glyphs = theme->has_glyphs ? glyphs : GLYPHS_ASCII;
	for (i = 0; i < LOOK_COUNT; i++)
		look_style(s, (enum look)i, &theme->look[i],
		    colors && s->has_colors);
	s->is_known = false;
}

/* --- a frame ------------------------------------------------------------ */

/* A glyph of this set; false: the cell's ASCII is drawn. */
static bool
glyph_set(const struct tty_screen *s, const struct cell *cell, cchar_t *out)
{
	wchar_t		 text[CCHARW_MAX + 1] = { glyph_utf8[cell->glyph] };
	unsigned char	 acs = glyph_acs[cell->glyph];
	attr_t		 attr = 0;
	short		 pair;

	if (s->glyphs == GLYPHS_UTF8 && wcwidth(text[0]) == 1)
		return setcchar(out, text, s->attrs[cell->look],
		    s->pairs[cell->look], NULL) == OK;
	if (s->glyphs != GLYPHS_ACS || acs == 0 ||
	    getcchar(NCURSES_WACS(acs), text, &attr, &pair, NULL) != OK)
		return false;
	return setcchar(out, text, attr | s->attrs[cell->look],
	    s->pairs[cell->look], NULL) == OK;
}

/* The bytes of a cell as wide characters, at most what a cchar_t holds. */
static void
cell_wide(const struct cell *cell, wchar_t out[CCHARW_MAX + 1])
{
	mbstate_t	 state;
	size_t		 i = 0, n, used;

	memset(&state, 0, sizeof(state));
	for (n = 0; n < CCHARW_MAX && i < cell->len; n++) {
		used = mbrtowc(&out[n], cell->text + i, cell->len - i,
		    &state);
		if (used == 0 || used > cell->len - i)
			break;
		i += used;
	}
	if (n == 0)
		out[n++] = L'?';
	out[n] = L'\0';
}

void
tty_screen_ascii(struct tty_screen *s)
{
	s->is_ascii = true;
}

/* For a terminal without UTF-8: as many "?" as the cluster has columns. */
static bool
is_foreign(const struct tty_screen *s, const struct cell *cell)
{
	return s->is_ascii && cell->glyph == GLYPH_NONE && cell->len > 0 &&
	    (unsigned char)cell->text[0] >= 0x80;
}

static void
cell_draw(const struct tty_screen *s, const struct cell *cell, cchar_t *out)
{
	wchar_t text[CCHARW_MAX + 1];

	if (cell->glyph != GLYPH_NONE && glyph_set(s, cell, out))
		return;
	if (cell->len == 1) {
		text[0] = (wchar_t)cell->text[0];
		text[1] = L'\0';
	} else
		cell_wide(cell, text);
	if (setcchar(out, text, s->attrs[cell->look], s->pairs[cell->look],
	    NULL) != OK)
		(void)setcchar(out, L"?", s->attrs[cell->look],
		    s->pairs[cell->look], NULL);
}

/* One cchar_t a character: ncurses itself fills the second half. */
static void
row_draw(struct tty_screen *s, const struct cell *cells, int row, int cols)
{
	int col, n = 0;

	for (col = 0; col < cols; col++) {
		const struct cell *cell = &cells[col];
		int i;

		for (i = 0; is_foreign(s, cell) && i < cell->columns; i++)
			(void)setcchar(&s->line[n++], L"?",
			    s->attrs[cell->look], s->pairs[cell->look], NULL);
		if (cell->columns > 0 && !is_foreign(s, cell))
			cell_draw(s, cell, &s->line[n++]);
	}
	mvadd_wchnstr(row, 0, s->line, n);
}

/* Gives ncurses the rows that differ; false when none does. */
static bool
picture_draw(struct tty_screen *s, const struct canvas *c)
{
	int			 rows = canvas_rows(c), cols = canvas_cols(c);
	const struct cell	*cells;
	struct cell		*last;
	size_t			 bytes;
	bool			 changed = false;
	int			 row;

	rows = rows < s->rows ? rows : s->rows;
	cols = cols < s->cols ? cols : s->cols;
	bytes = (size_t)cols * sizeof(*cells);
	for (row = 0; row < rows; row++) {
		cells = canvas_cell(c, row, 0);
		last = &s->last[(size_t)row * (size_t)s->cols];
		if (s->is_known && memcmp(cells, last, bytes) == 0)
			continue;
		memcpy(last, cells, bytes);
		row_draw(s, cells, row, cols);
		changed = true;
	}
	return changed;
}

/* Takes what ncurses wrote and empties the file for the next frame. */
static bool
bytes_take(struct tty_screen *s, struct buf *out)
{
	int	 fd = fileno(s->file);
	off_t	 len = lseek(fd, 0, SEEK_CUR);
	ssize_t	 n = 0;

	if (len <= 0)
		return len == 0;
	buf_reserve(out, (size_t)len);
	if (!out->failed)
		n = pread(fd, out->data + out->len, (size_t)len, 0);
	if (n == len)
		out->len += (size_t)n;
	if (out->data != NULL)
		out->data[out->len] = '\0';
	return ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
	    n == len;
}

bool
tty_screen_draw(struct tty_screen *s, const struct canvas *c,
    struct buf *out)
{
	int	 row, col;
	bool	 changed, ok;

	set_term(s->screen);
	if (!s->is_known) {
		werase(stdscr);
		clearok(curscr, TRUE);
	}
	changed = picture_draw(s, c);
	canvas_cursor_get(c, &row, &col);
	if (!changed && s->is_known && row == s->cursor_row &&
	    col == s->cursor_col)
		return true;
	wmove(stdscr, row < s->rows ? row : s->rows - 1,
	    col < s->cols ? col : s->cols - 1);
	wnoutrefresh(stdscr);
	doupdate();
	ok = bytes_take(s, out);
	s->cursor_row = row;
	s->cursor_col = col;
	s->is_known = ok;
	return ok;
}
