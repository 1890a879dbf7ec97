/*
 * What is kept of a member between the steps: where its words go, and its
 * configuration file as it was before a major.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "how_options.h"
#include "how_parts.h"
#include "text_how.def"

#define CONFIG_MAX	(1u << 20)

char *
how_state_path(const struct how_task *t, const char *suffix, struct err *e)
{
	AUTO_FREE char	*dir = store_site_path(t->ctx->store,
	    t->ctx->site_id, "mongo", e);
	AUTO_FREE char	*name = strdup(t->member);
	char		*path, *p;

	if (dir == NULL)
		return NULL;
	for (p = name; p != NULL && *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
			*p = '_';
	path = name != NULL ? str_format("%s/%s%s", dir, name, suffix) : NULL;
	if (path == NULL)
		err_nomem(e);
	return path;
}

static bool
config_for(const char *file, const char *major, struct buf *old,
    struct buf *new, struct err *e)
{
	const struct how_options o = { how_removed, how_removed_count, major };

	return file_read(AT_FDCWD, file, CONFIG_MAX, old, e) &&
	    (how_config_without(buf_str(old), old->len, &o, new, NULL, e) ||
	    err_context(e, "%s", file));
}

static bool
is_equal(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) ==
	    0;
}

/* A copy that whoever may read the file may read. */
static bool
copy_write(const char *file, const char *copy, const struct buf *text,
    struct err *e)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return err_sys(e, "%s", file);
	if (!file_write(AT_FDCWD, copy, buf_str(text), text->len,
	    st.st_mode & 0777, e))
		return false;
	if (geteuid() == 0 && chown(copy, st.st_uid, st.st_gid) < 0)
		return err_sys(e, "%s", copy);
	return true;
}

bool
how_config_swap(const char *file, const char *major, struct err *e)
{
	AUTO_BUF struct buf	 old = BUF_INIT, new = BUF_INIT;
	AUTO_FREE char		*copy = str_format("%s.before-%s", file,
	    major);

	if (copy == NULL)
		return err_nomem(e);
	if (!config_for(file, major, &old, &new, e))
		return false;
	return is_equal(&old, &new) || (copy_write(file, copy, &old, e) &&
	    file_replace(AT_FDCWD, file, buf_str(&new), new.len, 0640, e));
}

bool
how_config_unswap(const char *file, const char *major, struct err *e)
{
	AUTO_BUF struct buf	 before = BUF_INIT, taken = BUF_INIT,
				 now = BUF_INIT;
	AUTO_FREE char		*copy = str_format("%s.before-%s", file,
	    major);

	if (copy == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, copy))
		return true;
	if (!config_for(copy, major, &before, &taken, e) ||
	    !file_read(AT_FDCWD, file, CONFIG_MAX, &now, e))
		return false;
	/* Edited since: what it says now is what somebody wants, and the
	 * old binary does without what was taken out. */
	if (!is_equal(&now, &taken))
		return true;
	return file_replace(AT_FDCWD, file, buf_str(&before), before.len,
	    0640, e) && file_remove(AT_FDCWD, copy, e);
}
