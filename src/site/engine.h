/*
 * The container engine that runs a compose site: which command, which
 * compose program, which containers.  Everything is read from labels
 * (com.docker.compose.*, io.podman.compose.*); no name is ever built.
 * Private to src/site.
 */
#ifndef STCONSOLE_SITE_ENGINE_H
#define STCONSOLE_SITE_ENGINE_H

#include <jansson.h>

#include "stconsole/ctx.h"
#include "stconsole/site.h"

enum engine_compose {
	ENGINE_COMPOSE_NONE,
	ENGINE_COMPOSE_V2,		/* docker compose */
	ENGINE_COMPOSE_V1,		/* docker-compose */
	ENGINE_COMPOSE_PODMAN		/* podman-compose */
};

struct engine {
	const char		*command;	/* "docker", "podman"; NULL */
	enum engine_compose	 compose;
	char			*project;	/* NULL: nothing there */
	char			*files;		/* of the label, or NULL */
	json_t			*containers;	/* as site_containers; with
						 * "token" for engine_tokens */
	struct err		 why;		/* command == NULL: this */
};

#define AUTO_ENGINE	__attribute__((cleanup(engine_fini)))

/*
 * Asks docker and podman.  True with command == NULL when neither can be
 * asked; false only when memory is gone or on cancel.
 */
bool	 engine_open(struct ctx *ctx, const struct site *site,
	     struct engine *out, struct err *e);
void	 engine_fini(struct engine *engine);

/*
 * The compose call for these words and services (an array of strings, or
 * NULL), as it will run in the root of the site.  New reference, or NULL
 * with ERR_SITE when no compose program is here.
 */
json_t	*engine_argv(const struct engine *engine, const struct site *site,
	     const char *const *words, const json_t *services,
	     struct err *e);
/* Advice for an error that has none.  Always false. */
bool	 engine_hint(struct err *e, const char *text);
/*
 * Runs an argv in the root of the site, to its end (15 minutes at most).  A
 * failure is its last line, control characters stripped.
 */
bool	 engine_run(const struct site *site, const json_t *argv,
	     struct err *e);

/* How many containers of a service run now, and how many there are. */
size_t	 engine_running(const struct engine *engine, const char *service);
size_t	 engine_count(const struct engine *engine, const char *service);
/*
 * What tells one start of a container from the next: [ID@START, ...] of the
 * containers of these services that run.  New reference, NULL: memory.
 */
json_t	*engine_tokens(const struct engine *engine, const json_t *services);

#endif
