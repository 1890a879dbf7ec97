/*
 * Calls that are answered from files, for pictures that are the same every
 * day: tests/screen/answers/VERB.json holds what the demo site answered once
 * (a preview in VERB.plan.json, an applied plan in VERB.apply.json).  The
 * same screens run on real peers in tests/integration.
 */
#ifndef TESTS_SCREEN_FIXED_H
#define TESTS_SCREEN_FIXED_H

#include "stconsole/work.h"

/* wall_ms is what every answer says of its time. */
struct work *fixed_new(const struct world *w, int64_t wall_ms,
	     struct err *e);
/* Holds answers back until fixed_release: what is "asking" meanwhile. */
void	 fixed_hold(struct work *w);
void	 fixed_release(struct work *w);
/* How many calls were started, and the last one's verb and parameters. */
size_t	 fixed_count(const struct work *w);
const char *fixed_verb(const struct work *w);
/* How many of them change or steer something: all but questions and plans. */
size_t	 fixed_acted(const struct work *w);
const json_t *fixed_params(const struct work *w);
/* Lines of the last call, which follows; the array is taken. */
void	 fixed_lines(struct work *w, json_t *lines);
/* How many jobs it says that it hosts. */
void	 fixed_jobs_set(struct work *w, unsigned jobs);
/* An event as the maker would give it, for jobs of others. */
void	 fixed_event(struct work *w, enum work_event_kind kind);

#endif
