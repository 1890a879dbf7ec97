/*
 * For those who make a struct work (work.h); who uses one needs nothing of
 * this.  A maker's own struct begins with a struct work.
 */
#ifndef STCONSOLE_WORK_MAKER_H
#define STCONSOLE_WORK_MAKER_H

#include "stconsole/progress.h"
#include "stconsole/work.h"

struct work_ops {
	bool	 is_attached;
	void	 (*free)(struct work *w);
	unsigned (*start)(struct work *w, const struct work_call *call,
		     struct err *e);
	void	 (*cancel)(struct work *w, unsigned id);
	int	 (*fd)(const struct work *w);
	bool	 (*next)(struct work *w, struct work_event *ev);
	unsigned (*jobs_hosted)(const struct work *w);
	/* NULL: each operates for itself. */
	bool	 (*operator_take)(struct work *w, struct err *e);
};

struct work {
	const struct work_ops	*ops;
	const struct world	*world;		/* borrowed */
	char			*site;		/* NULL: find it */
	struct identity		 who;
	struct work_operator	 operator;
};

/* Takes site and identity from the world, which must outlive it. */
bool	 work_init(struct work *w, const struct work_ops *ops,
	     const struct world *world, struct err *e);
void	 work_fini(struct work *w);

/* The members of ev by their names; new, NULL when memory is gone. */
json_t	*work_progress_json(const struct progress_event *ev);
/* True for a call that carries out a job here: it must not be torn. */
bool	 work_call_is_job(const struct work_call *call, const struct verb *v);

/* The data of an answer that is an error; NULL when memory is gone. */
json_t	*work_error_json(const struct err *why);
/*
 * For serve, on what work_local_new made: nothing new is started, queued
 * calls are answered, running ones hear CANCEL_INTERRUPT.  Their answers
 * still come.
 */
void	 work_local_end(struct work *w);

#endif
