/*
 * The first and the last step: the mark on the server that an upgrade runs,
 * and the report of what was seen to hold when it was over.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/dump.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_copy.h"
#include "stconsole/msg.h"
#include "stconsole/secret.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "steps.h"
#include "text_steps.def"

#define DUMP_TIMEOUT_MS	10000

/*
 * The account that looks after the servers may write no database, so the
 * mark is a note in the oplog: it says who works here to whoever reads it,
 * and locks nobody out.
 */
bool
step_mark_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)memo;
	(void)seen;
	(void)e;
	*found = json_flag(json_object_get(args, "topo"), "is_set") ?
	    PROBE_TODO : PROBE_DONE;
	return true;
}

bool
step_mark_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL;
	AUTO_FREE char		*words = NULL;
	char			 host[256] = "";

	(void)memo;
	gethostname(host, sizeof(host) - 1);
	words = str_format(T_MARK_NOTE, ctx->who->user, host, json_text(args,
	    "to"));
	if (words == NULL)
		return err_nomem(e);
	if (!reach_init(&r, ctx, args, e) ||
	    !reach_await_others(&r, NULL, &set, e))
		return false;
	if (reach_primary(set) == NULL)
		return err_set(e, ERR_MONGO, MONGO_NO_PRIMARY,
		    T_REACH_NO_PRIMARY);
	return reach_note(&r, reach_primary(set), words, e);
}

/* ---- the report */

static json_t *
members_seen(const json_t *set)
{
	json_t		*out = json_array(), *m;
	size_t		 i;

	json_array_foreach (json_object_get(set, "members"), i, m)
		json_array_append_new(out, json_pack("{s:O, s:O?, s:O?, "
		    "s:O?}", "name", json_object_get(m, "name"), "version",
		    json_object_get(m, "version"), "state",
		    json_object_get(m, "state"), "fcv", json_object_get(m,
		    "fcv")));
	return out;
}

/* Majors that no test of this program had a real server of. */
static json_t *
unproved(const json_t *chain)
{
	json_t	*out = json_array(), *one;
	size_t	 i;

	json_array_foreach (chain, i, one)
		if (mongo_version_compare(json_string_value(one), "7.0") >= 0)
			json_array_append_new(out, json_sprintf(T_REPORT_SIM,
			    json_string_value(one)));
	return out;
}

static json_t *
report_make(const json_t *set, const json_t *args, bool noted,
    const char *why)
{
	json_t *report = json_pack("{s:s, s:O, s:o, s:o, s:b, s:s, s:O}",
	    "verb", "mongo.upgrade", "chain", json_object_get(args, "chain"),
	    "members", members_seen(set), "simulated",
	    unproved(json_object_get(args, "chain")), "majority_write",
	    noted, "majority_write_why", why, "card", json_object_get(args,
	    "card"));

	if (report != NULL && reach_primary(set) != NULL)
		json_object_set_new(report, "primary", json_string(
		    reach_primary(set)));
	if (report != NULL && json_object_get(args, "without_backup") != NULL)
		json_object_set(report, "without_backup", json_object_get(
		    args, "without_backup"));
	if (report != NULL && json_object_get(args, "assumed") != NULL)
		json_object_set(report, "assumed", json_object_get(args,
		    "assumed"));
	return report;
}

bool
step_report_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)seen;
	(void)e;
	*found = PROBE_TODO;
	return true;
}

bool
step_report_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL, *report = NULL;
	AUTO_FREE char		*path = NULL;
	struct err		 why = { 0 };
	bool			 noted = false;

	(void)memo;
	if (!reach_init(&r, ctx, args, e) ||
	    !reach_await_others(&r, NULL, &set, e))
		return false;
	if (!json_flag(r.topo, "is_set"))
		err_set(&why, ERR_NONE, 0, "%s", T_REPORT_ALONE);
	else
		noted = reach_primary(set) != NULL && reach_note(&r,
		    reach_primary(set), T_REPORT_NOTE, &why);
	report = report_make(set, args, noted, why.msg);
	if (report == NULL)
		return err_nomem(e);
	return mongo_report_write(ctx, "upgrade", report, &path, e);
}

/* ---- the backup */

/* The note of a backup made before this step began is of another one. */
bool
step_backup_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t *last = NULL;

	(void)seen;
	if (!mongo_backup_last(ctx, &last, e))
		return false;
	*found = memo != NULL && last != NULL && json_flag(last, "verified") &&
	    str_equal(json_str(last, "dir"), json_str(args, "dir")) &&
	    json_int(last, "time_ms", 0) >= json_int(memo, "since_ms",
	    INT64_MAX) ? PROBE_DONE : PROBE_TODO;
	return true;
}

bool
step_backup_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	(void)args;
	return json_object_set_new(memo, "since_ms", json_integer(
	    clock_wall_ms(ctx->clock))) == 0 || err_nomem(e);
}

/* By the site's account: who looks after the servers may not read data. */
bool
step_backup_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_JSON json_t	*report = NULL, *backup = NULL;
	struct mongo_dump_spec	 spec = { .dir = json_text(args, "dir"),
		.gzip = true, .level = 1, .timeout_ms = DUMP_TIMEOUT_MS };
	struct site		*site;
	struct site_origin	 origin;

	(void)memo;
	if (!site_need(ctx, &site, e) ||
	    !site_mongo_url(site, &url, &origin, e))
		return false;
	spec.url = url;
	return mongo_dump_to(ctx, &spec, &report, e) &&
	    mongo_dump_verify(ctx, spec.dir, &backup, e) &&
	    mongo_backup_note(ctx, backup, e);
}
