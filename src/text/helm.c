/*
 * One edit of a Helm template, by line.  The line itself, without what
 * stands around it, is YAML: the YAML editor changes it.  A new line goes
 * right below its parent's key, under the same conditions as that key.
 */
#include "helm.h"

#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "yml.h"

#include "text_tree.def"

static bool
refuse_template(const char *path, const struct doc_node *node, struct err *e)
{
	err_set(e, ERR_REFUSED, 0, T_HELM_TEMPLATE, path, node->line);
	return err_hint(e, T_HELM_TEMPLATE_HINT);
}

/* The one node of a path: *out is NULL when there is none. */
static bool
node_find(const struct doc *doc, const char *path, const char *found_for,
    const struct doc_node **out, struct err *e)
{
	const struct doc_node	*other = NULL;
	size_t			 i;

	*out = doc_find(doc, path);
	for (i = 0; i < doc->n && &doc->nodes[i] != *out; i++)
		if (yml_path_compare(doc->nodes[i].path, path) == 0)
			other = &doc->nodes[i];
	if (*out == NULL || other == NULL)
		return true;
	err_set(e, ERR_REFUSED, 0, T_HELM_SEVERAL, found_for, other->line,
	    (*out)->line);
	return err_hint(e, T_HELM_SEVERAL_HINT);
}

/* The last step of a path as a path of its own: what the line alone has. */
static bool
step_path(const char *path, struct buf *out, size_t *parent_len,
    struct err *e)
{
	AUTO_BUF struct buf	 name = BUF_INIT;
	const char		*p = path, *before;
	struct yml_seg		 seg, last = { 0 };
	int			 more;
	bool			 first = true;

	yml_path_document(&p);
	before = p;
	for (; (more = yml_path_next(&p, first, &seg)) > 0; first = false) {
		*parent_len = (size_t)(before - path);
		last = seg;
		before = p;
	}
	if (more < 0 || (last.text == NULL && !last.is_index)) {
		err_set(e, ERR_REFUSED, 0, T_YAML_PATH, path);
		return err_hint(e, T_YAML_PATH_HINT);
	}
	if (last.is_index) {
		buf_puts(out, "[0]");
	} else {
		yml_seg_name(&last, &name);
		yml_path_add_key(out, buf_str(&name), true);
	}
	return buf_ok(&name, e) && buf_ok(out, e);
}

/* Edits one line, or a line of no entry yet, as YAML. */
static bool
line_edit(const char *line, size_t len, const char *step, const char *value,
    struct doc_splice *out, struct err *e)
{
	AUTO_BUF struct buf	 after = BUF_INIT;
	struct doc		 doc;
	bool			 ok;

	ok = doc_parse(&doc, &doc_yaml, line, len, e) &&
	    doc_edit(&doc, DOC_SET, step, value, &after, out, e);
	doc_fini(&doc);
	/* The line is none that the YAML editor takes: a refusal here. */
	if (!ok && e != NULL && e->domain == ERR_YAML)
		e->domain = ERR_REFUSED;
	return ok;
}

static bool
helm_set(const struct doc *doc, const struct doc_node *node,
    const char *path, const char *value, struct doc_splice *out,
    struct err *e)
{
	AUTO_BUF struct buf	 step = BUF_INIT;
	size_t			 from = node->whole_start, parent_len;

	if (node->kind != DOC_SCALAR)
		return refuse_template(path, node, e);
	if (!step_path(node->path, &step, &parent_len, e) ||
	    !line_edit(doc->text + from, helm_line_end(doc, from) - from,
	    buf_str(&step), value, out, e))
		return false;
	out->start += from;
	out->end += from;
	return true;
}

static size_t
line_start(const struct doc *doc, size_t at)
{
	while (at > 0 && doc->text[at - 1] != '\n')
		at--;
	return at;
}

/* The first key below the parent's line; 0 when there is none. */
static size_t
child_key(const struct doc *doc, const struct doc_node *parent)
{
	size_t	 above = parent->whole_start -
	    line_start(doc, parent->whole_start);
	size_t	 line = parent->whole_end, at;

	for (; line < doc->len; line = helm_line_next(doc, line)) {
		for (at = line; at < doc->len && doc->text[at] == ' '; at++)
			;
		if (at == doc->len || strchr("#\r\n{", doc->text[at]) != NULL)
			continue;
		return at - line > above &&
		    helm_key_end(doc, at, helm_line_end(doc, at)) != 0 ?
		    at : 0;
	}
	return 0;
}

