/*
 * What all calls of one program share: the services there are, the state
 * folder, who acts, which site was named.  The command line, the screens and
 * serve each make one and a ctx from it for each call.
 */
#ifndef STCONSOLE_WORLD_H
#define STCONSOLE_WORLD_H

#include "stconsole/buf.h"
#include "stconsole/ctx.h"
#include "stconsole/verb.h"

/*
 * A manual page that a module prints of its own tables, in mdoc(7):
 * "stconsole-screen.5".  help --man lists, prints and make installs it.
 */
struct world_page {
	const char	*name;
	void		(*print)(const struct registry *r, struct buf *out);
};

/* What core cannot know of the site; any may be NULL.  Set by main. */
struct world_hooks {
	/* Become ctx->prologue, ctx->services_end, ctx->site_free. */
	bool	(*prologue)(struct ctx *ctx, struct plan *plan,
		    struct err *e);
	void	(*services_end)(struct ctx *ctx);
	void	(*site_free)(struct site *site);
	/*
	 * One line that is shown before everything else (the demo says that
	 * it is one), or NULL.  Asked after the verb has answered, when
	 * ctx->site is known.  Borrowed until the ctx is gone.
	 */
	const char *(*banner)(const struct ctx *ctx);
	/*
	 * One more owner of ctx->site when it lasts only as long as it has
	 * users (the demo), else NULL: a program of many calls keeps it.
	 */
	struct site *(*site_keep)(const struct ctx *ctx);
	/* Finds the site that ctx means and sets ctx->site. */
	bool	(*site_find)(struct ctx *ctx, struct err *e);
	/* {"kind","root","name","demo"} of ctx->site; new, NULL: memory. */
	json_t	*(*site_told)(const struct ctx *ctx);
	/*
	 * Verbs that serve starts without values and stops at its end; NULL
	 * at the end.
	 */
	const char *const *kept;
	/* More pages of the manual. */
	const struct world_page *pages;
	size_t	 page_count;
};

struct world {
	const struct registry		*registry;
	const struct world_hooks	*hooks;
	const char			*state_wanted;	/* --state, or NULL */
	const char			*site_wanted;	/* --site, or NULL */
	bool				 read_only;
	/* Filled by world_open. */
	struct store			*store;
	struct identity			 who;
};

/* Opens the state folder and finds out who acts.  Main thread. */
bool	 world_open(struct world *w, struct err *e);
void	 world_close(struct world *w);
/*
 * A ctx for one call; ctx_close() ends it.  cancel may be NULL.  The world
 * must outlive it.  Any thread.
 */
void	 world_ctx(const struct world *w, struct cancel *cancel,
	     struct ctx *ctx);

#endif
