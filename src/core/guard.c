/*
 * The timed rollback.  A change applied with --confirm-within is watched by
 * a guardian: this program again, detached, started before the first change.
 * It undoes the job when the deadline passes and nobody confirmed.  Its
 * promise is a file, STATE/jobs/pending/ID, so that after a reboot the next
 * start keeps it (job_recover).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "core.h"
#include "text.def"

static char *
pending_path(const struct ctx *ctx, const char *id)
{
	return store_path(ctx->store, "jobs/pending/%s", id);
}

/* The deadline on the wall clock, since it must survive a reboot. */
static bool
pending_write(struct ctx *ctx, const struct job_file *f, struct err *e)
{
	AUTO_FREE char	*dir = pending_path(ctx, "");
	AUTO_FREE char	*path = pending_path(ctx, f->id);
	int64_t		 within = json_int(f->meta, "confirm_within_s", 0);
	char		 text[32];

	if (dir == NULL || path == NULL)
		return err_nomem(e);
	snprintf(text, sizeof(text), "%lld\n", (long long)
	    (clock_wall_ms(ctx->clock) + within * 1000));
	return file_make_dirs(dir, 0700, e) && file_write(AT_FDCWD, path,
	    text, strlen(text), 0600, e);
}

static bool
pending_read(const struct ctx *ctx, const char *id, int64_t *deadline_ms)
{
	AUTO_FREE char		*path = pending_path(ctx, id);
	AUTO_BUF struct buf	 b = BUF_INIT;

	if (path == NULL || !file_read(AT_FDCWD, path, 32, &b, NULL))
		return false;
	*deadline_ms = strtoll(buf_str(&b), NULL, 10);
	return true;
}

/* In the child: nothing of the terminal is kept. */
static void
become_guardian(struct ctx *ctx, const char *id)
{
	const char	*argv[12];
	int		 n = 0, null;

	setsid();
	if (fork() != 0)
		_exit(0);
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(1);
	argv[n++] = "stconsole";
	argv[n++] = "--state";
	argv[n++] = store_dir(ctx->store);
	if (ctx->site_wanted != NULL) {
		argv[n++] = "--site";
		argv[n++] = ctx->site_wanted;
	}
	argv[n++] = "job";
	argv[n++] = "guard";
	argv[n++] = id;
	argv[n] = NULL;
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(1);
}

bool
guard_start(struct ctx *ctx, const struct job_file *f, struct err *e)
{
	pid_t	pid;
	int	status = 0;

	if (!pending_write(ctx, f, e))
		return false;
	pid = fork();
	if (pid == 0)
		become_guardian(ctx, f->id);
	if (pid < 0)
		return err_sys(e, T_GUARD);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? true : err_set(e, ERR_JOB, 0, T_GUARD);
}

/*
 * Waits until the pending file is gone (confirmed or undone) or the deadline
 * has passed; true when it is gone.  inotify wakes it, nothing polls.
 */
static bool
wait_pending(struct ctx *ctx, const char *id)
{
	AUTO_FREE char	*dir = pending_path(ctx, "");
	AUTO_CLOSE int	 fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd	 p[2] = { { fd, POLLIN, 0 },
	    { ctx->cancel != NULL ? ctx->cancel->fd : -1, POLLIN, 0 } };
	char		 events[4096];
	int64_t		 deadline, left;

	if (dir != NULL && fd >= 0)
		(void)inotify_add_watch(fd, dir, IN_DELETE | IN_MOVED_FROM);
	while (pending_read(ctx, id, &deadline)) {
		left = deadline - clock_wall_ms(ctx->clock);
		if (left <= 0 || !cancel_check(ctx->cancel, NULL))
			return false;
		if (poll(p, 2, left < 60000 ? (int)left : 60000) > 0 &&
		    p[0].revents != 0 && read(fd, events, sizeof(events)) < 0)
			return false;
	}
	return true;
}

