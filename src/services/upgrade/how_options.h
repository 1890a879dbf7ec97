/*
 * A server's options as words and as a configuration file, without some of
 * them: what a major no longer takes, and what names the places of the real
 * server when the binary is only tried.  Pure; private to how*.c.
 *
 * The file is YAML or, as up to 2.4 and still read today, NAME = VALUE lines.
 */
#ifndef UPGRADE_HOW_OPTIONS_H
#define UPGRADE_HOW_OPTIONS_H

#include <jansson.h>

#include "stconsole/buf.h"

/* NULL for since: always. */
struct how_option {
	const char	*path;		/* in YAML; NULL: only a word */
	const char	*word;		/* without dashes; NULL: only a path */
	const char	*parameter;	/* of setParameter, instead of both */
	const char	*since;		/* the major that refuses it */
	bool		 has_value;	/* of the word */
};

/*
 * What majors no longer take and what may go without a person's word, since
 * the server does without it what it did with it, or cannot do it any more.
 * What changes the server's ways (enableMajorityReadConcern:false) is not
 * here: trying the binary refuses it, and a person decides.
 */
extern const struct how_option how_removed[];
extern const size_t how_removed_count;
/* What names places, ports and descent of a server. */
extern const struct how_option how_places[];
extern const size_t how_places_count;

struct how_options {
	const struct how_option	*list;
	size_t			 count;
	const char		*major;	/* those with a newer since stay */
};

/* New reference: argv without these options; dropped (may be NULL) gets
 * their names.  NULL: memory. */
json_t	*how_argv_without(const json_t *argv, const struct how_options *o,
	     json_t *dropped);
/*
 * The same for a configuration file, every other byte as it was; a mapping
 * that would be left empty goes too.  ERR_YAML and the like when the file
 * cannot be edited.
 */
bool	 how_config_without(const char *text, size_t len,
	     const struct how_options *o, struct buf *out, json_t *dropped,
	     struct err *e);
/* The file that -f or --config names, borrowed; NULL: none. */
const char *how_argv_config(const json_t *argv);
/* The value of a word in argv, borrowed; NULL: none. */
const char *how_argv_value(const json_t *argv, const char *word);
/* True when argv holds a password, which the process has made unreadable. */
bool	 how_argv_has_password(const json_t *argv);

#endif
