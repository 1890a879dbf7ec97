/*
 * libyaml's events to a tree.  The parser is left as soon as one rule is
 * broken, so that no file makes it nest or grow beyond the limits.
 */
#include "stconsole/yaml_tree.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/suggest.h"

#include "text_tree.def"

struct tree_frame {
	struct yaml_node	*node;
	struct yaml_node	*last;		/* of its children */
	char			*key;		/* read, its value is not yet */
	uint32_t		 key_line;
};

struct tree_reader {
	struct yaml_tree	*tree;
	struct err		*e;
	bool			 is_done;	/* the document has ended */
	size_t			 depth;
	struct tree_frame	 frames[YAML_TREE_DEPTH_MAX];
};

/* At most YAML_TREE_DEPTH_MAX calls deep. */
static void
node_free(struct yaml_node *n)
{
	struct yaml_node *child, *next;

	if (n == NULL)
		return;
	for (child = n->children; child != NULL; child = next) {
		next = child->next;
		node_free(child);
	}
	free((char *)n->key);
	free((char *)n->text);
	free(n);
}

void
yaml_tree_free(struct yaml_tree *t)
{
	node_free(t->root);
	free(t->file);
	t->root = NULL;
	t->file = NULL;
}

static bool
fail_at(struct tree_reader *r, const yaml_mark_t *mark, const char *what)
{
	return err_set(r->e, ERR_YAML, 0, T_TREE_AT, r->tree->file,
	    mark->line + 1, what);
}

/* A scalar before its value is a key. */
static bool
key_add(struct tree_reader *r, struct tree_frame *f, const char *key,
    const yaml_mark_t *mark)
{
	const struct yaml_node *twin = yaml_node_get(f->node, key);

	if (twin != NULL)
		return err_set(r->e, ERR_YAML, 0, T_TREE_TWICE,
		    r->tree->file, mark->line + 1, key,
		    (size_t)twin->key_line);
	f->key = strdup(key);
	f->key_line = (uint32_t)mark->line + 1;
	return f->key != NULL || err_nomem(r->e);
}

/* Hangs a new node where the next value belongs. */
static struct yaml_node *
node_add(struct tree_reader *r, enum yaml_kind kind, const char *text,
    const yaml_mark_t *mark)
{
	struct tree_frame	*f = r->depth > 0 ?
	    &r->frames[r->depth - 1] : NULL;
	struct yaml_node	*n;

	if (f != NULL && f->node->count == YAML_TREE_ENTRIES_MAX) {
		fail_at(r, mark, T_TREE_MANY);
		return NULL;
	}
	n = calloc(1, sizeof(*n));
	if (n == NULL || (n->text = strdup(text)) == NULL) {
		free(n);
		err_nomem(r->e);
		return NULL;
	}
	n->kind = kind;
	n->file = r->tree->file;
	n->line = n->key_line = (uint32_t)mark->line + 1;
	n->column = (uint32_t)mark->column + 1;
	if (f == NULL) {
		r->tree->root = n;
		return n;
	}
	if (f->key != NULL)
		n->key_line = f->key_line;
	n->key = TAKE(f->key);
	*(f->last != NULL ? &f->last->next : &f->node->children) = n;
	f->last = n;
	f->node->count++;
	return n;
}

static bool
on_scalar(struct tree_reader *r, const yaml_event_t *ev)
{
	const char		*text = (const char *)ev->data.scalar.value;
	struct tree_frame	*f = r->depth > 0 ?
	    &r->frames[r->depth - 1] : NULL;

	if (ev->data.scalar.anchor != NULL || ev->data.scalar.tag != NULL)
		return fail_at(r, &ev->start_mark, T_TREE_ANCHOR);
	if (strlen(text) != ev->data.scalar.length)
		return fail_at(r, &ev->start_mark, T_TREE_NUL);
	if (f != NULL && f->node->kind == YAML_KIND_MAP && f->key == NULL)
		return key_add(r, f, text, &ev->start_mark);
	return node_add(r, YAML_KIND_TEXT, text, &ev->start_mark) != NULL;
}

static bool
on_begin(struct tree_reader *r, const yaml_event_t *ev, enum yaml_kind kind)
{
	bool			 is_map = kind == YAML_KIND_MAP;
	struct tree_frame	*f = r->depth > 0 ?
	    &r->frames[r->depth - 1] : NULL;
	struct yaml_node	*n;

	if (is_map ? ev->data.mapping_start.anchor != NULL ||
	    ev->data.mapping_start.tag != NULL :
	    ev->data.sequence_start.anchor != NULL ||
	    ev->data.sequence_start.tag != NULL)
		return fail_at(r, &ev->start_mark, T_TREE_ANCHOR);
	if (f != NULL && f->node->kind == YAML_KIND_MAP && f->key == NULL)
		return fail_at(r, &ev->start_mark, T_TREE_KEY);
	if (r->depth == YAML_TREE_DEPTH_MAX)
		return fail_at(r, &ev->start_mark, T_TREE_DEEP);
	n = node_add(r, kind, "", &ev->start_mark);
	if (n == NULL)
		return false;
	r->frames[r->depth++] = (struct tree_frame){ .node = n };
	return true;
}

