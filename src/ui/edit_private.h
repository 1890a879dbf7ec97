/*
 * Shared by the files of the editor: text and caret (edit.c), steps that can
 * be undone (edit_undo.c), the part that is shown (edit_window.c).
 */
#ifndef UI_EDIT_PRIVATE_H
#define UI_EDIT_PRIVATE_H

#include "edit.h"

/* Which changes grow into one step. */
enum edit_kind {
	EDIT_TYPED, EDIT_ERASED_LEFT, EDIT_ERASED_RIGHT, EDIT_ALONE
};

struct edit_step {
	size_t		 at;
	size_t		 removed, added;	/* text holds both */
	size_t		 caret;			/* before */
	enum edit_kind	 kind;
	char		 text[];
};

struct edit_history {
	struct edit_step	*steps[EDIT_UNDO_STEPS];
	size_t			 count, done;	/* from done on: undone */
	size_t			 bytes;
	bool			 is_sealed;	/* the last grows no more */
};

struct edit {
	struct edit_options	 options;
	char			*text;		/* room bytes and a NUL */
	size_t			 len, room, caret;
	struct secret		*initial;	/* NULL: "" */
	bool			 is_revealed;
	size_t			 first;		/* of the last window */
	struct edit_history	 history;
};

/* at as it is between clusters, else the end of that which it is inside. */
size_t	 edit_snap(const struct edit *ed, size_t at);
/*
 * Makes len bytes of room in place of removed at at; they fit.  Returns them,
 * to be filled at once.
 */
char	*edit_gap(struct edit *ed, size_t at, size_t removed, size_t len);

/* --- edit_undo.c -------------------------------------------------------- */

/*
 * What is about to be removed, and that len bytes come in its place; NULL for
 * a secret and without memory.
 */
struct edit_step *edit_step_new(const struct edit *ed, enum edit_kind kind,
	     size_t at, size_t removed, size_t len);
/* Takes the step, now that the text is changed.  NULL: nothing is undone. */
void	 edit_history_add(struct edit *ed, struct edit_step *step);
void	 edit_history_forget(struct edit *ed);

#endif
