/*
 * What a call answers: the one document that --json prints, serve sends and
 * screens show, and the exit status that belongs to it.  The shape is in
 * architecture.md, "The command line, exactly".  Nothing here prints.  Any
 * thread.
 */
#ifndef STCONSOLE_ANSWER_H
#define STCONSOLE_ANSWER_H

#include <jansson.h>

#include "stconsole/buf.h"
#include "stconsole/job.h"

enum answer_exit {
	EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED, EXIT_CHANGED,
	EXIT_CANCELLED, EXIT_HELD, EXIT_UNVERIFIED, EXIT_COUNT
};

struct answer {
	json_t	*doc;		/* {"ok": ...}; NULL: memory is gone */
	int	 status;	/* EXIT_*, or what --exit-code asked for */
	int64_t	 ended_ms;	/* wall clock, of the job; 0: none ended */
};

#define AUTO_ANSWER	__attribute__((cleanup(answer_fini)))

/* Drops the document. */
void	 answer_fini(struct answer *a);

/*
 * A reading or steering verb's result, or a changing verb's preview.  *plan
 * is what answer_apply() wants; NULL when there is none.
 */
void	 answer_call(struct ctx *ctx, const struct verb *v,
	     const json_t *params, struct plan **plan, struct answer *out);
/*
 * Applies what was shown.  When the world changed meanwhile the document's
 * plan is the new one.
 */
void	 answer_apply(struct ctx *ctx, const struct verb *v,
	     const json_t *params, const struct plan *shown,
	     int confirm_within_s, struct answer *out);
/* The same for somebody who has only the hash. */
void	 answer_apply_hash(struct ctx *ctx, const struct verb *v,
	     const json_t *params, const char *hash, int confirm_within_s,
	     struct answer *out);
/* Waits for a job to be confirmed or undone (job_wait). */
void	 answer_wait(struct ctx *ctx, const char *id, struct answer *out);

/* {"ok":true,NAME:value}; takes value, NULL when memory is gone. */
json_t	*answer_value(const char *name, json_t *value);
/* {"ok":false,...}; plan and job may be NULL; borrowed. */
void	 answer_error(const struct err *e, const json_t *plan,
	     const json_t *job, struct answer *out);
/* False with *e when the answer is an error (also lost memory). */
bool	 answer_is_ok(const struct answer *a, struct err *e);
/* {"id","state","verified"}; new reference. */
json_t	*answer_job(const struct job_result *job);

/* The exit status of an error, of a job's end. */
int	 answer_exit_of_err(const struct err *e);
int	 answer_exit_of_job(enum job_state state, bool verified);
/* The same by the name that JSON has; a name that is no state is failed. */
int	 answer_exit_of_name(const char *state, bool verified);

/*
 * A call as it would be typed again, with --state when state is given and
 * extra options in front.
 */
void	 answer_command(const struct ctx *ctx, const char *state,
	     const struct verb *v, const json_t *params, const char *extra,
	     struct buf *out);

#endif
