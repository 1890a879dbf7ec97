#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

#include "../../src/ui/press.h"
#include "../screen/vt.h"
#include "run.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define SENT_MAX	(64u << 20)	/* more is a program gone mad */
#define WORDS_MAX	64

struct pty {
	int		 master, slave;	/* slave is ours, for its modes */
	int		 pidfd;
	pid_t		 pid;
	struct vt	*vt;
	struct buf	 sent, picture, row;
	struct termios	 before;
	bool		 has_ended;
	int		 status;
	double		 cpu_ms;
};

static const char *const environment[] = {
	"LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/nonexistent",
	"XDG_STATE_HOME=/nonexistent", "http_proxy=", "https_proxy=",
	"HTTP_PROXY=", "HTTPS_PROXY=", "ALL_PROXY=", "NO_PROXY=*", "NO_COLOR="
};

static const char *const unwanted[] = {
	"LINES", "COLUMNS", "SSH_CONNECTION", "SSH_TTY", "COLORFGBG", "TMUX",
	"STY"
};

/* What a terminal sends in the modes the console asks for. */
static const struct {
	enum press_code	 code;
	const char	*bytes;
} key_bytes[] = {
	{ PRESS_UP, "\033OA" }, { PRESS_DOWN, "\033OB" },
	{ PRESS_RIGHT, "\033OC" }, { PRESS_LEFT, "\033OD" },
	{ PRESS_HOME, "\033OH" }, { PRESS_END, "\033OF" },
	{ PRESS_PAGE_UP, "\033[5~" }, { PRESS_PAGE_DOWN, "\033[6~" },
	{ PRESS_ENTER, "\r" }, { PRESS_TAB, "\t" },
	{ PRESS_BACK_TAB, "\033[Z" }, { PRESS_BACKSPACE, "\177" },
	{ PRESS_DELETE, "\033[3~" }, { PRESS_INSERT, "\033[2~" },
	{ PRESS_ESC, "\033" }, { PRESS_F1, "\033OP" }, { PRESS_F2, "\033OQ" },
	{ PRESS_F3, "\033OR" }, { PRESS_F4, "\033OS" },
	{ PRESS_F5, "\033[15~" }, { PRESS_F6, "\033[17~" },
	{ PRESS_F7, "\033[18~" }, { PRESS_F8, "\033[19~" },
	{ PRESS_F9, "\033[20~" }, { PRESS_F10, "\033[21~" },
	{ PRESS_F12, "\033[24~" }
};

static int64_t
now_ms(void)
{
	return clock_mono_ms(&clock_system);
}

/* --- start and end ------------------------------------------------------ */

static void
child_signals(const struct pty_options *o)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, o->ignores_hangup ? SIG_IGN : SIG_DFL);
}

/* Returns in the child; the shell does what happens to the child. */
static void
shell_fork(void)
{
	int	 status;
	pid_t	 pid = fork();

	while (pid > 0 && waitpid(pid, &status, WUNTRACED) == pid) {
		if (WIFEXITED(status))
			_exit(WEXITSTATUS(status));
		if (WIFSIGNALED(status))
			_exit(128 + WTERMSIG(status));
		(void)raise(SIGSTOP);
		(void)kill(pid, SIGCONT);
	}
	if (pid != 0)
		_exit(126);
}

static void
child_run(struct pty *p, const struct pty_options *o, const char *program)
{
	const char	*words[WORDS_MAX] = { program };
	size_t		 i;

	for (i = 0; o->words != NULL && o->words[i] != NULL &&
	    i < WORDS_MAX - 2; i++)
		words[i + 1] = o->words[i];
	for (i = 0; i < LENGTH(environment); i++)
		(void)putenv((char *)(uintptr_t)environment[i]);
	for (i = 0; i < LENGTH(unwanted); i++)
		(void)unsetenv(unwanted[i]);
	(void)setenv("TERM", o->term != NULL ? o->term : "xterm-256color", 1);
	for (i = 0; o->env != NULL && o->env[i] != NULL; i++)
		(void)putenv((char *)(uintptr_t)o->env[i]);
	child_signals(o);
	close(p->master);
	if (o->ignores_stop)
		signal(SIGTSTP, SIG_IGN);
	if (login_tty(p->slave) < 0)
		_exit(127);
	if (o->has_shell)
		shell_fork();
	execv(program, (char *const *)(uintptr_t)words);
	_exit(127);
}

