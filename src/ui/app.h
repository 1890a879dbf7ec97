/*
 * The console itself: a stack of views over one terminal (or over lines),
 * the calls they started, the loop.  It only polls: terminal, signals, the
 * events of calls.  Nothing here waits for a network or a disk but for the
 * small files of screens and themes.
 */
#ifndef UI_APP_H
#define UI_APP_H

#include "screen.h"
#include "stconsole/work.h"
#include "theme.h"
#include "view.h"

struct app;
struct tty;

struct app_options {
	struct work		*work;		/* borrowed */
	/*
	 * What to work with when serve has gone away: frees the old one and
	 * keeps the new one.  May be NULL.
	 */
	struct work		*(*work_alone)(void *arg, struct err *e);
	void			*work_arg;
	const struct clock	*clock;
	struct screen_paths	 screens;
	const char		*themes, *themes_override;	/* folders */
	const char		*theme;		/* name; NULL: "auto" */
	const char		*profile;	/* name; NULL: "auto" */
	bool			 read_only;
	const char		*host;		/* NULL: this host's name */
};

struct app *app_new(const struct app_options *o, struct err *e);
void	 app_free(struct app *app);
/* Opens the first screen; false with *e when there is none of that name. */
bool	 app_begin(struct app *app, const char *screen, struct err *e);
struct tty_options;
/* How a terminal is to be opened for the profile that was chosen. */
void	 app_tty_options(const struct app *app, struct tty_options *o);

/* --- for views ---------------------------------------------------------- */

struct work *app_work(struct app *app);
const struct theme *app_theme(const struct app *app);
enum profile app_profile(const struct app *app);
int64_t	 app_now_ms(const struct app *app);	/* monotonic */
int64_t	 app_wall_ms(const struct app *app);
/* How often something live may change on this terminal. */
int	 app_period_ms(const struct app *app);
/* How often a panel is asked for again: the setting ui.refresh_s; 0 never. */
int	 app_refresh_ms(const struct app *app);
/*
 * Starts a call whose events go to the view while it is there; 0 with the
 * reason said on the line of hints.  When the view goes, calls that only read
 * are cancelled, others go on.
 */
unsigned app_start(struct app *app, struct view *v,
	     const struct work_call *call);
/* Pushes; takes v.  NULL with *e filled says the error instead. */
void	 app_open(struct app *app, struct view *v, const struct err *e);
/* Opens a screen by name; given (taken) are its FROM_GIVEN values. */
void	 app_open_screen(struct app *app, const char *name, json_t *given);
/* Closes the view (with those above it) after this key. */
void	 app_close(struct app *app, struct view *v);
struct view *app_top(const struct app *app);
/* The line of hints, until the next key; printf. */
void	 app_say(struct app *app, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
void	 app_say_err(struct app *app, const struct err *e);
/* Into the notifications, and said. */
void	 app_note(struct app *app, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
/* The next frame differs: paint. */
void	 app_changed(struct app *app);
/* At once, and kept in the settings when keep. */
bool	 app_theme_set(struct app *app, const char *name, struct err *e);
bool	 app_profile_set(struct app *app, const char *name, struct err *e);
/* Ends the loop; asks first when a hosted job runs. */
void	 app_leave(struct app *app);

/* --- for tests, the loop and linear.c ----------------------------------- */

/* One key: dispatched as the loop does. */
void	 app_press(struct app *app, const struct press *p);
/* Takes the events that are there; false when there were none. */
bool	 app_events(struct app *app);
/* Timers that are due; and when the next is (-1 never). */
void	 app_tick(struct app *app);
int	 app_due(const struct app *app);
bool	 app_has_ended(const struct app *app);
void	 app_paint(struct app *app, struct canvas *c);

/* --- the two faces: until it is left or the terminal is gone ------------ */

/* False with *e only when it could not begin. */
bool	 app_run_tty(struct app *app, struct tty *tty, struct err *e);
/* in and out as lines; no escape sequence is written. */
bool	 app_run_linear(struct app *app, int in, int out, struct err *e);

#endif
