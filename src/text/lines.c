/*
 * Lines for the env and ini editors.  What is between the entries is copied
 * as it stands; only whole lines come and go.
 */
#include "lines.h"

#include <string.h>

#include "path.h"
#include "stconsole/msg.h"

#include "text.def"

size_t
lines_bom(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

size_t
lines_next(const char *text, size_t len, size_t at)
{
	const char *end;

	if (at >= len)
		return len;
	end = memchr(text + at, '\n', len - at);
	return end == NULL ? len : (size_t)(end - text) + 1;
}

const char *
lines_ending(const char *text, size_t len, size_t at)
{
	/* The line before; at the first line or after a cut one, the first. */
	if (at == 0 || text[at - 1] != '\n')
		at = lines_next(text, len, 0);
	return at >= 2 && text[at - 2] == '\r' && text[at - 1] == '\n' ?
	    "\r\n" : "\n";
}

static bool
is_line_start(const struct doc *doc, size_t at)
{
	return at == lines_bom(doc->text, doc->len) ||
	    doc->text[at - 1] == '\n';
}

void
lines_insert(const struct doc *doc, size_t at, const char *entry,
    struct doc_splice *out)
{
	const char *ending = lines_ending(doc->text, doc->len, at);

	out->start = out->end = at;
	if (is_line_start(doc, at)) {
		buf_puts(&out->data, entry);
		buf_puts(&out->data, ending);
	} else {
		buf_puts(&out->data, ending);
		buf_puts(&out->data, entry);
	}
}

static bool
is_alone(const struct doc *doc, const struct doc_node *n)
{
	return is_line_start(doc, n->whole_start) &&
	    (n->whole_end == doc->len || doc->text[n->whole_end - 1] == '\n');
}

static void
comment_add(const struct doc *doc, const struct doc_node *n,
    const char *reason, char mark, struct buf *out)
{
	size_t next;

	if (reason != NULL && *reason != '\0') {
		buf_putc(out, mark);
		buf_putc(out, ' ');
		buf_puts(out, reason);
		buf_puts(out, lines_ending(doc->text, doc->len,
		    n->whole_start));
	}
	for (size_t at = n->whole_start; at < n->whole_end; at = next) {
		next = lines_next(doc->text, doc->len, at);
		buf_putc(out, mark);
		buf_add(out, doc->text + at, next - at);
	}
}

static bool
is_one_line(const char *reason)
{
	for (; reason != NULL && *reason != '\0'; reason++)
		if ((unsigned char)*reason < ' ' && *reason != '\t')
			return false;
	return true;
}

bool
lines_drop(const struct doc *doc, enum doc_change change, const char *path,
    const char *reason, char mark, struct doc_splice *out, struct err *e)
{
	bool any = false;

	if (change == DOC_COMMENT_OUT && !is_one_line(reason)) {
		err_set(e, ERR_REFUSED, 0, T_LINE_REASON, path);
		return err_hint(e, T_LINE_REASON_HINT);
	}
	for (size_t i = 0; i < doc->n; i++) {
		const struct doc_node *n = &doc->nodes[i];

		if (!path_is(doc, n->path, path))
			continue;
		if (!is_alone(doc, n)) {
			err_set(e, ERR_REFUSED, 0, T_LINE_SHARED, path,
			    n->line);
			return err_hint(e, T_LINE_SHARED_HINT);
		}
		if (!any)
			out->start = n->whole_start;
		else
			buf_add(&out->data, doc->text + out->end,
			    n->whole_start - out->end);
		if (change == DOC_COMMENT_OUT)
			comment_add(doc, n, reason, mark, &out->data);
		out->end = n->whole_end;
		any = true;
	}
	return true;
}