static bool
helm_add(const struct doc *doc, const char *path, const char *value,
    struct doc_splice *out, struct err *e)
{
	AUTO_BUF struct buf	 step = BUF_INIT, above = BUF_INIT;
	struct doc_splice	 line = { 0 };
	const struct doc_node	*parent = NULL;
	size_t			 len = 0, key = 0, colon;

	if (!step_path(path, &step, &len, e))
		return false;
	buf_add(&above, path, len);
	if (!buf_ok(&above, e) ||
	    !node_find(doc, buf_str(&above), path, &parent, e))
		return false;
	if (parent != NULL && *buf_str(&step) == '[' &&
	    strcmp(buf_str(&step), "[0]") == 0)
		parent = NULL;
	if (parent != NULL) {
		colon = parent->start;
		while (colon > parent->whole_start &&
		    doc->text[colon - 1] == ' ')
			colon--;
		if (colon > 0 && doc->text[colon - 1] == ':' &&
		    parent->kind == DOC_MAPPING)
			key = child_key(doc, parent);
	}
	if (key == 0 || doc->text[parent->whole_end - 1] != '\n') {
		err_set(e, ERR_REFUSED, 0, T_HELM_ABSENT, path);
		return err_hint(e, T_HELM_ABSENT_HINT);
	}
	if (!line_edit("{}", 2, buf_str(&step), value, &line, e))
		return false;
	out->start = out->end = parent->whole_end;
	len = line_start(doc, key);
	buf_add(&out->data, doc->text + len, key - len);
	buf_add(&out->data, line.data.data, line.data.len);
	buf_puts(&out->data, yml_eol(doc));
	doc_splice_fini(&line);
	return buf_ok(&out->data, e);
}

/* Another entry of the same parent beside it. */
static bool
has_sibling(const struct doc *doc, const char *path, size_t parent_len)
{
	size_t i, len;

	for (i = 0; i < doc->n; i++) {
		const char	*other = doc->nodes[i].path;
		AUTO_BUF struct buf step = BUF_INIT;

		if (strncmp(other, path, parent_len) == 0 &&
		    strlen(other) > parent_len && strcmp(other, path) != 0 &&
		    step_path(other, &step, &len, NULL) && len == parent_len)
			return true;
	}
	return false;
}

static bool
helm_unset(const struct doc *doc, const struct doc_node *node,
    const char *path, struct doc_splice *out, struct err *e)
{
	AUTO_BUF struct buf	 step = BUF_INIT;
	size_t			 line = line_start(doc, node->whole_start);
	size_t			 len = 0;

	if (node->kind != DOC_SCALAR)
		return refuse_template(path, node, e);
	if (!step_path(node->path, &step, &len, e))
		return false;
	if (!yml_is_blank(doc, line, node->whole_start) ||
	    !has_sibling(doc, node->path, len))
		return err_set(e, ERR_REFUSED, 0, T_HELM_ONLY, path,
		    node->line);
	out->start = line;
	out->end = node->whole_end;
	return true;
}

static bool
helm_splice(const struct doc *doc, enum doc_change change, const char *path,
    const char *value, struct doc_splice *out, struct err *e)
{
	const struct doc_node *node;

	if (change == DOC_COMMENT_OUT)
		return err_set(e, ERR_REFUSED, 0, T_YAML_COMMENT_OUT, path);
	if (change == DOC_SET && (strstr(value, "{{") != NULL ||
	    strstr(value, "}}") != NULL))
		return err_set(e, ERR_REFUSED, 0, T_HELM_VALUE, path);
	if (!node_find(doc, path, path, &node, e))
		return false;
	if (node == NULL && change == DOC_UNSET)
		return err_set(e, ERR_REFUSED, 0, T_YAML_ABSENT, path);
	if (node == NULL)
		return helm_add(doc, path, value, out, e);
	if (change == DOC_UNSET)
		return helm_unset(doc, node, path, out, e);
	return helm_set(doc, node, path, value, out, e);
}

const struct doc_format doc_helm = {
	.name = "helm",
	.parse = helm_parse,
	.splice = helm_splice,
	.path_compare = yml_path_compare,
};
