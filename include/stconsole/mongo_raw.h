/*
 * Documents as the bytes that the server sent and takes: for copying without
 * decoding.  The driver's types stay in src/services/mongo.  A struct mongo
 * and what hangs on it belong to one thread; workers open their own.
 */
#ifndef STCONSOLE_MONGO_RAW_H
#define STCONSOLE_MONGO_RAW_H

#include "stconsole/buf.h"
#include "stconsole/mongo.h"

/* One BSON document; borrowed, valid until the next call on its source. */
struct mongo_bytes {
	const uint8_t	*data;		/* NULL: there is none (any more) */
	uint32_t	 len;
};

#define MONGO_BYTES_MAX	(16u * 1024 * 1024 + 16 * 1024)

/* Length, terminator and every element; for bytes from files. */
bool	 mongo_bytes_are_whole(const uint8_t *data, size_t len);
/* Canonical Extended JSON v2, appended; and back. */
bool	 mongo_bytes_text(struct mongo_bytes doc, struct buf *out,
	     struct err *e);
bool	 mongo_text_bytes(const char *text, struct buf *out, struct err *e);
/* The element _id as a document of its own {"_id":...}, appended. */
bool	 mongo_bytes_id(struct mongo_bytes doc, struct buf *out,
	     struct err *e);

/* --- reading --------------------------------------------------------- */

struct mongo_cursor;

#define AUTO_MONGO_CURSOR __attribute__((cleanup(mongo_cursor_free_at)))

/*
 * Runs a command (Extended JSON) that answers with a cursor: find, aggregate,
 * listCollections, listIndexes; the rest by getMore, each for as many
 * documents as make batch_bytes by what has come so far, or batch_docs of
 * them.  Both 0: the server's choice, up to 16 MB.  The size of the first
 * batch is the command's own.  Change streams are aggregates with
 * $changeStream; see await_ms.
 */
struct mongo_cursor_spec {
	const char	*db;
	const char	*command;
	int32_t		 batch_docs;
	uint32_t	 batch_bytes;
	int		 await_ms;	/* tailable: the wait of a getMore */
	const char	*role;		/* what the account needs */
};

bool	 mongo_cursor_open(struct mongo *m,
	     const struct mongo_cursor_spec *spec, struct mongo_cursor **out,
	     struct err *e);
/*
 * doc->data is NULL at the end; for one that is awaited at the end of each
 * batch: the next call waits for more.
 */
bool	 mongo_cursor_next(struct mongo_cursor *c, struct mongo_bytes *doc,
	     struct err *e);
/*
 * Documents that are here already, up to max; 0: mongo_cursor_next would ask
 * the server.  Borrowed together until the next call of mongo_cursor_next.
 */
size_t	 mongo_cursor_here(struct mongo_cursor *c, struct mongo_bytes *docs,
	     size_t max);
/*
 * A change stream's newest resume token (postBatchResumeToken) as a
 * document; data NULL: none yet.  Borrowed.
 */
struct mongo_bytes mongo_cursor_token(const struct mongo_cursor *c);
/* operationTime, or atClusterTime, of the first reply: t<<32 | i; 0: none. */
uint64_t mongo_cursor_time(const struct mongo_cursor *c);
void	 mongo_cursor_free(struct mongo_cursor *c);
void	 mongo_cursor_free_at(struct mongo_cursor **c);

/* --- writing --------------------------------------------------------- */

struct mongo_insert_spec {
	const char	*db, *collection;
	bool		 is_majority;	/* else w:1 */
	bool		 bypasses_validation;
	/* Timestamp(0,0) at top level stays what it is: a server would
	 * put the present time there. */
	bool		 keeps_timestamps;
};

struct mongo_inserted {
	uint64_t	 inserted;
	uint64_t	 duplicates;	/* 11000 */
	uint64_t	 failed;	/* for another reason; first is why */
	struct err	 why;
};

/*
 * All documents, unordered, in as few messages as the server takes.  False
 * only when the connection or the whole command failed; what single
 * documents met is in *r.
 */
bool	 mongo_insert_many(struct mongo *m,
	     const struct mongo_insert_spec *spec,
	     const struct mongo_bytes *docs, size_t count,
	     struct mongo_inserted *r, struct err *e);

/* --- commands -------------------------------------------------------- */

/*
 * As mongo_command, but the reply in canonical Extended JSON, so that dates,
 * numbers and timestamps keep their types; and with $-prefixed transport
 * fields in it.
 */
bool	 mongo_command_canonical(struct mongo *m, const char *db,
	     const char *command, const char *role, char **reply,
	     struct err *e);
/* As it is, bytes in and out, appended to reply. */
bool	 mongo_command_bytes(struct mongo *m, const char *db,
	     struct mongo_bytes command, struct buf *reply, struct err *e);

#endif
