/*
 * A Helm template is no YAML until Helm has run it, so it is read by line:
 * "key: value" and "- value" get a path by their indentation.  What a line
 * with "{{" will become is not known: its key is a node without a value.
 * After such a line the entries of an open list cannot be counted any more
 * and get no path.  The body of a block scalar is no entry.
 */
#include "helm.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "yml.h"

#include "text_tree.def"

#define PATH_BYTES(len)	(32 * (len) + ((size_t)1 << 20))

/* An open mapping or list: its entries stand at indent. */
struct helm_frame {
	size_t	 indent, path_len, index;
	bool	 is_list, is_lost;
};

struct helm_parse {
	struct doc		*doc;
	struct helm_frame	 frames[YML_DEPTH_MAX];
	size_t			 depth;
	struct buf		 path;		/* of the last entry */
	size_t			 path_bytes;
	bool			 is_pending;	/* it may have entries */
	bool			 is_lost;	/* it has no path */
	bool			 in_action;	/* "{{" without its "}}" */
	size_t			 block;		/* body of a block scalar: */
	bool			 in_block;	/*   deeper than block */
	unsigned		 line, n_documents;
	struct err		*e;
};

size_t
helm_line_next(const struct doc *doc, size_t at)
{
	const char *lf = at < doc->len ?
	    memchr(doc->text + at, '\n', doc->len - at) : NULL;

	return lf != NULL ? (size_t)(lf - doc->text) + 1 : doc->len;
}

size_t
helm_line_end(const struct doc *doc, size_t at)
{
	size_t end = helm_line_next(doc, at);

	while (end > at && (doc->text[end - 1] == '\n' ||
	    doc->text[end - 1] == '\r'))
		end--;
	return end;
}

