/*
 * Keys and canvas for an edit: what every input does alike.
 */
#ifndef UI_EDIT_KEYS_H
#define UI_EDIT_KEYS_H

#include "canvas.h"
#include "edit.h"
#include "press.h"

/*
 * Typed text, paste, Backspace, Delete, arrows, Home, End, Ctrl-K (to the
 * end), Ctrl-U (all), Ctrl-W (word), Ctrl-X and Ctrl-Y (undo, redo).  False:
 * not a key of a field, or nothing to do.
 */
bool	 edit_press(struct edit *ed, const struct press *p);
/* The same for keys with a meaning: left, right, first, last, reset. */
bool	 edit_act(struct edit *ed, enum act act);
/*
 * The visible part in cols columns; the cursor is put on the caret when it
 * has the focus.
 */
void	 edit_paint(struct edit *ed, struct canvas *c, int row, int col,
	     int cols, bool has_focus);

#endif
