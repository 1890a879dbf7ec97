/*
 * The whole life of a lab: clean up after killed ones, make the folder, start
 * the servers, write lab.json, say "ready", wait for the last user, end.
 *
 * Users hold a shared flock on DIR/users; lab.h has the protocol.  Whether
 * one came or went is told by inotify, so nothing is polled; the exclusive
 * lock, taken without waiting, proves that nobody is left and keeps newcomers
 * out while the lab goes down.
 */
#include "house.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "text.def"

#define FIRST_USER_MS	30000
#define RETRY_MS	200

struct watch {
	int	 signals;
	int	 events;
	long	 opened;
	long	 closed;
};

static bool
watch_open(struct watch *w, const struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*users = lab_path(h, "users");
	sigset_t	 set;

	if (users == NULL)
		return err_nomem(e);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	w->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->signals < 0 || w->events < 0 ||
	    inotify_add_watch(w->events, users, IN_OPEN | IN_CLOSE) < 0)
		return err_sys(e, T_LAB_WATCH, users);
	return true;
}

static void
watch_close(struct watch *w)
{
	mem_close_at(&w->signals);
	mem_close_at(&w->events);
}

static void
events_count(struct watch *w)
{
	char	 data[4096] __attribute__((aligned(8)));
	ssize_t	 n = 0;

	while ((n = read(w->events, data, sizeof(data))) > 0) {
		for (char *p = data; p < data + n;) {
			struct inotify_event	*ev = (void *)p;

			if (ev->mask & IN_OPEN)
				w->opened++;
			if (ev->mask & IN_CLOSE)
				w->closed++;
			p += sizeof(*ev) + ev->len;
		}
	}
}

/* A server that ended is reaped and left as it is: tests kill some. */
static void
children_reap(struct lab_house *h)
{
	pid_t	 pid = 0;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		lab_child_forget(h, pid);
}

/* True when a signal asks to end. */
static bool
signals_read(struct watch *w, struct lab_house *h)
{
	struct signalfd_siginfo	 si;
	bool			 ends = false;

	while (read(w->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			children_reap(h);
		else
			ends = true;
	}
	return ends;
}

/*
 * The time until something must be looked at again, -1: no such time.  Opens
 * and closes are not counted against each other: the kernel makes one event
 * of several that are alike and not read yet.
 */
static int
wait_ms(const struct watch *w, const struct lab_run *run, int64_t began,
    int64_t idle_since)
{
	int64_t	 now = clock_mono_ms(&clock_system);
	int64_t	 left = 0;

	if (run->stays)
		return -1;
	if (w->opened == 0)
		left = FIRST_USER_MS - (now - began);
	else if (idle_since > 0)
		left = run->linger_s * 1000 - (now - idle_since);
	else
		return -1;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void
users_wait(struct lab_house *h, struct watch *w)
{
	int64_t	 began = clock_mono_ms(&clock_system);
	int64_t	 idle_since = 0;	/* 0: nobody left since the last look */
	bool	 retries = false;

	for (;;) {
		struct pollfd	 p[] = {
			{ .fd = w->signals, .events = POLLIN },
			{ .fd = w->events, .events = POLLIN },
		};
		int		 ms = retries ? RETRY_MS : wait_ms(w, h->run,
		    began, idle_since);
		long		 closed = w->closed;

		if (poll(p, 2, ms) > 0) {
			if (signals_read(w, h))
				return;
			events_count(w);
			if (w->closed != closed)
				idle_since = clock_mono_ms(&clock_system);
		}
		retries = false;
		if (wait_ms(w, h->run, began, idle_since) != 0)
			continue;
		if (flock(h->users_fd, LOCK_EX | LOCK_NB) == 0)
			return;
		/* Who is left closes it; one before the watch may not. */
		idle_since = 0;
		retries = w->opened == 0;
	}
}

static bool
house_start(struct lab_house *h, struct err *e)
{
	unsigned	 without = h->run->without;

	return lab_tls_make(h, e) &&
	    ((without & LAB_MONGO) || lab_mongod_launch(h, e)) &&
	    ((without & LAB_API) || lab_api_start(h, e)) &&
	    ((without & LAB_LDAP) || lab_slapd_start(h, e)) &&
	    lab_mongod_prepare(h, e) && lab_site_write(h, e) &&
	    lab_house_publish(h, e);
}

/* lab.json goes first: nobody may take the lab for alive from here on. */
static void
house_end(struct lab_house *h)
{
	AUTO_FREE char	*json = h->dir == NULL ? NULL :
	    lab_path(h, "lab.json");

	if (json != NULL)
		unlink(json);
	lab_children_end(h, h->run->keeps ? SIGTERM : SIGKILL);
	lab_house_close(h);
}

static int
complain(const struct err *e)
{
	fprintf(stderr, "stconsole-lab: %s\n", e->msg);
	if (*e->hint != '\0')
		fprintf(stderr, "%s\n", e->hint);
	/* Apart from failures: the folder of another lab may just be going. */
	return e->domain == ERR_REFUSED && e->code == EEXIST ? 3 : 1;
}

int
lab_supervise(const struct lab_run *run)
{
	struct lab_house	 h = { 0 };
	struct watch		 w = { .signals = -1, .events = -1 };
	struct err		 e = { 0 };
	int			 code = 0;

	/* Whoever started us may be gone when we say "ready". */
	signal(SIGPIPE, SIG_IGN);
	if (!lab_registry_clean(&e))
		return complain(&e);
	if (lab_house_open(&h, run, &e) && watch_open(&w, &h, &e) &&
	    house_start(&h, &e)) {
		printf("ready\n");
		fflush(stdout);
		users_wait(&h, &w);
	} else {
		code = complain(&e);
	}
	house_end(&h);
	watch_close(&w);
	return code;
}
