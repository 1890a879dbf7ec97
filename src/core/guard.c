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
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
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
#include "stconsole/str.h"

#include "core.h"
#include "text.def"

#define RETRY_MS	1000	/* looks again whether a job has ended */
#define START_MS	10000	/* a guardian that takes longer is none */
#define START_POLL_MS	2

static char *
pending_path(const struct ctx *ctx, const char *id)
{
	return store_path(ctx->store, "jobs/pending/%s", id);
}

/* The start of this machine, "" when the kernel does not say. */
static void
boot_id(char id[40])
{
	AUTO_BUF struct buf b = BUF_INIT;

	id[0] = '\0';
	if (file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &b,
	    NULL))
		snprintf(id, 40, "%.36s", buf_str(&b));
}

/*
 * "WALL MONOTONIC BOOT": until the next boot the deadline is held on the
 * clock that nobody can set, after it on the wall clock.
 */
static bool
pending_write(struct ctx *ctx, const struct job_file *f, struct err *e)
{
	AUTO_FREE char	*dir = pending_path(ctx, "");
	AUTO_FREE char	*path = pending_path(ctx, f->id);
	int64_t		 within = json_int(f->meta, "confirm_within_s", 0);
	char		 text[128], boot[40];

	if (dir == NULL || path == NULL)
		return err_nomem(e);
	boot_id(boot);
	snprintf(text, sizeof(text), "%lld %lld %s\n", (long long)
	    (clock_wall_ms(ctx->clock) + within * 1000), (long long)
	    (clock_mono_ms(ctx->clock) + within * 1000), boot);
	return file_make_dirs(dir, 0700, e) && file_write(AT_FDCWD, path,
	    text, strlen(text), 0600, e);
}

/*
 * False when nothing is pending.  A promise that cannot be read for a moment
 * is still one; one that makes no sense is over, which undoes the change.
 */
static bool
pending_left(const struct ctx *ctx, const char *id, int64_t *left_ms)
{
	AUTO_FREE char		*path = pending_path(ctx, id);
	AUTO_BUF struct buf	 b = BUF_INIT;
	long long		 wall = 0, mono = 0;
	char			 boot[40], then[40] = "";
	struct err		 why = { 0 };

	*left_ms = RETRY_MS;
	if (path == NULL || !file_read(AT_FDCWD, path, 256, &b, &why))
		return why.code != ENOENT;
	boot_id(boot);
	if (sscanf(buf_str(&b), "%lld %lld %39s", &wall, &mono, then) == 3 &&
	    strcmp(boot, then) == 0)
		*left_ms = mono - clock_mono_ms(ctx->clock);
	else
		*left_ms = wall - clock_wall_ms(ctx->clock);
	return true;
}

