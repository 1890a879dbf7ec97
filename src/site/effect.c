/*
 * From a changed file to the services that must notice.  What feeds what is
 * read from the compose file (site_private.h); what runs is read from the
 * engine, and only services that run are touched, so that a change never
 * starts a profile that nobody wanted.
 *
 * Order in the plan: the note of what runs goes before the writes, so that
 * undo, which goes backwards, recreates after the files are back.
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

#define RUNNING_TIMEOUT_S	120

enum touch { TOUCH_NONE, TOUCH_RESTART, TOUCH_RECREATE };

struct effect {
	const struct site	*site;
	enum touch		*touch;		/* by service */
	bool			 whole;		/* the compose file itself */
	json_t			*paths;		/* every file that changes */
	json_t			*unused;	/* keys that no service takes */
};

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

/* ---- the steps */

/* The services to touch in this way, of those that run. */
static json_t *
services_of(const struct effect *f, const struct engine *engine,
    enum touch how)
{
	json_t	*list = json_array();
	size_t	 i;

	for (i = 0; i < f->site->service_count; i++)
		if (f->touch[i] == how &&
		    engine_running(engine, f->site->services[i].name) > 0)
			json_array_append_new(list,
			    json_string(f->site->services[i].name));
	return list;
}

static json_t *
services_running(const struct effect *f, const struct engine *engine)
{
	json_t	*list = json_array();
	size_t	 i;

	for (i = 0; i < f->site->service_count; i++)
		if (engine_running(engine, f->site->services[i].name) > 0)
			json_array_append_new(list,
			    json_string(f->site->services[i].name));
	return list;
}

/* "nginx, community"; "all services" for none. */
static void
names_show(const json_t *services, struct buf *out)
{
	json_t	*s;
	size_t	 i;

	json_array_foreach(services, i, s)
		buf_printf(out, "%s%s", i > 0 ? ", " : "",
		    json_string_value(s));
}

static bool
locks_add(struct plan *plan, const json_t *services, struct err *e)
{
	json_t	*s;
	size_t	 i;
	char	*lock;
	bool	 ok = true;

	json_array_foreach(services, i, s) {
		lock = str_format("service:%s", json_string_value(s));
		ok = ok && (lock != NULL ? plan_lock_add(plan, lock, e) :
		    err_nomem(e));
		free(lock);
	}
	return ok;
}

struct group {
	const char	*action;	/* site.recreate ... */
	const char	*title;		/* with the names */
	json_t		*services;
	json_t		*argv;
};

/* In front: what runs; behind: the act and the proof that it runs. */
static bool
group_add(struct plan *plan, const struct group *g, struct err *e)
{
	AUTO_BUF struct buf	 names = BUF_INIT;

	names_show(g->services, &names);
	if (!buf_ok(&names, e) || !locks_add(plan, g->services, e))
		return false;
	return plan_step_first(plan, &(struct step_spec){
	    .action = "site.before", .risk = RISK_NONE,
	    .undo = T_EFFECT_BEFORE_UNDO,
	    .args = json_pack("{s:O, s:O}", "services", g->services, "argv",
	    g->argv) }, e, T_EFFECT_BEFORE_TITLE, buf_str(&names)) &&
	    plan_step_add(plan, &(struct step_spec){ .action = g->action,
	    .risk = RISK_SERVICE, .undo = T_EFFECT_UNDO,
	    .argv = json_incref(g->argv), .args = json_pack("{s:O, s:O}",
	    "services", g->services, "argv", g->argv) }, e, "%s %s",
	    g->title, buf_str(&names)) &&
	    plan_step_add(plan, &(struct step_spec){
	    .action = "site.running", .risk = RISK_NONE,
	    .args = json_pack("{s:O, s:i}", "services", g->services,
	    "timeout_s", RUNNING_TIMEOUT_S) }, e, T_EFFECT_RUNNING_TITLE,
	    buf_str(&names));
}

/* Takes services. */
static bool
group_make(const struct effect *f, const struct engine *engine,
    struct plan *plan, struct group g, const char *const *words,
    bool with_names, struct err *e)
{
	AUTO_JSON json_t	*services = g.services;
	bool			 ok;

	if (services == NULL)
		return err_nomem(e);
	if (json_array_size(services) == 0)
		return true;
	g.argv = engine_argv(engine, f->site, words,
	    with_names ? services : NULL, e);
	ok = g.argv != NULL && group_add(plan, &g, e);
	json_decref(g.argv);
	return ok;
}

/*
 * docker compose finds out itself what a changed compose file means;
 * podman-compose 1.0.3 does not compare and must be told to recreate all.
 */
