/*
 * Private to src/services/move: Sametime's databases moved from the running
 * deployment to another one, side by side.
 *
 * What makes it right: the source's time T0 is kept before anything is read,
 * and every document that was touched since is fetched again by its _id from
 * change streams that begin at T0.  What nobody touched is proved equal by
 * the hash of the copy, what was touched by comparing it on both sides.
 *
 * All that a killed process leaves is STATE/sites/SITE/moves/KEY.json, the
 * list of touched _ids beside it and the marker document on the target; a
 * step takes up what they say.  The source is never written, but for the
 * write block.
 */
#ifndef MOVE_PRIVATE_H
#define MOVE_PRIVATE_H

#include "stconsole/action.h"
#include "stconsole/mongo_copy.h"
#include "stconsole/move.h"

#define MOVE_MARKER	"stconsole_move"	/* collection on the target */
#define MOVE_LAG_MS	2000		/* near enough to cut over */
/* An expireAfterSeconds under which nothing expires: 68 years. */
#define MOVE_TTL_PARKED	2147483647

/* --- state.c: what is known of the move, kept on disk ------------------- */

struct move {
	struct ctx	*ctx;
	const json_t	*args;		/* of the step */
	char		*path;		/* of the state file */
	json_t		*state;		/* see state.c */
	struct secret	*from, *to;
	struct mongo	*source, *target;	/* opened at need */
	int64_t		 saved_ms;
};

#define AUTO_MOVE	__attribute__((cleanup(move_fini)))
#define MOVE_INIT	{ NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0 }

/* Reads the state that args name; ERR_CHANGED when it is another move's. */
bool	 move_open(struct ctx *ctx, const json_t *args, struct move *m,
	     struct err *e);
/* The same, only the state: nothing of the world is touched. */
bool	 move_peek(struct ctx *ctx, const char *key, struct move *m,
	     struct err *e);
void	 move_fini(struct move *m);
/* The path of the state of a move; malloc'd. */
char	*move_path(struct ctx *ctx, const char *key, struct err *e);
/* The newest move of this site; NULL: none.  New reference. */
bool	 move_newest(struct ctx *ctx, json_t **state, struct err *e);
/* On disk when it returns. */
bool	 move_save(struct move *m, struct err *e);
/* The same, but at most twice a second. */
bool	 move_save_soon(struct move *m, struct err *e);
bool	 move_set(struct move *m, const char *name, json_t *taken,
	     struct err *e);
/* Sets the phase that mongo.move_show tells, and saves. */
bool	 move_phase(struct move *m, const char *phase, struct err *e);
/* A step's mark "done.NAME", with which its probe is answered. */
bool	 move_done(struct move *m, const char *step, struct err *e);
bool	 move_is_done(const struct move *m, const char *step);
/* One more line of what the report has to name. */
bool	 move_remark(struct move *m, struct err *e, const char *fmt, ...)
	     __attribute__((format(printf, 3, 4)));
bool	 move_source(struct move *m, struct err *e);
bool	 move_target(struct move *m, struct err *e);
/* The account that may block writes, by its blob in the state. */
bool	 move_keeper(struct move *m, struct mongo **out, struct err *e);
/* The databases' names, NULL at the end; the array is malloc'd. */
const char **move_dbs(const struct move *m, struct err *e);

/* --- words.c: commands and documents as text ---------------------------- */

/* Runs a command, taken; the reply in canonical Extended JSON. */
bool	 move_command(struct mongo *m, const char *db, json_t *taken,
	     const char *role, json_t **reply, struct err *e);
/* A {"$timestamp"} of canonical text as t<<32 | i, and back. */
uint64_t move_time(const json_t *timestamp);
json_t	*move_time_json(uint64_t at);
/* The time that a resume token stands for; 0: not known. */
uint64_t move_token_time(const char *token);
/* A number that canonical text wraps in an object. */
int64_t	 move_number(const json_t *wrapped);
/* Whether an array of texts has this one. */
bool	 move_list_has(const json_t *list, const char *text);
/* The server's operationTime now. */
bool	 move_now(struct mongo *m, uint64_t *at, struct err *e);
char	*move_text(const json_t *j);
json_t	*move_parse(const char *text, struct err *e);

