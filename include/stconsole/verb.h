/*
 * The verb table: the only way anything is read or changed.  Menu, command
 * line, help, man page, completion and audit line are all printed from it.
 *
 * A verb has exactly one of read, plan and direct.
 *   read    reads and answers JSON.
 *   plan    changes nothing; says what would be done (plan.h).
 *   direct  steers the engine itself (job.resume, job.cancel): acts at once,
 *           needs its role, and is recorded in the audit.
 */
#ifndef STCONSOLE_VERB_H
#define STCONSOLE_VERB_H

#include <jansson.h>

#include "stconsole/ctx.h"
#include "stconsole/plan.h"

enum param_type {
	PARAM_TEXT,		/* any UTF-8 text */
	PARAM_MAIL,		/* local@domain, no spaces */
	PARAM_INT,		/* min..max */
	PARAM_FLAG,		/* --name, no value; true */
	PARAM_CHOICE,		/* one of choices "a|b|c" */
	PARAM_DURATION,		/* "90", "90s", "15m", "2h", "7d": seconds */
	PARAM_INPUT,		/* a file or "-": its content as text */
	PARAM_SECRET		/* a file or "-": its content, kept secret */
};

struct verb_param {
	const char	*name;		/* lower_snake; --lower-snake */
	enum param_type	 type;
	bool		 required;
	bool		 positional;	/* may be typed without its name */
	bool		 many;		/* the remaining words; JSON array */
	const char	*choices;
	int64_t		 min, max;	/* PARAM_INT; INT64 range when equal */
	const char	*help;		/* one line */
};

typedef bool (*verb_read)(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
typedef bool (*verb_plan)(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);

struct verb {
	const char		*name;		/* "admin.add" */
	const char		*help;		/* one line, imperative */
	const char		*detail;	/* for man, or NULL */
	enum role		 role;		/* at least */
	enum risk		 risk;
	bool			 no_site;	/* works without a deployment */
	bool			 follows;	/* may run until cancelled */
	/*
	 * Reads the site but writes elsewhere: no snapshot goes before it,
	 * and "--site demo" lends nobody the role it needs.
	 */
	bool			 writes_elsewhere;
	const struct verb_param	*params;
	size_t			 param_count;
	verb_read		 read;
	verb_plan		 plan;
	verb_read		 direct;
	/*
	 * Shape of the result in the words of schema.h; NULL for plans, whose
	 * shape is that of plan_json().
	 */
	const char		*schema;
	/*
	 * How a person sees it: "member: column=Heading,column=Heading" shows
	 * that array as a table, NULL shows "name: value" lines, "raw: member"
	 * shows that string byte for byte and nothing else on stdout.
	 */
	const char		*view;
};

/* A module's entry: its verbs and the actions its steps name (action.h). */
struct service {
	const char		*name;
	const struct verb	*verbs;
	size_t			 verb_count;
	const struct action	*actions;
	size_t			 action_count;
};

struct registry {
	const struct service *const *services;
	size_t			 count;
};

const struct verb *registry_verb(const struct registry *r, const char *name);
const struct action *registry_action(const struct registry *r,
	     const char *name);
/*
 * The longest verb that the first words spell, and how many words it took;
 * NULL when none.  "admin add kim@corp.test" is admin.add, 2.
 */
const struct verb *registry_match(const struct registry *r,
	     const char *const *words, size_t count, size_t *used);

/*
 * Checks params (an object of parameter names; strings are converted to the
 * parameter's type) against the table: unknown, missing and malformed ones
 * are ERR_USAGE.  New object with every given parameter.
 */
json_t	*verb_params(const struct verb *v, const json_t *given, struct err *e);
/*
 * The same for the value of one parameter (an array where it takes many): a
 * form checks while somebody types.  New reference, NULL with *e.
 */
json_t	*verb_param_value(const struct verb_param *p, const json_t *given,
	     struct err *e);

/*
 * The one door.  Checks role and read-only mode, then reads, plans or acts.
 * For a plan verb *plan is filled (owned by the caller, with the prologue
 * in front and its hash made); otherwise *result.
 */
bool	 verb_call(struct ctx *ctx, const struct verb *v,
	     const json_t *params, json_t **result, struct plan **plan,
	     struct err *e);

/*
 * The command line of a call, as it is shown by F6 and written to audit and
 * script log: "stconsole --site DIR admin add kim@corp.test".  Secrets are
 * written as "--value-file -".
 */
void	 verb_command(const struct ctx *ctx, const struct verb *v,
	     const json_t *params, struct buf *out);

/* "{"$secret": name}" for params. */
json_t	*verb_secret_ref(const char *name);

/*
 * The house's own: verb.* job.* lock.* audit.* settings.* about, and the
 * actions of undo and settings.
 */
extern const struct service core_service, undo_service, settings_service,
	about_service;

#endif
