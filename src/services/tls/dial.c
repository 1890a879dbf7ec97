/*
 * Names are resolved on a thread of their own, because a dead name server
 * would otherwise hold the caller for 10 s and more without hearing a cancel.
 * A look-up that cannot be called back is left to end by itself: its memory
 * goes with the last of the two.  Not getaddrinfo_a: in glibc 2.36 its
 * gai_suspend() can leave a waiter on a stack that is gone, and it crashes
 * when several threads resolve.
 */
#include "stconsole/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/thread.h"

#include "text.def"

#define SLICE_MS	50	/* how long a cancel may go unheard */
#define STAGGER_MS	250	/* RFC 8305, 5: connection attempt delay */
#define ADDRESSES_MAX	8

/* Shared by the caller and the resolving thread; see the note above. */
struct lookup {
	pthread_mutex_t	 lock;
	pthread_cond_t	 changed;
	int		 users;
	int		 rc;		/* EAI_INPROGRESS: no answer yet */
	struct addrinfo	*found;
	struct addrinfo	 hints;
	char		 host[256];
	char		 port[8];
};

int64_t
dial_deadline(int timeout_ms)
{
	return clock_mono_ms(&clock_system) + timeout_ms;
}

static int
left_ms(int64_t deadline_ms, int most)
{
	int64_t left = deadline_ms - clock_mono_ms(&clock_system);

	if (left <= 0)
		return 0;
	return left < most ? (int)left : most;
}

bool
dial_is_literal(const char *host)
{
	struct in6_addr	 six;
	struct in_addr	 four;

	return inet_pton(AF_INET, host, &four) == 1 ||
	    inet_pton(AF_INET6, host, &six) == 1;
}

void
dial_label(const char *host, int port, char out[DIAL_LABEL_SIZE])
{
	bool six = strchr(host, ':') != NULL;

	snprintf(out, DIAL_LABEL_SIZE, "%s%.255s%s:%d", six ? "[" : "", host,
	    six ? "]" : "", port);
}

static bool
dns_failed(const char *host, int rc, struct err *e)
{
	if (rc == EAI_MEMORY)
		return err_nomem(e);
	if (rc == EAI_AGAIN || rc == EAI_INPROGRESS) {
		err_set(e, ERR_SYS, 0, T_DIAL_DNS_SILENT, host);
		if (e != NULL)
			e->retryable = true;
		return err_hint(e, T_DIAL_DNS_SILENT_HINT);
	}
	err_set(e, ERR_SYS, 0, T_DIAL_DNS, host, gai_strerror(rc));
	return err_hint(e, T_DIAL_DNS_HINT);
}

static struct lookup *
lookup_new(const struct dial_spec *spec)
{
	struct lookup		*l = calloc(1, sizeof(*l));
	pthread_condattr_t	 attr;

	if (l == NULL)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&l->lock, NULL);
	l->users = 1;
	l->rc = EAI_INPROGRESS;
	snprintf(l->host, sizeof(l->host), "%s", spec->host);
	snprintf(l->port, sizeof(l->port), "%d", spec->port);
	l->hints.ai_socktype = SOCK_STREAM;
	l->hints.ai_flags = AI_NUMERICSERV;
	if (dial_is_literal(l->host))
		l->hints.ai_flags |= AI_NUMERICHOST;
	return l;
}

static void
lookup_release(struct lookup *l)
{
	bool	is_last;

	pthread_mutex_lock(&l->lock);
	is_last = --l->users == 0;
	pthread_mutex_unlock(&l->lock);
	if (!is_last)
		return;
	if (l->found != NULL)
		freeaddrinfo(l->found);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void
lookup_work(void *arg)
{
	struct lookup	*l = arg;
	struct addrinfo	*found = NULL;
	int		 rc = getaddrinfo(l->host, l->port, &l->hints, &found);

	pthread_mutex_lock(&l->lock);
	l->rc = rc;
	l->found = rc == 0 ? found : NULL;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
	lookup_release(l);
}

/* With the lock held. */
static void
lookup_slice(struct lookup *l)
{
	struct timespec	 until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += SLICE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&l->changed, &l->lock, &until);
}

