/*
 * A server whose program is a file that somebody unpacked.  Without a unit the
 * binary is not put in another's place: which one runs is kept in
 * STATE/sites/SITE/mongo/HOST_PORT.json and it is started as the old one was.
 * With a unit the program that the unit names is replaced.
 */
#include <fcntl.h>
#include <limits.h>
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

#include "how_options.h"
#include "how_parts.h"
#include "text_how.def"

#define START_MS	6000
#define KEPT_MAX	65536

/* ---- plan */

static bool
is_major(const struct how_task *t, const char *binary, const json_t *env,
    const char *wanted, struct err *e)
{
	char major[MONGO_MAJOR_SIZE];

	if (access(binary, X_OK) < 0)
		return err_set(e, ERR_REFUSED, 0, T_HOW_NO_BINARY, wanted,
		    binary);
	if (!how_binary_major(t->ctx, binary, env, major, e))
		return false;
	return strcmp(major, wanted) == 0 ? true : err_set(e, ERR_REFUSED, 0,
	    T_HOW_OTHER_MAJOR, binary, major, wanted);
}

static bool
run_check(const struct how_task *t, const json_t *run, struct err *e)
{
	const char *by = json_text(run, "by");

	if (!json_flag(run, "local"))
		return err_set(e, ERR_REFUSED, 0, T_HOW_ELSEWHERE, t->member);
	if (strcmp(by, "package") == 0) {
		err_set(e, ERR_REFUSED, 0, T_HOW_IS_PACKAGE, t->member,
		    json_text(run, "package"));
		return err_hint(e, T_HOW_IS_PACKAGE_HINT);
	}
	if (strcmp(by, "tarball") != 0)
		return err_set(e, ERR_REFUSED, 0, T_HOW_NO_PROCESS, t->member,
		    json_str(run, "why") != NULL ? json_text(run, "why") :
		    by);
	if (t->wish == NULL || t->wish->binaries == NULL) {
		err_set(e, ERR_REFUSED, 0, T_HOW_BINARIES, t->member);
		return err_hint(e, T_HOW_BINARIES_HINT, t->to);
	}
	return true;
}

/* What the old one is called when it has to be put back. */
static bool
binaries_find(const struct how_task *t, json_t *args, struct err *e)
{
	const json_t	*env = json_object_get(args, "env");
	const char	*exe = json_text(args, "exe");
	AUTO_FREE char	*dir = realpath(t->wish->binaries, NULL);
	AUTO_FREE char	*to = str_format("%s/%s/bin/mongod", dir != NULL ?
	    dir : t->wish->binaries, t->to);
	AUTO_FREE char	*from = str_format("%s/%s/bin/mongod", dir != NULL ?
	    dir : t->wish->binaries, t->from);
	bool		 is_first;

	if (to == NULL || from == NULL)
		return err_nomem(e);
	is_first = access(exe, X_OK) == 0 &&
	    is_major(t, exe, env, t->from, NULL);
	if (!is_major(t, to, env, t->to, e) ||
	    (!is_first && !is_major(t, from, env, t->from, e)))
		return false;
	json_object_set_new(args, "binary", json_string(to));
	json_object_set_new(args, "old_binary", json_string(is_first ? exe :
	    from));
	return true;
}

/* A relative one hangs on the folder that the server was started in. */
static bool
config_find(json_t *args, struct err *e)
{
	const char	*file = how_argv_config(json_object_get(args, "argv"));
	AUTO_FREE char	*path = NULL;

	if (file == NULL)
		return true;
	path = *file == '/' ? strdup(file) : str_format("%s/%s",
	    json_text(args, "cwd"), file);
	if (path == NULL)
		return err_nomem(e);
	if (access(path, R_OK | W_OK) < 0)
		return err_sys(e, T_HOW_CONFIG, path);
	json_object_set_new(args, "config", json_string(path));
	return true;
}

/* Where it tells what stops it once its options are taken. */
static void
log_find(const struct how_task *t, json_t *args)
{
	const char *log = json_str(json_object_get(json_object_get(t->facts,
	    "options"), "systemLog"), "path");

	if (log == NULL)
		log = how_argv_value(json_object_get(args, "argv"),
		    "logpath");
	if (log != NULL)
		json_object_set_new(args, "log", *log == '/' ?
		    json_string(log) : json_sprintf("%s/%s",
		    json_text(args, "cwd"), log));
}

static bool
unit_find(const struct how_task *t, const char *unit, json_t *args,
    struct err *e)
{
	AUTO_FREE char *program = how_unit_program(t->ctx, unit, e);

