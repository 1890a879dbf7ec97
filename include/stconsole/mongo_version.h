/*
 * What is known of MongoDB's versions as such: the path from one major to the
 * next, which featureCompatibilityVersion a binary accepts, what it no longer
 * takes, until when it is supported and which Sametime works with it.  Pure:
 * tables and data files, no server.
 *
 * A major is "4.4", "5.0", "8.3": the first two numbers of a version.
 */
#ifndef STCONSOLE_MONGO_VERSION_H
#define STCONSOLE_MONGO_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stconsole/err.h"

#define MONGO_MAJOR_SIZE	8
#define MONGO_CHAIN_MAX		12

struct mongo_major {
	const char	*name;		/* "5.0" */
	/* Majors whose FCV it starts with, beside its own; NULLs follow. */
	const char	*from[3];
	const char	*min_patch;	/* CVE-2025-14847 and the like; NULL:
					 * none is known */
	bool		 confirms;	/* setFCV needs confirm:true */
	bool		 goes_back;	/* Community: binary downgrade is
					 * documented while the FCV is old */
	bool		 lowers_fcv;	/* and after the FCV was raised */
	bool		 needs_avx;
};

/* NULL when the table does not have it. */
const struct mongo_major *mongo_major_find(const char *name);
/* "6.0.27-rc1" to "6.0"; false when it is no version. */
bool	 mongo_major_of(const char *version, char out[MONGO_MAJOR_SIZE]);
/* <0, 0, >0, number by number: 4.10 is newer than 4.9. */
int	 mongo_version_compare(const char *a, const char *b);
/*
 * The majors after from up to and with to, in order, none skipped.
 * ERR_REFUSED with the reason: unknown, a way back, no path.
 */
bool	 mongo_chain(const char *from, const char *to,
	     const char *chain[MONGO_CHAIN_MAX], size_t *count,
	     struct err *e);

/* From the dated data file; texts are "" when the file has none. */
struct mongo_lifecycle {
	char	as_of[16], end[16], ga[16];	/* YYYY-MM-DD */
	int64_t	as_of_s, end_s;
	char	newest_patch[16];
	char	note[120];
};

/* What a table (YAML) says of a version "7.0.16".  ERR_YAML. */
bool	 mongo_lifecycle_read(const char *text, size_t len,
	     const char *version, struct mongo_lifecycle *out,
	     struct err *e);

#define MONGO_LIFECYCLE_FILE	"/etc/stconsole/mongodb-lifecycle.yaml"

/* From that file when it is there, else what was built in. */
bool	 mongo_lifecycle(const char *version, struct mongo_lifecycle *out,
	     struct err *e);

/* Which Sametime release accepts which major, and who says so. */
struct mongo_sametime {
	const char	*release;	/* "12.0.2 FP2" */
	const char	*major;
	const char	*source;
	bool		 is_statement;	/* else only an example in a guide */
};

/* All of them, newest first; static. */
const struct mongo_sametime *mongo_sametime_list(size_t *count);

#endif
