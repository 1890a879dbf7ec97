/*
 * Shared by service.c and steps.c.
 */
#ifndef DUMP_STEPS_H
#define DUMP_STEPS_H

#include "restore.h"
#include "stconsole/action.h"

#define DUMP_ACTIONS	8
extern const struct action dump_actions[DUMP_ACTIONS];

/* Opens what args (or a plan's) name: the folder or archive, and reads what
 * it holds.  digest (65, may be NULL): of all of that. */
bool	 source_open(struct ctx *ctx, const char *from, const json_t *dbs,
	     struct restore *r, char *digest, struct err *e);
bool	 dump_timeout(struct ctx *ctx, int *ms, struct err *e);
/* {"db":[...]} to a NULL-terminated array of borrowed names; NULL for none. */
const char **dump_names(const json_t *list);

#endif
