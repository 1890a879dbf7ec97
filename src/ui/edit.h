/*
 * A field as text with a caret: a model of its own that knows neither screen
 * nor keys.  It goes by clusters (utf8.h): none is ever split, the caret
 * stands between two, counted in bytes.  One thread.
 *
 * A secret is kept in locked memory that never moves, and what is taken away
 * of it is overwritten; no undo remembers it.  Until revealed it is shown as
 * one '*' a cluster and words in it are not told.
 */
#ifndef UI_EDIT_H
#define UI_EDIT_H

#include "stconsole/buf.h"
#include "stconsole/secret.h"

struct edit;

struct edit_options {
	size_t	 max;		/* bytes that may be typed */
	bool	 multi_line;	/* newlines are kept, not made spaces */
	bool	 is_secret;
};

/* Empty.  NULL with ERR_NOMEM. */
struct edit *edit_new(const struct edit_options *o, struct err *e);
/* NULL is fine. */
void	 edit_free(struct edit *ed);

/*
 * The value that the field begins with, as it is: also longer than max, with
 * control characters or broken UTF-8.  The caret goes to its end; what could
 * be undone is forgotten.  On failure nothing changes.
 */
bool	 edit_set(struct edit *ed, const char *text, struct err *e);
/* Borrowed until the next change. */
const char *edit_text(const struct edit *ed);
size_t	 edit_len(const struct edit *ed);
/* A copy for the caller; NULL with ERR_NOMEM. */
struct secret *edit_secret(const struct edit *ed, struct err *e);
/* Whether the text differs from what was set. */
bool	 edit_is_dirty(const struct edit *ed);

/* --- caret -------------------------------------------------------------- */

/* Words are letters, digits and '_'; what stands between is skipped. */
enum edit_way {
	EDIT_LEFT, EDIT_RIGHT, EDIT_WORD_LEFT, EDIT_WORD_RIGHT, EDIT_HOME,
	EDIT_END
};

size_t	 edit_caret(const struct edit *ed);
/* To this byte, or the next end of a cluster. */
void	 edit_caret_set(struct edit *ed, size_t at);
/* False when it cannot go further. */
bool	 edit_move(struct edit *ed, enum edit_way way);

/* --- changes, each one step of undo ------------------------------------- */

/*
 * Text at the caret: a cluster that was typed, or a paste.  CR LF and CR are
 * newlines.  Without multi_line newlines and tabs become spaces, and those
 * newlines that end the text are left out; other control characters always
 * are.  False when the field would get longer than max: then nothing is
 * inserted, never a part.  text is not the field's own.
 */
bool	 edit_insert(struct edit *ed, const char *text);
/* The same in place of all of the text, as a value that was picked. */
bool	 edit_replace(struct edit *ed, const char *text);
/*
 * Takes away what lies between the caret and where it would move: LEFT is
 * Backspace, RIGHT Delete, END Ctrl-K, WORD_LEFT Ctrl-W.  False when that is
 * nothing.
 */
bool	 edit_erase(struct edit *ed, enum edit_way way);
/* Back to the text that was set; false when it is there. */
bool	 edit_reset(struct edit *ed);

/*
 * Letters typed one after another, up to the end of a word, are one step; so
 * are those erased one after another.  The last EDIT_UNDO_STEPS are kept, in
 * about EDIT_UNDO_BYTES.  Where memory for a step is missing the change is
 * made and the steps are forgotten.  False when there is no step.
 */
#define EDIT_UNDO_STEPS	100
#define EDIT_UNDO_BYTES	(32 * 1024)
bool	 edit_undo(struct edit *ed);
bool	 edit_redo(struct edit *ed);

/* --- what is shown ------------------------------------------------------ */

/* For a secret, which is hidden at first; others are never hidden. */
void	 edit_reveal(struct edit *ed, bool is_revealed);
bool	 edit_is_hidden(const struct edit *ed);

struct edit_window {
	size_t	 first, bytes;		/* the part of the text */
	size_t	 columns;		/* that it takes, at most the width */
	size_t	 caret;			/* column in the window, < width */
	bool	 has_left, has_right;	/* more of the text beside it */
};

/*
 * The part to show in so many columns: all of the text where it fits with a
 * blank behind it, else that of the last call as long as the caret stays
 * inside; else the caret comes to the middle, so that a slow line is not
 * repainted for every key.  No cluster is cut, and that under the caret is all
 * inside (unless it is wider than the window).
 */
void	 edit_window(struct edit *ed, size_t width, struct edit_window *w);
/*
 * Appends that part: stars when hidden, else the bytes, still to be cleaned
 * (canvas_put does).  What was revealed is the caller's to wipe.
 */
void	 edit_window_show(const struct edit *ed, const struct edit_window *w,
	     struct buf *out);

#endif
