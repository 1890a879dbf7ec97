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

/* One more than a diff shows around a change. */
#define CONTEXT_LINES	4

struct span {
	size_t	 start, end;
};

struct side {
	const char	*text;
	size_t		 len;
	struct span	 shown;		/* what the diff may show of it */
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
span_add(struct side *side, size_t start, size_t end)
{
	struct span *spans = realloc(side->spans,
	    (side->count + 1) * sizeof(*spans));

	if (spans == NULL)
		return false;
	side->spans = spans;
	spans[side->count++] = (struct span){ start, end };
	return true;
}

/*
 * Where the bytes of an old node are in a text in which splice was done;
 * splice NULL: where they were.
 */
static struct span
span_moved(const struct doc_node *n, const struct doc_splice *splice)
{
	struct span	s = { n->start, n->end };
	size_t		cut, put;

	if (splice == NULL || s.end <= splice->start)
		return s;
	cut = splice->end - splice->start;
	put = splice->data.len;
	if (s.start >= splice->end)
		s.start += put - cut;
	s.end += put - cut;
	return s;
}

/* Secret values of the part of the text that a diff can show. */
static bool
side_mark(struct side *side, const struct doc *doc,
    const struct doc_splice *splice)
{
	size_t		i;
	struct span	s;

	for (i = 0; i < doc->n; i++) {
		s = span_moved(&doc->nodes[i], splice);
		if (s.end <= side->shown.start || s.start >= side->shown.end ||
		    !node_is_secret(&doc->nodes[i]))
			continue;
		if (!span_add(side, s.start, s.end))
			return false;
	}
	if (side->count > 1)
		qsort(side->spans, side->count, sizeof(*side->spans),
		    span_order);
	return true;
}

static bool
side_parse(struct side *side, const char *path)
{
	const struct doc_format	*format = doc_format_of(path);
	struct doc		 doc = { 0 };
	bool			 ok = true;

	if (format != NULL &&
	    doc_parse(&doc, format, side->text, side->len, NULL))
		ok = side_mark(side, &doc, NULL);
	doc_fini(&doc);
	return ok;
}

/*
 * The old text was parsed before; in the new one everything but the splice
 * is known from there.  An added secret is the splice itself.
 */
static bool
sides_of_edit(struct mask *m, const struct site_write *w)
{
	AUTO_FREE char	*shown = NULL;
	struct side	*new_side = &m->sides[1];
	size_t		 start = w->splice->start;

	if (!side_mark(&m->sides[0], w->doc, NULL) ||
	    !side_mark(new_side, w->doc, w->splice))
		return false;
	if (w->key == NULL || doc_find(w->doc, w->key) != NULL)
		return true;
	shown = site_value_mask(w->key, buf_str(&w->splice->data));
	if (shown == NULL)
		return false;
	return strstr(shown, SITE_MASK) == NULL ||
	    span_add(new_side, start, start + w->splice->data.len);
}

/* Back or on over so many line ends. */
static size_t
lines_back(const char *text, size_t at, int lines)
{
	while (at > 0 && (text[at - 1] != '\n' || lines-- > 0))
		at--;
	return at;
}

static size_t
lines_on(const char *text, size_t len, size_t at, int lines)
{
	while (at < len && (text[at] != '\n' || lines-- > 0))
		at++;
	return at;
}

/* What differs, with the lines around it: the diff shows no more. */
static void
sides_window(struct mask *m)
{
	struct side	*a = &m->sides[0], *b = &m->sides[1];
	size_t		 min = a->len < b->len ? a->len : b->len;
	size_t		 head = 0, tail = 0;

	while (head < min && a->text[head] == b->text[head])
		head++;
	while (tail < min - head &&
	    a->text[a->len - tail - 1] == b->text[b->len - tail - 1])
		tail++;
	for (size_t i = 0; i < LENGTH(m->sides); i++) {
		struct side *s = &m->sides[i];

		s->shown.start = lines_back(s->text, head, CONTEXT_LINES);
		s->shown.end = lines_on(s->text, s->len, s->len - tail,
		    CONTEXT_LINES);
	}
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

static void
side_set(struct side *side, const struct buf *b)
{
	side->text = b != NULL ? buf_str(b) : "";
	side->len = b != NULL ? b->len : 0;
}

bool
site_diff_put(const char *path, const struct site_write *w, struct buf *out,
    struct err *e)
{
	struct mask	 m = { 0 };
	const struct side *a = &m.sides[0], *b = &m.sides[1];
	bool		 ok;

	side_set(&m.sides[0], w->before);
	side_set(&m.sides[1], w->after);
	sides_window(&m);
	if (w->doc != NULL && w->splice != NULL)
		ok = sides_of_edit(&m, w);
	else
		ok = side_parse(&m.sides[0], path) &&
		    side_parse(&m.sides[1], path);
	if (!ok)
		err_nomem(e);
	ok = ok && diff_unified(w->before != NULL ? path : "/dev/null",
	    w->after != NULL ? path : "/dev/null", a->text, a->len, b->text,
	    b->len, site_diff_mask, &m, out, e);
	free(m.sides[0].spans);
	free(m.sides[1].spans);
	return ok;
}

bool
site_text_mask(const char *path, const char *text, size_t len,
    struct buf *out, size_t *lines, struct err *e)
{
	struct mask	 m = { 0 };
	struct side	*whole = &m.sides[0];
	const char	*line = text, *end = text + len, *stop;
	bool		 ok;

	*lines = 0;
	whole->text = text;
	whole->len = whole->shown.end = len;
	ok = side_parse(whole, path);
	while (ok && line < end) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (stop == NULL)
			stop = end;
		if (site_diff_mask(&m, line, (size_t)(stop - line), out))
			++*lines;
		else
			buf_add(out, line, (size_t)(stop - line));
		if (stop < end)
			buf_putc(out, '\n');
		line = stop + 1;
	}
	free(whole->spans);
	return ok ? buf_ok(out, e) : err_nomem(e);
}
