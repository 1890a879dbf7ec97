/*
 * Kill tests and fault injection on the real program: one command line is
 * run again and again, each time with the next durable call (or allocation)
 * being the one at which it is killed or refused, until it gets through.
 * After each, the caller's check looks at the world.
 */
#ifndef TESTS_KILL_H
#define TESTS_KILL_H

#include "run.h"

struct kill_case {
	const char	*what;		/* as in tests/fault/fault.c */
	const char	*only;		/* one call, or NULL */
	const char	*const *argv;	/* words after --state DIR --json */
	const char	*input;
	void		*arg;
	/* A fresh world; called before each run. */
	void		(*setup)(void *arg);
	/*
	 * After each run.  hit: the fault happened (else the run was whole).
	 * state is the state folder of the run.
	 */
	void		(*check)(void *arg, const char *state,
			    const struct run_result *r, bool hit);
	/*
	 * Instead of check: the exit status that the fault leads to is
	 * looked at by kill.c, then this at the world.
	 */
	void		(*ends_well)(void *arg, const char *state);
	/* Every step-th call; 0, or with KILL_EVERYWHERE (soak): each. */
	int		 step;
};

/* Prints and returns how often the fault happened; fails when it never did. */
int	 kill_at_every_call(const struct kill_case *c);

/*
 * Ends what the kill left: resumes every job that is not at its end; when
 * there is no job at all, the command is run again.
 */
void	 kill_recover(const char *state, const char *const *argv,
	     const char *input);

#endif
