/*
 * A server that systemd looks after.  A shutdown by command would leave the
 * unit to start it again where it says Restart=always, so systemd stops it;
 * and a server that ends with exit code 0 is no failure to systemd, so
 * whether it stays up is looked at here (mongodb-real.md E).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"

#include "how_parts.h"
#include "text_how.def"

#define ASK_TIMEOUT_MS	20000
#define RUN_TIMEOUT_MS	(10 * 60 * 1000)
#define UP_MS		4000
#define LOOK_MS		200

static bool
ask(struct ctx *ctx, const char *const *argv, struct proc_result *r,
    struct err *e)
{
	return proc_run(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = ASK_TIMEOUT_MS, .cancel = ctx->cancel }, r, e);
}

/* "{ path=/usr/bin/mongod ; argv[]=/usr/bin/mongod --config ... ; ... }" */
char *
how_unit_program(struct ctx *ctx, const char *unit, struct err *e)
{
	const char *const	 argv[] = { "systemctl", "show", "-p",
		"ExecStart", "--value", unit, NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	const char		*path;

	if (!ask(ctx, argv, &r, e))
		return NULL;
	path = strstr(buf_str(&r.out), "path=");
	if (path == NULL || path[strlen("path=")] != '/') {
		err_set(e, ERR_REFUSED, 0, T_HOW_UNIT_EXEC, unit);
		return NULL;
	}
	path += strlen("path=");
	return strndup(path, strcspn(path, " ;\n"));
}

/* Never cancelled half-way: systemd would go on without us. */
static bool
systemctl(const struct how_task *t, const char *word, struct err *e)
{
	const char *const	 argv[] = { "systemctl", word,
		json_text(t->args, "unit"), NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	return proc_run_ok(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = RUN_TIMEOUT_MS }, &r, e);
}

bool
how_unit_stop(const struct how_task *t, struct err *e)
{
	return systemctl(t, "stop", e);
}

static bool
is_active(const struct how_task *t)
{
	const char *const	 argv[] = { "systemctl", "is-active",
		"--quiet", json_text(t->args, "unit"), NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	return ask(t->ctx, argv, &r, NULL) && r.exit_code == 0;
}

char *
how_unit_said(const struct how_task *t)
{
	const char *const	 argv[] = { "journalctl", "-u",
		json_text(t->args, "unit"), "-n", "60", "-o", "cat",
		"--no-pager", NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	if (!ask(t->ctx, argv, &r, NULL))
		return NULL;
	return how_words(buf_str(&r.out), r.out.len);
}

static bool
down_err(const struct how_task *t, struct err *e)
{
	AUTO_FREE char *said = how_unit_said(t);

	return err_set(e, ERR_PROC, 0, T_HOW_UNIT_DOWN,
	    json_text(t->args, "unit"), said != NULL ? said :
	    T_HOW_NO_WORDS);
}

bool
how_unit_start(const struct how_task *t, struct err *e)
{
	int64_t	 end;
	pid_t	 pid;

	if (!systemctl(t, "start", e))
		return down_err(t, e);
	end = clock_mono_ms(&clock_system) + UP_MS;
	while (clock_mono_ms(&clock_system) < end) {
		if (mongo_run_listener(t->member, 0, &pid))
			return true;
		if (!is_active(t))
			return down_err(t, e);
		if (!cancel_wait(t->ctx->cancel, LOOK_MS))
			break;
	}
	return true;
}
