/*
 * The state folder.  Everything in it is made by this program, 0600 and
 * 0700, and written durably; nothing else in the tree knows its layout's
 * root.
 */
#include "stconsole/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define KEY_BYTES	32

struct store {
	char	*dir;
	int	 format;
};

static char *
default_dir(struct err *e)
{
	const char	*state = getenv("XDG_STATE_HOME");
	const char	*home = getenv("HOME");
	char		*dir;

	if (geteuid() == 0)
		dir = strdup("/var/lib/stconsole");
	else if (state != NULL && *state == '/')
		dir = str_format("%s/stconsole", state);
	else if (home != NULL && *home == '/')
		dir = str_format("%s/.local/state/stconsole", home);
	else {
		err_set(e, ERR_USAGE, 0, T_STORE_HOME);
		err_hint(e, T_STORE_HOME_HINT);
		return NULL;
	}
	if (dir == NULL)
		err_nomem(e);
	return dir;
}

/*
 * What lies in the folder is carried out: a job that waits is undone, one
 * that was interrupted goes on.  It must be nobody else's to write.
 */
static bool
check_owner(const struct store *s, struct err *e)
{
	struct stat st;

	if (stat(s->dir, &st) < 0)
		return err_sys(e, "%s", s->dir);
	if ((st.st_uid == geteuid() || st.st_uid == 0) &&
	    (st.st_mode & S_IWOTH) == 0)
		return true;
	err_set(e, ERR_REFUSED, 0, T_STORE_OTHERS, s->dir);
	return err_hint(e, T_STORE_OTHERS_HINT);
}

/* Reads STATE/format, or writes it into a new folder. */
static bool
check_format(struct store *s, struct err *e)
{
	AUTO_FREE char		*path = store_path(s, "format");
	AUTO_BUF struct buf	 b = BUF_INIT;
	int64_t			 format = 0;
	char			 text[16];

	if (path == NULL)
		return err_nomem(e);
	s->format = STORE_FORMAT;
	if (!file_exists(AT_FDCWD, path)) {
		snprintf(text, sizeof(text), "%d\n", STORE_FORMAT);
		return file_write(AT_FDCWD, path, text, strlen(text), 0600, e);
	}
	if (!file_read(AT_FDCWD, path, 64, &b, e))
		return false;
	if (b.len > 0 && b.data[b.len - 1] == '\n')
		b.data[b.len - 1] = '\0';
	if (!str_to_int(buf_str(&b), 1, 1000000, &format))
		return err_set(e, ERR_SYS, EINVAL, T_STORE_FORMAT_BAD, s->dir);
	s->format = (int)format;
	return true;
}

/* A guardian or a screen may change the folder it works in. */
static char *
absolute(const char *dir)
{
	AUTO_FREE char *here = *dir != '/' ? getcwd(NULL, 0) : NULL;

	return here != NULL ? str_format("%s/%s", here, dir) : strdup(dir);
}

struct store *
store_open(const char *dir, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_nomem(e);
		return NULL;
	}
	s->dir = dir != NULL ? absolute(dir) : default_dir(e);
	if (s->dir == NULL) {
		if (dir != NULL)
			err_nomem(e);
		store_close(s);
		return NULL;
	}
	if (!file_make_dirs(s->dir, 0700, e) || !check_owner(s, e) ||
	    !check_format(s, e)) {
		store_close(s);
		return NULL;
	}
	return s;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	free(s->dir);
	free(s);
}

const char *
store_dir(const struct store *s)
{
	return s->dir;
}

bool
store_is_read_only(const struct store *s)
{
	return s->format > STORE_FORMAT;
}

int
store_format(const struct store *s)
{
	return s->format;
}

char *
store_path(const struct store *s, const char *fmt, ...)
{
	AUTO_BUF struct buf	b = BUF_INIT;
	va_list			ap;

	buf_printf(&b, "%s/", s->dir);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return buf_take(&b);
}

char *
store_site_path(const struct store *s, const char *site_id,
    const char *name, struct err *e)
{
	char *path = *site_id != '\0' ?
	    store_path(s, "sites/%s/%s", site_id, name) :
	    store_path(s, "%s", name);

	if (path == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (!file_make_dirs(path, 0700, e)) {
		free(path);
		return NULL;
	}
	return path;
}

/* Two first users at once: the file lock lets one of them make the key. */
static bool
read_key(const char *path, char key[2 * KEY_BYTES + 1], struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (!file_read(AT_FDCWD, path, 2 * KEY_BYTES, &b, e))
		return false;
	/* A short key would make the HMAC of a password a riddle to guess. */
	if (b.len != 2 * KEY_BYTES) {
		buf_wipe(&b);
		return err_set(e, ERR_SYS, EINVAL, T_STORE_KEY, path);
	}
	snprintf(key, 2 * KEY_BYTES + 1, "%s", buf_str(&b));
	buf_wipe(&b);
	return true;
}

static bool
load_key(const struct store *s, char key[2 * KEY_BYTES + 1], struct err *e)
{
	AUTO_FREE char	*dir = store_path(s, "secrets");
	AUTO_FREE char	*path = store_path(s, "secrets/key");
	AUTO_CLOSE int	 lock = -1;

	if (dir == NULL || path == NULL)
		return err_nomem(e);
	if (!file_make_dirs(dir, 0700, e))
		return false;
	lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_sys(e, "%s", dir);
	if (file_exists(AT_FDCWD, path))
		return read_key(path, key, e);
	return digest_random_hex(KEY_BYTES, key, e) &&
	    file_write(AT_FDCWD, path, key, 2 * KEY_BYTES, 0600, e);
}

bool
store_hmac(const struct store *s, const void *data, size_t len,
    char hex[65], struct err *e)
{
	char key[2 * KEY_BYTES + 1];

	if (!load_key(s, key, e))
		return false;
	digest_hmac(key, strlen(key), data, len, hex);
	explicit_bzero(key, sizeof(key));
	return true;
}
