/*
 * Private to app.c and its parts.
 */
#ifndef UI_APP_PRIVATE_H
#define UI_APP_PRIVATE_H

#include "app.h"
#include "frame.h"
#include "tty.h"

struct idle;

/* A call under way and who asked; view NULL: nobody looks any more. */
struct app_call {
	unsigned	 id;
	struct view	*view;
	enum work_kind	 kind;
	bool		 goes_on;	/* also when nobody looks */
	char		*verb;
	bool		 is_lost;	/* its number means nothing any more */
};

struct app {
	struct app_options	 o;
	struct tty		*tty;		/* NULL by lines */
	struct view		*top;
	unsigned		 serial;	/* of the view opened last */
	struct app_call		*calls;
	size_t			 call_count;
	char			 said[400];
	bool			 said_is_error;
	bool			 is_changed, has_ended, is_lost;
	bool			 is_site_asked;
	json_t			*notes;		/* [{"at","text"}] */
	json_t			*site;		/* as an answer told it */
	struct profile_facts	 facts;
	enum profile		 profile;
	enum glyph_set		 glyphs;
	struct theme		 theme;
	int			 esc_ms, refresh_ms;
	char			 host[65];
	char			 role[96];	/* "admin kim" */
	int64_t			 touched_ms;	/* the last key */
	int64_t			 lock_after_ms;	/* 0: never */
	struct idle		*lock;		/* NULL: not locked */
	bool			 is_unwatched;	/* a pipe: nobody goes away */
	char			 parting[700];	/* why the session ended */
};

/* Of two times in ms, where -1 is never. */
static inline int
app_sooner(int a, int b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

/* app_paint.c: "DEMO READ-ONLY", or nothing. */
void	 app_notice_tell(const struct app *app, struct buf *out);

/* app.c: host and role, as who runs the calls sees them. */
void	 app_names_set(struct app *app);

/* app_calls.c */
void	 app_calls_forget(struct app *app, const struct view *v);
void	 app_calls_fini(struct app *app);
/*
 * What calls go to is another one from now on: those under way will not be
 * answered.  The second tells their views so, when the new one is in place.
 */
void	 app_calls_lose(struct app *app);
void	 app_calls_fail(struct app *app);

/* app_site.c */
/* A text that says so; from now on calls mean that deployment. */
struct view *app_site_use(struct app *app, const char *folder,
	     struct err *e);
/* Several deployments and none is meant: has one chosen, once. */
void	 app_site_ask(struct app *app, const json_t *answer);

/* app_operator.c */
bool	 app_looks_on(const struct app *app);
struct view *app_operator_view(struct app *app, struct err *e);
void	 app_operator_changed(struct app *app);
void	 app_work_lost(struct app *app);

/* app_help.c: the keys that mean the same everywhere. */
void	 app_help(struct app *app);
void	 app_command(struct app *app);
void	 app_palette(struct app *app);
void	 app_dump(struct app *app);
struct view *app_keys_view(struct app *app, struct err *e);
struct view *app_notes_view(struct app *app, struct err *e);

/* app_idle.c: the idle lock. */
bool	 app_lock_init(struct app *app, struct err *e);
/* After a change of settings. */
void	 app_lock_again(struct app *app);
bool	 app_is_locked(const struct app *app);
int	 app_lock_due(const struct app *app);
/* For poll(): PAM has answered; -1 none. */
int	 app_lock_fd(const struct app *app);
void	 app_lock_tick(struct app *app);
/* Before all others; true: the key was the lock's, the frame is its own. */
bool	 app_lock_press(struct app *app, const struct press *p);
bool	 app_lock_paint(struct app *app, struct canvas *c);
/* To be told when the terminal is as it was, or NULL. */
const char *app_parting(const struct app *app);

/* app_look.c: theme and profile. */
bool	 app_look_init(struct app *app, struct err *e);
void	 app_look_again(struct app *app);
struct view *app_theme_view(struct app *app, struct err *e);
struct view *app_profile_view(struct app *app, struct err *e);

#endif
