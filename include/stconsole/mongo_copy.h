/*
 * Whole collections: what there is (catalog), copying it from server to
 * server as raw bytes, and proving by content that two sides are equal.
 * The dump format is built on the same parts (src/services/dump).
 *
 * The hash of a collection does not depend on the order of its documents:
 * the sum, modulo 2^128, of a 128-bit hash of each document's bytes, beside
 * the count of documents and bytes.
 */
#ifndef STCONSOLE_MONGO_COPY_H
#define STCONSOLE_MONGO_COPY_H

#include "stconsole/mongo_raw.h"
#include "stconsole/progress.h"

struct mongo_hash {
	uint64_t	lo, hi;
	uint64_t	count, bytes;
};

#define MONGO_HASH_TEXT	33	/* 32 hex digits of hi, lo and the NUL */

void	 mongo_hash_add(struct mongo_hash *h, const uint8_t *data,
	     size_t len);
/* Takes a document out again: an update is remove old, add new. */
void	 mongo_hash_remove(struct mongo_hash *h, const uint8_t *data,
	     size_t len);
void	 mongo_hash_join(struct mongo_hash *h, const struct mongo_hash *more);
bool	 mongo_hash_is_equal(const struct mongo_hash *a,
	     const struct mongo_hash *b);
void	 mongo_hash_text(const struct mongo_hash *h,
	     char out[MONGO_HASH_TEXT]);

/* Sametime's five, in the order of sametime.md 3.1; NULL at the end. */
extern const char *const mongo_sametime_databases[];

/*
 * What databases hold:
 *   [{"db","absent":BOOL,"collections":[{"name","type":"collection|view|
 *     timeseries","options":TEXT,"indexes":[TEXT...],"uuid":HEX?,
 *     "count":INT,"bytes":INT,"capped":BOOL}]}]
 * TEXT is canonical Extended JSON.  system.* collections but system.js are
 * left out (facts, mongodb.md 3.5); the buckets of a time series are named
 * in it as "buckets":"system.buckets.NAME".
 */
bool	 mongo_catalog_read(struct mongo *m, const char *const *dbs,
	     json_t **out, struct err *e);
/*
 * Creates a collection (or view) as the entry says; there already and equal
 * is success, there and other is ERR_CHANGED.  Without the expiry of a time
 * series or a clustered collection, which comes with mongo_catalog_index of
 * ttl: else the server removes what has just been copied.
 */
bool	 mongo_catalog_create(struct mongo *m, const char *db,
	     const json_t *collection, struct err *e);
/*
 * Builds the indexes of an entry but _id_, in one createIndexes, or only
 * those with (ttl) or without expireAfterSeconds.
 */
bool	 mongo_catalog_index(struct mongo *m, const char *db,
	     const json_t *collection, bool ttl, struct err *e);
/*
 * What two catalogs differ in, as lines for people in a JSON array: options,
 * indexes, a collection too many or too few.  Empty: none.
 */
json_t	*mongo_catalog_compare(const json_t *a, const json_t *b);

/* How a collection is read. */
struct mongo_scan {
	const char	*db, *collection;
	uint64_t	 at;		/* atClusterTime; 0: majority, now */
	const char	*filter;	/* Extended JSON; NULL: all */
	/*
	 * {"_id":...} as the index on _id orders them, over all types: from
	 * min on, before max; NULL: no bound.
	 */
	const char	*min, *max;
	uint32_t	 batch_bytes;	/* about; 0: 4 MiB */
	uint64_t	 count, bytes;	/* estimate from the catalog */
};

/*
 * Reads a collection once; each (may be NULL) sees every document, hash (may
 * be NULL) adds them up.
 */
bool	 mongo_scan_run(struct mongo *m, const struct mongo_scan *s,
	     struct mongo_hash *hash, bool (*each)(void *arg,
	     struct mongo_bytes doc, struct err *e), void *arg,
	     const struct cancel *cancel, struct err *e);

/* --- server to server ------------------------------------------------ */

/* One collection that is being copied; filled in by the copier. */
struct mongo_copy_item {
	const char	*db, *name;
	const json_t	*entry;		/* of the catalog */
	bool		 outside;	/* not at T: why says the reason */
	bool		 is_done;	/* copied and counted */
	struct mongo_hash hash;		/* of what was written */
	uint64_t	 docs_now, bytes_now;	/* for progress */
	char		 why[160];
};

struct mongo_copy {
	const struct secret	*from, *to;
	uint64_t		 at;		/* T, or 0 */
	int			 workers;	/* threads; 0: 2 */
	int			 timeout_ms;
	struct mongo_copy_item	*items;
	size_t			 count;
	const struct cancel	*cancel;
	/*
	 * Called from the thread that called mongo_copy_run, several times a
	 * second: documents and bytes of all items (the rest is in theirs),
	 * and one of those that move.
	 */
	void	(*progress)(void *arg, const struct mongo_copy *c,
		    size_t item, uint64_t docs, uint64_t bytes);
	/* An item is done: keep it, so that a killed copy goes on behind. */
	bool	(*done)(void *arg, const struct mongo_copy *c, size_t item,
		    struct err *e);
	void	*arg;
};

/*
 * Copies the items that are not done, documents only, into collections that
 * are there (mongo_catalog_create).  One that an interrupted run began is
 * dropped and made again: the caller knows that it is ours.  What cannot be
 * read at T (246, 239) is read now and marked outside.  Collections in
 * parallel; one that dominates is split by ranges of _id over the workers.
 * A lost connection or a step-down is waited for, up to a minute, and gone on
 * after.  An item that is done was acknowledged by a majority.
 */
bool	 mongo_copy_run(struct mongo_copy *c, struct err *e);

/* --- the last verified backup (src/services/dump/backup.c) ------------ */

/*
 * What is remembered of a dump that was read back and found whole, in
 * STATE/sites/SITE/backups/latest.json, 0600, durable:
 *   {"dir":PATH,"time_ms":INT,"verified":BOOL,"hash":HEX,
 *    "source_version":"4.4.2","databases":[NAME...]?,"bytes":INT?}
 * Whoever made and verified one notes it; a later one takes its place.
 * ERR_JSON when one of the first five is missing.
 */
bool	 mongo_backup_note(struct ctx *ctx, const json_t *backup,
	     struct err *e);
/*
 * New reference; *out is NULL when there is none.  Whether its folder is
 * still there is the caller's to ask.
 */
bool	 mongo_backup_last(struct ctx *ctx, json_t **out, struct err *e);

#endif
