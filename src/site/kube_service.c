/*
 * The daily verbs on Kubernetes: deployments listed, scaled to 0 and back,
 * restarted by rollout.
 */
#include "kube.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_daily.def"

#define SETTLE_TIMEOUT_S	600
#define RESTARTED_AT		"kubectl.kubernetes.io/restartedAt"

static const json_t *
template_of(const json_t *d)
{
	return json_object_get(json_object_get(d, "spec"), "template");
}

static const char *
image_of(const json_t *d)
{
	const json_t *containers = json_object_get(json_object_get(
	    template_of(d), "spec"), "containers");

	return json_text(json_array_get(containers, 0), "image");
}

/* When it became what it is: the last change of "Available". */
static const char *
since_of(const json_t *d)
{
	const json_t	*c;
	size_t		 i;

	json_array_foreach(json_object_get(json_object_get(d, "status"),
	    "conditions"), i, c)
		if (strcmp(json_text(c, "type"), "Available") == 0)
			return json_text(c, "lastTransitionTime");
	return "";
}

bool
kube_services(struct ctx *ctx, const struct site *site, json_t *rows,
    struct err *e)
{
	AUTO_KUBE struct kube	 kube = { .namespace = NULL };
	AUTO_JSON json_t	*list = NULL;
	const json_t		*d;
	size_t			 i;

	if (!kube_open(ctx, site, &kube, e))
		return false;
	if (!kube_get(ctx, (const char *const[]){ "get", "deployments", "-n",
	    kube.namespace, NULL }, &list, e))
		return false;
	json_array_foreach(json_object_get(list, "items"), i, d)
		if (json_array_append_new(rows, json_pack("{s:s, s:s, s:s,"
		    " s:s, s:s, s:s}", "name", json_text(json_object_get(d,
		    "metadata"), "name"), "state", kube_state_name(
		    kube_deployment_state(d)), "health", "", "since",
		    since_of(d), "image", image_of(d), "container", "")) < 0)
			return err_nomem(e);
	return true;
}

static bool
deployment_get(struct ctx *ctx, const char *namespace, const char *name,
    json_t **out, struct err *e)
{
	return kube_get(ctx, (const char *const[]){ "get", "deployment",
	    name, "-n", namespace, NULL }, out, e);
}

/* ---- plans */

struct change {
	struct plan	*plan;
	const char	*namespace, *name;
	int64_t		 replicas;		/* now */
};

static json_t *
scale_argv(const struct change *c, int64_t from, int64_t to)
{
	AUTO_FREE char	*now = str_format("--current-replicas=%lld",
	    (long long)from);
	AUTO_FREE char	*then = str_format("--replicas=%lld", (long long)to);

	return json_pack("[s,s,s,s,s,s,s,s]", "kubectl", "scale", "deployment",
	    c->name, "-n", c->namespace, now != NULL ? now : "",
	    then != NULL ? then : "");
}

static bool
settled_add(const struct change *c, struct err *e)
{
	return plan_step_add(c->plan, &(struct step_spec){
	    .action = "kube.settled", .risk = RISK_NONE,
	    .args = json_pack("{s:s, s:s, s:i, s:i}", "namespace",
	    c->namespace, "name", c->name, "timeout_s", SETTLE_TIMEOUT_S,
	    "poll_ms", 1000) }, e, T_KUBE_SETTLED, c->name);
}

static bool
scale_add(const struct change *c, int64_t to, struct err *e)
{
	json_t *argv = scale_argv(c, c->replicas, to);

	return plan_step_add(c->plan, &(struct step_spec){
	    .action = "kube.scale", .risk = RISK_SERVICE,
	    .undo = T_KUBE_SCALE_UNDO,
	    .args = json_pack("{s:s, s:s, s:I, s:I, s:O, s:o}", "namespace",
	    c->namespace, "name", c->name, "from", (json_int_t)c->replicas,
	    "to", (json_int_t)to, "argv", argv, "undo_argv",
	    scale_argv(c, to, c->replicas)), .argv = argv }, e,
	    T_KUBE_SCALE, c->name, (long long)c->replicas, (long long)to) &&
	    settled_add(c, e);
}

static bool
restart_add(const struct change *c, struct err *e)
{
	json_t *argv = json_pack("[s,s,s,s,s,s]", "kubectl", "rollout",
	    "restart", "deployment", c->name, "-n");

	if (argv == NULL || json_array_append_new(argv,
	    json_string(c->namespace)) < 0)
		return err_nomem(e);
	return plan_step_add(c->plan, &(struct step_spec){
	    .action = "kube.restart", .risk = RISK_SERVICE,
	    .args = json_pack("{s:s, s:s, s:O}", "namespace", c->namespace,
	    "name", c->name, "argv", argv), .argv = argv }, e,
	    T_KUBE_RESTART, c->name) && settled_add(c, e);
}

