/*
 * MongoDB: one connection, its documents and what it says of itself.  The
 * only place that includes the driver; everybody else sees documents as
 * canonical Extended JSON v2 text (the order of members and the types of
 * numbers are kept) with the SHA-256 of their BSON.
 *
 * A struct mongo is used by one thread and by the process that opened it.
 * Every error is one sentence that names the server or the account, with a
 * hint; a password is in none of them.
 */
#ifndef STCONSOLE_MONGO_H
#define STCONSOLE_MONGO_H

#include "stconsole/ctx.h"
#include "stconsole/digest.h"
#include "stconsole/verb.h"

struct mongo;

#define AUTO_MONGO	__attribute__((cleanup(mongo_close_at)))
#define AUTO_MONGO_DOC	__attribute__((cleanup(mongo_doc_fini)))

/* ERR_MONGO codes of our own; the server's are positive. */
#define MONGO_NO_ACCOUNT	(-2)	/* no second account was given */
#define MONGO_UNREACHABLE	(-3)
#define MONGO_NO_PRIMARY	(-4)
#define MONGO_BAD_URL		(-5)
#define MONGO_BAD_TLS		(-6)
#define MONGO_NOT_SET		(-7)	/* no set, not initiated, other name */
#define MONGO_WIRE_VERSION	(-8)
/* The server's own (error_codes.yml). */
#define MONGO_UNAUTHORIZED	13
#define MONGO_AUTH_FAILED	18
#define MONGO_NO_COMMAND	59
#define MONGO_WRITE_CONCERN	64
#define MONGO_DUPLICATE_KEY	11000

enum mongo_wants {
	MONGO_PRIMARY,		/* reads and writes go to the primary */
	MONGO_ANY		/* any member that answers: reading state */
};

enum mongo_kind {
	MONGO_STANDALONE,	/* works, but has no majority to speak of */
	MONGO_REPLICA_SET,
	MONGO_SHARDED
};

/*
 * Connects and logs in with the site's account.  Waits at most
 * mongo.timeout_ms (or what the URL says) for each server.
 */
bool	 mongo_open(struct ctx *ctx, enum mongo_wants wants,
	     struct mongo **out, struct err *e);
/*
 * The second account: the parameter admin_url_file of this call, or the
 * setting mongo.admin_url.  Neither: ERR_MONGO, MONGO_NO_ACCOUNT.
 */
bool	 mongo_open_admin(struct ctx *ctx, enum mongo_wants wants,
	     struct mongo **out, struct err *e);
/* By a URL of any origin; timeout_ms for each server. */
bool	 mongo_open_url(const struct secret *url, enum mongo_wants wants,
	     int timeout_ms, struct mongo **out, struct err *e);
/*
 * The account that looks after the servers: the parameter admin_url_file of
 * this call, the setting mongo.admin_url, else the site's own account.
 */
bool	 mongo_keeper_url(struct ctx *ctx, struct secret **url,
	     struct err *e);

struct mongo_open_spec {
	const struct secret	*url;
	/* "host:port" of the one server to speak to (directConnection), in
	 * place of the URL's hosts; NULL: as the URL says. */
	const char		*member;
	enum mongo_wants	 wants;
	int			 timeout_ms;	/* to reach a server */
	int			 answer_ms;	/* for a reply; 0: 60 s */
	bool			 no_login;	/* hello and buildInfo only */
};

/* As mongo_open_url, with a choice.  Any thread; used by one at a time. */
bool	 mongo_open_as(const struct mongo_open_spec *spec,
	     struct mongo **out, struct err *e);
/*
 * The URL for one of its servers: hosts replaced, replicaSet and
 * directConnection taken out and directConnection=true put in, no_login: the
 * account taken out.  mongodb+srv becomes mongodb with tls=true.
 */
bool	 mongo_url_at(const struct secret *url, const char *member,
	     bool no_login, struct secret **out, struct err *e);
void	 mongo_close(struct mongo *m);
void	 mongo_close_at(struct mongo **m);
/*
 * The site's connection to the primary, opened at first use and kept in ctx
 * for the steps that follow; borrowed.  mongo_forget closes it: the maker of
 * ctx calls it at the end, and a child process need not.
 */
