/*
 * Objects by digest.  The name is the SHA-256 of the content, or for secrets
 * its HMAC; reading checks it, so damage is never passed on.
 */
#include "stconsole/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "blob_named.h"
#include "text.def"

#define OBJECT_MAX	(256u << 20)

static char *
objects_dir(const struct ctx *ctx, struct err *e)
{
	/* Without a site they are settings, and only secret ones are kept. */
	return store_site_path(ctx->store, ctx->site_id,
	    *ctx->site_id != '\0' ? "objects" : "secrets/objects", e);
}

static char *
object_path(const struct ctx *ctx, const char *digest, struct err *e)
{
	AUTO_FREE char	*dir = objects_dir(ctx, e);
	char		*path;

	if (dir == NULL)
		return NULL;
	path = str_format("%s/%s", dir, digest);
	if (path == NULL)
		err_nomem(e);
	return path;
}

bool
blob_put_named(const struct ctx *ctx, const char *digest, const void *data,
    size_t len, struct err *e)
{
	AUTO_FREE char *path = object_path(ctx, digest, e);

	if (path == NULL)
		return false;
	/* Used again is young again: the sweep keeps what is in use. */
	if (file_exists(AT_FDCWD, path) && blob_get(ctx, digest, NULL, NULL))
		return utimensat(AT_FDCWD, path, NULL, 0) == 0 ||
		    err_sys(e, "%s", path);
	return file_write(AT_FDCWD, path, data, len, 0600, e);
}

bool
blob_put(const struct ctx *ctx, const void *data, size_t len,
    char digest[65], struct err *e)
{
	digest_sha256(data, len, digest);
	return blob_put_named(ctx, digest, data, len, e);
}

static bool
name_fits(const struct ctx *ctx, const char *digest, const struct buf *b)
{
	char hex[DIGEST_HEX_SIZE];

	digest_sha256(buf_str(b), b->len, hex);
	if (strcmp(hex, digest) == 0)
		return true;
	return store_hmac(ctx->store, buf_str(b), b->len, hex, NULL) &&
	    strcmp(hex, digest) == 0;
}

/* out == NULL: only checks. */
bool
blob_get(const struct ctx *ctx, const char *digest, struct buf *out,
    struct err *e)
{
	AUTO_FREE char		*path = object_path(ctx, digest, e);
	struct buf		 b = BUF_INIT;
	bool			 ok;

	if (path == NULL)
		return false;
	if (!file_exists(AT_FDCWD, path)) {
		err_set(e, ERR_SNAPSHOT, ENOENT, T_BLOB_MISSING, digest);
		return err_hint(e, T_BLOB_HINT);
	}
	ok = file_read(AT_FDCWD, path, OBJECT_MAX, &b, e);
	if (ok && !name_fits(ctx, digest, &b)) {
		err_set(e, ERR_SNAPSHOT, EIO, T_BLOB_DAMAGED, digest);
		ok = err_hint(e, T_BLOB_HINT);
	}
	if (ok && out != NULL)
		buf_add(out, buf_str(&b), b.len);
	buf_wipe(&b);
	return ok && (out == NULL || buf_ok(out, e));
}

bool
blob_exists(const struct ctx *ctx, const char *digest)
{
	AUTO_FREE char *path = object_path(ctx, digest, NULL);

	return path != NULL && file_exists(AT_FDCWD, path);
}

bool
blob_sweep(const struct ctx *ctx, bool (*keep)(void *, const char *),
    void *arg, struct err *e)
{
	AUTO_FREE char	*path = objects_dir(ctx, e);
	DIR		*dir = path != NULL ? opendir(path) : NULL;
	struct dirent	*d;
	bool		 ok = true;

	if (path == NULL)
		return false;
	if (dir == NULL)
		return err_sys(e, "%s", path);
	while (ok && (d = readdir(dir)) != NULL)
		if (strlen(d->d_name) == 64 && !keep(arg, d->d_name))
			ok = unlinkat(dirfd(dir), d->d_name, 0) == 0 ||
			    err_sys(e, "%s", d->d_name);
	closedir(dir);
	return ok;
}
