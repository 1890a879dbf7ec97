/*
 * A YAML text to nodes, by libyaml's events: nothing is composed, so no
 * alias is ever expanded here and no call is nested.  Each node gets its
 * path and the bytes of its value and of its whole entry.  Block collections
 * end where their last entry ends: libyaml's own mark stands after the
 * comments that follow.
 */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "stconsole/msg.h"

#include "source.h"
#include "yml.h"

#include "text_tree.def"

#define PATH_BYTES(len)	(32 * (len) + ((size_t)1 << 20))

struct yml_frame {
	uint32_t	 node;
	uint32_t	 index;		/* entries so far */
	size_t		 path_len;
	size_t		 key;		/* where the entry begins */
	size_t		 line;		/*   and its line */
	size_t		 end;		/* end of the last entry's bytes */
	bool		 is_mapping, is_flow, has_key;
};

struct yml_parse {
	struct doc		*doc;
	struct yml_tree		*tree;
	struct text_source	 source;
	yaml_parser_t		 parser;
	struct buf		 path;
	struct yml_frame	*frames;
	size_t			 depth;
	uint32_t		 n_documents;
	struct yml_anchors	 anchors;
	struct yml_table	 paths;
	struct err		*e;
};

static void
path_cut(struct yml_parse *p, size_t len)
{
	p->path.len = len;
	if (p->path.data != NULL)
		p->path.data[len] = '\0';
}

static struct yml_frame *
frame_top(struct yml_parse *p)
{
	return p->depth > 0 ? &p->frames[p->depth - 1] : NULL;
}

/* Bytes that were replaced for libyaml must not be part of a value. */
static bool
check_bytes(struct yml_parse *p, size_t from, size_t to)
{
	if (text_source_is_clean(&p->source, from, to))
		return true;
	while (p->source.text[from] == p->source.clean[from])
		from++;
	err_set(p->e, ERR_YAML, 0, T_YAML_BYTES,
	    doc_line_at(p->doc->text, from));
	return err_hint(p->e, T_YAML_BYTES_HINT);
}

/* Where the entry of the next value begins: its key or its dash. */
static bool
entry_begin(struct yml_parse *p, size_t start, size_t line)
{
	struct yml_frame *f = frame_top(p);

	if (f->is_mapping)
		return true;
	f->line = line;
	f->key = start;
	if (f->is_flow)
		return true;
	f->key = yml_skip_blank(p->doc, f->end);
	if (f->key < p->doc->len && p->doc->text[f->key] == '-')
		return true;
	return err_set(p->e, ERR_YAML, 0, T_YAML_UNSURE,
	    doc_line_at(p->doc->text, start));
}

/* The path of the next value. */
static void
entry_path(struct yml_parse *p)
{
	struct yml_frame *f = frame_top(p);

	if (f == NULL) {
		buf_reset(&p->path);
		if (p->n_documents > 1)
			buf_printf(&p->path, "%u:", p->n_documents - 1);
	} else if (!f->is_mapping) {
		path_cut(p, f->path_len);
		yml_path_add_index(&p->path, f->index);
	}
}

static uint32_t
entry_add(struct yml_parse *p, const char *value, size_t len, size_t line,
    size_t start)
{
	struct yml_frame	*f = frame_top(p);
	struct doc_node		*node;
	uint32_t		 n;

	if (f != NULL && !entry_begin(p, start, line))
		return YML_NONE;
	entry_path(p);
	if (!buf_ok(&p->path, p->e))
		return YML_NONE;
	n = yml_node_add(p->doc, p->tree, &p->path, value, len, p->e);
	if (n == YML_NONE)
		return YML_NONE;
	if (p->tree->path_bytes > PATH_BYTES(p->doc->len)) {
		err_set(p->e, ERR_YAML, 0, T_YAML_LONG,
		    PATH_BYTES(p->doc->len));
		return YML_NONE;
	}
	node = &p->doc->nodes[n];
	node->line = (unsigned)(f != NULL ? f->line : line);
	node->start = start;
	if (f != NULL) {
		p->tree->info[n].parent = f->node;
		p->tree->info[n].key = (uint32_t)f->key & 0x7ffffff;
	} else {
		p->tree->info[n].key = (uint32_t)start & 0x7ffffff;
	}
	return n;
}

