/*
 * Where the release of this site lives.
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

void
kube_fini(struct kube *kube)
{
	free(kube->namespace);
	free(kube->release);
	*kube = (struct kube){ .namespace = NULL };
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

/*
 * Of the whole cluster, or, for who may not ask that, of the namespace of
 * kubectl's context.  An empty list for who may not see releases at all.
 */
static bool
releases_list(struct ctx *ctx, json_t **list, struct err *e)
{
	static const char *const all[] = { "helm", "list", "-A", "-o",
	    "json", NULL };
	static const char *const here[] = { "helm", "list", "-o", "json",
	    NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct err	 why = { .domain = ERR_NONE };
	bool		 ok = kube_ask(ctx, all, &r, &why);

	if (!ok && why.domain == ERR_SITE && why.code == KUBE_FORBIDDEN)
		ok = kube_ask(ctx, here, &r, &why);
	if (ok)
		*list = json_parse(buf_str(&r.out), r.out.len, e);
	else if (why.domain == ERR_SITE && why.code == KUBE_FORBIDDEN)
		*list = json_array();
	else
		return err_copy(e, &why);
	return *list != NULL;
}

/* Exactly one, else none: a guess would change another's installation. */
static bool
release_find(struct ctx *ctx, const struct site *site, struct kube *out,
    struct err *e)
{
	AUTO_JSON json_t	*list = NULL;
	const json_t		*one, *found = NULL;
	size_t			 i, hits = 0;

	if (!proc_exists("helm"))
		return true;
	if (!releases_list(ctx, &list, e))
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

	if (!kube_ask(ctx, argv, &r, e))
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
