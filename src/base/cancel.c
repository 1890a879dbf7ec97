#include "stconsole/cancel.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stconsole/msg.h"

#include "text.def"

bool
cancel_init(struct cancel *c, struct err *e)
{
	atomic_init(&c->wanted, CANCEL_NO);
	c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return c->fd >= 0 ? true : err_sys(e, T_CANCELLED);
}

void
cancel_fini(struct cancel *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void
cancel_request(struct cancel *c, enum cancel_why why)
{
	int		 saved = errno, nobody = CANCEL_NO;
	uint64_t	 one = 1;
	ssize_t		 ignored;

	atomic_compare_exchange_strong(&c->wanted, &nobody, why);
	ignored = write(c->fd, &one, sizeof(one));
	(void)ignored;
	errno = saved;
}

bool
cancel_check(const struct cancel *c, struct err *e)
{
	if (c == NULL || !c->wanted)
		return true;
	return err_set(e, ERR_CANCELLED, 0, T_CANCELLED);
}

bool
cancel_wait(const struct cancel *c, int ms)
{
	struct pollfd p = { .fd = c != NULL ? c->fd : -1, .events = POLLIN };

	(void)poll(&p, 1, ms);
	return c == NULL || !c->wanted;
}
