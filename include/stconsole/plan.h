/*
 * A plan: what a changing verb would do, as ordered steps of pure data.  It
 * can be shown, hashed, written to disk and carried out by another process.
 *
 * The hash (engine.md, Plans) covers format, verb, parameters, site id and
 * each step's kind, action and args.  Args therefore hold the digests of
 * everything the action depends on, and nothing that changes by itself: no
 * ids, times, counts; what is drawn at random is drawn by the action's
 * prepare.  Title, diff, argv, risk and undo text are for eyes only.
 */
#ifndef STCONSOLE_PLAN_H
#define STCONSOLE_PLAN_H

#include <jansson.h>

#include "stconsole/buf.h"
#include "stconsole/ctx.h"

enum risk {
	RISK_NONE,		/* nothing is changed */
	RISK_LOW,		/* can be undone, nobody notices */
	RISK_SERVICE,		/* a service restarts, calls may drop */
	RISK_ACCESS,		/* somebody may lose or gain access */
	RISK_DATA		/* data may be lost without a backup */
};

enum step_kind {
	STEP_WRITE, STEP_RUN, STEP_CALL, STEP_WAIT, STEP_VERIFY, STEP_MANUAL,
	STEP_EXPAND
};

struct plan;

#define AUTO_PLAN	__attribute__((cleanup(plan_free_at)))

/*
 * One step to add.  Strings are copied; args, argv: new references taken
 * (also on failure).  kind comes from the action.
 */
struct step_spec {
	const char	*action;	/* a name in the registry */
	json_t		*args;		/* object; see above */
	enum risk	 risk;
	const char	*undo;		/* in words; NULL: "-" */
	/*
	 * The name of what nothing brings back, for a step that loses
	 * something for good; a console has it typed before it applies.
	 */
	const char	*loses;
	const char	*diff;		/* for eyes, secrets masked; or NULL */
	json_t		*argv;		/* array, as it will run; or NULL */
	const char	*blob;		/* digest of staged content, or NULL */
};

struct plan *plan_new(const struct ctx *ctx, const char *verb,
	     const json_t *params, struct err *e);
void	 plan_free(struct plan *p);
void	 plan_free_at(struct plan **p);

/* The title is a printf. */
bool	 plan_step_add(struct plan *p, const struct step_spec *spec,
	     struct err *e, const char *title, ...)
	     __attribute__((format(printf, 4, 5)));
/* As plan_step_add, but before all other steps. */
bool	 plan_step_first(struct plan *p, const struct step_spec *spec,
	     struct err *e, const char *title, ...)
	     __attribute__((format(printf, 4, 5)));
/*
 * A resource that the job must hold: "file:custom.env",
 * "mongo:meeting.administrators", "service:nginx".  Twice is once.
 */
bool	 plan_lock_add(struct plan *p, const char *resource, struct err *e);
/* One sentence about what a person should know before applying. */
bool	 plan_note_add(struct plan *p, struct err *e, const char *fmt, ...)
	     __attribute__((format(printf, 3, 4)));
/*
 * A check says no: the plan is shown and refused (exit 3).  hint may be NULL.
 */
bool	 plan_block(struct plan *p, const char *hint, struct err *e,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/*
 * Content that a step will write, by its SHA-256.  It goes to the object
 * folder of the site (0600) when the plan is applied, never into the plan,
 * the journal or the preview; see blob.h.
 */
bool	 plan_blob_add(struct plan *p, const void *data, size_t len,
	     char digest[65], struct err *e);

/* As plan_blob_add for a secret: it is named by its HMAC (store_hmac). */
bool	 plan_secret_add(const struct ctx *ctx, struct plan *p,
	     const struct secret *value, char digest[65], struct err *e);

bool	 plan_is_empty(const struct plan *p);	/* nothing to do */
bool	 plan_is_blocked(const struct plan *p);
/* Fills *e (ERR_REFUSED) from the first reason it is blocked by. */
bool	 plan_blocked_err(const struct plan *p, struct err *e);
const char *plan_verb(const struct plan *p);
const json_t *plan_params(const struct plan *p);	/* borrowed */
const json_t *plan_steps(const struct plan *p);		/* borrowed */
const json_t *plan_locks(const struct plan *p);		/* borrowed */
/* 64 hex digits, made by plan_seal. */
const char *plan_hash(const struct plan *p);
/* Fixes the steps' ids and makes the hash; verb_call does it. */
bool	 plan_seal(const struct ctx *ctx, struct plan *p, struct err *e);

/* What the command line contract shows.  New reference. */
json_t	*plan_json(const struct plan *p);
/* For plan.json in a job's folder, and back. */
json_t	*plan_save(const struct plan *p);
struct plan *plan_load(const json_t *saved, struct err *e);
/* For the engine: writes the staged blobs (blob.h). */
bool	 plan_blobs_store(const struct ctx *ctx, const struct plan *p,
	     struct err *e);

const char *risk_name(enum risk risk);
const char *step_kind_name(enum step_kind kind);

#endif
