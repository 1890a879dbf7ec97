/*
 * Asking kubectl and helm, and reading a Deployment's state.
 */
#include "kube.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "site_private.h"
#include "text_daily.def"

#define ASK_TIMEOUT_MS	30000
#define ARGS_MAX	16

void
kube_fini(struct kube *kube)
{
	free(kube->namespace);
	free(kube->release);
	*kube = (struct kube){ .namespace = NULL };
}

static bool
ask(struct ctx *ctx, const char *const *argv, struct proc_result *r,
    struct err *e)
{
	return proc_run_ok(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = ASK_TIMEOUT_MS, .cancel = ctx->cancel }, r, e);
}

bool
kube_get(struct ctx *ctx, const char *const *args, json_t **out,
    struct err *e)
{
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	const char	*argv[ARGS_MAX + 4] = { "kubectl" };
	size_t		 n = 1;

	for (; *args != NULL && n <= ARGS_MAX; args++)
		argv[n++] = *args;
	argv[n++] = "-o";
	argv[n] = "json";
	if (!ask(ctx, argv, &r, e))
		return false;
	*out = json_parse(buf_str(&r.out), r.out.len, e);
	return *out != NULL;
}

/* ---- the release */

/* "sametime-12.0.2" is of the chart "sametime". */
static bool
is_of_chart(const json_t *release, const char *chart)
{
	const char	*text = json_text(release, "chart");
	size_t		 len = strlen(chart);

	return strncmp(text, chart, len) == 0 && text[len] == '-' &&
	    text[len + 1] >= '0' && text[len + 1] <= '9';
}

static const char *
chart_name(const struct site *site)
{
	const char *name = site_file_value(site,
	    str_equal(site->chart, "helm") ? "helm/Chart.yaml" :
	    "Chart.yaml", "name", NULL);

	return name != NULL ? name : "sametime";
}

/* Exactly one, else none: a guess would change another's installation. */
static bool
release_find(struct ctx *ctx, const struct site *site, struct kube *out,
    struct err *e)
{
	static const char *const argv[] = { "helm", "list", "-A", "-o",
	    "json", NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	AUTO_JSON json_t	*list = NULL;
	const json_t		*one, *found = NULL;
	size_t			 i, hits = 0;

	if (!proc_exists("helm"))
		return true;
	if (!ask(ctx, argv, &r, e))
		return false;
	list = json_parse(buf_str(&r.out), r.out.len, e);
	if (list == NULL)
		return false;
	json_array_foreach(list, i, one) {
		if (!is_of_chart(one, chart_name(site)))
			continue;
		found = one;
		hits++;
	}
	if (hits != 1)
		return true;
	out->namespace = strdup(json_text(found, "namespace"));
	out->release = strdup(json_text(found, "name"));
	/* helm prints it as text. */
	if (!str_to_int(json_text(found, "revision"), 0, INT64_MAX,
	    &out->revision))
		out->revision = json_int(found, "revision", 0);
	return out->namespace != NULL && out->release != NULL ? true :
	    err_nomem(e);
}

static bool
context_namespace(struct ctx *ctx, struct kube *out, struct err *e)
{
	static const char *const argv[] = { "kubectl", "config", "view",
	    "--minify", "-o", "jsonpath={..namespace}", NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	if (!ask(ctx, argv, &r, e))
		return false;
	out->namespace = strdup(r.out.len > 0 ? buf_str(&r.out) : "default");
	out->release = strdup("");
	return out->namespace != NULL && out->release != NULL ? true :
	    err_nomem(e);
}

bool
kube_open(struct ctx *ctx, const struct site *site, struct kube *out,
    struct err *e)
{
	*out = (struct kube){ .namespace = NULL };
	if (release_find(ctx, site, out, e) && (out->namespace != NULL ||
	    context_namespace(ctx, out, e)))
		return true;
	kube_fini(out);
	return false;
}

/* ---- a Deployment */

static bool
deadline_is_exceeded(const json_t *status)
{
	const json_t	*c;
	size_t		 i;

	json_array_foreach(json_object_get(status, "conditions"), i, c)
		if (strcmp(json_text(c, "type"), "Progressing") == 0 &&
		    strcmp(json_text(c, "status"), "False") == 0)
			return true;
	return false;
}

enum kube_state
kube_deployment_state(const json_t *d)
{
	const json_t	*status = json_object_get(d, "status");
	int64_t		 want = json_int(json_object_get(d, "spec"),
	    "replicas", 1);
	bool		 is_seen = json_int(status, "observedGeneration", 0) >=
	    json_int(json_object_get(d, "metadata"), "generation", 0);

	if (want == 0)
		return is_seen && json_int(status, "replicas", 0) == 0 ?
		    KUBE_STOPPED : KUBE_STOPPING;
	if (is_seen && json_int(status, "replicas", 0) == want &&
	    json_int(status, "updatedReplicas", 0) == want &&
	    json_int(status, "availableReplicas", 0) == want)
		return KUBE_RUNNING;
	return is_seen && deadline_is_exceeded(status) ? KUBE_FAILING :
	    KUBE_STARTING;
}

const char *
kube_state_name(enum kube_state state)
{
	static const char *const names[] = {
		[KUBE_STOPPED] = "stopped", [KUBE_STOPPING] = "stopping",
		[KUBE_STARTING] = "starting", [KUBE_FAILING] = "failing",
		[KUBE_RUNNING] = "running"
	};

	return names[state];
}
