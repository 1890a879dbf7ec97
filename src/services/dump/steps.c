/*
 * The steps of mongo.dump and mongo.restore.  Each asks the folder and the
 * servers what is there, so that a killed job goes on behind the last file or
 * collection that was whole.
 */
#include "steps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/blob.h"
#include "stconsole/digest.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"

#include "archive.h"
#include "text.def"

bool
dump_timeout(struct ctx *ctx, int *ms, struct err *e)
{
	int64_t	 value;

	if (!settings_get_int(ctx, "mongo.timeout_ms", &value, e))
		return false;
	*ms = value < 100 ? 100 : value > 600000 ? 600000 : (int)value;
	return true;
}

const char **
dump_names(const json_t *list)
{
	size_t		 n = json_array_size(list), i;
	const char	**out;

	if (n == 0 || (out = calloc(n + 1, sizeof(*out))) == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		out[i] = json_string_value(json_array_get(list, i));
	return out;
}

/* The URL that the plan kept aside. */
static bool
step_url(struct ctx *ctx, const json_t *args, struct secret **url,
    struct err *e)
{
	struct buf	 text = BUF_INIT;
	bool		 ok = blob_get(ctx, json_text(args, "url"), &text, e);

	if (ok)
		*url = secret_new(buf_str(&text), text.len, e);
	buf_wipe(&text);
	return ok && *url != NULL;
}

bool
source_open(struct ctx *ctx, const char *from, const json_t *dbs,
    struct restore *r, char *digest, struct err *e)
{
	AUTO_FREE const char **names = dump_names(dbs);
	AUTO_FREE char	*text = NULL;
	struct stat	 st;

	r->ctx = ctx;
	r->path = from;
	r->dirfd = -1;
	if (stat(from, &st) != 0)
		return err_sys(e, T_READ, from);
	if (S_ISDIR(st.st_mode)) {
		r->dirfd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (r->dirfd < 0)
			return err_sys(e, T_READ, from);
		if (!found_read(r->dirfd, from, names, &r->found, e))
			return false;
	} else if (!archive_found(from, names, &r->found, e))
		return false;
	text = json_canonical(r->found);
	if (text == NULL)
		return err_nomem(e);
	if (digest != NULL)
		digest_sha256(text, strlen(text), digest);
	return dump_timeout(ctx, &r->timeout_ms, e);
}

/* --- mongo.dump ------------------------------------------------------ */

static bool
write_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_CLOSE int	  dirfd = open(json_text(args, "dir"),
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_JSON json_t *manifest = NULL;
	bool		  complete;

	(void)ctx;
	(void)memo;
	*found = PROBE_TODO;
	if (dirfd < 0)
		return true;
	if (!manifest_read(dirfd, &manifest, e))
		return false;
	complete = json_flag(manifest, "complete");
	json_object_set_new(seen, "files", json_integer((json_int_t)
	    json_array_size(json_object_get(manifest, "files"))));
	json_object_set_new(seen, "complete", json_boolean(complete));
	if (complete)
		*found = PROBE_DONE;
	return true;
}

static bool
write_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_FREE const char	 **dbs = dump_names(json_object_get(args,
	    "dbs"));
	struct mongo_dump_spec	   spec = { .dir = json_text(args, "dir"),
		.dbs = dbs, .gzip = json_flag(args, "gzip"),
		.level = (int)json_int(args, "level", 0),
		.workers = (int)json_int(args, "workers", 0) };

	(void)memo;
	if (!step_url(ctx, args, &url, e) ||
	    !dump_timeout(ctx, &spec.timeout_ms, e))
		return false;
	spec.url = url;
	return mongo_dump_to(ctx, &spec, NULL, e);
}

/* Always once more: what is asked is whether the bytes are still those. */
static bool
always_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)seen;
	(void)e;
	*found = PROBE_TODO;
	return true;
}

static bool
verify_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_JSON json_t *backup = NULL;

	(void)memo;
	if (!mongo_dump_verify(ctx, json_text(args, "dir"), &backup, e))
		return false;
	/* Only all five are what an upgrade calls a backup. */
	return !json_flag(args, "is_backup") ||
	    mongo_backup_note(ctx, backup, e);
}

/* --- mongo.restore --------------------------------------------------- */

static bool
restore_begin(struct ctx *ctx, const json_t *args, struct secret **url,
    struct restore *r, struct err *e)
{
	char	 digest[DIGEST_HEX_SIZE];

	r->dirfd = -1;
	if (!step_url(ctx, args, url, e) || !source_open(ctx,
	    json_text(args, "from"), json_object_get(args, "dbs"), r, digest,
	    e))
		return false;
	if (strcmp(digest, json_text(args, "digest")) != 0)
		return err_set(e, ERR_CHANGED, 0, T_SOURCE_CHANGED, r->path);
	r->url = *url;
	r->workers = (int)json_int(args, "workers", 0);
	return true;
}

static void
check_report(void *arg, uint64_t bytes)
{
	struct restore	*r = arg;

	progress_amount(r->ctx, (int64_t)bytes, 0, "bytes");
}

