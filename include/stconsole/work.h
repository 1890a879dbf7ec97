/*
 * Calls that nobody waits for: a verb is started, its progress, lines and
 * answer come as events.  Two makers of the same thing: work_local_new runs
 * calls on threads of this process, control.h's attaches to "stconsole
 * serve" and lets them run there.  Screens and serve know only this.
 *
 * One thread owns a struct work and calls everything here; none of it waits
 * for a network, a disk or another thread.
 */
#ifndef STCONSOLE_WORK_H
#define STCONSOLE_WORK_H

#include <jansson.h>

#include "stconsole/buf.h"
#include "stconsole/world.h"

struct work;

enum work_kind {
	WORK_CALL,		/* a reading verb, or one that steers */
	WORK_PLAN,		/* a changing verb's preview */
	WORK_APPLY,		/* that plan, by its hash */
	WORK_WAIT		/* job_wait for params.id: until confirmed */
};

/* Whom a call is for, when that is not the world's: serve's peers. */
struct work_as {
	struct identity		 who;
	bool			 read_only;
	const char		*site;		/* NULL: find it */
};

struct work_call {
	enum work_kind		 kind;
	const char		*verb;		/* "admin.add" */
	const json_t		*params;	/* object, or NULL for none */
	/* Values of secret parameters; copied.  params need not name them. */
	struct ctx_secret	 secrets[CTX_SECRETS];
	/* Where the text of inputs was read, for the shown command; copied. */
	struct ctx_input	 inputs[CTX_SECRETS];
	const char		*hash;		/* WORK_APPLY: 64 digits */
	int			 confirm_within_s;	/* 0: keep */
	const struct work_as	*as;		/* NULL: as the world says */
};

enum work_event_kind {
	/*
	 * data: the members of struct progress_event; of each step and phase
	 * the latest only.
	 */
	WORK_PROGRESS,
	/* data: {"lines": [...], "lost": N} of a verb that follows. */
	WORK_LINES,
	/*
	 * data: {"result": ...} as far as a reading verb has it, see
	 * progress_partial; the latest only.
	 */
	WORK_PARTIAL,
	/*
	 * data: the document of --json ("ok", "result" or "plan", "job",
	 * "error"), and beside it "status" (the exit status), "command"
	 * (the line that does the same, without --yes), "site" as
	 * world_hooks.site_told says (when known), "banner" (that hook's
	 * line, when it has one), "at" (wall clock, ms: of the job's end, or
	 * now) and "warning" (a sentence about jobs that could not be undone
	 * in time, on the first answer).  The last event of a call.
	 */
	WORK_ANSWER,
	/* Id 0: a job began, went on or ended, maybe by somebody else. */
	WORK_JOBS,
	/* Id 0: serve went away; calls under way get an answer with ERR_SYS. */
	WORK_LOST,
	/* Id 0: somebody else operates now, or nobody; see work_operator. */
	WORK_OPERATOR
};

/*
 * Of several consoles at one serve one operates, the others look on: what
 * would change something is answered with ERR_HELD there.
 */
struct work_operator {
	bool		 is_mine;	/* this console may change */
	char		 user[64];	/* "": nobody operates */
	char		 where[64];	/* their terminal */
	int64_t		 since_ms;	/* wall clock */
};

struct work_event {
	enum work_event_kind	 kind;
	unsigned		 id;	/* of work_start */
	json_t			*data;	/* new reference, or NULL */
};

/* threads: at most so many calls at once; the others queue. */
struct work *work_local_new(const struct world *w, unsigned threads,
	     struct err *e);
/*
 * Asks running calls to stop (jobs as CANCEL_INTERRUPT), waits for jobs to
 * reach a safe point, at most 30 s, for other calls 1 s; then frees.
 */
void	 work_free(struct work *w);

/* Starts a call; its id (from 1), or 0 with *e. */
unsigned work_start(struct work *w, const struct work_call *call,
	     struct err *e);
/* Asks a call to stop; its answer still comes.  An unknown id is ignored. */
void	 work_cancel(struct work *w, unsigned id);
/* Readable when work_next has something. */
int	 work_fd(const struct work *w);
/* Takes the next event; false when there is none now. */
bool	 work_next(struct work *w, struct work_event *ev);
void	 work_event_fini(struct work_event *ev);
/* Jobs that end (or are interrupted) when this process ends. */
unsigned work_jobs_hosted(const struct work *w);
/* Whether calls run in serve, and live on when this process ends. */
bool	 work_is_attached(const struct work *w);

/* The command line of a call, as verb_command writes it. */
void	 work_command(const struct work *w, const char *verb,
	     const json_t *params, struct buf *out);
/* Which site the calls from now on mean (NULL: find it); copied. */
bool	 work_site_set(struct work *w, const char *site, struct err *e);
const char *work_site(const struct work *w);		/* borrowed, or NULL */
const struct world *work_world(const struct work *w);	/* borrowed */
/* Who may change; where no serve is, that is each console for itself. */
const struct work_operator *work_operator(const struct work *w);
/*
 * Asks to operate instead of whoever does; WORK_OPERATOR tells when it is
 * so.  False with *e where the role or --read-only forbids it.
 */
bool	 work_operator_take(struct work *w, struct err *e);

/* The caller's role as who runs the calls sees it. */
const struct identity *work_who(const struct work *w);

#endif
