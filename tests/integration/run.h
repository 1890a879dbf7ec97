/*
 * The real program, run as a user would: every integration test goes through
 * here.  The binary is the one that was built beside the test (BUILD/stconsole
 * for BUILD/tests/integration/NAME).  A run has an empty HOME, TZ=UTC,
 * LC_ALL=C.UTF-8, no proxy and no terminal, and may take 300 s.
 *
 * A state folder of its own: make one with run_state_new() in the setup and
 * pass it by "--state"; without --state a run finds no writable default.
 */
#ifndef TESTS_RUN_H
#define TESTS_RUN_H

#include <jansson.h>

#include "stconsole/buf.h"

struct run_result {
	int		 exit_code;	/* 128 + signal when killed */
	struct buf	 out;		/* stdout, or all of a terminal */
	struct buf	 err;
	json_t		*json;		/* stdout, when it is one document */
};

#define AUTO_RUN	__attribute__((cleanup(run_result_fini)))

/*
 * argv: the words after "stconsole", NULL-terminated.  input: stdin, NULL for
 * none.  Fails the running cmocka test when the program cannot be started.
 */
struct run_result run_stconsole(const char *const argv[], const char *input);
/* The same with "--state STATE --json" in front. */
struct run_result run_json(const char *state, const char *const argv[],
	     const char *input);
void	 run_result_fini(struct run_result *r);

/* When the screen shows wait_for, keys are typed. */
struct run_reply {
	const char	*wait_for;
	const char	*keys;
};

/* On a terminal of 80 columns; replies in order, ended by { NULL, NULL }. */
struct run_result run_on_terminal(const char *const argv[],
	     const struct run_reply *replies);

/* A new folder for --state; malloc'd, removed by run_state_end (frees). */
char	*run_state_new(void);
void	 run_state_end(char *dir);
/* The path of the binary under test; static storage. */
const char *run_binary(void);

/*
 * Fails the test, showing stdout and stderr, unless the run ended with code.
 */
#define run_assert_exit(r, code) \
	run_assert_exit_at((r), (code), __FILE__, __LINE__)
void	 run_assert_exit_at(const struct run_result *r, int code,
	     const char *file, int line);

#endif
