/*
 * Private to how_docker.c, how_compose.c and how_docker_try.c.
 */
#ifndef UPGRADE_HOW_DOCKER_H
#define UPGRADE_HOW_DOCKER_H

#include "how_container.h"
#include "how_parts.h"

/* The member's container as it is now; NULL: there is none. */
bool	 how_docker_now(const struct how_task *t, json_t **container,
	     struct err *e);

/* Adds "service", "file", "was" and "up" to args. */
bool	 how_compose_plan(const struct how_task *t, const json_t *labels,
	     json_t *args, struct err *e);
bool	 how_compose_is_swapped(const struct how_task *t, bool *yes,
	     struct err *e);
bool	 how_compose_swap(const struct how_task *t, struct err *e);
bool	 how_compose_unswap(const struct how_task *t, struct err *e);
/* Nothing when it runs from the image that the file names. */
bool	 how_compose_up(const struct how_task *t, struct err *e);

bool	 how_docker_try(const struct how_task *t, struct err *e);

#endif
