/*
 * Docker and podman seen alike: "ps" for the ids of all compose containers,
 * "inspect" for their labels and state.  A container belongs to the site
 * when its working folder, links resolved, is the root of the site.
 */
#include "engine.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "site_private.h"
#include "text_daily.def"

#define ASK_TIMEOUT_MS	15000
#define RUN_TIMEOUT_MS	(15 * 60 * 1000)

#define LABEL(x)	"com.docker.compose." x

void
engine_fini(struct engine *engine)
{
	free(engine->project);
	free(engine->files);
	json_decref(engine->containers);
	*engine = (struct engine){ .command = NULL };
}

/* ---- reading */

/* RFC 3339 with any fraction and zone as UTC milliseconds; "" for never. */
static void
time_read(const char *text, char out[CLOCK_ISO_SIZE])
{
	struct tm	 tm = { 0 };
	const char	*p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	char		*end;
	int64_t		 ms = 0;
	long		 zone;

	out[0] = '\0';
	if (p == NULL || tm.tm_year < 70)
		return;
	if (*p == '.') {
		ms = (int64_t)(strtod(p, &end) * 1000);
		p = end;
	}
	ms += (int64_t)timegm(&tm) * 1000;
	if (*p == '+' || *p == '-') {
		zone = strtol(p + 1, &end, 10) * 60;
		zone += *end == ':' ? strtol(end + 1, NULL, 10) : 0;
		ms += (*p == '+' ? -1 : 1) * (int64_t)zone * 60000;
	}
	clock_iso(ms, out);
}

static const char *
health_of(const json_t *state)
{
	const char *s = json_str(json_object_get(state, "Health"), "Status");

	if (s == NULL)
		s = json_str(json_object_get(state, "Healthcheck"), "Status");
	return s != NULL ? s : "";
}

static const char *
name_of(const json_t *c)
{
	const char *name = json_text(c, "Name");

	return *name == '/' ? name + 1 : name;
}

/* podman says ImageName; docker only Config.Image. */
static const char *
image_of(const json_t *c)
{
	const char *name = json_str(c, "ImageName");

	return name != NULL ? name :
	    json_text(json_object_get(c, "Config"), "Image");
}

static json_t *
container_read(const json_t *c, const json_t *labels, const char *command)
{
	const json_t	*state = json_object_get(c, "State");
	const char	*status = json_text(state, "Status");
	const char	*since = strcmp(status, "running") == 0 ?
	    json_text(state, "StartedAt") : json_text(state, "FinishedAt");
	AUTO_FREE char	*token = str_format("%s@%s", json_text(c, "Id"),
	    json_text(state, "StartedAt"));
	char		 at[CLOCK_ISO_SIZE], made[CLOCK_ISO_SIZE];

	time_read(since, at);
	time_read(json_text(c, "Created"), made);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
	    " s:s}", "id", json_text(c, "Id"), "name", name_of(c), "service",
	    json_text(labels, LABEL("service")), "project",
	    json_text(labels, LABEL("project")), "state", status, "health",
	    health_of(state), "image", image_of(c), "created", made, "since",
	    at, "engine", command, "token", token != NULL ? token : "");
}

static bool
belongs(const struct site *site, const json_t *labels)
{
	const char	*dir = json_text(labels,
	    LABEL("project.working_dir"));
	char		 real[PATH_MAX];

	if (strcmp(json_text(labels, LABEL("oneoff")), "True") == 0)
		return false;
	return realpath(dir, real) != NULL &&
	    strcmp(real, site_root(site)) == 0;
}

/* docker-compose 1 and compose 2 tell their version; podman-compose too. */
static enum engine_compose
made_by(const json_t *labels)
{
	const char *version = json_text(labels, LABEL("version"));

	if (json_str(labels, "io.podman.compose.version") != NULL)
		return ENGINE_COMPOSE_PODMAN;
	if (str_starts(version, "1."))
		return ENGINE_COMPOSE_V1;
	return *version != '\0' ? ENGINE_COMPOSE_V2 : ENGINE_COMPOSE_NONE;
}

static bool
project_keep(struct engine *out, const json_t *labels, struct err *e)
{
	if (out->project != NULL)
		return true;
	out->compose = made_by(labels);
	out->project = strdup(json_text(labels, LABEL("project")));
	out->files = strdup(json_text(labels,
	    LABEL("project.config_files")));
	return out->project != NULL && out->files != NULL ? true :
	    err_nomem(e);
}

static bool
containers_read(const struct site *site, struct engine *out,
    const json_t *list, struct err *e)
{
	const json_t	*c, *labels;
	size_t		 i;

	json_array_foreach(list, i, c) {
		labels = json_object_get(json_object_get(c, "Config"),
		    "Labels");
		if (!belongs(site, labels))
			continue;
		if (!project_keep(out, labels, e))
			return false;
		if (json_array_append_new(out->containers, container_read(c,
		    labels, out->command)) < 0)
			return err_nomem(e);
	}
	return true;
}

