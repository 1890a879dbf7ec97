/*
 * What the fuzzers of the line formats assert: the input is a change, a path,
 * a value and a text, divided by NUL bytes.  A violated rule aborts.
 */
#ifndef STCONSOLE_TESTS_EDIT_FUZZ_H
#define STCONSOLE_TESTS_EDIT_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/doc.h"

#define MUST(condition) do {						\
	if (!(condition))						\
		abort();						\
} while (0)

struct edit_input {
	enum doc_change	 change;
	char		*path, *value;
	const char	*text;
	size_t		 len;
};

static inline char *
edit_input_word(const uint8_t **data, size_t *size)
{
	const uint8_t	*end = memchr(*data, '\0', *size);
	size_t		 len = end == NULL ? *size : (size_t)(end - *data);
	char		*word = strndup((const char *)*data, len);

	MUST(word != NULL);
	*data += end == NULL ? len : len + 1;
	*size -= end == NULL ? len : len + 1;
	return word;
}

static inline void
edit_rest_unchanged(const struct doc *before, const struct doc *after,
    const char *path)
{
	size_t n = before->n < 64 ? before->n : 64;

	for (size_t i = 0; i < n; i++) {
		const char		*other = before->nodes[i].path;
		const struct doc_node	*b = doc_find(before, other);
		const struct doc_node	*a = doc_find(after, other);

		if (b == doc_find(before, path))
			continue;
		MUST(a != NULL && (a->value == NULL) == (b->value == NULL));
		MUST(a->value == NULL || strcmp(a->value, b->value) == 0);
	}
}

static inline void
edit_must_hold(const struct doc *doc, const struct edit_input *in)
{
	struct doc		 after;
	struct doc_splice	 s = { 0 };
	const struct doc_node	*node;
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct err		 e = { 0 };

	if (!doc_edit(doc, in->change, in->path, in->value, &out, &s, &e)) {
		MUST(e.domain == ERR_REFUSED && e.msg[0] != '\0');
		return;
	}
	MUST(out.len == in->len - (s.end - s.start) + s.data.len);
	MUST(memcmp(buf_str(&out), in->text, s.start) == 0);
	MUST(memcmp(buf_str(&out) + s.start + s.data.len, in->text + s.end,
	    in->len - s.end) == 0);
	MUST(doc_parse(&after, doc->format, buf_str(&out), out.len, &e));
	node = doc_find(&after, in->path);
	if (in->change == DOC_SET)
		MUST(node != NULL && node->value != NULL &&
		    strcmp(node->value, in->value) == 0);
	else
		MUST(node == NULL);
	edit_rest_unchanged(doc, &after, in->path);
	doc_splice_fini(&s);
	doc_fini(&after);
}

static inline int
edit_fuzz(const struct doc_format *format, const uint8_t *data, size_t size)
{
	struct edit_input	 in;
	struct doc		 doc;
	struct err		 e = { 0 };

	if (size < 3)
		return 0;
	in.change = (enum doc_change)(data[0] % 3);
	data++;
	size--;
	in.path = edit_input_word(&data, &size);
	in.value = edit_input_word(&data, &size);
	in.text = (const char *)data;
	in.len = size;
	if (doc_parse(&doc, format, in.text, in.len, &e))
		edit_must_hold(&doc, &in);
	else
		MUST(e.msg[0] != '\0');
	doc_fini(&doc);
	free(in.path);
	free(in.value);
	return 0;
}

#endif
