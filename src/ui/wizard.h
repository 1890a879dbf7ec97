/*
 * Private to view_wizard.c and wizard_paint.c: steps that a verb says the
 * state of.  There is no state here but the focus: what is done is what the
 * verb finds, so that a set-up can be left at any time and goes on from what
 * is true.
 */
#ifndef UI_WIZARD_H
#define UI_WIZARD_H

#include "app.h"
#include "screen.h"

struct wizard {
	struct view	 view;		/* first */
	struct screen	*screen;
	json_t		*given;		/* object */
	json_t		*rows;		/* of the last answer; NULL: none */
	size_t		 focus;		/* a step */
	size_t		 top;
	int		 shown;		/* steps at the last paint */
	unsigned	 load_id;	/* 0: nothing under way */
	int64_t		 load_ms;
	bool		 is_placed;	/* the focus was put on a step once */
	char		 problem[400];	/* of the last answer, or "" */
};

static inline struct wizard *
wizard_of(const struct view *v)
{
	return (struct wizard *)(uintptr_t)v;
}

/* What the verb says of a step; NULL when it says nothing (yet). */
json_t	*wizard_row(const struct wizard *w, size_t step);
enum screen_mark wizard_mark(const struct wizard *w, size_t step);
/* Neither done nor set aside. */
bool	 wizard_is_left(const struct wizard *w, size_t step);
size_t	 wizard_left(const struct wizard *w);
/* "3 of 8 steps are left", "asking (2 s)". */
void	 wizard_summary(const struct wizard *w, struct buf *out);
/* The member "text" of a step's row, and that which detail names. */
void	 wizard_text(const struct wizard *w, size_t step, struct buf *out);
void	 wizard_detail(const struct wizard *w, size_t step,
	     struct buf *out);

void	 wizard_paint(struct view *v, struct canvas *c, struct area a);

#endif