/* --- items.c: the collections ------------------------------------------- */

/* An item of the state, borrowed: {"db","name","entry","done",...}. */
json_t	*move_item(const struct move *m, const char *db, const char *name);
/* Marks a collection to be copied (again) as it is then. */
bool	 move_item_again(struct move *m, const char *db, const char *name,
	     const char *why, struct err *e);
/* True when change streams tell of its documents. */
bool	 move_item_follows(const json_t *item);
bool	 move_item_has_documents(const json_t *item);
/* The collection that holds the documents: a time series' buckets. */
const char *move_item_data(const json_t *item);
/* Why it was not read at T, in words; "" when it was. */
const char *move_item_why(const json_t *item);
/* Fills the items from the source's catalog. */
bool	 move_items_read(struct move *m, struct err *e);
/* Copies what is not done, and counts. */
bool	 move_items_copy(struct move *m, struct err *e);
/* Compares the target's content with what was copied into it. */
bool	 move_items_compare(struct move *m, struct err *e);
/* Creates, and indexes with TTL parked. */
bool	 move_item_create(struct move *m, const json_t *item, struct err *e);
bool	 move_item_index(struct move *m, const json_t *item, struct err *e);
/* Drops a collection of the target; gone already is success. */
bool	 move_target_drop(struct move *m, const char *db, const char *name,
	     struct err *e);
/* Everything that is marked again, from dropping to comparing. */
bool	 move_items_again(struct move *m, struct err *e);
/* Options and indexes of the target become those of the source now. */
bool	 move_items_reconcile(struct move *m, struct err *e);
/* TTL indexes get the source's time. */
bool	 move_items_ttl(struct move *m, struct err *e);
/* What differs; empty when the target is as the source is. */
bool	 move_items_differ(struct move *m, json_t **lines, struct err *e);
/* The catalog of one side without what is not moved.  New reference. */
bool	 move_catalog(struct move *m, struct mongo *side, json_t **out,
	     struct err *e);

/* --- touched.c: _ids that were touched since T0 ------------------------- */

struct touched {
	json_t	*ids;		/* {"db\tname":{IDTEXT:true}} */
	int	 fd;		/* append */
	char	*path;
};

#define AUTO_TOUCHED	__attribute__((cleanup(touched_fini)))

bool	 touched_open(struct move *m, struct touched *t, struct err *e);
void	 touched_fini(struct touched *t);
/* On disk when it returns. */
bool	 touched_add(struct touched *t, const json_t *batch, struct err *e);
/* Forgets what is not in ids (any more), on disk too. */
bool	 touched_rewrite(struct touched *t, struct err *e);
size_t	 touched_count(const json_t *ids);
/* Compares on both sides and takes out what is equal. */
bool	 touched_compare(struct move *m, struct touched *t, uint64_t *equal,
	     struct err *e);

/* --- apply.c: documents by _id from source to target -------------------- */

#define MOVE_CHUNK	400	/* _ids in one command */

/*
 * Makes the documents with these _ids on the target what they are on the
 * source.  pending: _ids that a unique index did not let in yet.
 */
bool	 apply_ids(struct move *m, const char *db, const char *name,
	     const json_t *ids, json_t *pending, struct err *e);
/* Reads documents by _id, as a majority has them. */
bool	 apply_fetch(struct mongo *m, const char *db, const char *name,
	     const json_t *ids, bool (*each)(void *arg,
	     struct mongo_bytes doc, struct err *e), void *arg,
	     struct err *e);
/* Calls with at most MOVE_CHUNK of the ids (an object) at a time. */
bool	 apply_chunks(const json_t *ids, bool (*each)(void *arg,
	     const json_t *chunk, struct err *e), void *arg, struct err *e);
