/*
 * What the files of src/services/prepare share.  A step may have to act before
 * there are accounts, while they are made and when log-in is enforced: it
 * holds a door, the ways in that it tries in order.
 */
#ifndef PREPARE_H
#define PREPARE_H

#include "stconsole/action.h"
#include "stconsole/doc.h"
#include "stconsole/mongo.h"
#include "stconsole/prepare.h"
#include "stconsole/site.h"

#define SAMETIME_USER	"sametimeUser"
#define CLUSTER_USER	"sametimeClusterAdmin"
#define SET_NAME	"rs0"
#define HISTORY_DAYS	90

/* ---- url.c */

/* Percent-encodes whatever is not unreserved (RFC 3986, 2.3). */
void	 prepare_encode(const char *s, struct buf *out);

struct prepare_url {
	const struct secret	*base;		/* servers, TLS; or NULL */
	const char		*hosts;		/* NULL: the base's */
	const char		*user;		/* NULL: as in base */
	const struct secret	*password;
	const char		*set;		/* NULL: as in base */
};

/* The base with this account (of admin), these servers, this set. */
bool	 prepare_url_make(const struct prepare_url *u, struct secret **out,
	     struct err *e);
/* ---- roles.c: [{"role","db"}] */

/* New reference; of an unknown user name NULL. */
json_t	*prepare_roles_sametime(void);
json_t	*prepare_roles_cluster(void);
/* What is wanted and not there; what is there and neither wanted nor
 * tolerated (may be NULL).  New references. */
bool	 prepare_roles_audit(const json_t *have, const json_t *wanted,
	     const json_t *tolerated, json_t **missing, json_t **extra,
	     struct err *e);
/* "readWrite@meeting, dbAdmin@meeting"; malloc'd. */
char	*prepare_roles_show(const json_t *roles);

/* ---- door.c */

#define DOOR_MAX	5

struct prepare_door {
	struct secret	*urls[DOOR_MAX];	/* owned; tried in order */
	size_t		 count;
	char		*member;	/* the one server; NULL: as URLs say */
};

#define AUTO_DOOR	__attribute__((cleanup(prepare_door_fini)))

/* Copies; a NULL url or one that is there is nothing. */
bool	 prepare_door_add(struct prepare_door *d, const struct secret *url,
	     struct err *e);
void	 prepare_door_fini(struct prepare_door *d);
/* For args: the URLs as secrets of the plan.  New reference. */
json_t	*prepare_door_args(const struct ctx *ctx, struct plan *plan,
	     const struct prepare_door *d, struct err *e);
bool	 prepare_door_load(const struct ctx *ctx, const json_t *args,
	     struct prepare_door *d, struct err *e);
/*
 * Runs a command as the first account that logs in and may, at last as
 * nobody.  One that ends with 13 (18) could not be run by any.
 */
bool	 prepare_ask(struct ctx *ctx, const struct prepare_door *d,
	     const char *db, const char *command, json_t **reply,
	     struct err *e);
/* As nobody only: what the localhost exception permits. */
bool	 prepare_ask_as_nobody(struct ctx *ctx, const struct prepare_door *d,
	     const char *db, const char *command, json_t **reply,
	     struct err *e);
/* A command from values, as text; malloc'd, NULL: memory. */
char	*prepare_words(json_t *command);

/* ---- look.c: what is, before anything is planned */

struct prepare_user {
	bool		 exists;
	json_t		*roles;		/* [{"role","db"}] */
};

struct prepare_look {
	struct ctx		*ctx;
	struct site		*site;
	struct secret		*site_url;	/* NULL: none */
	struct secret		*keeper;	/* second account, or NULL */
	struct prepare_door	 door;
	char			*hosts;		/* "a:1,b:2" of the URL */
	enum mongo_kind		 kind;
	char			 set[128];	/* "" */
	/* By the plan so far: what the URLs must say; "" as it is. */
	char			 set_after[128];
	char			 host_after[300];
	size_t			 member_count;	/* of a set */
	bool			 is_ghost;	/* replSetName, no config */
	bool			 are_users_known;
	bool			 is_exception_open;
	bool			 is_auth_off;
	struct prepare_user	 sametime, cluster;
	json_t			*options;	/* parsed; NULL: unknown */
	json_t			*argv;
	json_t			*run;		/* RUN of mongo_set.h */
};

