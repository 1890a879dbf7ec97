/*
 * Input by whole lines, and the one poll() in which everything is waited for.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "linear.h"
#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

/* Blocked before any other thread is started, or they would get them. */
static int
signals_open(struct err *e)
{
	static const int	 taken[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	sigset_t		 set;
	size_t			 i;
	int			 fd = -1;

	sigemptyset(&set);
	for (i = 0; i < LENGTH(taken); i++)
		sigaddset(&set, taken[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		err_sys(e, T_LOOP_SIGNALS);
	return fd;
}

bool
linear_in_open(struct linear *l, struct err *e)
{
	l->is_tty = isatty(l->in) && tcgetattr(l->in, &l->saved) == 0;
	l->has_echo = true;
	l->typed = malloc(TYPED_MAX);
	if (l->typed == NULL)
		return err_nomem(e);
	l->signals = signals_open(e);
	return l->signals >= 0;
}

void
linear_in_close(struct linear *l)
{
	linear_echo(l, true);
	if (l->typed != NULL)
		explicit_bzero(l->typed, TYPED_MAX);
	free(l->typed);
	if (l->signals >= 0)
		close(l->signals);
}

/*
 * Ctrl-Z would leave the terminal without echo, so it is off meanwhile.  What
 * was typed ahead stays: it is what was meant to be read.
 */
void
linear_echo(struct linear *l, bool is_on)
{
	struct termios t = l->saved;

	if (!l->is_tty || l->has_echo == is_on)
		return;
	if (!is_on) {
		t.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
		t.c_lflag |= ECHONL | ICANON;
		t.c_cc[VQUIT] = _POSIX_VDISABLE;
		t.c_cc[VSUSP] = _POSIX_VDISABLE;
	}
	if (tcsetattr(l->in, TCSADRAIN, &t) == 0)
		l->has_echo = is_on;
}

/* --- bytes -------------------------------------------------------------- */

/* A line that is too long is cut, and the rest of it dropped. */
static void
line_cut(struct linear *l)
{
	if (l->typed_len < TYPED_MAX ||
	    memchr(l->typed, '\n', l->typed_len) != NULL)
		return;
	l->typed[TYPED_MAX - 1] = '\n';
	l->drops_rest = true;
}

static void
typed_read(struct linear *l)
{
	char		*at = l->typed + l->typed_len, *end;
	ssize_t		 n = read(l->in, at, TYPED_MAX - l->typed_len);
	size_t		 len = n > 0 ? (size_t)n : 0;

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		l->has_eof = true;
	if (l->drops_rest && len > 0) {
		end = memchr(at, '\n', len);
		l->drops_rest = end == NULL;
		len = end != NULL ? len - (size_t)(end + 1 - at) : 0;
		if (end != NULL)
			memmove(at, end + 1, len);
	}
	l->typed_len += len;
	line_cut(l);
}

bool
linear_has_line(const struct linear *l)
{
	return memchr(l->typed, '\n', l->typed_len) != NULL ||
	    (l->has_eof && l->typed_len > 0);
}

/* The first line of what was typed; what it was is wiped there. */
static char *
line_take(struct linear *l)
{
	const char	*end = memchr(l->typed, '\n', l->typed_len);
	size_t		 len = end != NULL ? (size_t)(end - l->typed) :
			    l->typed_len;
	size_t		 used = end != NULL ? len + 1 : len;
	char		*line;

	if (len > 0 && l->typed[len - 1] == '\r')
		len--;
	line = strndup(l->typed, len);
	memmove(l->typed, l->typed + used, l->typed_len - used);
	explicit_bzero(l->typed + l->typed_len - used, used);
	l->typed_len -= used;
	return line;
}

/* --- waiting ------------------------------------------------------------ */

static void
signals_take(struct linear *l)
{
	struct signalfd_siginfo si;

	while (read(l->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGINT)
			l->is_interrupted = true;
		else if (si.ssi_signo != SIGPIPE)
			l->is_gone = true;
	}
}

void
linear_wait(struct linear *l, int ms)
{
	struct pollfd fds[] = {
		{ .fd = l->has_eof || l->typed_len == TYPED_MAX ? -1 : l->in,
		  .events = POLLIN },
		{ .fd = work_fd(app_work(l->app)), .events = POLLIN },
		{ .fd = l->signals, .events = POLLIN },
		{ .fd = app_lock_fd(l->app), .events = POLLIN }
	};

	if (poll(fds, LENGTH(fds), app_sooner(ms, app_due(l->app))) < 0 &&
	    errno != EINTR)
		l->is_gone = true;
	if (fds[2].revents != 0)
		signals_take(l);
	if (fds[0].revents != 0)
		typed_read(l);
	app_events(l->app);
	app_tick(l->app);
}

bool
linear_has_ended(const struct linear *l)
{
	return l->is_gone || app_has_ended(l->app);
}

/* A word from behind between the question and its answer. */
static void
told(struct linear *l)
{
	if (l->is_tty && l->app->said[0] != '\0')
		linear_before(l, "\n");
	if (linear_tell(l))
		linear_before(l, "> ");
}

char *
linear_line(struct linear *l)
{
	bool is_lock = app_is_locked(l->app);

	while (!linear_has_ended(l) && !l->is_interrupted) {
		if (app_is_locked(l->app) && !is_lock)
			linear_locked(l);
		else if (linear_has_line(l))
			break;
		else if (l->has_eof)
			return NULL;
		else
			linear_wait(l, -1);
		if (!app_is_locked(l->app))
			told(l);
	}
	if (linear_has_ended(l) || l->is_interrupted)
		return NULL;
	l->app->touched_ms = app_now_ms(l->app);
	return line_take(l);
}

void
linear_forget(struct linear *l)
{
	if (l->is_tty)
		tcflush(l->in, TCIFLUSH);
	explicit_bzero(l->typed, l->typed_len);
	l->typed_len = 0;
}
