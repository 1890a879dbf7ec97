/*
 * MongoDB made ready for Sametime: mongo.prepare.
 */
#ifndef STCONSOLE_PREPARE_H
#define STCONSOLE_PREPARE_H

#include "stconsole/verb.h"

/*
 * Adds to a plan the writes of a MongoDB URL for every place in which the
 * site names MongoDB, with locks and undo, and what makes it take effect
 * (site_plan_mongo_url, which see).  ERR_MONGO for a URL that is none.
 */
bool	 prepare_plan_urls(struct ctx *ctx, struct plan *plan,
	     const struct secret *new_url, struct err *e);

/* User and password of a URL, decoded; NULL for none. */
bool	 prepare_url_account(const struct secret *url, char **user,
	     struct secret **password, struct err *e);

extern const struct service prepare_service;

#endif
