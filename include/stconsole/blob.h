/*
 * Content by its SHA-256 in STATE/sites/SITE/objects, 0600: what snapshots
 * hold and what a step will write or put back.  Equal content is kept once.
 */
#ifndef STCONSOLE_BLOB_H
#define STCONSOLE_BLOB_H

#include "stconsole/buf.h"
#include "stconsole/ctx.h"

/* Durable when it returns.  digest is filled. */
bool	 blob_put(const struct ctx *ctx, const void *data, size_t len,
	     char digest[65], struct err *e);
/* Verifies the digest: damage is ERR_SNAPSHOT.  out NULL: only that. */
bool	 blob_get(const struct ctx *ctx, const char *digest, struct buf *out,
	     struct err *e);
bool	 blob_exists(const struct ctx *ctx, const char *digest);
/* Removes every object that keep() does not want. */
bool	 blob_sweep(const struct ctx *ctx,
	     bool (*keep)(void *arg, const char *digest), void *arg,
	     struct err *e);

#endif
