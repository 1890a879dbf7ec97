/*
 * Undo of an edit in a file that was edited again since.  The later edit is
 * what differs between the text we wrote and the text that is there, from
 * the first different byte to the last.  When our own bytes lie wholly
 * before or after it, or when the lines that hold them are there exactly
 * once, they are replaced by the old ones, and the editor must agree that
 * nothing but our key changed.
 */
#include "site_private.h"

#include <string.h>
#include <sys/types.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

struct region {
	size_t	 start, old_len, new_len;
};

static bool
region_read(const json_t *args, const struct buf *before,
    const struct buf *after, struct region *r)
{
	const json_t	*s = json_object_get(args, "splice");
	int64_t		 start = json_int(s, "start", -1);
	int64_t		 old_len = json_int(s, "old_len", -1);
	int64_t		 new_len = json_int(s, "new_len", -1);

	if (start < 0 || old_len < 0 || new_len < 0 ||
	    (uint64_t)start + (uint64_t)old_len > before->len ||
	    (uint64_t)start + (uint64_t)new_len > after->len)
		return false;
	*r = (struct region){ (size_t)start, (size_t)old_len,
	    (size_t)new_len };
	return true;
}

static size_t
prefix_len(const struct buf *a, const struct buf *b)
{
	size_t n = 0, max = a->len < b->len ? a->len : b->len;

	while (n < max && a->data[n] == b->data[n])
		n++;
	return n;
}

static size_t
suffix_len(const struct buf *a, const struct buf *b, size_t prefix)
{
	size_t n = 0, max = (a->len < b->len ? a->len : b->len) - prefix;

	while (n < max && a->data[a->len - 1 - n] == b->data[b->len - 1 - n])
		n++;
	return n;
}

/* The only place where needle stands at the start of a line, or -1. */
static ssize_t
line_find_once(const struct buf *text, const char *needle, size_t len)
{
	const char	*p = text->data, *end = p + text->len;
	ssize_t		 found = -1;

	while (p != NULL && (size_t)(end - p) >= len) {
		p = memmem(p, (size_t)(end - p), needle, len);
		if (p == NULL)
			break;
		if (p == text->data || p[-1] == '\n') {
			if (found >= 0)
				return -1;
			found = p - text->data;
		}
		p++;
	}
	return found;
}

/* By the whole lines that our bytes are in, which hold more than them. */
static bool
region_find_by_lines(const struct region *r, const struct buf *after,
    const struct buf *current, size_t *at)
{
	size_t	 start = r->start, end = r->start + r->new_len;
	ssize_t	 where;

	if (r->new_len == 0 || current->len == 0)
		return false;
	while (start > 0 && after->data[start - 1] != '\n')
		start--;
	while (end < after->len && after->data[end - 1] != '\n')
		end++;
	if (line_find_once(after, after->data + start, end - start) < 0)
		return false;
	where = line_find_once(current, after->data + start, end - start);
	*at = (size_t)where + r->start - start;
	return where >= 0;
}

/* Where our bytes are in the current text. */
static bool
region_find(const struct region *r, const struct buf *after,
    const struct buf *current, size_t *at)
{
	size_t prefix = prefix_len(after, current);
	size_t suffix = suffix_len(after, current, prefix);

	if (r->start + r->new_len <= prefix) {
		*at = r->start;
		return true;
	}
	if (r->start >= after->len - suffix) {
		*at = r->start + current->len - after->len;
		return true;
	}
	return region_find_by_lines(r, after, current, at);
}

/* The value that the key had before is the one it must have again. */
static bool
undo_prove(const json_t *args, const struct buf *before,
    const struct buf *current, const struct buf *out, struct err *e)
{
	const struct doc_format	*format = doc_format_of(json_text(args,
	    "path"));
	const char		*key = json_str(args, "key");
	struct doc		 was = { 0 }, now = { 0 }, then = { 0 };
	const struct doc_node	*old;
	bool			 ok;

	if (format == NULL || key == NULL)
		return true;
	ok = doc_parse(&was, format, buf_str(before), before->len, e) &&
	    doc_parse(&now, format, buf_str(current), current->len, e) &&
	    doc_parse(&then, format, buf_str(out), out->len, e);
	old = ok ? doc_find(&was, key) : NULL;
	ok = ok && doc_prove(&now, &then, old != NULL ? DOC_SET : DOC_UNSET,
	    key, old != NULL ? old->value : NULL, e);
	doc_fini(&was);
	doc_fini(&now);
	doc_fini(&then);
	return ok;
}

bool
site_undo_merge(const json_t *args, const struct buf *before,
    const struct buf *after, const struct buf *current, struct buf *out,
    struct err *e)
{
	const char	*path = json_text(args, "path");
	struct err	 why = { 0 };
	struct region	 r;
	size_t		 at;

	if (!region_read(args, before, after, &r) ||
	    !region_find(&r, after, current, &at)) {
		err_set(e, ERR_CHANGED, 0, T_UNDO_CHANGED, path);
		return err_hint(e, T_UNDO_CHANGED_HINT);
	}
	buf_add(out, current->data, at);
	buf_add(out, before->data + r.start, r.old_len);
	buf_add(out, current->data + at + r.new_len,
	    current->len - at - r.new_len);
	if (!buf_ok(out, e))
		return false;
	if (undo_prove(args, before, current, out, &why))
		return true;
	err_set(e, ERR_CHANGED, 0, T_UNDO_UNPROVED, path, why.msg);
	return err_hint(e, T_UNDO_CHANGED_HINT);
}