bool	 mongo_need(struct ctx *ctx, struct mongo **m, struct err *e);
void	 mongo_forget(struct ctx *ctx);

enum mongo_kind mongo_kind(const struct mongo *m);
/* Server names "host:port,..." and the URL with *** for the password. */
const char *mongo_hosts(const struct mongo *m);
const char *mongo_url_shown(const struct mongo *m);

/*
 * Checks what the driver would only call an invalid host string: the scheme
 * and the percent-encoding of user and password.  ERR_MONGO, MONGO_BAD_URL.
 */
bool	 mongo_url_check(const char *url, struct err *e);
/* The URL with *** for what is secret; malloc'd, NULL: memory. */
char	*mongo_url_mask(const char *url);

struct mongo_doc {
	char	*text;			/* canonical Extended JSON v2 */
	char	 digest[DIGEST_HEX_SIZE];	/* of the BSON */
};

void	 mongo_doc_fini(struct mongo_doc *doc);
/* SHA-256 of the BSON that the text stands for. */
bool	 mongo_text_digest(const char *text, char digest[DIGEST_HEX_SIZE],
	     struct err *e);
/* A new ObjectId as 24 hex digits and the NUL. */
void	 mongo_id_new(char hex[25]);

/* A collection, and what one needs to be allowed to touch it. */
struct mongo_where {
	const char	*db;
	const char	*collection;
};

/*
 * Every document that the filter (Extended JSON, NULL: all) matches, in the
 * order of _id, as a majority of the set has it.  each may keep the doc's
 * text by TAKE; false from it ends the reading with its error.
 */
bool	 mongo_find(struct mongo *m, const struct mongo_where *w,
	     const char *filter, bool (*each)(void *arg,
	     struct mongo_doc *doc, struct err *e), void *arg, struct err *e);
/* The first match; doc->text is NULL when there is none. */
bool	 mongo_find_one(struct mongo *m, const struct mongo_where *w,
	     const char *filter, struct mongo_doc *doc, struct err *e);
/*
 * Writes, acknowledged by a majority within 10 s.  Insert: a document that is
 * there already with the very same content is success.  Delete and replace:
 * only the very document that before holds (_id and whole content); no
 * such document is ERR_CHANGED.
 */
bool	 mongo_insert(struct mongo *m, const struct mongo_where *w,
	     const char *text, struct err *e);
bool	 mongo_delete(struct mongo *m, const struct mongo_where *w,
	     const char *before, struct err *e);
bool	 mongo_replace(struct mongo *m, const struct mongo_where *w,
	     const char *before, const char *after, struct err *e);
/*
 * Runs a command given as Extended JSON; *reply is a new reference in
 * relaxed Extended JSON.  role is what the account needs, for the hint.
 */
bool	 mongo_command(struct mongo *m, const char *db, const char *command,
	     const char *role, json_t **reply, struct err *e);

/*
 * What is known of the deployment, by the site's account and, where that may
 * not, the second one:
 *   {"url","user","kind":"standalone|replica_set|sharded","version","set",
 *    "primary","me","hosts":[...],"fcv","wire":{"min","max"},
 *    "members":[{"name","state","healthy","lag_s"}],
 *    "unknown":{MEMBER:"why"}}
 * A member that cannot be known is null and has its reason in "unknown".
 */
bool	 mongo_status(struct ctx *ctx, json_t **out, struct err *e);

/*
 * Actions for plans.  Documents are text (see above) in:
 *   mongo.insert   {"db","collection","document" without _id,
 *                   "absent": a filter that must match nothing, or none}
 *   mongo.delete   {"db","collection","document","sha256",
 *                   "witness": a filter that must match, or none}
 *   mongo.replace  {"db","collection","document","sha256","after",
 *                   "after_sha256"}
 * The inserted _id (hex text of an ObjectId) is drawn in prepare.
 */
extern const struct service mongo_service;	/* mongo.* */

#endif
