/*
 * A job: a plan being carried out, with a journal on disk that survives
 * kill -9 (engine.md, Jobs).  STATE/jobs/ID holds plan.json, journal and
 * progress; whoever runs the job holds a lock on its journal.
 */
#ifndef STCONSOLE_JOB_H
#define STCONSOLE_JOB_H

#include <jansson.h>

#include "stconsole/plan.h"
#include "stconsole/progress.h"
#include "stconsole/verb.h"

enum job_state {
	JOB_RUNNING, JOB_WAITING, JOB_HELD, JOB_DONE, JOB_UNDONE, JOB_FAILED,
	JOB_CANCELLED, JOB_INTERRUPTED
};

#define JOB_ID_SIZE	32

struct job_options {
	int	 confirm_within_s;	/* 0: keep the change; see job_wait */
};

struct job_result {
	char		 id[JOB_ID_SIZE];	/* "" when none was started */
	enum job_state	 state;
	bool		 verified;	/* every step was seen to hold */
	int64_t		 ended_ms;	/* wall clock */
};

/*
 * Carries out what was shown: takes the plan's locks, plans again, compares
 * the hashes and runs the steps.  False with
 *   ERR_CHANGED   the new plan is another; *now is that plan
 *   ERR_HELD      somebody holds a resource; the message names them
 *   ERR_REFUSED   the plan is blocked
 *   else          the job ended in result->state; what was done stays done
 * An empty plan is success with result->id "".
 */
bool	 job_apply_shown(struct ctx *ctx, const struct verb *v,
	     const json_t *params, const struct plan *shown,
	     const struct job_options *options, struct plan **now,
	     struct job_result *result, struct err *e);

/*
 * The same for somebody who has only the hash (64 digits or a prefix of at
 * least 8): plans once more to find the plan that it belongs to.
 */
bool	 job_apply(struct ctx *ctx, const struct verb *v,
	     const json_t *params, const char *hash,
	     const struct job_options *options, struct plan **now,
	     struct job_result *result, struct err *e);

/* Goes on with a job that was interrupted, held, cancelled or failed. */
bool	 job_resume(struct ctx *ctx, const char *id,
	     struct job_result *result, struct err *e);

/*
 * For a job applied with confirm_within_s: waits until it is confirmed or
 * its time is over and it has been undone.  Cancel leaves it to its guardian.
 */
bool	 job_wait(struct ctx *ctx, const char *id, struct job_result *result,
	     struct err *e);
bool	 job_confirm(struct ctx *ctx, const char *id, struct err *e);

/*
 * At the start of a program: undoes jobs whose time for confirmation ended
 * while nobody watched (a reboot).  Cheap when there are none.
 */
bool	 job_recover(struct ctx *ctx, struct err *e);

/* The state as a name: "done", "held" ... */
const char *job_state_name(enum job_state state);

#endif
