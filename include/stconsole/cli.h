/*
 * The command line: words to verbs, plans shown and applied, results printed
 * for a person or as JSON.  The contract is in architecture.md, "The command
 * line, exactly", and engine.md, "Command line, the open ends".  Knows core
 * and no service; what it needs of the site comes through the hooks.
 */
#ifndef STCONSOLE_CLI_H
#define STCONSOLE_CLI_H

#include "stconsole/world.h"

/*
 * Runs one command line and returns the exit status.  Sets the locale's
 * character type, ignores SIGPIPE, handles SIGINT, SIGTERM and SIGHUP.  Called
 * once, from main, before other threads are started.
 */
int	 cli_main(int argc, char **argv, const struct registry *registry,
	     const struct world_hooks *hooks);

#endif
