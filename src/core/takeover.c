/*
 * Ending the process that holds a job: asked first, then killed.  The pid
 * alone is not trusted; its start time must be the recorded one.
 */
#include "takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/store.h"

#include "text.def"

#define PATIENCE_MS	5000

static bool
is_alive(const json_t *args)
{
	pid_t pid = (pid_t)json_int(args, "pid", 0);

	return pid > 0 && (int64_t)proc_start_time(pid) ==
	    json_int(args, "start", -1);
}

bool
takeover_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)memo;
	(void)seen;
	(void)e;
	*found = is_alive(args) ? PROBE_TODO : PROBE_DONE;
	return true;
}

/* A stopped process takes no SIGTERM; SIGKILL reaches it all the same. */
bool
takeover_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	pid_t		pid = (pid_t)json_int(args, "pid", 0);
	AUTO_CLOSE int	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd	p = { fd, POLLIN, 0 };

	(void)ctx;
	(void)memo;
	if (fd < 0 || !is_alive(args))
		return true;
	if (syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) < 0)
		return err_sys(e, T_JOB_TAKEN_SELF, (int)pid);
	if (poll(&p, 1, PATIENCE_MS) > 0)
		return true;
	if (syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0 &&
	    errno != ESRCH)
		return err_sys(e, T_JOB_TAKEN_SELF, (int)pid);
	(void)poll(&p, 1, PATIENCE_MS);
	return true;
}
