/* Private to src/core: an object under a name made by the caller. */
#ifndef BLOB_NAMED_H
#define BLOB_NAMED_H

#include "stconsole/blob.h"

bool	 blob_put_named(const struct ctx *ctx, const char *digest,
	     const void *data, size_t len, struct err *e);

#endif
