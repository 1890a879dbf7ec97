/*
 * Taking a snapshot.  The step holds nothing that changes by itself, so it
 * can stand in front of every plan: it is done already when the newest
 * snapshot holds what is there now.
 */
#include "snapshot.h"

#include <string.h>

#include "stconsole/blob.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text_daily.def"

/* The newest that can be read; "" in *manifest NULL when there is none. */
static bool
newest(struct ctx *ctx, json_t **manifest, struct err *e)
{
	AUTO_JSON json_t	*ids = NULL;
	json_t			*id;
	size_t			 i;

	*manifest = NULL;
	if (!snapshot_ids(ctx, &ids, e))
		return false;
	json_array_foreach(ids, i, id)
		/* A damaged one is no snapshot; snapshot.list names it. */
		if (snapshot_load(ctx, json_string_value(id), manifest,
		    NULL))
			break;
	return true;
}

static bool
has_objects(struct ctx *ctx, const json_t *manifest)
{
	const char	*path, *digest;
	json_t		*entry;

	json_object_foreach(json_object_get(manifest, "entries"), path,
	    entry) {
		digest = json_str(entry, "sha256");
		if (digest != NULL && !blob_exists(ctx, digest))
			return false;
	}
	return true;
}

/* *id is the newest snapshot when it holds what is there now, else "". */
static bool
held_by(struct ctx *ctx, char id[SNAPSHOT_ID_SIZE], struct err *e)
{
	AUTO_JSON json_t	*manifest = NULL, *scan = NULL;
	struct site		*site;
	char			 now[65];

	id[0] = '\0';
	if (!site_need(ctx, &site, e) || !newest(ctx, &manifest, e))
		return false;
	if (manifest == NULL)
		return true;
	if (!snapshot_scan(ctx, site, false, &scan, e) ||
	    !snapshot_content(json_object_get(scan, "entries"), now, e))
		return false;
	if (strcmp(now, json_text(manifest, "content")) == 0 &&
	    has_objects(ctx, manifest))
		snprintf(id, SNAPSHOT_ID_SIZE, "%s",
		    json_text(manifest, "id"));
	return true;
}

bool
snapshot_take_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char		*drawn = json_str(memo, "id");
	AUTO_JSON json_t	*manifest = NULL;
	struct site		*site;
	char			 id[SNAPSHOT_ID_SIZE] = "";

	(void)args;
	if (!site_need(ctx, &site, e))
		return false;
	if (drawn != NULL && snapshot_load(ctx, drawn, &manifest, NULL))
		snprintf(id, sizeof(id), "%s", drawn);
	else if (!held_by(ctx, id, e))
		return false;
	if (id[0] != '\0' &&
	    json_object_set_new(seen, "snapshot", json_string(id)) < 0)
		return err_nomem(e);
	*found = id[0] != '\0' ? PROBE_DONE : PROBE_TODO;
	return true;
}

bool
snapshot_take_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	char id[SNAPSHOT_ID_SIZE];

	(void)args;
	if (!snapshot_id_new(ctx, id, e))
		return false;
	return json_object_set_new(memo, "id", json_string(id)) == 0 ? true :
	    err_nomem(e);
}

bool
snapshot_take_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_JSON json_t	*scan = NULL, *manifest = NULL, *old = NULL;
	struct site		*site;
	char			 content[65], time[CLOCK_ISO_SIZE];
	json_t			*entries;

	if (!site_need(ctx, &site, e) ||
	    !snapshot_scan(ctx, site, true, &scan, e))
		return false;
	entries = json_object_get(scan, "entries");
	if (!snapshot_content(entries, content, e))
		return false;
	clock_iso(clock_wall_ms(ctx->clock), time);
	manifest = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O,"
	    " s:O}", "format", SNAPSHOT_FORMAT, "id", json_text(memo, "id"),
	    "time", time, "kind", site_kind_name(site_kind(site)), "root",
	    site_root(site), "verb", json_text(args, "verb"), "reason",
	    json_text(args, "reason"), "content", content, "entries",
	    entries, "skipped", json_object_get(scan, "skipped"));
	if (manifest == NULL)
		return err_nomem(e);
	if (!snapshot_save(ctx, manifest, e))
		return err_context(e, T_SNAP_CONTEXT);
	/* The snapshot stands; old ones that cannot be removed now will be
	 * tried again by the next one and by snapshot.prune. */
	if (snapshot_expired(ctx, &old, NULL) && json_array_size(old) > 0)
		(void)snapshot_drop(ctx, old, NULL);
	return true;
}

bool
snapshot_take_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const char	*reason = json_text(params, "reason");
	char		 id[SNAPSHOT_ID_SIZE];

	if (!held_by(ctx, id, e))
		return false;
	if (id[0] != '\0')
		return plan_note_add(plan, e, T_SNAP_HELD, id);
	return plan_step_add(plan, &(struct step_spec){
	    .action = "snapshot.take", .risk = RISK_LOW,
	    .args = json_pack("{s:s, s:s}", "verb", "snapshot.take",
	    "reason", reason) }, e, T_SNAP_TAKE_TITLE);
}

static bool
makes_snapshots(const struct plan *plan)
{
	const char	*action;
	json_t		*step;
	size_t		 i;

	json_array_foreach(plan_steps(plan), i, step) {
		action = json_text(json_object_get(step, "do"), "action");
		if (strcmp(action, "snapshot.take") == 0 ||
		    strcmp(action, "snapshot.prune") == 0)
			return true;
	}
	return false;
}

/* A verb without a site (settings.set) has nothing to keep. */
bool
site_prologue(struct ctx *ctx, struct plan *plan, struct err *e)
{
	if (ctx->site == NULL || plan_is_empty(plan) ||
	    makes_snapshots(plan))
		return true;
	return plan_step_first(plan, &(struct step_spec){
	    .action = "snapshot.take", .risk = RISK_LOW,
	    .args = json_pack("{s:s}", "verb", plan_verb(plan)) }, e,
	    T_SNAP_TAKE_TITLE);
}
