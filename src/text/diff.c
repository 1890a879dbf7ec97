/*
 * Unified diff for the preview.  What is common at both ends is found byte by
 * byte and never cut into lines, so that one edit in a big file costs one
 * pass over it; only the middle, with its context, is compared by lines.
 */
#include "stconsole/diff.h"

#include <string.h>

#include "diff_lines.h"

#define CONTEXT	3

struct diff {
	struct diff_side	 a, b;
	size_t			 lines_before;	/* not in a and b */
	diff_mask		 mask;
	void			*arg;
	struct buf		*out;
};

/* A hunk: lines [a0, a1) and [b0, b1). */
struct hunk {
	size_t	 a0, a1, b0, b1;
};

/* Bytes common at the beginning, less the context: the start of a line. */
static size_t
common_before(const char *a, const char *b, size_t max)
{
	size_t n = 0;

	while (max - n >= 4096 && memcmp(a + n, b + n, 4096) == 0)
		n += 4096;
	while (n < max && a[n] == b[n])
		n++;
	for (int lines = 0; n > 0; n--)
		if (a[n - 1] == '\n' && lines++ == CONTEXT)
			break;
	return n;
}

/* The same at the end, within what is left. */
static size_t
common_after(const char *a_end, const char *b_end, size_t max)
{
	size_t		 n = 0;
	const char	*newline;

	while (max - n >= 4096 &&
	    memcmp(a_end - n - 4096, b_end - n - 4096, 4096) == 0)
		n += 4096;
	while (n < max && a_end[-(ptrdiff_t)n - 1] == b_end[-(ptrdiff_t)n - 1])
		n++;
	for (int lines = 0; lines <= CONTEXT && n > 0; lines++) {
		newline = memchr(a_end - n, '\n', n);
		n = newline == NULL ? 0 : (size_t)(a_end - newline) - 1;
	}
	return n;
}

static size_t
lines_count(const char *s, size_t len)
{
	const char	*end = s + len;
	size_t		 n = 0;

	while (s < end && (s = memchr(s, '\n', (size_t)(end - s))) != NULL) {
		s++;
		n++;
	}
	return n;
}

static void
line_show(const struct diff *d, char mark, const struct diff_line *line)
{
	AUTO_BUF struct buf	 shown = BUF_INIT;
	bool			 ends = line->s[line->len - 1] == '\n';
	size_t			 len = line->len - (ends ? 1 : 0);

	buf_putc(d->out, mark);
	if (d->mask != NULL && d->mask(d->arg, line->s, len, &shown))
		buf_add(d->out, shown.data, shown.len);
	else
		buf_add(d->out, line->s, len);
	if (shown.failed)
		d->out->failed = true;
	buf_puts(d->out, ends ? "\n" : "\n\\ No newline at end of file\n");
}

/* As GNU diff: ",1" is left out, an empty range names the line before. */
static void
range_show(const struct diff *d, char mark, size_t start, size_t end)
{
	size_t line = d->lines_before + start + (end > start ? 1 : 0);

	buf_printf(d->out, "%c%zu", mark, line);
	if (end - start != 1)
		buf_printf(d->out, ",%zu", end - start);
}

static void
hunk_show(const struct diff *d, const struct hunk *h)
{
	size_t i = h->a0, j = h->b0;

	buf_puts(d->out, "@@ ");
	range_show(d, '-', h->a0, h->a1);
	buf_putc(d->out, ' ');
	range_show(d, '+', h->b0, h->b1);
	buf_puts(d->out, " @@\n");
	while (i < h->a1 || j < h->b1) {
		for (; i < h->a1 && d->a.lines[i].changed; i++)
			line_show(d, '-', &d->a.lines[i]);
		for (; j < h->b1 && d->b.lines[j].changed; j++)
			line_show(d, '+', &d->b.lines[j]);
		for (; i < h->a1 && !d->a.lines[i].changed &&
		    (j >= h->b1 || !d->b.lines[j].changed); i++, j++)
			line_show(d, ' ', &d->a.lines[i]);
	}
}

static bool
is_changed_at(const struct diff *d, size_t i, size_t j)
{
	return (i < d->a.n && d->a.lines[i].changed) ||
	    (j < d->b.n && d->b.lines[j].changed);
}

/* Lines common to both from here on, up to max. */
static size_t
equal_run(const struct diff *d, size_t i, size_t j, size_t max)
{
	size_t n = 0;

	while (n < max && i + n < d->a.n && !is_changed_at(d, i + n, j + n))
		n++;
	return n;
}

/* The end of the hunk that has its first change at a1, b1. */
static void
hunk_extend(const struct diff *d, struct hunk *h)
{
	size_t n;

	for (;;) {
		while (h->a1 < d->a.n && d->a.lines[h->a1].changed)
			h->a1++;
		while (h->b1 < d->b.n && d->b.lines[h->b1].changed)
			h->b1++;
		n = equal_run(d, h->a1, h->b1, 2 * CONTEXT + 1);
		if (n > 2 * CONTEXT || !is_changed_at(d, h->a1 + n, h->b1 + n))
			break;
		h->a1 += n;
		h->b1 += n;
	}
	n = n > CONTEXT ? CONTEXT : n;
	h->a1 += n;
	h->b1 += n;
}

static void
hunks_show(const struct diff *d)
{
	size_t i = 0, j = 0;

	while (i < d->a.n || j < d->b.n) {
		struct hunk	 h;
		size_t		 n = equal_run(d, i, j, d->a.n);
		size_t		 before = n > CONTEXT ? CONTEXT : n;

		i += n;
		j += n;
		if (!is_changed_at(d, i, j))
			break;
		h = (struct hunk){ i - before, i, j - before, j };
		hunk_extend(d, &h);
		hunk_show(d, &h);
		i = h.a1;
		j = h.b1;
	}
}

bool
diff_unified(const char *old_name, const char *new_name,
    const char *old_text, size_t old_len, const char *new_text,
    size_t new_len, diff_mask mask, void *arg, struct buf *out,
    struct err *e)
{
	struct diff	 d = { .mask = mask, .arg = arg, .out = out };
	size_t		 min = old_len < new_len ? old_len : new_len;
	size_t		 before, after, was = out->len;
	bool		 ok;

	if (old_len == new_len && (min == 0 ||
	    memcmp(old_text, new_text, min) == 0))
		return true;
	before = common_before(old_text, new_text, min);
	after = common_after(old_text + old_len, new_text + new_len,
	    min - before);
	d.lines_before = lines_count(old_text, before);
	ok = diff_side_init(&d.a, old_text + before, old_len - before - after,
	    e) && diff_side_init(&d.b, new_text + before,
	    new_len - before - after, e);
	if (ok) {
		diff_lines_mark(&d.a, &d.b);
		buf_printf(out, "--- %s\n+++ %s\n", old_name, new_name);
		hunks_show(&d);
		ok = buf_ok(out, e);
	}
	if (!ok && out->data != NULL) {
		out->len = was;
		out->data[was] = '\0';
	}
	diff_side_fini(&d.a);
	diff_side_fini(&d.b);
	return ok;
}
