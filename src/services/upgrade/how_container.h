/*
 * Containers as docker and podman tell of them.  Private to how_docker*.c
 * and how_container.c.
 */
#ifndef UPGRADE_HOW_CONTAINER_H
#define UPGRADE_HOW_CONTAINER_H

#include "how.h"
#include "stconsole/buf.h"
#include "stconsole/proc.h"

/* Stands in the words of "create" for the file with the environment. */
#define HOW_ENV_FILE	"ENV_FILE"

/* Runs "ENGINE words..."; r may be NULL.  A non-zero exit is an error. */
bool	 how_engine(const struct how_task *t, const char *engine,
	     const char *const *words, struct proc_result *r, struct err *e);
/* "inspect" of a container or image; NULL: there is none.  False: trouble. */
bool	 how_inspect(const struct how_task *t, const char *engine,
	     const char *type, const char *name, json_t **out,
	     struct err *e);
const char *how_container_image(const json_t *container);
/* True while it runs. */
bool	 how_container_is_up(const json_t *container);
/* The newest words in its log. */
char	*how_container_said(const struct how_task *t, const char *engine,
	     const char *name);

/*
 * The words of "create" for the same container from another image: what the
 * container says beyond its own image, so that what the new image brings (a
 * version in its environment) is not overwritten.  ERR_REFUSED names what
 * cannot be carried over.  New reference.
 */
json_t	*how_container_create(const char *engine, const json_t *container,
	     const json_t *image, const char *name, const char *new_image,
	     struct err *e);
/* The lines of its environment beyond the image's, for --env-file. */
bool	 how_container_env(const json_t *container, const json_t *image,
	     struct buf *out, struct err *e);
/* Where a path inside lies on the host, by bind mounts; malloc'd, NULL. */
char	*how_container_host_path(const json_t *container, const char *path);
/* The mount that a path lies in, borrowed; NULL: the container's own layer. */
const json_t *how_container_mount(const json_t *container,
	     const char *path);

#endif
