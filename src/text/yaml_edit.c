/*
 * One edit of a YAML text as a splice.  A value keeps the way it is written
 * (plain, quoted, block) when the new one can be written so too.
 */
#include <string.h>

#include "stconsole/msg.h"

#include "yml.h"

#include "text_tree.def"

/* The spaces before the content of a block scalar. */
static size_t
block_indent(const struct doc *doc, uint32_t n)
{
	const struct yml_tree	*t = doc->extra;
	const struct doc_node	*node = &doc->nodes[n];
	size_t			 at = yml_line_end(doc, node->start), i;

	for (; at < node->end; at = yml_line_end(doc, at)) {
		for (i = at; i < node->end && doc->text[i] == ' '; i++)
			;
		if (i < node->end && !yml_is_blank(doc, i, i + 1))
			return i - at;
	}
	i = t->info[n].key;
	return t->info[n].parent == YML_NONE ? 2 :
	    i - yml_line_start(doc, i) + 2;
}

static void
block_line(struct buf *out, const char *line, size_t len, size_t indent)
{
	size_t i;

	for (i = 0; len > 0 && i < indent; i++)
		buf_putc(out, ' ');
	buf_add(out, line, len);
}

static void
block_write(const struct doc *doc, uint32_t n, const char *value,
    struct buf *out)
{
	const struct doc_node	*node = &doc->nodes[n];
	const char		*lf = strchr(value, '\n'), *eol = yml_eol(doc);
	size_t			 indent = block_indent(doc, n), len, from;
	bool			 is_folded = doc->text[node->start] == '>' &&
	    (lf == NULL || lf[1] == '\0');
	bool			 has_end = doc->text[node->end - 1] == '\n';

	buf_putc(out, is_folded ? '>' : '|');
	if (value[strlen(value) - 1] != '\n')
		buf_putc(out, '-');
	from = node->start + 1;
	from += strspn(doc->text + from, "+-0123456789");
	len = yml_line_end(doc, from) - from;
	buf_add(out, doc->text + from, len);
	if (len == 0)
		buf_puts(out, eol);
	for (; *value != '\0'; value += len + (value[len] == '\n')) {
		len = strcspn(value, "\n");
		block_line(out, value, len, indent);
		if (value[len] == '\n' || has_end)
			buf_puts(out, eol);
	}
}

/* A block scalar whose new value must be quoted. */
static void
block_quote(const struct doc *doc, const struct doc_node *node,
    const char *value, struct buf *out)
{
	size_t	 from = node->start + 1, to;
	bool	 has_end = doc->text[node->end - 1] == '\n';

	yml_scalar_write(out, value, YML_DOUBLE, YML_STRING, false);
	from += strspn(doc->text + from, "+-0123456789");
	to = yml_line_end(doc, from);
	while (!has_end && to > from && yml_is_blank(doc, to - 1, to))
		to--;
	buf_add(out, doc->text + from, to - from);
}

static bool
yml_set(const struct doc *doc, const char *path, uint32_t n,
    const char *value, struct doc_splice *out, struct err *e)
{
	const struct yml_tree	*t = doc->extra;
	const struct yml_info	*info = &t->info[n];
	const struct doc_node	*node = &doc->nodes[n];
	bool			 in_flow;

	if (node->kind != DOC_SCALAR) {
		err_set(e, ERR_REFUSED, 0, T_YAML_COLLECTION, path,
		    node->line);
		return err_hint(e, T_YAML_COLLECTION_HINT);
	}
	if (info->tagged)
		return err_set(e, ERR_REFUSED, 0, T_YAML_TAGGED, path,
		    node->line);
	out->start = node->start;
	out->end = node->end;
	in_flow = info->parent != YML_NONE &&
	    t->info[info->parent].style == YML_FLOW;
	if (info->style != YML_LITERAL && info->style != YML_FOLDED) {
		if (node->start == node->end)
			buf_putc(&out->data, ' ');
		yml_scalar_write(&out->data, value, info->style,
		    yml_class_of(node->value), in_flow);
	} else if (yml_block_fits(value)) {
		block_write(doc, n, value, &out->data);
	} else {
		block_quote(doc, node, value, &out->data);
	}
	return buf_ok(&out->data, e);
}

static bool
refuse_aliased(const char *path, const char *anchor, unsigned line,
    struct err *e)
{
	if (strcmp(anchor, "<<") == 0) {
		err_set(e, ERR_REFUSED, 0, T_YAML_MERGED, path, line);
		return err_hint(e, T_YAML_MERGED_HINT);
	}
	err_set(e, ERR_REFUSED, 0, T_YAML_ALIASED, path, anchor, line);
	return err_hint(e, T_YAML_ALIASED_HINT);
}

static bool
yml_splice(const struct doc *doc, enum doc_change change, const char *path,
    const char *value, struct doc_splice *out, struct err *e)
{
	const struct yml_tree	*t = doc->extra;
	const struct doc_node	*node;
	struct yml_place	 place;

	if (change == DOC_COMMENT_OUT)
		return err_set(e, ERR_REFUSED, 0, T_YAML_COMMENT_OUT, path);
	if (t->n_real == 0) {
		err_set(e, ERR_REFUSED, 0, T_YAML_EMPTY, path);
		return err_hint(e, T_YAML_EMPTY_HINT);
	}
	if (!yml_walk(doc, path, &place, e))
		return false;
	if (place.anchor != NULL)
		return refuse_aliased(path, place.anchor, place.line, e);
	if (place.node == YML_NONE && change == DOC_UNSET)
		return err_set(e, ERR_REFUSED, 0, T_YAML_ABSENT, path);
	if (place.node == YML_NONE)
		return yml_add(doc, path, &place, value, out, e);
	node = &doc->nodes[place.node];
	if (node->kind == DOC_ALIAS)
		return refuse_aliased(path, node->value, node->line, e);
	if (change == DOC_UNSET)
		return yml_unset(doc, path, place.node, out, e);
	return yml_set(doc, path, place.node, value, out, e);
}

const struct doc_format doc_yaml = {
	.name = "yaml",
	.parse = yml_parse,
	.splice = yml_splice,
	.path_compare = yml_path_compare,
	.fini = yml_tree_free,
};
