/*
 * The steps by which changed files take effect, behind the writes of a plan.
 *
 * Only services that run are touched, so that a change never starts a
 * profile that nobody wanted.  The way back goes in front of the writes:
 * undo goes backwards and so recreates after the files are back.
 */
#include "effect.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "engine.h"
#include "kube.h"
#include "site_private.h"
#include "text_daily.def"

#define RUNNING_TIMEOUT_S	120

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

bool
site_plan_recreate(struct ctx *ctx, struct plan *plan,
    const json_t *services, struct err *e)
{
	static const char *const recreate[] = { "up", "-d", "--no-deps",
	    "--force-recreate", NULL };
	AUTO_ENGINE struct engine	 engine = { .command = NULL };
	struct site			*site;
	struct effect			 f = { .site = NULL };

	if (!site_need(ctx, &site, e) || !engine_open(ctx, site, &engine, e))
		return false;
	if (engine.command == NULL)
		return err_copy(e, &engine.why);
	f.site = site;
	return group_make(&f, &engine, plan, (struct group){
	    .action = "site.recreate", .title = T_EFFECT_RECREATE,
	    .services = json_incref((json_t *)services) }, recreate, true,
	    e);
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
