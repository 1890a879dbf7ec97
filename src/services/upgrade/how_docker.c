/*
 * A server in a container of this host.  One that compose made gets its image
 * changed in the compose file, losslessly, and is recreated by compose; any
 * other is renamed to NAME-before-MAJOR and another one is created like it.
 *
 * Data in the container's own layer, or under compose in a volume without a
 * name, would stay behind: that is refused.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "how_docker.h"
#include "text_how.def"

#define UP_MS		3000
#define LOOK_MS		200
#define STOP_S		"120"

static const char *
engine_of(const struct how_task *t)
{
	return json_text(t->args, "engine");
}

static const char *
name_of(const struct how_task *t)
{
	return json_text(t->args, "container");
}

bool
how_docker_now(const struct how_task *t, json_t **container, struct err *e)
{
	return how_inspect(t, engine_of(t), "container", name_of(t),
	    container, e);
}

/* ---- plan */

/* "mongo:{major}" filled in, or the tag of the image as it is with the major
 * in its front replaced: mongo:4.4.29 is mongo:5.0 then. */
static char *
image_for(const struct how_task *t, const char *image, struct err *e)
{
	const char	*wish = t->wish != NULL ? t->wish->image : NULL;
	const char	*at = wish != NULL ? strstr(wish, "{major}") : NULL;
	const char	*colon = strrchr(image, ':');
	size_t		 len = strlen(t->from);

	if (at != NULL)
		return str_format("%.*s%s%s", (int)(at - wish), wish, t->to,
		    at + strlen("{major}"));
	if (wish != NULL) {
		err_set(e, ERR_USAGE, 0, T_HOW_IMAGE_MAJOR, wish);
		return NULL;
	}
	if (colon != NULL && strchr(colon, '/') == NULL &&
	    strncmp(colon + 1, t->from, len) == 0 &&
	    (colon[1 + len] == '\0' || colon[1 + len] == '.' ||
	    colon[1 + len] == '-'))
		return str_format("%.*s:%s", (int)(colon - image), image,
		    t->to);
	err_set(e, ERR_REFUSED, 0, T_HOW_IMAGE_TAG, t->member, image);
	err_hint(e, T_HOW_IMAGE_TAG_HINT);
	return NULL;
}

static const char *
db_path(const struct how_task *t)
{
	const char *path = json_str(json_object_get(json_object_get(t->facts,
	    "options"), "storage"), "dbPath");

	return path != NULL ? path : "/data/db";
}

/* 64 hex digits: the engine made it up. */
static bool
is_nameless(const char *volume)
{
	return strlen(volume) == 64 &&
	    strspn(volume, "0123456789abcdef") == 64;
}

static bool
data_check(const struct how_task *t, const json_t *container, bool compose,
    struct err *e)
{
	const json_t *m = how_container_mount(container, db_path(t));

	if (m != NULL && !(compose && is_nameless(json_text(m, "Name"))))
		return true;
	err_set(e, ERR_REFUSED, 0, T_HOW_DATA_INSIDE, db_path(t),
	    json_text(json_object_get(t->facts, "run"), "container"));
	return err_hint(e, T_HOW_DATA_INSIDE_HINT);
}

static bool
plain_plan(const struct how_task *t, const json_t *container, json_t *args,
    struct err *e)
{
	const char		*engine = json_text(args, "engine");
	const char		*name = json_text(args, "container");
	AUTO_JSON json_t	*image = NULL;
	json_t			*create;

	if (!how_inspect(t, engine, "image", how_container_image(container),
	    &image, e))
		return false;
	create = how_container_create(engine, container, image, name,
	    json_text(args, "image"), e);
	if (create == NULL)
		return false;
	json_object_set_new(args, "create", create);
	json_object_set_new(args, "old_name", json_sprintf("%s-before-%s",
	    name, t->to));
	json_object_set(args, "restart", json_object_get(json_object_get(
	    json_object_get(container, "HostConfig"), "RestartPolicy"),
	    "Name"));
	return true;
}

static bool
args_fill(const struct how_task *t, const json_t *container, json_t *args,
    struct err *e)
{
	const char	*engine = json_text(args, "engine");
	const json_t	*labels = json_object_get(json_object_get(container,
	    "Config"), "Labels");
	bool		 compose = json_str(labels,
	    "com.docker.compose.service") != NULL;
	AUTO_FREE char	*image = image_for(t, how_container_image(container),
	    e);

