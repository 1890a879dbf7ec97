/*
 * All that can be known of a deployment and of each of its servers, asked of
 * each directly (directConnection) and of this host's own /proc where the
 * server runs here.  One JSON document, read by mongo.status, mongo.check,
 * mongo.upgrade and mongo.prepare:
 *
 *   {"kind":"standalone|replica_set|sharded","set":"rs0"?,"primary":NAME?,
 *    "config":replSetGetConfig.config?,
 *    "default_write_concern":{...}?, "default_write_concern_source":TEXT?,
 *    "members":[MEMBER...], "unknown":{FIELD:"why"}}
 * MEMBER:
 *   {"name":"host:port","id":INT?,"state":"PRIMARY|SECONDARY|ARBITER|
 *    STANDALONE|STARTUP|RECOVERING|DOWN|...","healthy":BOOL,
 *    "votes":INT,"priority":REAL,"hidden":BOOL,"delay_s":INT,
 *    "version":"4.4.2","major":"4.4","edition":"community|enterprise",
 *    "storage_engine":"wiredTiger","uptime_s":INT,"pid":INT,
 *    "fcv":"4.4","fcv_target":TEXT?,	(see mongodb-real D: transitions)
 *    "lag_s":INT?,"clock_offset_ms":INT,
 *    "oplog":{"hours":REAL,"size_bytes":INT,"used_bytes":INT}?,
 *    "disk":{"path","free_bytes","total_bytes"},
 *    "cache":{"used_bytes","max_bytes"},
 *    "connections":{"current":INT,"drivers":[{"name","version","app",
 *      "platform","count"}]},
 *    "options":getCmdLineOpts.parsed,"argv":[...],"config_file":PATH?,
 *    "host":{"os","os_version","kernel","arch","cpu_features":TEXT?},
 *    "ops":{"index_builds":INT,"initial_sync":BOOL,"fcv_change":BOOL,
 *      "oldest_transaction_s":INT},
 *    "tls":{"mode","not_after","days_left":INT,"subject","problem":TEXT?},
 *    "write_block":BOOL?,
 *    "run":RUN, "unknown":{FIELD:"why"}}
 * RUN, how the process is run as far as this host can tell:
 *   {"by":"package|tarball|docker|podman|kubernetes|unknown",
 *    "local":BOOL,"pid":INT?,"exe":PATH?,"user":TEXT?,"unit":TEXT?,
 *    "package":TEXT?,"container":TEXT?,"image":TEXT?,
 *    "project":TEXT?,"service":TEXT?,	(compose)
 *    "pod":TEXT?,"namespace":TEXT?,"why":TEXT?}
 * A field that cannot be known is null and has its reason in "unknown".
 * Passwords that an argv or an option holds are replaced by "***".
 */
#ifndef STCONSOLE_MONGO_SET_H
#define STCONSOLE_MONGO_SET_H

#include "stconsole/mongo.h"

/* Only what an upgrade waits for, quick: hello, version, state, FCV, lag. */
#define MONGO_SET_BRIEF		1u

/*
 * url: mongo_keeper_url.  A server that does not answer is a member with
 * state DOWN, not a failure; false when none answers at all.
 */
bool	 mongo_set_read(struct ctx *ctx, const struct secret *url,
	     unsigned flags, json_t **out, struct err *e);
/* One member of the document by name, borrowed; NULL. */
const json_t *mongo_set_member(const json_t *set, const char *name);

/*
 * RUN for the server that listens on host_port and says it is process pid
 * (0: unknown).  Never fails: what it cannot find out is in "why".
 */
json_t	*mongo_run_find(struct ctx *ctx, const char *host_port, pid_t pid);
/*
 * Whether a process of this host, in this network namespace, listens there;
 * *pid is 0 when it is another user's and cannot be seen.  hint: looked at
 * first, or 0.  A look at /proc, cheap enough to wait with.
 */
bool	 mongo_run_listener(const char *host_port, pid_t hint, pid_t *pid);

/*
 * Writes a report (any JSON) to STATE/sites/SITE/reports/KIND-TIME.json,
 * 0600, durable; *path is malloc'd.
 */
bool	 mongo_report_write(struct ctx *ctx, const char *kind,
	     const json_t *report, char **path, struct err *e);

#endif
