/*
 * The action roles.write: roles.yaml becomes exactly the planned content.
 * args {path, before, after}: digests; before is null for no file.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/action.h"
#include "stconsole/blob.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "setup.h"

#define ROLES_MAX	(1u << 20)

/* hex is "" for no file. */
static bool
digest_now(const char *path, char hex[65], struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	hex[0] = '\0';
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return true;
	if (!file_read(AT_FDCWD, path, ROLES_MAX, &text, e))
		return false;
	digest_sha256(buf_str(&text), text.len, hex);
	return true;
}

static bool
roles_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	char now[65];

	(void)ctx;
	(void)memo;
	if (!digest_now(json_text(args, "path"), now, e))
		return false;
	*found = strcmp(now, json_text(args, "after")) == 0 ? PROBE_DONE :
	    strcmp(now, json_text(args, "before")) == 0 ? PROBE_TODO :
	    PROBE_CHANGED;
	json_object_set_new(seen, "sha256", now[0] != '\0' ?
	    json_string(now) : json_null());
	return true;
}

/* The folder is made for everybody to read, as /etc is. */
static bool
content_put(struct ctx *ctx, const char *path, const char *digest,
    struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_FREE char		*copy = strdup(path);

	if (copy == NULL)
		return err_nomem(e);
	if (digest == NULL)
		return file_remove(AT_FDCWD, path, e);
	return blob_get(ctx, digest, &text, e) &&
	    file_make_dirs(dirname(copy), 0755, e) &&
	    file_write(AT_FDCWD, path, buf_str(&text), text.len, 0644, e);
}

static bool
roles_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return content_put(ctx, json_text(args, "path"), json_str(args,
	    "after"), e);
}

static bool
roles_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return content_put(ctx, json_text(args, "path"), json_str(args,
	    "before"), e);
}

const struct action setup_roles_write = {
	.name = "roles.write", .kind = STEP_WRITE, .probe = roles_probe,
	.act = roles_act, .undo = roles_undo
};
