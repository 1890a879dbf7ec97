/*
 * The full-screen console: a face on the verbs, nothing else.  It knows base,
 * text and core, and no service.
 */
#ifndef STCONSOLE_UI_H
#define STCONSOLE_UI_H

#include "stconsole/world.h"

struct ui_options {
	const char	*screen;	/* to begin with; NULL: home */
	const char	*theme, *profile;	/* NULL: as the settings say */
	bool		 linear;	/* lines and questions, no screen */
};

/*
 * Runs the console on standard input and output until it is left.  w is
 * open.  False with *e when it could not begin (an unknown TERM, a screen
 * that does not exist); what happens in it is told there.  Main thread,
 * before others are started; the locale is set.
 */
bool	 ui_run(const struct world *w, const struct ui_options *o,
	     struct err *e);

/* Pages of the manual about the files of screens and themes. */
#define UI_PAGES	3
extern const struct world_page ui_pages[UI_PAGES];

#endif
