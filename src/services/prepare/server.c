/*
 * How the server runs, and what its configuration is to become.  What cannot
 * be changed from here is left to a person, with the reason.
 */
#include "server.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/restart.h"
#include "stconsole/str.h"

#include "set.h"
#include "text.def"

#define CONF_MAX	(1u << 20)
#define KEY_MAX		1024

void
server_fini(struct server *s)
{
	json_decref(s->args);
	free(s->key_path);
	free(s->conf_path);
	buf_wipe(&s->conf);
	buf_wipe(&s->new_conf);
	*s = (struct server){ .is_by_hand = false };
}

static bool
by_hand(struct server *s, const char *why)
{
	s->is_by_hand = true;
	(void)snprintf(s->why, sizeof(s->why), "%s", why);
	return true;
}

/* ---- the process */

/* Relative paths hang on the folder that the server was started in. */
static char *
path_of(const struct server *s, const char *path)
{
	return path == NULL ? NULL : *path == '/' ? strdup(path) :
	    str_format("%s/%s", json_text(s->args, "cwd"), path);
}

static bool
process_find(struct prepare_look *l, struct server *s, struct err *e)
{
	const char	*by = json_text(l->run, "by");
	const char	*unit = json_str(l->run, "unit");
	pid_t		 pid = (pid_t)json_int(l->run, "pid", 0);
	struct err	 why = { 0 };

	if (!json_flag(l->run, "local") || pid == 0)
		return by_hand(s, json_str(l->run, "why") != NULL ?
		    json_text(l->run, "why") : T_SET_NO_PROCESS);
	if (strcmp(by, "docker") == 0 || strcmp(by, "podman") == 0 ||
	    strcmp(by, "kubernetes") == 0)
		return by_hand(s, T_SET_IN_CONTAINER);
	s->args = json_object();
	if (s->args == NULL)
		return err_nomem(e);
	if (!restart_read(pid, s->args, &why))
		return why.domain == ERR_NOMEM ? err_copy(e, &why) :
		    by_hand(s, why.msg);
	if (restart_argv_has_password(json_object_get(s->args, "argv")))
		return by_hand(s, T_SET_PASSWORD_ARGV);
	if (unit == NULL)
		return true;
	if (geteuid() != 0)
		return by_hand(s, T_SET_ROOT);
	return json_object_set_new(s->args, "unit", json_string(unit)) == 0 ||
	    err_nomem(e);
}

static bool
conf_find(struct server *s, struct err *e)
{
	struct err	 why = { 0 };
	const char	*file = restart_argv_config(json_object_get(s->args,
	    "argv"));

	if (file == NULL)
		return json_str(s->args, "unit") == NULL ||
		    by_hand(s, T_SET_UNIT_NO_FILE);
	s->conf_path = path_of(s, file);
	if (s->conf_path == NULL)
		return err_nomem(e);
	return file_read(AT_FDCWD, s->conf_path, CONF_MAX, &s->conf, &why) ||
	    by_hand(s, why.msg);
}

/* ---- values: a word of argv over the file; malloc'd or NULL */

static char *
value_of(const struct server *s, const char *word, const char *path)
{
	const char *value = restart_argv_value(json_object_get(s->args, "argv"),
	    word);

	if (value != NULL)
		return strdup(value);
	return s->conf_path == NULL ? NULL :
	    conf_value(buf_str(&s->conf), s->conf.len, path);
}

/* Six to 1024 characters of base64, of which white space does not count. */
static bool
is_key(const char *path, uid_t owner)
{
	struct buf	 text = BUF_INIT;
	struct stat	 st;
	size_t		 n = 0;
	bool		 ok = stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 077) == 0 && st.st_uid == owner &&
	    file_read(AT_FDCWD, path, 65536, &text, NULL);

	for (size_t i = 0; ok && i < text.len; i++) {
		char c = text.data[i];

		if (isspace((unsigned char)c))
			continue;
		ok = isalnum((unsigned char)c) || c == '+' || c == '/' ||
		    c == '=';
		n++;
	}
	buf_wipe(&text);
	return ok && n >= 6 && n <= KEY_MAX;
}

