/*
 * A mongod of this host started again with other words or after its
 * configuration file was changed, the binary staying as it is.
 */
#ifndef STCONSOLE_RESTART_H
#define STCONSOLE_RESTART_H

#include <jansson.h>
#include <sys/types.h>

#include "stconsole/ctx.h"

/*
 * Adds to args what is needed to start this process again: exe, argv, cwd,
 * uid, gid, groups, umask, env (a short list of names), limits, stdout when
 * it is a file.  ERR_REFUSED when it may not be seen.
 */
bool	 restart_read(pid_t pid, json_t *args, struct err *e);
/* The file that argv names by -f or --config, borrowed; NULL: none. */
const char *restart_argv_config(const json_t *argv);
/* The value of a word of argv, borrowed; NULL: none. */
const char *restart_argv_value(const json_t *argv, const char *word);
/* True when argv holds a password, which is not readable any more. */
bool	 restart_argv_has_password(const json_t *argv);
/*
 * Stops the server that listens at member ("host:port") and starts it as args
 * say (restart_read), by args.unit when there is one, else with argv.  Also a
 * process that does not listen yet and has args.argv or args.new_argv is
 * stopped.  Returns when it listens or a while is over.  Idempotent: may be
 * called again after a kill.  ERR_CHANGED when another program listens there,
 * ERR_PROC with the server's own words when it ends at once.
 */
bool	 restart_run(struct ctx *ctx, const char *member, const json_t *args,
	     const json_t *argv, struct err *e);

#endif