/* The value's bytes are known to their end: so is the entry. */
static void
entry_end(struct yml_parse *p, uint32_t n, size_t end)
{
	struct doc		*doc = p->doc;
	struct doc_node		*node = &doc->nodes[n];
	struct yml_frame	*f = frame_top(p);
	size_t			 key = p->tree->info[n].key;

	node->end = end;
	node->whole_start = key;
	node->whole_end = end;
	if (f == NULL)
		return;
	f->end = end;
	f->index++;
	f->has_key = false;
	if (f->is_flow)
		return;
	if (yml_is_blank(doc, yml_line_start(doc, key), key))
		node->whole_start = yml_line_start(doc, key);
	if (end > 0 && doc->text[end - 1] == '\n' && end > node->start)
		return;
	while (end < doc->len && (doc->text[end] == ' ' ||
	    doc->text[end] == '\t'))
		end++;
	if (end == doc->len || strchr("#\r\n", doc->text[end]) != NULL)
		node->whole_end = yml_line_end(doc, end);
}

static bool
on_key(struct yml_parse *p, const yaml_event_t *ev)
{
	struct yml_frame	*f = frame_top(p);
	const char		*name = (const char *)ev->data.scalar.value;
	size_t			 end;

	if (ev->type != YAML_SCALAR_EVENT)
		return err_set(p->e, ERR_YAML, 0, T_YAML_KEY,
		    ev->start_mark.line + 1);
	if (strlen(name) != ev->data.scalar.length)
		return err_set(p->e, ERR_YAML, 0, T_YAML_NUL,
		    ev->start_mark.line + 1);
	f->key = text_source_offset(&p->source, ev->start_mark.index);
	f->line = ev->start_mark.line + 1;
	end = text_source_offset(&p->source, ev->end_mark.index);
	f->end = end;
	f->has_key = true;
	path_cut(p, f->path_len);
	yml_path_add_key(&p->path, name, f->path_len == 0 ||
	    p->path.data[f->path_len - 1] == ':');
	return check_bytes(p, f->key, end);
}

