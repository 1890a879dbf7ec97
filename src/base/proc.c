/*
 * One child at a time, watched by its pidfd so that no SIGCHLD handler is
 * needed and threads do not steal each other's children.
 */
#include "stconsole/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define OUTPUT_MAX	(16u << 20)
#define POLL_MAX_MS	1000000
#define STDERR_TAIL	200
#define END_MS		2000

enum { IN, OUT, ERRS, CHILD, STOP, POLL_COUNT };

struct child {
	pid_t			 pid;
	int			 fd[3];		/* our ends, -1 when closed */
	int			 pidfd;
	int			 start_errno;	/* exec failed with this */
	size_t			 sent;
	struct buf		 partial;	/* of a line not yet whole */
	const struct proc_spec	*spec;
	struct proc_result	*result;
};

void
proc_result_fini(struct proc_result *r)
{
	buf_wipe(&r->out);
	buf_wipe(&r->err);
}

/* The environment with our additions in front; the array is malloc'd. */
static char **
child_env(const char *const *add)
{
	size_t	 n = 0, m = 0, i, j, k = 0;
	char	**env;

	while (environ != NULL && environ[n] != NULL)
		n++;
	while (add != NULL && add[m] != NULL)
		m++;
	env = calloc(n + m + 1, sizeof(*env));
	if (env == NULL)
		return NULL;
	for (i = 0; i < m; i++)
		env[k++] = (char *)(uintptr_t)add[i];
	for (i = 0; i < n; i++) {
		size_t name = strcspn(environ[i], "=") + 1;

		for (j = 0; j < m; j++)
			if (strncmp(add[j], environ[i], name) == 0)
				break;
		if (j == m)
			env[k++] = environ[i];
	}
	return env;
}

/* In the child, between fork and exec: async-signal-safe calls only. */
static void
child_exec(const struct proc_spec *spec, char **env, int pipes[3][2],
    int report)
{
	static const char *const fallback = "/dev/null";
	sigset_t	 none;
	int		 in = pipes[0][0];

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* A Ctrl-C is ours to hear: what it ends is for the job to say. */
	(void)setpgid(0, 0);
	if (in < 0)
		in = open(fallback, O_RDONLY | O_CLOEXEC);
	if (dup2(in, 0) < 0 || dup2(pipes[1][1], 1) < 0 ||
	    dup2(pipes[spec->merges_err ? 1 : 2][1], 2) < 0)
		goto fail;
	if (spec->cwd != NULL && chdir(spec->cwd) < 0)
		goto fail;
	/* Also what our own parent or a library left open. */
	(void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	execvpe(spec->argv[0], (char *const *)(uintptr_t)spec->argv, env);
fail:
	in = errno;
	if (write(report, &in, sizeof(in)) < 0)
		_exit(126);
	_exit(127);
}

static void
close_pair(int p[2])
{
	if (p[0] >= 0)
		close(p[0]);
	if (p[1] >= 0)
		close(p[1]);
}

/* Forks; the parent learns through a close-on-exec pipe if exec failed. */
static bool
child_fork(struct child *c, char **env, int pipes[3][2], struct err *e)
{
	int	 report[2], why = 0;
	ssize_t	 n;

	if (pipe2(report, O_CLOEXEC) < 0)
		return err_sys(e, T_PROC_START, c->spec->argv[0]);
	c->pid = fork();
	if (c->pid == 0)
		child_exec(c->spec, env, pipes, report[1]);
	close(report[1]);
	if (c->pid < 0) {
		close(report[0]);
		return err_sys(e, T_PROC_START, c->spec->argv[0]);
	}
	do
		n = read(report[0], &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	c->start_errno = n == sizeof(why) ? why : 0;
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return true;
}

/* The parent keeps its end of each pipe and closes the child's. */
static bool
child_start(struct child *c, struct err *e)
{
	AUTO_FREE char	**env = child_env(c->spec->env);
	int		  pipes[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	bool		  ok;
	int		  i;

	if (env == NULL)
		return err_nomem(e);
	ok = (c->spec->input == NULL || pipe2(pipes[0], O_CLOEXEC) == 0) &&
	    pipe2(pipes[1], O_CLOEXEC) == 0 && pipe2(pipes[2], O_CLOEXEC) == 0;
	if (!ok)
		err_sys(e, T_PROC_START, c->spec->argv[0]);
	ok = ok && child_fork(c, env, pipes, e);
	for (i = 0; ok && i < 3; i++) {
		int ours = i == IN ? 1 : 0;

		c->fd[i] = pipes[i][ours];
		pipes[i][ours] = -1;
		if (c->fd[i] >= 0)
			fcntl(c->fd[i], F_SETFL, O_NONBLOCK);
	}
	for (i = 0; i < 3; i++)
		close_pair(pipes[i]);
	return ok;
}

static void
child_close(struct child *c, int which)
{
	if (c->fd[which] >= 0)
		close(c->fd[which]);
	c->fd[which] = -1;
}

static void
feed(struct child *c)
{
	const char	*p = c->spec->input;
	ssize_t		 n;

	n = write(c->fd[IN], p + c->sent, c->spec->input_len - c->sent);
	if (n > 0)
		c->sent += (size_t)n;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) ||
	    c->sent == c->spec->input_len)
		child_close(c, IN);
}

/* Hands over every whole line and keeps the rest. */
static void
take_lines(struct child *c, bool last)
{
	char *start = c->partial.data, *nl;

	while (start != NULL && (nl = strchr(start, '\n')) != NULL) {
		*nl = '\0';
		c->spec->line(c->spec->arg, start);
		start = nl + 1;
	}
	if (start == NULL)
		return;
	if (last && *start != '\0')
		c->spec->line(c->spec->arg, start);
	c->partial.len -= (size_t)(start - c->partial.data);
	memmove(c->partial.data, start, c->partial.len + 1);
}

static void
collect(struct child *c, int which)
{
	size_t		 max = c->spec->output_max > 0 ?
	    c->spec->output_max : OUTPUT_MAX;
	struct buf	*b = which == OUT ? &c->result->out : &c->result->err;
	char		 piece[16384];
	ssize_t		 n = read(c->fd[which], piece, sizeof(piece));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		child_close(c, which);
		return;
	}
	if (which == OUT && c->spec->line != NULL) {
		buf_add(&c->partial, piece, (size_t)n);
		take_lines(c, false);
		return;
	}
	if (b->len + (size_t)n > max) {
		c->result->cut = true;
		n = (ssize_t)(max - b->len);
	}
	buf_add(b, piece, (size_t)n);
}

