/*
 * Who somebody is and what they may: viewer, operator or admin, by Unix
 * identity and /etc/stconsole/roles.yaml (engine.md, Who may).  Without the
 * file root is admin and everybody else viewer.  Enforced in verb_call() and
 * nowhere else.
 */
#ifndef STCONSOLE_ROLE_H
#define STCONSOLE_ROLE_H

#include <sys/types.h>

#include "stconsole/err.h"

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

struct identity {
	uid_t		 uid;
	char		 user[64];	/* name, or the number as text */
	char		 sudo_user[64];	/* recorded, never trusted; or "" */
	enum role	 role;
};

/*
 * The identity of the real uid.  roles_file: NULL for the default path; a
 * file that is not there is no error, one that cannot be read as YAML
 * (users: {kim: admin}, groups: {ops: operator}) is.
 */
bool	 identity_self(const char *roles_file, struct identity *out,
	     struct err *e);
/*
 * The same for somebody else: a peer of serve.  sudo_user is what they say,
 * or NULL.  Any thread.
 */
bool	 identity_of(const char *roles_file, uid_t uid,
	     const char *sudo_user, struct identity *out, struct err *e);
/*
 * What a roles file of this content would make of who; file is its name, for
 * the error.  Whom it does not name is a viewer.
 */
bool	 role_in(const char *text, size_t len, const char *file,
	     const struct identity *who, enum role *role, struct err *e);
const char *role_name(enum role role);

#define ROLES_FILE	"/etc/stconsole/roles.yaml"

#endif
