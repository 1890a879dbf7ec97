/*
 * An XML text to nodes, by expat in two passes: the first counts siblings of
 * the same name, so that paths can be written in the second.  No entity is
 * ever expanded: they need a DOCTYPE, which is refused.  Names are taken as
 * written, with their prefixes.
 */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "xml_doc.h"

#include "text_tree.def"

#define FEED_BYTES	((size_t)1 << 20)
#define PATH_BYTES(len)	(32 * (len) + ((size_t)1 << 20))

/* What the first pass learns about each element, in order of the text. */
struct xml_element {
	uint32_t	 parent;	/* number + 1; 0 for the root */
	uint32_t	 name;		/* offset */
	uint32_t	 ordinal;	/* among siblings of its name, from 1 */
	uint32_t	 latest;	/* of the first: how many there are */
	uint32_t	 first;		/* number of the first such sibling */
};

struct xml_open {
	uint32_t	 number;	/* of the element */
	size_t		 node;
	size_t		 path_len;
	bool		 has_children, is_empty;
};

struct xml_pass {
	struct doc		*doc;
	struct text_source	 source;
	XML_Parser		 parser;
	struct xml_element	*elements;
	size_t			 n, cap;
	uint32_t		*slot;		/* by parent and name */
	size_t			 slots;
	struct xml_open		 open[XML_DEPTH_MAX];
	size_t			 depth;
	struct buf		 path, text;
	size_t			 path_bytes;
	size_t			 checked;	/* clean so far */
	size_t			 line_at;	/* and its line: */
	unsigned		 line;
	bool			 failed;
	struct err		*e;
};

size_t
xml_name_end(const struct doc *doc, size_t at)
{
	while (at < doc->len && strchr(" \t\r\n/>=", doc->text[at]) == NULL)
		at++;
	return at;
}

bool
xml_attr_next(const struct doc *doc, size_t at, struct xml_attr *a)
{
	const char *text = doc->text;

	a->space = at;
	while (at < doc->len && memchr(" \t\r\n", text[at], 4) != NULL)
		at++;
	a->name = at;
	if (at >= doc->len || text[at] == '/' || text[at] == '>')
		return false;
	a->name_end = xml_name_end(doc, at);
	for (at = a->name_end; at < doc->len && text[at] != '"' &&
	    text[at] != '\''; at++)
		;
	a->value = at;
	for (at++; at < doc->len && text[at] != text[a->value]; at++)
		;
	a->end = at + 1;
	return a->end <= doc->len;
}

static void
pass_stop(struct xml_pass *p)
{
	p->failed = true;
	XML_StopParser(p->parser, XML_FALSE);
}

static void
pass_nomem(struct xml_pass *p)
{
	err_nomem(p->e);
	pass_stop(p);
}

static size_t
pass_offset(const struct xml_pass *p)
{
	return p->source.base + (size_t)XML_GetCurrentByteIndex(p->parser);
}

static unsigned
pass_line(struct xml_pass *p, size_t at)
{
	for (; p->line_at < at; p->line_at++)
		p->line += p->doc->text[p->line_at] == '\n';
	return p->line;
}

static void XMLCALL
on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int has_subset)
{
	struct xml_pass *p = arg;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	err_set(p->e, ERR_XML, 0, T_XML_DOCTYPE,
	    XML_GetCurrentLineNumber(p->parser));
	err_hint(p->e, T_XML_DOCTYPE_HINT);
	pass_stop(p);
}

static void XMLCALL
on_declaration(void *arg, const XML_Char *version, const XML_Char *encoding,
    int standalone)
{
	struct xml_pass *p = arg;

	(void)version;
	(void)standalone;
	if (encoding == NULL || str_equal_nocase(encoding, "utf-8"))
		return;
	err_set(p->e, ERR_XML, 0, T_XML_ENCODING, encoding);
	err_hint(p->e, T_XML_ENCODING_HINT);
	pass_stop(p);
}

