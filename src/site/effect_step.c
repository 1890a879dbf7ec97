/*
 * The steps that make compose services notice a change, and their proof.
 * A start of a container is told from the next by its id and start time as
 * the engine prints them, so no clock is compared with another.
 */
#include "daily.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"

#include "engine.h"
#include "text_daily.def"

static bool
open_engine(struct ctx *ctx, struct site **site, struct engine *engine,
    struct err *e)
{
	if (!site_need(ctx, site, e) || !engine_open(ctx, *site, engine, e))
		return false;
	if (engine->command != NULL)
		return true;
	err_copy(e, &engine->why);
	engine_fini(engine);
	return false;
}

static json_t *
tokens_now(struct ctx *ctx, const json_t *args, struct err *e)
{
	AUTO_ENGINE struct engine	 engine = { .command = NULL };
	struct site			*site;
	json_t				*tokens;

	if (!open_engine(ctx, &site, &engine, e))
		return NULL;
	tokens = engine_tokens(&engine, json_object_get(args, "services"));
	if (tokens == NULL)
		err_nomem(e);
	return tokens;
}

static bool
has_token(const json_t *tokens, const char *token)
{
	const json_t	*t;
	size_t		 i;

	json_array_foreach(tokens, i, t)
		if (strcmp(json_string_value(t), token) == 0)
			return true;
	return false;
}

/* ---- site.before: keeps what runs; its undo recreates */

/*
 * Without a note, or as noted: TODO, nothing to take back.  Anything else
 * started since: CHANGED, and undo works over it.
 */
bool
step_before_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const json_t		*before = json_object_get(memo, "before");
	AUTO_JSON json_t	*now = NULL;
	const json_t		*t;
	size_t			 i;

	(void)seen;
	*found = PROBE_TODO;
	if (before == NULL)
		return true;
	now = tokens_now(ctx, args, e);
	if (now == NULL)
		return false;
	if (json_array_size(now) != json_array_size(before))
		*found = PROBE_CHANGED;
	json_array_foreach(now, i, t)
		if (!has_token(before, json_string_value(t)))
			*found = PROBE_CHANGED;
	return true;
}

bool
step_before_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	json_t *now = tokens_now(ctx, args, e);

	if (now == NULL)
		return false;
	return json_object_set_new(memo, "before", now) == 0 ? true :
	    err_nomem(e);
}

bool
step_before_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)e;
	return true;
}

bool
step_before_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	return step_argv_act(ctx, args, memo, e);
}

/* ---- site.recreate, site.restart */

/* True when the service runs, and only in containers started since. */
static bool
is_fresh(const struct engine *engine, const char *service,
    const json_t *before)
{
	AUTO_JSON json_t	*one = json_pack("[s]", service);
	AUTO_JSON json_t	*now = engine_tokens(engine, one);
	const json_t		*t;
	size_t			 i;

	json_array_foreach(now, i, t)
		if (has_token(before, json_string_value(t)))
			return false;
	return json_array_size(now) > 0;
}

/* seen: {"old": [services that still run as before, or do not run]} */
bool
step_fresh_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_ENGINE struct engine	 engine = { .command = NULL };
	AUTO_JSON json_t		*old = json_array();
	const json_t			*before, *s;
	struct site			*site;
	size_t				 i;

	before = json_object_get(memo, "before");
	*found = PROBE_TODO;
	if (before == NULL)
		return true;
	if (!open_engine(ctx, &site, &engine, e))
		return false;
	json_array_foreach(json_object_get(args, "services"), i, s)
		if (!is_fresh(&engine, json_string_value(s), before))
			json_array_append_new(old,
			    json_string(json_string_value(s)));
	if (json_array_size(old) == 0)
		*found = PROBE_DONE;
	return json_object_set(seen, "old", old) == 0 ? true : err_nomem(e);
}

/* site.up: compose itself decides what differs. */
bool
step_todo_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)seen;
	(void)e;
	*found = PROBE_TODO;
	return true;
}

static bool
run_member(struct ctx *ctx, const json_t *args, const char *member,
    struct err *e)
{
	struct site *site;

	return site_need(ctx, &site, e) &&
	    engine_run(site, json_object_get(args, member), e);
}

bool
step_argv_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return run_member(ctx, args, "argv", e);
}

bool
step_argv_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return run_member(ctx, args, "undo_argv", e);
}

/* ---- site.running, site.start, site.stop */

static bool
is_well(const struct engine *engine, const char *service)
{
	const json_t	*c;
	size_t		 i;
	bool		 runs = false;

	json_array_foreach(engine->containers, i, c) {
		if (strcmp(json_text(c, "service"), service) != 0 ||
		    strcmp(json_text(c, "state"), "running") != 0)
			continue;
		/* "starting" is waited for; "" has no check. */
		if (strcmp(json_text(c, "health"), "starting") == 0 ||
		    strcmp(json_text(c, "health"), "unhealthy") == 0)
			return false;
		runs = true;
	}
	return runs;
}

/* seen: {"down": [services that do not run, or not healthily]} */
bool
step_running_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_ENGINE struct engine	 engine = { .command = NULL };
	AUTO_JSON json_t		*down = json_array();
	struct site			*site;
	const json_t			*s;
	size_t				 i;

	(void)memo;
	if (!open_engine(ctx, &site, &engine, e))
		return false;
	json_array_foreach(json_object_get(args, "services"), i, s)
		if (!is_well(&engine, json_string_value(s)))
			json_array_append_new(down,
			    json_string(json_string_value(s)));
	*found = json_array_size(down) == 0 ? PROBE_DONE : PROBE_TODO;
	return json_object_set(seen, "down", down) == 0 ? true :
	    err_nomem(e);
}

/* How many containers of args' services run, and how many do not. */
static bool
count_services(struct ctx *ctx, const json_t *args, size_t *up, size_t *down,
    json_t *seen, struct err *e)
{
	AUTO_ENGINE struct engine	 engine = { .command = NULL };
	struct site			*site;
	const json_t			*s;
	size_t				 i, n;

	*up = *down = 0;
	if (!open_engine(ctx, &site, &engine, e))
		return false;
	json_array_foreach(json_object_get(args, "services"), i, s) {
		n = engine_running(&engine, json_string_value(s));
		*up += n;
		*down += n == 0;
	}
	return json_object_set_new(seen, "running",
	    json_integer((json_int_t)*up)) == 0 ? true : err_nomem(e);
}

/* Health is not asked here: site.running waits for it. */
bool
step_started_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	size_t up, down;

	(void)memo;
	if (!count_services(ctx, args, &up, &down, seen, e))
		return false;
	*found = down == 0 ? PROBE_DONE : PROBE_TODO;
	return true;
}

bool
step_stopped_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	size_t up, down;

	(void)memo;
	if (!count_services(ctx, args, &up, &down, seen, e))
		return false;
	*found = up == 0 ? PROBE_DONE : PROBE_TODO;
	return true;
}
