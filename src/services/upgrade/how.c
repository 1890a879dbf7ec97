/*
 * The ways by name, and which one a member is given.
 */
#include "how.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_how.def"

static const struct how *const ways[] = {
	&how_tarball, &how_docker, &how_hand, &how_command,
};

/* By RUN of mongo_set.h; what is not here is done by hand. */
static const struct {
	const char *by, *name;
} by_run[] = {
	{ "tarball", "tarball" }, { "docker", "docker" },
	{ "podman", "docker" },
};

/* "command:FILE" is the way "command". */
const struct how *
how_find(const char *name)
{
	size_t len = strcspn(name, ":");

	for (size_t i = 0; i < LENGTH(ways); i++)
		if (strlen(ways[i]->name) == len &&
		    strncmp(ways[i]->name, name, len) == 0)
			return ways[i];
	return NULL;
}

static const char *
name_by_run(const json_t *run)
{
	const char *by = json_text(run, "by");

	for (size_t i = 0; i < LENGTH(by_run); i++)
		if (strcmp(by_run[i].by, by) == 0)
			return by_run[i].name;
	return "hand";
}

const struct how *
how_choose(const struct how_task *t, json_t **args, struct err *e)
{
	const char	*name = t->wish != NULL && t->wish->how != NULL ?
	    t->wish->how : name_by_run(json_object_get(t->facts, "run"));
	const struct how *how = how_find(name);

	if (how == NULL) {
		err_set(e, ERR_USAGE, 0, T_HOW_UNKNOWN, name);
		return NULL;
	}
	*args = how->plan(t, e);
	return *args != NULL ? how : NULL;
}