/* Hashes of all data: from the manifest, else by reading it. */
static bool
restore_hashes(struct restore *r, bool always, struct err *e)
{
	const struct found_progress progress = { check_report, r,
		r->ctx->cancel };

	if (!always && json_flag(r->found, "manifest"))
		return true;
	return r->dirfd >= 0 ? found_check(r->dirfd, r->found, &progress, e) :
	    archive_check(r->path, r->found, &progress, e);
}

enum part { PART_CHECK, PART_DATA, PART_INDEX, PART_PROOF, PART_FINISH };

static bool
restore_part(struct restore *r, enum part part, struct err *e)
{
	switch (part) {
	case PART_CHECK:
		return restore_hashes(r, true, e);
	case PART_DATA:
		return restore_hashes(r, false, e) && (r->dirfd >= 0 ?
		    restore_data(r, e) : archive_restore(r, e));
	case PART_INDEX:
		return restore_indexes(r, false, e);
	case PART_PROOF:
		return restore_hashes(r, false, e) &&
		    restore_proof(r, false, e);
	default:
		return restore_views(r, e) && restore_indexes(r, true, e) &&
		    restore_proof(r, true, e);
	}
}

static bool
part_act(struct ctx *ctx, const json_t *args, enum part part, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	struct restore	 r = { .dirfd = -1 };
	bool		 ok = restore_begin(ctx, args, &url, &r, e) &&
	    restore_part(&r, part, e);

	restore_close(&r);
	return ok;
}

#define PART_ACT(name, part)						\
	static bool							\
	name(struct ctx *ctx, const json_t *args, const json_t *memo,	\
	    struct err *e)						\
	{								\
		(void)memo;						\
		return part_act(ctx, args, part, e);			\
	}

PART_ACT(check_act, PART_CHECK)
PART_ACT(data_act, PART_DATA)
PART_ACT(index_act, PART_INDEX)
PART_ACT(proof_act, PART_PROOF)
PART_ACT(finish_act, PART_FINISH)

/* From here on what these databases hold is ours. */
static bool
data_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_JSON json_t *filled = NULL;
	struct restore	 r = { .dirfd = -1 };
	bool		 ok = restore_begin(ctx, args, &url, &r, e) &&
	    restore_open(&r, e) && restore_filled(r.m, r.found, &filled, e);

	restore_close(&r);
	if (!ok)
		return false;
	if (json_array_size(filled) > 0)
		return err_set(e, ERR_CHANGED, 0, T_TARGET_FILLED,
		    json_string_value(json_array_get(filled, 0)));
	json_object_set_new(memo, "ours", json_true());
	return true;
}

static bool
drop_open(struct ctx *ctx, const json_t *args, struct mongo **m,
    struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	int		 timeout_ms;

	return step_url(ctx, args, &url, e) &&
	    dump_timeout(ctx, &timeout_ms, e) &&
	    mongo_open_url(url, MONGO_PRIMARY, timeout_ms, m, e);
}

static bool
drop_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char *const names[] = { json_text(args, "db"), NULL };
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_JSON json_t	*now = NULL;
	size_t			 n;

	(void)memo;
	if (!drop_open(ctx, args, &m, e) || !mongo_catalog_read(m, names,
	    &now, e))
		return false;
	n = json_array_size(json_object_get(json_array_get(now, 0),
	    "collections"));
	json_object_set_new(seen, "collections", json_integer((json_int_t)n));
	*found = n > 0 ? PROBE_TODO : PROBE_DONE;
	return true;
}

static bool
drop_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_MONGO struct mongo	*m = NULL;

	(void)memo;
	return drop_open(ctx, args, &m, e) && ask_run(m, json_text(args,
	    "db"), json_pack("{s:i,s:{s:s,s:i}}", "dropDatabase", 1,
	    "writeConcern", "w", "majority", "wtimeout", 60000), "dbAdmin",
	    NULL, e);
}

const struct action dump_actions[DUMP_ACTIONS] = {
	{ .name = "dump.write", .kind = STEP_RUN, .probe = write_probe,
	  .act = write_act },
	{ .name = "dump.verify", .kind = STEP_RUN, .probe = always_probe,
	  .act = verify_act, .is_momentary = true },
	{ .name = "restore.check", .kind = STEP_RUN, .probe = always_probe,
	  .act = check_act, .is_momentary = true },
	{ .name = "restore.drop", .kind = STEP_CALL, .probe = drop_probe,
	  .act = drop_act },
	{ .name = "restore.data", .kind = STEP_RUN, .probe = always_probe,
	  .prepare = data_prepare, .act = data_act, .is_momentary = true },
	{ .name = "restore.index", .kind = STEP_RUN, .probe = always_probe,
	  .act = index_act, .is_momentary = true },
	{ .name = "restore.proof", .kind = STEP_RUN, .probe = always_probe,
	  .act = proof_act, .is_momentary = true },
	{ .name = "restore.finish", .kind = STEP_RUN, .probe = always_probe,
	  .act = finish_act, .is_momentary = true },
};