static void
line_open(struct pty *p, const struct pty_options *o, int rows, int cols)
{
	struct winsize size = { .ws_row = (unsigned short)rows,
	    .ws_col = (unsigned short)cols };

	if (o->tells_no_size)
		memset(&size, 0, sizeof(size));
	if (openpty(&p->master, &p->slave, NULL, NULL, &size) < 0)
		fail_msg("no terminal: %s", strerror(errno));
	(void)fcntl(p->master, F_SETFD, FD_CLOEXEC);
	(void)fcntl(p->slave, F_SETFD, FD_CLOEXEC);
	assert_int_equal(fcntl(p->master, F_SETFL, O_NONBLOCK), 0);
	/* As login(1) leaves it: the group may write, for write(1). */
	assert_int_equal(fchmod(p->slave, 0620), 0);
	assert_int_equal(tcgetattr(p->slave, &p->before), 0);
}

struct pty *
pty_start(const struct pty_options *o)
{
	struct pty	*p = calloc(1, sizeof(*p));
	const char	*program = o->program != NULL ? o->program :
			    run_binary();
	int		 rows = o->rows > 0 ? o->rows : 24;
	int		 cols = o->cols > 0 ? o->cols : 80;

	assert_non_null(p);
	line_open(p, o, rows, cols);
	p->vt = vt_new(o->term != NULL ? o->term : "xterm-256color", rows,
	    cols);
	if (o->program != NULL)
		vt_without_police(p->vt);
	p->pid = fork();
	if (p->pid < 0)
		fail_msg("fork: %s", strerror(errno));
	if (p->pid == 0)
		child_run(p, o, program);
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	assert_true(p->pidfd >= 0);
	return p;
}

static void
reap(struct pty *p)
{
	struct rusage	 used;
	int		 status;

	while (wait4(p->pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			fail_msg("wait4: %s", strerror(errno));
	p->has_ended = true;
	p->status = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
	p->cpu_ms = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) *
	    1e3 + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) /
	    1e3;
}

void
pty_end(struct pty *p)
{
	if (p == NULL)
		return;
	if (!p->has_ended) {
		kill(p->pid, SIGKILL);
		reap(p);
	}
	pty_hang_up(p);
	close(p->slave);
	close(p->pidfd);
	vt_free(p->vt);
	buf_wipe(&p->sent);
	buf_fini(&p->picture);
	buf_fini(&p->row);
	free(p);
}

/* --- reading ------------------------------------------------------------ */

/* What the emulator answers (where its cursor is) is typed. */
static void
answers_pass(struct pty *p)
{
	struct pollfd	 in = { .fd = vt_in(p->vt), .events = POLLIN };
	char		 bytes[256];
	ssize_t		 n;

	while (poll(&in, 1, 0) > 0) {
		n = read(in.fd, bytes, sizeof(bytes));
		if (n <= 0)
			return;
		(void)file_write_all(p->master, bytes, (size_t)n, NULL);
	}
}

size_t
pty_take(struct pty *p, size_t max)
{
	char	 bytes[4096];
	size_t	 total = 0, want;
	ssize_t	 n;

	while (p->master >= 0 && total < max) {
		want = max - total < sizeof(bytes) ? max - total :
		    sizeof(bytes);
		n = read(p->master, bytes, want);
		if (n <= 0)
			break;
		buf_add(&p->sent, bytes, (size_t)n);
		vt_feed(p->vt, bytes, (size_t)n);
		answers_pass(p);
		total += (size_t)n;
	}
	assert_true(p->sent.len < SENT_MAX && buf_ok(&p->sent, NULL));
	return total;
}

/* Waits for bytes (when read) and the end; false: neither came in time. */
static bool
something_came(struct pty *p, int timeout_ms, bool reads)
{
	struct pollfd fds[] = {
		{ .fd = p->has_ended ? -1 : p->pidfd, .events = POLLIN },
		{ .fd = reads ? p->master : -1, .events = POLLIN }
	};

	if (timeout_ms < 0 || poll(fds, LENGTH(fds), timeout_ms) <= 0)
		return false;
	if (reads)
		(void)pty_take(p, SENT_MAX);
	if (fds[0].revents != 0)
		reap(p);
	return true;
}

