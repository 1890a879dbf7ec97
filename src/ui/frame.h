/*
 * The frame around every view: breadcrumb and who you are, the line about
 * the focus, the keys that work here.  Small terminals lose the rule first,
 * then the breadcrumb; never the focus.
 */
#ifndef UI_FRAME_H
#define UI_FRAME_H

#include "theme.h"
#include "view.h"

struct frame {
	const struct view	*top;
	const char		*host;
	const char		*kind;		/* of the site, "" unknown */
	const char		*role;		/* "admin kim" or "admin" */
	const char		*notice;	/* demo, read-only; "" none */
	const char		*hint;
	bool			 hint_is_error;
	bool			 is_brief;	/* economy, or narrow */
	bool			 has_rule;
	bool			 has_function_keys;
};

/* Paints the frame and returns what is left for the view. */
struct area frame_paint(const struct frame *f, struct canvas *c);
/*
 * After the view: a hint that is longer than its row begins in the row above
 * when the view left that blank, so that nothing moves for it.
 */
void	 frame_hint_paint(const struct frame *f, struct canvas *c);
/* The keys of a bar, the important first, cut to columns. */
void	 frame_bar_tell(const struct bar *bar, bool has_function_keys,
	     int columns, struct buf *out);

#endif