static const enum yml_style scalar_styles[] = {
	[YAML_ANY_SCALAR_STYLE] = YML_PLAIN,
	[YAML_PLAIN_SCALAR_STYLE] = YML_PLAIN,
	[YAML_SINGLE_QUOTED_SCALAR_STYLE] = YML_SINGLE,
	[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = YML_DOUBLE,
	[YAML_LITERAL_SCALAR_STYLE] = YML_LITERAL,
	[YAML_FOLDED_SCALAR_STYLE] = YML_FOLDED,
};

/*
 * The span of a scalar.  An empty value is no token: libyaml puts it after
 * the colon or dash, or for a key without one at the next token.
 */
static bool
scalar_span(struct yml_parse *p, const yaml_event_t *ev, size_t *start,
    size_t *end, bool *is_fixed)
{
	struct doc		*doc = p->doc;
	struct yml_frame	*f = frame_top(p);
	size_t			 from = *start;

	*is_fixed = false;
	if (ev->data.scalar.style >= YAML_LITERAL_SCALAR_STYLE) {
		*end = yml_block_end(doc, *start, *end);
		from = yml_skip_line(doc, *start);
	} else if (*start == *end && f != NULL && *start > 0 &&
	    doc->text[*start - 1] != ':' && doc->text[*start - 1] != '-' &&
	    ev->data.scalar.anchor == NULL && ev->data.scalar.tag == NULL) {
		*is_fixed = true;
		*start = *end = f->end;
		from = *start;
	}
	return from >= *end || check_bytes(p, from, *end);
}

static bool
tag_is_foreign(const yaml_char_t *tag)
{
	return tag != NULL && strcmp((const char *)tag, "!") != 0 &&
	    strcmp((const char *)tag, YAML_STR_TAG) != 0;
}

static bool
on_scalar(struct yml_parse *p, const yaml_event_t *ev)
{
	const char	*value = (const char *)ev->data.scalar.value;
	size_t		 first, start, end;
	bool		 is_fixed;
	uint32_t	 n;

	if (strlen(value) != ev->data.scalar.length)
		return err_set(p->e, ERR_YAML, 0, T_YAML_NUL,
		    ev->start_mark.line + 1);
	first = text_source_offset(&p->source, ev->start_mark.index);
	end = text_source_offset(&p->source, ev->end_mark.index);
	start = yml_skip_properties(p->doc, first, end,
	    (ev->data.scalar.anchor != NULL) + (ev->data.scalar.tag != NULL));
	if (!check_bytes(p, first, start) ||
	    !scalar_span(p, ev, &start, &end, &is_fixed))
		return false;
	n = entry_add(p, value, ev->data.scalar.length,
	    ev->start_mark.line + 1, start);
	if (n == YML_NONE)
		return false;
	p->tree->info[n].style = scalar_styles[ev->data.scalar.style];
	p->tree->info[n].tagged = is_fixed ||
	    tag_is_foreign(ev->data.scalar.tag);
	entry_end(p, n, end);
	return ev->data.scalar.anchor == NULL ||
	    yml_anchor_add(&p->anchors,
	    (const char *)ev->data.scalar.anchor, n, p->e);
}

static bool
on_alias(struct yml_parse *p, const yaml_event_t *ev)
{
	const char	*name = (const char *)ev->data.alias.anchor;
	size_t		 start, end;
	uint32_t	 target = yml_anchor_find(&p->anchors, name), n;

	if (target == YML_NONE)
		return err_set(p->e, ERR_YAML, 0, T_YAML_ANCHOR, name,
		    ev->start_mark.line + 1);
	start = text_source_offset(&p->source, ev->start_mark.index);
	end = text_source_offset(&p->source, ev->end_mark.index);
	n = entry_add(p, name, strlen(name), ev->start_mark.line + 1, start);
	if (n == YML_NONE)
		return false;
	p->doc->nodes[n].kind = DOC_ALIAS;
	p->doc->nodes[n].anchor = p->doc->nodes[n].value;
	p->tree->info[n].style = YML_ALIAS;
	entry_end(p, n, end);
	return yml_alias_add(p->tree, &p->anchors, n, target, p->e);
}

static bool
on_start(struct yml_parse *p, const yaml_event_t *ev, bool is_mapping)
{
	const yaml_char_t	*anchor, *tag;
	size_t			 start, end;
	struct yml_frame	*f;
	uint32_t		 n;
	bool			 is_flow;

	if (p->depth == YML_DEPTH_MAX)
		return err_set(p->e, ERR_YAML, 0, T_YAML_DEEP,
		    ev->start_mark.line + 1, YML_DEPTH_MAX);
	anchor = is_mapping ? ev->data.mapping_start.anchor :
	    ev->data.sequence_start.anchor;
	tag = is_mapping ? ev->data.mapping_start.tag :
	    ev->data.sequence_start.tag;
	is_flow = is_mapping ?
	    ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE :
	    ev->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	start = text_source_offset(&p->source, ev->start_mark.index);
	end = yml_skip_properties(p->doc, start, p->doc->len,
	    (anchor != NULL) + (tag != NULL));
	if (!check_bytes(p, start, yml_skip_line(p->doc, start) < end ?
	    start : end))
		return false;
	n = entry_add(p, NULL, 0, ev->start_mark.line + 1, start);
	if (n == YML_NONE)
		return false;
	p->doc->nodes[n].start = end;
	p->doc->nodes[n].kind = is_mapping ? DOC_MAPPING : DOC_SEQUENCE;
	p->tree->info[n].style = is_flow ? YML_FLOW : YML_BLOCK;
	f = &p->frames[p->depth++];
	*f = (struct yml_frame){ .node = n, .path_len = p->path.len,
	    .key = end, .end = end, .is_mapping = is_mapping,
	    .is_flow = is_flow };
	return anchor == NULL || yml_anchor_add(&p->anchors,
	    (const char *)anchor, n, p->e);
}

static bool
on_end(struct yml_parse *p, const yaml_event_t *ev)
{
	struct yml_frame	*f = frame_top(p);
	size_t			 end = f->end;
	size_t			 start = p->doc->nodes[f->node].start;
	char			 open = p->doc->text[start];

	/* "[a: b]" holds a mapping in flow style without brackets. */
	if (f->is_flow && open == (f->is_mapping ? '{' : '['))
		end = text_source_offset(&p->source, ev->end_mark.index);
	p->depth--;
	entry_end(p, f->node, end);
	return true;
}

static bool
on_event(struct yml_parse *p, const yaml_event_t *ev)
{
	struct yml_frame *f = frame_top(p);

	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		p->n_documents++;
		p->anchors.document++;
		return true;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(p, ev);
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		break;
	default:
		return true;
	}
	if (f != NULL && f->is_mapping && !f->has_key)
		return on_key(p, ev);
	if (ev->type == YAML_SCALAR_EVENT)
		return on_scalar(p, ev);
	if (ev->type == YAML_ALIAS_EVENT)
		return on_alias(p, ev);
	return on_start(p, ev, ev->type == YAML_MAPPING_START_EVENT);
}

