/*
 * Durable steps: a real job of steps that cost nothing by themselves, so that
 * what is measured is the engine and its journal.  The other command is what
 * the disk can do: appends of the length of a journal line, each followed by
 * fdatasync, to a file of the same file system.  A step writes two lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/toy.h"
#include "bench.h"
#include "stconsole/action.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define STEPS	500
#define LINE	200
#define RUNS	5

static bool	 is_done[STEPS];

static bool
nothing_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)memo;
	(void)seen;
	(void)e;
	*found = is_done[json_int(args, "n", 0)] ? PROBE_DONE : PROBE_TODO;
	return true;
}

static bool
nothing_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)memo;
	(void)e;
	is_done[json_int(args, "n", 0)] = true;
	return true;
}

static const struct action actions[] = {
	{ .name = "bench.nothing", .kind = STEP_CALL, .probe = nothing_probe,
	  .act = nothing_act, .undo = nothing_act }
};

static bool
steps_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	int	 n;

	(void)ctx;
	(void)params;
	for (n = 0; n < STEPS; n++)
		if (!plan_step_add(plan, &(struct step_spec){
		    .action = "bench.nothing", .args = json_pack("{s:i}",
		    "n", n), .risk = RISK_LOW }, e, "step %d", n))
			return false;
	return plan_lock_add(plan, "bench", e);
}

static const struct verb verbs[] = {
	{ .name = "bench.steps", .help = "Steps", .role = ROLE_OPERATOR,
	  .risk = RISK_LOW, .plan = steps_plan }
};

static const struct service bench_service = {
	"bench", verbs, LENGTH(verbs), actions, LENGTH(actions)
};

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &bench_service
};
static const struct registry registry = { services, LENGTH(services) };

/* Plans first: applying is what is measured, from lock to last line. */
static double
job_rate(struct toy *t)
{
	const struct verb	*v = registry_verb(&registry, "bench.steps");
	AUTO_JSON json_t	*params = json_object();
	AUTO_PLAN struct plan	*plan = NULL, *now = NULL;
	struct job_options	 options = { 0 };
	struct job_result	 r;
	json_t			*none = NULL;
	struct err		 e;
	double			 start_ms;

	memset(is_done, 0, sizeof(is_done));
	if (!verb_call(&t->ctx, v, params, &none, &plan, &e))
		bench_stop("plan", e.msg);
	start_ms = bench_now_ms();
	if (!job_apply(&t->ctx, v, params, plan_hash(plan), &options, &now,
	    &r, &e))
		bench_stop("job", e.msg);
	return STEPS * 1e3 / (bench_now_ms() - start_ms);
}

static double
disk_rate(const struct toy *t)
{
	AUTO_FREE char	*path = str_format("%s/raw", t->dir);
	AUTO_CLOSE int	 fd = -1;
	char		 line[LINE];
	double		 start_ms = bench_now_ms();
	int		 n;

	memset(line, 'x', sizeof(line));
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (n = 0; n < STEPS; n++)
		if (write(fd, line, sizeof(line)) != (ssize_t)sizeof(line) ||
		    fdatasync(fd) != 0)
			bench_stop(path, strerror(errno));
	unlink(path);
	return STEPS * 1e3 / (bench_now_ms() - start_ms);
}

int
main(void)
{
	double		 steps[RUNS], syncs[RUNS], could, did;
	struct toy	 t;
	int		 i;

	bench_heading();
	toy_init(&t);
	t.ctx.registry = &registry;
	for (i = 0; i < RUNS; i++) {
		steps[i] = job_rate(&t);
		syncs[i] = disk_rate(&t);
	}
	toy_fini(&t);
	did = bench_spread(steps, RUNS).median;
	could = bench_spread(syncs, RUNS).median / 2;
	bench_row("Journal", "at least 200 durable steps a second where the "
	    "disk allows it (two lines a step)",
	    did >= 200 || (could < 200 && did >= could * 0.8));
	bench_line("a job of 500 steps", "steps/s", steps, RUNS);
	bench_line("500 times write 200 bytes, fdatasync", "syncs/s", syncs,
	    RUNS);
	return 0;
}
