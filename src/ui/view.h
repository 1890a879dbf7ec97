/*
 * A view: what stands between the breadcrumb and the line of hints.  A const
 * table of functions and a model; what is shown is a pure function of model
 * and size, so that a resize is only another paint.
 *
 * The same view is rendered by lines (linear.c): a heading, numbered items,
 * the actions of its bar.
 */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "canvas.h"
#include "press.h"
#include "stconsole/work.h"

struct app;
struct view;

/* What the bar offers now, most important first; printed by frame.c. */
struct bar_entry {
	enum act	 act;		/* ACT_NONE: letter and label are set */
	char		 letter;
	char		 label[32];	/* "": the act's own */
};
#define BAR_MAX	24
struct bar {
	struct bar_entry entry[BAR_MAX];
	size_t		 count;
};
void	 bar_act(struct bar *b, enum act act);
/* The same with another label ("Preview" for ACT_OPEN). */
void	 bar_act_as(struct bar *b, enum act act, const char *label);
void	 bar_letter(struct bar *b, char letter, const char *label);

struct view_ops {
	void	(*free)(struct view *v);
	/* Paints into the area and sets the canvas's cursor to the focus. */
	void	(*paint)(struct view *v, struct canvas *c, struct area a);
	/* PLACE_FIELD while letters are text.  NULL: PLACE_LIST. */
	enum press_place (*place)(const struct view *v);
	/*
	 * A key that has no common meaning (letters, digits, text, paste).
	 * False: not used, the app says why.
	 */
	bool	(*press)(struct view *v, const struct press *p);
	/* A key with its meaning; false: not used (ACT_BACK then closes). */
	bool	(*act)(struct view *v, enum act act);
	void	(*bar)(const struct view *v, struct bar *bar);
	/* The line about the focus; "" leaves it empty. */
	void	(*hint)(const struct view *v, struct buf *out);
	/* Help for what has the focus, or NULL for the screen's.  Borrowed. */
	const char *(*help)(const struct view *v);
	/*
	 * An event of a call started by app_start for this view; id 0 for
	 * WORK_JOBS and WORK_LOST, when the view is on top.  NULL: none.
	 */
	void	(*arrived)(struct view *v, const struct work_event *ev);
	/* Milliseconds until tick has something to do, -1 never. */
	int	(*due)(const struct view *v, int64_t now_ms);
	void	(*tick)(struct view *v, int64_t now_ms);
	/* F6: the command line of what this would do.  NULL: none. */
	void	(*command)(const struct view *v, struct buf *out);
	/* Unsaved edits: ACT_BACK asks first. */
	bool	(*has_edits)(const struct view *v);
	/* The screen above was closed: refresh what may have changed. */
	void	(*uncovered)(struct view *v);

	/* --- by lines ---------------------------------------------------- */
	/* What is said before the items, lines that end with a newline. */
	void	(*say)(const struct view *v, struct buf *out);
	size_t	(*item_count)(const struct view *v);
	/* One item on one line, its problem in words. */
	void	(*item_say)(const struct view *v, size_t i, struct buf *out);
	/* Moves the focus there, as the arrow keys would. */
	void	(*item_focus)(struct view *v, size_t i);
	/*
	 * For items that are inputs: takes what was typed.  NULL, or false
	 * without an error in *e: the item is no input.  is_secret: what is
	 * typed must not be echoed.
	 */
	bool	(*item_is_input)(const struct view *v, size_t i,
		    bool *is_secret);
	bool	(*item_set)(struct view *v, size_t i, const char *text,
		    struct err *e);
};

struct view {
	const struct view_ops	*ops;
	struct app		*app;
	struct view		*below;
	/*
	 * More than 0: a question over the screen, at most so many rows at
	 * the bottom of its area; what is below stays in sight.
	 */
	int			 rows_over;
	unsigned		 serial;	/* of app_open; never twice */
	char			*title;		/* breadcrumb; owned */
	char			*screen;	/* its name, or NULL; owned */
};

/* Sets the common part.  False: memory; nothing is kept. */
bool	 view_init(struct view *v, const struct view_ops *ops,
	     struct app *app, const char *title, const char *screen);
/* Calls ops->free, which frees v, after the common part. */
void	 view_free(struct view *v);

/* --- the kinds: NULL with *e -------------------------------------------- */

struct screen;
/* They own the screen then; given is a new reference, taken. */
struct view *view_list_new(struct app *app, struct screen *s, json_t *given,
	     struct err *e);	/* menu, table, panel */
struct view *view_form_new(struct app *app, struct screen *s, json_t *given,
	     struct err *e);
struct view *view_wizard_new(struct app *app, struct screen *s,
	     json_t *given, struct err *e);
struct view *view_text_screen_new(struct app *app, struct screen *s,
	     json_t *given, struct err *e);

/* Plain text of many lines; with search. */
struct view *view_text_new(struct app *app, const char *title,
	     const char *text, struct err *e);
/*
 * Asks for the plan of a call and shows it; A, C, D apply it.  params is a
 * new reference, taken; secrets are copied.
 */
struct view *view_plan_new(struct app *app, const char *verb,
	     json_t *params, const struct ctx_secret *secrets, size_t count,
	     struct err *e);
/*
 * Calls a verb that steers or reads and shows its answer; params is taken.
 */
struct view *view_call_new(struct app *app, const char *title,
	     const char *verb, json_t *params, struct err *e);
/* A changing verb opens its preview; one that steers is asked first. */
struct view *view_verb_new(struct app *app, const char *title,
	     const char *verb, json_t *params, struct err *e);
/* One job, live while it runs.  Also of somebody else. */
struct view *view_job_new(struct app *app, const char *id, struct err *e);
/*
 * One question with a few answers, over the screen; done is called with the
 * index, or -1 for "back".  labels: NULL-terminated, the first is default.
 */
struct view *view_ask_new(struct app *app, const char *question,
	     const char *const *labels, void (*done)(void *arg, int answer),
	     void *arg, struct err *e);
/* One line of input over the screen; done(arg, NULL) for "back". */
struct view *view_input_new(struct app *app, const char *question,
	     const char *initial, void (*done)(void *arg, const char *text),
	     void *arg, struct err *e);
/* A list to choose from (F4, palette); done(arg, NULL) for "back". */
struct view *view_choose_new(struct app *app, const char *title,
	     json_t *choices, void (*done)(void *arg, const char *value),
	     void *arg, struct err *e);

#endif
