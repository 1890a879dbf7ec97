/*
 * What the files set*.c share: one server, being looked at.
 */
#ifndef MONGO_SET_PRIVATE_H
#define MONGO_SET_PRIVATE_H

#include "stconsole/mongo_set.h"

#include "driver.h"

#define SET_ADDRESS_SIZE	280
#define SET_LOOKS_MAX		64	/* a set has 50 members at most */

/* What is the same for every server of one reading. */
struct set_ask {
	struct ctx		*ctx;
	const struct secret	*url;
	unsigned		 flags;
	int			 timeout_ms;	/* mongo.timeout_ms */
	bool			 has_account;	/* the URL names one */
};

/*
 * One server.  Filled by a thread of its own, which uses nothing of ctx but
 * the clock; read by the caller when that has ended.
 */
struct set_look {
	const struct set_ask	*ask;
	char			 address[SET_ADDRESS_SIZE];
	/* Where its accounts would be asked for in vain. */
	bool			 is_arbiter;
	bool			 is_refused;	/* nobody is logged in */
	struct mongo		*m;		/* while it is looked at */
	json_t			*out;		/* MEMBER */
	json_t			*hello;		/* NULL: it is silent */
	json_t			*config;	/* replSetGetConfig.config */
	int64_t			 hello_ms;	/* when it said so, by us */
	struct err		 silence;	/* hello NULL: why */
	struct err		 login;		/* has_login false: why */
	bool			 no_memory;
};

/* Fills look; what cannot be known is null with its reason. */
void	 set_look_run(struct set_look *look);
void	 set_look_fini(struct set_look *look);

/* Puts null, and the reason into obj.unknown.  False: memory. */
bool	 set_unknown(json_t *obj, const char *name, const char *why,
	     struct err *e);
bool	 set_put(json_t *obj, const char *name, json_t *value,
	     struct err *e);
/*
 * A reply of admin, or NULL with why; role: what the account needs, it is
 * named when that is what it lacks.
 */
json_t	*set_command(struct mongo *m, const char *command, const char *role,
	     struct err *why);
/* The same of any database. */
json_t	*set_command_on(struct mongo *m, const char *db, const char *command,
	     const char *role, struct err *why);
/* A number of a reply, whatever its type. */
int64_t	 set_number(const json_t *obj, const char *name, int64_t fallback);
/* {"$date":...} of relaxed Extended JSON, -1 when it is none. */
int64_t	 set_date_ms(const json_t *date);

/* What is not brief, into look->out. */
bool	 set_facts_add(struct set_look *look, struct err *e);
/* The certificate that it shows. */
bool	 set_tls_add(struct set_look *look, struct err *e);

/* Runs the looks [from, to) beside each other and waits for all. */
bool	 set_round(struct set_look *looks, size_t from, size_t to,
	     struct err *e);
/* set_join.c: the members of one document out of all looks. */
bool	 set_join(struct set_look *looks, size_t count, json_t *out,
	     struct err *e);

#endif