static bool
on_event(struct tree_reader *r, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		return r->tree->root == NULL ||
		    fail_at(r, &ev->start_mark, T_TREE_DOCUMENTS);
	case YAML_SCALAR_EVENT:
		return on_scalar(r, ev);
	case YAML_MAPPING_START_EVENT:
		return on_begin(r, ev, YAML_KIND_MAP);
	case YAML_SEQUENCE_START_EVENT:
		return on_begin(r, ev, YAML_KIND_LIST);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		r->depth--;
		return true;
	case YAML_ALIAS_EVENT:
		return fail_at(r, &ev->start_mark, T_TREE_ANCHOR);
	case YAML_STREAM_END_EVENT:
		r->is_done = true;
		return r->tree->root != NULL ||
		    fail_at(r, &ev->start_mark, T_TREE_EMPTY);
	default:
		return true;
	}
}

static bool
read_events(struct tree_reader *r, yaml_parser_t *parser)
{
	yaml_event_t	 ev;
	bool		 ok = true;

	while (ok && !r->is_done) {
		if (!yaml_parser_parse(parser, &ev))
			return fail_at(r, &parser->problem_mark,
			    parser->problem != NULL ? parser->problem :
			    T_TREE_SYNTAX);
		ok = on_event(r, &ev);
		yaml_event_delete(&ev);
	}
	return ok;
}

bool
yaml_tree_parse(struct yaml_tree *t, const char *file, const char *text,
    size_t len, struct err *e)
{
	struct tree_reader	 r = { .tree = t, .e = e };
	yaml_parser_t		 parser;
	bool			 ok;
	size_t			 i;

	t->root = NULL;
	t->file = strdup(file);
	if (t->file == NULL || !yaml_parser_initialize(&parser)) {
		yaml_tree_free(t);
		return err_nomem(e);
	}
	/* Not by a byte order mark: the limits are those of UTF-8. */
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text,
	    len);
	ok = len <= YAML_TREE_SIZE_MAX ? read_events(&r, &parser) :
	    err_set(e, ERR_YAML, 0, T_TREE_BIG, file, YAML_TREE_SIZE_MAX);
	yaml_parser_delete(&parser);
	for (i = 0; i < r.depth; i++)
		free(r.frames[i].key);
	if (!ok)
		yaml_tree_free(t);
	return ok;
}

bool
yaml_tree_read(struct yaml_tree *t, const char *path, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	t->root = NULL;
	t->file = NULL;
	return file_read(AT_FDCWD, path, YAML_TREE_SIZE_MAX, &text, e) &&
	    yaml_tree_parse(t, path, buf_str(&text), text.len, e);
}

const struct yaml_node *
yaml_node_get(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n;

	if (map == NULL || map->kind != YAML_KIND_MAP)
		return NULL;
	for (n = map->children; n != NULL; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

const char *
yaml_node_text(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = yaml_node_get(map, key);

	return n != NULL && n->kind == YAML_KIND_TEXT ? n->text : NULL;
}

bool
yaml_node_err(const struct yaml_node *n, struct err *e, const char *fmt, ...)
{
	char	 what[sizeof(e->msg)];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	str_strip_control(what);
	return err_set(e, ERR_YAML, 0, T_TREE_AT, n->file,
	    (size_t)n->key_line, what);
}

bool
yaml_node_is(const struct yaml_node *n, enum yaml_kind kind, struct err *e)
{
	static const char *const wanted[] = {
		[YAML_KIND_TEXT] = T_TREE_NO_TEXT,
		[YAML_KIND_MAP] = T_TREE_NO_MAP,
		[YAML_KIND_LIST] = T_TREE_NO_LIST
	};

	return n->kind == kind || yaml_node_err(n, e, T_TREE_SAY,
	    n->key != NULL ? n->key : T_TREE_ENTRY, wanted[kind]);
}

static bool
is_one_of(const char *word, const char *const *words, size_t count,
    size_t *out)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0) {
			*out = i;
			return true;
		}
	return false;
}

static bool
hint_near(const char *word, const char *const *words, size_t count,
    struct err *e)
{
	const char		*near = suggest_nearest(word, words, count);
	AUTO_BUF struct buf	 all = BUF_INIT;
	size_t			 i;

	if (near != NULL)
		return err_hint(e, T_TREE_NEAR, near);
	for (i = 0; i < count; i++)
		buf_printf(&all, "%s%s", i > 0 ? ", " : "", words[i]);
	return err_hint(e, T_TREE_KNOWN, buf_str(&all));
}

bool
yaml_node_known(const struct yaml_node *n, const char *const *keys,
    size_t count, struct err *e)
{
	const struct yaml_node	*child;
	size_t			 i;

	if (!yaml_node_is(n, YAML_KIND_MAP, e))
		return false;
	for (child = n->children; child != NULL; child = child->next)
		if (!is_one_of(child->key, keys, count, &i)) {
			yaml_node_err(child, e, T_TREE_UNKNOWN, child->key);
			return hint_near(child->key, keys, count, e);
		}
	return true;
}

bool
yaml_node_word(const struct yaml_node *n, const char *const *words,
    size_t count, size_t *out, struct err *e)
{
	if (!yaml_node_is(n, YAML_KIND_TEXT, e))
		return false;
	if (is_one_of(n->text, words, count, out))
		return true;
	yaml_node_err(n, e, T_TREE_VALUE, n->key != NULL ? n->key :
	    T_TREE_ENTRY, n->text);
	return hint_near(n->text, words, count, e);
}

bool
yaml_node_bool(const struct yaml_node *n, bool *out, struct err *e)
{
	static const char *const words[] = { "false", "true" };
	size_t			 i;

	if (!yaml_node_word(n, words, LENGTH(words), &i, e))
		return false;
	*out = i == 1;
	return true;
}