/* In the child: nothing of the terminal is kept.  report: exec failed. */
static void
become_guardian(const char *const *argv, int report)
{
	sigset_t	none;
	int		null, why;

	setsid();
	switch (fork()) {
	case -1:
		goto fail;
	case 0:
		break;
	default:
		_exit(0);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		goto fail;
	(void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
fail:
	why = errno;
	if (write(report, &why, sizeof(why)) < 0)
		_exit(2);
	_exit(1);
}

/* Starts it; errno of what failed in the child is ours. */
static bool
guardian_fork(const char *const *argv)
{
	int	report[2], why = 0;
	pid_t	pid;
	ssize_t	n;

	if (pipe2(report, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0)
		become_guardian(argv, report[1]);
	why = errno;
	close(report[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	do
		n = pid > 0 ? read(report[0], &why, sizeof(why)) : 1;
	while (n < 0 && errno == EINTR);
	close(report[0]);
	errno = why;
	return n == 0;
}

/* A guardian that came up holds its lock; one that did not is no guardian. */
static bool
guardian_await(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_FREE char	*path = store_path(ctx->store, "jobs/%s/guard", id);
	int64_t		 end = clock_mono_ms(&clock_system) + START_MS;

	if (path == NULL)
		return err_nomem(e);
	while (!journal_is_held(path)) {
		if (clock_mono_ms(&clock_system) > end)
			return err_set(e, ERR_JOB, 0, T_GUARD);
		(void)poll(NULL, 0, START_POLL_MS);
	}
	return true;
}

static bool
guardian_launch(struct ctx *ctx, const char *id, struct err *e)
{
	const char *const argv[] = {
		"stconsole", "--state", store_dir(ctx->store), "job", "guard",
		id, NULL
	};
	const char *const on_demo[] = {
		"stconsole", "--state", store_dir(ctx->store), "--site",
		"demo", "job", "guard", id, NULL
	};

	if (!guardian_fork(str_equal(ctx->site_wanted, "demo") ? on_demo :
	    argv))
		return err_sys(e, T_GUARD);
	return guardian_await(ctx, id, e);
}

bool
guard_start(struct ctx *ctx, const struct job_file *f, struct err *e)
{
	AUTO_FREE char *pending = pending_path(ctx, f->id);

	if (pending == NULL)
		return err_nomem(e);
	if (pending_write(ctx, f, e) && guardian_launch(ctx, f->id, e))
		return true;
	(void)file_remove(AT_FDCWD, pending, NULL);
	return false;
}

/*
 * The job has done its work: the time to look at it begins now.  A job that
 * was resumed may have outlived its guardian.
 */
bool
guard_restart(struct ctx *ctx, const struct job_file *f, struct err *e)
{
	AUTO_FREE char *path = job_file_path(f, "guard");

	if (path == NULL)
		return err_nomem(e);
	return pending_write(ctx, f, e) && (journal_is_held(path) ||
	    guardian_launch(ctx, f->id, e));
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
	ssize_t		 ignored;
	int64_t		 left;

	if (dir != NULL && fd >= 0)
		(void)inotify_add_watch(fd, dir, IN_DELETE | IN_MOVED_FROM);
	while (pending_left(ctx, id, &left)) {
		if (left <= 0 || !cancel_check(ctx->cancel, NULL))
			return false;
		(void)poll(p, 2, left < 60000 ? (int)left : 60000);
		ignored = p[0].revents != 0 ? read(fd, events,
		    sizeof(events)) : 0;
		(void)ignored;
	}
	return true;
}

/* -1 when somebody else has it. */
static int
job_lock(struct ctx *ctx, const char *id, const char *name)
{
	AUTO_FREE char	*path = store_path(ctx->store, "jobs/%s/%s", id, name);
	int		 fd = path != NULL ? open(path, O_RDWR | O_CREAT |
	    O_CLOEXEC, 0600) : -1;

	if (fd >= 0 && !lock_fd(fd)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
undo_job(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_JSON json_t	*params = json_pack("{s:s}", "id", id);
	const struct verb	*v = registry_verb(ctx->registry, "job.undo");
	AUTO_PLAN struct plan	*plan = NULL;
	struct job_options	 options = { 0 };
	struct job_result	 result;
	json_t			*none = NULL;

	if (params == NULL || v == NULL)
		return err_nomem(e);
	if (!verb_call(ctx, v, params, &none, &plan, e))
		return false;
	if (plan_is_blocked(plan))
		return plan_blocked_err(plan, e);
	return plan_is_empty(plan) || job_run_plan(ctx, plan, &options,
	    &result, e);
}

/* At the job's own site, whatever the call that happens to do it names. */
static bool
undo_there(struct ctx *ctx, const struct job_file *f, struct err *e)
{
	struct ctx	there = *ctx;
	bool		ok;

	there.site = NULL;
	there.mongo = NULL;
	there.undo_sources = NULL;
	there.site_wanted = NULL;
	there.site_id[0] = '\0';
	memset(there.secrets, 0, sizeof(there.secrets));
	ok = ctx_site_adopt(&there, f->id, json_text(f->meta, "site"),
	    json_text(f->meta, "site_wanted"), e) &&
	    undo_job(&there, f->id, e);
	ctx_close(&there);
	return ok;
}

/*
 * Undoes the job, unless it was kept: confirmed, and killed before the
 * promise was taken back.
 */
static bool
roll_back(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_FREE char	*pending = pending_path(ctx, id);
	AUTO_CLOSE int	 lock = job_lock(ctx, id, "decision");
	struct job_file	 f;
	int64_t		 left;
	bool		 ok = true;

	if (pending == NULL)
		return err_nomem(e);
	if (lock < 0)
		return err_set(e, ERR_HELD, 0, T_JOURNAL_RUNS, id);
	if (!pending_left(ctx, id, &left) || left > 0)
		return true;
	if (!job_file_open(ctx, id, &f, e))
		return false;
	if (job_file_state(&f) != JOB_DONE)
		ok = undo_there(ctx, &f, e);
	job_file_fini(&f);
	return ok && file_remove(AT_FDCWD, pending, e);
}

/* A job that still runs is waited for: its time begins when it ends. */
bool
guard_watch(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_CLOSE int	lock = job_lock(ctx, id, "guard");
	struct err	why = { 0 };

	if (lock < 0)
		return true;
	while (!wait_pending(ctx, id)) {
		if (!cancel_check(ctx->cancel, e))
			return false;
		if (!roll_back(ctx, id, &why) && why.domain != ERR_HELD)
			return err_copy(e, &why);
		if (why.domain == ERR_HELD)
			cancel_wait(ctx->cancel, RETRY_MS);
		err_clear(&why);
	}
	return true;
}

static bool
recover_one(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_CLOSE int	lock = -1;
	struct err	why = { 0 };
	int64_t		left;

	/* Before the deadline the lock is the guardian's alone to take. */
	if (!pending_left(ctx, id, &left) || left > 0)
		return true;
	lock = job_lock(ctx, id, "guard");
	if (lock < 0 || roll_back(ctx, id, &why) || why.domain == ERR_HELD)
		return true;
	return err_copy(e, &why);
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

	/*
	 * The deadline belongs to the guardian; here only a grace longer.  What
	 * is no id would be a path to somewhere else.
	 */
	while (job_id_is_valid(id) && !wait_pending(ctx, id)) {
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

/* Under the lock on the decision: the guardian waits for it, or has it. */
static bool
keep_change(struct ctx *ctx, struct job_file *f, struct err *e)
{
	AUTO_FREE char	*pending = pending_path(ctx, f->id);
	AUTO_FREE char	*path = job_file_path(f, "journal");
	struct journal	*j;
	int64_t		 left;
	bool		 ok;

	if (pending == NULL || path == NULL)
		return err_nomem(e);
	if (pending_left(ctx, f->id, &left) && left <= 0)
		return err_set(e, ERR_REFUSED, 0, T_JOB_TOO_LATE, f->id);
	j = journal_open(ctx->clock, path, e);
	if (j == NULL)
		return false;
	ok = job_file_reload(f, e);
	if (ok && job_file_last_state(f) != JOB_WAITING)
		ok = err_set(e, ERR_REFUSED, 0, T_JOB_NOT_WAITING, f->id,
		    job_state_name(job_file_last_state(f)));
	ok = ok && journal_add(j, "", "state", json_pack("{s:s, s:b}",
	    "state", job_state_name(JOB_DONE), "verified",
	    job_file_verified(f)), e);
	journal_close(j);
	return ok && file_remove(AT_FDCWD, pending, e);
}

bool
job_confirm(struct ctx *ctx, const char *id, struct err *e)
{
	AUTO_CLOSE int	lock = -1;
	struct job_file	f;
	enum job_state	state;
	bool		ok;

	if (!job_file_open(ctx, id, &f, e))
		return false;
	state = job_file_state(&f);
	ok = job_may_steer(ctx, &f, e);
	if (ok && state != JOB_WAITING)
		ok = err_set(e, ERR_REFUSED, 0, T_JOB_NOT_WAITING, id,
		    job_state_name(state));
	if (ok && (lock = job_lock(ctx, id, "decision")) < 0)
		ok = err_set(e, ERR_REFUSED, 0, T_JOB_TOO_LATE, id);
	ok = ok && keep_change(ctx, &f, e);
	job_file_fini(&f);
	return ok;
}
