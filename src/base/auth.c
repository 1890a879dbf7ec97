/*
 * The question on its thread.  What asker and thread share is freed by the
 * last of them to go.
 */
#include "stconsole/auth.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stconsole/msg.h"
#include "stconsole/thread.h"

#include "auth_parts.h"
#include "text.def"

struct auth {
	atomic_int	 holders;
	int		 fd;
	char		 user[AUTH_USER_SIZE];
	struct secret	*password;	/* NULL: has the account one? */
	/* Written by the thread before fd becomes readable. */
	enum auth_answer answer;
	struct err	 why;
};

static void
auth_drop(struct auth *a)
{
	if (atomic_fetch_sub(&a->holders, 1) > 1)
		return;
	secret_free(a->password);
	if (a->fd >= 0)
		close(a->fd);
	free(a);
}

static void
auth_work(void *arg)
{
	struct auth	*a = arg;
	uint64_t	 one = 1;
	ssize_t		 ignored;

	if (!account_has_password(a->user))
		a->answer = AUTH_NO_PASSWORD;
	else if (a->password == NULL)
		a->answer = pam_is_there(&a->why) ? AUTH_YES : AUTH_BROKEN;
	else
		a->answer = pam_ask(a->user, a->password, &a->why);
	secret_free(a->password);
	a->password = NULL;
	ignored = write(a->fd, &one, sizeof(one));
	(void)ignored;
	auth_drop(a);
}

struct auth *
auth_start(const char *user, const struct secret *password, struct err *e)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		err_nomem(e);
		return NULL;
	}
	atomic_init(&a->holders, 2);
	snprintf(a->user, sizeof(a->user), "%s", user);
	a->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->fd < 0)
		err_sys(e, T_AUTH_START);
	else if (password == NULL ||
	    (a->password = secret_dup(password, e)) != NULL) {
		if (thread_start(auth_work, a, e))
			return a;
	}
	atomic_store(&a->holders, 1);
	auth_drop(a);
	return NULL;
}

int
auth_fd(const struct auth *a)
{
	return a->fd;
}

bool
auth_done(struct auth *a, enum auth_answer *answer, struct err *why)
{
	uint64_t n;

	if (read(a->fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return false;
	*answer = a->answer;
	err_copy(why, &a->why);
	return true;
}

void
auth_free(struct auth *a)
{
	if (a != NULL)
		auth_drop(a);
}