/* One round; false when the child has ended and its pipes are drained. */
static bool
child_step(struct child *c, int64_t left_ms, bool *gone)
{
	struct pollfd	p[POLL_COUNT] = {
		{ c->fd[IN], POLLOUT, 0 }, { c->fd[OUT], POLLIN, 0 },
		{ c->fd[ERRS], POLLIN, 0 },
		{ *gone ? -1 : c->pidfd, POLLIN, 0 },
		{ c->spec->cancel != NULL ? c->spec->cancel->fd : -1,
		    POLLIN, 0 }
	};
	int		which;

	/* A grandchild may hold the pipes; do not wait for it for ever. */
	if (poll(p, POLL_COUNT, *gone ? 0 : (int)left_ms) < 0)
		return true;
	if (p[IN].revents != 0)
		feed(c);
	for (which = OUT; which <= ERRS; which++)
		if (p[which].revents != 0)
			collect(c, which);
	if (*gone && p[OUT].revents == 0 && p[ERRS].revents == 0)
		return false;
	/* No descriptor was left for it: it ends when its output does. */
	if (c->pidfd < 0 && c->fd[OUT] < 0 && c->fd[ERRS] < 0)
		return false;
	if (p[CHILD].revents != 0)
		*gone = true;
	return true;
}

static bool
child_watch(struct child *c, struct err *e)
{
	int64_t	 end = clock_mono_ms(&clock_system) + c->spec->timeout_ms;
	int64_t	 left = POLL_MAX_MS;
	bool	 gone = false;

	do {
		if (c->spec->timeout_ms > 0)
			left = end - clock_mono_ms(&clock_system);
		if (left <= 0) {
			err_set(e, ERR_PROC, ETIMEDOUT, T_PROC_TIMEOUT,
			    c->spec->argv[0], c->spec->timeout_ms / 1000);
			return false;
		}
		if (!cancel_check(c->spec->cancel, e))
			return false;
	} while (child_step(c, left, &gone));
	return true;
}

/* Asked first, with all that it started; what does not listen is killed. */
static void
child_end(struct child *c)
{
	struct pollfd p = { c->pidfd, POLLIN, 0 };

	kill(-c->pid, SIGTERM);
	if (c->pidfd < 0 || poll(&p, 1, END_MS) <= 0)
		kill(-c->pid, SIGKILL);
}

