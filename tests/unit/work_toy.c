#include "work_toy.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/action.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"

static bool
echo_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	const struct secret *s = ctx_secret(ctx, "password_file");

	*result = json_pack("{s:O, s:I, s:s?, s:s}", "params", params,
	    "secret_bytes", (json_int_t)(s != NULL ? secret_len(s) : 0),
	    "site", ctx->site_wanted, "user", ctx->who->user);
	return *result != NULL ? true : err_nomem(e);
}

static bool
block_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)params;
	*result = json_object();
	while (cancel_wait(ctx->cancel, WORK_PATIENCE_MS))
		;
	return cancel_check(ctx->cancel, e);
}

static bool
lines_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	int64_t	n = json_int(params, "n", 0), i;
	char	line[32];

	for (i = 1; i <= n; i++) {
		snprintf(line, sizeof(line), "line %lld", (long long)i);
		ctx->on_line(ctx->on_line_arg, line);
	}
	*result = json_object();
	return *result != NULL ? true : err_nomem(e);
}

static char *
gate_path(const struct ctx *ctx, const json_t *args, const char *end)
{
	return store_path(ctx->store, "world/%s%s", json_text(args, "name"),
	    end);
}

static bool
gate_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_FREE char *path = gate_path(ctx, args, "");

	(void)memo;
	(void)seen;
	(void)e;
	*found = file_exists(AT_FDCWD, path) ? PROBE_DONE : PROBE_TODO;
	return true;
}

static bool
gate_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_FREE char	*path = gate_path(ctx, args, "");
	AUTO_FREE char	*reached = gate_path(ctx, args, ".reached");
	int		 left = WORK_PATIENCE_MS / 5;

	(void)memo;
	if (!file_write(AT_FDCWD, reached, "", 0, 0600, e))
		return false;
	while (left-- > 0 && !file_exists(AT_FDCWD, path))
		if (!cancel_wait(ctx->cancel, 5))
			return cancel_check(ctx->cancel, e);
	return true;
}

static bool
count_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
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
count_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	int64_t n = json_int(args, "n", 0), i;

	(void)memo;
	(void)e;
	for (i = 1; i <= n; i++)
		progress_amount(ctx, i, n, "pieces");
	return true;
}

static bool
gate_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const char *name = json_text(params, "name");

	(void)ctx;
	return plan_step_add(plan, &(struct step_spec){
	    .action = "work.gate", .args = json_pack("{s:s}", "name", name),
	    .risk = RISK_LOW }, e, "Wait at %s", name) &&
	    plan_lock_add(plan, name, e);
}

static bool
count_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	(void)ctx;
	return plan_step_add(plan, &(struct step_spec){
	    .action = "work.count", .args = json_pack("{s:I}", "n",
	    (json_int_t)json_int(params, "n", 0)), .risk = RISK_LOW }, e,
	    "Count");
}

static const struct action actions[] = {
	{ .name = "work.gate", .kind = STEP_RUN, .probe = gate_probe,
	  .act = gate_act },
	{ .name = "work.count", .kind = STEP_RUN, .probe = count_probe,
	  .act = count_act, .is_momentary = true }
};

static const struct verb_param echo_params[] = {
	{ .name = "text", .type = PARAM_INPUT, .help = "A text" },
	{ .name = "password_file", .type = PARAM_SECRET, .help = "A secret" }
};

static const struct verb_param name_params[] = {
	{ .name = "name", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "The gate" }
};

static const struct verb_param n_params[] = {
	{ .name = "n", .type = PARAM_INT, .required = true, .min = 0,
	  .max = 10000000, .help = "How many" }
};

static const struct verb verbs[] = {
	{ .name = "work.echo", .help = "Echo", .role = ROLE_VIEWER,
	  .params = echo_params, .param_count = 2, .read = echo_read },
	{ .name = "work.block", .help = "Block", .role = ROLE_VIEWER,
	  .read = block_read },
	{ .name = "work.lines", .help = "Lines", .role = ROLE_VIEWER,
	  .follows = true, .params = n_params, .param_count = 1,
	  .read = lines_read },
	{ .name = "work.gate", .help = "Gate", .role = ROLE_OPERATOR,
	  .params = name_params, .param_count = 1, .plan = gate_plan },
	{ .name = "work.count", .help = "Count", .role = ROLE_OPERATOR,
	  .params = n_params, .param_count = 1, .plan = count_plan }
};

