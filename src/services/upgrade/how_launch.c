/*
 * Starting a server that is nobody's child.  In between stands a process that
 * waits for it, so that its exit code is known while we look, and that goes
 * when we stop looking or are killed; the server is init's then.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"

#include "how_parts.h"
#include "text_how.def"

#define LOOK_MS		50
#define GROUPS_MAX	128

/* From the process in between, one write each. */
enum news_kind { NEWS_PID, NEWS_NO_EXEC, NEWS_ENDED };
struct news {
	enum news_kind	kind;
	int		value;
};

/* All that the child needs, made before fork: it may not allocate. */
struct child {
	const char	*program, *cwd;
	const char	**argv, **env;
	uid_t		 uid;
	gid_t		 gid;
	gid_t		 groups[GROUPS_MAX];
	size_t		 group_count;
	mode_t		 umask;
	bool		 changes_user, ends_with_us;
	struct rlimit	 nofile, nproc;
	bool		 has_nofile, has_nproc;
	int		 null, out, news;
};

/* Where nobody listens any more, nobody needs to know. */
static void
tell(int fd, enum news_kind kind, int value)
{
	struct news n = { kind, value };
	ssize_t	    ignored = write(fd, &n, sizeof(n));

	(void)ignored;
}

/*
 * Only root may raise what it has; a lower limit than before is no reason not
 * to start, and the server warns of it itself.
 */
static void
limit_set(int what, struct rlimit want)
{
	struct rlimit now;

	if (setrlimit(what, &want) == 0 || getrlimit(what, &now) < 0)
		return;
	now.rlim_cur = want.rlim_cur < now.rlim_max ? want.rlim_cur :
	    now.rlim_max;
	(void)setrlimit(what, &now);
}

/* Async-signal-safe calls only from here to exec. */
static void
child_run(const struct child *c)
{
	sigset_t none;

	setsid();
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(c->umask);
	if (c->has_nofile)
		limit_set(RLIMIT_NOFILE, c->nofile);
	if (c->has_nproc)
		limit_set(RLIMIT_NPROC, c->nproc);
	if (dup2(c->null, 0) >= 0 && dup2(c->out, 1) >= 0 &&
	    dup2(c->out, 2) >= 0 && (!c->changes_user ||
	    (setgroups(c->group_count, c->groups) == 0 &&
	    setgid(c->gid) == 0 && setuid(c->uid) == 0)) &&
	    chdir(c->cwd) == 0) {
		(void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
		execve(c->program, (char *const *)(uintptr_t)c->argv,
		    (char *const *)(uintptr_t)c->env);
	}
	tell(c->news, NEWS_NO_EXEC, errno);
	_exit(127);
}

/* Moves the three descriptors to 3, 4, 5 and closes all others: ours hold
 * locks. */
static void
keep_only(struct child *c)
{
	int null = fcntl(c->null, F_DUPFD, 10);
	int out = fcntl(c->out, F_DUPFD, 10);
	int news = fcntl(c->news, F_DUPFD, 10);

	c->null = dup2(null, 3);
	c->out = dup2(out, 4);
	c->news = dup2(news, 5);
	(void)close_range(6, ~0u, 0);
	(void)dup2(3, 0);
	(void)dup2(3, 1);
	(void)dup2(3, 2);
}

static void
between_run(struct child *c)
{
	struct pollfd	 p[2];
	int		 status = 0;
	pid_t		 pid;

	setsid();
	signal(SIGPIPE, SIG_IGN);
	keep_only(c);
	pid = fork();
	if (pid == 0)
		child_run(c);
	if (pid < 0) {
		tell(c->news, NEWS_NO_EXEC, errno);
		_exit(1);
	}
	tell(c->news, NEWS_PID, pid);
	p[0] = (struct pollfd){ (int)syscall(SYS_pidfd_open, pid, 0), POLLIN,
		0 };
	/* An error on the writing end: the reader is gone. */
	p[1] = (struct pollfd){ c->news, 0, 0 };
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (p[0].revents == 0 && c->ends_with_us) {
		/* It may not have a group of its own yet. */
		kill(pid, SIGKILL);
		kill(-pid, SIGKILL);
		/* It may not have a group of its own yet. */
		kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
	} else if (p[0].revents != 0 && waitpid(pid, &status, 0) == pid)
		tell(c->news, NEWS_ENDED, WIFEXITED(status) ?
		    WEXITSTATUS(status) : 128 + WTERMSIG(status));
	_exit(0);
}

/* ---- before fork */

static bool
limit_take(const json_t *args, const char *name, struct rlimit *out)
{
	const json_t	*pair = json_object_get(args, name);
	json_int_t	 soft, hard;

	if (json_array_size(pair) != 2)
		return false;
	soft = json_integer_value(json_array_get(pair, 0));
	hard = json_integer_value(json_array_get(pair, 1));
	out->rlim_cur = soft < 0 ? RLIM_INFINITY : (rlim_t)soft;
	out->rlim_max = hard < 0 ? RLIM_INFINITY : (rlim_t)hard;
	return true;
}

static void
child_init(struct child *c, const struct how_launch *l)
{
	const json_t	*groups = json_object_get(l->args, "groups"), *g;
	size_t		 i;

	c->program = l->program;
	c->cwd = json_str(l->args, "cwd");
	if (c->cwd == NULL)
		c->cwd = "/";
	c->uid = (uid_t)json_int(l->args, "uid", geteuid());
	c->gid = (gid_t)json_int(l->args, "gid", getegid());
	c->umask = (mode_t)json_int(l->args, "umask", 022);
	c->changes_user = geteuid() == 0;
	c->ends_with_us = l->ends_with_us;
	c->has_nofile = limit_take(l->args, "nofile", &c->nofile);
	c->has_nproc = limit_take(l->args, "nproc", &c->nproc);
	json_array_foreach(groups, i, g)
		if (c->group_count < GROUPS_MAX)
			c->groups[c->group_count++] =
			    (gid_t)json_integer_value(g);
}

static bool
child_start(const struct how_launch *l, struct child *c, int *news,
    pid_t *between, struct err *e)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, T_HOW_START, l->program);
	c->news = pipes[1];
	*between = fork();
	if (*between == 0)
		between_run(c);
	close(pipes[1]);
	*news = pipes[0];
	if (*between > 0)
		return true;
	close(pipes[0]);
	return err_sys(e, T_HOW_START, l->program);
}

