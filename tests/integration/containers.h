/*
 * A small compose site run by real containers: podman with runc, its storage,
 * networks and socket in a folder of its own, so that nothing of it is seen
 * by the machine's podman and nothing is left behind.
 *
 * Services: community (env_file custom.env; prints CHANNEL_LAST_N and a line
 * in colour), nginx (takes ENABLE_HTTP_REDIRECT of .env, mounts ./web).
 */
#ifndef TESTS_CONTAINERS_H
#define TESTS_CONTAINERS_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

struct containers {
	char		 dir[64];
	char		*root;		/* of the site */
	char		*state;		/* for --state */
	const char	*compose;	/* "podman-compose", "docker-compose" */
	pid_t		 socket;	/* podman system service, or 0 */
	char		*path;		/* PATH as it was */
};

/* NULL, or what is missing on this machine. */
const char *containers_missing(bool docker);
/*
 * Makes the folder and the image, and sets the environment of this process.
 * docker: the site is run by docker-compose and docker alone, on podman's
 * socket, and podman is not on PATH.
 */
void	 containers_start(struct containers *c, bool docker);
void	 containers_stop(struct containers *c);

/* The site as it was first, all of it up. */
void	 containers_up(struct containers *c);
void	 containers_down(struct containers *c);
void	 containers_put(const struct containers *c, const char *path,
	     const char *text);
/* "docker inspect" of the service's container, or NULL.  New reference. */
json_t	*containers_inspect(const struct containers *c, const char *service);
/* A variable of its environment; static storage, "" for none. */
const char *containers_env(const struct containers *c, const char *service,
	     const char *name);
/* ID, and ID@START: new ones when recreated, restarted.  malloc'd. */
char	*containers_id(const struct containers *c, const char *service);
char	*containers_token(const struct containers *c, const char *service);

#endif