static bool
check_bytes(struct xml_pass *p, size_t to)
{
	size_t at = p->checked;

	if (at >= to || text_source_is_clean(&p->source, at, to))
		return true;
	while (p->source.text[at] == p->source.clean[at])
		at++;
	err_set(p->e, ERR_XML, 0, T_XML_BYTES,
	    doc_line_at(p->doc->text, at));
	return err_hint(p->e, T_XML_BYTES_HINT);
}

static void XMLCALL
on_comment(void *arg, const XML_Char *comment)
{
	struct xml_pass	*p = arg;
	size_t		 at = pass_offset(p);

	(void)comment;
	if (!check_bytes(p, at)) {
		pass_stop(p);
		return;
	}
	p->checked = at + (size_t)XML_GetCurrentByteCount(p->parser);
}

static bool
is_same_name(const struct doc *doc, size_t a, size_t b)
{
	size_t len = xml_name_end(doc, a) - a;

	return xml_name_end(doc, b) - b == len &&
	    memcmp(doc->text + a, doc->text + b, len) == 0;
}

/* The place of an element's first sibling of the same name. */
static uint32_t *
sibling_slot(const struct xml_pass *p, const struct xml_element *el)
{
	uint32_t	 h = (2166136261u ^ el->parent) * 16777619u;
	size_t		 i, end = xml_name_end(p->doc, el->name);

	for (i = el->name; i < end; i++)
		h = (h ^ (unsigned char)p->doc->text[i]) * 16777619u;
	for (i = (h ^ h >> 15) & (p->slots - 1); p->slot[i] != 0;
	    i = (i + 1) & (p->slots - 1)) {
		const struct xml_element *o = &p->elements[p->slot[i] - 1];

		if (o->parent == el->parent &&
		    is_same_name(p->doc, o->name, el->name))
			break;
	}
	return &p->slot[i];
}

static bool
elements_grow(struct xml_pass *p)
{
	size_t			 cap = p->cap < 64 ? 64 : p->cap * 2, i;
	struct xml_element	*more;

	if (p->n < p->cap)
		return true;
	more = realloc(p->elements, cap * sizeof(*more));
	if (more == NULL)
		return false;
	p->elements = more;
	p->cap = cap;
	free(p->slot);
	p->slots = cap * 2;
	p->slot = calloc(p->slots, sizeof(*p->slot));
	for (i = 0; p->slot != NULL && i < p->n; i++)
		if (p->elements[i].first == i)
			*sibling_slot(p, &p->elements[i]) = (uint32_t)i + 1;
	return p->slot != NULL;
}

static bool
pass_is_deep(struct xml_pass *p)
{
	if (p->depth < XML_DEPTH_MAX)
		return false;
	err_set(p->e, ERR_XML, 0, T_XML_DEEP,
	    XML_GetCurrentLineNumber(p->parser), XML_DEPTH_MAX);
	pass_stop(p);
	return true;
}

static void XMLCALL
count_start(void *arg, const XML_Char *name, const XML_Char **attrs)
{
	struct xml_pass		*p = arg;
	struct xml_element	*el;
	uint32_t		*slot;

	(void)name;
	(void)attrs;
	if (p->failed || pass_is_deep(p))
		return;
	if (!elements_grow(p)) {
		pass_nomem(p);
		return;
	}
	el = &p->elements[p->n];
	*el = (struct xml_element){ .ordinal = 1, .latest = 1,
	    .name = (uint32_t)pass_offset(p) + 1, .first = (uint32_t)p->n };
	if (p->depth > 0)
		el->parent = p->open[p->depth - 1].number + 1;
	slot = sibling_slot(p, el);
	if (*slot == 0) {
		*slot = (uint32_t)p->n + 1;
	} else {
		el->first = *slot - 1;
		el->ordinal = ++p->elements[el->first].latest;
	}
	p->open[p->depth++].number = (uint32_t)p->n++;
}

static void XMLCALL
count_end(void *arg, const XML_Char *name)
{
	struct xml_pass *p = arg;

	(void)name;
	if (!p->failed)
		p->depth--;
}

