/*
 * A compose site and a state folder of its own for the tests of snapshots,
 * with verbs called and applied as a user does it.
 */
#ifndef TESTS_SNAPSHOT_WORLD_H
#define TESTS_SNAPSHOT_WORLD_H

#include <jansson.h>
#include <sys/stat.h>
#include <time.h>

#include "site_tree.h"
#include "stconsole/job.h"
#include "stconsole/site.h"
#include "stconsole/verb.h"

struct world {
	struct site_tree	 tree;
	struct clock		 clock;
	struct cancel		 cancel;
	struct identity		 who;
	struct ctx		 ctx;
	char			*root, *state;
};

int	 snapshot_setup(void **state);
int	 snapshot_teardown(void **state);
/* A reading verb's result, NULL with *e; params are taken. */
json_t	*world_ask(struct world *w, const char *verb, json_t *params,
	     struct err *e);
/* A changing verb's plan, NULL with *e. */
struct plan *world_plan_of(struct world *w, const char *verb,
	     const json_t *params, struct err *e);
/* Plans and applies; false when the job did not end well. */
bool	 world_try(struct world *w, const char *verb, json_t *params,
	     struct job_result *result, struct err *e);
/* The job must end well. */
void	 world_apply(struct world *w, const char *verb, json_t *params);
/* snapshot.list; new reference. */
json_t	*world_snapshots(struct world *w);
size_t	 world_count(struct world *w);
/* The newest snapshot's id; malloc'd. */
char	*world_newest(struct world *w);
/* The oldest one's id, until the next call. */
const char *world_oldest(struct world *w);
/* snapshot take, applied. */
void	 world_take(struct world *w);
/* The clock goes on, so that ids and ages differ. */
void	 world_later(struct world *w, int64_t seconds);
/* snapshot diff: "changed custom.env\nmode .env\n". */
void	 world_assert_changes(struct world *w, const char *id,
	     const char *wanted);
void	 world_stat_of(struct world *w, const char *path, struct stat *st);
void	 world_assert_content(struct world *w, const char *path,
	     const char *wanted);
/* A file of the site, by its path below the root. */
void	 world_put(struct world *w, const char *path, const char *text);
void	 world_set_mode(struct world *w, const char *path, mode_t mode,
	     time_t mtime);

#endif
