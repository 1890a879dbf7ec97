/*
 * docker (compose v2), kubectl and helm as far as the tests named simulated
 * call them.  A test program that is started under one of these names, by a
 * link on PATH, becomes it: calls that change something are recorded, a line
 * each, in $FAKE_LOG; what they change is kept as JSON in $FAKE_STATE:
 *   {"root", "n", "log", "containers":[{"id","name","service","status",
 *    "started"}], "revision", "deployments":[{"name","replicas","generation",
 *    "restarted","lag"}]}
 * With $FAKE_GATE compose waits until that file is there, and says by
 * GATE.reached that it does.
 */
#ifndef TESTS_FAKE_PROGRAM_H
#define TESTS_FAKE_PROGRAM_H

#include <stdbool.h>

/* False when the program was started under its own name. */
bool	 fake_program_main(int argc, char **argv, int *code);

#endif
