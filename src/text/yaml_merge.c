/*
 * What stands behind aliases and merge keys, as nodes for reading: a service
 * that merges x-common shows restart, with the anchor's name.  The number is
 * bounded, so a bomb of aliases stays small; yml_walk knows the rest.
 *
 * The rules of merging: a key of the mapping itself wins, then the earlier
 * of several merged mappings (yaml.org/type/merge.html).
 */
#include <string.h>

#include "yml.h"

#define EXPAND_NODES	10000
#define EXPAND_STEPS	100000
#define EXPAND_DEPTH	16

struct yml_expansion {
	struct doc		*doc;
	struct yml_tree		*tree;
	struct yml_table	*paths;
	const char		*anchor;
	unsigned		 line;
	int			 nodes, steps;	/* still allowed */
	struct err		*e;
};

/* A copy of a node at another path; *is_new: nothing was there before. */
static bool
expand_node(struct yml_expansion *x, const struct buf *path, uint32_t from,
    bool *is_new)
{
	struct doc	*doc = x->doc;
	struct doc_node	 source = doc->nodes[from];
	uint32_t	 n;
	bool		 lost = false;

	n = yml_node_add(doc, x->tree, path, source.value,
	    source.value != NULL ? strlen(source.value) : 0, x->e);
	if (n == YML_NONE)
		return false;
	x->nodes--;
	*is_new = yml_table_enter(x->paths, doc, n, &lost) == YML_NONE;
	if (lost)
		return err_nomem(x->e);
	if (!*is_new) {
		doc->n--;
		return true;
	}
	doc->nodes[n].kind = source.kind;
	doc->nodes[n].start = source.start;
	doc->nodes[n].end = source.end;
	doc->nodes[n].whole_start = source.whole_start;
	doc->nodes[n].whole_end = source.whole_end;
	doc->nodes[n].line = source.line;
	doc->nodes[n].anchor = x->anchor;
	return true;
}

/* An alias inside of what it stands for: it has no end. */
static bool
is_inside(const struct yml_expansion *x, uint32_t alias)
{
	const struct doc_node	*node = &x->doc->nodes[alias];
	const struct doc_node	*target;

	target = &x->doc->nodes[yml_alias_target(x->tree, alias)];
	return target->start <= node->start && node->end <= target->end;
}

static bool	 expand_below(struct yml_expansion *x, const char *path,
		     uint32_t from, int depth);

/* One child of from, and all below it, under path. */
static bool
expand_child(struct yml_expansion *x, const char *path, uint32_t from,
    uint32_t child, int depth)
{
	AUTO_BUF struct buf	 full = BUF_INIT;
	const struct doc	*doc = x->doc;
	const char		*step;
	bool			 is_new;
	size_t			 len = strlen(path);

	step = doc->nodes[child].path + strlen(doc->nodes[from].path);
	buf_puts(&full, path);
	/* Below a document the first name has no dot before it. */
	if (*step != '.' && *step != '[' && len > 0)
		buf_putc(&full, '.');
	else if (*step == '.' && (len == 0 || path[len - 1] == ':'))
		step++;
	buf_puts(&full, step);
	if (!buf_ok(&full, x->e))
		return false;
	while (doc->nodes[child].kind == DOC_ALIAS && x->steps-- > 0 &&
	    !is_inside(x, child))
		child = yml_alias_target(x->tree, child);
	if (doc->nodes[child].kind == DOC_ALIAS)
		return true;
	if (!expand_node(x, &full, child, &is_new))
		return false;
	return !is_new || expand_below(x, buf_str(&full), child, depth + 1);
}

static bool
expand_source(struct yml_expansion *x, const char *path, uint32_t node,
    int depth)
{
	if (x->doc->nodes[node].kind == DOC_ALIAS && !is_inside(x, node))
		node = yml_alias_target(x->tree, node);
	if (x->doc->nodes[node].kind != DOC_MAPPING)
		return true;
	return expand_below(x, path, node, depth + 1);
}

/* "<<: *a", "<<: [*a, *b]" or "<<: {a: 1}". */
static bool
expand_merge(struct yml_expansion *x, const char *path, uint32_t merge,
    int depth)
{
	const struct doc	*doc = x->doc;
	uint32_t		 i;

	if (doc->nodes[merge].kind != DOC_SEQUENCE)
		return expand_source(x, path, merge, depth);
	for (i = yml_child_next(doc, merge, merge); i != YML_NONE;
	    i = yml_child_next(doc, merge, i))
		if (!expand_source(x, path, i, depth))
			return false;
	return true;
}

static bool
is_merge(const struct doc *doc, uint32_t parent, uint32_t child)
{
	const char *step = doc->nodes[child].path +
	    strlen(doc->nodes[parent].path);

	return doc->nodes[parent].kind == DOC_MAPPING &&
	    strcmp(*step == '.' ? step + 1 : step, "<<") == 0;
}

/* All children of from under path; merged ones last: they count less. */
static bool
expand_below(struct yml_expansion *x, const char *path, uint32_t from,
    int depth)
{
	const struct doc	*doc = x->doc;
	uint32_t		 i, merge = YML_NONE;

	if (depth > EXPAND_DEPTH || (doc->nodes[from].kind != DOC_MAPPING &&
	    doc->nodes[from].kind != DOC_SEQUENCE))
		return true;
	for (i = yml_child_next(doc, from, from); i != YML_NONE;
	    i = yml_child_next(doc, from, i)) {
		if (x->nodes <= 0 || x->steps-- <= 0)
			return true;
		if (is_merge(doc, from, i))
			merge = i;
		else if (!expand_child(x, path, from, i, depth))
			return false;
	}
	return merge == YML_NONE || expand_merge(x, path, merge, depth);
}

static bool
expand_one(struct yml_expansion *x, uint32_t n)
{
	struct doc	*doc = x->doc;
	uint32_t	 parent = x->tree->info[n].parent;
	uint32_t	 target = n;

	if (doc->nodes[n].kind == DOC_ALIAS && !is_inside(x, n))
		target = yml_alias_target(x->tree, n);
	x->anchor = doc->nodes[n].anchor != NULL ? doc->nodes[n].anchor : "<<";
	if (parent == YML_NONE)
		return true;
	if (is_merge(doc, parent, n))
		return expand_merge(x, doc->nodes[parent].path, n, 0);
	return doc->nodes[n].kind != DOC_ALIAS ||
	    expand_below(x, doc->nodes[n].path, target, 0);
}

bool
yml_expand(struct doc *doc, struct yml_table *paths, struct err *e)
{
	struct yml_expansion	 x = { .doc = doc, .tree = doc->extra,
	    .paths = paths, .nodes = EXPAND_NODES, .steps = EXPAND_STEPS,
	    .e = e };
	uint32_t		 n;

	if (x.tree->n_aliases == 0)
		return true;
	for (n = 0; n < x.tree->n_real && x.nodes > 0 && x.steps > 0; n++)
		if (!expand_one(&x, n))
			return false;
	return true;
}
