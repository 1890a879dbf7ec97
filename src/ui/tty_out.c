#include "tty_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "tty_signal.h"

#define DRAIN_TRIES	20
#define DRAIN_MS	10	/* each */

int
tty_out_reopen(int fd, int flags, bool *is_ours)
{
	AUTO_FREE char	*path = str_format("/proc/self/fd/%d", fd);
	int		 again = path != NULL ? open(path, flags |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;

	*is_ours = again >= 0;
	return again >= 0 ? again : fd;
}

void
tty_out_init(struct tty_out *o, int fd)
{
	o->fd = tty_out_reopen(fd, O_WRONLY, &o->is_ours);
	o->must_switch = !o->is_ours;
}

void
tty_out_fini(struct tty_out *o)
{
	buf_fini(&o->pending);
	if (o->is_ours)
		close(o->fd);
}

static bool
has_pending(const struct tty_out *o)
{
	return o->written < o->pending.len;
}

static void
forget(struct tty_out *o)
{
	buf_reset(&o->pending);
	o->written = 0;
	o->is_stalled = false;
}

void
tty_out_write(struct tty_out *o)
{
	long n;

	if (!has_pending(o) || o->is_gone)
		return;
	n = tty_signal_write(o->fd, o->must_switch,
	    o->pending.data + o->written, o->pending.len - o->written);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
		o->is_gone = true;
		return;
	}
	if (n > 0) {
		o->written += (size_t)n;
		o->bytes += (uint64_t)n;
		o->writes++;
	}
	o->is_stalled = has_pending(o);
	if (!o->is_stalled)
		forget(o);
}

/* A full line is no error; a hang-up ends it. */
static bool
takes_bytes(struct tty_out *o, int timeout_ms)
{
	struct pollfd	 p = { .fd = o->fd, .events = POLLOUT };
	int		 n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n > 0 && (p.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		o->is_gone = true;
	return n > 0 && !o->is_gone;
}

bool
tty_out_is_ready(struct tty_out *o)
{
	if (o->is_stalled)
		tty_out_write(o);
	return !o->is_stalled && takes_bytes(o, 0);
}

void
tty_out_drain(struct tty_out *o)
{
	int tries;

	for (tries = 0; tries < DRAIN_TRIES && has_pending(o) &&
	    !o->is_gone; tries++)
		if (takes_bytes(o, DRAIN_MS))
			tty_out_write(o);
	forget(o);
}
