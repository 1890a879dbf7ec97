/*
 * The action support.write: args {"path","names","log_lines"}, memo {"id"}.
 * The names are those that were shown; what appeared since is left out, so
 * that nothing leaves the host that was not listed.
 */
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/action.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

json_t *
support_args(const char *path, const struct support_kept *b)
{
	AUTO_JSON json_t	*names = json_array();
	size_t			 i;

	for (i = 0; i < b->count; i++)
		if (!b->entries[i].is_left_out && json_array_append_new(names,
		    json_string(b->entries[i].name)) < 0)
			return NULL;
	return json_pack("{s:s, s:O, s:I}", "path", path, "names", names,
	    "log_lines", (json_int_t)b->log_lines);
}

static bool
write_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char	*path = json_text(args, "path");
	bool		 is_ours;

	(void)ctx;
	(void)seen;
	if (!file_exists(AT_FDCWD, path)) {
		*found = PROBE_TODO;
		return true;
	}
	if (!archive_is(path, json_text(memo, "id"), &is_ours, e))
		return false;
	*found = is_ours ? PROBE_DONE : PROBE_CHANGED;
	return true;
}

static bool
write_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	char id[ARCHIVE_ID_SIZE];

	(void)ctx;
	(void)args;
	if (!digest_random_hex(sizeof(id) / 2, id, e))
		return false;
	return json_object_set_new(memo, "id", json_string(id)) == 0 ||
	    err_nomem(e);
}

static bool
is_named(const json_t *names, const char *name)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach ((json_t *)(uintptr_t)names, i, one)
		if (str_equal(json_string_value(one), name))
			return true;
	return false;
}

/* What the plan showed, or in another process the same once more. */
static bool
content_get(struct ctx *ctx, const json_t *args, struct err *e)
{
	const json_t	*names = json_object_get(args, "names");
	size_t		 i;

	if (ctx->support_kept == NULL && !support_collect(ctx,
	    json_int(args, "log_lines", 0), &ctx->support_kept, e))
		return false;
	for (i = 0; i < ctx->support_kept->count; i++) {
		struct support_entry *entry = &ctx->support_kept->entries[i];

		if (!is_named(names, entry->name))
			entry->is_left_out = true;
	}
	return true;
}

/* Beside it, by the id: a killed write is overwritten by the next. */
static char *
temporary(const char *path, const char *id)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? NULL : str_format("%.*s/.stconsole-%s",
	    (int)(slash - path), path, id);
}

static bool
temporary_write(const char *name, const struct buf *bytes, struct err *e)
{
	AUTO_CLOSE int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "%s", name);
	if (!file_write_all(fd, bytes->data, bytes->len, e))
		return err_context(e, "%s", name);
	return fsync(fd) == 0 || err_sys(e, "%s", name);
}

/* A link fails where a rename would overwrite. */
static bool
put_in_place(const char *name, const char *path, struct err *e)
{
	AUTO_FREE char	*dir = strndup(path,
	    (size_t)(strrchr(path, '/') - path) + 1);

	if (dir == NULL)
		return err_nomem(e);
	if (renameat2(AT_FDCWD, name, AT_FDCWD, path, RENAME_NOREPLACE) != 0) {
		if (errno != EINVAL && errno != ENOSYS)
			return err_sys(e, "%s", path);
		if (link(name, path) != 0 || unlink(name) != 0)
			return err_sys(e, "%s", path);
	}
	return file_sync_dir(AT_FDCWD, dir, e);
}

static bool
write_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const char		*path = json_text(args, "path");
	const char		*id = json_text(memo, "id");
	AUTO_FREE char		*name = temporary(path, id);
	AUTO_BUF struct buf	 bytes = BUF_INIT;
	bool			 ok;

	if (name == NULL)
		return err_nomem(e);
	if (!content_get(ctx, args, e) ||
	    !archive_pack(ctx->support_kept, id, &bytes, e))
		return false;
	ok = temporary_write(name, &bytes, e) && put_in_place(name, path, e);
	if (!ok)
		(void)unlink(name);
	return ok;
}

static bool
write_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)memo;
	return file_remove(AT_FDCWD, json_text(args, "path"), e);
}

const struct action support_write = {
	.name = "support.write", .kind = STEP_WRITE, .probe = write_probe,
	.prepare = write_prepare, .act = write_act, .undo = write_undo
};
