/*
 * Bind mounts: which path of this host a container sees where.  Named
 * volumes have no path of ours and are passed over (compose-spec, volumes).
 */
#include "site_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

struct mount {
	char	*source;	/* absolute on this host, no end slash */
	char	*target;	/* in the container */
};

static void
mount_fini(struct mount *m)
{
	free(m->source);
	free(m->target);
	*m = (struct mount){ 0 };
}

/* A bind source as compose reads it; NULL for a named volume. */
static char *
source_resolve(const struct site *site, const char *source)
{
	const char *home = getenv("HOME");

	if (source[0] == '/')
		return strdup(source);
	if (source[0] == '~' && home != NULL)
		return str_format("%s%s", home, source + 1);
	if (source[0] != '.')
		return NULL;
	while (str_starts(source, "./"))
		source += 2;
	if (strcmp(source, ".") == 0)
		return strdup(site->root);
	return str_format("%s/%s", site->root, source);
}

static void
slash_cut(char *path)
{
	size_t len = path != NULL ? strlen(path) : 0;

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
}

/* "SOURCE:TARGET" or "SOURCE:TARGET:options". */
static bool
short_read(const struct site *site, const char *value, struct mount *m)
{
	AUTO_FREE char	*text = site_interpolate(site, value, false);
	char		*target, *options;

	if (text == NULL || (target = strchr(text, ':')) == NULL)
		return false;
	*target++ = '\0';
	if ((options = strchr(target, ':')) != NULL)
		*options = '\0';
	m->source = source_resolve(site, text);
	m->target = strdup(target);
	return true;
}

/* The long form: this node is .source, its sibling .target. */
static bool
long_read(const struct site *site, const struct site_file *f,
    const struct doc_node *node, struct mount *m)
{
	size_t		 stem = strlen(node->path) - strlen("source");
	AUTO_FREE char	*path = str_format("%.*starget", (int)stem,
	    node->path);
	AUTO_FREE char	*source = site_interpolate(site, node->value, false);
	const struct doc_node *target = path == NULL ? NULL :
	    doc_find(&f->doc, path);

	if (source == NULL || target == NULL || target->value == NULL)
		return false;
	m->source = source_resolve(site, source);
	m->target = site_interpolate(site, target->value, false);
	return true;
}

/* The bind mount that a node describes. */
static bool
mount_read(const struct site *site, const struct site_file *f,
    const struct site_service_info *s, const struct doc_node *node,
    struct mount *m)
{
	const char	*rest = node->value == NULL ? NULL :
	    site_member_rest(node, s, "volumes");
	bool		 found = false;

	*m = (struct mount){ 0 };
	if (rest == NULL || *rest != '[')
		return false;
	if (str_ends(rest, "].source"))
		found = long_read(site, f, node, m);
	else if (str_ends(rest, "]"))
		found = short_read(site, node->value, m);
	slash_cut(m->source);
	slash_cut(m->target);
	if (found && m->source != NULL && m->target != NULL)
		return true;
	mount_fini(m);
	return false;
}

/* What follows folder in path ("" when equal), NULL when not below it. */
static const char *
below(const char *path, const char *folder)
{
	size_t n = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

	if (strncmp(path, folder, n) != 0 ||
	    (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path + n;
}

/* The longest mount that covers a path, and what it is on its other side. */
struct other_side {
	bool		 inwards;	/* from here into the container */
	const char	*path;
	char		*best;		/* NULL: none covers it; owned */
	size_t		 best_len;
};

static void
service_other_side(const struct site *site, const struct site_file *f,
    const struct site_service_info *s, struct other_side *o)
{
	struct mount	 m;
	const char	*near, *rest;

	for (size_t i = 0; i < f->doc.n; i++) {
		if (!mount_read(site, f, s, &f->doc.nodes[i], &m))
			continue;
		near = o->inwards ? m.source : m.target;
		rest = below(o->path, near);
		if (rest != NULL && strlen(near) > o->best_len) {
			o->best_len = strlen(near);
			free(o->best);
			o->best = str_format("%s%s", o->inwards ? m.target :
			    m.source, rest);
		}
		mount_fini(&m);
	}
}

static char *
other_side(const struct site *site, const char *service, const char *path,
    bool inwards)
{
	const struct site_file	*f = site_compose_file(site);
	struct other_side	 o = { .inwards = inwards, .path = path };

	for (size_t i = 0; f != NULL && o.best == NULL &&
	    i < site->service_count; i++) {
		const struct site_service_info *s = &site->services[i];

		if (service == NULL || strcmp(s->name, service) == 0)
			service_other_side(site, f, s, &o);
	}
	return o.best;
}

char *
site_host_path(const struct site *site, const char *service,
    const char *inside)
{
	return other_side(site, service, inside, false);
}

char *
site_inside_path(const struct site *site, const char *service,
    const char *here)
{
	return other_side(site, service, here, true);
}

bool
site_mount_covers(const struct site *site,
    const struct site_service_info *service, const char *path)
{
	const struct site_file	*f = site_compose_file(site);
	AUTO_FREE char		*whole = str_format("%s/%s", site->root, path);
	bool			 covers = false;
	struct mount		 m;

	for (size_t i = 0; f != NULL && whole != NULL && !covers &&
	    i < f->doc.n; i++) {
		if (!mount_read(site, f, service, &f->doc.nodes[i], &m))
			continue;
		covers = below(whole, m.source) != NULL;
		mount_fini(&m);
	}
	return covers;
}