bool
pty_came(struct pty *p, int timeout_ms)
{
	return something_came(p, timeout_ms, true);
}

const char *
pty_picture(struct pty *p)
{
	buf_reset(&p->picture);
	vt_picture(p->vt, &p->picture);
	return buf_str(&p->picture);
}

const char *
pty_cursor_row(struct pty *p)
{
	int row, col;

	vt_cursor(p->vt, &row, &col);
	buf_reset(&p->row);
	vt_row(p->vt, row, &p->row);
	return buf_str(&p->row);
}

static bool
wait_until(struct pty *p, const char *words, bool wanted, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms;

	(void)pty_take(p, SENT_MAX);
	while ((strstr(pty_picture(p), words) != NULL) != wanted)
		if (p->has_ended || !something_came(p,
		    (int)(end - now_ms()), true))
			return false;
	return true;
}

bool
pty_wait(struct pty *p, const char *words, int timeout_ms)
{
	return wait_until(p, words, true, timeout_ms);
}

void
pty_see(struct pty *p, const char *words)
{
	if (!pty_wait(p, words, PTY_WAIT_MS))
		fail_msg("\"%s\" is not seen%s:\n%s", words, p->has_ended ?
		    ", the program has ended" : "", pty_picture(p));
}

void
pty_see_gone(struct pty *p, const char *words)
{
	if (!wait_until(p, words, false, PTY_WAIT_MS))
		fail_msg("\"%s\" stays:\n%s", words, pty_picture(p));
}

size_t
pty_quiet(struct pty *p, int quiet_ms)
{
	int64_t	 end = now_ms() + PTY_WAIT_MS;
	size_t	 before = p->sent.len;

	(void)pty_take(p, SENT_MAX);
	while (!p->has_ended && something_came(p, quiet_ms, true))
		if (now_ms() > end)
			fail_msg("never quiet for %d ms", quiet_ms);
	return p->sent.len - before;
}

const struct buf *
pty_sent(const struct pty *p)
{
	return &p->sent;
}

const struct vt *
pty_vt(const struct pty *p)
{
	return p->vt;
}

/* --- keys --------------------------------------------------------------- */

void
pty_bytes(struct pty *p, const void *bytes, size_t len)
{
	const char	*s = bytes;
	int64_t		 end = now_ms() + PTY_WAIT_MS;
	struct pollfd	 out = { .fd = p->master, .events = POLLOUT | POLLIN };
	ssize_t		 n;

	while (len > 0) {
		n = write(p->master, s, len);
		if (n > 0) {
			s += n;
			len -= (size_t)n;
			continue;
		}
		if (errno != EAGAIN || poll(&out, 1, (int)(end - now_ms())) <=
		    0)
			fail_msg("the terminal takes no keys");
		(void)pty_take(p, SENT_MAX);
	}
}

static const char *
bytes_of(const struct press *key)
{
	size_t i;

	if (key->code == PRESS_TEXT)
		return key->text;
	for (i = 0; i < LENGTH(key_bytes); i++)
		if (key_bytes[i].code == key->code)
			return key_bytes[i].bytes;
	return NULL;
}

static void
press_one(struct pty *p, const char *name, size_t len)
{
	struct press	 key;
	char		 bytes[2] = { '\033' };

	if (len == 4 && str_starts(name, "Esc")) {
		bytes[1] = name[3];
		pty_bytes(p, bytes, 2);
		return;
	}
	if (!press_parse(name, len, &key))
		fail_msg("no key is called %.*s", (int)len, name);
	if (key.code == PRESS_CTRL) {
		bytes[0] = (char)(key.text[0] & 0x1f);
		pty_bytes(p, bytes, 1);
		return;
	}
	if (bytes_of(&key) == NULL)
		fail_msg("no terminal sends %.*s", (int)len, name);
	pty_bytes(p, bytes_of(&key), strlen(bytes_of(&key)));
}

