/*
 * The terminal.  Shows a canvas with the fewest bytes, reads keys, restores
 * the terminal however the program ends.  Output never blocks the caller:
 * bytes that the terminal does not take wait here, one frame at most, and no
 * other frame is drawn before they are gone.
 *
 * In raw mode Ctrl-Z alone is still a signal (SIGTSTP to the whole group);
 * Ctrl-C and Ctrl-\ arrive as bytes.  Flow control stays as it was.
 *
 * One thread, the one that opened it; tty_restore alone may be called from a
 * signal handler.  One tty at a time.
 */
#ifndef UI_TTY_H
#define UI_TTY_H

#include "canvas.h"
#include "press.h"
#include "theme.h"

struct tty;

struct tty_options {
	int		 in, out;	/* not closed, flags not changed */
	const char	*term;		/* NULL: the environment's TERM */
	enum profile	 profile;
	enum glyph_set	 glyphs;
	bool		 no_color;
	bool		 is_ascii;	/* it reads no UTF-8 */
	int		 esc_ms;	/* see press_decoder_wait_set */
	int		 rows, cols;	/* 0: ask the terminal */
	/*
	 * Restores on SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL too, and turns
	 * write(1) and wall(1) off.  A test with pipes leaves it out.
	 */
	bool		 owns_process;
};

/* ERR_SYS with a sentence for an unknown TERM; then "dumb" needs --linear. */
struct tty *tty_open(const struct tty_options *o, const struct theme *t,
	     struct err *e);
/* Puts the terminal back as it was.  NULL is allowed. */
void	 tty_close(struct tty *t);
/* Async-signal-safe: the bytes and modes collected by tty_open. */
void	 tty_restore(void);

/* At once: profile and theme may change while it is open. */
void	 tty_theme_set(struct tty *t, const struct theme *theme,
	     enum profile profile, enum glyph_set glyphs);
bool	 tty_has_function_keys(const struct tty *t);
/* Colours of a type as terminfo says, 0 for none; -1: an unknown type. */
int	 tty_term_colors(const char *term);

/* The size as the kernel tells; 80x24 when it does not know. */
void	 tty_size(const struct tty *t, int *rows, int *cols);
/* After SIGWINCH: asks the kernel again and re-lays out the buffers. */
bool	 tty_resized(struct tty *t, struct err *e);
/* A size that a person or the terminal told (see tty_size_ask). */
bool	 tty_size_set(struct tty *t, int rows, int cols, struct err *e);
/*
 * Lines that have no SIGWINCH and say 0x0: asks the terminal where its last
 * corner is (CSI 6n); the answer comes as PRESS_REPLY, or never.
 */
void	 tty_size_ask(struct tty *t);
bool	 tty_size_is_known(const struct tty *t);

enum tty_shown {
	TTY_SHOWN,
	TTY_BUSY,	/* call again when tty_fd_out is writable */
	TTY_GONE	/* hang-up */
};
/*
 * Shows the canvas and puts the hardware cursor on its cursor, with one
 * write(2).  After TTY_BUSY the next call shows whatever is new by then.
 */
enum tty_shown tty_show(struct tty *t, const struct canvas *c);
/* For poll(), after TTY_BUSY only: POLLOUT. */
int	 tty_fd_out(const struct tty *t);
/* The next tty_show paints all (Ctrl-L, after SIGCONT, broadcasts). */
void	 tty_repaint(struct tty *t);
void	 tty_bell(struct tty *t);

/* For poll(): the input; tty_key after it is readable, until false. */
int	 tty_fd(const struct tty *t);
/*
 * Reads what is there, once, without blocking.  False when the terminal is
 * gone: tty_key gives PRESS_EOF then, after what came before.
 */
bool	 tty_read(struct tty *t, int64_t now_ms);
bool	 tty_key(struct tty *t, int64_t now_ms, struct press *p);
int	 tty_key_due(const struct tty *t, int64_t now_ms);

/* SIGTSTP: restore, then the caller stops; afterwards take it again. */
void	 tty_suspend(struct tty *t);
bool	 tty_resume(struct tty *t, struct err *e);

/* Bytes sent so far, frames, frames skipped: for tests and --stats. */
struct tty_counts {
	uint64_t	 bytes, writes, frames, unchanged, skipped;
};
void	 tty_counts(const struct tty *t, struct tty_counts *out);

#endif