size_t
helm_key_end(const struct doc *doc, size_t at, size_t end)
{
	const char	*text = doc->text;
	size_t		 from = at;
	char		 quote = at < end ? text[at] : '\0';

	if (quote == '"' || quote == '\'') {
		for (at++; at < end && text[at] != quote; at++)
			if (text[at] == '\\' || text[at] == '{')
				return 0;
		at++;
	} else {
		while (at < end && (memchr("_./-$", text[at], 5) != NULL ||
		    (text[at] >= '0' && text[at] <= '9') ||
		    ((text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z')))
			at++;
	}
	if (at >= end || at == from || text[at] != ':')
		return 0;
	return at + 1 == end || text[at + 1] == ' ' ? at : 0;
}

static void
path_cut(struct helm_parse *p, size_t len)
{
	p->path.len = len;
	if (p->path.data != NULL)
		p->path.data[len] = '\0';
}

static bool
frame_push(struct helm_parse *p, size_t indent, bool is_list)
{
	if (p->depth == YML_DEPTH_MAX)
		return err_set(p->e, ERR_YAML, 0, T_YAML_DEEP,
		    (size_t)p->line, YML_DEPTH_MAX);
	p->frames[p->depth++] = (struct helm_frame){ .indent = indent,
	    .path_len = p->path.len, .is_list = is_list,
	    .is_lost = p->is_lost };
	return true;
}

static struct helm_frame *
frame_top(struct helm_parse *p)
{
	return p->depth > 0 ? &p->frames[p->depth - 1] : NULL;
}

/*
 * The frame that an entry at this indentation belongs to; NULL when it is
 * not clear (a line that goes on, a list among keys) or without memory.
 */
static struct helm_frame *
frame_for(struct helm_parse *p, size_t indent, bool is_list)
{
	struct helm_frame *f;

	while ((f = frame_top(p)) != NULL && (f->indent > indent ||
	    (f->indent == indent && f->is_list && !is_list)))
		p->depth--;
	if (f != NULL && f->indent == indent && f->is_list == is_list)
		return f;
	if (f != NULL && !p->is_pending)
		return NULL;
	if (f != NULL && f->indent == indent && !is_list)
		return NULL;
	return frame_push(p, indent, is_list) ? frame_top(p) : NULL;
}

/* The value of a line; NULL for one that is not simple. */
static bool
value_read(const struct doc *doc, size_t at, size_t *end, struct buf *out)
{
	const char	*text = doc->text;
	char		 quote = text[at];
	size_t		 i;

	if (quote != '"' && quote != '\'') {
		if (strchr("[{&*!|>%@`#", quote) != NULL)
			return false;
		for (i = at; i < *end && !(text[i] == '#' &&
		    (text[i - 1] == ' ' || text[i - 1] == '\t')); i++)
			;
		while (text[i - 1] == ' ' || text[i - 1] == '\t')
			i--;
		*end = i;
		buf_add(out, text + at, i - at);
		return memmem(text + at, i - at, ": ", 2) == NULL &&
		    text[i - 1] != ':';
	}
	for (i = at + 1; i < *end; i++) {
		if (text[i] == '\\' && quote == '"')
			return false;
		if (text[i] == quote && (quote == '"' || i + 1 == *end ||
		    text[i + 1] != quote))
			break;
		i += text[i] == quote;
		buf_putc(out, text[i]);
	}
	if (i >= *end)
		return false;
	*end = i + 1;
	for (i++; text[i] == ' ' || text[i] == '\t'; i++)
		;
	return strchr("\r\n#", text[i]) != NULL;
}

/* The next line with something on it goes deeper: the value goes on there. */
static bool
goes_on(const struct doc *doc, size_t at, size_t indent)
{
	size_t next, i;

	for (next = helm_line_next(doc, at); next < doc->len;
	    next = helm_line_next(doc, next)) {
		i = next;
		while (i < doc->len && doc->text[i] == ' ')
			i++;
		if (i == doc->len || strchr("#\r\n", doc->text[i]) != NULL)
			continue;
		return i - next > indent && doc->text[i] != '{';
	}
	return false;
}

/* Adds the node of a line; key is where its key or dash begins. */
static bool
entry_add(struct helm_parse *p, size_t key, size_t at, size_t end,
    size_t indent)
{
	const struct doc	*doc = p->doc;
	AUTO_BUF struct buf	 value = BUF_INIT;
	struct doc_node		*node;
	bool			 is_simple;

	is_simple = at < end &&
	    memmem(doc->text + at, end - at, "{{", 2) == NULL &&
	    value_read(doc, at, &end, &value) &&
	    str_is_utf8(buf_str(&value), value.len) &&
	    strlen(buf_str(&value)) == value.len &&
	    !goes_on(doc, at, indent);
	if (p->is_lost)
		return true;
	p->path_bytes += p->path.len;
	if (p->path_bytes > PATH_BYTES(doc->len))
		return err_set(p->e, ERR_YAML, 0, T_YAML_LONG,
		    PATH_BYTES(doc->len));
	if (!buf_ok(&p->path, p->e) || !buf_ok(&value, p->e))
		return false;
	node = doc_node_copy(p->doc, buf_str(&p->path), p->path.len,
	    is_simple ? buf_str(&value) : NULL, value.len, p->e);
	if (node == NULL)
		return false;
	node->kind = is_simple ? DOC_SCALAR : DOC_MAPPING;
	node->start = at;
	node->end = end;
	node->whole_start = key;
	node->whole_end = helm_line_next(doc, at);
	node->line = p->line;
	return true;
}

static size_t
skip_spaces(const struct doc *doc, size_t at, size_t end)
{
	while (at < end && (doc->text[at] == ' ' || doc->text[at] == '\t'))
		at++;
	return at;
}

/* "key: value" at an offset; the line's text ends at end. */
static bool
on_key(struct helm_parse *p, size_t line, size_t at, size_t colon,
    size_t end)
{
	struct doc		*doc = p->doc;
	AUTO_BUF struct buf	 name = BUF_INIT;
	struct helm_frame	*f = frame_for(p, at - line, false);
	size_t			 quote, value;

	if (f == NULL)
		return p->depth < YML_DEPTH_MAX;
	quote = doc->text[at] == '"' || doc->text[at] == '\'';
	buf_add(&name, doc->text + at + quote, colon - at - 2 * quote);
	p->is_lost = f->is_lost || strlen(buf_str(&name)) != name.len ||
	    !str_is_utf8(buf_str(&name), name.len);
	path_cut(p, f->path_len);
	yml_path_add_key(&p->path, buf_str(&name), f->path_len == 0 ||
	    p->path.data[f->path_len - 1] == ':');
	value = skip_spaces(doc, colon + 1, end);
	p->is_pending = value == end || doc->text[value] == '#' ||
	    doc->text[value] == '{' || doc->text[value] == '&';
	p->in_block = value < end && (doc->text[value] == '|' ||
	    doc->text[value] == '>');
	p->block = at - line;
	return buf_ok(&name, p->e) && entry_add(p, at, value, end, at - line);
}

/* "- value", "- key: value" or "- - value". */
static bool
on_dash(struct helm_parse *p, size_t line, size_t at, size_t end)
{
	struct doc		*doc = p->doc;
	struct helm_frame	*f = frame_for(p, at - line, true);
	size_t			 rest = skip_spaces(doc, at + 1, end), colon;

	if (f == NULL)
		return p->depth < YML_DEPTH_MAX;
	path_cut(p, f->path_len);
	yml_path_add_index(&p->path, f->index++);
	p->is_lost = f->is_lost;
	p->is_pending = true;
	p->in_block = rest < end && (doc->text[rest] == '|' ||
	    doc->text[rest] == '>');
	p->block = at - line;
	if (rest + 1 < end && doc->text[rest] == '-' &&
	    doc->text[rest + 1] == ' ')
		return entry_add(p, at, end, end, 0) &&
		    on_dash(p, line, rest, end);
	colon = helm_key_end(doc, rest, end);
	if (colon != 0)
		return entry_add(p, at, end, end, 0) &&
		    on_key(p, line, rest, colon, end);
	return entry_add(p, at, rest, end, at - line);
}

/* A line of template actions: lists around it cannot be counted on. */
static void
on_action(struct helm_parse *p)
{
	size_t i;

	for (i = 0; i < p->depth; i++)
		if (p->frames[i].is_list)
			p->frames[i].is_lost = true;
}

/* Whether an action is still open at the end of the line. */
static bool
action_is_open(const struct doc *doc, size_t at, size_t end, bool open)
{
	for (; at + 1 < end; at++) {
		if (memcmp(doc->text + at, open ? "}}" : "{{", 2) != 0)
			continue;
		open = !open;
		at++;
	}
	return open;
}

static void
on_document(struct helm_parse *p)
{
	p->depth = 0;
	p->is_pending = false;
	p->is_lost = false;
	/* A separator before anything else begins the first document. */
	if (p->doc->n > 0)
		p->n_documents++;
	buf_reset(&p->path);
	if (p->n_documents > 0)
		buf_printf(&p->path, "%u:", p->n_documents);
}

static bool
on_line(struct helm_parse *p, size_t line, size_t end)
{
	struct doc	*doc = p->doc;
	size_t		 at = line, colon;
	bool		 was_open = p->in_action;

	while (at < end && doc->text[at] == ' ')
		at++;
	p->in_action = action_is_open(doc, at, end, was_open);
	if (at == end || doc->text[at] == '#')
		return true;
	if (p->in_block && at - line > p->block)
		return true;
	p->in_block = false;
	if (was_open)
		return true;
	if (end - line >= 3 && memcmp(doc->text + line, "---", 3) == 0) {
		on_document(p);
		return true;
	}
	if (doc->text[at] == '-' && at + 1 <= end && (at + 1 == end ||
	    doc->text[at + 1] == ' '))
		return on_dash(p, line, at, end);
	colon = helm_key_end(doc, at, end);
	if (colon != 0)
		return on_key(p, line, at, colon, end);
	if (memmem(doc->text + at, end - at, "{{", 2) != NULL)
		on_action(p);
	return true;
}

bool
helm_parse(struct doc *doc, struct err *e)
{
	struct helm_parse	*p = calloc(1, sizeof(*p));
	size_t			 at, bom = 0;
	bool			 ok = true;

	if (p == NULL)
		return err_nomem(e);
	p->doc = doc;
	p->e = e;
	if (doc->len >= 3 && memcmp(doc->text, "\xef\xbb\xbf", 3) == 0)
		bom = 3;
	for (at = bom; ok && at < doc->len; at = helm_line_next(doc, at)) {
		p->line++;
		ok = on_line(p, at, helm_line_end(doc, at));
	}
	buf_fini(&p->path);
	free(p);
	return ok;
}
