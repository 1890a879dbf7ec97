/*
 * The process of the server that is to be changed, as this host sees it.
 */
#ifndef PREPARE_SERVER_H
#define PREPARE_SERVER_H

#include "stconsole/diff.h"

#include "prepare.h"

struct server {
	bool		 is_by_hand;
	char		 why[400];	/* by hand, since ... */
	char		 problem[400];	/* cannot be done at all, since ... */
	/* argv, new_argv, exe, cwd, uid ... or unit; NULL by hand. */
	json_t		*args;
	char		*key_path;	/* to be made; NULL: there is one */
	char		*conf_path;	/* absolute; NULL: none */
	struct buf	 conf, new_conf;
	bool		 locks;		/* log-in is enforced afterwards */
};

/* set, name: NULL when they stay. */
bool	 server_find(struct prepare_look *l, const struct prepare_wish *w,
	     const char *set, const char *name, struct server *s,
	     struct err *e);
void	 server_fini(struct server *s);

#endif
