/*
 * The audit log: STATE/audit/YYYY.jsonl, append-only lines that each hold
 * the hash of the one before, and STATE/audit/head with count and last hash
 * (also sent to syslog), so that a changed, missing, reordered or cut line
 * shows.  STATE/audit/script.log has the same calls as command lines that
 * can be run again.  Appends are locked between processes.
 */
#ifndef STCONSOLE_AUDIT_H
#define STCONSOLE_AUDIT_H

#include "stconsole/verb.h"

#define AUDIT_BEGUN	"begun"

/*
 * Records one call.  params hold no secrets (verb.h); plan, job and e may be
 * NULL.  outcome: "done", "failed", "refused", ...; a job is recorded twice,
 * as begun (in the audit alone) and at its end.
 */
bool	 audit_add(struct ctx *ctx, const struct verb *v,
	     const json_t *params, const char *plan_hash, const char *job,
	     const char *outcome, const struct err *why, struct err *e);
/*
 * Walks the whole chain.  *lines is the number of good lines; false with
 * ERR_AUDIT names file and line of the first that does not fit.
 */
bool	 audit_verify(const struct store *store, int64_t *lines,
	     struct err *e);
/* The newest lines first, at most limit.  New array. */
json_t	*audit_read(const struct store *store, size_t limit, struct err *e);

#endif
