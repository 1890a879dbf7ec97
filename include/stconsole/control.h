/*
 * The control socket: "stconsole serve" carries out calls for the screens and
 * command lines of this host.  What goes over it is in control_private.h;
 * who may do what is decided by the kernel's word on the peer (engine.md, Who
 * may).  root's is /run/stconsole/control, a user's own
 * $XDG_RUNTIME_DIR/stconsole/control; STCONSOLE_RUNTIME_DIR names another
 * folder (the tests use it).
 */
#ifndef STCONSOLE_CONTROL_H
#define STCONSOLE_CONTROL_H

#include "stconsole/work.h"

/*
 * Serves until SIGTERM or SIGINT; jobs then go on to their next safe point.
 * ERR_HELD when a serve runs for this state folder already.  The world is
 * open.  Called once, from main, before other threads are started: it blocks
 * those signals.
 */
bool	 control_serve(const struct world *w, struct err *e);

/*
 * A struct work whose calls run in serve, if one runs for this world's state
 * folder.  NULL otherwise: *is_there says whether one runs that cannot be
 * used, and *e then why, for a person; whoever asked works alone.  is_console:
 * a screen, of which one operates (work_operator).  The world may have no
 * store: then state_wanted tells which folder is meant.  Waits for serve's
 * answer, 2 s at most.
 */
struct work *control_attach(const struct world *w, bool is_console,
	     bool *is_there, struct err *e);

/* stconsole-serve(8). */
extern const struct world_page control_page;

#endif
