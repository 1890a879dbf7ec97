/*
 * "stconsole serve": one thread that only moves messages, and the threads of
 * a struct work that do what they ask.  It waits for nobody: a peer that does
 * not read is given up, and nothing wakes it while nothing happens.
 */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/work_maker.h"

#include "stconsole/msg.h"
#include "text.def"

#define JOBS_END_MS	30000	/* engine.md: to the next safe point */
#define CALLS_END_MS	1000
#define LOOK_MS		250	/* while somebody's time runs */

enum { POLL_LISTEN, POLL_SIGNAL, POLL_WORK, POLL_FIRST };

/* sd_notify(3) by hand: a datagram of words to a socket that systemd names. */
static void
systemd_tell(const char *words)
{
	const char		*path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un	 a = { .sun_family = AF_UNIX };
	size_t			 len = path != NULL ? strlen(path) : 0;
	AUTO_CLOSE int		 fd = -1;

	if (len < 2 || len >= sizeof(a.sun_path))
		return;
	memcpy(a.sun_path, path, len);
	if (a.sun_path[0] == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)sendto(fd, words, strlen(words), MSG_NOSIGNAL |
		    MSG_DONTWAIT, (const struct sockaddr *)(const void *)&a,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
		    len));
}

/* ---- one round */

static void
end_begin(struct server *s)
{
	if (s->is_ending)
		return;
	s->is_ending = true;
	s->ended_ms = clock_mono_ms(&clock_system);
	serve_log(T_SERVE_ENDING);
	systemd_tell("STOPPING=1");
	work_local_end(s->work);
}

/* SIGHUP: there is nothing to read again, and no terminal to lose. */
static void
signals_take(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGHUP)
			end_begin(s);
}

static void
connections_take(struct server *s)
{
	int fd;

	while ((fd = accept4(s->place.fd, NULL, NULL, SOCK_CLOEXEC |
	    SOCK_NONBLOCK)) >= 0)
		session_open(s, fd);
}

static void
events_take(struct server *s)
{
	struct work_event ev;

	while (work_next(s->work, &ev)) {
		call_event(s, &ev);
		work_event_fini(&ev);
	}
}

/* A round longer only for those whose time runs. */
static int
patience_ms(const struct server *s)
{
	const struct session *p;

	if (s->is_ending)
		return LOOK_MS;
	for (p = s->sessions; p != NULL; p = p->next)
		if (p->is_dead || !p->is_welcome || p->is_leaving ||
		    p->stalled_ms != 0)
			return LOOK_MS;
	return -1;
}

static size_t
poll_fill(const struct server *s, struct pollfd *p)
{
	const struct session	*q;
	size_t			 n = POLL_FIRST;

	p[POLL_LISTEN] = (struct pollfd){ s->is_ending ? -1 : s->place.fd,
	    POLLIN, 0 };
	p[POLL_SIGNAL] = (struct pollfd){ s->signal_fd, POLLIN, 0 };
	p[POLL_WORK] = (struct pollfd){ work_fd(s->work), POLLIN, 0 };
	for (q = s->sessions; q != NULL; q = q->next) {
		p[n].fd = q->wire.fd;
		p[n].events = (short)(q->is_leaving ? 0 : POLLIN);
		if (q->wire.pending > 0)
			p[n].events |= POLLOUT;
		p[n++].revents = 0;
	}
	return n;
}

static void
sessions_do(struct server *s, const struct pollfd *p)
{
	struct session	*q, *next;
	size_t		 n = POLL_FIRST;

	for (q = s->sessions; q != NULL; q = q->next, n++) {
		if ((p[n].revents & POLLOUT) != 0 && !q->is_dead)
			session_send(q);
		if ((p[n].revents & (POLLIN | POLLHUP | POLLERR)) == 0 ||
		    q->is_dead)
			continue;
		if (q->is_leaving)
			q->is_dead = true;
		else
			session_hear(s, q);
	}
	for (q = s->sessions; q != NULL; q = q->next)
		session_age(q);
	for (q = s->sessions; q != NULL; q = next) {
		next = q->next;
		if (q->is_dead)
			session_close(s, q);
	}
}

static void
round_do(struct server *s)
{
	/* Refused connections are there too until they are told. */
	struct pollfd	p[POLL_FIRST + 2 * SESSIONS_MAX];
	size_t		n = poll_fill(s, p);

	if (poll(p, n, patience_ms(s)) < 0)
		return;
	if (p[POLL_SIGNAL].revents != 0)
		signals_take(s);
	if (p[POLL_WORK].revents != 0)
		events_take(s);
	/* Sessions as they were polled; new ones come after. */
	sessions_do(s, p);
	if (p[POLL_LISTEN].revents != 0)
		connections_take(s);
}

/* Answers that are made are sent, as long as somebody reads them. */
static bool
is_over(const struct server *s)
{
	int64_t			 gone = clock_mono_ms(&clock_system) -
				    s->ended_ms;
	const struct session	*p;

	if (!s->is_ending)
		return false;
	if (work_jobs_hosted(s->work) > 0)
		return gone > JOBS_END_MS;
	if (gone > JOBS_END_MS + CALLS_END_MS)
		return true;
	for (p = s->sessions; p != NULL; p = p->next)
		if (p->calls > 0 || p->wire.pending > 0)
			return gone > CALLS_END_MS && p->wire.pending == 0;
	return true;
}

/* ---- beginning and end */

static bool
signals_block(struct server *s, sigset_t *before, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, before);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd >= 0 ? true : err_sys(e, "signalfd");
}

/* The first call undoes what nobody confirmed before we came. */
static bool
recover(struct server *s, struct err *e)
{
	struct work_call call = { .kind = WORK_CALL, .verb = "job.list" };

	return work_start(s->work, &call, e) != 0;
}

/* What runs as long as we do (world.h). */
static bool
kept_start(struct server *s, struct err *e)
{
	const char *const	*verb = s->world->hooks != NULL ?
				    s->world->hooks->kept : NULL;
	struct work_call	 call = { .kind = WORK_CALL };

	for (; verb != NULL && *verb != NULL; verb++) {
		call.verb = *verb;
		if (work_start(s->work, &call, e) == 0)
			return false;
	}
	return true;
}

static bool
server_start(struct server *s, struct err *e)
{
	s->state = place_state(s->world);
	if (s->state == NULL)
		return err_nomem(e);
	if (!place_take(&s->place, s->world->store, e))
		return false;
	s->work = work_local_new(s->world, SESSIONS_MAX * CALLS_MAX, e);
	return s->work != NULL && recover(s, e) && kept_start(s, e);
}

static void
server_end(struct server *s)
{
	while (s->sessions != NULL)
		session_close(s, s->sessions);
	/* Before the locks go: the next serve must not meet our jobs. */
	work_free(s->work);
	while (s->routes != NULL) {
		struct route *r = s->routes;

		s->routes = r->next;
		free(r);
	}
	place_leave(&s->place);
	free(s->state);
	mem_close_at(&s->signal_fd);
}

bool
control_serve(const struct world *w, struct err *e)
{
	struct server	s = {
		.world = w, .signal_fd = -1,
		.place = { .state_lock = -1, .socket_lock = -1, .fd = -1 }
	};
	sigset_t	before;
	bool		ok = signals_block(&s, &before, e) &&
			    server_start(&s, e);

	if (ok) {
		serve_log(T_SERVE_READY, STCONSOLE_VERSION, s.place.socket,
		    s.state);
		systemd_tell("READY=1");
		while (!is_over(&s))
			round_do(&s);
	}
	server_end(&s);
	if (ok)
		serve_log(T_SERVE_ENDED);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}
