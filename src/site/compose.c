/*
 * What the compose file says about its services: names, images, what each
 * gets in its environment.  Mounts are in mounts.c.
 *
 * Order of an environment (compose-spec): environment: over env_file:, and
 * the later file of env_file: over the earlier one.
 */
#include "site_private.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

const struct site_file *
site_compose_file(const struct site *site)
{
	const struct site_file *f = site->compose != NULL ?
	    site_file_find(site, site->compose) : NULL;

	return f != NULL && f->doc.format != NULL ? f : NULL;
}

/* One step of a YAML path at p: ".name", "name" or ["name"]; NULL: none. */
static const char *
step_read(const char *p, struct buf *name)
{
	buf_reset(name);
	if (p[0] == '[' && p[1] == '"') {
		for (p += 2; *p != '\0' && *p != '"'; p++) {
			if (*p == '\\' && p[1] != '\0')
				p++;
			buf_putc(name, *p);
		}
		return p[0] == '"' && p[1] == ']' ? p + 2 : NULL;
	}
	if (*p == '.')
		p++;
	while (*p != '\0' && *p != '.' && *p != '[')
		buf_putc(name, *p++);
	return name->len > 0 ? p : NULL;
}

/* What follows prefix in path when a step begins there, else NULL. */
static const char *
path_below(const char *path, const char *prefix)
{
	const char *rest;

	if (!str_starts(path, prefix))
		return NULL;
	rest = path + strlen(prefix);
	return *rest == '.' || *rest == '[' ? rest : NULL;
}

const char *
site_member_rest(const struct doc_node *node,
    const struct site_service_info *s, const char *member)
{
	const char *rest = path_below(node->path, s->path);

	if (rest == NULL || *rest != '.' || !str_starts(rest + 1, member))
		return NULL;
	rest += 1 + strlen(member);
	return *rest == '\0' || *rest == '.' || *rest == '[' ? rest : NULL;
}

/* ---- reading */

static bool
service_add(struct site *site, const struct site_file *f,
    const struct doc_node *node, const char *name, struct err *e)
{
	AUTO_FREE char			*image_path = str_format("%s.image",
	    node->path);
	const struct doc_node		*image;
	struct site_service_info	*all, *s;

	all = realloc(site->services,
	    (site->service_count + 1) * sizeof(*all));
	if (all != NULL)
		site->services = all;
	if (all == NULL || image_path == NULL)
		return err_nomem(e);
	s = &all[site->service_count++];
	image = doc_find(&f->doc, image_path);
	*s = (struct site_service_info){
		.name = strdup(name), .path = node->path, .file = f->path,
		.line = node->line,
		.image = image != NULL && image->value != NULL ?
		    site_interpolate(site, image->value, true) : strdup("")
	};
	return (s->name != NULL && s->image != NULL) || err_nomem(e);
}

/* An env_file may stand in a folder of its own: those are read as well. */
static bool
env_files_add(struct site *site, struct err *e)
{
	const struct site_file *f = site_compose_file(site);

	for (size_t i = 0; i < site->service_count; i++) {
		for (size_t k = 0; k < f->doc.n; k++) {
			const struct doc_node	*node = &f->doc.nodes[k];
			AUTO_FREE char		*path = NULL;
			const char		*name;

			if (node->value == NULL || site_member_rest(node,
			    &site->services[i], "env_file") == NULL)
				continue;
			path = site_interpolate(site, node->value, false);
			if (path == NULL)
				return err_nomem(e);
			name = str_starts(path, "./") ? path + 2 : path;
			if (!str_ends(name, ".env") || *name == '/')
				continue;
			if (!site_file_add(site, name, e))
				return false;
			/* The array may have moved. */
			f = site_compose_file(site);
		}
	}
	return true;
}

bool
site_compose_read(struct site *site, struct err *e)
{
	const struct site_file	*f = site_compose_file(site);
	AUTO_BUF struct buf	 name = BUF_INIT;
	const char		*rest;

	if (f == NULL)
		return true;
	for (size_t i = 0; i < f->doc.n; i++) {
		const struct doc_node *node = &f->doc.nodes[i];

		rest = path_below(node->path, "services");
		if (rest == NULL || node->kind == DOC_ALIAS)
			continue;
		rest = step_read(rest, &name);
		if (rest == NULL || *rest != '\0')
			continue;
		if (!service_add(site, f, node, buf_str(&name), e))
			return false;
	}
	return env_files_add(site, e);
}

/* ---- environment */

/*
 * An entry of environment:, as "- NAME=value", "- NAME" or "NAME: value".
 * *value is NULL when the value comes from .env.
 */
static bool
entry_read(const struct doc_node *node, const char *rest, struct buf *name,
    const char **value)
{
	const char *equals;

	if (node->value == NULL && node->kind != DOC_SCALAR)
		return false;
	if (rest[0] == '[' && rest[1] != '"') {
		if (node->value == NULL)
			return false;
		equals = strchr(node->value, '=');
		buf_reset(name);
		buf_add(name, node->value, equals != NULL ?
		    (size_t)(equals - node->value) : strlen(node->value));
		*value = equals != NULL ? equals + 1 : NULL;
		return name->len > 0;
	}
	*value = node->value;
	if (node->value != NULL && node->end == node->start)
		*value = NULL;
	rest = step_read(rest, name);
	return rest != NULL && *rest == '\0';
}

