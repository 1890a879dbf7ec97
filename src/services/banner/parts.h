/*
 * Private to src/services/banner.
 */
#ifndef BANNER_PARTS_H
#define BANNER_PARTS_H

#include "stconsole/banner.h"

/* ---- text.c */

/* The banner without its time; safe for agetty. */
bool	 banner_text(struct ctx *ctx, struct buf *out, struct err *e);
/* From what status answered; url and version may be NULL. */
void	 banner_compose(const char *host, const char *addresses,
	     const char *url, const char *version, const json_t *status,
	     struct buf *out);
/*
 * Appends text from outside: control characters replaced, a backslash
 * doubled, since agetty takes it for the beginning of an escape.
 */
void	 banner_put(struct buf *out, const char *text);

/* ---- address.c: the addresses of this host, parted by two spaces */

bool	 banner_addresses(struct buf *out, struct err *e);

/* ---- service.c, keep.c */

/* given, else the setting banner.path; malloc'd. */
bool	 banner_path(struct ctx *ctx, const char *given, char **path,
	     struct err *e);
bool	 banner_keep_direct(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);

/* ---- file.c */

/* Appends the line with the time, which does not count as a change. */
void	 banner_stamp(struct buf *out, int64_t wall_ms);
/* What the file holds without that line; "" when there is none. */
bool	 banner_read(const char *path, struct buf *out, struct err *e);
bool	 banner_put_file(struct ctx *ctx, const char *path, const char *text,
	     struct err *e);
/* Has agetty show it again, as "agetty --reload" does. */
void	 banner_tell_agetty(const char *path);

#endif
