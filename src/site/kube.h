/*
 * A Sametime on Kubernetes: by kubectl and helm, argv only.  Private to
 * src/site.  The traps of what the API says are in kube_state.c.
 */
#ifndef STCONSOLE_SITE_KUBE_H
#define STCONSOLE_SITE_KUBE_H

#include <jansson.h>

#include "stconsole/action.h"
#include "stconsole/ctx.h"
#include "stconsole/proc.h"
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

/* ---- kube_ask.c */

#define KUBE_FORBIDDEN	403	/* err.code of ERR_SITE */

/*
 * Runs kubectl or helm, for 30 s at most.  A failure says what the cluster
 * said and what to do; retryable: the cluster does not answer just now.
 */
bool	 kube_ask(struct ctx *ctx, const char *const *argv,
	     struct proc_result *r, struct err *e);
/* "kubectl ARGS -o json", parsed; args are NULL-terminated. */
bool	 kube_get(struct ctx *ctx, const char *const *args, json_t **out,
	     struct err *e);
/* Always false: *e from what a program that failed wrote. */
bool	 kube_blame(const char *program, int exit_code, const char *said,
	     struct err *e);
/* Actions: run args' "argv", and "undo_argv" for the way back. */
bool	 kube_act(struct ctx *, const json_t *, const json_t *,
	     struct err *);
bool	 kube_undo(struct ctx *, const json_t *, const json_t *,
	     struct err *);

/* ---- kube_state.c */

/* Why a Deployment is not up yet; text is "" when nothing is known. */
struct kube_why {
	char		 reason[48];	/* one word for a table, or "" */
	char		 text[280];
	const char	*hint;
	bool		 in_vain;	/* waiting longer will not help */
};

/*
 * list is what "kubectl get deployments,replicasets,pods" answers: the three
 * are read together.
 */
const json_t *kube_find(const json_t *list, const char *name);
enum kube_state kube_deployment_state(const json_t *list,
	     const json_t *deployment);
const char *kube_state_name(enum kube_state state);
/* now_ms: the wall clock. */
void	 kube_why(const json_t *list, const json_t *deployment,
	     int64_t now_ms, struct kube_why *why);

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
/*
 * args: "namespace", "name" or (all of a release) "release"; "scales": the
 * template is as it was, so a deadline that is over is not about this.
 */
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
