/*
 * How a change of the site's files takes effect: collected file by file,
 * then added to a plan as steps behind the writes.  Private to src/site.
 * Facts 4.1: a mere restart does not reload env files.
 */
#ifndef STCONSOLE_SITE_EFFECT_H
#define STCONSOLE_SITE_EFFECT_H

#include "stconsole/buf.h"
#include "stconsole/plan.h"
#include "stconsole/site.h"

enum touch { TOUCH_NONE, TOUCH_RESTART, TOUCH_RECREATE };

/* What the files that were added ask for; filled by effect.c. */
struct effect {
	const struct site	*site;
	enum touch		*touch;		/* by service */
	bool			 whole;		/* the compose file itself */
	json_t			*paths;		/* every file that changes */
	json_t			*unused;	/* keys that no service takes */
};

struct effect *effect_new(const struct site *site, struct err *e);
void	 effect_free(struct effect *effect);
/*
 * One file that changes; NULL for a side where it is not there.  Equal
 * content has no effect.
 */
bool	 effect_add(struct effect *effect, const char *path,
	     const struct buf *before, const struct buf *after,
	     struct err *e);
/*
 * Adds the steps, or a note that says what to do by hand where nothing runs
 * that could be told.
 */
bool	 effect_plan(struct ctx *ctx, struct plan *plan,
	     const struct effect *effect, struct err *e);
/* All three for a plan that changes one file. */
bool	 effect_plan_file(struct ctx *ctx, struct plan *plan,
	     const char *path, const struct buf *before,
	     const struct buf *after, struct err *e);

#endif
