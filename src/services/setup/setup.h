/*
 * Private to src/services/setup.
 */
#ifndef SETUP_H
#define SETUP_H

#include "stconsole/buf.h"
#include "stconsole/setup.h"

/* A step of the set-up as it is found. */
enum step_state { STEP_OPEN, STEP_DONE, STEP_SKIPPED, STEP_BLOCKED };

struct step_found {
	enum step_state	 state;
	struct buf	 text;		/* what is so, one line */
	struct buf	 detail;	/* why, or what to do; "" for nothing */
};

/* What one look at all steps shares. */
struct look {
	struct ctx	*ctx;
	const char	*roles_file;
	bool		 has_site;
	bool		 has_mongo;
};

struct setup_step {
	const char	*id;
	/* False for troubles of our own only: memory, cancel, the state. */
	bool		(*look)(struct look *l, struct step_found *f,
			    struct err *e);
};

extern const struct setup_step setup_steps[];
extern const size_t setup_step_count;

/* --- found.c ------------------------------------------------------------- */

void	 found_set(struct step_found *f, enum step_state state,
	     const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void	 found_detail(struct step_found *f, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
/*
 * A question that was answered with why: an open step, unless it is a trouble
 * of our own, which goes to *e.
 */
bool	 found_why(struct step_found *f, const struct err *why,
	     struct err *e);
/* A reading verb of another service, by its name. */
bool	 setup_ask(struct ctx *ctx, const char *verb, json_t *given,
	     json_t **result, struct err *e);

/* --- sight.c: the steps of the deployment; own.c: those of the console --- */

bool	 look_site(struct look *, struct step_found *, struct err *);
bool	 look_mongo(struct look *, struct step_found *, struct err *);
bool	 look_directory(struct look *, struct step_found *, struct err *);
bool	 look_admin(struct look *, struct step_found *, struct err *);
bool	 look_me(struct look *, struct step_found *, struct err *);
bool	 look_theme(struct look *, struct step_found *, struct err *);
bool	 look_roles(struct look *, struct step_found *, struct err *);
bool	 look_state(struct look *, struct step_found *, struct err *);

/* --- me.c ---------------------------------------------------------------- */

/* Who the caller is in Sametime. */
struct me {
	char	*mail;		/* "" when nobody knows; owned */
	char	*name;		/* the directory's, or ""; owned */
	char	*login;		/* the login name that was found; or "" */
	bool	 is_kept;	/* by the setting me.mail */
	struct err why;		/* the directory's, when it was not asked */
};
bool	 me_find(struct ctx *ctx, bool has_site, struct me *me,
	     struct err *e);
void	 me_fini(struct me *me);

/* --- verbs --------------------------------------------------------------- */

bool	 me_show_read(struct ctx *, const json_t *, json_t **, struct err *);
bool	 setup_show_read(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 setup_site_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 setup_skip_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 setup_look_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 setup_role_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);

extern const struct action setup_roles_write;

#endif
