/*
 * What the ways share: reading a running server's process, starting one that
 * belongs to nobody, the words it leaves, what was kept of a member.
 * Private to how*.c.
 */
#ifndef UPGRADE_HOW_PARTS_H
#define UPGRADE_HOW_PARTS_H

#include <sys/types.h>

#include "how.h"
#include "stconsole/buf.h"
#include "stconsole/mongo_version.h"

/* ---- a running process */

/*
 * Adds to args what is needed to start the same again: exe, argv, cwd, uid,
 * gid, groups, umask, env (only names of a short list), nofile, nproc (soft
 * and hard, -1: no limit), stdout when it is a file.  No secret is among them.
 */
bool	 how_process_read(pid_t pid, json_t *args, struct err *e);
/* A process with this program and argv[1..], 0: none. */
pid_t	 how_process_same(const char *program, const json_t *argv);
/* Whether a process runs this program (or one replaced since). */
bool	 how_process_runs(pid_t pid, const char *program);
/* True for a variable that is kept: LD_LIBRARY_PATH, PATH, LC_* ... */
bool	 how_env_is_kept(const char *assignment);

/* ---- a binary */

/* What BINARY --version says, with env (array of NAME=value, or NULL). */
bool	 how_binary_major(struct ctx *ctx, const char *binary,
	     const json_t *env, char major[MONGO_MAJOR_SIZE], struct err *e);

/* ---- starting */

enum how_launched { HOW_LISTENS, HOW_ENDED, HOW_SILENT };

struct how_launch {
	struct ctx	*ctx;
	const char	*program;	/* a path */
	const json_t	*argv;		/* argv[0] is replaced by program */
	const json_t	*args;		/* cwd, uid ... as read above */
	const char	*out;		/* file for stdout and stderr */
	const char	*listens;	/* "host:port" */
	int		 wait_ms;	/* at most until it listens or ends */
	bool		 ends_with_us;	/* killed when the watch is over */
};

struct how_launch_result {
	enum how_launched how;
	pid_t		 pid;
	int		 exit_code;	/* 128 + signal */
	off_t		 out_from;	/* where its words begin in out */
};

/*
 * Starts a process in a session of its own that outlives us and is init's
 * child, and watches it until it listens, ends, or wait_ms is over.
 */
bool	 how_launch(const struct how_launch *l, struct how_launch_result *r,
	     struct err *e);

/* ---- words */

/*
 * The sentence that says why a server ended, out of what it printed: JSON
 * lines since 4.4, plain ones before; options are refused in plain text by
 * all.  malloc'd; NULL: nothing there.
 */
char	*how_words(const char *text, size_t len);
/* The same of the end of a file, from an offset on. */
char	*how_words_file(const char *path, off_t from);

/* ---- what is kept of a member: STATE/sites/SITE/mongo/HOST_PORT.* */

/* malloc'd; NULL with *e. */
char	*how_state_path(const struct how_task *t, const char *suffix,
	     struct err *e);

/* ---- configuration files */

/*
 * Takes out of FILE what the major no longer takes; the old one is kept as
 * FILE.before-MAJOR.  Nothing to take: nothing is written.
 */
bool	 how_config_swap(const char *file, const char *major, struct err *e);
/* Puts the kept one back, unless somebody has edited the file since. */
bool	 how_config_unswap(const char *file, const char *major,
	     struct err *e);

/* ---- systemd */

/* The program that ExecStart of a unit names; malloc'd.  NULL with *e. */
char	*how_unit_program(struct ctx *ctx, const char *unit, struct err *e);
/* systemctl with args.unit; start looks whether it stays up. */
bool	 how_unit_stop(const struct how_task *t, struct err *e);
bool	 how_unit_start(const struct how_task *t, struct err *e);
/* From the unit's journal. */
char	*how_unit_said(const struct how_task *t);

/*
 * A program in place of another: a link leads to binary, a file becomes a
 * copy of it; the one before is kept beside it as NAME.FROM.
 */
bool	 how_program_swap(const char *program, const char *binary,
	     const char *from, struct err *e);
bool	 how_program_unswap(const char *program, const char *from,
	     struct err *e);

/* ---- trying */

/*
 * Runs binary with the options of args (argv, config) on an empty folder and
 * a free port of loopback until it listens.
 */
bool	 how_try_binary(const struct how_task *t, const char *binary,
	     struct err *e);

#endif
