/*
 * The marks of states as a theme draws them; the same on every screen.
 */
#ifndef UI_MARK_H
#define UI_MARK_H

#include "screen.h"
#include "theme.h"

/* At most 2 columns, "" for none, and the look it has.  Borrowed. */
const char *mark_text(const struct theme *t, enum screen_mark mark,
	     enum look *look);

#endif
