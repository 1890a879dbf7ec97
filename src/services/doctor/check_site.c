/*
 * What the files of the site say, and which of its containers run.
 */
#include "doctor.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

#define NAMES_SHOWN	4

/* Told, but no reason to look each day: a key that nobody takes is one. */
static void
contradictions_tell(struct ctx *ctx, struct finding *f)
{
	const struct verb	*v = registry_verb(ctx->registry,
	    "site.show");
	AUTO_JSON json_t	*given = json_object(), *shown = NULL;
	const json_t		*list;
	struct plan		*none = NULL;
	struct err		 why;

	if (v == NULL || given == NULL ||
	    !verb_call(ctx, v, given, &shown, &none, &why))
		return;
	list = json_object_get(shown, "contradictions");
	if (json_array_size(list) > 0)
		finding_why(f, T_CONTRADICTIONS, json_text(json_array_get(
		    list, 0), "text"), json_array_size(list));
}

void
check_deployment(const struct probe *p, struct finding *f)
{
	const char *url;

	if (p->site == NULL) {
		finding_set(f, MARK_FAIL, T_DEPLOYMENT_NONE);
		finding_why(f, "%s", p->no_site);
		f->fix = FIX_SETUP;
		return;
	}
	url = site_fact(p->site, "public_url", NULL);
	finding_set(f, MARK_OK, T_DEPLOYMENT,
	    site_kind_name(site_kind(p->site)), site_root(p->site),
	    url != NULL ? url : T_DEPLOYMENT_NO_URL);
	if (site_is_demo(p->site))
		finding_why(f, T_DEPLOYMENT_DEMO);
	contradictions_tell(p->ctx, f);
}

void
check_version(const struct probe *p, struct finding *f)
{
	const char *version = site_fact(p->site, "version", NULL);

	if (version != NULL)
		finding_set(f, MARK_OK, T_VERSION, version);
	else
		finding_why(f, T_VERSION_NONE);
}

/* Running and, where it is asked, not unhealthy. */
static bool
is_up(const json_t *container)
{
	return strcmp(json_text(container, "state"), "running") == 0 &&
	    strcmp(json_text(container, "health"), "unhealthy") != 0;
}

/* "nginx exited, auth unhealthy and 3 more" */
static void
name_the_down(const json_t *list, struct finding *f)
{
	const json_t	*c;
	size_t		 i, down = 0;

	json_array_foreach (list, i, c) {
		if (is_up(c) || ++down > NAMES_SHOWN)
			continue;
		finding_why(f, "%s %s", json_text(c, "service")[0] != '\0' ?
		    json_text(c, "service") : json_text(c, "name"),
		    strcmp(json_text(c, "state"), "running") == 0 ?
		    json_text(c, "health") : json_text(c, "state"));
	}
	if (down > NAMES_SHOWN)
		finding_why(f, T_CONTAINERS_MORE, down - NAMES_SHOWN);
}

static void
containers_judge(const json_t *list, bool is_demo, struct finding *f)
{
	const json_t	*c;
	size_t		 i, up = 0, count = json_array_size(list);

	json_array_foreach (list, i, c)
		up += is_up(c);
	if (count == 0 && is_demo) {
		f->is_idle = true;
		finding_why(f, T_CONTAINERS_DEMO);
	} else if (count == 0) {
		finding_set(f, MARK_FAIL, T_CONTAINERS_NONE);
		finding_why(f, T_CONTAINERS_NONE_WHY);
	} else {
		finding_set(f, up == count ? MARK_OK : up == 0 ? MARK_FAIL :
		    MARK_WARN, T_CONTAINERS, up, count);
		name_the_down(list, f);
	}
}

void
check_containers(const struct probe *p, struct finding *f)
{
	enum site_kind		 kind = site_kind(p->site);
	AUTO_JSON json_t	*list = NULL;
	struct err		 why;

	if (kind != SITE_DOCKER && kind != SITE_PODMAN) {
		f->is_idle = true;
		finding_why(f, T_CONTAINERS_KIND, site_kind_name(kind));
	} else if (site_containers(p->ctx, &list, &why)) {
		containers_judge(list, site_is_demo(p->site), f);
	} else {
		f->is_idle = site_is_demo(p->site);
		finding_err(f, MARK_UNKNOWN, &why);
	}
}
