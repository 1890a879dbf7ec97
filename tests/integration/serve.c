#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "run.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define PROGRAM_MAX	(256u << 20)

static struct sockaddr_un
address(const char *dir, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir, name);
	return a;
}

/* The folder belongs to whoever serves; others may look in. */
static void
dir_make(struct served *s, uid_t uid)
{
	char			 dir[] = "/tmp/stconsole-serve-XXXXXX";
	AUTO_BUF struct buf	 program = BUF_INIT;

	assert_non_null(mkdtemp(dir));
	s->dir = strdup(dir);
	s->program = str_format("%s/stconsole", dir);
	assert_true(file_read(AT_FDCWD, run_binary(), PROGRAM_MAX, &program,
	    NULL));
	assert_true(file_write(AT_FDCWD, s->program, program.data,
	    program.len, 0755, NULL));
	assert_int_equal(chmod(s->program, 0755), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chown(dir, uid, (gid_t)-1), 0);
	setenv("STCONSOLE_RUNTIME_DIR", dir, 1);
}

static void
serve_child(const struct served *s, uid_t uid)
{
	AUTO_FREE char	*log = str_format("%s/log", s->dir);
	AUTO_FREE char	*notify = str_format("NOTIFY_SOCKET=%s/notify",
			    s->dir);
	int		 fd = open(log, O_WRONLY | O_CREAT | O_APPEND |
			    O_CLOEXEC, 0644);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 ||
	    dup2(fd, STDOUT_FILENO) < 0 || putenv(notify) != 0)
		_exit(126);
	if (uid != geteuid() && (setgid((gid_t)uid) < 0 || setuid(uid) < 0))
		_exit(126);
	execl(s->program, "stconsole", "--state", s->state, "serve",
	    (char *)NULL);
	_exit(127);
}

/* As systemd does it. */
static void
ready_await(const struct served *s, int fd)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };
	char		words[64] = "";

	if (poll(&p, 1, SERVE_PATIENCE_MS) != 1 ||
	    read(fd, words, sizeof(words) - 1) <= 0) {
		AUTO_BUF struct buf log = BUF_INIT;

		serve_log_read(s, &log);
		fail_msg("serve is not ready: %s", buf_str(&log));
	}
	assert_string_equal(words, "READY=1");
}

void
serve_start(struct served *s, const char *state, uid_t uid)
{
	AUTO_CLOSE int		fd = socket(AF_UNIX, SOCK_DGRAM |
				    SOCK_CLOEXEC, 0);
	struct sockaddr_un	a;

	if (s->dir == NULL)
		dir_make(s, uid);
	if (s->state == NULL)
		s->state = strdup(state);
	a = address(s->dir, "notify");
	(void)unlink(a.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&a,
	    sizeof(a)), 0);
	assert_int_equal(chmod(a.sun_path, 0666), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		serve_child(s, uid);
	ready_await(s, fd);
}

int
serve_stop(struct served *s, int sig)
{
	int status = 0;

	if (s->pid <= 0)
		return 0;
	kill(s->pid, sig);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	s->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

void
serve_fini(struct served *s)
{
	(void)serve_stop(s, SIGTERM);
	if (s->dir != NULL)
		(void)file_remove_tree(s->dir, NULL);
	unsetenv("STCONSOLE_RUNTIME_DIR");
	free(s->dir);
	free(s->program);
	free(s->state);
	*s = (struct served){ .pid = 0 };
}

void
serve_log_read(const struct served *s, struct buf *out)
{
	AUTO_FREE char *log = str_format("%s/log", s->dir);

	buf_reset(out);
	(void)file_read(AT_FDCWD, log, 16u << 20, out, NULL);
}

void
serve_log_await(const struct served *s, const char *words)
{
	int64_t			 end = clock_mono_ms(&clock_system) +
				    SERVE_PATIENCE_MS;
	AUTO_BUF struct buf	 log = BUF_INIT;

	do {
		serve_log_read(s, &log);
		if (strstr(buf_str(&log), words) != NULL)
			return;
		(void)poll(NULL, 0, 10);
	} while (clock_mono_ms(&clock_system) < end);
	fail_msg("\"%s\" is not in: %s", words, buf_str(&log));
}

int
serve_connect(const struct served *s)
{
	struct sockaddr_un	a = address(s->dir, "control");
	struct timeval		t = { SERVE_PATIENCE_MS / 1000, 0 };
	int			fd = socket(AF_UNIX, SOCK_STREAM |
				    SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t,
	    sizeof(t)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)(void *)&a,
	    sizeof(a)), 0);
	return fd;
}

/* One that has been given up takes nothing more, which is no failure here. */
void
serve_send(int fd, const void *bytes, size_t len)
{
	size_t	at = 0;
	ssize_t	n = 1;

	for (; at < len && n > 0; at += (size_t)n)
		n = send(fd, (const char *)bytes + at, len - at,
		    MSG_NOSIGNAL);
}

void
serve_say(int fd, json_t *message)
{
	AUTO_JSON json_t	*held = message;
	AUTO_FREE char		*text = json_dumps(held, JSON_COMPACT);
	size_t			 n = strlen(text);
	unsigned char		 head[4] = {
		(unsigned char)(n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n
	};

	serve_send(fd, head, sizeof(head));
	serve_send(fd, text, n);
}

static bool
bytes_hear(int fd, void *to, size_t len)
{
	ssize_t n = recv(fd, to, len, MSG_WAITALL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		fail_msg("serve says nothing and does not end");
	return n == (ssize_t)len;
}

json_t *
serve_hear(int fd)
{
	unsigned char	 head[4];
	AUTO_FREE char	*text = NULL;
	size_t		 n;

	if (!bytes_hear(fd, head, sizeof(head)))
		return NULL;
	n = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	    (size_t)head[2] << 8 | (size_t)head[3];
	assert_true(n > 0 && n <= 1u << 20);
	text = malloc(n);
	assert_non_null(text);
	return bytes_hear(fd, text, n) ? json_loadb(text, n, 0, NULL) : NULL;
}

void
serve_hello(const struct served *s, int fd)
{
	AUTO_FREE char		*state = realpath(s->state, NULL);
	AUTO_JSON json_t	*m = NULL;

	serve_say(fd, json_pack("{s:i, s:s, s:s}", "v", 1, "type", "hello",
	    "state", state != NULL ? state : s->state));
	m = serve_hear(fd);
	assert_string_equal(json_text(m, "type"), "welcome");
}

bool
serve_has_ended(int fd)
{
	char	bytes[65536];
	ssize_t	n;

	do
		n = recv(fd, bytes, sizeof(bytes), 0);
	while (n > 0);
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}
