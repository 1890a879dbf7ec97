/*
 * Whether somebody is who they say: a password, asked of PAM (pam(3)).  The
 * library is loaded at the first question, so that nobody pays for it at the
 * start.  Its modules may take seconds (pam_faildelay) or never answer, so
 * each question runs on a thread of its own, which goes on unheard when the
 * asker has gone.
 */
#ifndef STCONSOLE_AUTH_H
#define STCONSOLE_AUTH_H

#include <sys/types.h>

#include "stconsole/secret.h"

struct auth;

enum auth_answer {
	AUTH_YES,		/* it is theirs; asked without: they have one */
	AUTH_NO,		/* it is not */
	AUTH_NO_PASSWORD,	/* the account has none: nobody can answer */
	AUTH_BROKEN		/* PAM cannot tell; *why says why */
};

#define AUTH_USER_SIZE	64

/*
 * The login name of the person who sits here.  Who acts is the real uid; for
 * root it is who logged in before they became root, as the kernel keeps it
 * (/proc/self/loginuid, which SUDO_USER cannot change), because a session of
 * sudo is to be opened again by that person's password and root may have
 * none.  Somebody who is not root can be asked only for their own: PAM reads
 * no other's.  False when that uid has no name.
 */
bool	 auth_person(char user[AUTH_USER_SIZE], struct err *e);
/* The same for these; loginuid is (uid_t)-1 where the kernel kept none. */
uid_t	 auth_uid(uid_t real, uid_t loginuid);

/*
 * Asks whether the password is the user's and the account may be used;
 * without a password (NULL) whether the account has one.  The PAM service is
 * "stconsole", or "login" where /etc/pam.d has no such file.
 */
struct auth *auth_start(const char *user, const struct secret *password,
	     struct err *e);
/* Readable once answered. */
int	 auth_fd(const struct auth *a);
/* False while it is not answered.  Never waits. */
bool	 auth_done(struct auth *a, enum auth_answer *answer,
	     struct err *why);
/* Also before the answer, which is then dropped.  NULL is fine. */
void	 auth_free(struct auth *a);

#endif
