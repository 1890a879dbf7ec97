/*
 * Two real deployments with accounts, a site that names the first, and a
 * process that writes into it: what a move starts from.
 */
#ifndef TESTS_MOVE_WORLD_H
#define TESTS_MOVE_WORLD_H

#include "../unit/site_tree.h"
#include "mongo_peers.h"

struct move_world {
	struct site_tree	 tree;		/* DIR/site and files */
	char			*site, *state;
	char			*to;		/* file: the target's URL */
	char			*command;	/* "command:FILE", pauses */
	struct mongo_peer	 peers[2];
	struct mongo		*from, *target;	/* as root */
	pid_t			 writer;
};

/* False, having said so, when a version is not in the cache: skip. */
bool	 move_world_has(const char *from, const char *to);
/* Sets of one member each; the first is filled, the second is empty. */
void	 move_world_start(struct move_world *w, const char *from,
	     const char *to);
void	 move_world_end(struct move_world *w);
/* The target empty, the site and the writer's pause as at the start. */
void	 move_world_reset(struct move_world *w);
/*
 * A process that inserts into chatlogging.EVENTS, swaps unique values in
 * userinfo, deletes, and drops and makes mobileOffline.passing again, all by
 * Sametime's account and acknowledged by a majority.
 */
void	 move_writer_start(struct move_world *w);
/* Ends it; how many writes were acknowledged. */
long	 move_writer_stop(struct move_world *w);
/* Fails unless the target holds what the source holds, indexes too. */
void	 move_world_equal(struct move_world *w);
/* Whether the site's custom.env names peer n. */
bool	 move_world_named(struct move_world *w, int n);

#endif
