/*
 * What the lossless editors share: the list of nodes, look-up by path, and
 * one edit from splice to proof.
 *
 * Paths and values are copied into chunks that the doc frees as a whole: a
 * 10 MB env file has some 300,000 nodes, and an edit holds two lists of them
 * for the proof.  The second list points into the first where the bytes are
 * the same, which is nearly everywhere.  Nothing here knows a format.
 */
#include "stconsole/doc.h"

#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define CHUNK_MIN	(4u << 10)
#define CHUNK_MAX	(256u << 10)
#define NODES_MIN	16

struct doc_chunk {
	struct doc_chunk	*next;
	size_t			 size, used;
	char			 bytes[];
};

static const struct {
	const char		*end;
	const struct doc_format	*format;
} endings[] = {
	{ ".env", &doc_env },
	{ ".ini", &doc_ini },
	{ ".yml", &doc_yaml },
	{ ".yaml", &doc_yaml },
	{ ".xml", &doc_xml },
	{ ".tpl", &doc_helm },
};

const struct doc_format *
doc_format_of(const char *file_name)
{
	bool template = str_starts(file_name, "templates/") ||
	    strstr(file_name, "/templates/") != NULL;

	for (size_t i = 0; i < LENGTH(endings); i++) {
		if (!str_ends(file_name, endings[i].end))
			continue;
		if (template && endings[i].format == &doc_yaml)
			return &doc_helm;
		return endings[i].format;
	}
	return NULL;
}

/* twin outlives the doc; may be NULL. */
static bool
parse_beside(struct doc *doc, const struct doc *twin,
    const struct doc_format *format, const char *text, size_t len,
    struct err *e)
{
	*doc = (struct doc){ .format = format, .text = text, .len = len,
	    .twin = twin };
	if (len > DOC_MAX_BYTES)
		return err_set(e, ERR_REFUSED, 0, T_DOC_BIG, len);
	return format->parse(doc, e);
}

bool
doc_parse(struct doc *doc, const struct doc_format *format, const char *text,
    size_t len, struct err *e)
{
	return parse_beside(doc, NULL, format, text, len, e);
}