/* ---- asking */

static bool
ask(struct ctx *ctx, const json_t *argv, struct proc_result *r,
    struct err *e)
{
	AUTO_FREE const char	**words = proc_argv_from_json(argv);

	if (words == NULL)
		return err_nomem(e);
	return proc_run(&(struct proc_spec){ .argv = words,
	    .timeout_ms = ASK_TIMEOUT_MS, .cancel = ctx->cancel }, r, e);
}

/* argv of "inspect" for every id that ps printed, NULL when there is none. */
static json_t *
inspect_argv(const char *command, char *ids)
{
	json_t	*argv = json_pack("[s, s, s, s]", command, "inspect",
	    "--type", "container");
	size_t	 fixed = json_array_size(argv);
	char	*save = NULL, *id;

	for (id = strtok_r(ids, " \r\n", &save); id != NULL;
	    id = strtok_r(NULL, " \r\n", &save))
		json_array_append_new(argv, json_string(id));
	if (json_array_size(argv) == fixed)
		json_decref(TAKE(argv));
	return argv;
}

/* A container that went between the two calls is left out by inspect. */
bool
engine_hint(struct err *e, const char *text)
{
	if (e == NULL || e->hint[0] != '\0')
		return false;
	return err_hint(e, "%s", text);
}

static bool
ask_command(struct ctx *ctx, const struct site *site, struct engine *out,
    struct err *e)
{
	AUTO_PROC_RESULT struct proc_result ids = { 0 }, all = { 0 };
	AUTO_JSON json_t	*ps = json_pack("[s,s,s,s,s,s,s]",
	    out->command, "ps", "-a", "-q", "--no-trunc", "--filter",
	    "label=" LABEL("project"));
	AUTO_JSON json_t	*inspect = NULL, *list = NULL;
	AUTO_FREE const char	**words = proc_argv_from_json(ps);

	if (words == NULL)
		return err_nomem(e);
	if (!proc_run_ok(&(struct proc_spec){ .argv = words,
	    .timeout_ms = ASK_TIMEOUT_MS, .cancel = ctx->cancel }, &ids, e))
		return engine_hint(e, T_ENGINE_ASK_HINT);
	if (ids.out.len == 0 ||
	    (inspect = inspect_argv(out->command, ids.out.data)) == NULL)
		return true;
	if (!ask(ctx, inspect, &all, e))
		return false;
	list = json_parse(buf_str(&all.out), all.out.len, e);
	return list != NULL && containers_read(site, out, list, e);
}

static bool
has_compose_v2(struct ctx *ctx)
{
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	AUTO_JSON json_t *argv = json_pack("[s,s,s]", "docker", "compose",
	    "version");

	return proc_exists("docker") && ask(ctx, argv, &r, NULL) &&
	    r.exit_code == 0;
}

/*
 * The program that made the containers, else what is there: the engine's
 * own first.
 */
static void
choose_compose(struct ctx *ctx, struct engine *out)
{
	bool has_podman = proc_exists("podman-compose");
	bool is_podman = strcmp(out->command, "podman") == 0;

	if (out->compose == ENGINE_COMPOSE_PODMAN && has_podman)
		return;
	if (out->compose == ENGINE_COMPOSE_V1 && proc_exists("docker-compose"))
		return;
	if (is_podman && has_podman && out->project == NULL)
		out->compose = ENGINE_COMPOSE_PODMAN;
	else if (has_compose_v2(ctx))
		out->compose = ENGINE_COMPOSE_V2;
	else if (proc_exists("docker-compose"))
		out->compose = ENGINE_COMPOSE_V1;
	else
		out->compose = has_podman && is_podman ?
		    ENGINE_COMPOSE_PODMAN : ENGINE_COMPOSE_NONE;
}

bool
engine_open(struct ctx *ctx, const struct site *site, struct engine *out,
    struct err *e)
{
	static const char *const commands[] = { "docker", "podman" };
	bool		 podman_first = site_kind(site) == SITE_PODMAN;
	const char	*first = NULL, *command;
	struct err	 why;
	bool		 failed = false;
	size_t		 i;

	*out = (struct engine){ .containers = json_array() };
	if (out->containers == NULL)
		return err_nomem(e);
	err_set(&out->why, ERR_SITE, 0, T_ENGINE_NONE);
	err_hint(&out->why, T_ENGINE_NONE_HINT);
	for (i = 0; i < LENGTH(commands) && out->project == NULL; i++) {
		command = commands[i ^ (size_t)podman_first];
		if (!proc_exists(command))
			continue;
		out->command = command;
		if (ask_command(ctx, site, out, &why)) {
			/* Nothing at the second one does not explain why
			 * the first one cannot be asked. */
			if (first == NULL && !failed)
				first = command;
		} else if (why.domain == ERR_CANCELLED ||
		    why.domain == ERR_NOMEM) {
			engine_fini(out);
			return err_copy(e, &why);
		} else {
			if (!failed)
				err_copy(&out->why, &why);
			failed = true;
		}
	}
	if (out->project == NULL)
		out->command = first;
	if (out->command != NULL)
		choose_compose(ctx, out);
	return true;
}