static bool
parse_events(struct yml_parse *p)
{
	yaml_event_t	 ev;
	bool		 is_last = false, ok = true;

	yaml_parser_set_encoding(&p->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p->parser,
	    (const unsigned char *)p->source.clean + p->source.base,
	    p->source.len - p->source.base);
	while (ok && !is_last) {
		if (!yaml_parser_parse(&p->parser, &ev)) {
			if (p->parser.error == YAML_MEMORY_ERROR)
				return err_nomem(p->e);
			return err_set(p->e, ERR_YAML, 0, T_YAML_SYNTAX,
			    p->parser.problem_mark.line + 1,
			    p->parser.problem_mark.column + 1,
			    p->parser.problem != NULL ?
			    p->parser.problem : "?");
		}
		ok = on_event(p, &ev);
		is_last = ev.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	return ok;
}

/* Two entries of the same path: docker compose and Helm disagree on them. */
static bool
parse_unique(struct yml_parse *p)
{
	uint32_t	 i, other;
	bool		 lost = false;

	for (i = 0; i < p->doc->n; i++) {
		other = yml_table_enter(&p->paths, p->doc, i, &lost);
		if (lost)
			return err_nomem(p->e);
		if (other == YML_NONE)
			continue;
		err_set(p->e, ERR_YAML, 0, T_YAML_DUPLICATE,
		    p->doc->nodes[i].path, p->doc->nodes[other].line,
		    p->doc->nodes[i].line);
		return err_hint(p->e, T_YAML_DUPLICATE_HINT);
	}
	p->tree->n_real = p->doc->n;
	return yml_expand(p->doc, &p->paths, p->e);
}

static void
parse_fini(struct yml_parse *p)
{
	yaml_parser_delete(&p->parser);
	text_source_fini(&p->source);
	buf_fini(&p->path);
	free(p->frames);
	yml_anchors_fini(&p->anchors);
	free(p->paths.slot);
	free(p);
}

bool
yml_parse(struct doc *doc, struct err *e)
{
	struct yml_parse	*p = calloc(1, sizeof(*p));
	bool			 ok;

	doc->extra = calloc(1, sizeof(struct yml_tree));
	if (p == NULL || doc->extra == NULL ||
	    !yaml_parser_initialize(&p->parser)) {
		free(p);
		return err_nomem(e);
	}
	p->doc = doc;
	p->tree = doc->extra;
	p->e = e;
	p->frames = calloc(YML_DEPTH_MAX, sizeof(*p->frames));
	ok = p->frames != NULL || err_nomem(e);
	ok = ok && text_source_init(&p->source, SOURCE_YAML, doc->text,
	    doc->len, e) && parse_events(p) && parse_unique(p);
	parse_fini(p);
	return ok;
}