static struct doc_node *
pass_node(struct xml_pass *p, const char *value, size_t len)
{
	struct doc_node *node = NULL;

	p->path_bytes += p->path.len;
	if (p->path_bytes > PATH_BYTES(p->doc->len))
		err_set(p->e, ERR_XML, 0, T_XML_LONG,
		    PATH_BYTES(p->doc->len));
	else if (buf_ok(&p->path, p->e))
		node = doc_node_copy(p->doc, buf_str(&p->path), p->path.len,
		    value, len, p->e);
	if (node == NULL)
		pass_stop(p);
	return node;
}

static void
path_cut(struct xml_pass *p, size_t len)
{
	p->path.len = len;
	if (p->path.data != NULL)
		p->path.data[len] = '\0';
}

/* The attributes of a start tag; their values are expat's, decoded. */
static size_t
add_attrs(struct xml_pass *p, size_t at, const XML_Char **attrs)
{
	size_t		 len = p->path.len;
	struct xml_attr	 a;
	struct doc_node	*node;

	for (; xml_attr_next(p->doc, at, &a); at = a.end) {
		if (*attrs == NULL)
			break;
		buf_puts(&p->path, "/@");
		buf_puts(&p->path, attrs[0]);
		node = pass_node(p, attrs[1], strlen(attrs[1]));
		path_cut(p, len);
		if (node == NULL)
			break;
		node->start = a.value;
		node->end = a.end;
		node->whole_start = a.space;
		node->whole_end = a.end;
		node->line = pass_line(p, a.name);
		attrs += 2;
	}
	return a.name;
}

static void
open_path(struct xml_pass *p, const struct xml_element *el, const char *name)
{
	buf_putc(&p->path, '/');
	buf_puts(&p->path, name);
	if (p->elements[el->first].latest > 1)
		buf_printf(&p->path, "[%u]", el->ordinal);
}

static void XMLCALL
on_start(void *arg, const XML_Char *name, const XML_Char **attrs)
{
	struct xml_pass	*p = arg;
	struct xml_open	*o = &p->open[p->depth];
	size_t		 at = pass_offset(p), tag_end;
	struct doc_node	*node;

	if (p->failed)
		return;
	if (p->depth > 0)
		o[-1].has_children = true;
	*o = (struct xml_open){ .number = (uint32_t)p->n,
	    .path_len = p->path.len, .node = p->doc->n };
	p->depth++;
	open_path(p, &p->elements[p->n++], name);
	node = pass_node(p, NULL, 0);
	if (node == NULL)
		return;
	node->kind = DOC_MAPPING;
	node->line = pass_line(p, at);
	node->whole_start = at;
	tag_end = add_attrs(p, xml_name_end(p->doc, at + 1), attrs);
	node = &p->doc->nodes[o->node];
	node->start = tag_end;
	o->is_empty = p->doc->text[tag_end] == '/';
	node->start += !o->is_empty;
	buf_reset(&p->text);
}

static void XMLCALL
on_text(void *arg, const XML_Char *s, int len)
{
	struct xml_pass *p = arg;

	if (!p->failed && !p->open[p->depth - 1].has_children)
		buf_add(&p->text, s, (size_t)len);
}

/* A copy that lives as long as the doc: a node takes it there and goes. */
static char *
value_keep(struct xml_pass *p)
{
	struct doc_node *node = NULL;

	if (buf_ok(&p->text, p->e))
		node = doc_node_copy(p->doc, "", 0, buf_str(&p->text),
		    p->text.len, p->e);
	if (node == NULL)
		return NULL;
	p->doc->n--;
	return node->value;
}

/* An element without elements inside is a value: its text, "" for none. */
static bool
end_value(struct xml_pass *p, const struct xml_open *o)
{
	char *value;

	if (o->has_children)
		return true;
	value = value_keep(p);
	p->doc->nodes[o->node].kind = DOC_SCALAR;
	p->doc->nodes[o->node].value = value;
	return value != NULL;
}