/* Where the key is or shall be: *file is what the option gets. */
static bool
key_find(const struct prepare_wish *w, struct server *s, char **file,
    struct err *e)
{
	AUTO_FREE char	*now = value_of(s, "keyFile", "security.keyFile");
	AUTO_FREE char	*mode = value_of(s, "clusterAuthMode",
	    "security.clusterAuthMode");
	AUTO_FREE char	*db = value_of(s, "dbpath", "storage.dbPath");
	AUTO_FREE char	*folder = path_of(s, db != NULL ? db : "/data/db");
	struct stat	 st;
	char		*path;

	*file = NULL;
	/* With --fork a relative one can no longer be told. */
	if (folder == NULL || stat(folder, &st) < 0 || !S_ISDIR(st.st_mode))
		return by_hand(s, T_SET_DB_FOLDER);
	/* By certificates the members need no key. */
	if (now != NULL || (mode != NULL && strcmp(mode, "keyFile") != 0))
		return true;
	if (w->key_file != NULL && *w->key_file != '/') {
		(void)snprintf(s->problem, sizeof(s->problem),
		    T_SET_KEY_FOLDER, w->key_file);
		return true;
	}
	path = w->key_file != NULL ? strdup(w->key_file) : folder == NULL ?
	    NULL : str_format("%s/keyfile", folder);
	if (path == NULL)
		return err_nomem(e);
	*file = path;
	if (!file_exists(AT_FDCWD, path)) {
		s->key_path = strdup(path);
		return s->key_path != NULL || err_nomem(e);
	}
	if (!is_key(path, (uid_t)json_int(s->args, "uid", 0)))
		(void)snprintf(s->problem, sizeof(s->problem),
		    T_SET_KEY_BAD, path);
	return true;
}

/* NULL when the server listens under the name already. */
static const char *
bind_find(const struct server *s, const char *name)
{
	const json_t	*argv = json_object_get(s->args, "argv");
	AUTO_FREE char	*list = value_of(s, "bind_ip", "net.bindIp");
	AUTO_FREE char	*all = s->conf_path == NULL ? NULL :
	    conf_value(buf_str(&s->conf), s->conf.len, "net.bindIpAll");
	json_t		*word;
	size_t		 i;

	json_array_foreach(argv, i, word)
		if (str_ends(json_string_value(word), "bind_ip_all"))
			return NULL;
	if (name == NULL || (all != NULL && strcmp(all, "true") == 0))
		return NULL;
	return conf_binds(list, name) ? NULL : name;
}

/* ---- what it becomes */

/* Into the file where there is one, but what argv holds stays there. */
static bool
config_make(struct server *s, const struct conf_wish *w, struct err *e)
{
	const json_t		*argv = json_object_get(s->args, "argv");
	struct conf_wish	 file = *w, words = *w;
	struct err		 why = { 0 };
	json_t			*new_argv;

	if (s->conf_path != NULL) {
		words = (struct conf_wish){ .set = NULL };
		if (restart_argv_value(argv, "bind_ip") != NULL) {
			words.bind_name = w->bind_name;
			file.bind_name = NULL;
		}
		if (words.bind_name != NULL && json_str(s->args, "unit") !=
		    NULL)
			return by_hand(s, T_SET_UNIT_NO_FILE);
		if (!conf_edit(buf_str(&s->conf), s->conf.len, &file,
		    &s->new_conf, &why)) {
			AUTO_FREE char *text = str_format(T_SET_CONF_HAND,
			    why.msg);

			return why.domain == ERR_NOMEM || text == NULL ?
			    err_nomem(e) : by_hand(s, text);
		}
	}
	new_argv = conf_argv(argv, &words);
	return (new_argv != NULL && json_object_set_new(s->args, "new_argv",
	    new_argv) == 0) || err_nomem(e);
}

bool
server_find(struct prepare_look *l, const struct prepare_wish *w,
    const char *set, const char *name, struct server *s, struct err *e)
{
	AUTO_FREE char	*key = NULL;
	struct conf_wish wish = { .set = set };

	*s = (struct server){ .locks = true };
	if (!process_find(l, s, e))
		return false;
	if (s->is_by_hand || !conf_find(s, e))
		return s->is_by_hand;
	if (s->is_by_hand)
		return true;
	if (!key_find(w, s, &key, e))
		return false;
	wish.key_file = key;
	wish.bind_name = bind_find(s, name);
	return config_make(s, &wish, e);
}
