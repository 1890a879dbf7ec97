/*
 * The driver, and the one place that knows its versions: libmongoc 1.23 of
 * Debian 12 and mongoc2.  Only calls that both have are used elsewhere
 * (*_command_simple, *_with_opts); the names below cover the rest.
 */
#ifndef STCONSOLE_MONGO_DRIVER_H
#define STCONSOLE_MONGO_DRIVER_H

#include <bson/bson.h>

#include "driver_calls.h"
#include "stconsole/action.h"
#include "stconsole/mongo.h"

/* More servers than any Sametime has; further ones are not described. */
#define MONGO_HOSTS_MAX		16
#define MONGO_WTIMEOUT_MS	10000

/* What the last hello of one server said, kept for the words of errors. */
struct host_seen {
	char	name[280];		/* host:port */
	bool	answered;		/* else why says what went wrong */
	bool	is_primary;
	bool	is_secondary;
	bool	is_ghost;		/* --replSet, never initiated */
	bool	is_mongos;
	char	set[128];		/* "" for none */
	int	min_wire, max_wire;
	char	why[512];
};

struct mongo {
	mongoc_client_t	*client;
	mongoc_uri_t	*uri;
	char		*shown;		/* the URL, masked */
	char		*hosts;
	int		 timeout_ms;	/* to reach a server */
	int		 answer_ms;
	pid_t		 pid;		/* a child must not use our socket */
	enum mongo_kind	 kind;
	struct host_seen seen[MONGO_HOSTS_MAX];
	size_t		 seen_count;
};

/* How far a server can be reached, found out after the driver failed. */
enum hop {
	HOP_FINE, HOP_NAME, HOP_REFUSED, HOP_TIMEOUT, HOP_TCP, HOP_HANGS,
	HOP_TLS
};

struct hop_spec {
	const char	*host;
	int		 port;
	int		 timeout_ms;
	bool		 tls;
	const char	*ca_file;	/* NULL: the system's */
	bool		 any_name;	/* tlsAllowInvalidHostnames */
	bool		 any_certificate;
};

/* Never fails: what it could not find out is in why. */
enum hop mongo_hop_try(const struct hop_spec *spec, char *why,
	     size_t why_size);

/* What the account needs to be allowed, for the sentence. */
struct mongo_need {
	const char	*what;		/* "read meeting.administrators" */
	const char	*role;		/* "readWrite" */
	const char	*db;
};

/* Turns the driver's error into ours.  Always false. */
bool	 mongo_blame(struct mongo *m, const bson_error_t *be,
	     const struct mongo_need *need, struct err *e);
/* A reply's writeErrors and writeConcernErrors; true when there are none. */
bool	 mongo_reply_check(struct mongo *m, const bson_t *reply,
	     const struct mongo_need *need, struct err *e);
/* True when a connected server is one that takes our reads or writes. */
bool	 mongo_role_check(struct mongo *m, enum mongo_wants wants,
	     struct err *e);

/* Text to BSON; NULL with *e. */
bson_t	*mongo_bson(const char *text, struct err *e);
/* {"_id": ...} of a document, as text; NULL: memory or no _id. */
char	*mongo_id_filter(const bson_t *doc);
bool	 mongo_doc_set(struct mongo_doc *doc, const bson_t *bson,
	     struct err *e);

#define MONGO_ACTIONS	3
extern const struct action mongo_actions[MONGO_ACTIONS];

static inline void
mongo_bson_at(bson_t **b)
{
	if (*b != NULL)
		bson_destroy(*b);
}

#define AUTO_BSON	__attribute__((cleanup(mongo_bson_at)))

#endif
