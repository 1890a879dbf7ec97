/*
 * The console in this process: the real screens over answers from files, on
 * a canvas, with keys by their names and a clock that stands.
 */
#ifndef TESTS_SCREEN_CONSOLE_H
#define TESTS_SCREEN_CONSOLE_H

#include "../../src/ui/app.h"
#include "fixed.h"

struct console {
	struct clock	 clock;
	struct world	 world;
	struct work	*work;
	struct app	*app;
	struct canvas	*canvas;
	char		*state;		/* a folder of its own */
	struct buf	 text;		/* of console_text */
};

/* Opens a screen and lets all calls be answered.  Fails the test. */
void	 console_open(struct console *c, const char *screen, int rows,
	     int cols, const char *profile);
void	 console_close(struct console *c);
/* Keys by name, blanks between: "3 Down F8 a"; "'some text'" is typed. */
void	 console_keys(struct console *c, const char *keys);
/* Answers and timers until nothing happens any more. */
void	 console_settle(struct console *c);
/* Time goes on, then settles. */
void	 console_wait(struct console *c, int64_t ms);
void	 console_resize(struct console *c, int rows, int cols);
/* The picture, with cursor and looks; valid until the next call. */
const char *console_text(struct console *c, bool marks);
/* Whether a line of the picture has these words. */
bool	 console_has(struct console *c, const char *words);
/* The row that has the hardware cursor. */
const char *console_cursor_row(struct console *c);
/*
 * Compares the picture with tests/screen/goldens/NAME.txt; with
 * UPDATE_GOLDENS=1 it is written anew.
 */
void	 console_golden(struct console *c, const char *name);

#endif
