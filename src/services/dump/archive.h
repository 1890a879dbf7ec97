/*
 * Archives of mongodump --archive, read only (facts, mongodb.md 3.8).
 */
#ifndef DUMP_ARCHIVE_H
#define DUMP_ARCHIVE_H

#include "restore.h"

/* As found_read, found_check and restore_data, for one file. */
bool	 archive_found(const char *path, const char *const *dbs,
	     json_t **out, struct err *e);
bool	 archive_check(const char *path, json_t *found,
	     const struct found_progress *progress, struct err *e);
bool	 archive_restore(struct restore *r, struct err *e);

#endif
