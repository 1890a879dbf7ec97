/*
 * What must hold for every edit of every text in every line format.  The
 * test brings the generators; nothing here trusts doc_prove.
 */
#ifndef STCONSOLE_TESTS_EDIT_PROPERTY_H
#define STCONSOLE_TESTS_EDIT_PROPERTY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "prng.h"
#include "stconsole/doc.h"

struct edit_case {
	const struct doc_format	*format;
	enum doc_change		 change;
	const char		*path, *value;
};

/* Every other path reads as before. */
static inline void
edit_others_hold(struct prng *p, const struct doc *before,
    const struct doc *after, const struct doc_node *target,
    const char *path)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct doc_node *b = &before->nodes[i];
		const struct doc_node *a = doc_find(after, b->path);

		if (target != NULL && strcmp(b->path, target->path) == 0)
			continue;
		if (before->format->path_compare != NULL &&
		    before->format->path_compare(b->path, path) == 0)
			continue;
		b = doc_find(before, b->path);
		CHECK(p, a != NULL);
		CHECK(p, (a->value == NULL) == (b->value == NULL));
		CHECK(p, a->value == NULL ||
		    strcmp(a->value, b->value) == 0);
	}
}

/* Only the bytes of the splice changed; put back, the text is the old one. */
static inline void
edit_bytes_hold(struct prng *p, const struct buf *text, const struct buf *out,
    const struct doc_splice *s)
{
	size_t	 tail = text->len - s->end;

	CHECK(p, s->start <= s->end && s->end <= text->len);
	CHECK(p, out->len == s->start + s->data.len + tail);
	CHECK(p, memcmp(buf_str(out), buf_str(text), s->start) == 0);
	CHECK(p, memcmp(buf_str(out) + s->start, buf_str(&s->data),
	    s->data.len) == 0);
	CHECK(p, memcmp(buf_str(out) + s->start + s->data.len,
	    buf_str(text) + s->end, tail) == 0);
}

static inline void
edit_result_holds(struct prng *p, const struct doc *doc,
    const struct buf *text, const struct buf *out, const struct edit_case *c)
{
	struct doc		 after;
	const struct doc_node	*node, *target = doc_find(doc, c->path);
	struct err		 e = { 0 };

	CHECK(p, doc_parse(&after, c->format, buf_str(out), out->len, &e));
	node = doc_find(&after, c->path);
	if (c->change == DOC_SET)
		CHECK(p, node != NULL && strcmp(node->value, c->value) == 0);
	else
		CHECK(p, node == NULL);
	/* An addition takes nothing away. */
	if (c->change == DOC_SET && target == NULL)
		CHECK(p, out->len > text->len);
	edit_others_hold(p, doc, &after, target, c->path);
	doc_fini(&after);
}

/*
 * Tries the edit.  False: the text could not be parsed or the edit was
 * refused, and then with words and without a trace.
 */
static inline bool
edit_holds(struct prng *p, const struct buf *text, const struct edit_case *c)
{
	struct doc		 doc;
	struct doc_splice	 s = { 0 };
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct err		 e = { 0 };
	bool			 ok;

	if (!doc_parse(&doc, c->format, buf_str(text), text->len, &e)) {
		CHECK(p, e.domain != ERR_NONE && e.msg[0] != '\0');
		doc_fini(&doc);
		return false;
	}
	ok = doc_edit(&doc, c->change, c->path, c->value, &out, &s, &e);
	if (ok) {
		edit_bytes_hold(p, text, &out, &s);
		edit_result_holds(p, &doc, text, &out, c);
	} else {
		CHECK(p, e.domain == ERR_REFUSED && e.msg[0] != '\0');
		CHECK(p, out.data == NULL && s.data.data == NULL);
	}
	doc_splice_fini(&s);
	doc_fini(&doc);
	return ok;
}

static inline void
edit_random_bytes(struct prng *p, struct buf *out)
{
	static const char	 likely[] = "\n\r =#;'\"\\[]AB$\t";
	size_t			 n = prng_below(p, 200);

	buf_reset(out);
	while (n-- > 0)
		buf_putc(out, prng_below(p, 3) == 0 ?
		    (char)prng_next(p) :
		    likely[prng_below(p, sizeof(likely) - 1)]);
}

#endif
