/*
 * From a changed file to the services that must notice.  What feeds what is
 * read from the compose file (site_private.h); what runs is read from the
 * engine, and only services that run are touched, so that a change never
 * starts a profile that nobody wanted.
 */
#include "effect.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/doc.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "engine.h"
#include "kube.h"
#include "site_private.h"
#include "text_daily.def"

struct effect *
effect_new(const struct site *site, struct err *e)
{
	struct effect *f = calloc(1, sizeof(*f));

	if (f != NULL) {
		f->site = site;
		f->touch = calloc(site->service_count + 1, sizeof(*f->touch));
		f->paths = json_array();
		f->unused = json_array();
	}
	if (f == NULL || f->touch == NULL || f->paths == NULL ||
	    f->unused == NULL) {
		effect_free(f);
		err_nomem(e);
		return NULL;
	}
	return f;
}

void
effect_free(struct effect *f)
{
	if (f == NULL)
		return;
	json_decref(f->paths);
	json_decref(f->unused);
	free(f->touch);
	free(f);
}

static void
touch(struct effect *f, size_t service, enum touch how)
{
	if (f->touch[service] < how)
		f->touch[service] = how;
}

/* ---- .env: only the services that take a changed key */

static bool
add_key(struct effect *f, const char *key, struct err *e)
{
	bool	 used = false;
	size_t	 i;

	/* COMPOSE_PROFILES, COMPOSE_FILE: steer compose itself. */
	if (str_starts(key, "COMPOSE_")) {
		f->whole = true;
		return true;
	}
	for (i = 0; i < f->site->service_count; i++) {
		if (!site_service_takes_variable(f->site,
		    f->site->services[i].name, key))
			continue;
		touch(f, i, TOUCH_RECREATE);
		used = true;
	}
	if (used)
		return true;
	/* Taken by a network, a volume or an anchor: all may differ. */
	if (site_service_takes_variable(f->site, NULL, key)) {
		f->whole = true;
		return true;
	}
	return json_array_append_new(f->unused, json_string(key)) == 0 ?
	    true : err_nomem(e);
}

/* Every key of a whose value b does not have. */
static bool
add_keys(struct effect *f, const struct doc *a, const struct doc *b,
    bool only_missing, struct err *e)
{
	const struct doc_node	*other, *node;
	size_t			 i;

	for (i = 0; i < a->n; i++) {
		/* The last assignment of a key is the one that counts. */
		node = doc_find(a, a->nodes[i].path);
		other = doc_find(b, a->nodes[i].path);
		if (node != &a->nodes[i] ||
		    (other != NULL && (only_missing ||
		    str_equal(node->value, other->value))))
			continue;
		if (!add_key(f, node->path, e))
			return false;
	}
	return true;
}

static bool
parse(struct doc *doc, const struct buf *text, struct err *e)
{
	return doc_parse(doc, &doc_env, text != NULL ? buf_str(text) : "",
	    text != NULL ? text->len : 0, e);
}

static bool
add_env(struct effect *f, const struct buf *before, const struct buf *after,
    struct err *e)
{
	struct doc	 old = { 0 }, new = { 0 };
	bool		 ok = true;

	if (!parse(&old, before, NULL) || !parse(&new, after, NULL))
		f->whole = true;
	else
		ok = add_keys(f, &new, &old, false, e) &&
		    add_keys(f, &old, &new, true, e);
	doc_fini(&old);
	doc_fini(&new);
	return ok;
}

/* ---- other files */

static bool
is_compose_file(const struct site *site, const char *path)
{
	return str_equal(path, site->compose) ||
	    strcmp(path, "docker-compose.override.yml") == 0 ||
	    strcmp(path, "docker-compose.override.yaml") == 0 ||
	    strcmp(path, "compose.override.yaml") == 0 ||
	    strcmp(path, "compose.override.yml") == 0;
}

/* True when the service lists path under env_file:, as text. */
static bool
lists_env_file(const struct site *site, const struct site_service_info *s,
    const char *path)
{
	const struct site_file	*c = site_file_find(site, site->compose);
	const char		*value;
	size_t			 i;

	for (i = 0; c != NULL && i < c->doc.n; i++) {
		value = c->doc.nodes[i].value;
		if (value == NULL || site_member_rest(&c->doc.nodes[i], s,
		    "env_file") == NULL)
			continue;
		if (strcmp(str_starts(value, "./") ? value + 2 : value,
		    path) == 0)
			return true;
	}
	return false;
}

static void
add_file(struct effect *f, const char *path)
{
	const struct site_service_info	*s;
	bool				 is_env = strcmp(path, ".env") == 0;
	size_t				 i;

	for (i = 0; i < f->site->service_count; i++) {
		s = &f->site->services[i];
		if (site_mount_covers(f->site, s, path))
			touch(f, i, TOUCH_RESTART);
		if (lists_env_file(f->site, s, path) || (!is_env &&
		    !site_mount_covers(f->site, s, path) &&
		    site_service_takes(f->site, s->name, path)))
			touch(f, i, TOUCH_RECREATE);
	}
}

static bool
is_same(const struct buf *a, const struct buf *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

bool
effect_add(struct effect *f, const char *path, const struct buf *before,
    const struct buf *after, struct err *e)
{
	if (is_same(before, after))
		return true;
	if (json_array_append_new(f->paths, json_string(path)) < 0)
		return err_nomem(e);
	if (f->site->compose == NULL)
		return true;
	if (is_compose_file(f->site, path))
		f->whole = true;
	else if (strcmp(path, ".env") == 0 && !add_env(f, before, after, e))
		return false;
	else
		add_file(f, path);
	return true;
}
