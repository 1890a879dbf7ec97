/*
 * Everything here may run in a signal handler: no memory is taken, no
 * curses asked.  tty_restore works once for each tty_signal_bytes, so that a
 * crash after a clean end writes nothing.
 */
#include "tty_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "stconsole/mem.h"

#include "tty.h"

#define RESTORE_MAX	512
#define STACK_SIZE	(64 * 1024)

static const int fatal[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };

static struct {
	volatile sig_atomic_t	 is_held;
	int			 in, out;
	bool			 must_switch;
	bool			 has_modes, has_mode_bits, has_signals;
	struct termios		 modes;
	mode_t			 mode_bits;
	char			 bytes[RESTORE_MAX];
	volatile sig_atomic_t	 len;
	struct sigaction	 before[LENGTH(fatal)];
} held;

static char	 handler_stack[STACK_SIZE];

long
tty_signal_write(int fd, bool must_switch, const void *bytes, size_t len)
{
	int	 flags = must_switch ? fcntl(fd, F_GETFL) : -1;
	ssize_t	 n;
	int	 saved;

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	do
		n = write(fd, bytes, len);
	while (n < 0 && errno == EINTR);
	saved = errno;
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags);
	errno = saved;
	return n;
}

/* What fails here cannot be told to anybody: every step is tried. */
void
tty_restore(void)
{
	int saved = errno;

	if (!held.is_held)
		return;
	if (held.len > 0)
		(void)tty_signal_write(held.out, held.must_switch,
		    held.bytes, (size_t)held.len);
	held.len = 0;
	if (held.has_modes)
		(void)tcsetattr(held.in, TCSANOW, &held.modes);
	if (held.has_mode_bits)
		(void)fchmod(held.out, held.mode_bits);
	errno = saved;
}

/* Then whoever was there before: the default, or a sanitizer's report. */
static void
die(int sig)
{
	size_t i;

	tty_restore();
	for (i = 0; i < LENGTH(fatal); i++)
		if (fatal[i] == sig)
			(void)sigaction(sig, &held.before[i], NULL);
	raise(sig);
}

/* A stack that has overflowed cannot carry the handler. */
static void
stack_take(void)
{
	stack_t	 now = { .ss_flags = SS_DISABLE };
	stack_t	 ours = {
		.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)
	};

	(void)sigaltstack(NULL, &now);
	if ((now.ss_flags & SS_DISABLE) != 0)
		(void)sigaltstack(&ours, NULL);
}

static void
signals_take(void)
{
	struct sigaction	 action = {
		.sa_handler = die, .sa_flags = SA_ONSTACK
	};
	size_t			 i;

	stack_take();
	sigemptyset(&action.sa_mask);
	for (i = 0; i < LENGTH(fatal); i++)
		sigaction(fatal[i], &action, &held.before[i]);
	held.has_signals = true;
}

/* write(1) and wall(1) need the group's right to write. */
static void
messages_refuse(int out)
{
	struct stat st;

	if (fstat(out, &st) < 0 || !S_ISCHR(st.st_mode) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return;
	held.mode_bits = st.st_mode & 07777;
	held.has_mode_bits = fchmod(out, held.mode_bits &
	    ~(mode_t)(S_IWGRP | S_IWOTH)) == 0;
}

void
tty_signal_hold(int in, int out, bool must_switch, bool owns_process)
{
	held.is_held = false;
	held.in = in;
	held.out = out;
	held.must_switch = must_switch;
	held.len = 0;
	held.has_mode_bits = false;
	held.has_modes = tcgetattr(in, &held.modes) == 0;
	held.is_held = true;
	if (!owns_process)
		return;
	messages_refuse(out);
	if (!held.has_signals)
		signals_take();
}

void
tty_signal_bytes(const char *bytes, size_t len)
{
	held.len = 0;
	if (len > sizeof(held.bytes))
		return;
	memcpy(held.bytes, bytes, len);
	held.len = (sig_atomic_t)len;
}

void
tty_signal_release(void)
{
	size_t i;

	held.is_held = false;
	if (!held.has_signals)
		return;
	held.has_signals = false;
	for (i = 0; i < LENGTH(fatal); i++)
		sigaction(fatal[i], &held.before[i], NULL);
}
