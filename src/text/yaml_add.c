/*
 * An entry that is not there yet: a scalar at the end of a mapping or
 * sequence that exists, laid out as its siblings are.
 */
#include <string.h>

#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "yml.h"

#include "text_tree.def"

#define NAME_MAX_BYTES	200	/* libyaml ends implicit keys at 1024 */

struct yml_entry {
	const struct doc	*doc;
	const char		*path;
	const char		*value;
	const struct yml_seg	*seg;
	uint32_t		 parent, first, last;	/* siblings */
	size_t			 count;
};

static bool
refuse_parent(const char *path, const struct yml_place *place, struct err *e)
{
	AUTO_BUF struct buf	 missing = BUF_INIT;
	const char		*p = path + place->reached;
	struct yml_seg		 seg;

	yml_path_next(&p, place->reached == 0 || p[-1] == ':', &seg);
	buf_add(&missing, path, (size_t)(p - path));
	if (!buf_ok(&missing, e))
		return false;
	err_set(e, ERR_REFUSED, 0, T_YAML_PARENT, path, buf_str(&missing));
	return err_hint(e, T_YAML_PARENT_HINT, buf_str(&missing));
}

/* The parent takes an entry of this kind. */
static bool
entry_check(const struct yml_entry *en, struct err *e)
{
	const struct doc_node	*p = &en->doc->nodes[en->parent];
	const char		*name = p->path;

	if (*name == '\0')
		name = T_YAML_FILE;
	if (p->kind == DOC_SCALAR && p->start == p->end) {
		err_set(e, ERR_REFUSED, 0, T_YAML_PARENT_NULL, en->path, name,
		    p->line);
		return err_hint(e, T_YAML_PARENT_NULL_HINT);
	}
	if (p->kind == DOC_SCALAR)
		return err_set(e, ERR_REFUSED, 0, T_YAML_PARENT_SCALAR,
		    en->path, name, p->line);
	if (p->kind == DOC_SEQUENCE && !en->seg->is_index)
		return err_set(e, ERR_REFUSED, 0, T_YAML_IS_SEQUENCE,
		    en->path, name, p->line);
	if (p->kind == DOC_MAPPING && en->seg->is_index)
		return err_set(e, ERR_REFUSED, 0, T_YAML_IS_MAPPING,
		    en->path, name, p->line);
	if (en->seg->is_index && en->seg->index != en->count)
		return err_set(e, ERR_REFUSED, 0, T_YAML_INDEX, en->path,
		    p->line, en->count);
	return true;
}

static bool
name_write(const struct yml_entry *en, bool in_flow, struct buf *out,
    struct err *e)
{
	const struct yml_tree	*t = en->doc->extra;
	AUTO_BUF struct buf	 name = BUF_INIT;
	enum yml_style		 style = YML_PLAIN;
	char			 quote = '\0';

	yml_seg_name(en->seg, &name);
	if (!buf_ok(&name, e))
		return false;
	if (name.len > NAME_MAX_BYTES || strpbrk(buf_str(&name), "\r\n") ||
	    !str_is_utf8(buf_str(&name), name.len) ||
	    strcmp(buf_str(&name), "<<") == 0)
		return err_set(e, ERR_REFUSED, 0, T_YAML_NAME, en->path);
	if (en->first != YML_NONE)
		quote = en->doc->text[t->info[en->first].key];
	if (quote == '"' || quote == '\'')
		style = quote == '"' ? YML_DOUBLE : YML_SINGLE;
	yml_scalar_write(out, buf_str(&name), style, YML_STRING, in_flow);
	return true;
}

/* "name: value" or "value". */
static bool
entry_write(const struct yml_entry *en, bool in_flow, struct buf *out,
    struct err *e)
{
	const struct yml_tree	*t = en->doc->extra;
	enum yml_style		 style = YML_PLAIN;
	enum yml_style		 last;

	if (!en->seg->is_index) {
		if (!name_write(en, in_flow, out, e))
			return false;
		buf_puts(out, ": ");
	} else if (en->last != YML_NONE) {
		last = t->info[en->last].style;
		if (last == YML_SINGLE || last == YML_DOUBLE)
			style = last;
	}
	/* In what looks like JSON, text is quoted. */
	if (in_flow && en->first != YML_NONE && !en->seg->is_index &&
	    en->doc->text[t->info[en->first].key] == '"' &&
	    yml_class_of(en->value) == YML_STRING)
		style = YML_DOUBLE;
	yml_scalar_write(out, en->value, style, YML_NULL, in_flow);
	return buf_ok(out, e);
}

/* What stands before the key or dash of a sibling, as spaces. */
static void
indent_write(const struct yml_entry *en, struct buf *out)
{
	const struct yml_tree	*t = en->doc->extra;
	const struct doc	*doc = en->doc;
	size_t			 key = t->info[en->last].key;
	size_t			 line = yml_line_start(doc, key);

	if (yml_is_blank(doc, line, key)) {
		buf_add(out, doc->text + line, key - line);
		return;
	}
	for (; line < key; line++)
		buf_putc(out, ' ');
}

