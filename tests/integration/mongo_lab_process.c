/*
 * The lab's servers as processes: found by their port or by the words of
 * their argv, because the program under test starts some of them.
 */
#include "mongo_lab_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define CMDLINE_MAX	65536
#define TCP_MAX		(4u << 20)
#define GONE_TRIES	200
#define LISTENING	"0A"

/* Calls each for every process until it says true. */
static pid_t
process_find(bool (*is_it)(pid_t pid, const void *arg), const void *arg)
{
	struct dirent	*d;
	DIR		*proc = opendir("/proc");
	pid_t		 found = 0;

	if (proc == NULL)
		return 0;
	while (found == 0 && (d = readdir(proc)) != NULL) {
		int64_t	 pid = 0;

		if (str_to_int(d->d_name, 2, INT32_MAX, &pid) &&
		    is_it((pid_t)pid, arg))
			found = (pid_t)pid;
	}
	closedir(proc);
	return found;
}

/* A word of its argv is a path below the folder; it is not a zombie. */
static bool
is_below(pid_t pid, const void *arg)
{
	AUTO_FREE char		*path = str_format("/proc/%d/cmdline",
	    (int)pid);
	AUTO_BUF struct buf	 b = BUF_INIT;
	const char		*dir = arg;

	return path != NULL && pid != getpid() &&
	    file_read(AT_FDCWD, path, CMDLINE_MAX, &b, NULL) && b.len > 0 &&
	    memmem(b.data, b.len, dir, strlen(dir)) != NULL &&
	    proc_start_time(pid) != 0;
}

/* One that is ending has no words any more, and its files still open. */
static void
process_end(pid_t pid)
{
	kill(pid, SIGKILL);
	for (int tries = 0; tries < GONE_TRIES; tries++) {
		if (proc_start_time(pid) == 0)
			return;
		(void)poll(NULL, 0, 5);
	}
}

static void
processes_end(const char *dir)
{
	AUTO_FREE char	*below = str_format("%s/", dir);
	pid_t		 pid = 0;

	for (int tries = 0; below != NULL && tries < GONE_TRIES; tries++) {
		pid = process_find(is_below, below);
		if (pid == 0)
			return;
		process_end(pid);
	}
}

void
mongo_lab_processes_end(const struct mongo_lab *l)
{
	processes_end(l->dir);
}

/* Its end of the pipe is read to the end when the test program is gone. */
void
mongo_lab_guard_start(struct mongo_lab *l)
{
	int	 fds[2];
	char	 c;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	l->own->guard_fd = fds[1];
	l->own->guard = fork();
	assert_true(l->own->guard >= 0);
	if (l->own->guard > 0) {
		close(fds[0]);
		return;
	}
	setsid();
	dup2(fds[0], 0);
	close_range(3, ~0U, 0);
	if (read(0, &c, 1) == 0) {
		processes_end(l->dir);
		file_remove_tree(l->dir, NULL);
	}
	_exit(0);
}

void
mongo_lab_guard_end(struct mongo_lab *l)
{
	if (l->own->guard <= 0)
		return;
	kill(l->own->guard, SIGKILL);
	waitpid(l->own->guard, NULL, 0);
	close(l->own->guard_fd);
	l->own->guard = 0;
}

void
mongo_lab_reap(struct mongo_lab *l)
{
	struct lab_house	*h = &l->own->house;

	for (size_t i = h->children_len; i > 0; i--)
		(void)lab_child_ended(h, h->children[i - 1].pid);
}

/* The inode of the socket that listens on port, "" for none. */
static void
socket_find(const char *table, int port, char inode[24])
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			*save = NULL;

	if (!file_read(AT_FDCWD, table, TCP_MAX, &b, NULL) || b.len == 0)
		return;
	for (char *line = strtok_r(b.data, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		unsigned	 at = 0;
		char		 state[4] = "";
		char		 found[24] = "";

		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*s %3s %*s %*s %*s "
		    "%*d %*d %23s", &at, state, found) == 3 &&
		    (int)at == port && str_equal(state, LISTENING))
			memcpy(inode, found, sizeof(found));
	}
}

static bool
has_socket(pid_t pid, const void *arg)
{
	AUTO_FREE char	*path = str_format("/proc/%d/fd", (int)pid);
	DIR		*fds = path == NULL ? NULL : opendir(path);
	struct dirent	*d;
	bool		 found = false;

	if (fds == NULL)
		return false;
	while (!found && (d = readdir(fds)) != NULL) {
		char	 to[64] = "";
		ssize_t	 n = readlinkat(dirfd(fds), d->d_name, to,
		    sizeof(to) - 1);

		found = n > 0 && str_equal(to, arg);
	}
	closedir(fds);
	return found;
}

pid_t
mongo_lab_pid(const struct mongo_lab *l, int n)
{
	char	 inode[24] = "";
	char	 link[48];

	socket_find("/proc/net/tcp", l->ports[n], inode);
	if (inode[0] == '\0')
		return 0;
	snprintf(link, sizeof(link), "socket:[%s]", inode);
	return process_find(has_socket, link);
}
