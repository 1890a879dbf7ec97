/*
 * Where the steps of an upgrade find the deployment: by the names that its
 * members had when the plan was made, each asked directly, so that nothing
 * depends on which of them the URL names or is up now.  Who is primary is
 * asked each time.  Private to src/services/upgrade.
 *
 * A step's args hold "topo":
 *   {"url":DIGEST of the keeper's URL, "is_set":BOOL, "settle_s":INT,
 *    "members":[{"name","arbiter":BOOL,"hidden":BOOL,"priority":REAL,
 *      "delay_s":INT,"votes":INT}]}
 */
#ifndef UPGRADE_REACH_H
#define UPGRADE_REACH_H

#include "stconsole/buf.h"
#include "stconsole/mongo_set.h"
#include "stconsole/mongo_version.h"

struct reach {
	struct ctx	*ctx;
	const json_t	*topo;
	struct secret	*url;
};

#define AUTO_REACH	__attribute__((cleanup(reach_fini)))

#define REACH_LAG_S	10	/* a member further behind is not ready */
#define REACH_LOOK_MS	500

/* The URL is fetched by its digest.  reach_fini frees it. */
bool	 reach_init(struct reach *r, struct ctx *ctx, const json_t *args,
	     struct err *e);
void	 reach_fini(struct reach *r);

/*
 * What mongo_set_read says (brief), through the first member that answers.
 * New reference; retryable when none does.
 */
json_t	*reach_set(const struct reach *r, struct err *e);
/* The same with flags of mongo_set.h. */
json_t	*reach_read(const struct reach *r, unsigned flags, struct err *e);
/* The member that takes writes, NULL: none now.  Borrowed from set. */
const char *reach_primary(const json_t *set);
/* A set's only member, or a standalone: nobody takes over. */
bool	 reach_is_lone(const struct reach *r);
const json_t *reach_member(const struct reach *r, const char *name);
/* PRIMARY, SECONDARY, ARBITER or STANDALONE, and healthy. */
bool	 reach_is_ready(const json_t *member);
/* All but one (NULL: all); else *who, borrowed, is one that is not. */
bool	 reach_others_ready(const json_t *set, const char *but,
	     const char **who);
/* Waits for that, a minute at most; for all also until one is primary. */
bool	 reach_await_others(const struct reach *r, const char *but,
	     json_t **set, struct err *e);
/* A member that could be elected in its place; NULL: none. */
const char *reach_heir(const struct reach *r, const json_t *set,
	     const char *instead_of);
/* The version that all data members' FCV is of; false with *e if mixed,
 * unfinished or unknown. */
bool	 reach_fcv(const json_t *set, char fcv[MONGO_MAJOR_SIZE],
	     struct err *e);

/* A direct, logged in connection; answer_ms 0: the usual. */
bool	 reach_at(const struct reach *r, const char *name, int answer_ms,
	     struct mongo **m, struct err *e);
/* What a member says of itself without a log-in; major "": nothing. */
struct reach_seen {
	char	 major[MONGO_MAJOR_SIZE];
	bool	 is_ready;	/* primary, secondary, arbiter, standalone */
};
void	 reach_look(const struct reach *r, const char *name,
	     struct reach_seen *seen);
/*
 * The featureCompatibilityVersion, as the first data member that is up has
 * it, is not from any more, or is on its way: too late to go back.
 */
bool	 reach_is_past(const struct reach *r, const char *from, bool *past,
	     struct err *e);
/* Nothing listens there (and, on this host, the process is gone). */
bool	 reach_is_down(const struct reach *r, const char *name, pid_t pid,
	     unsigned long long start);
/* uptime that the primary sees of a member, or -1; see burn.c. */
bool	 reach_uptimes(const struct reach *r, const json_t *set,
	     json_t **uptimes, struct err *e);
/* A no-op that a majority must acknowledge; no data is touched. */
bool	 reach_note(const struct reach *r, const char *primary,
	     const char *words, struct err *e);

#endif
