/*
 * What a running server was started with, read from /proc (proc(5)), so that
 * the next binary can be started in the same way.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "how_parts.h"
#include "text_how.def"

#define PROC_FILE_MAX	(4u << 20)
#define ASK_TIMEOUT_MS	20000

static const char deleted[] = " (deleted)";

/* A secret has no business in the environment of a server; what is kept is
 * what loading and running hang on. */
bool
how_env_is_kept(const char *assignment)
{
	static const char *const names[] = { "LD_LIBRARY_PATH=", "PATH=",
		"HOME=", "LANG=", "TZ=", "GLIBC_TUNABLES=", "LC_", "MALLOC_" };

	for (size_t i = 0; i < LENGTH(names); i++)
		if (str_starts(assignment, names[i]))
			return true;
	return false;
}

static bool
proc_file(pid_t pid, const char *name, struct buf *out, struct err *e)
{
	AUTO_FREE char *path = str_format("/proc/%d/%s", (int)pid, name);

	if (path == NULL)
		return err_nomem(e);
	return file_read(AT_FDCWD, path, PROC_FILE_MAX, out, e);
}

static char *
proc_link(pid_t pid, const char *name)
{
	AUTO_FREE char	*path = str_format("/proc/%d/%s", (int)pid, name);
	char		 text[PATH_MAX];
	ssize_t		 n = path != NULL ?
	    readlink(path, text, sizeof(text) - 1) : -1;

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	if (str_ends(text, deleted))
		text[strlen(text) - strlen(deleted)] = '\0';
	return strdup(text);
}

/* Words with a NUL behind each; kept NULL: all.  NULL: not UTF-8, memory. */
static json_t *
words_read(const struct buf *b, bool (*kept)(const char *))
{
	AUTO_JSON json_t	*list = json_array();
	const char		*p = buf_str(b), *end = p + b->len;

	for (; list != NULL && p < end; p += strlen(p) + 1)
		if ((kept == NULL || kept(p)) &&
		    json_array_append_new(list, json_string(p)) < 0)
			return NULL;
	return TAKE(list);
}

/* "Umask:\t0022" and "Groups:\t4 27 " of status. */
static bool
status_read(pid_t pid, json_t *args, struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	json_t			*groups = json_array();
	const char		*p;
	char			*end;
	long			 n;

	json_object_set_new(args, "groups", groups);
	if (!proc_file(pid, "status", &b, e))
		return false;
	p = strstr(buf_str(&b), "\nUmask:");
	json_object_set_new(args, "umask", json_integer(p != NULL ?
	    strtol(p + strlen("\nUmask:"), NULL, 8) : 022));
	p = strstr(buf_str(&b), "\nGroups:");
	if (p == NULL)
		return true;
	for (p += strlen("\nGroups:"); *p != '\0' && *p != '\n'; p = end) {
		n = strtol(p, &end, 10);
		if (end == p || n < 0)
			break;
		json_array_append_new(groups, json_integer(n));
		end += strspn(end, " \t");
	}
	return true;
}

/* "Max open files   1024   524288   files"; no limit is -1. */
static void
limit_read(const char *limits, const char *label, const char *name,
    json_t *args)
{
	const char	*p = strstr(limits, label);
	char		 soft[32], hard[32];

	if (p == NULL || sscanf(p + strlen(label), "%31s %31s", soft,
	    hard) != 2)
		return;
	json_object_set_new(args, name, json_pack("[I, I]",
	    (json_int_t)(strcmp(soft, "unlimited") == 0 ? -1 :
	    strtoll(soft, NULL, 10)),
	    (json_int_t)(strcmp(hard, "unlimited") == 0 ? -1 :
	    strtoll(hard, NULL, 10))));
}

/* A log that a shell made by ">"; a pipe or a terminal cannot be kept. */
static void
stdout_read(pid_t pid, json_t *args)
{
	AUTO_FREE char	*path = proc_link(pid, "fd/1");
	struct stat	 st;

	if (path != NULL && *path == '/' && stat(path, &st) == 0 &&
	    S_ISREG(st.st_mode))
		json_object_set_new(args, "stdout", json_string(path));
}

