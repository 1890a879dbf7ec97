/*
 * The container behind a port, as docker or podman tells: "ps" for the ids,
 * "inspect" for their ports and labels.  Names are read, never built.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "run.h"
#include "text_run.def"

#define ASK_TIMEOUT_MS	15000

/* NULL with why when the engine does not answer. */
static json_t *
inspect_all(struct ctx *ctx, const char *command, char *why, size_t size)
{
	const char *const	 ps[] = { command, "ps", "-q", "--no-trunc",
		NULL };
	AUTO_PROC_RESULT struct proc_result ids = { 0 }, all = { 0 };
	AUTO_JSON json_t	*argv = json_pack("[s,s,s,s]", command,
	    "inspect", "--type", "container");
	AUTO_FREE const char	**words = NULL;
	char			*save = NULL, *id;
	struct err		 e;

	if (!proc_run_ok(&(struct proc_spec){ .argv = ps,
	    .timeout_ms = ASK_TIMEOUT_MS, .cancel = ctx->cancel }, &ids, &e)) {
		snprintf(why, size, "%s", e.msg);
		return NULL;
	}
	if (ids.out.len == 0)
		return json_array();
	for (id = strtok_r(ids.out.data, " \r\n", &save); id != NULL;
	    id = strtok_r(NULL, " \r\n", &save))
		json_array_append_new(argv, json_string(id));
	words = proc_argv_from_json(argv);
	/* One that went between the two calls makes its exit code 1. */
	if (words == NULL || !proc_run(&(struct proc_spec){ .argv = words,
	    .timeout_ms = ASK_TIMEOUT_MS, .cancel = ctx->cancel }, &all, &e))
		return NULL;
	return json_parse(buf_str(&all.out), all.out.len, NULL);
}

static bool
bindings_publish(const json_t *ports, int port)
{
	const char	*key;
	json_t		*list, *b;
	size_t		 i;
	int64_t		 n;

	json_object_foreach((json_t *)(uintptr_t)ports, key, list) {
		if (!str_ends(key, "/tcp"))
			continue;
		json_array_foreach(list, i, b)
			if (str_to_int(json_text(b, "HostPort"), 1, 65535,
			    &n) && n == port)
				return true;
	}
	return false;
}

bool
run_container_publishes(const json_t *container, int port)
{
	return bindings_publish(json_object_get(json_object_get(container,
	    "NetworkSettings"), "Ports"), port) ||
	    bindings_publish(json_object_get(json_object_get(container,
	    "HostConfig"), "PortBindings"), port);
}

/* podman says ImageName; docker only Config.Image. */
static const char *
image_of(const json_t *c)
{
	const char *name = json_str(c, "ImageName");

	return name != NULL ? name :
	    json_text(json_object_get(c, "Config"), "Image");
}

static void
container_tell(const json_t *c, const char *command, json_t *run)
{
	const json_t	*labels = json_object_get(json_object_get(c,
	    "Config"), "Labels");
	const char	*name = json_text(c, "Name");
	const char	*project = json_str(labels,
	    "com.docker.compose.project");
	const char	*service = json_str(labels,
	    "com.docker.compose.service");

	json_object_set_new(run, "by", json_string(command));
	json_object_set_new(run, "container", json_string(*name == '/' ?
	    name + 1 : name));
	json_object_set_new(run, "image", json_string(image_of(c)));
	if (project != NULL)
		json_object_set_new(run, "project", json_string(project));
	if (service != NULL)
		json_object_set_new(run, "service", json_string(service));
}

bool
run_container_find(struct ctx *ctx, const char *id, int port, json_t *run,
    char *why, size_t size)
{
	static const char *const commands[] = { "docker", "podman" };
	const json_t	*c;
	size_t		 i, k;

	for (i = 0; i < LENGTH(commands); i++) {
		AUTO_JSON json_t *all = proc_exists(commands[i]) ?
		    inspect_all(ctx, commands[i], why, size) : NULL;

		json_array_foreach(all, k, c)
			if (*id != '\0' ?
			    strcmp(json_text(c, "Id"), id) == 0 :
			    run_container_publishes(c, port)) {
				container_tell(c, commands[i], run);
				return true;
			}
	}
	return false;
}
