/*
 * The terminal on a pty of the kernel: its modes, its permissions, the end of
 * the program, a reader that stalls.  What it shows is tty_test.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/ui/tty.h"
#include "stconsole/mem.h"

#define TERM_TYPE	"xterm-256color"
#define PASTE_SIZE	(64 * 1024)
#define HANGS_AFTER	50	/* seconds, for all of this program */

struct line {
	int		 master, slave;
	struct termios	 before;
	struct buf	 seen;		/* read from the master */
};

static int
line_open(void **state)
{
	struct winsize	 ws = { .ws_row = 24, .ws_col = 80 };
	struct line	*l = calloc(1, sizeof(*l));

	if (l == NULL || openpty(&l->master, &l->slave, NULL, NULL, &ws) < 0)
		return -1;
	*state = l;
	(void)fcntl(l->master, F_SETFL, O_NONBLOCK);
	return tcgetattr(l->slave, &l->before);
}

static int
line_close(void **state)
{
	struct line *l = *state;

	if (l->master >= 0)
		close(l->master);
	close(l->slave);
	buf_fini(&l->seen);
	free(l);
	return 0;
}

static struct tty *
open_tty(int in, int out, bool owns_process)
{
	struct tty_options	 o = {
		.in = in, .out = out, .term = TERM_TYPE,
		.profile = PROFILE_RICH, .glyphs = GLYPHS_UTF8,
		.esc_ms = 100, .owns_process = owns_process
	};
	struct theme		 theme;
	struct err		 e;
	struct tty		*t;

	theme_plain(&theme);
	t = tty_open(&o, &theme, &e);
	if (t == NULL)
		fail_msg("%s", e.msg);
	return t;
}

/* Everything that the program has written so far. */
static void
drain(struct line *l)
{
	char	 bytes[4096];
	ssize_t	 n;

	while ((n = read(l->master, bytes, sizeof(bytes))) > 0)
		buf_add(&l->seen, bytes, (size_t)n);
}

static void
modes_are_as_before(const struct line *l)
{
	struct termios now;

	memset(&now, 0, sizeof(now));	/* it has gaps */
	assert_int_equal(tcgetattr(l->slave, &now), 0);
	assert_memory_equal(&now, &l->before, sizeof(now));
}

static void
was_restored(struct line *l)
{
	drain(l);
	assert_non_null(strstr(buf_str(&l->seen), "\033[?1049l"));
	assert_non_null(strstr(buf_str(&l->seen), "\033[?25h"));
	assert_non_null(strstr(buf_str(&l->seen), "\033[?2004l"));
	modes_are_as_before(l);
}

static struct canvas *
picture(char fill)
{
	struct canvas	*c = canvas_new(24, 80);
	char		 line[81];
	int		 row;

	assert_non_null(c);
	for (row = 0; row < 24; row++) {
		memset(line, fill + row % 3, 80);
		line[80] = '\0';
		canvas_put(c, row, 0, 80, LOOK_TEXT, line);
	}
	return c;
}

static void
modes_come_back_after_close_and_stop(void **state)
{
	struct line	*l = *state;
	struct tty	*t = open_tty(l->slave, l->slave, true);
	struct canvas	*c = picture('a');
	struct termios	 now;
	struct err	 e;

	assert_int_equal(tty_show(t, c), TTY_SHOWN);
	assert_int_equal(tcgetattr(l->slave, &now), 0);
	assert_int_equal(now.c_lflag & (ICANON | ECHO), 0);
	assert_int_equal(now.c_oflag & OPOST, 0);
	assert_int_equal(now.c_iflag & IXON, l->before.c_iflag & IXON);
	/* Ctrl-Z stops the whole group, Ctrl-C is a key. */
	assert_true((now.c_lflag & ISIG) != 0);
	assert_int_equal(now.c_cc[VINTR], _POSIX_VDISABLE);
	assert_int_equal(now.c_cc[VSUSP], l->before.c_cc[VSUSP]);
	tty_suspend(t);
	was_restored(l);
	buf_reset(&l->seen);
	assert_true(tty_resume(t, &e));
	assert_int_equal(tcgetattr(l->slave, &now), 0);
	assert_int_equal(now.c_lflag & ICANON, 0);
	assert_int_equal(tty_show(t, c), TTY_SHOWN);
	tty_close(t);
	was_restored(l);
	canvas_free(c);
}

