/*
 * mongo.dump, mongo.restore: the plans and the tables.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/digest.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "steps.h"
#include "text.def"

#define DROP_MAX	64

/* --- mongo.dump ------------------------------------------------------ */

/* The folder may be missing; the one above it may not.  malloc'd. */
static char *
out_resolve(const char *out, struct err *e)
{
	AUTO_FREE char	*copy = strdup(out), *real = NULL;
	char		*slash, *path;
	size_t		 len;

	if (copy == NULL) {
		err_nomem(e);
		return NULL;
	}
	if ((path = realpath(out, NULL)) != NULL)
		return path;
	for (len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	slash = strrchr(copy, '/');
	if (slash != NULL)
		*slash = '\0';
	real = realpath(slash == NULL ? "." : copy[0] == '\0' ? "/" : copy,
	    NULL);
	if (real == NULL) {
		err_sys(e, "%s", out);
		return NULL;
	}
	path = str_format("%s/%s", str_equal(real, "/") ? "" : real,
	    slash != NULL ? slash + 1 : copy);
	if (path == NULL)
		err_nomem(e);
	return path;
}

static bool
names_check(const json_t *names, struct err *e)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach(names, i, one)
		if (!name_is_database(json_string_value(one)))
			return err_set(e, ERR_USAGE, 0, T_FOUND_NAME,
			    json_string_value(one));
	return true;
}

/* Sametime's five, and what was named besides. */
static json_t *
dump_dbs(const json_t *more)
{
	json_t		*out = json_array();
	const json_t	*one, *have;
	size_t		 i, k;

	for (i = 0; mongo_sametime_databases[i] != NULL; i++)
		json_array_append_new(out,
		    json_string(mongo_sametime_databases[i]));
	json_array_foreach(more, i, one) {
		json_array_foreach(out, k, have)
			if (json_equal(one, have))
				break;
		if (k == json_array_size(out))
			json_array_append(out, (json_t *)(uintptr_t)one);
	}
	return out;
}

static bool
out_block(const char *dir, struct plan *plan, struct err *e)
{
	AUTO_CLOSE int	  dirfd = open(dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	AUTO_JSON json_t *manifest = NULL;

	if (dirfd < 0)
		return errno == ENOENT || plan_block(plan, NULL, e,
		    T_OUT_FOLDER, dir, strerror(errno));
	if (!manifest_read(dirfd, &manifest, e))
		return false;
	if (json_flag(manifest, "complete"))
		return plan_block(plan, T_OUT_FULL_HINT, e, T_OUT_FULL, dir);
	if (manifest != NULL)
		return plan_note_add(plan, e, T_OUT_BEGUN, dir);
	if (faccessat(dirfd, PRELUDE_NAME, F_OK, 0) == 0 ||
	    faccessat(dirfd, PRELUDE_NAME ".gz", F_OK, 0) == 0)
		return plan_block(plan, T_OUT_FULL_HINT, e, T_DUMP_OTHER,
		    dir);
	return true;
}

/* What the source can do is told before. */
static bool
source_note(struct mongo *m, struct plan *plan, struct err *e)
{
	AUTO_JSON json_t *build = NULL;

	if (!ask_run(m, "admin", json_pack("{s:i}", "buildInfo", 1), "read",
	    &build, e))
		return false;
	if (mongo_kind(m) != MONGO_REPLICA_SET)
		return plan_note_add(plan, e, T_NOT_ONE_TIME_ALONE);
	if (json_integer_value(json_array_get(json_object_get(build,
	    "versionArray"), 0)) < 5)
		return plan_note_add(plan, e, T_NOT_ONE_TIME,
		    json_text(build, "version"));
	return true;
}

static bool
absent_note(struct mongo *m, const json_t *dbs, struct plan *plan,
    struct err *e)
{
	AUTO_FREE const char **names = dump_names(dbs);
	AUTO_JSON json_t *catalog = NULL;
	const json_t	*one;
	size_t		 i;

	if (names == NULL)
		return err_nomem(e);
	if (!mongo_catalog_read(m, names, &catalog, e))
		return false;
	json_array_foreach(catalog, i, one)
		if (json_flag(one, "absent") && !plan_note_add(plan, e,
		    T_ABSENT, json_text(one, "db")))
			return false;
	return true;
}

static bool
dump_steps(struct plan *plan, const json_t *params, const char *dir,
    const json_t *dbs, const char *url, struct err *e)
{
	json_t	*args = json_pack("{s:s,s:O,s:s,s:b,s:I,s:I}", "dir", dir,
	    "dbs", dbs, "url", url, "gzip", json_flag(params, "gzip") ||
	    json_object_get(params, "level") != NULL, "level",
	    (json_int_t)json_int(params, "level", 0), "workers",
	    (json_int_t)json_int(params, "workers", 0));

	return plan_step_add(plan, &(struct step_spec){
	    .action = "dump.write", .args = args, .risk = RISK_LOW,
	    .undo = T_DUMP_UNDO }, e, T_DUMP_TITLE, json_array_size(dbs),
	    dir) && plan_step_add(plan, &(struct step_spec){
	    .action = "dump.verify", .args = json_pack("{s:s,s:b}", "dir",
	    dir, "is_backup", 1), .risk = RISK_NONE }, e, T_VERIFY_TITLE,
	    dir);
}

static bool
dump_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_FREE char	*dir = out_resolve(json_text(params, "out"), e);
	AUTO_FREE char	*lock = NULL;
	AUTO_JSON json_t *dbs = dump_dbs(json_object_get(params, "db"));
	AUTO_SECRET struct secret *url = NULL;
	AUTO_MONGO struct mongo *m = NULL;
	char		 digest[DIGEST_HEX_SIZE];
	int		 timeout_ms;

	if (dir == NULL || (lock = str_format("dump:%s", dir)) == NULL)
		return false;
	if (!names_check(dbs, e) || !mongo_keeper_url(ctx, &url, e) ||
	    !dump_timeout(ctx, &timeout_ms, e) || !mongo_open_url(url,
	    MONGO_PRIMARY, timeout_ms, &m, e) ||
	    !plan_secret_add(ctx, plan, url, digest, e))
		return false;
	return source_note(m, plan, e) && absent_note(m, dbs, plan, e) &&
	    out_block(dir, plan, e) &&
	    dump_steps(plan, params, dir, dbs, digest, e) &&
	    plan_lock_add(plan, lock, e);
}

