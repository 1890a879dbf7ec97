/*
 * The state folder (engine.md, On disk): /var/lib/stconsole for root,
 * $XDG_STATE_HOME/stconsole otherwise.  STATE/format is 1; a newer one is
 * opened read only and says so.  Folders 0700, files 0600.
 */
#ifndef STCONSOLE_STORE_H
#define STCONSOLE_STORE_H

#include <stddef.h>

#include "stconsole/err.h"

#define STORE_FORMAT	1

struct store;

/* dir: NULL for the default.  Made when missing. */
struct store *store_open(const char *dir, struct err *e);
void	 store_close(struct store *s);
const char *store_dir(const struct store *s);
bool	 store_is_read_only(const struct store *s);
int	 store_format(const struct store *s);
/* STATE/words, malloc'd; NULL when memory is gone. */
char	*store_path(const struct store *s, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
/* STATE/sites/SITE/words, folders made; NULL on failure with *e. */
char	*store_site_path(const struct store *s, const char *site_id,
	     const char *name, struct err *e);
/*
 * HMAC-SHA-256 of a secret under the key of this state folder (made at first
 * use), so that equal secrets compare equal in plan hashes and nowhere else.
 */
bool	 store_hmac(const struct store *s, const void *data, size_t len,
	     char hex[65], struct err *e);

#endif
