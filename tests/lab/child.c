/*
 * The lab's processes.  Each asks the kernel for SIGKILL when the thread that
 * forked it ends (PR_SET_PDEATHSIG), so everything is started by the main
 * thread; each is recorded before anybody uses it.
 */
#include "house.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "text.def"

#define PORT_LOW	20000
#define PORT_HIGH	32000
#define PAUSE_MAX_MS	50
#define TAIL_MAX	(1024 * 1024 * 16)

/* In the child: only 0, 1, 2 stay open, and our death is its death. */
static void
child_settle(pid_t parent, const char *log)
{
	sigset_t	 none;
	int		 null = open("/dev/null", O_RDONLY);
	int		 out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || null < 0 || out < 0)
		_exit(126);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	close_range(3, ~0U, 0);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool
child_add(struct lab_house *h, pid_t pid, struct err *e)
{
	struct lab_child	*c = &h->children[h->children_len];

	c->pid = pid;
	c->start = proc_start_time(pid);
	h->children_len++;
	if (lab_registry_child(h, pid, c->start, e))
		return true;
	kill(pid, SIGKILL);
	lab_child_wait(h, pid);
	return false;
}

pid_t
lab_fork(struct lab_house *h, int (*work)(void *arg), void *arg,
    const char *log, struct err *e)
{
	pid_t	 parent = getpid();
	pid_t	 pid = -1;

	if (h->children_len < LAB_CHILDREN_MAX)
		pid = fork();
	if (pid < 0) {
		err_sys(e, T_LAB_SPAWN, log);
		return -1;
	}
	if (pid == 0) {
		child_settle(parent, log);
		_exit(work(arg));
	}
	return child_add(h, pid, e) ? pid : -1;
}

struct program {
	const char *const	*argv;
	const char		*env;	/* one NAME=value more, or NULL */
};

static int
program_exec(void *arg)
{
	const struct program	*p = arg;

	if (p->env != NULL && putenv((char *)(uintptr_t)p->env) != 0)
		return 126;
	execvp(p->argv[0], (char *const *)(uintptr_t)p->argv);
	fprintf(stderr, "%s: %s\n", p->argv[0], strerror(errno));
	return 127;
}

pid_t
lab_spawn(struct lab_house *h, const char *const *argv, const char *env,
    const char *log, struct err *e)
{
	struct program	 p = { argv, env };

	return lab_fork(h, program_exec, &p, log, e);
}

void
lab_child_forget(struct lab_house *h, pid_t pid)
{
	for (size_t i = 0; i < h->children_len; i++) {
		if (h->children[i].pid != pid)
			continue;
		h->children[i] = h->children[h->children_len - 1];
		h->children_len--;
		return;
	}
}

static int
status_code(int status)
{
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

int
lab_child_wait(struct lab_house *h, pid_t pid)
{
	int	 status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	lab_child_forget(h, pid);
	return status_code(status);
}

bool
lab_child_ended(struct lab_house *h, pid_t pid)
{
	int	 status = 0;

	if (waitpid(pid, &status, WNOHANG) == 0)
		return false;
	lab_child_forget(h, pid);
	return true;
}

void
lab_children_end(struct lab_house *h, int sig)
{
	for (size_t i = 0; i < h->children_len; i++)
		kill(h->children[i].pid, sig);
	while (h->children_len > 0)
		lab_child_wait(h, h->children[0].pid);
}

unsigned long long
lab_child_start(const struct lab_house *h, pid_t pid)
{
	for (size_t i = 0; i < h->children_len; i++) {
		if (h->children[i].pid == pid)
			return h->children[i].start;
	}
	return 0;
}

json_t *
lab_child_fact(const struct lab_house *h, pid_t pid)
{
	return json_pack("{s:i, s:I}", "pid", (int)pid, "start",
	    (json_int_t)lab_child_start(h, pid));
}

void
lab_log_tail(const char *log, char *out, size_t size)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			*line = NULL;

	snprintf(out, size, "no output");
	if (!file_read(AT_FDCWD, log, TAIL_MAX, &b, NULL) || b.len == 0)
		return;
	while (b.len > 0 && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	line = strrchr(b.data, '\n');
	snprintf(out, size, "%s", line == NULL ? b.data : line + 1);
	str_strip_control(out);
}

static bool
port_binds(int port)
{
	struct sockaddr_in	 a = { .sin_family = AF_INET };
	AUTO_CLOSE int		 fd = socket(AF_INET, SOCK_STREAM |
	    SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

int
lab_port_free(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		uint16_t	 r = 0;
		int		 port = 0;

		if (getrandom(&r, sizeof(r), 0) != sizeof(r))
			return 0;
		port = PORT_LOW + r % (PORT_HIGH - PORT_LOW);
		if (port_binds(port))
			return port;
	}
	return 0;
}

bool
lab_has_ipv6(void)
{
	struct sockaddr_in6	 a = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	AUTO_CLOSE int		 fd = socket(AF_INET6, SOCK_STREAM |
	    SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

bool
lab_port_answers(void *port)
{
	struct sockaddr_in	 a = { .sin_family = AF_INET };
	AUTO_CLOSE int		 fd = socket(AF_INET, SOCK_STREAM |
	    SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)*(int *)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

bool
lab_wait_ready(struct lab_house *h, pid_t pid, const char *what,
    const char *log, int seconds, bool (*ready)(void *arg), void *arg,
    struct err *e)
{
	int64_t	 end = clock_mono_ms(&clock_system) + seconds * 1000;
	long	 pause_ms = 1;
	char	 tail[200];

	while (!ready(arg)) {
		struct timespec	 t = { 0, pause_ms * 1000000L };

		if (lab_child_ended(h, pid)) {
			lab_log_tail(log, tail, sizeof(tail));
			return err_set(e, ERR_PROC, 0, T_LAB_ENDED, what,
			    tail);
		}
		if (clock_mono_ms(&clock_system) > end)
			return err_set(e, ERR_PROC, 0, T_LAB_NOT_READY, what,
			    seconds);
		nanosleep(&t, NULL);
		pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS :
		    pause_ms * 2;
	}
	return true;
}