/* Waits in slices; EAI_INPROGRESS when time is up, EAI_INTR on cancel. */
static int
lookup_wait(struct lookup *l, int64_t deadline_ms,
    const struct cancel *cancel, struct addrinfo **out)
{
	int	 rc;

	pthread_mutex_lock(&l->lock);
	while ((rc = l->rc) == EAI_INPROGRESS) {
		if (!cancel_check(cancel, NULL)) {
			rc = EAI_INTR;
			break;
		}
		if (left_ms(deadline_ms, SLICE_MS) == 0)
			break;
		lookup_slice(l);
	}
	if (rc == 0) {
		*out = l->found;
		l->found = NULL;
	}
	pthread_mutex_unlock(&l->lock);
	return rc;
}

static bool
resolve(const struct dial_spec *spec, int64_t deadline_ms,
    struct addrinfo **out, struct err *e)
{
	struct lookup	*l = lookup_new(spec);
	int		 rc;

	if (l == NULL)
		return err_nomem(e);
	l->users++;
	if ((l->hints.ai_flags & AI_NUMERICHOST) != 0) {
		lookup_work(l);
	} else if (!thread_start(lookup_work, l, e)) {
		l->users--;
		lookup_release(l);
		return false;
	}
	rc = lookup_wait(l, deadline_ms, spec->cancel, out);
	lookup_release(l);
	if (rc == EAI_INTR)
		return cancel_check(spec->cancel, e);
	return rc == 0 ? true : dns_failed(spec->host, rc, e);
}

