/*
 * Between set*.c, conf.c and restart.c: a server made a member of a set.
 */
#ifndef PREPARE_SET_H
#define PREPARE_SET_H

#include "prepare.h"

/* What a server shall be started with. */
struct conf_wish {
	const char	*set;		/* NULL: as it is */
	const char	*key_file;	/* NULL: as it is */
	const char	*bind_name;	/* to listen on too; NULL: as it is */
};

/*
 * The configuration file (YAML) with these options and every other byte as
 * it was; a section that is not there goes behind the end.  ERR_REFUSED and
 * the like when that cannot be proved.
 */
bool	 conf_edit(const char *text, size_t len, const struct conf_wish *w,
	     struct buf *out, struct err *e);
/* The same for argv; new reference. */
json_t	*conf_argv(const json_t *argv, const struct conf_wish *w);
/* A value of a configuration file, malloc'd; NULL: none, or unreadable. */
char	*conf_value(const char *text, size_t len, const char *path);
/* Whether binding to list (NULL: loopback) covers the name. */
bool	 conf_binds(const char *list, const char *name);

/* The name of "name:port", malloc'd, without brackets; port 27017 if none. */
char	*set_host_name(const char *host, int *port);
/* localhost or an address of this host alone. */
bool	 set_is_loopback(const char *name);
bool	 set_is_address(const char *name);
/* One sentence for what a server says to a configuration of the set. */
bool	 set_blame(const char *what, const struct err *why, struct err *e);

#endif
