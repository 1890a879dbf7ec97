/*
 * What a verb function is given: the world it acts in.  Made by main, one for
 * each call; nothing in it is global.  Services reach the site by
 * site_need(), never by the members.  Used by one thread at a time.
 */
#ifndef STCONSOLE_CTX_H
#define STCONSOLE_CTX_H

#include <jansson.h>

#include "stconsole/cancel.h"
#include "stconsole/clock.h"
#include "stconsole/role.h"
#include "stconsole/secret.h"

struct mongo;
struct plan;
struct progress;
struct registry;
struct site;
struct store;
struct support_kept;
struct undo_source;

#define CTX_SECRETS	4

struct ctx_secret {
	const char	*name;		/* the parameter's name */
	struct secret	*value;
};

/* The file that an input parameter was read from. */
struct ctx_input {
	const char	*name;		/* the parameter's name */
	const char	*path;		/* absolute; borrowed */
};

struct ctx {
	const struct registry	*registry;
	struct store		*store;		/* the state folder */
	const struct clock	*clock;
	struct cancel		*cancel;
	const struct identity	*who;
	bool			 read_only;
	struct progress		*progress;	/* NULL: nobody listens */

	/*
	 * Which site, as the user said (NULL: find it), and once found.
	 * site_need sets site_wanted to the folder that it found, so that
	 * audit and script log name it.
	 */
	const char		*site_wanted;
	struct site		*site;
	char			 site_id[65];	/* "" until found */
	char			 site_adopted[4096];	/* its words, if ours */

	/* The connection kept between steps: mongo_need, mongo_forget. */
	struct mongo		*mongo;

	/* What support.bundle listed and will write: support_forget. */
	struct support_kept	*support_kept;

	/* What core keeps of the jobs that are being undone. */
	struct undo_source	*undo_sources;

	/*
	 * The values of secret parameters of this call.  In params they are
	 * {"$secret": NAME}; see verb.h.
	 */
	struct ctx_secret	 secrets[CTX_SECRETS];
	struct ctx_input	 inputs[CTX_SECRETS];

	/*
	 * Called on every plan that changes something, after the verb made
	 * it: the site puts its snapshot in front here.  Set by main.
	 */
	bool	(*prologue)(struct ctx *ctx, struct plan *plan, struct err *e);

	/*
	 * For ctx_close: what services keep, and the site.  Either may be
	 * NULL.  Set by main.
	 */
	void	(*services_end)(struct ctx *ctx);
	void	(*site_free)(struct site *site);

	/*
	 * Lines of a verb that follows (site.logs --follow), as they come;
	 * NULL: collect them into the result.
	 */
	void	(*on_line)(void *arg, const char *line);
	void	*on_line_arg;
};

/*
 * A job goes on at its own site, wherever it is called from: takes the job's
 * site unless the user named one.  False with ERR_JOB when that is another.
 */
bool	 ctx_site_adopt(struct ctx *ctx, const char *job, const char *site_id,
	     const char *site_wanted, struct err *e);

/*
 * What this call may do at its site: the caller's role, but admin on the
 * demo, which belongs to whoever started it: this process's user.
 */
enum role ctx_role(const struct ctx *ctx);

/* Ends what was opened for this call: connections, then the site. */
void	 ctx_close(struct ctx *ctx);

/* The secret of a parameter of this call, or NULL.  Borrowed. */
const struct secret *ctx_secret(const struct ctx *ctx, const char *name);

#endif