	if (program == NULL)
		return false;
	if (geteuid() != 0)
		return err_set(e, ERR_REFUSED, 0, T_HOW_ROOT, t->member);
	json_object_set_new(args, "unit", json_string(unit));
	json_object_set_new(args, "program", json_string(program));
	json_object_set_new(args, "stop", json_pack("[s, s, s]", "systemctl",
	    "stop", unit));
	return true;
}

/* What only matters when we start it ourselves. */
static bool
alone_check(const struct how_task *t, json_t *args, struct err *e)
{
	uid_t uid = (uid_t)json_int(args, "uid", 0);

	if (geteuid() != 0 && uid != geteuid())
		return err_set(e, ERR_REFUSED, 0, T_HOW_ROOT, t->member);
	if (how_argv_has_password(json_object_get(args, "argv"))) {
		err_set(e, ERR_REFUSED, 0, T_HOW_PASSWORD, t->member);
		return err_hint(e, T_HOW_PASSWORD_HINT);
	}
	json_object_set_new(args, "notes", json_pack("[o]", json_sprintf(
	    T_HOW_NO_UNIT, t->member, json_text(args, "binary"))));
	return true;
}

static json_t *
tarball_plan(const struct how_task *t, struct err *e)
{
	const json_t		*run = json_object_get(t->facts, "run");
	const char		*unit = json_str(run, "unit");
	AUTO_JSON json_t	*args = json_object();

	if (args == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (!run_check(t, run, e) || !how_process_read(
	    (pid_t)json_int(run, "pid", 0), args, e) ||
	    !binaries_find(t, args, e) || !config_find(args, e) ||
	    (unit != NULL ? !unit_find(t, unit, args, e) :
	    !alone_check(t, args, e)))
		return NULL;
	log_find(t, args);
	return TAKE(args);
}

/* ---- which binary */

/* What is kept of this member, NULL: nothing yet. */
static json_t *
kept_read(const struct how_task *t, struct err *e)
{
	AUTO_FREE char		*path = how_state_path(t, ".json", e);
	AUTO_BUF struct buf	 text = BUF_INIT;

	if (path == NULL || !file_exists(AT_FDCWD, path) ||
	    !file_read(AT_FDCWD, path, KEPT_MAX, &text, e))
		return NULL;
	return json_parse(buf_str(&text), text.len, e);
}

static bool
kept_write(const struct how_task *t, const char *binary, const char *major,
    struct err *e)
{
	AUTO_FREE char		*path = how_state_path(t, ".json", e);
	AUTO_JSON json_t	*kept = json_pack("{s:s, s:s}", "binary",
	    binary, "major", major);
	AUTO_FREE char		*text = kept != NULL ? json_canonical(kept) :
	    NULL;

	if (path == NULL)
		return false;
	if (text == NULL)
		return err_nomem(e);
	return file_write(AT_FDCWD, path, text, strlen(text), 0600, e);
}

/*
 * The binary that start would run.  What is kept from another upgrade, long
 * ago, is of neither major and does not count.
 */
static bool
binary_now(const struct how_task *t, char **binary, char *major,
    struct err *e)
{
	struct err		 why = { .domain = ERR_NONE };
	AUTO_JSON json_t	*kept = kept_read(t, &why);
	const char		*name = json_str(t->args, "program");

	if (why.domain != ERR_NONE)
		return err_copy(e, &why);
	if (name == NULL && (strcmp(json_text(kept, "major"), t->from) == 0 ||
	    strcmp(json_text(kept, "major"), t->to) == 0))
		name = json_str(kept, "binary");
	if (name == NULL)
		name = json_text(t->args, "old_binary");
	*binary = strdup(name);
	if (*binary == NULL)
		return err_nomem(e);
	return how_binary_major(t->ctx, *binary, json_object_get(t->args,
	    "env"), major, e);
}

static bool
tarball_is_swapped(const struct how_task *t, bool *yes, struct err *e)
{
	AUTO_FREE char	*binary = NULL;
	char		 major[MONGO_MAJOR_SIZE];

	*yes = false;
	if (!binary_now(t, &binary, major, e))
		return false;
	*yes = strcmp(major, t->to) == 0;
	return true;
}

/* ---- swap */

static bool
tarball_swap(const struct how_task *t, struct err *e)
{
	const char	*binary = json_text(t->args, "binary");
	const char	*program = json_str(t->args, "program");
	const char	*config = json_str(t->args, "config");
	bool		 done;

	if (config != NULL && !how_config_swap(config, t->to, e))
		return false;
	if (!tarball_is_swapped(t, &done, e) || done)
		return done;
	return program != NULL ? how_program_swap(program, binary, t->from,
	    e) : kept_write(t, binary, t->to, e);
}

static bool
tarball_unswap(const struct how_task *t, struct err *e)
{
	const char	*program = json_str(t->args, "program");
	const char	*config = json_str(t->args, "config");
	AUTO_FREE char	*binary = NULL;
	char		 major[MONGO_MAJOR_SIZE];

	if (!binary_now(t, &binary, major, e))
		return false;
	if (strcmp(major, t->from) != 0 && (program != NULL ?
	    !how_program_unswap(program, t->from, e) : !kept_write(t,
	    json_text(t->args, "old_binary"), t->from, e)))
		return false;
	return config == NULL || how_config_unswap(config, t->to, e);
}

static json_t *
tarball_show_swap(const struct how_task *t)
{
	const char	*program = json_str(t->args, "program");
	struct stat	 st;

	if (program == NULL)
		return NULL;
	if (lstat(program, &st) == 0 && S_ISLNK(st.st_mode))
		return json_pack("[s, s, s, s]", "ln", "-sfn",
		    json_text(t->args, "binary"), program);
	return json_pack("[s, s, s]", "cp", json_text(t->args, "binary"),
	    program);
}

/* ---- start */

static json_t *
argv_for(const struct how_task *t, const char *binary, const char *major)
{
	const struct how_options o = { how_removed, how_removed_count, major };
	json_t *argv = how_argv_without(json_object_get(t->args, "argv"), &o,
	    NULL);

	if (argv != NULL)
		json_array_set_new(argv, 0, json_string(binary));
	return argv;
}

static json_t *
tarball_show_start(const struct how_task *t)
{
	const char *unit = json_str(t->args, "unit");

	return unit != NULL ? json_pack("[s, s, s]", "systemctl", "start",
	    unit) : argv_for(t, json_text(t->args, "binary"), t->to);
}

/* Where stdout of the old one went, else a file of ours. */
static char *
out_path(const struct how_task *t, struct err *e)
{
	const char	*old = json_str(t->args, "stdout");
	char		*path = old != NULL ? strdup(old) :
	    how_state_path(t, ".out", e);

	if (path == NULL && old != NULL)
		err_nomem(e);
	return path;
}

static bool
ended_err(const struct how_task *t, const char *out,
    const struct how_launch_result *r, struct err *e)
{
	AUTO_FREE char	*said = how_words_file(out, r->out_from);

	if (said == NULL && json_str(t->args, "log") != NULL)
		said = how_words_file(json_text(t->args, "log"), 0);
	return err_set(e, ERR_PROC, r->exit_code, T_HOW_ENDED, t->member,
	    r->exit_code, said != NULL ? said : T_HOW_NO_WORDS);
}

static bool
start_alone(const struct how_task *t, struct err *e)
{
	AUTO_FREE char		*binary = NULL;
	AUTO_FREE char		*out = out_path(t, e);
	AUTO_JSON json_t	*argv = NULL;
	char			 major[MONGO_MAJOR_SIZE];
	struct how_launch	 l = { .ctx = t->ctx, .args = t->args,
		.out = out, .listens = t->member, .wait_ms = START_MS };
	struct how_launch_result r;

	if (out == NULL || !binary_now(t, &binary, major, e))
		return false;
	argv = argv_for(t, binary, major);
	if (argv == NULL)
		return err_nomem(e);
	/* A second one would only find the data in use. */
	if (how_process_same(binary, argv) != 0)
		return true;
	l.program = binary;
	l.argv = argv;
	if (!how_launch(&l, &r, e))
		return false;
	return r.how == HOW_ENDED ? ended_err(t, out, &r, e) : true;
}

static bool
tarball_start(const struct how_task *t, struct err *e)
{
	return json_str(t->args, "unit") != NULL ? how_unit_start(t, e) :
	    start_alone(t, e);
}

static char *
tarball_said(const struct how_task *t)
{
	const char	*log = json_str(t->args, "log");
	AUTO_FREE char	*out = NULL;
	char		*said = NULL;

	if (json_str(t->args, "unit") != NULL)
		return how_unit_said(t);
	if (log != NULL)
		said = how_words_file(log, 0);
	if (said != NULL)
		return said;
	out = out_path(t, NULL);
	return out != NULL ? how_words_file(out, 0) : NULL;
}

static bool
tarball_try(const struct how_task *t, struct err *e)
{
	return how_try_binary(t, json_text(t->args, "binary"), e);
}

const struct how how_tarball = {
	.name = "tarball",
	.plan = tarball_plan,
	.show_swap = tarball_show_swap,
	.show_start = tarball_show_start,
	.stop = how_unit_stop,
	.try = tarball_try,
	.is_swapped = tarball_is_swapped,
	.swap = tarball_swap,
	.unswap = tarball_unswap,
	.start = tarball_start,
	.said = tarball_said,
};
