/*
 * Writes on the source are turned off, and on again for the way back.
 */
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

#define COMMAND_TIMEOUT_MS	600000

static bool
writeblock_set(struct move *m, bool on, struct err *e)
{
	AUTO_MONGO struct mongo *keeper = NULL;

	return move_keeper(m, &keeper, e) && move_command(keeper, "admin",
	    json_pack("{s:i, s:b}", "setUserWriteBlockMode", 1, "global", on),
	    "clusterAdmin, backup", NULL, e);
}

static bool
command_run(struct move *m, const char *key, struct err *e)
{
	AUTO_PROC_RESULT struct proc_result r = { .exit_code = 0 };
	AUTO_FREE const char **argv = proc_argv_from_json(json_object_get(
	    json_object_get(m->state, "command"), key));

	if (argv == NULL)
		return err_nomem(e);
	return proc_run_ok(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = COMMAND_TIMEOUT_MS, .cancel = m->ctx->cancel }, &r,
	    e) || err_context(e, T_COMMAND, key);
}

bool
block_set(struct move *m, bool on, struct err *e)
{
	const char *how = json_text(m->state, "block");

	if (str_equal(how, "writeblock"))
		return writeblock_set(m, on, e);
	if (str_equal(how, "command"))
		return command_run(m, on ? "block" : "unblock", e);
	return true;
}

/* --- move.block --------------------------------------------------------- */

bool
move_block_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)memo;
	return step_probe_mark(ctx, args, "block", found, seen, e);
}

static bool
time_note(struct move *m, const char *name, struct err *e)
{
	if (json_object_get(m->state, name) != NULL)
		return true;
	return move_set(m, name, json_integer((json_int_t)clock_wall_ms(
	    m->ctx->clock)), e) && move_save(m, e);
}

bool
move_block_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	return move_open(ctx, args, &m, e) && move_phase(&m, "block", e) &&
	    time_note(&m, "block_begin_ms", e) && block_set(&m, true, e) &&
	    time_note(&m, "block_end_ms", e) && move_done(&m, "block", e);
}

bool
move_block_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MOVE struct move m = MOVE_INIT;

	(void)memo;
	if (!move_open(ctx, args, &m, e) || !block_set(&m, false, e))
		return false;
	json_object_del(json_object_get(m.state, "done"), "block");
	return move_phase(&m, "back", e);
}

/* --- move.stop: the site's services that may write ---------------------- */

/* The database itself is not among those that write into it. */
static bool
is_writer(const json_t *row)
{
	return str_equal(json_str(row, "state"), "running") &&
	    strstr(json_text(row, "image"), "mongo") == NULL;
}

bool
site_writers(struct move *m, json_t **names, struct err *e)
{
	const struct verb	*v = registry_verb(m->ctx->registry,
	    "site.services");
	AUTO_JSON json_t	*params = json_object();
	AUTO_JSON json_t	*result = NULL;
	const json_t		*row;
	size_t			 i;

	if (v == NULL || params == NULL)
		return err_nomem(e);
	if (!v->read(m->ctx, params, &result, e))
		return false;
	*names = json_array();
	json_array_foreach (json_object_get(result, "services"), i, row)
		if (is_writer(row) && !move_list_has(*names, json_text(row,
		    "name")))
			json_array_append(*names, json_object_get(row,
			    "name"));
	return *names != NULL || err_nomem(e);
}

bool
services_plan(struct ctx *ctx, const char *verb, const json_t *services,
    struct plan *sub, struct err *e)
{
	const struct verb	*v = registry_verb(ctx->registry, verb);
	const json_t		*name;
	size_t			 i;

	json_array_foreach (services, i, name) {
		AUTO_JSON json_t *params = json_pack("{s:O}", "service",
		    name);

		if (v == NULL || params == NULL)
			return err_nomem(e);
		if (!v->plan(ctx, params, sub, e))
			return false;
	}
	return true;
}

/* What ran is kept before any of it is stopped, for the way back. */
bool
move_stop_expand(struct ctx *ctx, const json_t *args, struct plan *sub,
    struct err *e)
{
	AUTO_MOVE struct move	 m = MOVE_INIT;
	json_t			*names;

	if (!move_open(ctx, args, &m, e) || !move_phase(&m, "block", e))
		return false;
	if (json_object_get(m.state, "stopped") == NULL &&
	    (!site_writers(&m, &names, e) ||
	    !move_set(&m, "stopped", names, e)))
		return false;
	if (json_array_size(json_object_get(m.state, "stopped")) == 0) {
		err_set(e, ERR_REFUSED, 0, T_NO_WRITERS);
		return err_hint(e, T_NO_WRITERS_HINT);
	}
	return time_note(&m, "block_begin_ms", e) && services_plan(ctx,
	    "site.stop", json_object_get(m.state, "stopped"), sub, e);
}

/* --- move.start --------------------------------------------------------- */

bool
move_start_expand(struct ctx *ctx, const json_t *args, struct plan *sub,
    struct err *e)
{
	AUTO_MOVE struct move	 m = MOVE_INIT;
	const json_t		*stopped;
	struct site		*site;

	if (!move_open(ctx, args, &m, e) || !site_need(ctx, &site, e) ||
	    !time_note(&m, "start_begin_ms", e))
		return false;
	stopped = json_object_get(m.state, "stopped");
	if (site_kind(site) == SITE_KUBERNETES)
		return services_plan(ctx, "site.start", stopped, sub, e);
	/* A mere start would have them read the old URL. */
	return site_plan_recreate(ctx, sub, stopped, e);
}
