/*
 * Private to auth*.c.  Each of these may block; any thread.
 */
#ifndef BASE_AUTH_PARTS_H
#define BASE_AUTH_PARTS_H

#include "stconsole/auth.h"

/*
 * False only when it is known that no password can open the account: there is
 * none, it is locked, or it is empty (whoever comes by may press Enter).
 */
bool	 account_has_password(const char *user);
/* False with *e when the library cannot be loaded. */
bool	 pam_is_there(struct err *e);
enum auth_answer pam_ask(const char *user, const struct secret *password,
	     struct err *why);

#endif