static const struct service work_service = {
	"work", verbs, LENGTH(verbs), actions, LENGTH(actions)
};

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &toy_service,
	&work_service
};
const struct registry work_toy_registry = { services, LENGTH(services) };

void
work_toy_world(const struct toy *t, struct world *w)
{
	*w = (struct world){
		.registry = &work_toy_registry, .state_wanted = t->dir,
		.store = t->ctx.store, .who = t->who
	};
}

unsigned
work_toy_start(struct work *w, enum work_kind kind, const char *verb,
    json_t *params)
{
	AUTO_JSON json_t	*held = params;
	struct work_call	 call = {
		.kind = kind, .verb = verb, .params = held
	};
	struct err		 e = { 0 };
	unsigned		 id = work_start(w, &call, &e);

	if (id == 0)
		fail_msg("%s: %s", verb, e.msg);
	return id;
}

/* Answers that came while another one was awaited. */
static struct {
	unsigned	 id;
	json_t		*data;
} kept[64];

static json_t *
kept_take(unsigned id)
{
	size_t i;

	for (i = 0; i < LENGTH(kept); i++)
		if (kept[i].data != NULL && kept[i].id == id)
			return TAKE(kept[i].data);
	return NULL;
}

static void
keep(struct work_event *ev)
{
	size_t i = 0;

	if (ev->kind != WORK_ANSWER || ev->data == NULL) {
		work_event_fini(ev);
		return;
	}
	while (i < LENGTH(kept) && kept[i].data != NULL)
		i++;
	assert_true(i < LENGTH(kept));
	kept[i].id = ev->id;
	kept[i].data = ev->data;
}

void
work_toy_forget(void)
{
	size_t i;

	for (i = 0; i < LENGTH(kept); i++)
		json_decref(TAKE(kept[i].data));
}

json_t *
work_toy_await(struct work *w, enum work_event_kind kind, unsigned id)
{
	int64_t			 end = clock_mono_ms(&clock_system) +
				    WORK_PATIENCE_MS;
	struct pollfd		 p = { .fd = work_fd(w), .events = POLLIN };
	json_t			*data = kind == WORK_ANSWER ? kept_take(id) :
				    NULL;
	struct work_event	 ev;

	while (data == NULL) {
		while (work_next(w, &ev)) {
			if (ev.kind == kind && ev.id == id)
				return ev.data;
			keep(&ev);
		}
		if (clock_mono_ms(&clock_system) > end)
			fail_msg("event %d of call %u does not come", kind,
			    id);
		(void)poll(&p, 1, 1000);
	}
	return data;
}

unsigned
work_toy_apply(struct work *w, const char *verb, json_t *params,
    int confirm_within_s)
{
	AUTO_JSON json_t	*held = params;
	unsigned		 id = work_toy_start(w, WORK_PLAN, verb,
				    json_incref(held));
	AUTO_JSON json_t	*plan = work_toy_await(w, WORK_ANSWER, id);
	struct work_call	 call = {
		.kind = WORK_APPLY, .verb = verb, .params = held,
		.hash = json_str(json_object_get(plan, "plan"), "hash"),
		.confirm_within_s = confirm_within_s
	};
	struct err		 e = { 0 };

	assert_true(json_flag(plan, "ok"));
	assert_non_null(call.hash);
	id = work_start(w, &call, &e);
	if (id == 0)
		fail_msg("%s: %s", verb, e.msg);
	return id;
}

void
work_toy_reached(const struct toy *t, const char *name)
{
	AUTO_FREE char	*path = store_path(t->ctx.store, "world/%s.reached",
			    name);
	int		 left = WORK_PATIENCE_MS / 5;

	while (!file_exists(AT_FDCWD, path) && left-- > 0)
		(void)poll(NULL, 0, 5);
	assert_true(file_exists(AT_FDCWD, path));
}
