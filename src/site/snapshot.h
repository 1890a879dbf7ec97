/*
 * Snapshots ("config 0") of a site: private to src/site.
 *
 * A snapshot is a manifest in STATE/sites/SITE/snapshots/ID.json and the
 * contents it names in the objects of the site (blob.h).  The manifest file
 * is one line of canonical JSON and one line with its SHA-256:
 *   {"format","id","time","kind","root","verb","reason","content",
 *    "entries":{PATH: ENTRY},"skipped":{PATH: WHY}}
 * ENTRY is one of
 *   {"type":"file","mode","uid","gid","mtime","size","sha256"}
 *   {"type":"link","target"}
 *   {"type":"folder","mode","uid","gid"}
 * mode is octal text, mtime "SECONDS.NANOSECONDS".  "content" is the SHA-256
 * of the entries alone, so that equal states compare equal.
 */
#ifndef STCONSOLE_SITE_SNAPSHOT_H
#define STCONSOLE_SITE_SNAPSHOT_H

#include <jansson.h>

#include "stconsole/action.h"
#include "stconsole/ctx.h"
#include "stconsole/site.h"

#define SNAPSHOT_FORMAT		1
#define SNAPSHOT_ID_SIZE	32
#define SNAPSHOT_FILE_MAX	((size_t)16 << 20)	/* bytes of one file */
#define SNAPSHOT_VISIT_MAX	50000			/* names looked at */
#define SNAPSHOT_DEPTH_MAX	16			/* folders deep */

/* ---- snapshot_walk.c */

/*
 * The configuration below the root as {"entries","skipped"}.  keep puts the
 * contents into the objects.  Links are recorded, never followed; other file
 * systems, recordings, logs and data are left out.  New reference.
 */
bool	 snapshot_scan(struct ctx *ctx, const struct site *site, bool keep,
	     json_t **scan, struct err *e);
/* True for names of configuration: "custom.env", "nginx.conf", "x.p12". */
bool	 snapshot_wants(const char *name);

/* ---- snapshot_store.c */

bool	 snapshot_content(const json_t *entries, char hex[65], struct err *e);
/* Draws an id: UTC time to the millisecond and a random part. */
bool	 snapshot_id_new(const struct ctx *ctx, char id[SNAPSHOT_ID_SIZE],
	     struct err *e);
/* The time in an id, ms since 1970; -1 when it is no id. */
int64_t	 snapshot_id_ms(const char *id);
/* Durable when it returns; the older ones are not touched. */
bool	 snapshot_save(struct ctx *ctx, const json_t *manifest,
	     struct err *e);
/* ERR_SNAPSHOT names what is damaged; an unknown id is ERR_SNAPSHOT too. */
bool	 snapshot_load(struct ctx *ctx, const char *id, json_t **manifest,
	     struct err *e);
/* All ids, newest first; an array. */
bool	 snapshot_ids(struct ctx *ctx, json_t **ids, struct err *e);
/* An id, the beginning of one that is unique, or "latest". */
bool	 snapshot_find(struct ctx *ctx, const char *typed,
	     char id[SNAPSHOT_ID_SIZE], struct err *e);
/* The file of a manifest; malloc'd, NULL with *e. */
char	*snapshot_path(struct ctx *ctx, const char *id, struct err *e);
/* Reads every object; ERR_SNAPSHOT names the first file that is damaged. */
bool	 snapshot_verify(struct ctx *ctx, const json_t *manifest,
	     struct err *e);

/* ---- snapshot_prune.c */

/* The ids that the settings no longer keep; new array. */
bool	 snapshot_expired(struct ctx *ctx, json_t **ids, struct err *e);
/* Removes these and the objects that nothing needs any more. */
bool	 snapshot_drop(struct ctx *ctx, const json_t *ids, struct err *e);

/* ---- snapshot_diff.c */

/*
 * What a restore of want would do to have, both {PATH: ENTRY}:
 * [{"path","change"}], sorted by path.
 */
json_t	*snapshot_compare(const json_t *have, const json_t *want,
	     struct err *e);
/* Files whose content is a key as a whole: no line of them is shown. */
bool	 snapshot_holds_keys(const char *path);

/* ---- the verbs and actions, put together in snapshot.c */

bool	 snapshot_take_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 snapshot_list_read(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 snapshot_verify_read(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 snapshot_diff_read(struct ctx *, const json_t *, json_t **,
	     struct err *);
bool	 snapshot_restore_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);
bool	 snapshot_prune_plan(struct ctx *, const json_t *, struct plan *,
	     struct err *);

/* Phases of the actions (action.h). */
bool	 snapshot_take_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 snapshot_link_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 snapshot_folder_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 snapshot_prune_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 snapshot_take_prepare(struct ctx *, const json_t *, json_t *,
	     struct err *);
bool	 snapshot_take_act(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 snapshot_link_act(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 snapshot_link_undo(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 snapshot_folder_act(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 snapshot_folder_undo(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 snapshot_prune_act(struct ctx *, const json_t *, const json_t *,
	     struct err *);

#endif
