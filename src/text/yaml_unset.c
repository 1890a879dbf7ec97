/*
 * Taking an entry away.  In block style its lines go, with the comment that
 * ends them; comments on lines of their own stay.  The only entry of a block
 * mapping or sequence leaves {} or [] in its place: without it the parent
 * would turn into null, which is another value.
 */
#include <string.h>

#include "stconsole/msg.h"

#include "yml.h"

#include "text_tree.def"

static bool
refuse_removal(const struct doc *doc, const char *path, uint32_t n,
    struct err *e)
{
	err_set(e, ERR_REFUSED, 0, T_YAML_REMOVE, path, doc->nodes[n].line);
	return err_hint(e, T_YAML_REMOVE_HINT);
}

static size_t
key_of(const struct doc *doc, uint32_t n)
{
	const struct yml_tree *t = doc->extra;

	return t->info[n].key;
}

/* The colon of the parent's key, when nothing stands before the entry. */
static size_t
colon_before(const struct doc *doc, size_t key)
{
	while (key > 0 && yml_is_blank(doc, key - 1, key))
		key--;
	return key > 0 && doc->text[key - 1] == ':' ? key : 0;
}

static bool
unset_only(const struct doc *doc, const char *path, uint32_t n,
    uint32_t parent, struct doc_splice *out, struct err *e)
{
	const struct yml_tree	*t = doc->extra;
	const struct doc_node	*node = &doc->nodes[n];
	size_t			 key = key_of(doc, n);
	size_t			 colon = colon_before(doc, key);
	size_t			 above = key_of(doc, parent), column;

	out->start = colon != 0 ? colon : key;
	out->end = node->end;
	if (colon != 0)
		buf_putc(&out->data, ' ');
	/* "key:\n- a": brackets there would not belong to the key. */
	column = key - yml_line_start(doc, key);
	if (colon == 0 && t->info[parent].parent != YML_NONE &&
	    column <= above - yml_line_start(doc, above))
		return refuse_removal(doc, path, n, e);
	buf_puts(&out->data, doc->nodes[parent].kind == DOC_MAPPING ?
	    "{}" : "[]");
	if (node->end > 0 && doc->text[node->end - 1] == '\n' &&
	    node->end > node->start)
		buf_puts(&out->data, yml_eol(doc));
	return buf_ok(&out->data, e);
}

static bool
unset_block(const struct doc *doc, const char *path, uint32_t n,
    uint32_t next, struct doc_splice *out, struct err *e)
{
	const struct doc_node	*node = &doc->nodes[n];
	size_t			 key = key_of(doc, n);
	size_t			 line = yml_line_start(doc, key);

	out->start = node->whole_start;
	out->end = node->whole_end;
	if (yml_is_blank(doc, line, key) && (out->end == doc->len ||
	    memchr("\r\n", doc->text[out->end - 1], 2) != NULL))
		return true;
	/* "- a: 1" with more below: the next key takes its place. */
	if (next == YML_NONE || key_of(doc, next) < out->end ||
	    !yml_is_blank(doc, out->end, key_of(doc, next)))
		return refuse_removal(doc, path, n, e);
	out->start = key;
	out->end = key_of(doc, next);
	return true;
}

static bool
unset_flow(const struct doc *doc, const char *path, uint32_t n,
    uint32_t before, uint32_t next, struct doc_splice *out, struct err *e)
{
	size_t at;

	out->start = key_of(doc, n);
	out->end = doc->nodes[n].end;
	if (next != YML_NONE)
		out->end = key_of(doc, next);
	else if (before != YML_NONE)
		out->start = doc->nodes[before].end;
	for (at = out->end; next == YML_NONE && before == YML_NONE &&
	    at < doc->len && yml_is_blank(doc, at, at + 1); at++)
		;
	if (next == YML_NONE && before == YML_NONE && doc->text[at] == ',')
		out->end = at + 1;
	/* A comment between the two would go too. */
	for (at = next != YML_NONE ? doc->nodes[n].end : out->start;
	    at < (next != YML_NONE ? out->end : key_of(doc, n)); at++)
		if (doc->text[at] == '#')
			return refuse_removal(doc, path, n, e);
	return true;
}

bool
yml_unset(const struct doc *doc, const char *path, uint32_t n,
    struct doc_splice *out, struct err *e)
{
	const struct yml_tree	*t = doc->extra;
	uint32_t		 parent = t->info[n].parent;
	uint32_t		 before = YML_NONE, next, i;

	if (parent == YML_NONE)
		return err_set(e, ERR_REFUSED, 0, T_YAML_ROOT);
	for (i = yml_child_next(doc, parent, parent); i != n;
	    i = yml_child_next(doc, parent, i))
		before = i;
	next = yml_child_next(doc, parent, n);
	if (t->info[parent].style == YML_FLOW)
		return unset_flow(doc, path, n, before, next, out, e);
	if (before == YML_NONE && next == YML_NONE)
		return unset_only(doc, path, n, parent, out, e);
	return unset_block(doc, path, n, next, out, e);
}
