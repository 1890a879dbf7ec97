/*
 * One edit of an XML text as a splice: the value of an attribute, an
 * attribute more or less, or the text of an element.  Elements are neither
 * added nor removed.  Attributes keep their quotes and their order.
 */
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "xml_doc.h"

#include "text_tree.def"

static bool
value_check(const char *path, const char *value, struct err *e)
{
	const char *p;

	for (p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' && strchr("\t\n\r", *p) == NULL)
			return err_set(e, ERR_REFUSED, 0, T_XML_VALUE, path);
	return true;
}

/* quote: '"' or '\'' in an attribute, where line ends are escaped too. */
static void
value_write(struct buf *out, const char *value, char quote)
{
	for (; *value != '\0'; value++) {
		if (*value == '&')
			buf_puts(out, "&amp;");
		else if (*value == '<')
			buf_puts(out, "&lt;");
		else if (*value == '>')
			buf_puts(out, "&gt;");
		else if (*value == '"' && quote == '"')
			buf_puts(out, "&quot;");
		else if (*value == '\'' && quote == '\'')
			buf_puts(out, "&apos;");
		else if (*value == '\r' || (quote != '\0' &&
		    (*value == '\n' || *value == '\t')))
			buf_printf(out, "&#%d;", *value);
		else
			buf_putc(out, *value);
	}
}

static void
attr_write(struct buf *out, const char *value, char quote)
{
	buf_putc(out, quote);
	value_write(out, value, quote);
	buf_putc(out, quote);
}

/* The element's whole text is one CDATA section. */
static bool
is_one_cdata(const char *content, size_t len)
{
	const char *end;

	if (len < 12 || memcmp(content, "<![CDATA[", 9) != 0)
		return false;
	end = memmem(content, len, "]]>", 3);
	return end == content + len - 3;
}

static bool
text_is_editable(const struct doc *doc, const struct doc_node *node,
    const char *path, struct err *e)
{
	const char	*content = doc->text + node->start;
	size_t		 len = node->end - node->start, i;

	for (i = (size_t)(node - doc->nodes) + 1; i < doc->n &&
	    doc->nodes[i].whole_start < node->end; i++)
		if (doc->nodes[i].whole_start >= node->start)
			return err_set(e, ERR_REFUSED, 0, T_XML_CHILDREN,
			    path, node->line);
	if (memchr(content, '<', len) == NULL || is_one_cdata(content, len))
		return true;
	err_set(e, ERR_REFUSED, 0, T_XML_MIXED, path, node->line);
	return err_hint(e, T_XML_MIXED_HINT);
}

/* "<a b='1' />" becomes "<a b='1'>text</a>". */
static void
text_open(const struct doc *doc, const struct doc_node *node,
    const char *value, struct doc_splice *out)
{
	size_t name = node->whole_start + 1;

	out->end = node->whole_end;
	while (memchr(" \t\r\n", doc->text[out->start - 1], 4) != NULL)
		out->start--;
	buf_putc(&out->data, '>');
	value_write(&out->data, value, '\0');
	buf_puts(&out->data, "</");
	buf_add(&out->data, doc->text + name, xml_name_end(doc, name) - name);
	buf_putc(&out->data, '>');
}

static bool
text_set(const struct doc *doc, const struct doc_node *node,
    const char *path, const char *value, struct doc_splice *out,
    struct err *e)
{
	const char	*content = doc->text + node->start;
	size_t		 len = node->end - node->start;

	if (!text_is_editable(doc, node, path, e))
		return false;
	out->start = node->start;
	out->end = node->end;
	if (doc->text[node->start] == '/' && len == 0 &&
	    node->whole_end == node->start + 2) {
		text_open(doc, node, value, out);
	} else if (is_one_cdata(content, len) &&
	    strstr(value, "]]>") == NULL && strchr(value, '\r') == NULL) {
		out->start += 9;
		out->end -= 3;
		buf_puts(&out->data, value);
	} else {
		value_write(&out->data, value, '\0');
	}
	return buf_ok(&out->data, e);
}

static bool
name_is_valid(const char *name)
{
	const char *p;

	if (strchr("-.0123456789", *name) != NULL ||
	    !str_is_utf8(name, strlen(name)))
		return false;
	for (p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x80 && strchr("-._:0123456789"
		    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
		    *p) == NULL)
			return false;
	return true;
}

/* After the last attribute, with the space and quote that it has. */
static bool
attr_add(const struct doc *doc, const struct doc_node *element,
    const char *name, const char *value, struct doc_splice *out,
    struct err *e)
{
	struct xml_attr	 a, last = { 0 };
	size_t		 at = xml_name_end(doc, element->whole_start + 1);
	char		 quote = '"';

	for (; xml_attr_next(doc, at, &a); at = a.end)
		last = a;
	out->start = out->end = at;
	if (last.end != 0) {
		buf_add(&out->data, doc->text + last.space,
		    last.name - last.space);
		quote = doc->text[last.value];
	} else {
		buf_putc(&out->data, ' ');
	}
	buf_puts(&out->data, name);
	buf_putc(&out->data, '=');
	attr_write(&out->data, value, quote);
	return buf_ok(&out->data, e);
}

/* An element that is missing, or of which there are several. */
static bool
refuse_element(const struct doc *doc, const char *path, const char *element,
    struct err *e)
{
	AUTO_BUF struct buf	 part = BUF_INIT;
	size_t			 len = 0, all = strlen(element);

	/* The first step that leads nowhere. */
	while (len < all) {
		len += *element == '/' && len == 0;
		len += strcspn(element + len, "/");
		buf_reset(&part);
		buf_add(&part, element, len);
		if (!buf_ok(&part, e))
			return false;
		if (doc_find(doc, buf_str(&part)) == NULL)
			break;
		len += element[len] == '/';
	}
	buf_puts(&part, "[1]");
	if (!buf_ok(&part, e))
		return false;
	all = part.len - 3;
	if (doc_find(doc, buf_str(&part)) != NULL) {
		part.data[all] = '\0';
		err_set(e, ERR_REFUSED, 0, T_XML_SEVERAL, path, part.data);
		return err_hint(e, T_XML_SEVERAL_HINT, part.data);
	}
	part.data[all] = '\0';
	err_set(e, ERR_REFUSED, 0, T_XML_PARENT, path, part.data);
	return err_hint(e, T_XML_PARENT_HINT);
}

static bool
splice_absent(const struct doc *doc, const char *path, const char *value,
    struct doc_splice *out, struct err *e)
{
	const struct doc_node	*element;
	const char		*last = strrchr(path, '/');
	AUTO_FREE char		*parent = NULL;

	last = last != NULL ? last + 1 : path;
	if (*last != '@')
		return refuse_element(doc, path, path, e);
	if (!name_is_valid(last + 1))
		return err_set(e, ERR_REFUSED, 0, T_XML_NAME, path);
	parent = strndup(path, last > path ? (size_t)(last - path) - 1 : 0);
	if (parent == NULL)
		return err_nomem(e);
	element = doc_find(doc, parent);
	if (element == NULL)
		return refuse_element(doc, path, parent, e);
	return attr_add(doc, element, last + 1, value, out, e);
}

static bool
splice_make(const struct doc *doc, enum doc_change change, const char *path,
    const char *value, struct doc_splice *out, struct err *e)
{
	const struct doc_node	*node = doc_find(doc, path);
	char			 quote;

	if (change == DOC_COMMENT_OUT)
		return err_set(e, ERR_REFUSED, 0, T_YAML_COMMENT_OUT, path);
	if (change == DOC_UNSET && node == NULL)
		return err_set(e, ERR_REFUSED, 0, T_YAML_ABSENT, path);
	if (change == DOC_SET && !value_check(path, value, e))
		return false;
	if (node == NULL)
		return splice_absent(doc, path, value, out, e);
	if (strstr(node->path, "/@") == NULL) {
		if (change == DOC_SET)
			return text_set(doc, node, path, value, out, e);
		return err_set(e, ERR_REFUSED, 0, T_XML_ELEMENT, path,
		    node->line);
	}
	if (change == DOC_UNSET) {
		out->start = node->whole_start;
		out->end = node->whole_end;
		return true;
	}
	out->start = node->start;
	out->end = node->end;
	quote = doc->text[node->start];
	attr_write(&out->data, value, quote);
	return buf_ok(&out->data, e);
}

/*
 * A prefix that nobody declares is XML to expat, but not to a reader that
 * knows namespaces.
 */
static bool
prefixes_check(const struct doc *doc, const char *path,
    const struct doc_splice *s, struct err *e)
{
	AUTO_BUF struct buf	 after = BUF_INIT;
	const char		*name = strrchr(path, '@');

	if (name == NULL || (strchr(name, ':') == NULL &&
	    !str_starts(name, "@xmlns")))
		return true;
	buf_add(&after, doc->text, s->start);
	buf_add(&after, s->data.data, s->data.len);
	buf_add(&after, doc->text + s->end, doc->len - s->end);
	if (!buf_ok(&after, e))
		return false;
	if (!xml_has_namespaces(doc->text, doc->len) ||
	    xml_has_namespaces(buf_str(&after), after.len))
		return true;
	err_set(e, ERR_REFUSED, 0, T_XML_PREFIX, path);
	return err_hint(e, T_XML_PREFIX_HINT);
}

static bool
xml_splice(const struct doc *doc, enum doc_change change, const char *path,
    const char *value, struct doc_splice *out, struct err *e)
{
	return splice_make(doc, change, path, value, out, e) &&
	    prefixes_check(doc, path, out, e);
}

const struct doc_format doc_xml = {
	.name = "xml",
	.parse = xml_parse,
	.splice = xml_splice,
	.path_compare = xml_path_compare,
};
