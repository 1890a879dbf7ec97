/*
 * A growing run of bytes.  Writers never report a failure themselves: a
 * buffer that could not grow remembers it, and the one who made it asks
 * buf_ok() before using what it holds.  One owner, one thread at a time.
 */
#ifndef STCONSOLE_BUF_H
#define STCONSOLE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "stconsole/err.h"

struct buf {
	char	*data;		/* NUL after the last byte; NULL when empty */
	size_t	 len;		/* bytes, without the NUL */
	size_t	 cap;
	bool	 failed;	/* memory ran out: the content is cut */
};

#define BUF_INIT	{ NULL, 0, 0, false }
#define AUTO_BUF	__attribute__((cleanup(buf_fini)))

/* Frees and empties; may be called again. */
void	 buf_fini(struct buf *b);
/* The same, but overwrites the bytes first: for what may hold a secret. */
void	 buf_wipe(struct buf *b);
/* Keeps the memory, forgets the content and a failure. */
void	 buf_reset(struct buf *b);
/* Makes room for more bytes in all beyond len. */
void	 buf_reserve(struct buf *b, size_t more);
void	 buf_add(struct buf *b, const void *bytes, size_t len);
void	 buf_puts(struct buf *b, const char *s);
void	 buf_putc(struct buf *b, char c);
void	 buf_printf(struct buf *b, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
void	 buf_vprintf(struct buf *b, const char *fmt, va_list ap)
	     __attribute__((format(printf, 2, 0)));
/* The content as a string, "" when empty; valid until the next change. */
const char *buf_str(const struct buf *b);
/* True when nothing was lost; else false with ERR_NOMEM. */
bool	 buf_ok(const struct buf *b, struct err *e);
/* Hands over the content as a malloc'd string, NULL on lost memory. */
char	*buf_take(struct buf *b);

#endif