/* Undoes the job, unless somebody else is just doing it or it was kept. */
static bool
roll_back(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_FREE char		*pending = pending_path(ctx, id);
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id", id);
	const struct verb	*v = registry_verb(ctx->registry, "job.undo");
	AUTO_PLAN struct plan	*plan = NULL;
	struct job_options	 options = { 0 };
	struct job_result	 result;
	json_t			*none = NULL;

	if (pending == NULL || params == NULL || v == NULL)
		return err_nomem(e);
	if (!verb_call(ctx, v, params, &none, &plan, e))
		return false;
	if (plan_is_blocked(plan))
		return plan_blocked_err(plan, e);
	if (!plan_is_empty(plan) &&
	    !job_run_plan(ctx, plan, &options, &result, e))
		return false;
	return file_remove(AT_FDCWD, pending, e);
}

/* The lock says that a guardian lives; it dies with its process. */
static int
guard_lock(struct ctx *ctx, const char *id)
{
	AUTO_FREE char	*path = store_path(ctx->store, "jobs/%s/guard", id);
	int		 fd = path != NULL ? open(path, O_RDWR | O_CREAT |
	    O_CLOEXEC, 0600) : -1;

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool
guard_watch(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_CLOSE int lock = guard_lock(ctx, id);

	if (lock < 0 || wait_pending(ctx, id))
		return true;
	if (!cancel_check(ctx->cancel, e))
		return false;
	return roll_back(ctx, id, e);
}

static bool
recover_one(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_CLOSE int	lock = guard_lock(ctx, id);
	int64_t		deadline;

	if (lock < 0 || !pending_read(ctx, id, &deadline) ||
	    deadline > clock_wall_ms(ctx->clock))
		return true;
	return roll_back(ctx, id, e);
}

bool
job_recover(struct ctx *ctx, struct err *e)
{
	AUTO_FREE char	*path = pending_path(ctx, "");
	DIR		*dir = path != NULL ? opendir(path) : NULL;
	struct dirent	*d;
	bool		 ok = true;

	if (dir == NULL)
		return true;
	while ((d = readdir(dir)) != NULL)
		if (job_id_is_valid(d->d_name))
			ok = recover_one(ctx, d->d_name, e) && ok;
	closedir(dir);
	return ok;
}

bool
job_wait(struct ctx *ctx, const char *id, struct job_result *result,
    struct err *e)
{
	struct job_file	f;

	/* The deadline belongs to the guardian; here only a grace longer. */
	while (!wait_pending(ctx, id)) {
		if (!cancel_check(ctx->cancel, e))
			return false;
		if (!job_recover(ctx, e))
			return false;
		cancel_wait(ctx->cancel, 100);
	}
	if (!job_file_open(ctx, id, &f, e))
		return false;
	result->state = job_file_state(&f);
	result->verified = job_file_verified(&f);
	result->ended_ms = clock_wall_ms(ctx->clock);
	job_file_fini(&f);
	if (result->state != JOB_UNDONE)
		return true;
	return err_set(e, ERR_JOB, 0, T_JOB_ENDED_UNDONE);
}

static bool
keep_change(struct ctx *ctx, struct job_file *f, struct err *e)
{
	AUTO_FREE char	*pending = pending_path(ctx, f->id);
	AUTO_FREE char	*path = job_file_path(f, "journal");
	struct journal	*j;
	bool		 ok;

	if (pending == NULL || path == NULL)
		return err_nomem(e);
	j = journal_open(ctx->clock, path, e);
	if (j == NULL)
		return false;
	ok = journal_add(j, "", "state", json_pack("{s:s, s:b}", "state",
	    job_state_name(JOB_DONE), "verified", job_file_verified(f)), e);
	journal_close(j);
	return ok && file_remove(AT_FDCWD, pending, e);
}

bool
job_confirm(struct ctx *ctx, const char *id, struct err *e)
{
	struct job_file	f;
	enum job_state	state;
	bool		ok;

	if (!job_file_open(ctx, id, &f, e))
		return false;
	state = job_file_state(&f);
	ok = state == JOB_WAITING ? keep_change(ctx, &f, e) :
	    err_set(e, ERR_REFUSED, 0, T_JOB_NOT_WAITING, id,
	    job_state_name(state));
	job_file_fini(&f);
	return ok;
}