static void
child_reap(struct child *c, bool ended)
{
	int status = 0;

	if (!ended)
		child_end(c);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->result->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static bool
start_failed(const struct child *c, struct err *e)
{
	errno = c->start_errno;
	err_sys(e, T_PROC_START, c->spec->argv[0]);
	if (c->start_errno == ENOENT && c->spec->cwd == NULL)
		err_set(e, ERR_PROC, ENOENT, T_PROC_MISSING, c->spec->argv[0]);
	else if (e != NULL)
		e->domain = ERR_PROC;
	return err_hint(e, T_PROC_MISSING_HINT);
}

bool
proc_run(const struct proc_spec *spec, struct proc_result *r, struct err *e)
{
	struct child	c = { .fd = { -1, -1, -1 }, .pidfd = -1,
		.partial = BUF_INIT, .spec = spec, .result = r };
	bool		ok;

	*r = (struct proc_result){ 0, false, BUF_INIT, BUF_INIT };
	if (!child_start(&c, e))
		return false;
	ok = child_watch(&c, e);
	child_reap(&c, ok);
	child_close(&c, IN);
	child_close(&c, OUT);
	child_close(&c, ERRS);
	if (c.pidfd >= 0)
		close(c.pidfd);
	if (spec->line != NULL && ok)
		take_lines(&c, true);
	ok = ok && buf_ok(&r->out, e) && buf_ok(&r->err, e) &&
	    buf_ok(&c.partial, e);
	buf_wipe(&c.partial);
	if (ok && c.start_errno != 0)
		ok = start_failed(&c, e);
	if (!ok)
		proc_result_fini(r);
	return ok;
}

/* The last line that says something, for the error sentence. */
static void
last_line(const struct buf *b, char *out, size_t size)
{
	const char	*s = buf_str(b), *end = s + b->len, *start;

	while (end > s && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	for (start = end; start > s && start[-1] != '\n'; start--)
		;
	snprintf(out, size, "%.*s", (int)(end - start), start);
	str_strip_control(out);
}

bool
proc_run_ok(const struct proc_spec *spec, struct proc_result *r,
    struct err *e)
{
	char tail[STDERR_TAIL];

	if (!proc_run(spec, r, e))
		return false;
	if (r->exit_code == 0)
		return true;
	last_line(r->err.len > 0 ? &r->err : &r->out, tail, sizeof(tail));
	err_set(e, ERR_PROC, r->exit_code, T_PROC_FAILED, spec->argv[0],
	    r->exit_code, tail);
	proc_result_fini(r);
	return false;
}

bool
proc_exists(const char *program)
{
	const char		*path = getenv("PATH"), *end;
	AUTO_BUF struct buf	 b = BUF_INIT;

	if (strchr(program, '/') != NULL)
		return access(program, X_OK) == 0;
	for (; path != NULL && *path != '\0'; path = *end ? end + 1 : end) {
		end = path + strcspn(path, ":");
		buf_reset(&b);
		buf_add(&b, path, (size_t)(end - path));
		buf_printf(&b, "/%s", program);
		if (!b.failed && access(buf_str(&b), X_OK) == 0)
			return true;
	}
	return false;
}

static bool
is_plain_word(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";

	return *s != '\0' && s[strspn(s, plain)] == '\0';
}

void
proc_argv_show(const char *const *argv, struct buf *out)
{
	const char *p;

	for (; *argv != NULL; argv++) {
		if (is_plain_word(*argv)) {
			buf_puts(out, *argv);
		} else {
			buf_putc(out, '\'');
			for (p = *argv; *p != '\0'; p++)
				if (*p == '\'')
					buf_puts(out, "'\\''");
				else
					buf_putc(out, *p);
			buf_putc(out, '\'');
		}
		if (argv[1] != NULL)
			buf_putc(out, ' ');
	}
}

const char **
proc_argv_from_json(const json_t *argv)
{
	size_t		  n = json_array_size(argv), i;
	const char	**v = calloc(n + 1, sizeof(*v));

	for (i = 0; v != NULL && i < n; i++) {
		v[i] = json_string_value(json_array_get(argv, i));
		if (v[i] == NULL)
			v[i] = "";
	}
	return v;
}

/* proc(5), /proc/PID/stat field 22; the name in field 2 may hold spaces. */
unsigned long long
proc_start_time(pid_t pid)
{
	AUTO_FREE char		*path = str_format("/proc/%d/stat", (int)pid);
	AUTO_CLOSE int		 fd = path != NULL ?
	    open(path, O_RDONLY | O_CLOEXEC) : -1;
	char			 text[1024], *p;
	unsigned long long	 start = 0;
	ssize_t			 n = fd >= 0 ?
	    read(fd, text, sizeof(text) - 1) : -1;
	int			 field;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	p = strrchr(text, ')');
	/* One that only waits to be reaped holds nothing any more. */
	if (p != NULL && (str_starts(p, ") Z") || str_starts(p, ") X")))
		return 0;
	for (field = 2; p != NULL && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (p != NULL)
		start = strtoull(p + 1, NULL, 10);
	return start;
}
