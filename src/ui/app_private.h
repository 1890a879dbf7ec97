/*
 * Private to app.c and its parts.
 */
#ifndef UI_APP_PRIVATE_H
#define UI_APP_PRIVATE_H

#include "app.h"
#include "frame.h"
#include "tty.h"

/* A call under way and who asked; view NULL: nobody looks any more. */
struct app_call {
	unsigned	 id;
	struct view	*view;
	enum work_kind	 kind;
	char		*verb;
};

struct app {
	struct app_options	 o;
	struct tty		*tty;		/* NULL by lines */
	struct view		*top;
	struct app_call		*calls;
	size_t			 call_count;
	char			 said[400];
	bool			 said_is_error;
	bool			 is_changed, has_ended;
	json_t			*notes;		/* [{"at","text"}] */
	json_t			*site;		/* as an answer told it */
	struct profile_facts	 facts;
	enum profile		 profile;
	enum glyph_set		 glyphs;
	struct theme		 theme;
	int			 esc_ms;
	char			 host[65];
	char			 role[96];	/* "admin kim" */
	int64_t			 touched_ms;	/* the last key */
};

/* app_calls.c */
void	 app_calls_forget(struct app *app, const struct view *v);
void	 app_calls_fini(struct app *app);

/* app_help.c: the keys that mean the same everywhere. */
void	 app_help(struct app *app);
void	 app_command(struct app *app);
void	 app_palette(struct app *app);
void	 app_dump(struct app *app);
struct view *app_keys_view(struct app *app, struct err *e);
struct view *app_notes_view(struct app *app, struct err *e);

/* app_look.c: theme and profile. */
bool	 app_look_init(struct app *app, struct err *e);

#endif
