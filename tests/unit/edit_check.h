/*
 * One edit, checked: the text that comes out, that the splice alone makes it,
 * and that taking the splice back gives the first text again.
 */
#ifndef STCONSOLE_TESTS_EDIT_CHECK_H
#define STCONSOLE_TESTS_EDIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "stconsole/doc.h"

static inline void
edit_check_splice(const char *before, const struct buf *after,
    const struct doc_splice *s)
{
	AUTO_BUF struct buf	 back = BUF_INIT;
	size_t			 len = strlen(before);

	assert_int_equal(after->len, len - (s->end - s->start) +
	    s->data.len);
	buf_add(&back, after->data, s->start);
	buf_add(&back, before + s->start, s->end - s->start);
	buf_puts(&back, buf_str(after) + s->start + s->data.len);
	assert_string_equal(buf_str(&back), before);
}

static inline void
edit_gives(const struct doc_format *format, const char *before,
    enum doc_change change, const char *path, const char *value,
    const char *after)
{
	struct doc		 doc;
	struct doc_splice	 s = { 0 };
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct err		 e = { 0 };

	if (!doc_parse(&doc, format, before, strlen(before), &e) ||
	    !doc_edit(&doc, change, path, value, &out, &s, &e))
		fail_msg("%s: %s", path, e.msg);
	assert_string_equal(buf_str(&out), after);
	edit_check_splice(before, &out, &s);
	doc_splice_fini(&s);
	doc_fini(&doc);
}

/* Refused, with these words in message or hint; out is left alone. */
static inline void
edit_refused(const struct doc_format *format, const char *before,
    enum doc_change change, const char *path, const char *value,
    const char *words)
{
	struct doc		 doc;
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct err		 e = { 0 };

	buf_puts(&out, "as it was");
	assert_true(doc_parse(&doc, format, before, strlen(before), &e));
	assert_false(doc_edit(&doc, change, path, value, &out, NULL, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_string_equal(buf_str(&out), "as it was");
	if (strstr(e.msg, words) == NULL && strstr(e.hint, words) == NULL)
		fail_msg("'%s' is not in: %s (%s)", words, e.msg, e.hint);
	doc_fini(&doc);
}

/* value NULL: the path is absent. */
static inline void
reads_as(const struct doc_format *format, const char *text, const char *path,
    const char *value)
{
	struct doc		 doc;
	const struct doc_node	*node;
	struct err		 e = { 0 };

	if (!doc_parse(&doc, format, text, strlen(text), &e))
		fail_msg("%s", e.msg);
	node = doc_find(&doc, path);
	if (value == NULL)
		assert_null(node);
	else {
		assert_non_null(node);
		assert_string_equal(node->value, value);
	}
	doc_fini(&doc);
}

static inline void
unreadable(const struct doc_format *format, const char *text, size_t len,
    const char *words)
{
	struct doc	 doc;
	struct err	 e = { 0 };

	assert_false(doc_parse(&doc, format, text, len, &e));
	if (strstr(e.msg, words) == NULL)
		fail_msg("'%s' is not in: %s", words, e.msg);
	doc_fini(&doc);
}

#endif
