/*
 * Shared by write.c and dump.c.
 */
#ifndef DUMP_WRITE_H
#define DUMP_WRITE_H

#include <stdatomic.h>

#include "files.h"

struct write_item {
	const char		*db, *name;	/* borrowed from entry */
	const json_t		*entry;
	char			*path;		/* below dirfd; final name */
	int			 fd;
	uint64_t		 size, at;
	json_t			*bounds;
	unsigned		 left, begun;
	atomic_uint_fast64_t	 docs, bytes;
	atomic_bool		 again, ready, outside;
	bool			 is_done;
	struct mongo_hash	 hash;
	char			 why[160];
};

struct write_all {
	const struct secret	*url;
	int			 timeout_ms, workers, level, dirfd;
	bool			 gzip;
	uint64_t		 at;
	struct write_item	*items;		/* sorted by write_run */
	size_t			 count;
	atomic_size_t		 moving;
	const struct cancel	*cancel;
	/* In the thread of write_run: its file is there. */
	bool	(*done)(void *arg, struct write_item *it, struct err *e);
	void	(*progress)(void *arg, const struct write_item *it,
		    uint64_t bytes);
	void	*arg;
};

/* m is used before the workers begin, for ranges. */
bool	 write_run(struct write_all *all, struct mongo *m, struct err *e);

#endif
