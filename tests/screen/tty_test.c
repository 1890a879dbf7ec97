/*
 * The terminal over pipes and libvterm, for each type that people have.
 */
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/ui/tty.h"
#include "stconsole/mem.h"
#include "vt.h"

#define ROWS	24
#define COLS	80
#define ESC_MS	100

struct type {
	const char	*term;
	enum profile	 profile;
	enum glyph_set	 glyphs;
	size_t		 paint_max;	/* bytes of a first paint */
	size_t		 move_max;	/* of the focus, one row down */
};

/* Facts tui.md 2.4; what has no target there has the nearest one. */
static const struct type types[] = {
	{ "vt100", PROFILE_ECONOMY, GLYPHS_ASCII, 1600, 32 },
	{ "vt220", PROFILE_BASIC, GLYPHS_ASCII, 2000, 240 },
	{ "linux", PROFILE_BASIC, GLYPHS_UTF8, 2600, 240 },
	{ "xterm-256color", PROFILE_RICH, GLYPHS_UTF8, 2600, 240 },
	{ "screen", PROFILE_RICH, GLYPHS_UTF8, 2600, 240 },
	{ "tmux-256color", PROFILE_RICH, GLYPHS_UTF8, 2600, 240 }
};

struct bench {
	const struct type	*type;
	struct vt		*vt;
	struct tty		*tty;
	struct canvas		*canvas;
	struct theme		 theme;
	int64_t			 now;
};

/* A terminal of somebody whose locale is no UTF-8. */
static bool is_ascii;

static void
open_as(struct bench *b, const struct type *type)
{
	struct tty_options	 o = {
		.term = type->term, .profile = type->profile,
		.glyphs = type->glyphs, .esc_ms = ESC_MS, .rows = ROWS,
		.cols = COLS, .is_ascii = is_ascii
	};
	static const char *const themes[] = {
		[PROFILE_ECONOMY] = "economy", [PROFILE_BASIC] = "mono",
		[PROFILE_RICH] = "dark"
	};
	struct err		 e;

	memset(b, 0, sizeof(*b));
	b->type = type;
	b->now = 1000;
	b->vt = vt_new(type->term, ROWS, COLS);
	b->canvas = canvas_new(ROWS, COLS);
	assert_non_null(b->canvas);
	if (!theme_load("themes", NULL, themes[type->profile], &b->theme,
	    &e))
		fail_msg("%s", e.msg);
	o.in = vt_in(b->vt);
	o.out = vt_out(b->vt);
	b->tty = tty_open(&o, &b->theme, &e);
	if (b->tty == NULL)
		fail_msg("%s", e.msg);
}

static void
close_all(struct bench *b)
{
	tty_close(b->tty);
	(void)vt_pump(b->vt);
	canvas_free(b->canvas);
	vt_free(b->vt);
}

/* A list of people with a title and a bar, as the console has them. */
static void
paint_list(struct bench *b, int first, int focus)
{
	struct canvas	*c = b->canvas;
	bool		 is_caret = b->theme.select == SELECT_CARET;
	char		 line[COLS + 1];
	int		 row;

	canvas_erase(c);
	canvas_put(c, 0, 0, COLS, LOOK_TITLE, "stconsole  Home > "
	    "Administrators");
	canvas_put_right(c, 0, 52, 28, LOOK_TEXT, "chat01   docker   admin");
	if (b->theme.has_frame)
		canvas_glyph(c, 1, 0, COLS, LOOK_RULE, GLYPH_RULE);
	for (row = 0; row < 17; row++) {
		snprintf(line, sizeof(line), "person%02d@corp.test   "
		    "Person Number %02d   found, %3d days ago", first + row,
		    first + row, (first + row) * 7);
		canvas_put(c, 4 + row, 2, 3, LOOK_OK, b->theme.mark_ok);
		canvas_put(c, 4 + row, 5, COLS - 5, LOOK_TEXT, line);
	}
	canvas_put(c, 22, 2, COLS - 2, LOOK_TEXT, "Nobody in the directory "
	    "has this mail. R repairs, X removes");
	canvas_put(c, 23, 0, COLS, LOOK_KEY, " F1 Help  A Add  X Remove  "
	    "R Repair  F6 Command  F8 Preview  / Filter");
	if (is_caret)
		canvas_put(c, 4 + focus, 0, 1, LOOK_FOCUS, ">");
	else
		canvas_look(c, (struct area){ 4 + focus, 0, 1, COLS },
		    LOOK_FOCUS);
	canvas_cursor(c, 4 + focus, 0);
}