/* --- mongo.restore --------------------------------------------------- */

static bool
restore_url(struct ctx *ctx, struct secret **url, struct err *e)
{
	const struct secret	*given = ctx_secret(ctx, "to_url_file");
	struct site		*site;
	struct site_origin	 origin;

	if (given != NULL)
		return (*url = secret_dup(given, e)) != NULL;
	return site_need(ctx, &site, e) && site_mongo_url(site, url, &origin,
	    e);
}

static bool
is_in(const json_t *list, const char *name)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach(list, i, one)
		if (str_equal(json_string_value(one), name))
			return true;
	return false;
}

static bool
drop_step(struct plan *plan, const char *db, const char *url,
    const char *hosts, struct err *e)
{
	return plan_step_add(plan, &(struct step_spec){
	    .action = "restore.drop", .args = json_pack("{s:s,s:s}", "db", db,
	    "url", url), .risk = RISK_DATA, .loses = db }, e, T_DROP_TITLE,
	    db, hosts);
}

/* A database that holds something is dropped when it was named, else it
 * blocks. */
static bool
restore_target(struct mongo *m, const json_t *found, const json_t *drop,
    const char *url, struct plan *plan, struct err *e)
{
	AUTO_JSON json_t *filled = NULL;
	const json_t	*one;
	size_t		 i;

	if (!restore_filled(m, found, &filled, e))
		return false;
	json_array_foreach(filled, i, one) {
		const char	*db = json_string_value(one);

		if (!is_in(drop, db)) {
			if (!plan_block(plan, T_TARGET_HINT, e,
			    T_TARGET_FILLED, db))
				return false;
		} else if (!drop_step(plan, db, url, mongo_hosts(m), e))
			return false;
	}
	return true;
}

static bool
restore_step(struct plan *plan, const char *action, const json_t *args,
    enum risk risk, const char *title, struct err *e)
{
	return plan_step_add(plan, &(struct step_spec){ .action = action,
	    .args = json_incref((json_t *)(uintptr_t)args), .risk = risk }, e,
	    "%s", title);
}

static bool
restore_steps(struct plan *plan, const json_t *args, struct mongo *m,
    const json_t *found, const json_t *drop, struct err *e)
{
	const char	*url = json_text(args, "url");

	return restore_step(plan, "restore.check", args, RISK_NONE,
	    T_CHECK_TITLE, e) &&
	    restore_target(m, found, drop, url, plan, e) &&
	    restore_step(plan, "restore.data", args, RISK_DATA,
	    T_DATA_TITLE, e) &&
	    restore_step(plan, "restore.index", args, RISK_LOW,
	    T_INDEX_TITLE, e) &&
	    restore_step(plan, "restore.proof", args, RISK_NONE,
	    T_PROOF_TITLE, e) &&
	    restore_step(plan, "restore.finish", args, RISK_LOW,
	    T_FINISH_TITLE, e);
}

static bool
restore_notes(struct plan *plan, const json_t *found, struct err *e)
{
	const json_t	*one;
	size_t		 i;

	if (!json_flag(found, "manifest") && !plan_note_add(plan, e,
	    T_FOREIGN))
		return false;
	json_array_foreach(json_object_get(found, "databases"), i, one)
		if (!plan_note_add(plan, e, json_flag(one, "absent") ?
		    T_RESTORE_ABSENT : T_RESTORE_DB, json_text(one, "db"),
		    json_array_size(json_object_get(one, "collections"))))
			return false;
	return true;
}

