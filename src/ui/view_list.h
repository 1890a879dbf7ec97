/*
 * Private to view_list.c and its parts: the list that menus, tables and
 * panels are.  From top to bottom an input that asks (ask), the rows of the
 * verb's result, the items; each may be missing.
 */
#ifndef UI_VIEW_LIST_H
#define UI_VIEW_LIST_H

#include "app.h"
#include "edit.h"
#include "table.h"

enum list_part { LIST_ASK, LIST_ROWS, LIST_ITEMS, LIST_FILTER };

struct view_list {
	struct view		 view;		/* first */
	struct screen		*screen;
	json_t			*given;
	struct table		*table;
	enum list_part		 place;
	size_t			 item;		/* focused one */
	size_t			 top;		/* first row shown */
	int			 rows;		/* shown at the last paint */
	int			 item_columns;	/* of the items' grid */
	struct edit		*ask, *filter;
	/* The first frame comes before the first call. */
	bool			 needs_load;
	unsigned		 load_id;	/* 0: nothing under way */
	int64_t			 load_ms;	/* when it was asked */
	int64_t			 loaded_ms;	/* 0: never */
	int64_t			 ticked_ms;
	json_t			*result;	/* of the last good answer */
	char			 problem[400];	/* of the last answer, or "" */
	bool			 follows;
};

static inline struct view_list *
view_list(const struct view *v)
{
	return (struct view_list *)(uintptr_t)v;
}

/* list_load.c */
void	 list_load(struct view_list *l);
void	 list_arrived(struct view *v, const struct work_event *ev);
int	 list_due(const struct view *v, int64_t now_ms);
void	 list_tick(struct view *v, int64_t now_ms);
/*
 * The values of a call or of a screen that is opened, from the focused or
 * the marked rows.  New object; NULL with *e (no row is there to take).
 */
json_t	*list_with(const struct view_list *l, const struct screen_with *with,
	     size_t count, bool takes_marks, struct err *e);

/* list_open.c */
void	 list_item_open(struct view_list *l, size_t i);
void	 list_action_do(struct view_list *l, const struct screen_action *a);
/* By its way, else the main action; false: the row leads nowhere. */
bool	 list_row_open(struct view_list *l);

/* list_keys.c */
enum press_place list_place(const struct view *v);
bool	 list_press(struct view *v, const struct press *p);
bool	 list_act(struct view *v, enum act act);
/* Whether rows can be marked: some action takes many. */
bool	 list_has_takers(const struct screen *s);

/* list_say.c */
size_t	 list_item_count(const struct view *v);
void	 list_item_say(const struct view *v, size_t i, struct buf *out);
void	 list_item_focus(struct view *v, size_t i);
bool	 list_item_is_input(const struct view *v, size_t i, bool *is_secret);
bool	 list_item_set(struct view *v, size_t i, const char *text,
	     struct err *e);
void	 list_hint(const struct view *v, struct buf *out);
void	 list_say(const struct view *v, struct buf *out);
/* A mark in a word, "" for well: what is well is not said. */
const char *list_mark_say(enum screen_mark mark);
/* ", not in the directory: 1" for a line of a panel that is not well. */
void	 list_reason_add(const struct view_list *l, size_t row,
	     struct buf *cell);

/* list_paint.c */
void	 list_paint(struct view *v, struct canvas *c, struct area a);
/* "asking (3 s)", "4 of 50", or why there is nothing. */
void	 list_summary(const struct view_list *l, struct buf *out);

#endif