static void
the_shell_keeps_its_flags_and_messages_come_back(void **state)
{
	struct line	*l = *state;
	int		 flags = fcntl(l->slave, F_GETFL);
	struct stat	 before, now;
	struct tty	*t;

	assert_int_equal(fchmod(l->slave, 0620), 0);
	assert_int_equal(fstat(l->slave, &before), 0);
	t = open_tty(l->slave, l->slave, true);
	assert_int_equal(fstat(l->slave, &now), 0);
	assert_int_equal(now.st_mode & 0777, 0600);
	assert_int_equal(fcntl(l->slave, F_GETFL), flags);
	tty_close(t);
	assert_int_equal(fstat(l->slave, &now), 0);
	assert_int_equal(now.st_mode, before.st_mode);
	assert_int_equal(fcntl(l->slave, F_GETFL), flags);
}

/* The child shows a frame and ends itself. */
static void
child_dies(struct line *l, int sig)
{
	struct rlimit	 none = { 0, 0 };
	struct canvas	*c = picture('a');
	struct tty	*t;

	(void)setrlimit(RLIMIT_CORE, &none);
	/* As without a sanitizer, which would report and exit. */
	(void)signal(sig, SIG_DFL);
	t = open_tty(l->slave, l->slave, true);
	if (tty_show(t, c) == TTY_SHOWN)
		raise(sig);
	_exit(1);
}

