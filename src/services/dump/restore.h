/*
 * Shared by restore.c and steps.c.
 */
#ifndef DUMP_RESTORE_H
#define DUMP_RESTORE_H

#include "files.h"

/* A dump that was found and checked, on its way to a server. */
struct restore {
	struct ctx		*ctx;
	const struct secret	*url;
	int			 timeout_ms, workers;
	int			 dirfd;		/* -1: an archive */
	const char		*path;
	json_t			*found;		/* see found_read */
	struct mongo		*m;
};

bool	 restore_open(struct restore *r, struct err *e);
void	 restore_close(struct restore *r);
/*
 * Collections made and filled.  What is there already and proves to be the
 * same is kept; everything else of these names is dropped and made again: the
 * databases are ours.
 */
bool	 restore_data(struct restore *r, struct err *e);
bool	 restore_indexes(struct restore *r, bool ttl, struct err *e);
bool	 restore_views(struct restore *r, struct err *e);
/* Reads the target and compares hashes, options and, with_indexes, those. */
bool	 restore_proof(struct restore *r, bool with_indexes, struct err *e);
/* The databases of the dump that hold anything on the server now. */
bool	 restore_filled(struct mongo *m, const json_t *found, json_t **names,
	     struct err *e);

#endif
