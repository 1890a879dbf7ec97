/*
 * A world for tests of the engine: a state folder of its own and a service
 * whose actions act on small files in it.  toy.* verbs make plans of them.
 */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include "stconsole/job.h"
#include "stconsole/verb.h"

struct toy {
	struct ctx	 ctx;
	struct cancel	 cancel;
	struct identity	 who;
	struct clock	 clock;
	char		*dir;		/* the state folder */
	char		*world;		/* the folder that actions change */
};

void	 toy_init(struct toy *t);
/* Another process at the same state folder; not ended. */
void	 toy_join(struct toy *t, const char *dir);
void	 toy_fini(struct toy *t);
/* For cmocka: *state is a struct toy of the test's own. */
int	 toy_setup(void **state);
int	 toy_teardown(void **state);

/* The content of world/name, "" when it is not there; free it. */
char	*toy_get(const struct toy *t, const char *name);
void	 toy_put(const struct toy *t, const char *name, const char *value);

/*
 * Applies verb name with params (stolen).  Returns what job_apply returned;
 * *e and *r are filled.
 */
bool	 toy_apply(struct toy *t, const char *name, json_t *params,
	     struct job_result *r, struct err *e);
bool	 toy_undo(struct toy *t, const char *job, struct job_result *r,
	     struct err *e);

/*
 * The verb toy.set {"set": "a=1 b=2 ..."}: one write a word, in order.  The
 * words "wait:x=1", "held:x=1" and "expand:x,y=1" make other kinds;
 * "fail:x" fails always, "lie:x" acts without doing anything, "stop:x" stops
 * the process until x is "passed", "stopme:x=1" is interrupted while it works,
 * "busy:x=1" waits for what does not answer at first, "expandblob:x,y=1" works
 * out steps with content of their own.  toy.elsewhere is the same for a verb
 * that writes elsewhere than in its site.
 */
extern const struct service toy_service;

#endif