static bool
plan_whole(const struct effect *f, const struct engine *engine,
    struct plan *plan, struct err *e)
{
	static const char *const up[] = { "up", "-d", NULL };
	static const char *const force[] = { "up", "-d", "--force-recreate",
	    NULL };
	bool	 is_podman = engine->compose == ENGINE_COMPOSE_PODMAN;

	return group_make(f, engine, plan, (struct group){
	    .action = is_podman ? "site.recreate" : "site.up",
	    .title = is_podman ? T_EFFECT_RECREATE : T_EFFECT_UP,
	    .services = services_running(f, engine) },
	    is_podman ? force : up, false, e);
}

/* --no-deps: what these depend on keeps running as it is. */
static bool
plan_services(const struct effect *f, const struct engine *engine,
    struct plan *plan, struct err *e)
{
	static const char *const recreate[] = { "up", "-d", "--no-deps",
	    "--force-recreate", NULL };
	static const char *const restart[] = { "restart", NULL };

	return group_make(f, engine, plan, (struct group){
	    .action = "site.recreate", .title = T_EFFECT_RECREATE,
	    .services = services_of(f, engine, TOUCH_RECREATE) }, recreate,
	    true, e) &&
	    group_make(f, engine, plan, (struct group){
	    .action = "site.restart", .title = T_EFFECT_RESTART,
	    .services = services_of(f, engine, TOUCH_RESTART) }, restart,
	    true, e);
}

static bool
has_effect(const struct effect *f)
{
	size_t i;

	for (i = 0; i < f->site->service_count; i++)
		if (f->touch[i] != TOUCH_NONE)
			return true;
	return f->whole;
}

static bool
notes_unused(const struct effect *f, struct plan *plan, struct err *e)
{
	json_t	*key;
	size_t	 i;

	json_array_foreach(f->unused, i, key)
		if (!plan_note_add(plan, e, T_EFFECT_UNUSED,
		    json_string_value(key)))
			return false;
	return true;
}

static bool
plan_compose(struct ctx *ctx, struct plan *plan, const struct effect *f,
    struct err *e)
{
	AUTO_ENGINE struct engine engine = { .command = NULL };

	if (!notes_unused(f, plan, e))
		return false;
	if (!has_effect(f))
		return json_array_size(f->unused) > 0 ? true :
		    plan_note_add(plan, e, T_EFFECT_NOBODY);
	if (!engine_open(ctx, f->site, &engine, e))
		return false;
	if (engine.project == NULL ||
	    engine.compose == ENGINE_COMPOSE_NONE)
		return plan_note_add(plan, e, T_EFFECT_BY_HAND,
		    site_root(f->site));
	return f->whole ? plan_whole(f, &engine, plan, e) :
	    plan_services(f, &engine, plan, e);
}

/* Facts 4.10: traefik.yml is static, dynamic.yml is picked up live. */
static bool
plan_windows(struct plan *plan, const struct effect *f, struct err *e)
{
	const char	*path;
	json_t		*value;
	size_t		 i;
	bool		 ok = true;

	json_array_foreach(f->paths, i, value) {
		path = json_string_value(value);
		if (strstr(path, "dynamic.y") != NULL)
			ok = plan_note_add(plan, e, T_EFFECT_LIVE, path);
		else if (strstr(path, "traefik") != NULL)
			ok = plan_note_add(plan, e, T_EFFECT_WINDOWS, path,
			    "ST Ingress");
		else if (strstr(path, "nginx") != NULL)
			ok = plan_note_add(plan, e, T_EFFECT_WINDOWS, path,
			    "ST Web");
		else
			ok = plan_note_add(plan, e, T_EFFECT_WINDOWS_ALL,
			    path);
		if (!ok)
			return false;
	}
	return true;
}

bool
effect_plan(struct ctx *ctx, struct plan *plan, const struct effect *f,
    struct err *e)
{
	if (json_array_size(f->paths) == 0)
		return true;
	switch (f->site->kind) {
	case SITE_KUBERNETES:
		return kube_effect_plan(ctx, plan, f->site, f->paths, e);
	case SITE_WINDOWS:
		return plan_windows(plan, f, e);
	case SITE_DOCKER:
	case SITE_PODMAN:
		break;
	}
	return plan_compose(ctx, plan, f, e);
}

bool
effect_plan_file(struct ctx *ctx, struct plan *plan, const char *path,
    const struct buf *before, const struct buf *after, struct err *e)
{
	struct site	*site;
	struct effect	*f;
	bool		 ok;

	if (!site_need(ctx, &site, e))
		return false;
	f = effect_new(site, e);
	if (f == NULL)
		return false;
	ok = effect_add(f, path, before, after, e) &&
	    effect_plan(ctx, plan, f, e);
	effect_free(f);
	return ok;
}
