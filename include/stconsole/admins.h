/*
 * Administrators of Sametime: the documents of meeting.administrators (facts
 * 2.1: _id is the hex text of an ObjectId, email the mail) joined with the
 * directory.  Mails are compared without regard to case, because nobody has
 * published what Sametime does with it.
 *
 * Two routes lead there: MongoDB, and the Admin API, whose paths are not
 * published and therefore are a setting (admins.api_path) and whose results
 * say "unverified".
 */
#ifndef STCONSOLE_ADMINS_H
#define STCONSOLE_ADMINS_H

#include "stconsole/ctx.h"
#include "stconsole/verb.h"

struct admins_count {
	size_t	 total;
	size_t	 found;		/* exactly one live entry of the directory */
	size_t	 missing;
	size_t	 disabled;
	size_t	 duplicate;
	size_t	 unknown;	/* the directory could not be asked */
	size_t	 with_problems;	/* other than to be unknown */
	char	 why_unknown[400];	/* "" when the directory answered */
};

/* For status: how many there are, by the configured route. */
bool	 admins_count(struct ctx *ctx, struct admins_count *out,
	     struct err *e);

extern const struct service admins_service;	/* admin.* */

#endif
