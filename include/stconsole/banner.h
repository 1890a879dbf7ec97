/*
 * What a kiosk console shows before somebody logs in: host, addresses, public
 * URL, version and how Sametime is.  Written for agetty(8), which shows it
 * when its unit names the folder (share/stconsole/kiosk): on Debian there is
 * an /etc/issue, and then agetty looks at /run/issue.d only when it is told
 * to.  Everybody who can see the screen can read it: so it names which parts
 * need a look and not why.
 *
 * By hand: banner write.  serve starts banner.keep, which refreshes it every
 * banner.refresh_s seconds (0: never) and removes it at its end, since a
 * banner that nobody refreshes says that all is well for ever.
 */
#ifndef STCONSOLE_BANNER_H
#define STCONSOLE_BANNER_H

#include "stconsole/verb.h"

#define BANNER_PATH	"/run/issue.d/stconsole.issue"

/*
 * Writes the banner with the time, 0644, and has waiting agetty(8) show it
 * again when more than the time changed (*changed, may be NULL).  Asks status
 * and so takes seconds; any thread, one at a time for a path.
 */
bool	 banner_refresh(struct ctx *ctx, const char *path, bool *changed,
	     struct err *e);
/* A banner that is not there is success. */
bool	 banner_remove(const char *path, struct err *e);

extern const struct service banner_service;	/* banner.* */

#endif