/* ---- watching */

/*
 * Our server listens there and not one that has been there before.  With
 * fork:true it is another process of the same program.
 */
static bool
listens(const struct how_launch *l, pid_t pid)
{
	pid_t who;

	return pid != 0 && mongo_run_listener(l->listens, pid, &who) &&
	    (who == 0 || who == pid || how_process_runs(who, l->program));
}

/* Nothing in time; or the one in between is gone, who always speaks first. */
enum heard { HEARD_NOTHING, HEARD_NEWS, HEARD_END };

static enum heard
news_wait(int fd, int ms, struct news *n)
{
	struct pollfd	p = { fd, POLLIN, 0 };
	ssize_t		got;

	if (poll(&p, 1, ms) <= 0)
		return HEARD_NOTHING;
	got = read(fd, n, sizeof(*n));
	return got == sizeof(*n) ? HEARD_NEWS :
	    got < 0 && errno == EINTR ? HEARD_NOTHING : HEARD_END;
}

/* True: watched enough. */
static bool
news_take(const struct how_launch *l, const struct news *n,
    struct how_launch_result *r)
{
	if (n->kind == NEWS_PID) {
		r->pid = n->value;
		return false;
	}
	r->exit_code = n->value;
	/* The parent of fork:true ends well; its child is up by then. */
	r->how = n->kind == NEWS_ENDED && n->value == 0 &&
	    listens(l, r->pid) ? HOW_LISTENS : HOW_ENDED;
	return true;
}

static bool
watch(const struct how_launch *l, int fd, struct how_launch_result *r,
    struct err *e)
{
	int64_t		end = clock_mono_ms(&clock_system) + l->wait_ms;
	struct news	n = { NEWS_PID, 0 };
	enum heard	heard = HEARD_NOTHING;

	r->how = HOW_SILENT;
	while (heard != HEARD_END && clock_mono_ms(&clock_system) < end &&
	    cancel_check(l->ctx->cancel, NULL)) {
		heard = news_wait(fd, LOOK_MS, &n);
		if (heard == HEARD_NOTHING && listens(l, r->pid)) {
			r->how = HOW_LISTENS;
			return true;
		}
		if (heard != HEARD_NEWS || !news_take(l, &n, r))
			continue;
		if (n.kind == NEWS_ENDED)
			return true;
		errno = n.value;
		return err_sys(e, T_HOW_START, l->program);
	}
	return true;
}

static bool
files_open(const struct how_launch *l, struct child *c,
    struct how_launch_result *r, struct err *e)
{
	struct stat st;

	c->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	c->out = open(l->out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
	    0600);
	if (c->null < 0 || c->out < 0 || fstat(c->out, &st) < 0)
		return err_sys(e, "%s", l->out);
	r->out_from = st.st_size;
	return true;
}

bool
how_launch(const struct how_launch *l, struct how_launch_result *r,
    struct err *e)
{
	AUTO_FREE const char	**argv = proc_argv_from_json(l->argv);
	AUTO_FREE const char	**env = proc_argv_from_json(
	    json_object_get(l->args, "env"));
	struct child		 c = { .argv = argv, .env = env, .null = -1,
		.out = -1 };
	pid_t			 between = 0;
	int			 news = -1;
	bool			 ok;

	*r = (struct how_launch_result){ .pid = 0 };
	if (argv == NULL || env == NULL)
		return err_nomem(e);
	argv[0] = l->program;
	child_init(&c, l);
	ok = files_open(l, &c, r, e) && child_start(l, &c, &news, &between,
	    e);
	if (c.null >= 0)
		close(c.null);
	if (c.out >= 0)
		close(c.out);
	if (!ok)
		return false;
	ok = watch(l, news, r, e);
	close(news);
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	return ok;
}