/* The place as batches and touched ids name it. */
char	*apply_place(const char *db, const char *name);

/* --- follow.c: change streams ------------------------------------------- */

/*
 * Applies changes until the target is less than MOVE_LAG_MS behind, or, with
 * until, has all that the source had then.
 */
bool	 follow_run(struct move *m, struct touched *t, uint64_t until,
	     struct err *e);

/* --- steps, by file ----------------------------------------------------- */

#define MOVE_PROBE(NAME) \
	bool	 NAME(struct ctx *, const json_t *, const json_t *, \
		     enum probe *, json_t *, struct err *);
#define MOVE_ACT(NAME) \
	bool	 NAME(struct ctx *, const json_t *, const json_t *, \
		     struct err *);
#define MOVE_STEP(NAME) \
	MOVE_PROBE(NAME ## _probe) \
	MOVE_ACT(NAME ## _act)
#define MOVE_EXPAND(NAME) \
	bool	 NAME(struct ctx *, const json_t *, struct plan *, \
		     struct err *);

/* steps.c */
bool	 move_begin_prepare(struct ctx *, const json_t *, json_t *,
	     struct err *);
MOVE_STEP(move_begin)
MOVE_STEP(move_drop)
MOVE_STEP(move_create)
MOVE_STEP(move_copy)
MOVE_STEP(move_compare)
MOVE_STEP(move_index)
/* users.c */
MOVE_STEP(move_users)
/* cutover.c */
MOVE_STEP(move_follow)
MOVE_PROBE(move_hold_probe)
MOVE_STEP(move_drain)
MOVE_STEP(move_verify)
/* block.c */
MOVE_STEP(move_block)
MOVE_ACT(move_block_undo)
MOVE_EXPAND(move_stop_expand)
MOVE_EXPAND(move_start_expand)
/* switch.c */
MOVE_EXPAND(move_switch_expand)
/* finish.c */
MOVE_STEP(move_finish)
/* back.c */
MOVE_STEP(move_unblock)
MOVE_EXPAND(move_return_expand)
MOVE_STEP(move_abandon)

/* --- check.c: what must be so before ------------------------------------ */

struct move_check {
	struct ctx	*ctx;
	struct plan	*plan;
	const json_t	*params;
	int		 timeout_ms;
	struct secret	*from;
	const struct secret *to;	/* borrowed */
	json_t		*dbs;		/* names */
	struct mongo	*source, *target;
	char		 source_version[32], target_version[32];
	json_t		*source_rights, *target_rights;
	json_t		*catalog;	/* of the source */
	const char	*block;		/* "writeblock" "site" "command" */
	json_t		*command;	/* {"block":[],"unblock":[]} */
	struct secret	*keeper;	/* who blocks; NULL: not needed */
};

/* False for what cannot be asked; what says no is in the plan. */
bool	 check_run(struct move_check *c, struct err *e);
void	 check_fini(struct move_check *c);
/* How far back the source remembers, as a note. */
bool	 oplog_check(struct move_check *c, struct err *e);
/* Chooses who blocks; fills block, command, keeper. */
bool	 check_block(struct move_check *c, struct err *e);
/* connectionStatus's privileges; NULL in *out: nobody needs any. */
bool	 rights_read(struct mongo *m, json_t **out, struct err *e);
/* db NULL: on the cluster. */
bool	 rights_have(const json_t *rights, const char *db,
	     const char *action);

/* --- verbs -------------------------------------------------------------- */

bool	 move_plan(struct ctx *, const json_t *, struct plan *, struct err *);
bool	 back_plan(struct ctx *, const json_t *, struct plan *, struct err *);
bool	 show_read(struct ctx *, const json_t *, json_t **, struct err *);
/* Documents changed on the target since the URLs were switched. */
bool	 back_count(struct move *m, int64_t *documents, struct err *e);

#endif