static void XMLCALL
on_end(void *arg, const XML_Char *name)
{
	struct xml_pass	*p = arg;
	struct xml_open	*o;
	struct doc_node	*node;
	size_t		 at = pass_offset(p);

	(void)name;
	if (p->failed)
		return;
	o = &p->open[--p->depth];
	node = &p->doc->nodes[o->node];
	/* For "<a/>" expat's position is no end tag. */
	if (o->is_empty) {
		node->end = node->start;
		node->whole_end = node->start + 2;
	} else {
		node->end = at;
		node->whole_end = at +
		    (size_t)XML_GetCurrentByteCount(p->parser);
	}
	path_cut(p, o->path_len);
	if (!end_value(p, o))
		pass_stop(p);
}

static bool
pass_feed(struct xml_pass *p)
{
	const char	*at = p->source.clean + p->source.base;
	size_t		 left = p->source.len - p->source.base, part;
	enum XML_Status	 status = XML_STATUS_OK;

	do {
		part = left < FEED_BYTES ? left : FEED_BYTES;
		status = XML_Parse(p->parser, at, (int)part, part == left);
		at += part;
		left -= part;
	} while (status == XML_STATUS_OK && left > 0);
	if (p->failed)
		return false;
	if (status != XML_STATUS_OK)
		return err_set(p->e, ERR_XML, 0, T_XML_SYNTAX,
		    XML_GetCurrentLineNumber(p->parser),
		    XML_GetCurrentColumnNumber(p->parser) + 1,
		    XML_ErrorString(XML_GetErrorCode(p->parser)));
	return true;
}

/* expat is given the encoding: the declaration is checked, not followed. */
static bool
pass_run(struct xml_pass *p, bool is_count)
{
	bool ok;

	p->n = 0;
	p->depth = 0;
	p->parser = XML_ParserCreate("UTF-8");
	if (p->parser == NULL)
		return err_nomem(p->e);
	XML_SetUserData(p->parser, p);
	if (is_count) {
		XML_SetElementHandler(p->parser, count_start, count_end);
		XML_SetStartDoctypeDeclHandler(p->parser, on_doctype);
		XML_SetXmlDeclHandler(p->parser, on_declaration);
		XML_SetCommentHandler(p->parser, on_comment);
	} else {
		XML_SetElementHandler(p->parser, on_start, on_end);
		XML_SetCharacterDataHandler(p->parser, on_text);
	}
	ok = pass_feed(p);
	XML_ParserFree(p->parser);
	p->parser = NULL;
	return ok;
}

static bool
refuse_utf16(struct err *e)
{
	err_set(e, ERR_XML, 0, T_XML_UTF16);
	return err_hint(e, T_XML_ENCODING_HINT);
}

bool
xml_has_namespaces(const char *text, size_t len)
{
	XML_Parser	 parser = XML_ParserCreateNS("UTF-8", '\n');
	bool		 ok;

	if (parser == NULL)
		return false;
	ok = XML_Parse(parser, text, (int)len, true) == XML_STATUS_OK;
	XML_ParserFree(parser);
	return ok;
}

bool
xml_parse(struct doc *doc, struct err *e)
{
	struct xml_pass	*p;
	bool		 ok;

	if (doc->len >= 2 && (memcmp(doc->text, "\xff\xfe", 2) == 0 ||
	    memcmp(doc->text, "\xfe\xff", 2) == 0))
		return refuse_utf16(e);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return err_nomem(e);
	p->doc = doc;
	p->e = e;
	p->line = 1;
	ok = text_source_init(&p->source, SOURCE_XML, doc->text, doc->len,
	    e) && pass_run(p, true) && check_bytes(p, doc->len);
	free(p->slot);
	p->slot = NULL;
	ok = ok && pass_run(p, false);
	text_source_fini(&p->source);
	buf_fini(&p->path);
	buf_fini(&p->text);
	free(p->elements);
	free(p);
	return ok;
}
