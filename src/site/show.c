/*
 * site.list and site.show, and the table of this folder's verbs about files.
 */
#include "site_private.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "stconsole/mem.h"
#include "stconsole/json.h"
#include "stconsole/msg.h"

#include "text.def"

/* ---- site.list */

static json_t *
root_json(const char *root)
{
	AUTO_FREE char	*compose = NULL, *chart = NULL;
	enum site_kind	 kind;
	char		 id[65];

	if (!site_recognise(root, &kind, &compose, &chart) ||
	    !site_id_of(kind, root, id, NULL))
		return NULL;
	if (kind == SITE_DOCKER)
		kind = site_engine_of(root);
	return json_pack("{s:o, s:s, s:s}", "root", json_lossy(root,
	    strlen(root)), "kind", site_kind_name(kind), "id", id);
}

static bool
site_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*sites = json_array();
	char			**roots = NULL;
	size_t			 count = 0;
	bool			 ok = sites != NULL;

	(void)params;
	if (!site_find_all(ctx, &roots, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		json_t *one = ok ? root_json(roots[i]) : NULL;

		if (one != NULL)
			ok = json_array_append_new(sites, one) == 0;
		free(roots[i]);
	}
	free(roots);
	*result = ok ? json_pack("{s:O}", "sites", sites) : NULL;
	return *result != NULL || err_nomem(e);
}

/* ---- site.show */

/* A fact that is no line of a file has no file. */
static json_t *
facts_json(const struct site *site)
{
	json_t *facts = json_object();

	for (size_t i = 0; i < site->fact_count; i++) {
		const struct site_fact_value *f = &site->facts[i];

		if (json_object_set_new(facts, f->name,
		    json_pack("{s:o, s:s?, s:i, s:s?}", "value",
		    json_lossy(f->value, strlen(f->value)), "file",
		    f->origin.file, "line", (int)f->origin.line, "key",
		    f->key)) < 0) {
			json_decref(facts);
			return NULL;
		}
	}
	return facts;
}

static json_t *
services_json(const struct site *site)
{
	json_t *list = json_array();

	for (size_t i = 0; i < site->service_count; i++) {
		const struct site_service_info *s = &site->services[i];

		if (json_array_append_new(list, json_pack(
		    "{s:s, s:s, s:s, s:i}", "name", s->name, "image",
		    s->image, "file", s->file, "line", (int)s->line)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static bool
site_show_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	struct site *site;

	(void)params;
	if (!site_need(ctx, &site, e))
		return false;
	*result = json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:O}", "root",
	    site->root, "kind", site_kind_name(site_kind(site)), "id", site->id,
	    "demo", site->is_demo, "facts", facts_json(site), "services",
	    services_json(site), "contradictions", site->contradictions);
	return *result != NULL || err_nomem(e);
}

json_t *
site_json(const struct site *site)
{
	const char	*slash = strrchr(site->root, '/');
	const char	*name = slash != NULL && slash[1] != '\0' ? slash + 1 :
			    site->root;

	if (site->is_demo)
		name = "demo";
	return json_pack("{s:s, s:o, s:o, s:b}", "kind",
	    site_kind_name(site_kind(site)), "root", json_lossy(site->root,
	    strlen(site->root)), "name", json_lossy(name, strlen(name)),
	    "demo", site->is_demo);
}

/* ---- the table */

#define PARAM_FILE \
	{ .name = "file", .type = PARAM_TEXT, .required = true, \
	  .positional = true, \
	  .help = "A file of the site, relative to its folder" }
#define PARAM_KEY \
	{ .name = "key", .type = PARAM_TEXT, .required = true, \
	  .positional = true, \
	  .help = "NAME, section/key, a.b[0] or LDAP/Connection[1]/@Name" }

static const struct verb_param get_params[] = {
	PARAM_FILE,
	PARAM_KEY,
	{ .name = "reveal", .type = PARAM_FLAG,
	  .help = "Show a secret as it is" },
};

static const struct verb_param set_params[] = {
	PARAM_FILE,
	PARAM_KEY,
	{ .name = "value", .type = PARAM_TEXT, .positional = true,
	  .help = "The new value" },
	{ .name = "value_file", .type = PARAM_SECRET,
	  .help = "A file with the new value, or -" },
};

static const struct verb_param unset_params[] = {
	PARAM_FILE,
	PARAM_KEY,
	{ .name = "comment_out", .type = PARAM_FLAG,
	  .help = "Keep the line as a comment" },
	{ .name = "reason", .type = PARAM_TEXT,
	  .help = "Why, written into that comment" },
};

static const struct verb verbs[] = {
	{ .name = "site.list", .help = "List the deployments on this host",
	  .role = ROLE_VIEWER, .no_site = true, .read = site_list_read,
	  .schema = "{\"sites\":[{\"root\":\"string\",\"kind\":"
	    "\"=docker|podman|kubernetes|windows\",\"id\":\"string\"}]}",
	  .view = "sites: root=Folder,kind=Kind" },
	{ .name = "site.show",
	  .help = "Show what the site's files say, and what contradicts",
	  .role = ROLE_VIEWER, .read = site_show_read,
	  .schema = "{\"root\":\"string\",\"kind\":"
	    "\"=docker|podman|kubernetes|windows\",\"id\":\"string\","
	    "\"demo\":\"bool\",\"facts\":{\"*\":{\"value\":\"string\","
	    "\"file\":\"string?\",\"line\":\"int\","
	    "\"key\":\"string?\"}},\"services\":[{"
	    "\"name\":\"string\",\"image\":\"string\",\"file\":\"string\","
	    "\"line\":\"int\"}],\"contradictions\":[{\"text\":\"string\","
	    "\"where\":[{\"file\":\"string\",\"line\":\"int\"}]}]}" },
	{ .name = "config.get", .help = "Show a value of one of the files",
	  .role = ROLE_VIEWER, .params = get_params,
	  .param_count = LENGTH(get_params), .read = config_get_read,
	  .schema = "{\"file\":\"string\",\"key\":\"string\",\"value\":"
	    "\"string\",\"line\":\"int\",\"masked\":\"bool\"}" },
	{ .name = "config.set",
	  .help = "Set a value, changing no other byte of the file",
	  .role = ROLE_ADMIN, .risk = RISK_SERVICE, .params = set_params,
	  .param_count = LENGTH(set_params), .plan = config_set_plan },
	{ .name = "config.unset", .help = "Remove a value or comment it out",
	  .role = ROLE_ADMIN, .risk = RISK_SERVICE, .params = unset_params,
	  .param_count = LENGTH(unset_params), .plan = config_unset_plan },
};

const struct service site_service = {
	.name = "site", .verbs = verbs, .verb_count = LENGTH(verbs),
	.actions = &site_file_write, .action_count = 1
};