static char *
environment_value(const struct site *site, const struct site_file *f,
    const struct site_service_info *s, const char *wanted,
    struct site_origin *origin)
{
	AUTO_BUF struct buf	 name = BUF_INIT;
	const char		*value, *rest;

	for (size_t i = f->doc.n; i > 0; i--) {
		const struct doc_node *node = &f->doc.nodes[i - 1];

		rest = site_member_rest(node, s, "environment");
		if (rest == NULL || *rest == '\0' ||
		    !entry_read(node, rest, &name, &value) ||
		    strcmp(buf_str(&name), wanted) != 0)
			continue;
		if (value == NULL)
			return site_dotenv(site, wanted, origin);
		if (origin != NULL)
			*origin = (struct site_origin){ f->path, node->line };
		return site_interpolate(site, value, false);
	}
	return NULL;
}

/* The file that node names as an entry of s's env_file:, or NULL. */
static char *
env_file_of(const struct site *site, const struct doc_node *node,
    const struct site_service_info *s)
{
	AUTO_FREE char	*text = NULL;
	const char	*rest = node->value == NULL ? NULL :
	    site_member_rest(node, s, "env_file");

	if (rest == NULL || str_ends(rest, ".required") ||
	    str_ends(rest, ".format"))
		return NULL;
	text = site_interpolate(site, node->value, false);
	if (text == NULL || !str_starts(text, "./"))
		return TAKE(text);
	return strdup(text + 2);
}

static bool
is_env_file(const struct site *site, const struct doc_node *node,
    const struct site_service_info *s, const char *path)
{
	AUTO_FREE char *named = env_file_of(site, node, s);

	return named != NULL && strcmp(named, path) == 0;
}

/* Compose puts variables into env files too; unknown ones stay as text. */
static char *
env_file_value(const struct site *site, const struct site_file *compose,
    const struct site_service_info *s, const char *name,
    struct site_origin *origin)
{
	const char *value;

	for (size_t i = compose->doc.n; i > 0; i--) {
		AUTO_FREE char *path = env_file_of(site,
		    &compose->doc.nodes[i - 1], s);

		value = path == NULL ? NULL : site_file_value(site, path,
		    name, origin);
		if (value != NULL)
			return site_interpolate(site, value, true);
	}
	return NULL;
}

char *
site_service_env(const struct site *site, const char *service,
    const char *name, struct site_origin *origin)
{
	const struct site_file	*f = site_compose_file(site);
	char			*value = NULL;

	for (size_t i = 0; f != NULL && value == NULL &&
	    i < site->service_count; i++) {
		const struct site_service_info *s = &site->services[i];

		if (service != NULL && strcmp(s->name, service) != 0)
			continue;
		value = environment_value(site, f, s, name, origin);
		if (value == NULL)
			value = env_file_value(site, f, s, name, origin);
	}
	return value;
}

/* ---- who takes what */

static bool
node_takes_variable(const struct doc_node *node,
    const struct site_service_info *s, const char *wanted)
{
	AUTO_BUF struct buf	 name = BUF_INIT;
	const char		*rest, *value;

	if (node->value != NULL && site_text_refers(node->value, wanted))
		return true;
	rest = s == NULL ? NULL : site_member_rest(node, s, "environment");
	return rest != NULL && *rest != '\0' &&
	    entry_read(node, rest, &name, &value) && value == NULL &&
	    strcmp(buf_str(&name), wanted) == 0;
}

bool
site_service_takes_variable(const struct site *site, const char *service,
    const char *name)
{
	const struct site_file *f = site_compose_file(site);

	for (size_t i = 0; f != NULL && i < site->service_count; i++) {
		const struct site_service_info *s = &site->services[i];

		if (service != NULL && strcmp(s->name, service) != 0)
			continue;
		for (size_t k = 0; k < f->doc.n; k++)
			if (path_below(f->doc.nodes[k].path, s->path) &&
			    node_takes_variable(&f->doc.nodes[k], s, name))
				return true;
	}
	/* Networks, volumes and anchors may take one as well. */
	for (size_t k = 0; f != NULL && service == NULL && k < f->doc.n; k++)
		if (node_takes_variable(&f->doc.nodes[k], NULL, name))
			return true;
	return false;
}

/* True when the service has any variable, so that .env can matter to it. */
static bool
takes_variables(const struct site *site, const struct site_file *f,
    const struct site_service_info *s)
{
	const struct site_file *env = site_file_find(site, ".env");

	for (size_t i = 0; env != NULL && i < env->doc.n; i++)
		for (size_t k = 0; k < f->doc.n; k++)
			if (path_below(f->doc.nodes[k].path, s->path) &&
			    node_takes_variable(&f->doc.nodes[k], s,
			    env->doc.nodes[i].path))
				return true;
	return false;
}

bool
site_service_takes(const struct site *site, const char *service,
    const char *path)
{
	const struct site_file *f = site_compose_file(site);

	for (size_t i = 0; f != NULL && i < site->service_count; i++) {
		const struct site_service_info *s = &site->services[i];

		if (service != NULL && strcmp(s->name, service) != 0)
			continue;
		if (strcmp(path, site->compose) == 0 ||
		    (strcmp(path, ".env") == 0 && takes_variables(site, f, s)))
			return true;
		for (size_t k = 0; k < f->doc.n; k++)
			if (is_env_file(site, &f->doc.nodes[k], s, path))
				return true;
		if (site_mount_covers(site, s, path))
			return true;
	}
	return false;
}