void
pty_press(struct pty *p, const char *keys)
{
	size_t len;

	for (keys += strspn(keys, " "); *keys != '\0';
	    keys += strspn(keys, " ")) {
		if (*keys == '\'') {
			len = strcspn(keys + 1, "'");
			pty_bytes(p, keys + 1, len);
			keys += len + 2;
			continue;
		}
		len = strcspn(keys, " ");
		press_one(p, keys, len);
		keys += len;
	}
}

void
pty_press_seen(struct pty *p, const char *words)
{
	size_t len = strcspn(words, " ");

	pty_see(p, words);
	press_one(p, words, len);
}

int
pty_unread(const struct pty *p)
{
	int n = 0;

	assert_int_equal(ioctl(p->slave, FIONREAD, &n), 0);
	return n;
}

/* --- the line ----------------------------------------------------------- */

void
pty_resize(struct pty *p, int rows, int cols)
{
	struct winsize size = { .ws_row = (unsigned short)rows,
	    .ws_col = (unsigned short)cols };

	vt_resize(p->vt, rows > 0 ? rows : 1, cols > 0 ? cols : 1);
	assert_int_equal(ioctl(p->master, TIOCSWINSZ, &size), 0);
}

void
pty_hang_up(struct pty *p)
{
	if (p->master >= 0)
		close(p->master);
	p->master = -1;
}

mode_t
pty_file_mode(const struct pty *p)
{
	struct stat st;

	assert_int_equal(fstat(p->slave, &st), 0);
	return st.st_mode;
}

void
pty_scribble(struct pty *p, const char *bytes)
{
	assert_true(file_write_all(p->slave, bytes, strlen(bytes), NULL));
}

const struct termios *
pty_modes_before(const struct pty *p)
{
	return &p->before;
}

void
pty_modes(const struct pty *p, struct termios *out)
{
	assert_int_equal(tcgetattr(p->slave, out), 0);
}

/* --- the process -------------------------------------------------------- */

pid_t
pty_pid(const struct pty *p)
{
	return p->pid;
}

static int
ended(struct pty *p, int timeout_ms, bool reads)
{
	int64_t end = now_ms() + timeout_ms;

	while (!p->has_ended)
		if (!something_came(p, (int)(end - now_ms()), reads))
			fail_msg("it has not ended in %d ms:\n%s", timeout_ms,
			    pty_picture(p));
	return p->status;
}

int
pty_ended(struct pty *p, int timeout_ms)
{
	int status = ended(p, timeout_ms, true);

	(void)pty_take(p, SENT_MAX);
	return status;
}

int
pty_ended_unread(struct pty *p, int timeout_ms)
{
	return ended(p, timeout_ms, false);
}

void
pty_stopped(struct pty *p)
{
	siginfo_t	 si;
	int64_t		 end = now_ms() + PTY_WAIT_MS;

	do {
		memset(&si, 0, sizeof(si));
		assert_int_equal(waitid(P_PID, (id_t)p->pid, &si, WSTOPPED |
		    WNOHANG | WNOWAIT), 0);
		if (si.si_pid == 0)
			(void)something_came(p, 10, true);
	} while (si.si_pid == 0 && !p->has_ended && now_ms() < end);
	assert_int_equal(si.si_pid, p->pid);
	(void)pty_take(p, SENT_MAX);
}

double
pty_cpu_ms(const struct pty *p)
{
	return p->cpu_ms;
}

/* The number behind "NAME:" of a file of /proc/PID. */
static long
proc_number(const struct pty *p, const char *file, const char *name)
{
	AUTO_FREE char	*path = str_format("/proc/%d/%s", (int)p->pid, file);
	FILE		*f = fopen(path, "re");
	size_t		 len = strlen(name);
	char		 line[256];
	long		 n = -1;

	while (f != NULL && n < 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			n = strtol(line + len + 1, NULL, 10);
	if (f == NULL || n < 0)
		fail_msg("%s has no %s", path, name);
	fclose(f);
	return n;
}

long
pty_wakeups(const struct pty *p)
{
	AUTO_FREE char *file = str_format("task/%d/status", (int)p->pid);

	return proc_number(p, file, "voluntary_ctxt_switches");
}

long
pty_status(const struct pty *p, const char *name)
{
	return proc_number(p, "status", name);
}
