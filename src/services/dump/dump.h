/*
 * Private to src/services/dump.
 */
#ifndef DUMP_H
#define DUMP_H

#include "stconsole/dump.h"
#include "stconsole/mongo_copy.h"

/* --- commands as JSON ------------------------------------------------ */

/* Runs command (taken, also on failure); *reply may be NULL. */
bool	 ask_run(struct mongo *m, const char *db, json_t *command,
	     const char *role, json_t **reply, struct err *e);
/* All documents of a cursor command (taken) as canonical JSON values. */
bool	 ask_list(struct mongo *m, const char *db, json_t *command,
	     const char *role, json_t **list, struct err *e);
/* A number in any of its canonical forms. */
bool	 ask_number(const json_t *value, double *out);

/* --- catalog --------------------------------------------------------- */

/* The entry of one collection as the server has it now; NULL: none. */
bool	 catalog_entry(struct mongo *m, const char *db, const char *name,
	     json_t **out, struct err *e);
/* What two entries differ in, appended to lines. */
void	 catalog_differ(const char *db, const json_t *a, const json_t *b,
	     bool with_indexes, json_t *lines);
/* {"_id":1}, which a collection has by itself. */
bool	 catalog_index_is_id(const json_t *index);
/* Where the documents are: the buckets of a time series, or name. */
const char *catalog_data_name(const json_t *entry);
bool	 catalog_has_data(const json_t *entry);
/* New array: by name, so that two lists of the same are the same; views last,
 * each behind those that it reads. */
json_t	*catalog_sort(json_t *list, struct err *e);
/* Drops a collection; one that is not there is success. */
bool	 catalog_drop(struct mongo *m, const char *db, const char *name,
	     struct err *e);

/* --- scan ------------------------------------------------------------ */

#define SCAN_BATCH_BYTES	(2u * 1024 * 1024)

bool	 scan_open(struct mongo *m, const struct mongo_scan *s,
	     struct mongo_cursor **out, struct err *e);
/*
 * Bounds that cut the collection into about pieces equal ranges, as texts
 * for mongo_scan min and max; fewer when the sample does not give them.
 */
bool	 scan_split(struct mongo *m, const struct mongo_scan *s,
	     unsigned pieces, json_t **bounds, struct err *e);
/* Whether ranges of _id can be asked for. */
bool	 scan_may_split(const json_t *entry);
/* Cannot be read at T: 72, 239, 246 and what else says so. */
bool	 scan_is_outside(const struct err *e);

/* --- into a target --------------------------------------------------- */

/* Empty again: dropped, and made as it was. */
bool	 put_clear(struct mongo *to, const char *db, const json_t *entry,
	     struct err *e);
bool	 put_is_empty(struct mongo *to, const char *db, const json_t *entry,
	     bool *empty, struct err *e);
/*
 * Waits until a majority has all that was written before: a write that finds
 * nothing waits for the newest entry of the log.
 */
bool	 put_settle(struct mongo *to, const char *db, const json_t *entry,
	     struct err *e);
/*
 * One insert, each document of it, or an error.  After a lost connection
 * nobody knows what arrived: it is sent again, for up to a minute.
 */
bool	 put_docs(struct mongo *to, const char *db, const json_t *entry,
	     const struct mongo_bytes *docs, size_t count,
	     const struct cancel *cancel, struct err *e);

/* --- a pool of workers ----------------------------------------------- */

struct pool_job {
	size_t		 item;
	unsigned	 piece;
};

struct pool;

/*
 * Jobs run by threads of their own, in the order they were pushed; begin
 * opens what a worker needs and end closes it.  The first error stops all.
 * tick is called in the thread of pool_run, several times a second and once
 * at the end, also of a failed run.
 */
struct pool_spec {
	int	 workers;
	size_t	 jobs_max;		/* pushed in all */
	void	*(*begin)(void *arg, struct err *e);
	bool	 (*run)(void *arg, void *worker, struct pool *p,
		     struct pool_job job, struct err *e);
	void	 (*end)(void *arg, void *worker);
	bool	 (*tick)(void *arg, struct err *e);
	void	*arg;
	const struct cancel *cancel;
};

struct pool *pool_new(const struct pool_spec *spec, struct err *e);
void	 pool_free(struct pool *p);
/* Before pool_run, or from inside run. */
void	 pool_push(struct pool *p, struct pool_job job);
/* From inside run: the caller's cancel, or another worker's error. */
bool	 pool_goes_on(struct pool *p, struct err *e);
bool	 pool_run(struct pool *p, struct err *e);
/* For what jobs and tick share. */
void	 pool_lock(struct pool *p);
void	 pool_unlock(struct pool *p);

#endif
