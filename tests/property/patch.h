/*
 * A tiny patcher for unified diffs, written apart from the differ: applies
 * hunk by hunk and believes nothing.  False: the diff does not fit.
 */
#ifndef STCONSOLE_TESTS_PATCH_H
#define STCONSOLE_TESTS_PATCH_H

#include <stdio.h>
#include <string.h>

#include "stconsole/buf.h"

struct patch {
	const char	*old, *old_end;
	const char	*diff, *diff_end;
	size_t		 line;		/* of old, from 1 */
	struct buf	*out;
};

static inline const char *
patch_line_end(const char *s, const char *end)
{
	const char *newline = memchr(s, '\n', (size_t)(end - s));

	return newline == NULL ? end : newline + 1;
}

static inline bool
patch_range(const char **s, char mark, size_t *line, size_t *count)
{
	int n = 0;

	*count = 1;
	if (**s != mark || sscanf(*s + 1, "%zu%n", line, &n) != 1)
		return false;
	*s += 1 + n;
	if (**s == ',' && sscanf(*s + 1, "%zu%n", count, &n) == 1)
		*s += 1 + n;
	return *(*s)++ == ' ';
}

/* The next line of the diff without its mark; its newline may be revoked. */
static inline size_t
patch_take(struct patch *p, const char **s)
{
	const char	*end = patch_line_end(p->diff, p->diff_end);
	size_t		 len;

	*s = p->diff + 1;
	len = (size_t)(end - *s);
	p->diff = end;
	if (p->diff < p->diff_end && *p->diff == '\\') {
		p->diff = patch_line_end(p->diff, p->diff_end);
		len--;
	}
	return len;
}

static inline bool
patch_old_is(struct patch *p, const char *s, size_t len)
{
	const char *end = patch_line_end(p->old, p->old_end);

	if (p->old == p->old_end || (size_t)(end - p->old) != len ||
	    memcmp(p->old, s, len) != 0)
		return false;
	p->old = end;
	p->line++;
	return true;
}

static inline bool
patch_hunk(struct patch *p)
{
	const char	*head = p->diff + 3, *s, *end;
	size_t		 a, an, b, bn, len;

	if (strncmp(p->diff, "@@ ", 3) != 0 ||
	    !patch_range(&head, '-', &a, &an) ||
	    !patch_range(&head, '+', &b, &bn))
		return false;
	p->diff = patch_line_end(p->diff, p->diff_end);
	for (a += an == 0; p->line < a; p->line++) {
		end = patch_line_end(p->old, p->old_end);
		buf_add(p->out, p->old, (size_t)(end - p->old));
		p->old = end;
	}
	while (an > 0 || bn > 0) {
		char mark = p->diff < p->diff_end ? *p->diff : '?';

		if (strchr(" +-", mark) == NULL)
			return false;
		len = patch_take(p, &s);
		if (mark != '+' && (an-- == 0 || !patch_old_is(p, s, len)))
			return false;
		if (mark != '-' && bn-- == 0)
			return false;
		if (mark != '-')
			buf_add(p->out, s, len);
	}
	return true;
}

static inline bool
patch_apply(const struct buf *old, const struct buf *diff, struct buf *out)
{
	struct patch p = { .line = 1, .out = out };

	p.old = buf_str(old);
	p.old_end = p.old + old->len;
	p.diff = buf_str(diff);
	p.diff_end = p.diff + diff->len;
	/* The two names. */
	for (int i = 0; i < 2 && p.diff < p.diff_end; i++)
		p.diff = patch_line_end(p.diff, p.diff_end);
	while (p.diff < p.diff_end)
		if (!patch_hunk(&p))
			return false;
	buf_add(out, p.old, (size_t)(p.old_end - p.old));
	return true;
}

#endif
