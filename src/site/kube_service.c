/*
 * The daily verbs on Kubernetes: deployments listed, scaled to 0 and back,
 * restarted by rollout.
 */
#include "kube.h"

#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_daily.def"

#define SETTLE_TIMEOUT_S	600
#define SETTLE_MAX_S		3600
#define DEADLINE_MARGIN_S	60
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

static bool
look(struct ctx *ctx, const char *namespace, json_t **list, struct err *e)
{
	return kube_get(ctx, (const char *const[]){ "get",
	    "deployments,replicasets,pods", "-n", namespace, NULL }, list,
	    e);
}

static bool
row_add(struct ctx *ctx, const json_t *list, const json_t *d, json_t *rows,
    struct err *e)
{
	enum kube_state	 state = kube_deployment_state(list, d);
	struct kube_why	 why = { .reason = "" };

	if (state == KUBE_STARTING || state == KUBE_FAILING)
		kube_why(list, d, clock_wall_ms(ctx->clock), &why);
	return json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s,"
	    " s:s, s:s}", "name", json_text(json_object_get(d, "metadata"),
	    "name"), "state", kube_state_name(state), "health", why.reason,
	    "since", since_of(d), "image", image_of(d), "container", "")) ==
	    0 ? true : err_nomem(e);
}

bool
kube_services(struct ctx *ctx, const struct site *site, json_t *rows,
    struct err *e)
{
	AUTO_KUBE struct kube	 kube = { .namespace = NULL };
	AUTO_JSON json_t	*list = NULL;
	const json_t		*d;
	size_t			 i;

	if (!kube_open(ctx, site, &kube, e) ||
	    !look(ctx, kube.namespace, &list, e))
		return false;
	json_array_foreach(json_object_get(list, "items"), i, d)
		if (strcmp(json_text(d, "kind"), "Deployment") == 0 &&
		    !row_add(ctx, list, d, rows, e))
			return false;
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
	int64_t		 deadline_s;		/* of a rollout */
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

/* Longer than the cluster itself waits: its verdict comes first. */
static bool
settled_add(const struct change *c, bool scales, struct err *e)
{
	int64_t limit_s = c->deadline_s + DEADLINE_MARGIN_S;

	if (scales || limit_s < SETTLE_TIMEOUT_S)
		limit_s = SETTLE_TIMEOUT_S;
	if (limit_s > SETTLE_MAX_S)
		limit_s = SETTLE_MAX_S;
	return plan_step_add(c->plan, &(struct step_spec){
	    .action = "kube.settled", .risk = RISK_NONE,
	    .args = json_pack("{s:s, s:s, s:b, s:I, s:i}", "namespace",
	    c->namespace, "name", c->name, "scales", scales, "timeout_s",
	    (json_int_t)limit_s, "poll_ms", 1000) }, e, T_KUBE_SETTLED,
	    c->name);
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
	    settled_add(c, true, e);
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
	    T_KUBE_RESTART, c->name) && settled_add(c, false, e);
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
	c.deadline_s = json_int(json_object_get(d, "spec"),
	    "progressDeadlineSeconds", SETTLE_TIMEOUT_S);
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
is_of_release(const json_t *d, const char *release)
{
	return strcmp(json_text(json_object_get(json_object_get(d,
	    "metadata"), "annotations"), "meta.helm.sh/release-name"),
	    release) == 0;
}

/* The deployments that the step is about, each borrowed from list. */
static json_t *
subjects(const json_t *list, const json_t *args, struct err *e)
{
	AUTO_JSON json_t	*out = json_array();
	const char		*release = json_str(args, "release");
	const json_t		*d;
	size_t			 i;

	json_array_foreach(json_object_get(list, "items"), i, d)
		if (strcmp(json_text(d, "kind"), "Deployment") == 0 &&
		    (release != NULL ? is_of_release(d, release) :
		    d == kube_find(list, json_text(args, "name"))) &&
		    json_array_append(out, (json_t *)(uintptr_t)d) < 0)
			return err_nomem(e), NULL;
	if (out == NULL)
		err_nomem(e);
	else if (release == NULL && json_array_size(out) == 0) {
		err_set(e, ERR_SITE, 0, T_DAILY_UNKNOWN,
		    json_text(args, "name"));
		err_hint(e, T_DAILY_UNKNOWN_HINT);
		return NULL;
	}
	return TAKE(out);
}

/* True when it is as wanted.  False with *e: it will not come to that. */
static bool
is_settled(struct ctx *ctx, const json_t *list, const json_t *d,
    bool scales, json_t *seen, struct err *e)
{
	enum kube_state	 state = kube_deployment_state(list, d);
	const char	*name = json_text(json_object_get(d, "metadata"),
	    "name");
	struct kube_why	 why;

	err_clear(e);
	if (state == KUBE_RUNNING || state == KUBE_STOPPED)
		return true;
	kube_why(list, d, clock_wall_ms(ctx->clock), &why);
	json_object_set_new(seen, name, json_string(kube_state_name(state)));
	if (*why.text != '\0')
		json_object_set_new(seen, "why", json_string(why.text));
	if (!why.in_vain && (scales || state != KUBE_FAILING))
		return false;
	err_set(e, ERR_SITE, 0, T_KUBE_FAILS, name, *why.text != '\0' ?
	    why.text : T_KUBE_DEADLINE);
	return err_hint(e, "%s", why.hint);
}

/* The API server may be restarted while we wait. */
static bool
look_again(const struct err *why, enum probe *found, json_t *seen,
    struct err *e)
{
	if (!why->retryable)
		return err_copy(e, why);
	*found = PROBE_TODO;
	return json_object_set_new(seen, "why", json_string(why->msg)) == 0 ?
	    true : err_nomem(e);
}

/*
 * Not by "kubectl rollout status": right after a change it may still report
 * the deadline of the rollout before (see kube_state.c).
 */
bool
kube_settled_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_JSON json_t	*list = NULL, *about = NULL;
	struct err		 why = { .domain = ERR_NONE };
	const json_t		*d;
	size_t			 i;

	(void)memo;
	if (!look(ctx, json_text(args, "namespace"), &list, &why))
		return look_again(&why, found, seen, e);
	about = subjects(list, args, e);
	if (about == NULL)
		return false;
	*found = PROBE_DONE;
	json_array_foreach(about, i, d) {
		if (is_settled(ctx, list, d, json_flag(args, "scales"), seen,
		    &why))
			continue;
		if (why.domain != ERR_NONE)
			return err_copy(e, &why);
		*found = PROBE_TODO;
	}
	return true;
}