static void
address_show(const struct addrinfo *ai, char out[DIAL_ADDRESS_SIZE])
{
	if (getnameinfo(ai->ai_addr, ai->ai_addrlen, out, DIAL_ADDRESS_SIZE,
	    NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(out, DIAL_ADDRESS_SIZE, "?");
}

/* A started connection, or -1 with errno. */
static int
start(const struct addrinfo *ai)
{
	int	 one = 1, saved;
	int	 fd = socket(ai->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

struct race {
	struct pollfd		 fds[ADDRESSES_MAX];
	const struct addrinfo	*who[ADDRESSES_MAX];
	size_t			 started, alive;
	const struct addrinfo	*next;
	int			 why;		/* errno of the last failure */
};

static void
race_start(struct race *r, struct dial_result *result)
{
	const struct addrinfo	*ai = r->next;
	int			 fd;

	r->next = ai->ai_next;
	result->tried++;
	address_show(ai, result->address);
	fd = start(ai);
	if (fd < 0) {
		r->why = errno;
		return;
	}
	r->fds[r->started] = (struct pollfd){ fd, POLLOUT, 0 };
	r->who[r->started++] = ai;
	r->alive++;
}

/* The descriptor that won, or -1. */
static int
race_look(struct race *r, struct dial_result *result)
{
	socklen_t	 len;
	size_t		 i;
	int		 why, fd;

	for (i = 0; i < r->started; i++) {
		if (r->fds[i].fd < 0 || r->fds[i].revents == 0)
			continue;
		why = 0;
		len = sizeof(why);
		getsockopt(r->fds[i].fd, SOL_SOCKET, SO_ERROR, &why, &len);
		fd = r->fds[i].fd;
		r->fds[i].fd = -1;
		if (why == 0) {
			address_show(r->who[i], result->address);
			return fd;
		}
		close(fd);
		r->alive--;
		r->why = why;
	}
	return -1;
}

static int
race_run(struct race *r, const struct dial_spec *spec, int64_t deadline_ms,
    struct dial_result *result)
{
	int64_t	 next_at = 0;
	int	 fd = -1;

	while (fd < 0 && cancel_check(spec->cancel, NULL)) {
		int64_t now = clock_mono_ms(&clock_system);

		if (r->next != NULL && r->started < ADDRESSES_MAX &&
		    (r->alive == 0 || now >= next_at)) {
			race_start(r, result);
			next_at = now + STAGGER_MS;
		}
		if (r->alive == 0 && (r->next == NULL ||
		    r->started == ADDRESSES_MAX))
			break;
		if (left_ms(deadline_ms, SLICE_MS) == 0) {
			r->why = ETIMEDOUT;
			break;
		}
		if (r->alive > 0 && poll(r->fds, r->started,
		    left_ms(deadline_ms, SLICE_MS)) > 0)
			fd = race_look(r, result);
	}
	return fd;
}

static bool
tcp_failed(const struct dial_spec *spec, int why, const char *address,
    struct err *e)
{
	char label[DIAL_LABEL_SIZE];

	dial_label(spec->host, spec->port, label);
	if (!cancel_check(spec->cancel, e))
		return false;
	if (why == ECONNREFUSED) {
		err_set(e, ERR_SYS, why, T_DIAL_REFUSED, label, address);
		err_hint(e, T_DIAL_REFUSED_HINT);
	} else if (why == ETIMEDOUT) {
		err_set(e, ERR_SYS, why, T_DIAL_TIMEOUT, label, address,
		    spec->timeout_ms / 1000.0);
		err_hint(e, T_DIAL_TIMEOUT_HINT);
	} else {
		err_set(e, ERR_SYS, why, T_DIAL_FAILED, label, address,
		    strerror(why));
		err_hint(e, T_DIAL_TIMEOUT_HINT);
	}
	if (e != NULL)
		e->retryable = true;
	return false;
}

bool
dial(const struct dial_spec *spec, struct dial_result *r, struct err *e)
{
	int64_t		 deadline_ms = dial_deadline(spec->timeout_ms);
	struct addrinfo	*found = NULL;
	struct race	 race = { .why = ETIMEDOUT };
	size_t		 i;

	*r = (struct dial_result){ .fd = -1, .hop = DIAL_DNS };
	if (!resolve(spec, deadline_ms, &found, e))
		return false;
	r->hop = DIAL_TCP;
	race.next = found;
	r->fd = race_run(&race, spec, deadline_ms, r);
	for (i = 0; i < race.started; i++)
		if (race.fds[i].fd >= 0)
			close(race.fds[i].fd);
	freeaddrinfo(found);
	if (r->fd < 0)
		return tcp_failed(spec, race.why, r->address, e);
	r->hop = DIAL_DONE;
	return true;
}

bool
dial_wait(int fd, short events, int64_t deadline_ms,
    const struct cancel *cancel, struct err *e)
{
	struct pollfd	p = { fd, events, 0 };

	do {
		if (!cancel_check(cancel, e))
			return false;
		if (left_ms(deadline_ms, SLICE_MS) == 0) {
			err_set(e, ERR_SYS, ETIMEDOUT, T_DIAL_SILENT);
			if (e != NULL)
				e->retryable = true;
			return err_hint(e, T_DIAL_SILENT_HINT);
		}
	} while (poll(&p, 1, left_ms(deadline_ms, SLICE_MS)) <= 0);
	return true;
}

bool
dial_send(int fd, const void *data, size_t len, int64_t deadline_ms,
    const struct cancel *cancel, struct err *e)
{
	const char	*p = data;
	ssize_t		 n;

	for (; len > 0; p += n, len -= (size_t)n) {
		if (!dial_wait(fd, POLLOUT, deadline_ms, cancel, e))
			return false;
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_sys(e, T_DIAL_SEND);
		if (n < 0)
			n = 0;
	}
	return true;
}

bool
dial_recv(int fd, void *data, size_t len, int64_t deadline_ms,
    const struct cancel *cancel, struct err *e)
{
	char	*p = data;
	ssize_t	 n;

	for (; len > 0; p += n, len -= (size_t)n) {
		if (!dial_wait(fd, POLLIN, deadline_ms, cancel, e))
			return false;
		n = recv(fd, p, len, 0);
		if (n == 0)
			return err_set(e, ERR_SYS, EPIPE, T_DIAL_CLOSED);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_sys(e, T_DIAL_RECV);
		if (n < 0)
			n = 0;
	}
	return true;
}