static void
dash_write(const struct yml_entry *en, struct buf *out)
{
	const struct yml_tree	*t = en->doc->extra;
	const struct doc	*doc = en->doc;
	size_t			 from = t->info[en->last].key + 1, to;

	buf_putc(out, '-');
	to = from + strspn(doc->text + from, " ");
	if (to > from && to < doc->len && doc->text[to] != '#' &&
	    !yml_is_blank(doc, to, to + 1))
		buf_add(out, doc->text + from, to - from);
	else
		buf_putc(out, ' ');
}

static bool
add_block(const struct yml_entry *en, struct doc_splice *out, struct err *e)
{
	const struct doc	*doc = en->doc;
	struct buf		*data = &out->data;
	size_t			 at = doc->nodes[en->last].whole_end;
	bool			 has_end = at > 0 &&
	    (doc->text[at - 1] == '\n' || doc->text[at - 1] == '\r');

	if (!has_end && at != doc->len)
		return err_set(e, ERR_REFUSED, 0, T_YAML_UNSURE,
		    doc_line_at(doc->text, at));
	out->start = out->end = at;
	if (!has_end)
		buf_puts(data, yml_eol(doc));
	indent_write(en, data);
	if (en->seg->is_index)
		dash_write(en, data);
	if (!entry_write(en, false, data, e))
		return false;
	if (has_end)
		buf_puts(data, yml_eol(doc));
	return buf_ok(data, e);
}

/* Into "{}", "{ }" or "[\n]". */
static bool
add_flow_first(const struct yml_entry *en, size_t open, size_t close,
    struct doc_splice *out, struct err *e)
{
	const struct doc	*doc = en->doc;
	size_t			 len = close - open - 1;

	out->start = open + 1;
	out->end = open + 1;
	buf_add(&out->data, doc->text + open + 1,
	    strspn(doc->text + open + 1, " "));
	if (!entry_write(en, true, &out->data, e))
		return false;
	if (len > 0 && doc->text[open + 1] != ' ')
		buf_putc(&out->data, ' ');
	return buf_ok(&out->data, e);
}

/* The comma after an entry, or 0. */
static size_t
comma_after(const struct doc *doc, size_t at)
{
	while (at < doc->len) {
		if (doc->text[at] == '#')
			at = yml_line_end(doc, at);
		else if (yml_is_blank(doc, at, at + 1))
			at++;
		else
			break;
	}
	return at < doc->len && doc->text[at] == ',' ? at : 0;
}

/* After at, only white space and a comment until the end of the line. */
static bool
line_is_over(const struct doc *doc, size_t at)
{
	while (at < doc->len && (doc->text[at] == ' ' ||
	    doc->text[at] == '\t'))
		at++;
	return at < doc->len && strchr("#\r\n", doc->text[at]) != NULL;
}

static bool
add_flow_last(const struct yml_entry *en, struct doc_splice *out,
    struct err *e)
{
	const struct yml_tree	*t = en->doc->extra;
	const struct doc	*doc = en->doc;
	struct buf		*data = &out->data;
	size_t			 key = t->info[en->last].key;
	size_t			 at = doc->nodes[en->last].end;
	size_t			 comma = comma_after(doc, at), line;
	bool			 is_own_line;

	at = comma != 0 ? comma + 1 : at;
	is_own_line = line_is_over(doc, at) &&
	    yml_is_blank(doc, yml_line_start(doc, key), key);
	out->start = out->end = at;
	if (comma == 0)
		buf_putc(data, ',');
	if (is_own_line) {
		line = yml_line_end(doc, at);
		out->end = line;
		buf_add(data, doc->text + at, line - at);
		indent_write(en, data);
	} else if (doc->text[key - 1] != ',') {
		buf_putc(data, ' ');
	}
	if (!entry_write(en, true, data, e))
		return false;
	if (comma != 0)
		buf_putc(data, ',');
	if (is_own_line)
		buf_puts(data, yml_eol(doc));
	return buf_ok(data, e);
}

static bool
add_flow(const struct yml_entry *en, struct doc_splice *out, struct err *e)
{
	const struct doc_node	*p = &en->doc->nodes[en->parent];
	char			 open = en->doc->text[p->start];

	if (open != (p->kind == DOC_MAPPING ? '{' : '['))
		return err_set(e, ERR_REFUSED, 0, T_YAML_UNSURE, p->line);
	if (en->last == YML_NONE)
		return add_flow_first(en, p->start, p->end - 1, out, e);
	return add_flow_last(en, out, e);
}

bool
yml_add(const struct doc *doc, const char *path,
    const struct yml_place *place, const char *value,
    struct doc_splice *out, struct err *e)
{
	const struct yml_tree	*t = doc->extra;
	struct yml_entry	 en = { .doc = doc, .path = path,
	    .value = value, .seg = &place->last, .parent = place->parent,
	    .last = YML_NONE };
	uint32_t		 i;

	if (!place->is_last_missing)
		return refuse_parent(path, place, e);
	en.first = yml_child_next(doc, en.parent, en.parent);
	for (i = en.first; i != YML_NONE;
	    i = yml_child_next(doc, en.parent, i)) {
		en.last = i;
		en.count++;
	}
	if (!entry_check(&en, e))
		return false;
	if (t->info[en.parent].style == YML_FLOW)
		return add_flow(&en, out, e);
	return add_block(&en, out, e);
}
