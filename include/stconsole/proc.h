/*
 * Child processes: argv arrays only, never a shell.  The child gets no open
 * descriptor but 0, 1, 2, a clean signal mask, a process group of its own,
 * and the caller's environment plus env.  At the timeout and on cancel the
 * group is asked to end (SIGTERM) and killed 2 s later.  Any thread.
 */
#ifndef STCONSOLE_PROC_H
#define STCONSOLE_PROC_H

#include <jansson.h>
#include <sys/types.h>

#include "stconsole/buf.h"
#include "stconsole/cancel.h"

struct proc_spec {
	const char *const	*argv;		/* NULL-terminated, by PATH */
	const char *const	*env;		/* "NAME=value", then NULL */
	const char		*cwd;		/* NULL: ours */
	const void		*input;		/* for stdin, or NULL */
	size_t			 input_len;
	int			 timeout_ms;	/* 0: none */
	size_t			 output_max;	/* 0: 16 MiB; more is cut */
	const struct cancel	*cancel;	/* may be NULL */
	/* Whole lines of stdout as they come, instead of collecting them. */
	void			(*line)(void *arg, const char *line);
	void			*arg;
	/* stderr goes where stdout goes, in the order it was written. */
	bool			 merges_err;
};

struct proc_result {
	int		 exit_code;	/* 128 + signal when killed */
	bool		 cut;		/* output was longer than output_max */
	struct buf	 out;
	struct buf	 err;
};

#define AUTO_PROC_RESULT	__attribute__((cleanup(proc_result_fini)))

/*
 * Runs to the end.  False when the program is missing (ERR_PROC, code
 * ENOENT), at the timeout (ETIMEDOUT) or on cancel; a program that ends with
 * another exit code than 0 is a true result.
 */
bool	 proc_run(const struct proc_spec *spec, struct proc_result *r,
	     struct err *e);
/* As proc_run, but a non-zero exit is ERR_PROC with the last stderr line. */
bool	 proc_run_ok(const struct proc_spec *spec, struct proc_result *r,
	     struct err *e);
void	 proc_result_fini(struct proc_result *r);
/* True when PATH holds the program. */
bool	 proc_exists(const char *program);
/* The argv as a line that a shell would read back, for showing. */
void	 proc_argv_show(const char *const *argv, struct buf *out);
/* NULL-terminated array of borrowed strings; free the array only. */
const char **proc_argv_from_json(const json_t *argv);
/*
 * Start time of a process in clock ticks since boot, 0 when it is gone or
 * only waits to be reaped.
 */
unsigned long long proc_start_time(pid_t pid);

#endif
