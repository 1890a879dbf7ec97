/*
 * The command line: words to verbs, plans shown and applied, results printed
 * for a person or as JSON.  The contract is in architecture.md, "The command
 * line, exactly", and engine.md, "Command line, the open ends".  Knows core
 * and no service; what it needs of the site comes through the hooks.
 */
#ifndef STCONSOLE_CLI_H
#define STCONSOLE_CLI_H

#include "stconsole/world.h"

/* The other faces of the program, which the command line does not know. */
struct cli_faces {
	/*
	 * The console, when nothing is typed or "go SCREEN"; screen NULL:
	 * its first one.  False with *e when it could not begin.
	 */
	bool	(*console)(const struct world *w, const char *screen,
		    const char *theme, const char *profile, bool linear,
		    struct err *e);
};

/*
 * Runs one command line and returns the exit status.  Sets the locale's
 * character type, ignores SIGPIPE, handles SIGINT, SIGTERM and SIGHUP.  Called
 * once, from main, before other threads are started.
 */
int	 cli_main(int argc, char **argv, const struct registry *registry,
	     const struct world_hooks *hooks, const struct cli_faces *faces);

#endif
