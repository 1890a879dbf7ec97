/*
 * Plans, progress and the ends of jobs in words.
 */
#ifndef UI_PLAN_TEXT_H
#define UI_PLAN_TEXT_H

#include <jansson.h>

#include "stconsole/buf.h"

/* All that is known of one change; members may be NULL. */
struct plan_told {
	const json_t	*answer;	/* to WORK_PLAN */
	const json_t	*progress;	/* the latest */
	const json_t	*end;		/* to WORK_APPLY or WORK_WAIT */
	bool		 is_asked, is_applied, waits, is_undone;
	int64_t		 seconds;	/* since it was asked */
};

void	 plan_tell(const struct plan_told *told, struct buf *out);
/* The name of what cannot be brought back, or NULL.  Borrowed. */
const char *plan_loses(const json_t *answer);
/* "step 2 of 3, write ...: [####....] 40 of 200 documents, 12/s, 1 min" */
void	 progress_tell(const json_t *progress, struct buf *out);
/* "done, verified at 14:03:22 · U undoes it", or what failed and why. */
void	 plan_end_tell(const json_t *answer, struct buf *out);

#endif