#define AUTO_LOOK	__attribute__((cleanup(prepare_look_fini)))

/* Names of the two accounts as asked for. */
bool	 prepare_look(struct ctx *ctx, const json_t *params,
	     struct prepare_look *l, struct err *e);
void	 prepare_look_fini(struct prepare_look *l);

/* ---- the parts; each adds its steps to the plan */

struct prepare_wish {
	const char		*set, *host, *key_file, *user, *cluster_user;
	const struct secret	*password, *cluster_password, *url;
	int64_t			 ttl_days;	/* 0: not given */
	bool			 revokes;
	/* Parts. */
	bool			 set_part, accounts, chat, indexes, urls;
};

bool	 prepare_plan_accounts(struct prepare_look *l,
	     const struct prepare_wish *w, struct plan *plan, struct err *e);
bool	 prepare_plan_set(struct prepare_look *l,
	     const struct prepare_wish *w, struct plan *plan, struct err *e);
bool	 prepare_plan_chat(struct prepare_look *l,
	     const struct prepare_wish *w, struct plan *plan, struct err *e);
bool	 prepare_plan_switch(struct prepare_look *l,
	     const struct prepare_wish *w, struct plan *plan, struct err *e);

/* ---- chat.c */

/* TTL and dummies as they are and should be:
 * {"dummies":[{"collection","there":BOOL|null}],"indexes":[{"collection",
 *  "name","there":BOOL|null,"days":INT?,"wanted_days":INT}]}. */
bool	 prepare_chat_look(struct prepare_look *l, int64_t ttl_days,
	     json_t **out, struct err *e);

/* mongo.member.add, mongo.compose, mongo.ready */
bool	 prepare_member_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);
bool	 prepare_compose_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
bool	 prepare_ready_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);

/* ---- actions.c: the table; the functions stand with their subject */

#define PREPARE_PROBE(name) bool name(struct ctx *, const json_t *, \
	    const json_t *, enum probe *, json_t *, struct err *)
#define PREPARE_ACT(name) bool name(struct ctx *, const json_t *, \
	    const json_t *, struct err *)

PREPARE_PROBE(prepare_make_probe);
bool	 prepare_make_prepare(struct ctx *ctx, const json_t *args,
	     json_t *memo, struct err *e);
PREPARE_ACT(prepare_make_act);
PREPARE_ACT(prepare_make_undo);
PREPARE_PROBE(prepare_grant_probe);
PREPARE_ACT(prepare_grant_act);
PREPARE_PROBE(prepare_revoke_probe);
PREPARE_ACT(prepare_revoke_act);
PREPARE_PROBE(prepare_dummy_probe);
PREPARE_ACT(prepare_dummy_act);
PREPARE_ACT(prepare_dummy_undo);
PREPARE_PROBE(prepare_index_probe);
PREPARE_ACT(prepare_index_act);
PREPARE_ACT(prepare_index_undo);
PREPARE_ACT(prepare_ttl_act);
PREPARE_ACT(prepare_ttl_undo);

PREPARE_PROBE(prepare_before_probe);
bool	 prepare_before_prepare(struct ctx *ctx, const json_t *args,
	     json_t *memo, struct err *e);
PREPARE_ACT(prepare_before_act);
PREPARE_ACT(prepare_before_undo);
PREPARE_PROBE(prepare_key_probe);
PREPARE_ACT(prepare_key_act);
PREPARE_ACT(prepare_key_undo);
PREPARE_PROBE(prepare_conf_probe);
PREPARE_ACT(prepare_conf_act);
PREPARE_ACT(prepare_conf_undo);
PREPARE_PROBE(prepare_restart_probe);
PREPARE_ACT(prepare_restart_act);
PREPARE_PROBE(prepare_initiate_probe);
PREPARE_ACT(prepare_initiate_act);
PREPARE_PROBE(prepare_primary_probe);
PREPARE_PROBE(prepare_add_probe);
PREPARE_ACT(prepare_add_act);
PREPARE_ACT(prepare_add_undo);
PREPARE_PROBE(prepare_caught_up_probe);
PREPARE_PROBE(prepare_vote_probe);
PREPARE_ACT(prepare_vote_act);
PREPARE_ACT(prepare_vote_undo);

#define PREPARE_ACTIONS	16
extern const struct action prepare_actions[PREPARE_ACTIONS];

#endif
