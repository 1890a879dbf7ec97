/*
 * Verbs that take as long as a test wants, beside those of toy.h, and what a
 * test does with a struct work.
 */
#ifndef TESTS_WORK_TOY_H
#define TESTS_WORK_TOY_H

#include "stconsole/work.h"
#include "toy.h"

#define WORK_PATIENCE_MS	20000

/*
 * work.echo    what it was given, and how long its secret is
 * work.block   reads until it is told to stop
 * work.lines   tells "n" lines at once, then ends
 * work.gate    a job that goes on when toy_put(name) was done
 * work.count   a job that reports progress "n" times
 */
extern const struct registry work_toy_registry;

/* The world of t, as a program's main would make it. */
void	 work_toy_world(const struct toy *t, struct world *w);
/* Starts; the test fails when it cannot be.  params is stolen. */
unsigned work_toy_start(struct work *w, enum work_kind kind,
	     const char *verb, json_t *params);
/*
 * The data of the next event of that kind and call.  Other answers are kept
 * until they are awaited, other events dropped.  Fails the test when it does
 * not come.
 */
json_t	*work_toy_await(struct work *w, enum work_event_kind kind,
	     unsigned id);
/* For a test's end: drops the kept answers. */
void	 work_toy_forget(void);
/* Plans and applies, does not wait.  params is stolen. */
unsigned work_toy_apply(struct work *w, const char *verb, json_t *params,
	     int confirm_within_s);
/* Until that file of the world is there; for a gate that was reached. */
void	 work_toy_reached(const struct toy *t, const char *name);

#endif