static bool
owner_read(pid_t pid, json_t *args, struct err *e)
{
	AUTO_FREE char	*path = str_format("/proc/%d", (int)pid);
	struct stat	 st;

	if (path == NULL)
		return err_nomem(e);
	if (stat(path, &st) < 0)
		return err_sys(e, "%s", path);
	json_object_set_new(args, "uid", json_integer(st.st_uid));
	json_object_set_new(args, "gid", json_integer(st.st_gid));
	return status_read(pid, args, e);
}

bool
how_process_read(pid_t pid, json_t *args, struct err *e)
{
	AUTO_BUF struct buf	 line = BUF_INIT, env = BUF_INIT,
				 limits = BUF_INIT;
	AUTO_FREE char		*exe = proc_link(pid, "exe");
	AUTO_FREE char		*cwd = proc_link(pid, "cwd");
	json_t			*argv, *kept;

	if (exe == NULL || cwd == NULL)
		return err_set(e, ERR_REFUSED, 0, T_HOW_PROCESS_HIDDEN,
		    (int)pid);
	if (!owner_read(pid, args, e) || !proc_file(pid, "cmdline", &line, e) ||
	    !proc_file(pid, "environ", &env, e) ||
	    !proc_file(pid, "limits", &limits, e))
		return false;
	argv = words_read(&line, NULL);
	kept = words_read(&env, how_env_is_kept);
	json_object_set_new(args, "exe", json_string(exe));
	json_object_set_new(args, "cwd", json_string(cwd));
	json_object_set_new(args, "argv", argv);
	json_object_set_new(args, "env", kept);
	limit_read(buf_str(&limits), "Max open files", "nofile", args);
	limit_read(buf_str(&limits), "Max processes", "nproc", args);
	stdout_read(pid, args);
	return argv != NULL && kept != NULL ? true : err_set(e, ERR_REFUSED,
	    0, T_HOW_PROCESS_WORDS, (int)pid);
}

bool
how_process_runs(pid_t pid, const char *program)
{
	AUTO_FREE char	*exe = proc_link(pid, "exe");
	char		 real[PATH_MAX];

	return exe != NULL && (strcmp(exe, program) == 0 ||
	    (realpath(program, real) != NULL && strcmp(exe, real) == 0));
}

static bool
is_same(pid_t pid, const char *program, const json_t *argv)
{
	AUTO_BUF struct buf	 line = BUF_INIT;
	AUTO_JSON json_t	*now = NULL;
	size_t			 i, n = json_array_size(argv);

	if (!how_process_runs(pid, program) ||
	    !proc_file(pid, "cmdline", &line, NULL))
		return false;
	now = words_read(&line, NULL);
	if (json_array_size(now) != n)
		return false;
	for (i = 1; i < n; i++)
		if (!json_equal(json_array_get(now, i),
		    json_array_get(argv, i)))
			return false;
	return true;
}

pid_t
how_process_same(const char *program, const json_t *argv)
{
	DIR		*dir = opendir("/proc");
	struct dirent	*d;
	int64_t		 n;
	pid_t		 pid = 0;

	if (dir == NULL)
		return 0;
	while (pid == 0 && (d = readdir(dir)) != NULL)
		if (str_to_int(d->d_name, 1, INT_MAX, &n) &&
		    is_same((pid_t)n, program, argv) &&
		    proc_start_time((pid_t)n) != 0)
			pid = (pid_t)n;
	closedir(dir);
	return pid;
}

/* "db version v5.0.4" is the first line in all majors. */
bool
how_binary_major(struct ctx *ctx, const char *binary, const json_t *env,
    char major[MONGO_MAJOR_SIZE], struct err *e)
{
	static const char	 label[] = "db version v";
	const char *const	 argv[] = { binary, "--version", NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	AUTO_FREE const char	**words = proc_argv_from_json(env);
	const char		*at;

	if (words == NULL)
		return err_nomem(e);
	if (!proc_run_ok(&(struct proc_spec){ .argv = argv, .env = words,
	    .timeout_ms = ASK_TIMEOUT_MS, .cancel = ctx->cancel }, &r, e))
		return false;
	at = strstr(buf_str(&r.out), label);
	if (at == NULL || !mongo_major_of(at + strlen(label), major))
		return err_set(e, ERR_PROC, 0, T_HOW_NO_VERSION, binary);
	return true;
}
