/*
 * Keys: what a terminal sends, decoded, and what each means.  The decoder is
 * a state machine that is fed bytes and never waits: a lone ESC is held back
 * until more comes or its time is over, so that ESC and a digit typed by hand
 * is a function key (SMIT, Midnight Commander) and a sequence that a slow
 * line split is not taken for "back" and garbage.
 *
 * The key map is one table (press.c): bar, help, cheat sheet and manual page
 * are printed from it.
 */
#ifndef UI_PRESS_H
#define UI_PRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stconsole/buf.h"

enum press_code {
	PRESS_NONE,
	PRESS_TEXT,		/* text: one cluster or more, typed */
	PRESS_PASTE,		/* paste: all of a bracketed paste */
	PRESS_CTRL,		/* text[0]: 'A'..'Z' */
	PRESS_UP, PRESS_DOWN, PRESS_LEFT, PRESS_RIGHT, PRESS_HOME, PRESS_END,
	PRESS_PAGE_UP, PRESS_PAGE_DOWN, PRESS_ENTER, PRESS_TAB,
	PRESS_BACK_TAB, PRESS_BACKSPACE, PRESS_DELETE, PRESS_INSERT,
	PRESS_ESC,
	PRESS_F1, PRESS_F2, PRESS_F3, PRESS_F4, PRESS_F5, PRESS_F6, PRESS_F7,
	PRESS_F8, PRESS_F9, PRESS_F10, PRESS_F11, PRESS_F12,
	PRESS_REPLY,		/* a terminal's answer; row, col or mode */
	PRESS_EOF		/* the terminal is gone */
};

struct press {
	enum press_code	 code;
	char		 text[16];	/* PRESS_TEXT, PRESS_CTRL; terminated */
	char		*paste;		/* PRESS_PASTE; owned, press_fini */
	int		 row, col;	/* PRESS_REPLY to CSI 6n, from 1 */
	int		 mode, value;	/* PRESS_REPLY to DECRQM; 0 none */
};

void	 press_fini(struct press *p);
/* "F8", "Ctrl-L", "a", "Esc", "PgDn": for help, tests and script files. */
void	 press_name(const struct press *p, struct buf *out);
/* The other way; false for no such name.  For tests and "keys" files. */
bool	 press_parse(const char *name, size_t len, struct press *p);

/* --- decoder ------------------------------------------------------------ */

struct press_decoder;

struct press_decoder *press_decoder_new(void);
void	 press_decoder_free(struct press_decoder *d);
/* One more sequence of this terminal (terminfo); the table has the rest. */
bool	 press_decoder_learn(struct press_decoder *d, const char *sequence,
	     enum press_code code);
/*
 * How long a lone ESC is waited for, in ms; the rest of a sequence that has
 * begun has half a second.  Time passes in press_decoder_next only, so that
 * bytes which were there in time are not lost to a busy program.
 */
void	 press_decoder_wait_set(struct press_decoder *d, int esc_ms);
/* Bytes as they were read.  A paste is cut at PRESS_PASTE_MAX bytes. */
#define PRESS_PASTE_MAX	(1 << 20)
bool	 press_decoder_feed(struct press_decoder *d, const char *bytes,
	     size_t len, int64_t now_ms);
/* The next key; false when there is none (yet) at this time. */
bool	 press_decoder_next(struct press_decoder *d, int64_t now_ms,
	     struct press *p);
/* Milliseconds until press_decoder_next may have one by time; -1 never. */
int	 press_decoder_due(const struct press_decoder *d, int64_t now_ms);

/* --- key map ------------------------------------------------------------ */

/* The meanings that are the same everywhere (facts: tui.md 1, key map). */
enum act {
	ACT_NONE,
	ACT_HELP, ACT_REFRESH, ACT_BACK, ACT_VALUES, ACT_RESET, ACT_COMMAND,
	ACT_MARK, ACT_PREVIEW, ACT_JOBS, ACT_LEAVE, ACT_SEARCH, ACT_NEXT,
	ACT_PREVIOUS, ACT_PALETTE, ACT_SORT, ACT_FOLLOW, ACT_NEXT_FIELD,
	ACT_PREVIOUS_FIELD, ACT_REPAINT, ACT_DUMP, ACT_OPEN, ACT_UP, ACT_DOWN,
	ACT_LEFT, ACT_RIGHT, ACT_PAGE_UP, ACT_PAGE_DOWN, ACT_FIRST, ACT_LAST,
	ACT_COUNT
};

/* What has the focus decides whether a letter is text or a key. */
enum press_place { PLACE_LIST, PLACE_FIELD };

enum act press_act(const struct press *p, enum press_place place);
/* One line for the cheat sheet: "back; asks only if there are edits". */
const char *act_help(enum act act);
/* "Help", "Back": for the bar. */
const char *act_label(enum act act);
/* "F8", or "Esc8" for terminals without function keys. */
void	 act_key(enum act act, bool has_function_keys, struct buf *out);
/* All keys of an act, "F3 / Esc 3 / Esc / q". */
void	 act_keys_all(enum act act, struct buf *out);
/* A letter that screens must not bind to an action of their own (N is n). */
bool	 press_is_common_letter(char letter);

#endif
