/*
 * mongo.dump, mongo.restore; the parts for others are in mongo_copy.h.
 */
#ifndef STCONSOLE_DUMP_H
#define STCONSOLE_DUMP_H

#include "stconsole/verb.h"

struct mongo_dump_spec {
	const struct secret	*url;
	const char		*dir;		/* absolute; made if missing */
	const char		*const *dbs;	/* NULL: Sametime's five */
	bool			 gzip;
	int			 level;		/* 0: 6 */
	int			 workers;	/* 0: 2 */
	int			 timeout_ms;	/* to reach a server */
};

/*
 * Dumps to the official directory format with our manifest beside it, at one
 * time T where the server can (5.0 and later, replica sets).  A dump there
 * that was begun for the same databases is gone on with: what its manifest
 * holds stays.  On failure every file in the folder is a whole one.
 * *report (may be NULL) is a new reference:
 *   {"dir","server_version","time":ISO?,"one_time":BOOL,"documents","bytes",
 *    "files","kept","absent":[NAME...],"outside":[{"name","why"}],
 *    "wall_ms","cpu_ms","limit":"server|client"}
 */
bool	 mongo_dump_to(struct ctx *ctx, const struct mongo_dump_spec *spec,
	     json_t **report, struct err *e);
/*
 * Reads a finished dump back and compares it with its manifest; *backup (may
 * be NULL) is what mongo_backup_note takes.  ERR_UNVERIFIED, ERR_REFUSED.
 */
bool	 mongo_dump_verify(struct ctx *ctx, const char *dir, json_t **backup,
	     struct err *e);

extern const struct service dump_service;

#endif
