/*
 * The command line: words to verbs, plans shown and applied, results printed
 * for a person or as JSON.  The contract is in architecture.md, "The command
 * line, exactly", and engine.md, "Command line, the open ends".  Knows core
 * and no service; what it needs of the site comes through the hooks.
 */
#ifndef STCONSOLE_CLI_H
#define STCONSOLE_CLI_H

#include "stconsole/verb.h"

/* Any of them may be NULL. */
struct cli_hooks {
	/* Becomes ctx->prologue. */
	bool	(*prologue)(struct ctx *ctx, struct plan *plan,
		    struct err *e);
	/* Closes what services keep in ctx between steps, at the end. */
	void	(*services_end)(struct ctx *ctx);
	/* Frees ctx->site, after that. */
	void	(*site_free)(struct site *site);
	/*
	 * One line that is shown before everything else (the demo says that
	 * it is one), or NULL.  Asked after the verb has answered, when
	 * ctx->site is known.  Borrowed until the ctx is gone.
	 */
	const char *(*banner)(const struct ctx *ctx);
};

/*
 * Runs one command line and returns the exit status.  Sets the locale's
 * character type, ignores SIGPIPE, handles SIGINT, SIGTERM and SIGHUP.  Called
 * once, from main, before other threads are started.
 */
int	 cli_main(int argc, char **argv, const struct registry *registry,
	     const struct cli_hooks *hooks);

#endif
