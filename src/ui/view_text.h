/*
 * Private to the views that show lines of text: its model, so that a plan, a
 * job and a person can be texts with more keys.
 */
#ifndef UI_VIEW_TEXT_H
#define UI_VIEW_TEXT_H

#include "view.h"

struct text_line {
	const char	*start;		/* in text */
	size_t		 len;
	int		 indent;	/* of a line that goes on */
};

struct view_text {
	struct view		 view;		/* first */
	char			*text;
	struct text_line	*lines;		/* wrapped to width */
	size_t			 count, top;
	size_t			 found;		/* line of the last find */
	int			 width, rows;	/* of the last paint */
	bool			 is_new;	/* lines are of a text before */
	char			*search;
	const char		*file_name;	/* what W proposes */
	bool			 is_diff;	/* + and - begin changes */
	bool			 keeps_end;	/* until one looks up */
};

bool	 view_text_init(struct view_text *t, const struct view_ops *ops,
	     struct app *app, const char *title, const char *screen);
/* Frees what the text holds, not t and not the view's common part. */
void	 view_text_fini(struct view_text *t);
/* New text; where one stands stays, as far as there is text. */
bool	 view_text_set(struct view_text *t, const char *text);
void	 view_text_paint(struct view *v, struct canvas *c, struct area a);
bool	 view_text_act(struct view *v, enum act act);
/* W: to a file. */
bool	 view_text_press(struct view *v, const struct press *p);
void	 view_text_say(const struct view *v, struct buf *out);
/* Which lines are seen, when not all are. */
void	 view_text_hint(const struct view *v, struct buf *out);
size_t	 view_text_item_count(const struct view *v);
void	 view_text_bar(const struct view *v, struct bar *bar);
/* Into a new file of mode 0600; one that is there is never overwritten. */
bool	 view_file_write(const char *path, const char *text, struct err *e);

#endif
