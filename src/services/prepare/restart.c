/*
 * A server stopped and started with another configuration: by its unit, else
 * as the process that it was, with other words.  Whether it runs, and how, is
 * asked of the host and of the server.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "../upgrade/how_parts.h"
#include "set.h"
#include "text.def"

#define STOP_S		120
#define LOOK_MS		100
#define START_MS	20000

/* ---- what runs */

/* True: as wanted, in the set (or waiting to be) and, if so asked, locked. */
static bool
state_read(struct ctx *ctx, const json_t *args, enum probe *found,
    json_t *seen, struct err *e)
{
	AUTO_DOOR struct prepare_door door = { .count = 0 };
	AUTO_JSON json_t *hello = NULL, *users = NULL;
	const char	*set, *wanted = json_text(args, "set");
	struct err	 why = { 0 };

	*found = PROBE_TODO;
	if (!prepare_door_load(ctx, args, &door, e))
		return false;
	if (!prepare_ask_as_nobody(ctx, &door, "admin", "{\"isMaster\":1}",
	    &hello, &why))
		return why.domain == ERR_MONGO || err_copy(e, &why);
	set = json_text(hello, "setName");
	json_object_set_new(seen, "set", json_string(set));
	if (*set != '\0' && strcmp(set, wanted) != 0)
		*found = PROBE_CHANGED;
	if (strcmp(set, wanted) != 0 && !json_flag(hello, "isreplicaset"))
		return true;
	if (json_flag(args, "locks") && (prepare_ask_as_nobody(ctx, &door,
	    "admin", "{\"usersInfo\":1}", &users, &why) ||
	    why.code != MONGO_UNAUTHORIZED))
		return true;
	*found = PROBE_DONE;
	return true;
}

bool
prepare_restart_probe(struct ctx *ctx, const json_t *args,
    const json_t *memo, enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return state_read(ctx, args, found, seen, e);
}

/* ---- stopping and starting */

static bool
wait_gone(struct ctx *ctx, const char *member, pid_t pid,
    unsigned long long since, struct err *e)
{
	int64_t end = clock_mono_ms(&clock_system) + STOP_S * 1000;

	while (proc_start_time(pid) == since) {
		if (clock_mono_ms(&clock_system) > end)
			return err_set(e, ERR_SYS, ETIMEDOUT, T_STOP_LONG,
			    member, STOP_S);
		if (!cancel_wait(ctx->cancel, LOOK_MS))
			return cancel_check(ctx->cancel, e) &&
			    err_set(e, ERR_CANCELLED, 0, T_STOP_LEFT, member);
	}
	return true;
}

/* SIGTERM is a clean shutdown, and needs no account. */
static bool
process_stop(struct ctx *ctx, const json_t *args, struct err *e)
{
	const char		*member = json_text(args, "member");
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
		return err_set(e, ERR_CHANGED, 0, T_STOP_OTHER, member,
		    (int)pid);
	since = proc_start_time(pid);
	if (since != 0 && kill(pid, SIGTERM) < 0 && errno != ESRCH)
		return err_sys(e, T_STOP, member);
	return since == 0 || wait_gone(ctx, member, pid, since, e);
}

static bool
launch_end(const json_t *args, const struct how_launch_result *r,
    const char *out, struct err *e)
{
	AUTO_FREE char *said = NULL;

	if (r->how != HOW_ENDED)
		return true;
	said = how_words_file(out, r->out_from);
	err_set(e, ERR_PROC, r->exit_code, T_START_ENDED,
	    json_text(args, "member"), r->exit_code, said != NULL ? said :
	    T_START_SILENT);
	return err_hint(e, T_START_ENDED_HINT);
}

static bool
process_start(struct ctx *ctx, const json_t *args, const json_t *argv,
    struct err *e)
{
	struct how_task		 t = { .ctx = ctx,
		.member = json_text(args, "member") };
	struct how_launch_result r;
	const char		*kept = json_str(args, "stdout");
	AUTO_FREE char		*out = kept != NULL ? strdup(kept) :
	    how_state_path(&t, ".out", e);
	const struct how_launch	 l = { .ctx = ctx,
		.program = json_text(args, "exe"), .argv = argv,
		.args = args, .out = out, .listens = t.member,
		.wait_ms = START_MS };

	return out != NULL && how_launch(&l, &r, e) &&
	    launch_end(args, &r, out, e);
}

static bool
start_again(struct ctx *ctx, const json_t *args, const json_t *argv,
    struct err *e)
{
	struct how_task t = { .ctx = ctx, .member = json_text(args,
	    "member"), .args = args };

	if (json_str(args, "unit") != NULL)
		return how_unit_stop(&t, e) && how_unit_start(&t, e);
	return process_stop(ctx, args, e) &&
	    process_start(ctx, args, argv, e);
}

bool
prepare_restart_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return start_again(ctx, args, json_object_get(args, "new_argv"), e);
}

/* ---- in front of the writes: its undo starts what was there before */

bool
prepare_before_probe(struct ctx *ctx, const json_t *args,
    const json_t *memo, enum probe *found, json_t *seen, struct err *e)
{
	if (!json_flag(memo, "noted")) {
		*found = PROBE_TODO;
		return true;
	}
	if (!state_read(ctx, args, found, seen, e))
		return false;
	if (*found == PROBE_DONE)
		*found = PROBE_CHANGED;
	return true;
}

bool
prepare_before_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	return json_object_set_new(memo, "noted", json_true()) == 0 ||
	    err_nomem(e);
}

bool
prepare_before_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)e;
	return true;
}

bool
prepare_before_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return start_again(ctx, args, json_object_get(args, "argv"), e);
}