static size_t
show(struct bench *b)
{
	assert_int_equal(tty_show(b->tty, b->canvas), TTY_SHOWN);
	return vt_pump(b->vt);
}

/* What is on the terminal is what was painted, cursor and all. */
static void
shows_the_canvas(struct bench *b)
{
	AUTO_BUF struct buf	 wanted = BUF_INIT, seen = BUF_INIT;
	int			 row, col, vrow, vcol;

	canvas_dump(b->canvas, false, &wanted);
	vt_picture(b->vt, &seen);
	assert_string_equal(buf_str(&seen), buf_str(&wanted));
	canvas_cursor_get(b->canvas, &row, &col);
	vt_cursor(b->vt, &vrow, &vcol);
	assert_int_equal(vrow, row);
	assert_int_equal(vcol, col);
	assert_true(vt_cursor_is_visible(b->vt));
}

#define EACH_TYPE(b) \
	for (size_t i_ = 0; i_ < LENGTH(types) && \
	    (open_as(&(b), &types[i_]), true); close_all(&(b)), i_++)

static void
at_most(const struct bench *b, const char *what, size_t bytes, size_t max)
{
	if (getenv("SHOW_BYTES") != NULL)
		fprintf(stderr, "%s: %s %zu\n", b->type->term, what, bytes);
	if (bytes > max)
		fail_msg("%s: %s takes %zu bytes, more than %zu",
		    b->type->term, what, bytes, max);
}

static void
every_type_shows_what_was_painted(void **state)
{
	struct bench b;

	(void)state;
	EACH_TYPE(b) {
		/* Line drawing has its own test. */
		b.theme.has_frame = false;
		paint_list(&b, 0, 0);
		(void)show(&b);
		shows_the_canvas(&b);
		paint_list(&b, 40, 16);
		(void)show(&b);
		shows_the_canvas(&b);
		canvas_erase(b.canvas);
		(void)show(&b);
		shows_the_canvas(&b);
	}
}

static void
bytes_stay_within_their_targets(void **state)
{
	struct bench	 b;
	struct tty_counts n;

	(void)state;
	EACH_TYPE(b) {
		paint_list(&b, 0, 0);
		at_most(&b, "first paint", show(&b), b.type->paint_max);
		paint_list(&b, 0, 1);
		at_most(&b, "one down", show(&b), b.type->move_max);
		paint_list(&b, 17, 16);
		at_most(&b, "page", show(&b), 900);
		paint_list(&b, 18, 16);
		at_most(&b, "scroll", show(&b),
		    b.type->profile == PROFILE_ECONOMY ? 120 : 280);
		tty_counts(b.tty, &n);
		assert_int_equal(n.frames, 4);
		assert_int_equal(n.writes, 4);
	}
}

static void
without_utf8_what_is_not_ascii_is_a_question_mark(void **state)
{
	struct bench b;

	(void)state;
	is_ascii = true;
	EACH_TYPE(b) {
		AUTO_BUF struct buf row = BUF_INIT;

		canvas_erase(b.canvas);
		canvas_put(b.canvas, 2, 0, 20, LOOK_TEXT,
		    "a\xc3\xa9z \xe6\xbc\xa2\xe5\xad\x97 end");
		(void)show(&b);
		vt_row(b.vt, 2, &row);
		assert_non_null(strstr(buf_str(&row), "a?z ???? end"));
	}
	is_ascii = false;
}