	if (image == NULL || !data_check(t, container, compose, e))
		return false;
	json_object_set_new(args, "image", json_string(image));
	json_object_set_new(args, "old_image", json_string(
	    how_container_image(container)));
	json_object_set_new(args, "stop", json_pack("[s, s, s, s, s]",
	    engine, "stop", "-t", STOP_S, json_text(args, "container")));
	return compose ? how_compose_plan(t, labels, args, e) :
	    plain_plan(t, container, args, e);
}

static json_t *
docker_plan(const struct how_task *t, struct err *e)
{
	const json_t		*run = json_object_get(t->facts, "run");
	const char		*by = json_text(run, "by");
	const char		*name = json_str(run, "container");
	AUTO_JSON json_t	*args = NULL;
	AUTO_JSON json_t	*container = NULL;

	if (name == NULL || (strcmp(by, "docker") != 0 &&
	    strcmp(by, "podman") != 0)) {
		err_set(e, ERR_REFUSED, 0, T_HOW_NO_CONTAINER, t->member,
		    json_str(run, "why") != NULL ? json_text(run, "why") :
		    by);
		return NULL;
	}
	args = json_pack("{s:s, s:s}", "engine", by, "container", name);
	if (args == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (!how_inspect(t, by, "container", name, &container, e))
		return NULL;
	if (container == NULL) {
		err_set(e, ERR_REFUSED, 0, T_HOW_NO_CONTAINER, t->member,
		    name);
		return NULL;
	}
	return args_fill(t, container, args, e) ? TAKE(args) : NULL;
}

/* ---- swap of one that compose does not know */

static bool
plain_is_swapped(const struct how_task *t, bool *yes, struct err *e)
{
	AUTO_JSON json_t *now = NULL;

	*yes = false;
	if (!how_docker_now(t, &now, e))
		return false;
	*yes = now != NULL && strcmp(how_container_image(now),
	    json_text(t->args, "image")) == 0;
	return true;
}

/*
 * A container that always restarts comes up with the machine, beside the one
 * that took its place.  podman does that by a unit that may not be there, and
 * an older one knows no update.
 */
static bool
policy_set(const struct how_task *t, const char *name, const char *policy,
    struct err *e)
{
	AUTO_FREE char		*word = str_format("--restart=%s", policy);
	const char *const	 words[] = { "update", word, name, NULL };

	if (strcmp(json_text(t->args, "restart"), "always") != 0 ||
	    strcmp(engine_of(t), "podman") == 0)
		return true;
	return word != NULL ? how_engine(t, engine_of(t), words, NULL, e) :
	    err_nomem(e);
}

static bool
rename_to(const struct how_task *t, const char *from, const char *to,
    struct err *e)
{
	const char *const words[] = { "rename", from, to, NULL };

	return how_engine(t, engine_of(t), words, NULL, e);
}

/* The environment goes by a file that is gone afterwards. */
static bool
create_like(const struct how_task *t, const json_t *old, struct err *e)
{
	AUTO_JSON json_t	*image = NULL;
	AUTO_BUF struct buf	 env = BUF_INIT;
	AUTO_FREE char		*file = how_state_path(t, ".env", e);
	AUTO_FREE const char	**words = proc_argv_from_json(
	    json_object_get(t->args, "create"));
	bool			 ok;

	if (file == NULL)
		return false;
	if (words == NULL)
		return err_nomem(e);
	ok = how_inspect(t, engine_of(t), "image", how_container_image(old),
	    &image, e) && how_container_env(old, image, &env, e) &&
	    file_write(AT_FDCWD, file, buf_str(&env), env.len, 0600, e);
	buf_wipe(&env);
	if (!ok)
		return false;
	for (size_t i = 1; words[i] != NULL; i++)
		if (strcmp(words[i], HOW_ENV_FILE) == 0 &&
		    strcmp(words[i - 1], "--env-file") == 0)
			words[i] = file;
	ok = how_engine(t, engine_of(t), words + 1, NULL, e);
	return file_remove(AT_FDCWD, file, ok ? e : NULL) && ok;
}

static bool
plain_swap(const struct how_task *t, struct err *e)
{
	const char		*kept = json_text(t->args, "old_name");
	AUTO_JSON json_t	*now = NULL;
	AUTO_JSON json_t	*old = NULL;

	if (!how_docker_now(t, &now, e) || !how_inspect(t, engine_of(t),
	    "container", kept, &old, e))
		return false;
	if (now != NULL && strcmp(how_container_image(now),
	    json_text(t->args, "image")) == 0)
		return true;
	if (now != NULL && old != NULL)
		return err_set(e, ERR_REFUSED, 0, T_HOW_NAME_TAKEN, kept);
	if (now == NULL && old == NULL)
		return err_set(e, ERR_REFUSED, 0, T_HOW_NO_CONTAINER,
		    t->member, name_of(t));
	if (now != NULL && !rename_to(t, name_of(t), kept, e))
		return false;
	return policy_set(t, kept, "no", e) &&
	    create_like(t, now != NULL ? now : old, e);
}

static bool
plain_unswap(const struct how_task *t, struct err *e)
{
	const char		*kept = json_text(t->args, "old_name");
	const char *const	 rm[] = { "rm", "-f", name_of(t), NULL };
	AUTO_JSON json_t	*now = NULL;
	AUTO_JSON json_t	*old = NULL;

	if (!how_docker_now(t, &now, e) || !how_inspect(t, engine_of(t),
	    "container", kept, &old, e))
		return false;
	if (old == NULL)
		return now != NULL && strcmp(how_container_image(now),
		    json_text(t->args, "old_image")) == 0 ? true :
		    err_set(e, ERR_REFUSED, 0, T_HOW_NO_CONTAINER, t->member,
		    kept);
	if (now != NULL && !how_engine(t, engine_of(t), rm, NULL, e))
		return false;
	return rename_to(t, kept, name_of(t), e) && policy_set(t, name_of(t),
	    "always", e);
}

/* ---- either kind */

static bool
is_compose(const struct how_task *t)
{
	return json_str(t->args, "service") != NULL;
}

static bool
docker_is_swapped(const struct how_task *t, bool *yes, struct err *e)
{
	return is_compose(t) ? how_compose_is_swapped(t, yes, e) :
	    plain_is_swapped(t, yes, e);
}

static bool
docker_swap(const struct how_task *t, struct err *e)
{
	return is_compose(t) ? how_compose_swap(t, e) : plain_swap(t, e);
}

static bool
docker_unswap(const struct how_task *t, struct err *e)
{
	return is_compose(t) ? how_compose_unswap(t, e) : plain_unswap(t, e);
}

static bool
docker_stop(const struct how_task *t, struct err *e)
{
	const char *const	 words[] = { "stop", "-t", STOP_S, name_of(t),
		NULL };
	AUTO_JSON json_t	*now = NULL;

	if (!how_docker_now(t, &now, e))
		return false;
	return now == NULL || !how_container_is_up(now) ||
	    how_engine(t, engine_of(t), words, NULL, e);
}

static bool
down_err(const struct how_task *t, const json_t *now, struct err *e)
{
	AUTO_FREE char *said = how_container_said(t, engine_of(t),
	    name_of(t));

	return err_set(e, ERR_PROC, 0, T_HOW_ENDED, t->member,
	    (int)json_int(json_object_get(now, "State"), "ExitCode", -1),
	    said != NULL ? said : T_HOW_NO_WORDS);
}

/* A container that ends at once is "started" to the engine. */
static bool
stays_up(const struct how_task *t, struct err *e)
{
	int64_t	 end = clock_mono_ms(&clock_system) + UP_MS;
	pid_t	 pid;

	do {
		AUTO_JSON json_t *now = NULL;

		if (!how_docker_now(t, &now, e))
			return false;
		if (now == NULL || !how_container_is_up(now))
			return down_err(t, now, e);
		/* Only a container in the host's network is seen so. */
		if (mongo_run_listener(t->member, 0, &pid) && pid ==
		    (pid_t)json_int(json_object_get(now, "State"), "Pid", 0))
			return true;
	} while (cancel_wait(t->ctx->cancel, LOOK_MS) &&
	    clock_mono_ms(&clock_system) < end);
	return true;
}

static bool
docker_start(const struct how_task *t, struct err *e)
{
	const char *const words[] = { "start", name_of(t), NULL };

	if (is_compose(t) ? !how_compose_up(t, e) :
	    !how_engine(t, engine_of(t), words, NULL, e))
		return false;
	return stays_up(t, e);
}

static json_t *
docker_show_swap(const struct how_task *t)
{
	return is_compose(t) ? NULL :
	    json_incref(json_object_get(t->args, "create"));
}

static json_t *
docker_show_start(const struct how_task *t)
{
	return is_compose(t) ? json_incref(json_object_get(t->args, "up")) :
	    json_pack("[s, s, s]", engine_of(t), "start", name_of(t));
}

static char *
docker_said(const struct how_task *t)
{
	return how_container_said(t, engine_of(t), name_of(t));
}

const struct how how_docker = {
	.name = "docker",
	.plan = docker_plan,
	.show_swap = docker_show_swap,
	.show_start = docker_show_start,
	.stop = docker_stop,
	.try = how_docker_try,
	.is_swapped = docker_is_swapped,
	.swap = docker_swap,
	.unswap = docker_unswap,
	.start = docker_start,
	.said = docker_said,
};
