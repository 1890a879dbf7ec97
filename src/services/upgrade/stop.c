/*
 * A member goes down and comes up again, whoever wants it: a step, or the
 * undo of one.  Never two at once, and a primary hands over first.
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/progress.h"
#include "stconsole/str.h"

#include "steps.h"
#include "text_steps.def"

/*
 * Since 5.0 a server that was asked to end keeps its port open so long that
 * drivers notice (quiesce): asked for as short as is safe, where 15 s would
 * be the server's own choice (mongodb-real.md A).
 */
#define QUIESCE_S	2
#define ANSWER_MS	45000
#define DOWN_S		90
#define UP_S		180
#define EXCEEDED_TIME_LIMIT	262
#define IS_SHUTTING_DOWN	91

bool
member_step_init(struct member_step *s, struct ctx *ctx, const json_t *args,
    struct err *e)
{
	*s = (struct member_step){ .how = how_find(json_text(args, "how")),
		.task = { .ctx = ctx, .member = json_text(args, "member"),
		.from = json_text(args, "from"), .to = json_text(args, "to"),
		.args = json_object_get(args, "how_args") } };
	if (s->how == NULL)
		return err_set(e, ERR_JOB, 0, T_STEP_HOW, json_text(args,
		    "how"));
	return reach_init(&s->reach, ctx, args, e);
}

void
member_step_fini(struct member_step *s)
{
	reach_fini(&s->reach);
}

bool
member_pid_keep(struct member_step *s, json_t *memo, struct err *e)
{
	pid_t	 pid = 0;

	/* A server elsewhere has none here: its port alone must tell. */
	if (!mongo_run_listener(s->task.member, 0, &pid) || pid <= 0)
		return true;
	return (json_object_set_new(memo, "pid", json_integer(pid)) == 0 &&
	    json_object_set_new(memo, "start", json_integer((json_int_t)
	    proc_start_time(pid))) == 0) || err_nomem(e);
}

bool
member_is_down(const struct member_step *s, const json_t *memo)
{
	return reach_is_down(&s->reach, s->task.member,
	    (pid_t)json_int(memo, "pid", 0),
	    (unsigned long long)json_int(memo, "start", 0));
}

/* The opposite of force is the rule; nobody can take over from a lone 4.2. */
static bool
shutdown_send(struct member_step *s, const char *major, bool is_primary,
    struct err *e)
{
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_JSON json_t	*reply = NULL;
	char			 command[96];
	bool			 forced = is_primary &&
	    reach_is_lone(&s->reach) && strcmp(major, "4.2") == 0 &&
	    json_flag(s->reach.topo, "is_set");

	snprintf(command, sizeof(command), "{\"shutdown\":1,"
	    "\"timeoutSecs\":%d%s}", QUIESCE_S, forced ? ",\"force\":true" :
	    "");
	if (!reach_at(&s->reach, s->task.member, ANSWER_MS, &m, e))
		return false;
	if (mongo_command(m, "admin", command, "hostManager", &reply, e))
		return true;
	/* What ends cannot answer: the connection is closed. */
	if (e->code == MONGO_UNREACHABLE || e->code == IS_SHUTTING_DOWN) {
		err_clear(e);
		return true;
	}
	if (e->code == EXCEEDED_TIME_LIMIT)
		err_hint(e, T_STOP_LAG_HINT);
	return false;
}

static bool
down_await(struct member_step *s, const json_t *memo, struct err *e)
{
	struct ctx	*ctx = s->task.ctx;
	const int64_t	 from = clock_mono_ms(ctx->clock);
	int64_t		 gone = 0;

	while (!member_is_down(s, memo)) {
		if (gone >= DOWN_S)
			return err_set(e, ERR_JOB, 0, T_STOP_STAYS,
			    s->task.member, DOWN_S);
		progress_amount(ctx, gone, DOWN_S, "s");
		if (!cancel_wait(ctx->cancel, 100) &&
		    !cancel_check(ctx->cancel, e))
			return false;
		gone = (clock_mono_ms(ctx->clock) - from) / 1000;
	}
	return true;
}

static bool
down_send(struct member_step *s, const json_t *set, struct err *e)
{
	const json_t	*now = mongo_set_member(set, s->task.member);
	bool		 is_primary = strcmp(json_text(now, "state"),
	    "PRIMARY") == 0;

	if (is_primary && !reach_is_lone(&s->reach) &&
	    !stepdown_run(&s->reach, s->task.member, e))
		return false;
	if (s->how->stop != NULL &&
	    json_object_get(s->task.args, "stop") != NULL)
		return s->how->stop(&s->task, e);
	return shutdown_send(s, json_text(now, "major"), is_primary, e);
}

bool
member_down(struct member_step *s, const json_t *memo, struct err *e)
{
	AUTO_JSON json_t *set = NULL;
	struct reach_seen now;

	if (member_is_down(s, memo))
		return true;
	/* Asked to end before a kill: it is on its way. */
	reach_look(&s->reach, s->task.member, &now);
	if (now.major[0] == '\0')
		return down_await(s, memo, e);
	if (!reach_await_others(&s->reach, s->task.member, &set, e) ||
	    !down_send(s, set, e))
		return false;
	return down_await(s, memo, e);
}

/* What it printed when it did not come up. */
static bool
up_failed(struct member_step *s, struct err *e)
{
	AUTO_FREE char *said = s->how->said != NULL ?
	    s->how->said(&s->task) : NULL;

	err_set(e, ERR_JOB, 0, T_START_SILENT, s->task.member, UP_S,
	    said != NULL ? said : "-");
	return err_hint(e, T_START_SILENT_HINT);
}

bool
member_up(struct member_step *s, const char *major, struct err *e)
{
	struct ctx	*ctx = s->task.ctx;
	const int64_t	 from = clock_mono_ms(ctx->clock);
	struct reach_seen now;
	int64_t		 gone = 0;

	if (!s->how->start(&s->task, e))
		return false;
	for (;;) {
		reach_look(&s->reach, s->task.member, &now);
		if (now.major[0] != '\0' && strcmp(now.major, major) != 0)
			return err_set(e, ERR_JOB, 0, T_START_OTHER,
			    s->task.member, now.major, major);
		if (now.is_ready)
			return true;
		if (gone >= UP_S)
			return up_failed(s, e);
		progress_amount(ctx, gone, UP_S, "s");
		if (!cancel_wait(ctx->cancel, 200) &&
		    !cancel_check(ctx->cancel, e))
			return false;
		gone = (clock_mono_ms(ctx->clock) - from) / 1000;
	}
}
