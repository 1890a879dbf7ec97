/*
 * A primary hands over to a member that has caught up.  While a step-down
 * waits for one the primary refuses writes (mongodb-real.md A), so lag is
 * looked at before, the wait is short, and it is tried few times.
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "steps.h"
#include "text_steps.def"

#define TRIES		3
#define HEIR_S		60	/* for one to catch up */
#define ELECTED_S	60
#define ANSWER_MS	30000
#define COMMAND	"{\"replSetStepDown\":60,\"secondaryCatchUpPeriodSecs\":5}"

static bool
pause_ms(const struct reach *r, int ms, struct err *e)
{
	return cancel_wait(r->ctx->cancel, ms) ||
	    cancel_check(r->ctx->cancel, e);
}

/* Until somebody could take over, or is primary already (*done). */
static bool
heir_await(const struct reach *r, const char *member, bool *done,
    struct err *e)
{
	const int64_t until = clock_mono_ms(r->ctx->clock) + HEIR_S * 1000;

	for (;;) {
		AUTO_JSON json_t *set = reach_set(r, e);
		const char	*primary = set != NULL ? reach_primary(set) :
		    NULL;

		*done = primary != NULL && strcmp(primary, member) != 0;
		if (*done || (primary != NULL && reach_heir(r, set, member)))
			return true;
		if (clock_mono_ms(r->ctx->clock) >= until) {
			if (set == NULL)
				return false;
			err_set(e, ERR_REFUSED, 0, T_DOWN_NO_HEIR, member);
			return err_hint(e, T_DOWN_NO_HEIR_HINT);
		}
		if (!pause_ms(r, REACH_LOOK_MS, e))
			return false;
	}
}

static bool
elected_await(const struct reach *r, const char *member, struct err *e)
{
	const int64_t until = clock_mono_ms(r->ctx->clock) + ELECTED_S * 1000;

	for (;;) {
		AUTO_JSON json_t *set = reach_set(r, NULL);
		const char	*primary = set != NULL ? reach_primary(set) :
		    NULL;

		if (primary != NULL && strcmp(primary, member) != 0)
			return true;
		if (clock_mono_ms(r->ctx->clock) >= until)
			return err_set(e, ERR_JOB, 0, T_DOWN_NOBODY, member,
			    ELECTED_S);
		if (!pause_ms(r, 200, e))
			return false;
	}
}

bool
stepdown_run(const struct reach *r, const char *member, struct err *e)
{
	bool	 done;

	for (int i = 0; i < TRIES; i++) {
		AUTO_MONGO struct mongo	*m = NULL;
		AUTO_JSON json_t	*reply = NULL;

		if (!heir_await(r, member, &done, e))
			return false;
		if (done || (reach_at(r, member, ANSWER_MS, &m, e) &&
		    mongo_command(m, "admin", COMMAND, "clusterManager",
		    &reply, e)))
			return elected_await(r, member, e);
		if (e->code == MONGO_UNAUTHORIZED ||
		    e->code == MONGO_AUTH_FAILED ||
		    !pause_ms(r, 5000, e))
			return false;
	}
	return false;
}

bool
step_down_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL;
	const char		*primary;

	(void)memo;
	if (!reach_init(&r, ctx, args, e) || (set = reach_set(&r, e)) == NULL)
		return false;
	primary = reach_primary(set);
	*found = primary != NULL && strcmp(primary, json_text(args,
	    "member")) == 0 ? PROBE_TODO : PROBE_DONE;
	return json_object_set_new(seen, "primary", primary != NULL ?
	    json_string(primary) : json_null()) == 0 || err_nomem(e);
}

bool
step_down_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	struct err		 why = { 0 };

	(void)memo;
	return reach_init(&r, ctx, args, e) && (stepdown_run(&r,
	    json_text(args, "member"), &why) || err_copy(e, &why));
}
