/*
 * The official dump format in files: names, compression, documents read from
 * files, metadata and our manifest.  Private to src/services/dump.
 */
#ifndef DUMP_FILES_H
#define DUMP_FILES_H

#include "dump.h"

/* --- names ----------------------------------------------------------- */

/* Appends the file's name (without ".bson") of a collection. */
void	 name_escape(const char *name, struct buf *out);
/* And back; false: not such a name. */
bool	 name_unescape(const char *file, size_t len, struct buf *out);
/* Cut: the true name is only in the metadata. */
bool	 name_is_cut(const char *file, size_t len);
bool	 name_is_database(const char *name);

/* --- gzip ------------------------------------------------------------ */

#define GZIP_LEVEL	6	/* what mongodump --gzip takes */

struct gz;

/* Whether libdeflate is there: three times as fast as zlib. */
bool	 gz_is_fast(void);
struct gz *gz_new(int level, struct err *e);
void	 gz_free(struct gz *gz);
/*
 * data as one gzip member, in gz's own memory until the next call.  Members
 * one after another are one gzip file (RFC 1952 2.2).
 */
bool	 gz_member(struct gz *gz, const void *data, size_t len,
	     struct mongo_bytes *out, struct err *e);

/* --- reading --------------------------------------------------------- */

struct reader;

/*
 * Documents from a file as they stand; fd is taken, also on failure.  The
 * name is for errors.  Memory is bounded by MONGO_BYTES_MAX whatever the file
 * holds.
 */
struct reader *reader_new(int fd, bool is_gz, const char *name,
	     struct err *e);
void	 reader_free(struct reader *r);
/*
 * Whole documents that lie one behind the other, up to max; *count 0: the
 * file is over.  Borrowed until the next call.  A length that cannot be, a
 * missing terminator, a part of a document at the end is an error that names
 * the place.
 */
bool	 reader_docs(struct reader *r, struct mongo_bytes *docs, size_t max,
	     size_t *count, struct err *e);
/* Any bytes: at most len, fewer only at the end. */
bool	 reader_bytes(struct reader *r, void *out, size_t len, size_t *got,
	     struct err *e);
/* A whole file of at most max bytes. */
bool	 reader_all(int fd, bool is_gz, const char *name, size_t max,
	     struct buf *out, struct err *e);

/* --- metadata -------------------------------------------------------- */

/* The text of NAME.metadata.json for a catalog entry, proved by reading it
 * back. */
bool	 metadata_text(const json_t *entry, struct buf *out, struct err *e);
/* And back to an entry; file: its name, for errors and for older tools that
 * did not write collectionName. */
json_t	*metadata_entry(const char *text, size_t len, const char *file,
	     struct err *e);

/* --- manifest -------------------------------------------------------- */

#define MANIFEST_NAME	"stconsole-manifest.json"
#define PRELUDE_NAME	"prelude.json"

/* NULL without an error: there is none. */
bool	 manifest_read(int dirfd, json_t **out, struct err *e);
bool	 manifest_write(int dirfd, const json_t *manifest, struct err *e);
/* The line of a file by its path, borrowed; NULL. */
json_t	*manifest_file(const json_t *manifest, const char *path);
/* {"documents","document_bytes","hash"} from, and to, a hash. */
bool	 manifest_hash_put(json_t *line, const struct mongo_hash *h);
bool	 manifest_hash_get(const json_t *line, struct mongo_hash *h);

/* --- a dump that is there -------------------------------------------- */

/*
 * What a folder holds, checked as far as names and metadata go:
 *   {"path","manifest":BOOL,"server_version",
 *    "databases":[{"db","absent":BOOL,"collections":[ENTRY...]}]}
 * ENTRY as in the catalog, with "file" (relative path of the data; none for
 * a view), "gz":BOOL, and with a manifest "documents","hash".
 * dbs NULL: all.  ERR_REFUSED for what must not be read.
 */
bool	 found_read(int dirfd, const char *path, const char *const *dbs,
	     json_t **out, struct err *e);
/*
 * Reads all data once: structure, and what the manifest says.  Adds
 * "documents","document_bytes","hash" to each entry.
 */
struct found_progress {
	void	(*report)(void *arg, uint64_t bytes);
	void	*arg;
	const struct cancel *cancel;
};
bool	 found_check(int dirfd, json_t *found,
	     const struct found_progress *progress, struct err *e);
/* Opens the data of an entry; NULL with *e. */
struct reader *found_open(int dirfd, const json_t *entry, struct err *e);

#endif