void
doc_fini(struct doc *doc)
{
	struct doc_chunk *next;

	if (doc->format != NULL && doc->format->fini != NULL)
		doc->format->fini(doc);
	for (struct doc_chunk *c = doc->strings; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(doc->nodes);
	*doc = (struct doc){ 0 };
}

const struct doc_node *
doc_find(const struct doc *doc, const char *path)
{
	for (size_t i = doc->n; i > 0; i--)
		if (path_is(doc, doc->nodes[i - 1].path, path))
			return &doc->nodes[i - 1];
	return NULL;
}

/* A NUL-terminated copy that lives as long as the doc; NULL: no memory. */
static char *
string_keep(struct doc *doc, const char *bytes, size_t len)
{
	struct doc_chunk	*c = doc->strings;
	size_t			 size;
	char			*kept;

	if (c == NULL || c->size - c->used < len + 1) {
		size = c == NULL ? CHUNK_MIN : c->size * 2;
		size = size > CHUNK_MAX ? CHUNK_MAX : size;
		size = size < len + 1 ? len + 1 : size;
		c = malloc(sizeof(*c) + size);
		if (c == NULL)
			return NULL;
		*c = (struct doc_chunk){ doc->strings, size, 0 };
		doc->strings = c;
	}
	kept = c->bytes + c->used;
	memcpy(kept, bytes, len);
	kept[len] = '\0';
	c->used += len + 1;
	return kept;
}

/* The array doubles whenever n is a power of two: no capacity is stored. */
static bool
nodes_grow(struct doc *doc)
{
	size_t		 n = doc->n;
	size_t		 cap = n < NODES_MIN ? NODES_MIN : n * 2;
	struct doc_node	*nodes;

	if (n != 0 && (n < NODES_MIN || (n & (n - 1)) != 0))
		return true;
	nodes = realloc(doc->nodes, cap * sizeof(*nodes));
	if (nodes == NULL)
		return false;
	doc->nodes = nodes;
	return true;
}

static bool
is_bytes(const char *kept, const char *bytes, size_t len)
{
	return kept != NULL && strlen(kept) == len &&
	    memcmp(kept, bytes, len) == 0;
}

/*
 * The node of the twin that has this path: the next one, or the one after it
 * where a node was taken away.  Where one was added the place is kept.
 */
static const struct doc_node *
twin_next(struct doc *doc, const char *path, size_t len)
{
	size_t at = doc->twin_at, last = at + 2;

	for (; doc->twin != NULL && at < doc->twin->n && at < last; at++)
		if (is_bytes(doc->twin->nodes[at].path, path, len)) {
			doc->twin_at = at + 1;
			return &doc->twin->nodes[at];
		}
	return NULL;
}

struct doc_node *
doc_node_copy(struct doc *doc, const char *path, size_t path_len,
    const char *value, size_t value_len, struct err *e)
{
	const struct doc_node	*twin = twin_next(doc, path, path_len);
	struct doc_node		 node = { .kind = DOC_SCALAR };

	node.path = twin != NULL ? twin->path :
	    string_keep(doc, path, path_len);
	if (value != NULL)
		node.value = twin != NULL && is_bytes(twin->value, value,
		    value_len) ? twin->value : string_keep(doc, value,
		    value_len);
	if (node.path == NULL || (value != NULL && node.value == NULL) ||
	    !nodes_grow(doc)) {
		err_nomem(e);
		return NULL;
	}
	doc->nodes[doc->n] = node;
	return &doc->nodes[doc->n++];
}

struct doc_node *
doc_node_add(struct doc *doc, char *path, char *value, struct err *e)
{
	AUTO_FREE char	*owned_path = path;
	AUTO_FREE char	*owned_value = value;

	if (path == NULL) {
		err_nomem(e);
		return NULL;
	}
	return doc_node_copy(doc, path, strlen(path), value,
	    value != NULL ? strlen(value) : 0, e);
}

void
doc_splice_fini(struct doc_splice *s)
{
	buf_fini(&s->data);
	*s = (struct doc_splice){ 0 };
}

unsigned
doc_line_at(const char *text, size_t offset)
{
	const char	*end = text + offset;
	unsigned	 line = 1;

	while (text < end && (text = memchr(text, '\n',
	    (size_t)(end - text))) != NULL) {
		text++;
		line++;
	}
	return line;
}

static bool
is_nothing_to_do(const struct doc *doc, enum doc_change change,
    const char *path, const char *value)
{
	const struct doc_node *node = doc_find(doc, path);

	if (change != DOC_SET)
		return node == NULL;
	return node != NULL && node->kind == DOC_SCALAR &&
	    node->anchor == NULL && node->value != NULL &&
	    strcmp(node->value, value) == 0;
}

static bool
splice_apply(const struct doc *doc, const struct doc_splice *s,
    struct buf *out, struct err *e)
{
	buf_reserve(out, doc->len - (s->end - s->start) + s->data.len);
	buf_add(out, doc->text, s->start);
	buf_add(out, s->data.data, s->data.len);
	buf_add(out, doc->text + s->end, doc->len - s->end);
	return buf_ok(&s->data, e) && buf_ok(out, e);
}

static bool
edit_is_proved(const struct doc *doc, enum doc_change change,
    const char *path, const char *value, const struct buf *out,
    struct err *e)
{
	struct doc	 after;
	bool		 ok;

	ok = parse_beside(&after, doc, doc->format, buf_str(out), out->len,
	    e);
	if (!ok) {
		err_context(e, T_DOC_REPARSE, path);
		/* The file is well; it is the edit that is refused. */
		if (e != NULL && e->domain != ERR_NOMEM)
			e->domain = ERR_REFUSED;
	}
	ok = ok && doc_prove(doc, &after, change, path, value, e);
	doc_fini(&after);
	return ok;
}

bool
doc_edit(const struct doc *doc, enum doc_change change, const char *path,
    const char *value, struct buf *out, struct doc_splice *splice,
    struct err *e)
{
	struct doc_splice	 s = { 0 };
	AUTO_BUF struct buf	 text = BUF_INIT;
	bool			 nothing, ok;

	if (change == DOC_SET && value == NULL)
		value = "";
	if (value != NULL && !str_is_utf8(value, strlen(value)))
		return err_set(e, ERR_REFUSED, 0, T_DOC_VALUE_UTF8, path);
	nothing = is_nothing_to_do(doc, change, path, value);
	ok = nothing || doc->format->splice(doc, change, path, value, &s, e);
	ok = ok && splice_apply(doc, &s, &text, e);
	ok = ok && (nothing ||
	    edit_is_proved(doc, change, path, value, &text, e));
	if (ok) {
		buf_fini(out);
		*out = text;
		text = (struct buf)BUF_INIT;
	}
	if (ok && splice != NULL)
		*splice = s;
	else
		doc_splice_fini(&s);
	return ok;
}
