/*
 * The idle lock: covers the whole screen and asks for the password of the
 * person who logged in (auth.h).  It is no view: no key that means the same
 * everywhere and nothing that opens by itself may come before it.  One
 * thread; PAM is asked on another, idle_fd() tells when it has answered.
 */
#ifndef UI_IDLE_H
#define UI_IDLE_H

#include "canvas.h"
#include "press.h"
#include "stconsole/err.h"

struct idle;

enum idle_state {
	IDLE_LOOKS,	/* has the account a password at all? */
	IDLE_ASKS,
	IDLE_CHECKS,	/* one was typed */
	IDLE_OPEN,	/* and it was theirs */
	IDLE_ENDS,	/* nobody can open it: the session is over */
	IDLE_LEFT	/* F10 */
};

/* NULL with *e: then the session must end as with IDLE_ENDS. */
struct idle *idle_new(struct err *e);
/* NULL is fine. */
void	 idle_free(struct idle *l);
enum idle_state idle_state(const struct idle *l);
/* The login name; why the last one did not open, or "".  Borrowed. */
const char *idle_person(const struct idle *l);
const char *idle_said(const struct idle *l);
/* -1 while nothing is asked; idle_take then takes the answer, if any. */
int	 idle_fd(const struct idle *l);
void	 idle_take(struct idle *l);
/* A whole password, typed elsewhere; only in IDLE_ASKS. */
void	 idle_try(struct idle *l, const char *password);
/*
 * A key.  jobs: that end with this program; F10 then has to be pressed twice.
 */
void	 idle_press(struct idle *l, const struct press *p, unsigned jobs);
void	 idle_paint(struct idle *l, struct canvas *c, const char *host,
	     bool has_function_keys);

#endif
