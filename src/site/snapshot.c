/*
 * snapshot.*: the state of all configuration of a site, kept before each
 * change.  This file is the table and the two lists; how a snapshot is taken,
 * compared, put back and dropped is in the files beside it.
 */
#include "snapshot.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text_daily.def"

static json_t *
row_new(const char *id, const json_t *m, const char *problem)
{
	const char	*path;
	json_t		*entry;
	json_int_t	 bytes = 0, files = 0;
	char		 time[CLOCK_ISO_SIZE];

	json_object_foreach(json_object_get(m, "entries"), path, entry) {
		bytes += json_int(entry, "size", 0);
		files += strcmp(json_text(entry, "type"), "folder") != 0;
	}
	clock_iso(snapshot_id_ms(id), time);
	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:I, s:s, s:s?}",
	    "id", id, "time", m != NULL ? json_text(m, "time") : time,
	    "files", files, "bytes", bytes, "verb", json_text(m, "verb"),
	    "reason", json_text(m, "reason"), "skipped",
	    (json_int_t)json_object_size(json_object_get(m, "skipped")),
	    "state", m != NULL ? "whole" : "damaged", "problem", problem);
}

bool
snapshot_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*ids = NULL, *rows = json_array();
	struct site		*site;
	struct err		 why;
	const char		*id;
	json_t			*value, *m;
	size_t			 i;
	int			 bad;

	(void)params;
	if (!site_need(ctx, &site, e) || !snapshot_ids(ctx, &ids, e))
		return false;
	json_array_foreach(ids, i, value) {
		id = json_string_value(value);
		m = NULL;
		err_clear(&why);
		snapshot_load(ctx, id, &m, &why);
		bad = json_array_append_new(rows, row_new(id, m,
		    m == NULL ? why.msg : NULL));
		json_decref(m);
		if (bad != 0)
			return err_nomem(e);
	}
	*result = json_pack("{s:O}", "snapshots", rows);
	return *result != NULL ? true : err_nomem(e);
}

/* One id, or all of them. */
static bool
verify_ids(struct ctx *ctx, const json_t *params, json_t **ids,
    struct err *e)
{
	const char	*typed = json_str(params, "id");
	char		 id[SNAPSHOT_ID_SIZE];

	if (typed == NULL)
		return snapshot_ids(ctx, ids, e);
	if (!snapshot_find(ctx, typed, id, e))
		return false;
	*ids = json_pack("[s]", id);
	return *ids != NULL ? true : err_nomem(e);
}

/* Finding a damaged one fails: whoever calls this wants to know. */
bool
snapshot_verify_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*ids = NULL;
	struct site		*site;
	json_t			*id, *m;
	size_t			 i;
	bool			 ok;

	if (!site_need(ctx, &site, e) || !verify_ids(ctx, params, &ids, e))
		return false;
	json_array_foreach(ids, i, id) {
		m = NULL;
		ok = cancel_check(ctx->cancel, e) &&
		    snapshot_load(ctx, json_string_value(id), &m, e) &&
		    snapshot_verify(ctx, m, e);
		json_decref(m);
		if (!ok)
			return false;
	}
	*result = json_pack("{s:O}", "whole", ids);
	return *result != NULL ? true : err_nomem(e);
}

#define ID_PARAM(needed, text) \
	{ .name = "id", .type = PARAM_TEXT, .required = needed, \
	  .positional = true, .help = text }

static const struct verb_param take_params[] = {
	{ .name = "reason", .type = PARAM_TEXT,
	  .help = "A few words to find it again" }
};

static const struct verb_param verify_params[] = {
	ID_PARAM(false, "The snapshot; all of them without it")
};

static const struct verb_param diff_params[] = {
	ID_PARAM(true, "The snapshot, the beginning of its id, or latest"),
	{ .name = "other", .type = PARAM_TEXT, .positional = true,
	  .help = "Another snapshot instead of what is there now" }
};

static const struct verb_param restore_params[] = {
	ID_PARAM(true, "The snapshot, the beginning of its id, or latest"),
	{ .name = "file", .type = PARAM_TEXT,
	  .help = "Only this file, relative to the site's root" },
	{ .name = "exact", .type = PARAM_FLAG,
	  .help = "Also remove files that came since" }
};

static const struct verb verbs[] = {
	{ .name = "snapshot.list", .role = ROLE_VIEWER,
	  .help = "List the snapshots of the configuration",
	  .read = snapshot_list_read,
	  .schema = "{\"snapshots\":[{\"id\":\"string\",\"time\":\"string\","
	  "\"files\":\"int\",\"bytes\":\"int\",\"verb\":\"string\","
	  "\"reason\":\"string\",\"skipped\":\"int\","
	  "\"state\":\"=whole|damaged\",\"problem\":\"string?\"}]}",
	  .view = "snapshots: id=Snapshot,time=Taken,files=Files,bytes=Bytes,"
	  "verb=Before,reason=Reason,state=State" },
	{ .name = "snapshot.take", .role = ROLE_OPERATOR, .risk = RISK_LOW,
	  .help = "Keep all configuration of the site as it is now",
	  .params = take_params, .param_count = LENGTH(take_params),
	  .plan = snapshot_take_plan },
	{ .name = "snapshot.verify", .role = ROLE_VIEWER,
	  .help = "Prove that snapshots are whole",
	  .params = verify_params, .param_count = LENGTH(verify_params),
	  .read = snapshot_verify_read,
	  .schema = "{\"whole\":[\"string\"]}" },
	{ .name = "snapshot.diff", .role = ROLE_VIEWER,
	  .help = "Show what restoring a snapshot would change",
	  .params = diff_params, .param_count = LENGTH(diff_params),
	  .read = snapshot_diff_read,
	  .schema = "{\"direction\":\"string\",\"changes\":[{\"path\":"
	  "\"string\",\"change\":"
	  "\"=added|removed|changed|mode|owner|time\","
	  "\"diff\":\"string?\"}]}",
	  .view = "changes: change=Restore,path=File" },
	{ .name = "snapshot.restore", .role = ROLE_ADMIN,
	  .risk = RISK_SERVICE,
	  .help = "Put the configuration back as a snapshot holds it",
	  .params = restore_params, .param_count = LENGTH(restore_params),
	  .plan = snapshot_restore_plan },
	{ .name = "snapshot.prune", .role = ROLE_OPERATOR, .risk = RISK_LOW,
	  .help = "Remove the snapshots that the settings no longer keep",
	  .plan = snapshot_prune_plan }
};

static const struct action actions[] = {
	{ .name = "snapshot.take", .kind = STEP_WRITE,
	  .probe = snapshot_take_probe, .prepare = snapshot_take_prepare,
	  .act = snapshot_take_act },
	{ .name = "snapshot.folder", .kind = STEP_WRITE,
	  .probe = snapshot_folder_probe, .act = snapshot_folder_act,
	  .undo = snapshot_folder_undo },
	{ .name = "snapshot.link", .kind = STEP_WRITE,
	  .probe = snapshot_link_probe, .act = snapshot_link_act,
	  .undo = snapshot_link_undo },
	{ .name = "snapshot.prune", .kind = STEP_CALL,
	  .probe = snapshot_prune_probe, .act = snapshot_prune_act }
};

const struct service snapshot_service = {
	.name = "snapshot", .verbs = verbs, .verb_count = LENGTH(verbs),
	.actions = actions, .action_count = LENGTH(actions)
};