static void
a_crash_puts_the_terminal_back(void **state)
{
	static const int	 signals[] = {
		SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL
	};
	struct line		*l = *state;
	size_t			 i;
	pid_t			 pid;
	int			 status;

	for (i = 0; i < LENGTH(signals); i++) {
		buf_reset(&l->seen);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			child_dies(l, signals[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		was_restored(l);
	}
}

static void
signals_are_given_back_at_the_end(void **state)
{
	struct line		*l = *state;
	struct sigaction	 before, now;
	struct tty		*t;

	sigaction(SIGSEGV, NULL, &before);
	t = open_tty(l->slave, l->slave, true);
	sigaction(SIGSEGV, NULL, &now);
	assert_true(now.sa_handler != before.sa_handler);
	tty_close(t);
	sigaction(SIGSEGV, NULL, &now);
	assert_true(now.sa_handler == before.sa_handler);
}

/* Shows frames until one is refused.  Nobody reads: what blocks, hangs. */
static void
fill_until_busy(struct tty *t)
{
	struct canvas		*c;
	enum tty_shown		 shown = TTY_SHOWN;
	int			 i;

	for (i = 0; i < 500 && shown == TTY_SHOWN; i++) {
		c = picture((char)('a' + i % 20));
		tty_repaint(t);
		shown = tty_show(t, c);
		canvas_free(c);
	}
	assert_int_equal(shown, TTY_BUSY);
}

/* The caller is told by poll() when it can go on, and need not wake. */
static void
goes_on(struct tty *t, int reader, struct canvas *c)
{
	struct pollfd	 p = { .fd = tty_fd_out(t), .events = POLLOUT };
	char		 bytes[65536];
	enum tty_shown	 shown = TTY_BUSY;
	int		 i;

	assert_int_equal(poll(&p, 1, 0), 0);
	for (i = 0; i < 100 && shown == TTY_BUSY; i++) {
		assert_true(read(reader, bytes, sizeof(bytes)) > 0);
		assert_int_equal(poll(&p, 1, 1000), 1);
		shown = tty_show(t, c);
	}
	assert_int_equal(shown, TTY_SHOWN);
}

static void
a_stalled_terminal_never_blocks(void **state)
{
	struct line	*l = *state;
	struct tty	*t = open_tty(l->slave, l->slave, false);
	struct canvas	*c = picture('z');

	fill_until_busy(t);
	goes_on(t, l->master, c);
	drain(l);
	tty_close(t);
	was_restored(l);
	canvas_free(c);
}

static void
a_stalled_terminal_does_not_hold_up_the_end(void **state)
{
	struct line	*l = *state;
	struct tty	*t = open_tty(l->slave, l->slave, false);

	fill_until_busy(t);
	tty_close(t);
	modes_are_as_before(l);
}

/* A socket cannot be opened again, as a terminal of somebody else cannot. */
static void
a_borrowed_descriptor_is_not_blocked_on_either(void **state)
{
	struct canvas	*c = picture('z');
	int		 pair[2], flags;
	struct tty	*t;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	flags = fcntl(pair[1], F_GETFL);
	t = open_tty(pair[1], pair[1], false);
	fill_until_busy(t);
	assert_int_equal(fcntl(pair[1], F_GETFL), flags);
	goes_on(t, pair[0], c);
	tty_close(t);
	assert_int_equal(fcntl(pair[1], F_GETFL), flags);
	close(pair[0]);
	close(pair[1]);
	canvas_free(c);
}

static void
a_hang_up_is_seen_by_reading_and_by_showing(void **state)
{
	struct line	*l = *state;
	struct tty	*t = open_tty(l->slave, l->slave, true);
	struct canvas	*c = picture('a');
	struct press	 p;

	assert_int_equal(tty_show(t, c), TTY_SHOWN);
	close(l->master);
	l->master = -1;
	assert_int_equal(tty_show(t, c), TTY_GONE);
	assert_false(tty_read(t, 0));
	assert_true(tty_key(t, 0, &p));
	assert_int_equal(p.code, PRESS_EOF);
	tty_close(t);
	canvas_free(c);
}

static void
the_size_follows_the_window(void **state)
{
	struct line	*l = *state;
	struct winsize	 ws = { .ws_row = 16, .ws_col = 60 };
	struct tty	*t = open_tty(l->slave, l->slave, false);
	int		 rows, cols;
	struct err	 e;

	tty_size(t, &rows, &cols);
	assert_int_equal(rows, 24);
	assert_int_equal(cols, 80);
	assert_true(tty_size_is_known(t));
	assert_int_equal(ioctl(l->master, TIOCSWINSZ, &ws), 0);
	assert_true(tty_resized(t, &e));
	tty_size(t, &rows, &cols);
	assert_int_equal(rows, 16);
	assert_int_equal(cols, 60);
	ws.ws_row = ws.ws_col = 1;
	assert_int_equal(ioctl(l->master, TIOCSWINSZ, &ws), 0);
	assert_true(tty_resized(t, &e));
	tty_size(t, &rows, &cols);
	assert_int_equal(rows, 1);
	assert_int_equal(cols, 1);
	tty_close(t);
}

static void
a_line_without_a_size_is_80x24(void **state)
{
	struct line	*l = *state;
	struct winsize	 none = { 0 };
	struct tty	*t;
	int		 rows, cols;
	struct err	 e;

	assert_int_equal(ioctl(l->master, TIOCSWINSZ, &none), 0);
	t = open_tty(l->slave, l->slave, false);
	assert_false(tty_size_is_known(t));
	tty_size(t, &rows, &cols);
	assert_int_equal(rows, 24);
	assert_int_equal(cols, 80);
	assert_true(tty_resized(t, &e));
	assert_false(tty_size_is_known(t));
	assert_true(tty_size_set(t, 60, 132, &e));
	assert_true(tty_size_is_known(t));
	tty_close(t);
}

/* Writes what fits and reads it, until all has gone through. */
static void
a_paste_of_64_kilobytes_arrives_whole(void **state)
{
	struct line		*l = *state;
	struct tty		*t = open_tty(l->slave, l->slave, false);
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct press		 p = { 0 };
	size_t			 done = 0;
	ssize_t			 n;
	int			 i;

	buf_puts(&text, "\033[200~");
	for (i = 0; i < PASTE_SIZE; i++)
		buf_putc(&text, (char)('a' + i % 26));
	buf_puts(&text, "\033[201~");
	for (i = 0; i < 10000 && p.code == PRESS_NONE; i++) {
		n = write(l->master, text.data + done, text.len - done);
		done += n > 0 ? (size_t)n : 0;
		assert_true(tty_read(t, 0));
		(void)tty_key(t, 0, &p);
	}
	assert_int_equal(p.code, PRESS_PASTE);
	assert_int_equal(strlen(p.paste), PASTE_SIZE);
	assert_int_equal(strncmp(p.paste, text.data + 6, PASTE_SIZE), 0);
	press_fini(&p);
	tty_close(t);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, line_open, line_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(modes_come_back_after_close_and_stop),
		TEST(the_shell_keeps_its_flags_and_messages_come_back),
		TEST(a_crash_puts_the_terminal_back),
		TEST(signals_are_given_back_at_the_end),
		TEST(a_stalled_terminal_never_blocks),
		TEST(a_stalled_terminal_does_not_hold_up_the_end),
		TEST(a_borrowed_descriptor_is_not_blocked_on_either),
		TEST(a_hang_up_is_seen_by_reading_and_by_showing),
		TEST(the_size_follows_the_window),
		TEST(a_line_without_a_size_is_80x24),
		TEST(a_paste_of_64_kilobytes_arrives_whole)
	};

	setlocale(LC_ALL, "C.UTF-8");
	alarm(HANGS_AFTER);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
