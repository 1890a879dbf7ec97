/*
 * What stands in the way of an upgrade (facts, mongodb.md 1.2, 1.4, 1.5 and
 * mongodb-real.md): the deployment as mongo_set_read saw it and a few reads
 * of its own, held against the rules of each hop.  Changes nothing.
 *
 * A report:
 *   {"from":"4.2","to":"5.0","chain":["4.4","5.0"],
 *    "verdict":"ok|warn|block","blocks":N,"warns":N,"unknown":N,
 *    "checks":[{"id":"C7","hop":"5.0"?,"member":NAME?,"fact":TEXT,
 *      "rule":TEXT,"verdict":"ok|warn|block|unknown","fix":TEXT?,
 *      "fix_verb":"mongo prepare"?,"assumed":BOOL}]}
 * What is unknown counts as a warning for the verdict; where the rule is to
 * block on it, it is a block and says that --assume-ok ID lets it pass.
 */
#ifndef UPGRADE_CHECK_H
#define UPGRADE_CHECK_H

#include "stconsole/mongo_version.h"

#include "how.h"

struct check_wish {
	const char		*to;		/* "6.0" */
	struct how_wish		 how;
	const json_t		*assume_ok;	/* array of ids, or NULL */
	const char		*backup;	/* one is made first */
	const char		*without_backup; /* why, or NULL */
	const char		*hcl_statement;	/* --hcl-statement, or NULL */
	/* Servers of two majors are the doing of the job that asks. */
	bool			 is_resumed;
	/* Starts the new binary on an empty folder (how.h), check T1. */
	bool			 wants_trial;
};

/*
 * All checks for the chain from what runs now to wish->to.  url:
 * mongo_keeper_url, for the reads that mongo_set_read does not do; what this
 * account may not read of the five databases is asked of the site's own.
 * set: not MONGO_SET_BRIEF.  A report that blocks is success here.
 * ERR_REFUSED: sharded, or no chain leads to wish->to.  ERR_USAGE: assume_ok
 * names what cannot be assumed.
 */
bool	 upgrade_check(struct ctx *ctx, const struct secret *url,
	     const json_t *set, const struct check_wish *wish,
	     json_t **report, struct err *e);
/*
 * Right before a hop: what may have changed since (C1 to C7, C9, C11, C12,
 * C14, C16 and the data of this hop).  set as above, read just now; wish->to
 * is not looked at.
 */
bool	 check_hop_now(struct ctx *ctx, const struct secret *url,
	     const json_t *set, const struct check_wish *wish,
	     const char *from, const char *to, json_t **report,
	     struct err *e);
/* Fills *e (ERR_REFUSED) from the first check that blocks; else true. */
bool	 check_report_passes(const json_t *report, struct err *e);
/*
 * The major that the data is of: the featureCompatibilityVersion that all
 * data members share, else the oldest binary.  "" when nothing is known.
 */
void	 check_from(const json_t *set, char out[MONGO_MAJOR_SIZE]);

#endif
