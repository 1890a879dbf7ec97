/*
 * Previews without secrets.  Two nets: the byte ranges of secret values as
 * the file's own editor sees them (which covers values of many lines), and a
 * look at each line by itself (which covers comments and broken files).
 */
#include "site_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/diff.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

struct span {
	size_t	 start, end;
};

struct side {
	const char	*text;
	size_t		 len;
	struct span	*spans;		/* by start */
	size_t		 count;
};

struct mask {
	struct side	 sides[2];
};

/* ---- ranges */

static bool
node_is_secret(const struct doc_node *node)
{
	AUTO_FREE char *shown = NULL;

	if (node->value == NULL || node->value[0] == '\0' ||
	    node->end <= node->start)
		return false;
	shown = site_value_mask(node->path, node->value);
	return shown == NULL || strstr(shown, SITE_MASK) != NULL;
}

static int
span_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool
side_read(struct side *side, const char *path, const struct buf *b)
{
	const struct doc_format	*format = doc_format_of(path);
	struct doc		 doc = { 0 };
	struct span		*spans;
	bool			 ok = true;

	if (b == NULL)
		return true;
	side->text = buf_str(b);
	side->len = b->len;
	if (format == NULL ||
	    !doc_parse(&doc, format, side->text, side->len, NULL)) {
		doc_fini(&doc);
		return true;
	}
	for (size_t i = 0; ok && i < doc.n; i++) {
		if (!node_is_secret(&doc.nodes[i]))
			continue;
		spans = realloc(side->spans,
		    (side->count + 1) * sizeof(*spans));
		ok = spans != NULL;
		if (ok) {
			side->spans = spans;
			spans[side->count++] = (struct span){
				doc.nodes[i].start, doc.nodes[i].end
			};
		}
	}
	doc_fini(&doc);
	if (side->count > 1)
		qsort(side->spans, side->count, sizeof(*spans), span_order);
	return ok;
}

/* The line with the ranges that it holds replaced; false when it has none. */
static bool
spans_put(const struct side *side, const char *line, size_t len,
    struct buf *shown)
{
	size_t	 at = (size_t)(line - side->text), done = 0;
	bool	 any = false;

	for (size_t i = 0; i < side->count; i++) {
		const struct span	*s = &side->spans[i];
		size_t			 from, to;

		if (s->end <= at || s->start >= at + len)
			continue;
		from = s->start > at ? s->start - at : 0;
		to = s->end - at < len ? s->end - at : len;
		if (to <= done)
			continue;
		if (from > done)
			buf_add(shown, line + done, from - done);
		buf_puts(shown, SITE_MASK);
		done = to;
		any = true;
	}
	if (any)
		buf_add(shown, line + done, len - done);
	return any;
}

/* ---- lines */

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || strchr("_-.", c) != NULL;
}

/* The name that ends before at, behind quotes and blanks; its length. */
static size_t
name_before(const char *line, size_t at, const char **name)
{
	size_t end = at, start;

	while (end > 0 && strchr(" \t\"']", line[end - 1]) != NULL)
		end--;
	for (start = end; start > 0 && is_name_char(line[start - 1]);)
		start--;
	*name = line + start;
	return end - start;
}

/* Where a value that begins at from ends: its quote, else the line. */
static size_t
value_end(const char *line, size_t len, size_t from)
{
	const char *end;

	if (from >= len || (line[from] != '"' && line[from] != '\''))
		return len;
	end = memchr(line + from + 1, line[from], len - from - 1);
	return end != NULL ? (size_t)(end - line) + 1 : len;
}

/*
 * Copies a line, the value after a secret name replaced.  What shows a mask
 * already is left alone.
 */
static bool
names_put(const char *line, size_t len, struct buf *shown)
{
	size_t	 done = 0, from, to;
	bool	 any = false;

	for (size_t i = 0; i < len; i++) {
		char		 key[128];
		const char	*name;
		size_t		 n;

		if (line[i] != '=' && line[i] != ':')
			continue;
		n = name_before(line, i, &name);
		if (n == 0 || n >= sizeof(key))
			continue;
		memcpy(key, name, n);
		key[n] = '\0';
		if (!site_key_is_secret(key))
			continue;
		from = i + 1;
		while (from < len && (line[from] == ' ' || line[from] == '\t'))
			from++;
		to = value_end(line, len, from);
		if (to <= from)
			continue;
		buf_add(shown, line + done, from - done);
		buf_puts(shown, SITE_MASK);
		done = to;
		i = to - 1;
		any = true;
	}
	if (any)
		buf_add(shown, line + done, len - done);
	return any;
}

static bool
url_put(const char *line, size_t len, struct buf *shown)
{
	AUTO_FREE char	*copy = strndup(line, len);
	AUTO_FREE char	*masked = NULL;

	if (copy == NULL || strlen(copy) != len ||
	    !site_value_is_secret(copy))
		return copy == NULL;
	masked = site_value_mask("", copy);
	if (masked != NULL)
		buf_puts(shown, masked);
	return true;
}

/* When memory is gone the line is not shown at all. */
bool
site_diff_mask(void *arg, const char *line, size_t len, struct buf *shown)
{
	const struct mask *m = arg;

	for (size_t i = 0; m != NULL && i < LENGTH(m->sides); i++) {
		const struct side *s = &m->sides[i];

		if (s->text != NULL && line >= s->text &&
		    line + len <= s->text + s->len &&
		    spans_put(s, line, len, shown))
			return true;
	}
	return names_put(line, len, shown) || url_put(line, len, shown);
}

bool
site_diff_put(const char *path, const struct buf *before,
    const struct buf *after, struct buf *out, struct err *e)
{
	struct mask	 m = { 0 };
	bool		 ok;

	ok = side_read(&m.sides[0], path, before) &&
	    side_read(&m.sides[1], path, after);
	if (!ok)
		err_nomem(e);
	ok = ok && diff_unified(before != NULL ? path : "/dev/null",
	    after != NULL ? path : "/dev/null",
	    before != NULL ? m.sides[0].text : "", m.sides[0].len,
	    after != NULL ? m.sides[1].text : "", m.sides[1].len,
	    site_diff_mask, &m, out, e);
	free(m.sides[0].spans);
	free(m.sides[1].spans);
	return ok;
}
