/*
 * A changed chart file takes effect by "helm upgrade" of the one release
 * that was made from this chart.  Values given at installation stay: without
 * new ones helm reuses them.
 */
#include "kube.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "site_private.h"
#include "text_daily.def"

#define SETTLE_TIMEOUT_S	900

static json_t *
upgrade_argv(const struct kube *kube, const struct site *site)
{
	AUTO_FREE char *chart = str_format("./%s",
	    str_equal(site->chart, "helm") ? "helm" : "");

	return json_pack("[s,s,s,s,s,s]", "helm", "upgrade", kube->release,
	    chart != NULL ? chart : ".", "-n", kube->namespace);
}

static bool
upgrade_add(struct plan *plan, const struct kube *kube,
    const struct site *site, struct err *e)
{
	AUTO_JSON json_t	*argv = upgrade_argv(kube, site);
	AUTO_JSON json_t	*args = json_pack("{s:s, s:s, s:O}",
	    "namespace", kube->namespace, "release", kube->release, "argv",
	    argv);

	if (args == NULL)
		return err_nomem(e);
	return plan_step_first(plan, &(struct step_spec){
	    .action = "kube.before", .risk = RISK_NONE,
	    .undo = T_KUBE_UPGRADE_UNDO, .args = json_incref(args) }, e,
	    T_KUBE_BEFORE, kube->release) &&
	    plan_step_add(plan, &(struct step_spec){
	    .action = "kube.upgrade", .risk = RISK_SERVICE,
	    .undo = T_EFFECT_UNDO, .args = json_incref(args),
	    .argv = json_incref(argv) }, e, T_KUBE_UPGRADE, kube->release) &&
	    plan_step_add(plan, &(struct step_spec){
	    .action = "kube.settled", .risk = RISK_NONE,
	    .args = json_pack("{s:s, s:s, s:i, s:i}", "namespace",
	    kube->namespace, "release", kube->release, "timeout_s",
	    SETTLE_TIMEOUT_S, "poll_ms", 2000) }, e, T_KUBE_SETTLED_ALL,
	    kube->release);
}

static bool
touches_secrets(const json_t *paths)
{
	json_t	*path;
	size_t	 i;

	json_array_foreach(paths, i, path)
		if (strstr(json_string_value(path), "secret") != NULL)
			return true;
	return false;
}

bool
kube_effect_plan(struct ctx *ctx, struct plan *plan,
    const struct site *site, const json_t *paths, struct err *e)
{
	AUTO_KUBE struct kube	 kube = { .namespace = NULL };
	struct err		 why;

	if (touches_secrets(paths) &&
	    !plan_note_add(plan, e, T_KUBE_SECRET_NOTE))
		return false;
	/* No cluster within reach: the file is still worth its change. */
	if (!kube_open(ctx, site, &kube, &why)) {
		if (why.domain == ERR_CANCELLED || why.domain == ERR_NOMEM)
			return err_copy(e, &why);
		return plan_note_add(plan, e, T_KUBE_BY_HAND_WHY, why.msg);
	}
	if (*kube.release == '\0')
		return plan_note_add(plan, e, T_KUBE_BY_HAND);
	return upgrade_add(plan, &kube, site, e);
}

/* ---- actions: a release's revision tells one upgrade from the next */

static bool
revision_now(struct ctx *ctx, const json_t *args, int64_t *revision,
    struct err *e)
{
	AUTO_KUBE struct kube	 kube = { .namespace = NULL };
	struct site		*site;

	if (!site_need(ctx, &site, e) || !kube_open(ctx, site, &kube, e))
		return false;
	if (strcmp(kube.release, json_text(args, "release")) != 0)
		return err_set(e, ERR_SITE, 0, T_KUBE_GONE,
		    json_text(args, "release"));
	*revision = kube.revision;
	return true;
}

bool
kube_revision_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	int64_t revision;

	if (!revision_now(ctx, args, &revision, e))
		return false;
	return json_object_set_new(memo, "revision",
	    json_integer(revision)) == 0 ? true : err_nomem(e);
}

static bool
revision_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe later, enum probe *found, json_t *seen, struct err *e)
{
	int64_t before = json_int(memo, "revision", -1), now;

	*found = PROBE_TODO;
	if (before < 0)
		return true;
	if (!revision_now(ctx, args, &now, e))
		return false;
	if (now > before)
		*found = later;
	return json_object_set_new(seen, "revision", json_integer(now)) == 0 ?
	    true : err_nomem(e);
}

/* As site.before: CHANGED once there was an upgrade, and undo makes one. */
bool
kube_before_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	return revision_probe(ctx, args, memo, PROBE_CHANGED, found, seen, e);
}

bool
kube_upgrade_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	return revision_probe(ctx, args, memo, PROBE_DONE, found, seen, e);
}
