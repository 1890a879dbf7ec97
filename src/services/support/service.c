/*
 * support.bundle: the plan and the table.  The list that the plan shows is
 * made by collecting everything; so what is kept from it is written, and a
 * server that does not answer is waited for once.
 */
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/action.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define LINES_DEFAULT	500

void
support_forget(struct ctx *ctx)
{
	bundle_free(ctx->support_kept);
	ctx->support_kept = NULL;
}

/* The folder must be there; its links are resolved.  malloc'd. */
static char *
path_resolve(const char *file, struct err *e)
{
	const char	*slash = strrchr(file, '/');
	const char	*name = slash != NULL ? slash + 1 : file;
	AUTO_FREE char	*folder = slash == NULL ? strdup(".") :
	    strndup(file, (size_t)(slash - file) + 1);
	AUTO_FREE char	*real = folder != NULL ? realpath(folder, NULL) : NULL;
	char		*path;

	if (real == NULL) {
		err_sys(e, "%s", folder != NULL ? folder : file);
		return NULL;
	}
	if (*name == '\0' || str_equal(name, ".") || str_equal(name, "..")) {
		err_set(e, ERR_USAGE, 0, T_SUPPORT_NAME, file);
		return NULL;
	}
	path = str_format("%s/%s", str_equal(real, "/") ? "" : real, name);
	if (path == NULL)
		err_nomem(e);
	return path;
}

/* Inside the deployment it would end in somebody's backup of it. */
static bool
block_where_it_must_not_be(const struct ctx *ctx, const char *path,
    struct plan *plan, struct err *e)
{
	const char	*root = ctx->site != NULL ? site_root(ctx->site) : NULL;
	struct stat	 st;

	if (lstat(path, &st) == 0 && !plan_block(plan, T_SUPPORT_THERE_HINT,
	    e, T_SUPPORT_THERE, path))
		return false;
	if (root != NULL && str_starts(path, root) &&
	    path[strlen(root)] == '/')
		return plan_block(plan, T_SUPPORT_INSIDE_HINT, e,
		    T_SUPPORT_INSIDE, path);
	return true;
}

static bool
add_step(struct plan *plan, const char *path, const struct support_kept *b,
    struct err *e)
{
	AUTO_BUF struct buf	list = BUF_INIT;
	size_t			i, count = 0;

	for (i = 0; i < b->count; i++)
		count += !b->entries[i].is_left_out;
	bundle_list(b, &list);
	return buf_ok(&list, e) && plan_step_add(plan, &(struct step_spec){
	    .action = "support.write", .args = support_args(path, b),
	    .risk = RISK_LOW, .undo = T_SUPPORT_UNDO,
	    .diff = buf_str(&list) }, e, T_SUPPORT_TITLE, path, count,
	    (b->bytes + 1023) / 1024) &&
	    plan_lock_add(plan, "support:bundle", e) &&
	    plan_note_add(plan, e, T_SUPPORT_NOTE);
}

static bool
bundle_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_FREE char	*path = path_resolve(json_text(params, "file"), e);
	int64_t		 lines = json_int(params, "lines", LINES_DEFAULT);

	if (path == NULL)
		return false;
	if (ctx->support_kept != NULL && ctx->support_kept->log_lines != lines)
		support_forget(ctx);
	if (ctx->support_kept == NULL && !support_collect(ctx, lines,
	    &ctx->support_kept, e))
		return false;
	return add_step(plan, path, ctx->support_kept, e) &&
	    block_where_it_must_not_be(ctx, path, plan, e);
}

static const struct verb_param params[] = {
	{ .name = "file", .type = PARAM_TEXT, .required = true,
	  .positional = true,
	  .help = "Where to write it, a name that ends in .tar.gz" },
	{ .name = "lines", .type = PARAM_INT, .min = 0, .max = 100000,
	  .help = "The last lines of each service's log (500); 0: no logs" }
};

static const struct verb verbs[] = {
	{ .name = "support.bundle", .role = ROLE_ADMIN, .risk = RISK_LOW,
	  .help = "Write one file for whoever helps, without the secrets",
	  .detail = "The plan lists what goes in: status, what the site's "
	  "files say, the files themselves, MongoDB, directory, jobs, audit, "
	  "settings, logs and facts of this host.  Passwords, tokens and keys "
	  "are taken out twice: by the names they stand behind, and then "
	  "every secret that the site, its snapshots and the state folder "
	  "hold is looked for in all of it.  Names, addresses and mails of "
	  "people stay in.  A file that is there is not overwritten.\n\n"
	  "With --dry-run only the list is printed.",
	  .params = params, .param_count = LENGTH(params),
	  .writes_elsewhere = true, .plan = bundle_plan }
};

const struct service support_service = {
	.name = "support", .verbs = verbs, .verb_count = LENGTH(verbs),
	.actions = &support_write, .action_count = 1
};
