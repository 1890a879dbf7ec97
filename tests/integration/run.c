/*
 * Starts the built stconsole without a shell, with or without a terminal.
 * What a test needs to know about it is in run.h.
 */
#include "run.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define RUN_TIMEOUT_MS	300000
#define RUN_WORDS_MAX	64

static const char *const environment[] = {
	"LC_ALL=C.UTF-8", "TZ=UTC", "TERM=dumb", "HOME=/nonexistent",
	"XDG_STATE_HOME=/nonexistent", "http_proxy=", "https_proxy=",
	"HTTP_PROXY=", "HTTPS_PROXY=", "ALL_PROXY=", "NO_PROXY=*", NULL
};

const char *
run_binary(void)
{
	static char	 path[PATH_MAX];
	ssize_t		 n;
	char		*slash;
	int		 up;

	/* Once: in a mount namespace of its own a test has another name. */
	if (path[0] != '\0')
		return path;
	n = readlink("/proc/self/exe", path, sizeof(path) -
	    sizeof("stconsole"));
	if (n < 0)
		fail_msg("cannot read /proc/self/exe");
	path[n] = '\0';
	for (up = 0; up < 3; up++)
		if ((slash = strrchr(path, '/')) != NULL)
			*slash = '\0';
	n = (ssize_t)strlen(path);
	snprintf(path + n, sizeof(path) - (size_t)n, "/stconsole");
	return path;
}

/* prefix, then argv, both NULL-terminated, behind the program's path. */
static void
words_join(const char *words[RUN_WORDS_MAX], const char *const *prefix,
    const char *const *argv)
{
	size_t n = 0;

	words[n++] = run_binary();
	for (; *prefix != NULL && n < RUN_WORDS_MAX - 1; prefix++)
		words[n++] = *prefix;
	for (; *argv != NULL && n < RUN_WORDS_MAX - 1; argv++)
		words[n++] = *argv;
	words[n] = NULL;
}

static struct run_result
run_words(const char *const *words, const char *input)
{
	struct proc_result	 p = { 0, false, BUF_INIT, BUF_INIT };
	struct run_result	 r = { 0, BUF_INIT, BUF_INIT, NULL };
	struct err		 e;
	struct proc_spec	 spec = {
		.argv = words, .env = environment, .input = input,
		.input_len = input != NULL ? strlen(input) : 0,
		.timeout_ms = RUN_TIMEOUT_MS, .output_max = 64u << 20
	};

	if (!proc_run(&spec, &p, &e))
		fail_msg("%s", e.msg);
	r.exit_code = p.exit_code;
	r.out = p.out;
	r.err = p.err;
	/* One document and nothing behind it, or there is no json. */
	if (r.out.len > 0)
		r.json = json_loadb(r.out.data, r.out.len,
		    JSON_REJECT_DUPLICATES, NULL);
	return r;
}

struct run_result
run_stconsole(const char *const argv[], const char *input)
{
	static const char *const none[] = { NULL };
	const char		*words[RUN_WORDS_MAX];

	words_join(words, none, argv);
	return run_words(words, input);
}

struct run_result
run_json(const char *state, const char *const argv[], const char *input)
{
	const char	*prefix[] = { "--state", state, "--json", NULL };
	const char	*words[RUN_WORDS_MAX];

	words_join(words, prefix, argv);
	return run_words(words, input);
}

void
run_result_fini(struct run_result *r)
{
	buf_wipe(&r->out);
	buf_wipe(&r->err);
	json_decref(r->json);
	r->json = NULL;
}

static void
terminal_child(const char *const *words)
{
	size_t i;

	for (i = 0; environment[i] != NULL; i++)
		(void)putenv((char *)(uintptr_t)environment[i]);
	execv(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

/* Reads until the child closes the terminal, typing as asked. */
static bool
terminal_talk(int fd, const struct run_reply *reply, struct buf *out)
{
	int64_t		 end = clock_mono_ms(&clock_system) + RUN_TIMEOUT_MS;
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	size_t		 seen = 0;
	char		 chunk[4096];
	ssize_t		 n;
	const char	*at;

	while (clock_mono_ms(&clock_system) < end) {
		if (poll(&p, 1, 1000) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			return true;
		buf_add(out, chunk, (size_t)n);
		while (reply != NULL && reply->wait_for != NULL) {
			at = strstr(out->data + seen, reply->wait_for);
			if (at == NULL)
				break;
			seen = (size_t)(at - out->data) +
			    strlen(reply->wait_for);
			(void)file_write_all(fd, reply->keys,
			    strlen(reply->keys), NULL);
			reply++;
		}
	}
	return false;
}

struct run_result
run_on_terminal(const char *const argv[], const struct run_reply *replies)
{
	static const char *const none[] = { NULL };
	struct run_result	 r = { 0, BUF_INIT, BUF_INIT, NULL };
	struct winsize		 size = { .ws_row = 24, .ws_col = 80 };
	const char		*words[RUN_WORDS_MAX];
	int			 fd, status;
	pid_t			 pid;

	words_join(words, none, argv);
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0)
		fail_msg("no terminal: %s", strerror(errno));
	if (pid == 0)
		terminal_child(words);
	if (!terminal_talk(fd, replies, &r.out))
		kill(pid, SIGKILL);
	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	r.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
	return r;
}

char *
run_state_new(void)
{
	char *dir = strdup("/tmp/stconsole-state-XXXXXX");

	if (dir == NULL || mkdtemp(dir) == NULL)
		fail_msg("no folder for the state");
	return dir;
}

void
run_state_end(char *dir)
{
	struct err	e = { 0 };
	int		tries = 0;

	/* A guardian may be writing its last line just now. */
	while (dir != NULL && !file_remove_tree(dir, &e)) {
		if (++tries == 100) {
			print_error("%s\n", e.msg);
			break;
		}
		(void)poll(NULL, 0, 20);
	}
	free(dir);
}

void
run_assert_exit_at(const struct run_result *r, int code, const char *file,
    int line)
{
	if (r->exit_code == code)
		return;
	print_error("exit %d instead of %d\nstdout: %s\nstderr: %s\n",
	    r->exit_code, code, buf_str(&r->out), buf_str(&r->err));
	_fail(file, line);
}
