/*
 * How the facts of a deployment are put together: set.c asks who the members
 * are, set_member.c each of them, set_facts.c for all that is not brief.
 */
#ifndef MONGO_SET_H
#define MONGO_SET_H

#include "stconsole/mongo_set.h"

struct set_ask {
	struct ctx		*ctx;
	const struct secret	*url;
	unsigned		 flags;
	int			 timeout_ms;
	json_t			*out;		/* the document */
	json_t			*status;	/* replSetGetStatus, or NULL */
};

/* {"why": TEXT} in unknown, and null as the value.  False: memory. */
bool	 set_unknown(json_t *of, const char *name, const char *why,
	     struct err *e);
bool	 set_put(json_t *of, const char *name, json_t *value, struct err *e);
/* A reply, or NULL with why; role: what the account needs. */
json_t	*set_command(struct mongo *m, const char *command, const char *role,
	     struct err *why);
/* hello, or isMaster up to 4.2. */
json_t	*set_hello(struct mongo *m, struct err *why);

/* Appends MEMBER; false for troubles of our own only. */
bool	 set_member_add(struct set_ask *a, const char *name,
	     const json_t *config, struct err *e);
/* The certificate that it shows. */
bool	 set_tls_add(struct set_ask *a, json_t *member, struct err *e);
/* What is not brief, into member. */
bool	 set_facts_add(struct set_ask *a, struct mongo *m, json_t *member,
	     struct err *e);

#endif