/* ---- calling */

static bool
words_add(json_t *argv, const char *const *words)
{
	bool ok = argv != NULL;

	for (; ok && *words != NULL; words++)
		ok = json_array_append_new(argv, json_string(*words)) == 0;
	return ok;
}

/* "-f FILE" for each when the project was not made from the usual one. */
static bool
files_add(const struct engine *engine, const struct site *site,
    json_t *argv)
{
	AUTO_FREE char	*usual = str_format("%s/%s", site_root(site),
	    site->compose != NULL ? site->compose : "");
	AUTO_FREE char	*list = engine->files != NULL ?
	    strdup(engine->files) : NULL;
	const char	*one[] = { "-f", NULL, NULL };
	char		*save = NULL;

	if (usual == NULL)
		return false;
	if (list == NULL || *list == '\0' || strcmp(list, usual) == 0 ||
	    str_equal(list, site->compose))
		return true;
	for (one[1] = strtok_r(list, ",", &save); one[1] != NULL;
	    one[1] = strtok_r(NULL, ",", &save))
		if (!words_add(argv, one))
			return false;
	return true;
}

json_t *
engine_argv(const struct engine *engine, const struct site *site,
    const char *const *words, const json_t *services, struct err *e)
{
	static const char *const programs[][3] = {
		[ENGINE_COMPOSE_V2] = { "docker", "compose", NULL },
		[ENGINE_COMPOSE_V1] = { "docker-compose", NULL },
		[ENGINE_COMPOSE_PODMAN] = { "podman-compose", NULL }
	};
	const char		*project[] = { "-p", engine->project, NULL };
	AUTO_JSON json_t	*argv = json_array();

	if (engine->compose == ENGINE_COMPOSE_NONE) {
		err_set(e, ERR_SITE, 0, T_ENGINE_NO_COMPOSE);
		err_hint(e, T_ENGINE_NO_COMPOSE_HINT);
		return NULL;
	}
	if (!words_add(argv, programs[engine->compose]) ||
	    (engine->project != NULL && (!words_add(argv, project) ||
	    !files_add(engine, site, argv))) || !words_add(argv, words) ||
	    (services != NULL &&
	    json_array_extend(argv, (json_t *)services) < 0)) {
		err_nomem(e);
		return NULL;
	}
	return TAKE(argv);
}

/*
 * Not cancelled half-way: a compose call that is killed between remove and
 * create leaves a service down, when a terminal is lost of all times.
 */
bool
engine_run(const struct site *site, const json_t *argv, struct err *e)
{
	AUTO_FREE const char	**words = proc_argv_from_json(argv);
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	if (words == NULL)
		return err_nomem(e);
	return proc_run_ok(&(struct proc_spec){ .argv = words,
	    .cwd = site_root(site), .timeout_ms = RUN_TIMEOUT_MS }, &r, e);
}

/* ---- counting */

static bool
is_running(const json_t *container)
{
	return strcmp(json_text(container, "state"), "running") == 0;
}

static bool
is_of(const json_t *container, const char *service)
{
	return strcmp(json_text(container, "service"), service) == 0;
}

size_t
engine_running(const struct engine *engine, const char *service)
{
	const json_t	*c;
	size_t		 i, n = 0;

	json_array_foreach(engine->containers, i, c)
		n += is_of(c, service) && is_running(c);
	return n;
}

size_t
engine_count(const struct engine *engine, const char *service)
{
	const json_t	*c;
	size_t		 i, n = 0;

	json_array_foreach(engine->containers, i, c)
		n += is_of(c, service);
	return n;
}

json_t *
engine_tokens(const struct engine *engine, const json_t *services)
{
	AUTO_JSON json_t	*out = json_array();
	const json_t		*c, *s;
	size_t			 i, k;

	json_array_foreach(services, k, s)
		json_array_foreach(engine->containers, i, c)
			if (is_running(c) &&
			    is_of(c, json_string_value(s)) &&
			    json_array_append_new(out, json_string(
			    json_text(c, "token"))) < 0)
				return NULL;
	return TAKE(out);
}

bool
site_containers(struct ctx *ctx, json_t **list, struct err *e)
{
	AUTO_ENGINE struct engine	 engine = { .command = NULL };
	struct site			*site;
	json_t				*c;
	size_t				 i;

	if (!site_need(ctx, &site, e))
		return false;
	if (site_kind(site) != SITE_DOCKER && site_kind(site) != SITE_PODMAN)
		return err_set(e, ERR_SITE, 0, T_ENGINE_KIND,
		    site_kind_name(site_kind(site)));
	if (!engine_open(ctx, site, &engine, e))
		return false;
	if (engine.command == NULL)
		return err_copy(e, &engine.why);
	json_array_foreach(engine.containers, i, c)
		json_object_del(c, "token");
	*list = TAKE(engine.containers);
	return true;
}