static bool
restore_plan_from(struct ctx *ctx, const json_t *params, const char *from,
    struct restore *r, struct plan *plan, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_JSON json_t *args = NULL, *dbs = json_incref(json_object_get(
	    params, "db"));
	char		 digest[DIGEST_HEX_SIZE], kept[DIGEST_HEX_SIZE];

	if (!source_open(ctx, from, dbs, r, digest, e) ||
	    !restore_url(ctx, &url, e))
		return false;
	r->url = url;
	if (!restore_open(r, e) || !plan_secret_add(ctx, plan, url, kept, e))
		return false;
	args = json_pack("{s:s,s:s,s:s,s:O?,s:I}", "from", from, "digest",
	    digest, "url", kept, "dbs", dbs, "workers",
	    (json_int_t)json_int(params, "workers", 0));
	if (args == NULL)
		return err_nomem(e);
	return restore_notes(plan, r->found, e) && restore_steps(plan, args,
	    r->m, r->found, json_object_get(params, "drop"), e) &&
	    plan_lock_add(plan, "mongo:data", e);
}

static bool
restore_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const char	*given = json_text(params, "from");
	AUTO_FREE char	*from = realpath(given, NULL);
	struct restore	 r = { .dirfd = -1 };
	bool		 ok;

	if (from == NULL)
		return err_sys(e, "%s", given);
	if (!names_check(json_object_get(params, "db"), e) ||
	    !names_check(json_object_get(params, "drop"), e))
		return false;
	ok = restore_plan_from(ctx, params, from, &r, plan, e);
	restore_close(&r);
	return ok;
}

/* --- tables ---------------------------------------------------------- */

static const struct verb_param dump_params[] = {
	{ .name = "out", .type = PARAM_TEXT, .required = true,
	  .help = "Folder to write; one that was begun is gone on with" },
	{ .name = "gzip", .type = PARAM_FLAG,
	  .help = "Compress each file" },
	{ .name = "level", .type = PARAM_INT, .min = 1, .max = 9,
	  .help = "How hard: 1 quick, 6 (when not given), 9 small" },
	{ .name = "db", .type = PARAM_TEXT, .many = true,
	  .help = "A database besides Sametime's five" },
	{ .name = "workers", .type = PARAM_INT, .min = 1, .max = 16,
	  .help = "Collections at a time (2)" },
	{ .name = "admin_url_file", .type = PARAM_SECRET,
	  .help = "MongoDB URL of an account that may read all (backup)" },
};

static const struct verb_param restore_params[] = {
	{ .name = "from", .type = PARAM_TEXT, .required = true,
	  .help = "Folder or archive file of a dump, ours or mongodump's" },
	{ .name = "to_url_file", .type = PARAM_SECRET,
	  .help = "MongoDB URL of the target; the site's when not given" },
	{ .name = "db", .type = PARAM_TEXT, .many = true,
	  .help = "Only this database of the dump" },
	{ .name = "drop", .type = PARAM_TEXT, .many = true,
	  .help = "A database that holds something and is dropped before" },
	{ .name = "workers", .type = PARAM_INT, .min = 1, .max = 16,
	  .help = "Connections that insert (2)" },
};

static const struct verb verbs[] = {
	{ .name = "mongo.dump", .role = ROLE_ADMIN, .risk = RISK_LOW,
	  .help = "Dump Sametime's databases to files, and read them back",
	  .detail = "Writes the directory format of mongodump, which "
	  "mongorestore reads, with a manifest beside it.  Since MongoDB 5.0 "
	  "all is read as of one time; what cannot be is named.  A dump that "
	  "was interrupted goes on behind the last whole file when it is "
	  "started again.  Afterwards every file is read and compared with "
	  "its manifest.  Users and roles are not dumped.",
	  .params = dump_params, .param_count = LENGTH(dump_params),
	  .writes_elsewhere = true, .plan = dump_plan },
	{ .name = "mongo.restore", .role = ROLE_ADMIN, .risk = RISK_DATA,
	  .help = "Restore databases from a dump, and prove them equal",
	  .detail = "Reads folders and archives of mongodump and of mongo "
	  "dump, all of them before anything is written.  A database that "
	  "holds something is refused unless --drop names it.  Indexes come "
	  "after the data, what expires last; a document that fails is an "
	  "error.",
	  .params = restore_params, .param_count = LENGTH(restore_params),
	  .plan = restore_plan },
};

const struct service dump_service = {
	.name = "dump", .verbs = verbs, .verb_count = LENGTH(verbs),
	.actions = dump_actions, .action_count = DUMP_ACTIONS,
};
