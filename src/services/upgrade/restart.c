/*
 * A server stopped and started with another configuration: by its unit, else
 * as the process that it was, with other words.
 */
#include "stconsole/restart.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"

#include "how_options.h"
#include "how_parts.h"
#include "text_restart.def"

#define STOP_S		120
#define LOOK_MS		100
#define START_MS	20000

bool
restart_read(pid_t pid, json_t *args, struct err *e)
{
	return how_process_read(pid, args, e);
}

const char *
restart_argv_config(const json_t *argv)
{
	return how_argv_config(argv);
}

const char *
restart_argv_value(const json_t *argv, const char *word)
{
	return how_argv_value(argv, word);
}

bool
restart_argv_has_password(const json_t *argv)
{
	return how_argv_has_password(argv);
}

static bool
wait_gone(struct ctx *ctx, const char *member, pid_t pid,
    unsigned long long since, struct err *e)
{
	int64_t end = clock_mono_ms(&clock_system) + STOP_S * 1000;

	while (proc_start_time(pid) == since) {
		if (clock_mono_ms(&clock_system) > end)
			return err_set(e, ERR_SYS, ETIMEDOUT,
			    T_RESTART_STOP_LONG, member, STOP_S);
		if (!cancel_wait(ctx->cancel, LOOK_MS))
			return cancel_check(ctx->cancel, e) &&
			    err_set(e, ERR_CANCELLED, 0, T_RESTART_STOP_LEFT,
			    member);
	}
	return true;
}

/* SIGTERM is a clean shutdown, and needs no account. */
static bool
process_stop(struct ctx *ctx, const char *member, const json_t *args,
    struct err *e)
{
	const char		*exe = json_text(args, "exe");
	unsigned long long	 since;
	pid_t			 pid = 0;

	/* One of before a kill may not listen yet. */
	if (!mongo_run_listener(member, 0, &pid))
		pid = how_process_same(exe, json_object_get(args, "argv"));
	if (pid == 0)
		pid = how_process_same(exe, json_object_get(args,
		    "new_argv"));
	if (pid == 0)
		return true;
	if (!how_process_runs(pid, exe))
		return err_set(e, ERR_CHANGED, 0, T_RESTART_STOP_OTHER, member,
		    (int)pid);
	since = proc_start_time(pid);
	if (since != 0 && kill(pid, SIGTERM) < 0 && errno != ESRCH)
		return err_sys(e, T_RESTART_STOP, member);
	return since == 0 || wait_gone(ctx, member, pid, since, e);
}

static bool
launch_end(const char *member, const struct how_launch_result *r,
    const char *out, struct err *e)
{
	AUTO_FREE char *said = NULL;

	if (r->how != HOW_ENDED)
		return true;
	said = how_words_file(out, r->out_from);
	err_set(e, ERR_PROC, r->exit_code, T_RESTART_START_ENDED,
	    member, r->exit_code, said != NULL ? said :
	    T_RESTART_START_SILENT);
	return err_hint(e, T_RESTART_START_ENDED_HINT);
}

static bool
process_start(struct ctx *ctx, const char *member, const json_t *args,
    const json_t *argv, struct err *e)
{
	struct how_task		 t = { .ctx = ctx, .member = member };
	struct how_launch_result r;
	const char		*kept = json_str(args, "stdout");
	AUTO_FREE char		*out = kept != NULL ? strdup(kept) :
	    how_state_path(&t, ".out", e);
	const struct how_launch	 l = { .ctx = ctx,
		.program = json_text(args, "exe"), .argv = argv,
		.args = args, .out = out, .listens = member,
		.wait_ms = START_MS };

	return out != NULL && how_launch(&l, &r, e) &&
	    launch_end(member, &r, out, e);
}

bool
restart_run(struct ctx *ctx, const char *member, const json_t *args,
    const json_t *argv, struct err *e)
{
	struct how_task t = { .ctx = ctx, .member = member, .args = args };

	if (json_str(args, "unit") != NULL)
		return how_unit_stop(&t, e) && how_unit_start(&t, e);
	return process_stop(ctx, member, args, e) &&
	    process_start(ctx, member, args, argv, e);
}
