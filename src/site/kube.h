/*
 * A Sametime on Kubernetes: by kubectl and helm, argv only.  Private to
 * src/site.  What the API says and its traps: a deployment scaled to 0 is
 * still "Available" and its counters are absent, not 0; the condition
 * ProgressDeadlineExceeded outlives the rollout it was about, so readiness
 * is read from the counters and observedGeneration alone.
 */
#ifndef STCONSOLE_SITE_KUBE_H
#define STCONSOLE_SITE_KUBE_H

#include <jansson.h>

#include "stconsole/action.h"
#include "stconsole/ctx.h"
#include "stconsole/site.h"

enum kube_change { KUBE_START, KUBE_STOP, KUBE_RESTART };

enum kube_state {
	KUBE_STOPPED, KUBE_STOPPING, KUBE_STARTING, KUBE_FAILING, KUBE_RUNNING
};

/* Where the release of this site lives. */
struct kube {
	char	*namespace;
	char	*release;	/* "" when helm does not know one */
	int64_t	 revision;
};

#define AUTO_KUBE	__attribute__((cleanup(kube_fini)))

/*
 * helm's one release of this chart, else the namespace of kubectl's context.
 */
bool	 kube_open(struct ctx *ctx, const struct site *site, struct kube *out,
	     struct err *e);
void	 kube_fini(struct kube *kube);
/* "kubectl ARGS -o json", parsed; args are NULL-terminated. */
bool	 kube_get(struct ctx *ctx, const char *const *args, json_t **out,
	     struct err *e);
/* The state of a Deployment object. */
enum kube_state kube_deployment_state(const json_t *deployment);
const char *kube_state_name(enum kube_state state);

/* ---- kube_service.c */

/* Appends the rows of site.services. */
bool	 kube_services(struct ctx *ctx, const struct site *site,
	     json_t *rows, struct err *e);
bool	 kube_service_plan(struct ctx *ctx, struct plan *plan,
	     const struct site *site, enum kube_change change,
	     const json_t *params, struct err *e);

bool	 kube_scale_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 kube_restart_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 kube_restart_prepare(struct ctx *, const json_t *, json_t *,
	     struct err *);
/* args: "namespace", "name" or (all of a release) "release" */
bool	 kube_settled_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);

/* ---- kube_effect.c */

/* helm upgrade, or a note that says what to do by hand. */
bool	 kube_effect_plan(struct ctx *ctx, struct plan *plan,
	     const struct site *site, const json_t *paths, struct err *e);

bool	 kube_before_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 kube_upgrade_probe(struct ctx *, const json_t *, const json_t *,
	     enum probe *, json_t *, struct err *);
bool	 kube_revision_prepare(struct ctx *, const json_t *, json_t *,
	     struct err *);

#endif