static bool
steps_add(const struct change *c, enum kube_change change,
    const json_t *params, struct err *e)
{
	if (change == KUBE_STOP && c->replicas == 0)
		return plan_note_add(c->plan, e, T_DAILY_STANDS, c->name);
	if (change == KUBE_START && c->replicas > 0)
		return plan_note_add(c->plan, e, T_DAILY_RUNS, c->name);
	if (change == KUBE_RESTART && c->replicas == 0)
		return plan_block(c->plan, T_DAILY_RESTART_HINT, e,
		    T_DAILY_STANDS, c->name);
	if (change == KUBE_RESTART)
		return restart_add(c, e);
	return scale_add(c, change == KUBE_STOP ? 0 :
	    json_int(params, "replicas", 1), e);
}

bool
kube_service_plan(struct ctx *ctx, struct plan *plan,
    const struct site *site, enum kube_change change, const json_t *params,
    struct err *e)
{
	AUTO_KUBE struct kube	 kube = { .namespace = NULL };
	AUTO_JSON json_t	*d = NULL;
	const char		*service = json_text(params, "service");
	AUTO_FREE char		*lock = str_format("service:%s", service);
	struct change		 c = { .plan = plan, .name = service };

	if (lock == NULL)
		return err_nomem(e);
	if (!kube_open(ctx, site, &kube, e) ||
	    !deployment_get(ctx, kube.namespace, service, &d, e))
		return false;
	c.namespace = kube.namespace;
	c.replicas = json_int(json_object_get(d, "spec"), "replicas", 1);
	return plan_lock_add(plan, lock, e) &&
	    steps_add(&c, change, params, e);
}

/* ---- actions */

static bool
deployment_of(struct ctx *ctx, const json_t *args, json_t **d,
    struct err *e)
{
	return deployment_get(ctx, json_text(args, "namespace"),
	    json_text(args, "name"), d, e);
}

bool
kube_scale_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t	*d = NULL;
	int64_t			 now;

	(void)memo;
	if (!deployment_of(ctx, args, &d, e))
		return false;
	now = json_int(json_object_get(d, "spec"), "replicas", 1);
	*found = now == json_int(args, "to", -1) ? PROBE_DONE :
	    now == json_int(args, "from", -1) ? PROBE_TODO : PROBE_CHANGED;
	return json_object_set_new(seen, "replicas", json_integer(now)) == 0 ?
	    true : err_nomem(e);
}

static const char *
restarted_at(const json_t *d)
{
	return json_text(json_object_get(json_object_get(template_of(d),
	    "metadata"), "annotations"), RESTARTED_AT);
}

/* kubectl's own mark tells one restart from the next. */
bool
kube_restart_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char		*before = json_str(memo, "restarted_at");
	AUTO_JSON json_t	*d = NULL;

	(void)seen;
	*found = PROBE_TODO;
	if (before == NULL)
		return true;
	if (!deployment_of(ctx, args, &d, e))
		return false;
	if (strcmp(before, restarted_at(d)) != 0)
		*found = PROBE_DONE;
	return true;
}

bool
kube_restart_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	AUTO_JSON json_t *d = NULL;

	if (!deployment_of(ctx, args, &d, e))
		return false;
	return json_object_set_new(memo, "restarted_at",
	    json_string(restarted_at(d))) == 0 ? true : err_nomem(e);
}

static bool
is_settled(const json_t *d)
{
	enum kube_state state = kube_deployment_state(d);

	return state == KUBE_RUNNING || state == KUBE_STOPPED;
}

static bool
is_of_release(const json_t *d, const char *release)
{
	return strcmp(json_text(json_object_get(json_object_get(d,
	    "metadata"), "annotations"), "meta.helm.sh/release-name"),
	    release) == 0;
}

/*
 * Not by "kubectl rollout status": right after a change it may still report
 * the deadline of the rollout before (see kube.h).
 */
bool
kube_settled_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char		*release = json_str(args, "release");
	AUTO_JSON json_t	*list = NULL, *waiting = json_array();
	const json_t		*d;
	size_t			 i;

	(void)memo;
	if (release == NULL) {
		if (!deployment_of(ctx, args, &list, e))
			return false;
		*found = is_settled(list) ? PROBE_DONE : PROBE_TODO;
		return json_object_set_new(seen, "state", json_string(
		    kube_state_name(kube_deployment_state(list)))) == 0 ?
		    true : err_nomem(e);
	}
	if (!kube_get(ctx, (const char *const[]){ "get", "deployments", "-n",
	    json_text(args, "namespace"), NULL }, &list, e))
		return false;
	json_array_foreach(json_object_get(list, "items"), i, d)
		if (is_of_release(d, release) && !is_settled(d))
			json_array_append_new(waiting, json_string(json_text(
			    json_object_get(d, "metadata"), "name")));
	*found = json_array_size(waiting) == 0 ? PROBE_DONE : PROBE_TODO;
	return json_object_set(seen, "waiting", waiting) == 0 ? true :
	    err_nomem(e);
}
