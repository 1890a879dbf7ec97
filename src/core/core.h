/*
 * Private to src/core: journal, locks and the parts of a plan.
 */
#ifndef CORE_H
#define CORE_H

#include <jansson.h>

#include "stconsole/action.h"
#include "stconsole/job.h"
#include "stconsole/plan.h"
#include "stconsole/store.h"
#include "stconsole/verb.h"

/* --- journal.c: CRC'd, fsynced lines of one job --------------------- */

struct journal;

/*
 * Opens and locks (flock) a job's journal for writing.  A torn last line is
 * cut off; ERR_HELD when another process runs the job.
 */
struct journal *journal_open(const struct clock *clock, const char *path,
	     struct err *e);
void	 journal_close(struct journal *j);
/* Appends one durable line; data is a new reference or NULL, taken. */
bool	 journal_add(struct journal *j, const char *step, const char *phase,
	     json_t *data, struct err *e);
/* All lines as an array of {"seq","time","mono","step","phase","data"}. */
json_t	*journal_read(const char *path, struct err *e);
/* True while another process holds the journal. */
bool	 journal_is_held(const char *path);

/* --- lock.c: resources of a site ------------------------------------ */

struct lock_set;

/*
 * flock for writing on an open file.  Somebody who only looks whether it is
 * held (journal_is_held) has it for an instant; that is waited out.  False
 * with errno, EWOULDBLOCK when it is held.
 */
bool	 lock_fd(int fd);
/* Takes all or none; ERR_HELD names the holder. */
struct lock_set *lock_take(struct ctx *ctx, const json_t *resources,
	     const char *job, struct err *e);
void	 lock_release(struct lock_set *set);
/* [{"site","resource","held","pid","user","since","job","stale"}] */
json_t	*lock_list(struct ctx *ctx, struct err *e);

/* --- job_file.c: the folder of a job -------------------------------- */

struct job_file {
	char		 id[JOB_ID_SIZE];
	char		*dir;
	json_t		*meta;		/* plan.json: who, when, site, plan */
	json_t		*lines;		/* the journal, when read */
	json_t		*last;		/* "PHASE STEP": its last line */
};

bool	 job_file_make(struct ctx *ctx, const struct plan *plan,
	     const struct job_options *options, const char *id,
	     struct job_file *f, struct err *e);
bool	 job_file_open(struct ctx *ctx, const char *id, struct job_file *f,
	     struct err *e);
void	 job_file_fini(struct job_file *f);
/* DIR/name, malloc'd. */
char	*job_file_path(const struct job_file *f, const char *name);
/* Reads the journal again: the lines are older than the lock on it. */
bool	 job_file_reload(struct job_file *f, struct err *e);
/* The last line of a phase of a step ("" for the job's own), or NULL. */
const json_t *job_file_line(const struct job_file *f, const char *step,
	     const char *phase);
/* From the last state line alone; a job that says "running" was killed. */
enum job_state job_file_last_state(const struct job_file *f);
/* From the last state line and whether somebody holds the journal. */
enum job_state job_file_state(const struct job_file *f);
bool	 job_file_verified(const struct job_file *f);
/* Every job's id, newest first; new array. */
json_t	*job_file_ids(struct ctx *ctx, struct err *e);
/* The steps that took part: the plan's and the expanded ones, in order. */
json_t	*job_file_steps(const struct job_file *f);

/* What the journal says about one step. */
struct step_record {
	bool		 has_intent, is_done, was_done_before;
	bool		 is_verified;
	const json_t	*memo;		/* borrowed from the lines */
};
void	 job_file_step(const struct job_file *f, const char *step,
	     struct step_record *out);

/* --- job_step.c ------------------------------------------------------ */

struct run {
	struct ctx	*ctx;
	struct job_file	*file;
	struct journal	*journal;
	json_t		*locks;		/* names of what is held; owned */
	bool		 all_verified;
};

enum step_end { STEP_END_DONE, STEP_END_FAILED, STEP_END_HELD,
	STEP_END_STOPPED };

enum step_end step_run(struct run *run, const json_t *step, struct err *e);
/* True when somebody asked this job to stop. */
bool	 run_is_stopped(struct run *run, struct err *e);

/* --- undo.c ---------------------------------------------------------- */

/*
 * The jobs that the steps of an undo lead to are read once for a whole run
 * (ctx->undo_sources), since a job may have a thousand steps.
 */
void	 undo_forget(struct ctx *ctx);
bool	 job_undo_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);

/*
 * Whether this caller may steer a job: undoing or going on with what an
 * admin's verb does needs an admin.  The job's own site says whether it is
 * the demo, not --site.
 */
bool	 job_may_steer(const struct ctx *ctx, const struct job_file *f,
	     struct err *e);

/* --- guard.c ---------------------------------------------------------- */

bool	 guard_start(struct ctx *ctx, const struct job_file *f,
	     struct err *e);
bool	 guard_restart(struct ctx *ctx, const struct job_file *f,
	     struct err *e);
bool	 guard_watch(struct ctx *ctx, const char *id, struct err *e);

/* --- job.c ------------------------------------------------------------ */

/* Runs a plan that is sealed, locks included; no planning again. */
bool	 job_run_plan(struct ctx *ctx, struct plan *plan,
	     const struct job_options *options, struct job_result *result,
	     struct err *e);
/*
 * Plans; ERR_CHANGED when the hash (64 digits or a prefix of at least 8) is
 * another one, and *now is the plan all the same.
 */
bool	 job_plan_again(struct ctx *ctx, const struct verb *v,
	     const json_t *params, const char *hash, struct plan **now,
	     struct err *e);
bool	 job_id_is_valid(const char *id);
bool	 job_id_make(struct ctx *ctx, char id[JOB_ID_SIZE], struct err *e);

/* --- param.c ---------------------------------------------------------- */

/* A new reference to one value of the parameter's type, NULL with *e. */
json_t	*param_convert(const struct verb_param *p, const json_t *given,
	     struct err *e);
/* "text", "choice" ... as verb.list prints it. */
const char *param_type_name(enum param_type type);

/* --- settings.c, settings_write.c, settings_file.c -------------------- */

bool	 settings_list_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
bool	 settings_set_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);
bool	 settings_unset_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);
bool	 settings_export_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
bool	 settings_import_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);

/* --- verb tables spread over files ------------------------------------ */

bool	 job_list_read(struct ctx *, const json_t *, json_t **, struct err *);
bool	 job_show_read(struct ctx *, const json_t *, json_t **, struct err *);
bool	 job_resume_direct(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 job_confirm_direct(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 job_cancel_direct(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 job_guard_direct(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 job_takeover_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 lock_list_read(struct ctx *, const json_t *, json_t **, struct err *);
bool	 audit_list_read(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 audit_verify_read(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 verb_list_read(struct ctx *, const json_t *, json_t **, struct err *);

#endif
