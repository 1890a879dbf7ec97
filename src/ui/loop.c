/*
 * The loop over a terminal: keys, signals, events of calls, timers.  It waits
 * in one poll() for all of them and for nothing else; a terminal that does
 * not read is left alone until it does.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app_private.h"
#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

/* Resizes come in storms: one new layout for those within this time. */
#define RESIZE_MS	50

struct loop {
	struct app	*app;
	struct tty	*tty;
	struct canvas	*canvas;
	int		 signals;
	int64_t		 resize_at;	/* 0: none */
	bool		 is_busy;	/* the terminal does not read */
	bool		 is_gone;
};

/*
 * Taken by signalfd: blocked before any other thread is started, or they
 * would get them.
 */
static int
signals_open(struct err *e)
{
	static const int	 taken[] = { SIGWINCH, SIGTSTP, SIGHUP, SIGTERM,
				    SIGINT };
	sigset_t		 set;
	size_t			 i;
	int			 fd;

	sigemptyset(&set);
	for (i = 0; i < LENGTH(taken); i++)
		sigaddset(&set, taken[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0) {
		err_sys(e, T_LOOP_SIGNALS);
		return -1;
	}
	return fd;
}

/*
 * A shell must be there to go on with us.  Where login(1) or sshd started the
 * console nobody could; whoever starts it where nobody shall (a kiosk's
 * profile) says so as shells without job control do, by ignoring SIGTSTP.
 */
static bool
has_shell(void)
{
	pid_t			 parent = getppid();
	struct sigaction	 inherited;

	return sigaction(SIGTSTP, NULL, &inherited) == 0 &&
	    inherited.sa_handler != SIG_IGN && parent > 1 &&
	    getsid(parent) == getsid(0);
}

/* As any program: stopped by the shell's job control, and back. */
static void
stop(struct loop *l)
{
	struct err e = { 0 };

	if (app_is_locked(l->app) || !has_shell())
		return;

	tty_suspend(l->tty);
	kill(getpid(), SIGSTOP);
	if (!tty_resume(l->tty, &e))
		app_say_err(l->app, &e);
	l->resize_at = app_now_ms(l->app);
	app_changed(l->app);
}

static void
signals_take(struct loop *l)
{
	struct signalfd_siginfo si;

	while (read(l->signals, &si, sizeof(si)) == (ssize_t)sizeof(si))
		switch (si.ssi_signo) {
		case SIGWINCH:
			if (l->resize_at == 0)
				l->resize_at = app_now_ms(l->app) + RESIZE_MS;
			break;
		case SIGTSTP:
			stop(l);
			break;
		case SIGINT:
			break;
		default:
			l->is_gone = true;
		}
}

static void
resize(struct loop *l)
{
	struct err	 e = { 0 };
	int		 rows, cols;

	l->resize_at = 0;
	if (!tty_resized(l->tty, &e))
		app_say_err(l->app, &e);
	tty_size(l->tty, &rows, &cols);
	if (!canvas_resize(l->canvas, rows, cols))
		app_say(l->app, "%s", T_LOOP_SIZE);
	app_changed(l->app);
}

/* The answer of a terminal that was asked where its last corner is. */
static void
replied(struct loop *l, const struct press *p)
{
	struct err e = { 0 };

	if (p->row > 0 && !tty_size_set(l->tty, p->row, p->col, &e))
		app_say_err(l->app, &e);
	if (p->row > 0 && !canvas_resize(l->canvas, p->row, p->col))
		app_say(l->app, "%s", T_LOOP_SIZE);
	app_changed(l->app);
}

static void
keys_take(struct loop *l)
{
	int64_t		 now = app_now_ms(l->app);
	struct press	 p;

	while (!app_has_ended(l->app) && tty_key(l->tty, now, &p)) {
		if (p.code == PRESS_EOF) {
			l->is_gone = true;
			return;		/* it is told again and again */
		}
		if (p.code == PRESS_REPLY)
			replied(l, &p);
		else
			app_press(l->app, &p);
		press_fini(&p);
	}
}

static void
show(struct loop *l)
{
	if (!l->app->is_changed && !l->is_busy)
		return;
	app_paint(l->app, l->canvas);
	switch (tty_show(l->tty, l->canvas)) {
	case TTY_SHOWN:
		l->is_busy = false;
		break;
	case TTY_BUSY:
		l->is_busy = true;
		break;
	case TTY_GONE:
		l->is_gone = true;
		break;
	}
}

static int
until(int64_t at, int64_t now)
{
	return at == 0 ? -1 : at > now ? (int)(at - now) : 0;
}

static int
due(const struct loop *l)
{
	int64_t	 now = app_now_ms(l->app);
	int	 ms = app_sooner(app_due(l->app), tty_key_due(l->tty, now));

	return app_sooner(ms, until(l->resize_at, now));
}

static void
turn(struct loop *l)
{
	struct pollfd fds[] = {
		{ .fd = tty_fd(l->tty), .events = POLLIN },
		{ .fd = work_fd(app_work(l->app)), .events = POLLIN },
		{ .fd = l->signals, .events = POLLIN },
		{ .fd = app_lock_fd(l->app), .events = POLLIN },
		{ .fd = l->is_busy ? tty_fd_out(l->tty) : -1,
		  .events = POLLOUT }
	};

	if (poll(fds, LENGTH(fds), due(l)) < 0 && errno != EINTR) {
		l->is_gone = true;
		return;
	}
	if (fds[2].revents != 0)
		signals_take(l);
	if (l->resize_at > 0 && app_now_ms(l->app) >= l->resize_at)
		resize(l);
	if (fds[0].revents != 0 && !tty_read(l->tty, app_now_ms(l->app)))
		l->is_gone = true;
	keys_take(l);
	if (fds[1].revents != 0)
		app_events(l->app);
	app_tick(l->app);
	/* What a busy terminal missed is shown when it reads again. */
	if (!l->is_busy || fds[4].revents != 0)
		show(l);
}

static bool
open_all(struct loop *l, struct err *e)
{
	int rows, cols;

	l->signals = signals_open(e);
	if (l->signals < 0)
		return false;
	tty_size(l->tty, &rows, &cols);
	l->canvas = canvas_new(rows, cols);
	if (l->canvas == NULL)
		return err_nomem(e);
	if (!tty_size_is_known(l->tty))
		tty_size_ask(l->tty);
	return true;
}

bool
app_run_tty(struct app *app, struct tty *tty, struct err *e)
{
	struct loop	 l = { .app = app, .tty = tty, .signals = -1 };
	bool		 ok;

	app->tty = tty;
	ok = open_all(&l, e);
	if (ok)
		show(&l);
	while (ok && !l.is_gone && !app_has_ended(app))
		turn(&l);
	app->tty = NULL;
	canvas_free(l.canvas);
	if (l.signals >= 0)
		close(l.signals);
	return ok;
}