static void
an_unchanged_frame_sends_nothing(void **state)
{
	struct bench		 b;
	struct tty_counts	 n;

	(void)state;
	EACH_TYPE(b) {
		paint_list(&b, 0, 3);
		(void)show(&b);
		paint_list(&b, 0, 3);
		assert_int_equal(show(&b), 0);
		canvas_erase(b.canvas);
		paint_list(&b, 0, 3);
		assert_int_equal(show(&b), 0);
		tty_counts(b.tty, &n);
		assert_int_equal(n.unchanged, 2);
		assert_int_equal(n.frames, 1);
	}
}

static void
a_typed_letter_sends_little_more_than_itself(void **state)
{
	struct bench b;

	(void)state;
	EACH_TYPE(b) {
		b.theme.has_frame = false;
		paint_list(&b, 0, 3);
		canvas_put(b.canvas, 10, 10, 9, LOOK_TEXT, "chat");
		canvas_cursor(b.canvas, 10, 14);
		(void)show(&b);
		canvas_put(b.canvas, 10, 14, 1, LOOK_TEXT, "0");
		canvas_cursor(b.canvas, 10, 15);
		at_most(&b, "a letter", show(&b), 8);
		shows_the_canvas(&b);
	}
}

static void
lines_are_drawn_as_the_terminal_can(void **state)
{
	static const char *const	 acs_row = "\xe2\x94\x8c\xe2\x94\x80"
	    "\xe2\x94\x80\xe2\x94\x90";
	AUTO_BUF struct buf		 row = BUF_INIT;
	struct bench			 b;

	(void)state;
	EACH_TYPE(b) {
		canvas_glyph(b.canvas, 0, 0, 1, LOOK_RULE, GLYPH_TOP_LEFT);
		canvas_glyph(b.canvas, 0, 1, 2, LOOK_RULE, GLYPH_RULE);
		canvas_glyph(b.canvas, 0, 3, 1, LOOK_RULE, GLYPH_TOP_RIGHT);
		(void)show(&b);
		buf_reset(&row);
		vt_row(b.vt, 0, &row);
		assert_string_equal(buf_str(&row),
		    b.type->glyphs == GLYPHS_UTF8 ? acs_row : "+--+");
		tty_theme_set(b.tty, &b.theme, b.type->profile, GLYPHS_ASCII);
		(void)show(&b);
		buf_reset(&row);
		vt_row(b.vt, 0, &row);
		assert_string_equal(buf_str(&row), "+--+");
	}
}

