/*
 * What the fuzzers of YAML, XML and Helm assert.  The input is a byte that
 * says what to do, one that says where, then a path or the end of one, a
 * value and a text, divided by NUL bytes.  A violated rule aborts.
 */
#ifndef STCONSOLE_TESTS_TREE_FUZZ_H
#define STCONSOLE_TESTS_TREE_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/doc.h"

#define MUST(condition) do {						\
	if (!(condition))						\
		abort();						\
} while (0)

/* Another reader's view of the same edit; false: it cannot read before. */
typedef void (*tree_check)(const struct buf *before, const struct buf *after,
    enum doc_change change, bool was_there);

static inline void
tree_word(const uint8_t **data, size_t *size, struct buf *out)
{
	const uint8_t	*end = memchr(*data, '\0', *size);
	size_t		 len = end == NULL ? *size : (size_t)(end - *data);

	buf_add(out, *data, len);
	*data += end == NULL ? len : len + 1;
	*size -= end == NULL ? len : len + 1;
}

static inline void
tree_nodes_hold(const struct doc *doc)
{
	for (size_t i = 0; i < doc->n; i++) {
		const struct doc_node *n = &doc->nodes[i];

		MUST(n->path != NULL && n->line >= 1);
		MUST(n->start <= n->end && n->end <= doc->len);
		MUST(n->whole_start <= n->whole_end);
		MUST(n->whole_end <= doc->len);
		MUST(n->kind == DOC_MAPPING || n->kind == DOC_SEQUENCE ||
		    n->value != NULL);
		MUST(n->kind != DOC_ALIAS || n->anchor != NULL);
		if (i < 8)
			MUST(doc_find(doc, n->path) != NULL);
	}
}

static inline void
tree_edit_holds(const struct doc *doc, enum doc_change change,
    const char *path, const char *value, tree_check check)
{
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct buf		 text = BUF_INIT;
	struct doc_splice	 s = { 0 };
	struct doc		 after;
	struct err		 e = { 0 };
	const struct doc_node	*n;
	size_t			 tail;

	if (!doc_edit(doc, change, path, value, &out, &s, &e)) {
		MUST(e.domain == ERR_REFUSED && e.msg[0] != '\0');
		return;
	}
	MUST(s.start <= s.end && s.end <= doc->len);
	tail = doc->len - s.end;
	MUST(out.len == s.start + s.data.len + tail);
	MUST(s.start == 0 || memcmp(out.data, doc->text, s.start) == 0);
	MUST(tail == 0 || memcmp(out.data + s.start + s.data.len,
	    doc->text + s.end, tail) == 0);
	MUST(doc_parse(&after, doc->format, buf_str(&out), out.len, &e));
	n = doc_find(&after, path);
	MUST(change == DOC_SET ? n != NULL && n->value != NULL &&
	    strcmp(n->value, value) == 0 : n == NULL ||
	    strchr(path, '[') != NULL);
	buf_add(&text, doc->text, doc->len);
	if (check != NULL && (s.end > s.start || s.data.len > 0))
		check(&text, &out, change, doc_find(doc, path) != NULL);
	buf_fini(&text);
	doc_fini(&after);
	doc_splice_fini(&s);
}

/* A node's path, the path of a new entry below it, or the word itself. */
static inline void
tree_path(const struct doc *doc, uint8_t where, const char *word,
    struct buf *path)
{
	if (where != 0 && doc->n > 0)
		buf_puts(path, doc->nodes[where % doc->n].path);
	if (where == 0 || where >= 128)
		buf_puts(path, word);
}

static inline int
tree_fuzz(const struct doc_format *format, const uint8_t *data, size_t size,
    tree_check check)
{
	AUTO_BUF struct buf	 word = BUF_INIT, value = BUF_INIT;
	AUTO_BUF struct buf	 path = BUF_INIT;
	struct doc		 doc;
	struct err		 e = { 0 };
	uint8_t			 what, where;
	char			*text;

	if (size < 4)
		return 0;
	what = data[0];
	where = data[1];
	data += 2;
	size -= 2;
	tree_word(&data, &size, &word);
	tree_word(&data, &size, &value);
	/* A copy without a NUL behind it, so that reading on is seen. */
	text = malloc(size + 1);
	MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (doc_parse(&doc, format, text, size, &e)) {
		tree_nodes_hold(&doc);
		tree_path(&doc, where, buf_str(&word), &path);
		tree_edit_holds(&doc, (enum doc_change)(what % 3),
		    buf_str(&path), buf_str(&value), check);
	} else {
		MUST(e.msg[0] != '\0');
	}
	doc_fini(&doc);
	free(text);
	return 0;
}

#endif
