/*
 * Inside the terminal only: what ncurses is good for, without its input, its
 * signals and its output.  It thinks that a file in memory is the terminal;
 * the bytes of each frame are taken from there and written by tty.c.
 */
#ifndef UI_TTY_CURSES_H
#define UI_TTY_CURSES_H

#include "canvas.h"
#include "press.h"
#include "stconsole/err.h"
#include "theme.h"

struct tty_screen;

struct tty_screen *tty_screen_new(const char *term, int rows, int cols,
	     struct err *e);
void	 tty_screen_free(struct tty_screen *s);
/* Looks of the theme, in colour when the terminal has it and colors. */
void	 tty_screen_style(struct tty_screen *s, const struct theme *theme,
	     enum glyph_set glyphs, bool colors);
/* The terminal reads no UTF-8: what is not ASCII is shown as "?". */
void	 tty_screen_ascii(struct tty_screen *s);
/* The next frame is painted whole. */
void	 tty_screen_forget(struct tty_screen *s);
bool	 tty_screen_resize(struct tty_screen *s, int rows, int cols,
	     struct err *e);
/*
 * Appends what changes the terminal into this picture: nothing when it shows
 * it.  False when the bytes could not be had (memory).
 */
bool	 tty_screen_draw(struct tty_screen *s, const struct canvas *c,
	     struct buf *out);
/* A string of terminfo without padding; false when there is none. */
bool	 tty_screen_cap(struct tty_screen *s, const char *name,
	     struct buf *out);
void	 tty_screen_move(struct tty_screen *s, int row, int col,
	     struct buf *out);
/* All keys that terminfo knows. */
bool	 tty_screen_learn(struct tty_screen *s, struct press_decoder *d);
bool	 tty_screen_has_function_keys(struct tty_screen *s);

#endif