static void
wide_and_combining_text_is_shown_whole(void **state)
{
	struct bench b;

	(void)state;
	EACH_TYPE(b) {
		canvas_put(b.canvas, 0, 0, COLS, LOOK_TEXT,
		    "a\xe6\x97\xa5\xe6\x9c\xac" "b e\xcc\x81x");
		canvas_put(b.canvas, 1, 78, 2, LOOK_TEXT, "\xe8\xaa\x9e");
		canvas_put(b.canvas, 2, 0, 4, LOOK_TEXT,
		    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
		canvas_cursor(b.canvas, 0, 6);
		(void)show(&b);
		shows_the_canvas(&b);
		canvas_put(b.canvas, 0, 2, 1, LOOK_TEXT, "x");
		canvas_put(b.canvas, 2, 1, 1, LOOK_TEXT, "y");
		(void)show(&b);
		shows_the_canvas(&b);
	}
}

static void
looks_are_attributes_and_colours_where_there_are_some(void **state)
{
	struct bench	 b;
	char		 attrs[4];
	int		 fg, bg;

	(void)state;
	EACH_TYPE(b) {
		canvas_put(b.canvas, 0, 0, 4, LOOK_BANNER, "ab");
		canvas_put(b.canvas, 1, 0, 4, LOOK_ERROR, "cd");
		(void)show(&b);
		vt_attrs(b.vt, 1, 0, attrs);
		assert_string_equal(attrs, "b");
		vt_colors(b.vt, 1, 0, &fg, &bg);
		assert_int_equal(bg, -1);
		if (b.type->profile == PROFILE_RICH)
			assert_true(fg == 1 || fg == 9);
		else
			assert_int_equal(fg, -1);
		vt_attrs(b.vt, 2, 0, attrs);
		assert_string_equal(attrs, "");
	}
}

static void
another_size_is_painted_whole(void **state)
{
	struct bench	 b;
	struct err	 e;
	int		 rows, cols;

	(void)state;
	EACH_TYPE(b) {
		b.theme.has_frame = false;
		paint_list(&b, 0, 3);
		(void)show(&b);
		vt_resize(b.vt, 16, 60);
		assert_true(tty_size_set(b.tty, 16, 60, &e));
		tty_size(b.tty, &rows, &cols);
		assert_int_equal(rows, 16);
		assert_int_equal(cols, 60);
		assert_true(canvas_resize(b.canvas, 16, 60));
		canvas_put(b.canvas, 15, 50, 10, LOOK_TEXT, "the corner");
		canvas_cursor(b.canvas, 15, 59);
		(void)show(&b);
		shows_the_canvas(&b);
		vt_resize(b.vt, 50, 132);
		assert_true(tty_size_set(b.tty, 50, 132, &e));
		assert_true(canvas_resize(b.canvas, 50, 132));
		canvas_put(b.canvas, 49, 122, 10, LOOK_TEXT, "the corner");
		(void)show(&b);
		shows_the_canvas(&b);
	}
}

static void
a_canvas_of_another_size_does_no_harm(void **state)
{
	struct bench b;

	(void)state;
	EACH_TYPE(b) {
		assert_true(canvas_resize(b.canvas, 40, 100));
		canvas_put(b.canvas, 39, 0, 9, LOOK_TEXT, "below");
		canvas_cursor(b.canvas, 39, 99);
		(void)show(&b);
		assert_true(canvas_resize(b.canvas, 2, 4));
		canvas_put(b.canvas, 1, 0, 4, LOOK_TEXT, "abcd");
		(void)show(&b);
	}
}

static void
the_terminal_is_put_back_for_a_stop_and_taken_again(void **state)
{
	struct bench	 b;
	struct err	 e;
	bool		 has_alternate;
	int		 row, col;

	(void)state;
	EACH_TYPE(b) {
		b.theme.has_frame = false;
		paint_list(&b, 0, 3);
		(void)show(&b);
		has_alternate = strncmp(b.type->term, "vt", 2) != 0 &&
		    strcmp(b.type->term, "linux") != 0;
		assert_int_equal(vt_is_alternate(b.vt), has_alternate);
		tty_suspend(b.tty);
		(void)vt_pump(b.vt);
		assert_false(vt_is_alternate(b.vt));
		vt_cursor(b.vt, &row, &col);
		assert_int_equal(row, has_alternate ? 0 : ROWS - 1);
		assert_int_equal(tty_show(b.tty, b.canvas), TTY_SHOWN);
		assert_int_equal(vt_pump(b.vt), 0);
		assert_true(tty_resume(b.tty, &e));
		(void)show(&b);
		assert_int_equal(vt_is_alternate(b.vt), has_alternate);
		shows_the_canvas(&b);
	}
}

static void
a_repaint_takes_foreign_text_away(void **state)
{
	static const char	 wall[] = "\r\nBroadcast message from root\r\n";
	struct bench		 b;

	(void)state;
	EACH_TYPE(b) {
		b.theme.has_frame = false;
		paint_list(&b, 0, 3);
		(void)show(&b);
		assert_true(write(vt_out(b.vt), wall, strlen(wall)) > 0);
		(void)vt_pump(b.vt);
		tty_repaint(b.tty);
		(void)show(&b);
		shows_the_canvas(&b);
	}
}

static void
a_signal_restores_what_close_restores(void **state)
{
	AUTO_BUF struct buf	 restored = BUF_INIT;
	struct bench		 b;

	(void)state;
	EACH_TYPE(b) {
		paint_list(&b, 0, 3);
		(void)show(&b);
		tty_restore();
		assert_true(vt_pump(b.vt) > 0);
		assert_false(vt_is_alternate(b.vt));
		assert_true(vt_cursor_is_visible(b.vt));
		tty_restore();
		assert_int_equal(vt_pump(b.vt), 0);
	}
}

/* --- keys ------------------------------------------------------------- */

static void
read_now(struct bench *b)
{
	assert_true(tty_read(b->tty, b->now));
}

/* The keys that there are now, by name. */
static void
gives(struct bench *b, const char *names)
{
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct press		 p;
	int			 i;

	for (i = 0; i < 100 && tty_key(b->tty, b->now, &p); i++) {
		if (out.len > 0)
			buf_putc(&out, ' ');
		if (p.code == PRESS_REPLY)
			buf_printf(&out, "%dx%d", p.row, p.col);
		else
			press_name(&p, &out);
		press_fini(&p);
		if (p.code == PRESS_EOF)
			break;
	}
	assert_string_equal(buf_str(&out), names);
}

static void
keys_arrive_on_every_type(void **state)
{
	struct bench b;

	(void)state;
	EACH_TYPE(b) {
		(void)show(&b);
		read_now(&b);
		gives(&b, "");
		vt_type(b.vt, "a\033[15~\033[5~\033OA\033[H\x7f\r\xc3\xa9");
		read_now(&b);
		gives(&b, "a F5 PgUp Up Home Backspace Enter \xc3\xa9");
		vt_type(b.vt, "\033");
		read_now(&b);
		gives(&b, "");
		assert_int_equal(tty_key_due(b.tty, b.now), ESC_MS);
		b.now += ESC_MS;
		gives(&b, "Esc");
		assert_int_equal(tty_key_due(b.tty, b.now), -1);
	}
}

static void
the_bar_knows_which_types_have_function_keys(void **state)
{
	struct bench b;

	(void)state;
	EACH_TYPE(b)
		assert_int_equal(tty_has_function_keys(b.tty),
		    strncmp(b.type->term, "vt", 2) != 0);
}

static void
a_hang_up_is_the_last_key(void **state)
{
	struct bench b;

	(void)state;
	EACH_TYPE(b) {
		(void)show(&b);
		vt_type(b.vt, "ab");
		vt_hang_up(b.vt);
		read_now(&b);
		while (tty_read(b.tty, b.now))
			continue;
		gives(&b, "a b EOF");
		gives(&b, "EOF");
		assert_int_equal(tty_key_due(b.tty, b.now), 0);
		assert_int_equal(tty_show(b.tty, b.canvas), TTY_GONE);
	}
}

static void
the_size_is_asked_of_the_terminal_itself(void **state)
{
	struct bench b;

	(void)state;
	EACH_TYPE(b) {
		paint_list(&b, 0, 3);
		(void)show(&b);
		read_now(&b);
		gives(&b, "");
		tty_size_ask(b.tty);
		(void)vt_pump(b.vt);
		read_now(&b);
		gives(&b, "24x80");
		assert_int_equal(show(&b), 0);
	}
}

static void
frames_are_shown_at_once_where_the_terminal_can(void **state)
{
	struct bench b;

	(void)state;
	open_as(&b, &types[3]);
	paint_list(&b, 0, 3);
	(void)show(&b);
	assert_null(strstr(buf_str(vt_sent(b.vt)), "\033[?2026h"));
	assert_non_null(strstr(buf_str(vt_sent(b.vt)), "\033[?2026$p"));
	vt_type(b.vt, "\033[?2026;2$y");
	read_now(&b);
	gives(&b, "");
	paint_list(&b, 0, 4);
	(void)show(&b);
	assert_int_equal(strncmp(buf_str(vt_sent(b.vt)), "\033[?2026h", 8),
	    0);
	assert_string_equal(buf_str(vt_sent(b.vt)) + vt_sent(b.vt)->len - 8,
	    "\033[?2026l");
	paint_list(&b, 0, 4);
	assert_int_equal(show(&b), 0);
	close_all(&b);
}

/* --- slow readers ----------------------------------------------------- */

static void
fill(struct bench *b, int frame)
{
	char	 line[COLS + 1];
	int	 row, col;

	for (row = 0; row < ROWS; row++) {
		for (col = 0; col < COLS; col++)
			line[col] = (char)('!' + (row * 7 + col * 3 +
			    frame * 11) % 90);
		line[COLS] = '\0';
		canvas_put(b->canvas, row, 0, COLS, LOOK_TEXT, line);
	}
}

static void
a_terminal_that_does_not_read_never_blocks(void **state)
{
	struct bench		 b;
	struct tty_counts	 n;
	enum tty_shown		 shown = TTY_SHOWN;
	int			 i;

	(void)state;
	EACH_TYPE(b) {
		vt_narrow(b.vt);
		for (i = 0; i < 50; i++) {
			fill(&b, i);
			shown = tty_show(b.tty, b.canvas);
		}
		assert_int_equal(shown, TTY_BUSY);
		tty_counts(b.tty, &n);
		assert_true(n.skipped > 40);
		for (i = 0; i < 10 && shown == TTY_BUSY; i++) {
			assert_true(vt_pump(b.vt) > 0);
			shown = tty_show(b.tty, b.canvas);
		}
		assert_int_equal(shown, TTY_SHOWN);
		(void)vt_pump(b.vt);
		shows_the_canvas(&b);
	}
}

/* --- what cannot be opened -------------------------------------------- */

static void
is_refused(const char *term, const char *words)
{
	struct tty_options	 o = { .term = term, .rows = 24, .cols = 80 };
	struct theme		 theme;
	struct err		 e;

	theme_plain(&theme);
	err_clear(&e);
	assert_null(tty_open(&o, &theme, &e));
	if (strstr(e.msg, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.msg, words);
	assert_non_null(strstr(e.hint, "--linear"));
}

static void
types_without_a_cursor_are_refused_with_the_way_out(void **state)
{
	(void)state;
	is_refused("dumb", "cannot move its cursor");
	is_refused("nosuchtype", "no terminal of the type nosuchtype");
	is_refused("", "TERM is not set");
	tty_close(NULL);
}

static void
signals_of_others_are_left_alone(void **state)
{
	struct sigaction	 before, after;
	struct bench		 b;

	(void)state;
	sigaction(SIGTSTP, NULL, &before);
	assert_true(before.sa_handler == SIG_DFL);
	EACH_TYPE(b) {
		(void)show(&b);
		sigaction(SIGTSTP, NULL, &after);
		assert_true(after.sa_handler == SIG_DFL);
		sigaction(SIGINT, NULL, &after);
		assert_true(after.sa_handler == SIG_DFL);
		sigaction(SIGWINCH, NULL, &after);
		assert_true(after.sa_handler == SIG_DFL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_shows_what_was_painted),
		cmocka_unit_test(bytes_stay_within_their_targets),
		cmocka_unit_test(an_unchanged_frame_sends_nothing),
		cmocka_unit_test(a_typed_letter_sends_little_more_than_itself),
		cmocka_unit_test(lines_are_drawn_as_the_terminal_can),
		cmocka_unit_test(wide_and_combining_text_is_shown_whole),
		cmocka_unit_test(
		    without_utf8_what_is_not_ascii_is_a_question_mark),
		cmocka_unit_test(
		    looks_are_attributes_and_colours_where_there_are_some),
		cmocka_unit_test(another_size_is_painted_whole),
		cmocka_unit_test(a_canvas_of_another_size_does_no_harm),
		cmocka_unit_test(
		    the_terminal_is_put_back_for_a_stop_and_taken_again),
		cmocka_unit_test(a_repaint_takes_foreign_text_away),
		cmocka_unit_test(a_signal_restores_what_close_restores),
		cmocka_unit_test(keys_arrive_on_every_type),
		cmocka_unit_test(the_bar_knows_which_types_have_function_keys),
		cmocka_unit_test(a_hang_up_is_the_last_key),
		cmocka_unit_test(the_size_is_asked_of_the_terminal_itself),
		cmocka_unit_test(
		    frames_are_shown_at_once_where_the_terminal_can),
		cmocka_unit_test(a_terminal_that_does_not_read_never_blocks),
		cmocka_unit_test(
		    types_without_a_cursor_are_refused_with_the_way_out),
		cmocka_unit_test(signals_of_others_are_left_alone)
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
