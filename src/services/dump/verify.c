/*
 * A finished dump read back.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/digest.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "files.h"
#include "text.def"

struct verify {
	struct ctx	*ctx;
	int64_t		 total;
};

static void
verify_report(void *arg, uint64_t bytes)
{
	struct verify	*v = arg;

	progress_amount(v->ctx, (int64_t)bytes, v->total, "bytes");
}

/* What mongo_backup_note wants; the hash is of the manifest. */
static json_t *
backup_of(const struct ctx *ctx, const char *dir, const json_t *manifest)
{
	AUTO_FREE char	*text = json_canonical(manifest);
	json_t		*dbs = json_array();
	const json_t	*one;
	json_int_t	 bytes = 0;
	char		 hash[DIGEST_HEX_SIZE];
	size_t		 i;

	json_array_foreach(json_object_get(manifest, "databases"), i, one)
		json_array_append(dbs, json_object_get(one, "db"));
	json_array_foreach(json_object_get(manifest, "files"), i, one)
		bytes += json_int(one, "bytes", 0);
	digest_sha256(text != NULL ? text : "", text != NULL ? strlen(text) :
	    0, hash);
	return json_pack("{s:s,s:I,s:b,s:s,s:s,s:o,s:I}", "dir", dir,
	    "time_ms", (json_int_t)clock_wall_ms(ctx->clock), "verified", 1,
	    "hash", hash, "source_version", json_text(manifest,
	    "server_version"), "databases", dbs, "bytes", bytes);
}

bool
mongo_dump_verify(struct ctx *ctx, const char *dir, json_t **backup,
    struct err *e)
{
	AUTO_CLOSE int	  dirfd = open(dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	AUTO_JSON json_t *manifest = NULL, *found = NULL;
	struct verify	  v = { .ctx = ctx };
	const struct found_progress progress = { verify_report, &v,
		ctx->cancel };
	const json_t	 *one;
	size_t		  i;

	if (dirfd < 0)
		return err_sys(e, T_READ, dir);
	if (!manifest_read(dirfd, &manifest, e))
		return false;
	if (manifest == NULL)
		return err_set(e, ERR_UNVERIFIED, 0, T_VERIFY_NONE, dir);
	json_array_foreach(json_object_get(manifest, "files"), i, one)
		v.total += json_int(one, "document_bytes", 0);
	/* All databases absent: there is nothing to read. */
	if (v.total + (int64_t)json_array_size(json_object_get(manifest,
	    "files")) > 0 && (!found_read(dirfd, dir, NULL, &found, e) ||
	    !found_check(dirfd, found, &progress, e)))
		return false;
	if (backup != NULL && (*backup = backup_of(ctx, dir,
	    manifest)) == NULL)
		return err_nomem(e);
	return true;
}
