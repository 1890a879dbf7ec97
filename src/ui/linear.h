/*
 * Private to linear*.c: the console as lines and questions, for screen
 * readers and terminals that can do nothing.  The same views, said by their
 * functions "by lines" (view.h); what is typed becomes the keys that the
 * views know.  Only whole lines are written, never an escape sequence; what
 * was written is never touched again.
 */
#ifndef UI_LINEAR_H
#define UI_LINEAR_H

#include <termios.h>

#include "app_private.h"

#define TYPED_MAX	65536	/* bytes; a longer line is cut */
#define PAGE_ITEMS	25
#define PAGE_LINES	40

struct linear {
	struct app	*app;
	int		 in, out;
	bool		 is_tty;	/* in: somebody sits there */
	int		 signals;
	/* What was read and not used yet; wiped as it is used. */
	char		*typed;
	size_t		 typed_len;
	bool		 drops_rest;	/* of a line that was cut */
	bool		 has_eof, is_gone, is_interrupted;
	bool		 has_echo;
	struct termios	 saved;
	/* What was said last: of which view, from its first item on. */
	unsigned	 said_serial;
	struct buf	 text;
	size_t		 next_item;	/* first of the next page, 0: none */
	size_t		 next_byte;	/* of text, 0: none */
	struct buf	 prompt;	/* the line that was said last */
	unsigned	 newest;	/* serial of the newest view seen */
	bool		 has_greeted;
	bool		 is_leaving;	/* the input has ended once */
};

/* --- linear_in.c -------------------------------------------------------- */

/* SIGINT, SIGTERM, SIGHUP by descriptor; a terminal's modes are kept. */
bool	 linear_in_open(struct linear *l, struct err *e);
/* Puts the terminal's modes back. */
void	 linear_in_close(struct linear *l);
void	 linear_echo(struct linear *l, bool is_on);
/*
 * Waits ms at most (-1: for ever) for input, signals, answers, the lock, and
 * lets the app take what came.
 */
void	 linear_wait(struct linear *l, int ms);
bool	 linear_has_line(const struct linear *l);
/*
 * The next line, without its end; the caller wipes and frees it.  NULL when
 * there is none: Ctrl-C, the end of the input, a session that has ended.
 * Meanwhile the app goes on, and the lock may come and go.
 */
char	*linear_line(struct linear *l);
bool	 linear_has_ended(const struct linear *l);
/* Drops what was typed ahead: the lock must not take it for a password. */
void	 linear_forget(struct linear *l);

/* --- linear_out.c ------------------------------------------------------- */

/* Text of lines, cleaned; blanks that make columns are squeezed. */
void	 linear_put(struct linear *l, const char *text);
void	 linear_printf(struct linear *l, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
/* What stands before an answer; no newline follows. */
void	 linear_before(struct linear *l, const char *text);
/* The top view, or only if it says something else than before. */
void	 linear_say(struct linear *l, bool only_changes);
/* The next page of what was said; false when there is none. */
bool	 linear_more(struct linear *l);
/* Takes what the view says now for said. */
void	 linear_said(struct linear *l);
/* What the app has to tell (app_say), once; whether there was anything. */
bool	 linear_tell(struct linear *l);
/* "Choose: number, a add, ? help, b back", when it is another one. */
void	 linear_prompt(struct linear *l);
void	 linear_item(struct linear *l, size_t i);

/* --- linear_ask.c ------------------------------------------------------- */

/* Until nothing is under way for the top view: "asking", progress. */
void	 linear_settle(struct linear *l);
/* Asks for the value of an input; false: no more questions, please. */
bool	 linear_ask_item(struct linear *l, size_t i);
/*
 * A view that is new: its inputs are asked for, one after the other.  False
 * when it has none.
 */
bool	 linear_ask_all(struct linear *l);
/* The idle lock: until it is open or the session ends. */
void	 linear_locked(struct linear *l);

/* --- linear_words.c ----------------------------------------------------- */

/* One line that was typed at the prompt. */
void	 linear_do(struct linear *l, const char *line);
/* The key of a meaning, as if it were pressed; a letter; text into a field. */
void	 linear_act(struct linear *l, enum act act);
void	 linear_letter(struct linear *l, char letter);
void	 linear_fill(struct linear *l, const char *text);
/* Whether the bar of the top view offers it; the letter is ACT_NONE's. */
bool	 linear_offers(const struct linear *l, enum act act, char letter);
/* From an input, where letters are text, to the first item that is none. */
void	 linear_focus_off(struct linear *l);
size_t	 linear_items(const struct linear *l);
bool	 linear_is_input(const struct linear *l, size_t i, bool *is_secret);
/* "Apply?" is the question of this view. */
bool	 linear_is_plan(const struct linear *l);

#endif
