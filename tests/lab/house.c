/*
 * The lab's folder: made here, 0700, removed at the end.  Passwords are drawn
 * anew for each run and live in secrets/ (0600) and in the demo site's own
 * files, where a real site has them as well; lab.json names only the files.
 */
#include "house.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "text.def"

/* Room for "/secrets/mongo-monitor-url" and the like below PATH_MAX. */
#define DIR_MAX	3000

char *
lab_path(const struct lab_house *h, const char *fmt, ...)
{
	struct buf	 b = BUF_INIT;
	va_list		 ap;

	buf_puts(&b, h->dir);
	buf_putc(&b, '/');
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return buf_take(&b);
}

bool
lab_word(struct lab_house *h, const char *name, const char *fmt, ...)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	va_list			 ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return buf_ok(&b, NULL) && json_object_set_new(h->words, name,
	    json_string(buf_str(&b))) == 0;
}

const char *
lab_word_get(const struct lab_house *h, const char *name)
{
	return json_text(h->words, name);
}

bool
lab_write(const struct lab_house *h, const char *name, const char *text,
    mode_t mode, struct err *e)
{
	AUTO_FREE char	*path = lab_path(h, "%s", name);

	if (path == NULL)
		return err_nomem(e);
	return file_write(AT_FDCWD, path, text, strlen(text), mode, e);
}

bool
lab_secret_put(struct lab_house *h, const char *name, const char *value,
    struct err *e)
{
	AUTO_FREE char	*file = str_format("secrets/%s", name);

	if (file == NULL)
		return err_nomem(e);
	if (!lab_write(h, file, value, 0600, e))
		return false;
	if (json_object_set_new(h->secrets, name, json_string(value)) != 0)
		return err_nomem(e);
	return true;
}

const char *
lab_secret(struct lab_house *h, const char *name, const char *prefix,
    struct err *e)
{
	AUTO_FREE char	*value = NULL;
	char		 hex[2 * 16 + 1];

	if (json_str(h->secrets, name) != NULL)
		return json_str(h->secrets, name);
	if (!digest_random_hex(16, hex, e))
		return NULL;
	value = str_format("%s%s", prefix, hex);
	if (value == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (!lab_secret_put(h, name, value, e))
		return NULL;
	return json_str(h->secrets, name);
}

bool
lab_fact(struct lab_house *h, const char *name, json_t *value, struct err *e)
{
	if (value == NULL || json_object_set_new(h->facts, name, value) != 0)
		return err_nomem(e);
	return true;
}

bool
lab_missing(struct lab_house *h, const char *what, const char *how)
{
	fprintf(stderr, T_LAB_MISSING, what, how);
	return json_array_append_new(h->missing, json_pack("{s:s, s:s}",
	    "what", what, "how", how)) == 0;
}

/* An earlier file without its rename would be read half written. */
bool
lab_house_publish(struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*text = NULL;

	if (!lab_fact(h, "missing", json_incref(h->missing), e))
		return false;
	text = json_dumps(h->facts, JSON_INDENT(2));
	if (text == NULL)
		return err_nomem(e);
	return lab_write(h, "lab.json", text, 0600, e);
}

char *
lab_cache_path(const char *name)
{
	const char	*base = getenv("XDG_CACHE_HOME");
	const char	*home = getenv("HOME");
	AUTO_FREE char	*dir = NULL;

	if (base != NULL && *base == '/')
		dir = str_format("%s/stconsole", base);
	else if (home != NULL && *home == '/')
		dir = str_format("%s/.cache/stconsole", home);
	if (dir == NULL || !file_make_dirs(dir, 0700, NULL))
		return NULL;
	return str_format("%s/%s", dir, name);
}

static bool
house_folders(struct lab_house *h, struct err *e)
{
	static const char *const	 names[] = {
		"secrets", "tls", "ldap", "mongo", "log", "site"
	};

	if (mkdir(h->dir, 0700) != 0) {
		if (errno == EEXIST)
			return err_set(e, ERR_REFUSED, EEXIST,
			    T_LAB_DIR_EXISTS, h->dir);
		return err_sys(e, "%s", h->dir);
	}
	for (size_t i = 0; i < LENGTH(names); i++) {
		AUTO_FREE char	*path = lab_path(h, "%s", names[i]);

		if (path == NULL)
			return err_nomem(e);
		if (mkdir(path, 0700) != 0)
			return err_sys(e, "%s", path);
	}
	return true;
}

static int
house_file(struct lab_house *h, const char *name, struct err *e)
{
	AUTO_FREE char	*path = lab_path(h, "%s", name);
	int		 fd = -1;

	if (path == NULL) {
		err_nomem(e);
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
	if (fd < 0)
		err_sys(e, "%s", path);
	return fd;
}

static bool
house_facts_begin(struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*site = lab_path(h, "site");

	h->facts = json_object();
	h->missing = json_array();
	h->words = json_object();
	h->secrets = json_object();
	if (site == NULL || h->facts == NULL || h->missing == NULL ||
	    h->words == NULL || h->secrets == NULL)
		return err_nomem(e);
	if (!lab_word(h, "DIR", "%s", h->dir))
		return err_nomem(e);
	return lab_fact(h, "format", json_integer(1), e) &&
	    lab_fact(h, "kind", json_string(h->run->kind), e) &&
	    lab_fact(h, "dir", json_string(h->dir), e) &&
	    lab_fact(h, "site", json_string(site), e) &&
	    lab_fact(h, "supervisor", json_pack("{s:i, s:I}", "pid",
	    (int)getpid(), "start", (json_int_t)proc_start_time(getpid())), e);
}

static char *
dir_absolute(const char *dir, struct err *e)
{
	AUTO_FREE char	*cwd = NULL;

	if (strlen(dir) > DIR_MAX) {
		err_set(e, ERR_REFUSED, 0, T_LAB_DIR_LONG, dir);
		return NULL;
	}
	if (*dir == '/')
		return strdup(dir);
	cwd = getcwd(NULL, 0);
	if (cwd == NULL) {
		err_sys(e, "%s", dir);
		return NULL;
	}
	return str_format("%s/%s", cwd, dir);
}

bool
lab_house_open(struct lab_house *h, const struct lab_run *run, struct err *e)
{
	memset(h, 0, sizeof(*h));
	h->run = run;
	h->record_fd = h->pids_fd = h->users_fd = -1;
	h->has_ipv6 = lab_has_ipv6();
	h->dir = dir_absolute(run->dir, e);
	if (h->dir == NULL)
		return false;
	if (!house_folders(h, e)) {
		free(TAKE(h->dir));
		return false;
	}
	h->users_fd = house_file(h, "users", e);
	if (h->users_fd < 0)
		return false;
	h->pids_fd = house_file(h, "pids", e);
	if (h->pids_fd < 0)
		return false;
	return lab_registry_add(h, e) && house_facts_begin(h, e);
}

void
lab_house_close(struct lab_house *h)
{
	if (h->dir != NULL && !h->run->keeps)
		file_remove_tree(h->dir, NULL);
	if (h->record != NULL)
		unlink(h->record);
	mem_close_at(&h->record_fd);
	mem_close_at(&h->pids_fd);
	mem_close_at(&h->users_fd);
	free(h->dir);
	free(h->record);
	json_decref(h->facts);
	json_decref(h->missing);
	json_decref(h->words);
	json_decref(h->secrets);
}
