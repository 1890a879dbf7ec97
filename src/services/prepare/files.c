/*
 * The two files of a member outside of the site: its key, which is drawn when
 * the step acts and never shown, and its configuration file.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/blob.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "set.h"
#include "text.def"

#define KEY_BYTES	756	/* facts 3.2 */
#define CONF_MAX	(1u << 20)

/* ---- the key */

bool
prepare_key_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char	*path = json_text(args, "path");
	struct stat	 st;

	(void)ctx;
	(void)memo;
	*found = PROBE_TODO;
	if (stat(path, &st) < 0)
		return errno == ENOENT || err_sys(e, "%s", path);
	*found = S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 &&
	    st.st_size >= 6 && st.st_uid == (uid_t)json_int(args, "uid", 0) ?
	    PROBE_DONE : PROBE_CHANGED;
	return json_object_set_new(seen, "mode", json_sprintf("%04o",
	    (unsigned)st.st_mode & 07777)) == 0 || err_nomem(e);
}

/* Whole and with its owner before it has its name. */
static bool
key_place(const char *path, const char *text, uid_t uid, gid_t gid,
    struct err *e)
{
	AUTO_FREE char	*temp = str_format("%s.stconsole-new", path);
	AUTO_FREE char	*dir = strdup(path);
	AUTO_CLOSE int	 fd = -1;
	bool		 ok;

	if (temp == NULL || dir == NULL)
		return err_nomem(e);
	(void)unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0)
		return err_sys(e, "%s", temp);
	ok = file_write_all(fd, text, strlen(text), e) &&
	    (fchmod(fd, 0400) == 0 || err_sys(e, "%s", temp)) &&
	    ((uid == geteuid() && gid == getegid()) ||
	    fchown(fd, uid, gid) == 0 || err_sys(e, "%s", temp)) &&
	    (fsync(fd) == 0 || err_sys(e, "%s", temp)) &&
	    (rename(temp, path) == 0 || err_sys(e, "%s", path));
	if (!ok) {
		(void)unlink(temp);
		return false;
	}
	*strrchr(dir, '/') = '\0';
	return file_sync_dir(AT_FDCWD, *dir != '\0' ? dir : "/", e);
}

bool
prepare_key_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	unsigned char	 bytes[KEY_BYTES];
	char		 text[KEY_BYTES / 3 * 4 + 4];
	bool		 ok;

	(void)ctx;
	(void)memo;
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return err_set(e, ERR_SYS, 0, T_KEY_RANDOM);
	EVP_EncodeBlock((unsigned char *)text, bytes, sizeof(bytes));
	ok = key_place(json_text(args, "path"), text,
	    (uid_t)json_int(args, "uid", geteuid()),
	    (gid_t)json_int(args, "gid", getegid()), e);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(text, sizeof(text));
	return ok;
}

bool
prepare_key_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)memo;
	return file_remove(AT_FDCWD, json_text(args, "path"), e);
}

/* ---- mongod.conf */

static bool
digest_now(const char *path, char digest[65], struct err *e)
{
	struct buf	 text = BUF_INIT;
	bool		 ok = file_read(AT_FDCWD, path, CONF_MAX, &text, e);

	if (ok)
		digest_sha256(buf_str(&text), text.len, digest);
	buf_wipe(&text);
	return ok;
}

bool
prepare_conf_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	char digest[65];

	(void)ctx;
	(void)memo;
	if (!digest_now(json_text(args, "path"), digest, e))
		return false;
	*found = strcmp(digest, json_text(args, "after")) == 0 ? PROBE_DONE :
	    strcmp(digest, json_text(args, "before")) == 0 ? PROBE_TODO :
	    PROBE_CHANGED;
	return json_object_set_new(seen, "sha256", json_string(digest)) == 0
	    || err_nomem(e);
}

static bool
conf_put(struct ctx *ctx, const json_t *args, const char *which,
    struct err *e)
{
	struct buf	 text = BUF_INIT;
	bool		 ok = blob_get(ctx, json_text(args, which), &text,
	    e) && file_replace(AT_FDCWD, json_text(args, "path"), text.data,
	    text.len, 0600, e);

	buf_wipe(&text);
	return ok;
}

bool
prepare_conf_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return conf_put(ctx, args, "after", e);
}

bool
prepare_conf_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return conf_put(ctx, args, "before", e);
}
