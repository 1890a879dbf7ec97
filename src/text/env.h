/*
 * The parts of the env editor: the reader of statements (env_read.c), the
 * values (env_value.c), parse and splice (env.c).
 */
#ifndef STCONSOLE_TEXT_ENV_H
#define STCONSOLE_TEXT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "stconsole/buf.h"

enum env_kind {
	ENV_END,
	ENV_ASSIGN,		/* NAME=value */
	ENV_PASS,		/* NAME: taken from the environment */
	ENV_COMMENT
};

/* One statement; offsets into the text. */
struct env_item {
	enum env_kind	 kind;
	size_t		 key, key_end;
	size_t		 start, end;	/* the value with its quotes */
	size_t		 whole_start, whole_end;
	unsigned	 line;
	bool		 first;		/* nothing before it on its line */
};

struct env_reader {
	const char	*text;
	size_t		 len;
	size_t		 pos;
	size_t		 line_start;
	unsigned	 line;
	bool		 first;
};

/* text is borrowed. */
void	 env_reader_init(struct env_reader *r, const char *text, size_t len);
/* The next statement or comment.  False: no compose would read this file. */
bool	 env_next(struct env_reader *r, struct env_item *item, struct err *e);
/* Length of the white space character at s (Unicode's), 0 when it is none. */
size_t	 env_space_len(const char *s, size_t avail);
/* The same, but not for the end of a line. */
size_t	 env_blank_len(const char *s, size_t avail);

/*
 * What compose makes of a value as written, but that references ($NAME,
 * ${...}) stay as they are.  out is emptied first, scratch is for the steps.
 */
void	 env_value_read(const char *raw, size_t len, struct buf *out,
	     struct buf *scratch);
/*
 * Appends a spelling that env_value_read and compose read back as exactly
 * value, every $ literal.  quote: how it is quoted now, 0 for not.
 */
void	 env_value_write(const char *value, char quote, struct buf *out);

#endif
