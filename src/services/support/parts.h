/*
 * Private to src/services/support: a bundle, how it is collected, cleaned
 * and packed.
 */
#ifndef SUPPORT_PARTS_H
#define SUPPORT_PARTS_H

#include <jansson.h>

#include "stconsole/site.h"
#include "stconsole/support.h"

/* ---- bundle.c: entries in memory */

#define ENTRY_MAX	((size_t)1 << 20)	/* bytes of one */
#define BUNDLE_MAX	((size_t)48 << 20)	/* of all */

struct support_entry {
	char		*name;		/* "verbs/status.json" */
	struct buf	 text;		/* empty when it was left out */
	char		*note;		/* why left out or cut; or NULL */
	bool		 is_left_out;
	size_t		 lines;		/* masked by name */
	size_t		 values;	/* known secrets that were found */
};

struct support_kept {
	struct support_entry *entries;
	size_t		 count;
	size_t		 bytes;
	int64_t		 made_ms;	/* wall clock */
	int64_t		 log_lines;	/* as it was asked for */
};

void	 bundle_free(struct support_kept *b);
/*
 * Adds an entry; takes the text (also on failure).  Longer than ENTRY_MAX is
 * cut at a line, the end is kept; beyond BUNDLE_MAX it is left out.  NULL with
 * ERR_NOMEM.  The entry is valid until the next one is added.
 */
struct support_entry *bundle_add(struct support_kept *b, const char *name,
	     struct buf *text, struct err *e);
bool	 bundle_leave_out(struct support_kept *b, const char *name,
	     const char *why, struct err *e);
/* What the preview and the bundle's own README show. */
void	 bundle_list(const struct support_kept *b, struct buf *out);

/* ---- collect.c, host.c */

/* Everything, cleaned.  Free with bundle_free. */
bool	 support_collect(struct ctx *ctx, int64_t log_lines,
	     struct support_kept **out, struct err *e);
void	 host_facts(struct ctx *ctx, struct buf *out);

/* ---- known.c: the secrets of site and state */

struct known;

/* site may be NULL.  NULL with *e. */
struct known *known_read(struct ctx *ctx, const struct site *site,
	     struct err *e);
void	 known_free(struct known *k);
/* One more secret, in every dress it may wear; for tests and known_read. */
bool	 known_add(struct known *k, const char *bytes, size_t len,
	     struct err *e);
struct known *known_new(struct err *e);
/*
 * Replaces each in text, longest first; *found counts.  ERR_REFUSED should
 * one still be there afterwards.
 */
bool	 known_take_out(const struct known *k, struct buf *text,
	     size_t *found, struct err *e);

/* ---- archive.c: ustar in gzip */

#define ARCHIVE_ID_SIZE	33

/* id goes into the gzip header: by it the file is known again. */
bool	 archive_pack(const struct support_kept *b, const char *id,
	     struct buf *out, struct err *e);
/*
 * Whether path is a whole archive (every byte and the check sum are read)
 * with that id.  False with *e when it cannot be read.
 */
bool	 archive_is(const char *path, const char *id, bool *is_it,
	     struct err *e);

/* ---- write.c: the action support.write */

extern const struct action support_write;

/* The plan's step; the names are what may be written. */
json_t	*support_args(const char *path, const struct support_kept *b);

#endif
