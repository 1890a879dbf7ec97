/*
 * From a path to its place in the tree, step by step: where it ends, what is
 * missing, and which alias or merge key it would lead through.  Aliases are
 * followed by need and never expanded, so a bomb costs nothing.
 */
#include <string.h>

#include "stconsole/msg.h"

#include "yml.h"

#include "text_tree.def"

#define MERGE_DEPTH	32
#define MERGE_VISITS	1000

uint32_t
yml_child_next(const struct doc *doc, uint32_t parent, uint32_t node)
{
	const struct yml_tree	*t = doc->extra;
	size_t			 end = doc->nodes[parent].end;
	uint32_t		 i;

	for (i = node + 1; i < t->n_real; i++) {
		if (t->info[i].parent == parent)
			return i;
		if (t->info[i].parent == YML_NONE ||
		    doc->nodes[i].start > end)
			break;
	}
	return YML_NONE;
}

/* The last step of a node's path. */
static struct yml_seg
walk_step(const struct doc *doc, uint32_t node)
{
	const struct yml_tree	*t = doc->extra;
	const char		*path = doc->nodes[node].path;
	const char		*parent;
	struct yml_seg		 seg = { 0 };
	bool			 first;

	parent = doc->nodes[t->info[node].parent].path;
	path += strlen(parent);
	first = *parent == '\0' || parent[strlen(parent) - 1] == ':';
	yml_path_next(&path, first, &seg);
	return seg;
}

static uint32_t
walk_child(const struct doc *doc, uint32_t parent, const struct yml_seg *seg)
{
	uint32_t i;

	if (doc->nodes[parent].kind != DOC_MAPPING &&
	    doc->nodes[parent].kind != DOC_SEQUENCE)
		return YML_NONE;
	for (i = yml_child_next(doc, parent, parent); i != YML_NONE;
	    i = yml_child_next(doc, parent, i)) {
		struct yml_seg step = walk_step(doc, i);

		if (yml_seg_equal(&step, seg))
			return i;
	}
	return YML_NONE;
}

static bool	 merge_holds(const struct doc *doc, uint32_t map,
		     const struct yml_seg *seg, int depth, int *visits);

static bool
merge_source_holds(const struct doc *doc, uint32_t node,
    const struct yml_seg *seg, int depth, int *visits)
{
	if (doc->nodes[node].kind == DOC_ALIAS)
		node = yml_alias_target(doc->extra, node);
	if (node == YML_NONE || depth > MERGE_DEPTH || --*visits < 0)
		return false;
	return walk_child(doc, node, seg) != YML_NONE ||
	    merge_holds(doc, node, seg, depth + 1, visits);
}

/* The node below "<<" that brings the key into the mapping. */
static uint32_t
merge_find(const struct doc *doc, uint32_t map, const struct yml_seg *seg,
    int depth, int *visits)
{
	static const struct yml_seg	 merge = { .text = "<<", .len = 2 };
	uint32_t			 m = walk_child(doc, map, &merge), i;

	if (m == YML_NONE)
		return YML_NONE;
	if (doc->nodes[m].kind != DOC_SEQUENCE)
		return merge_source_holds(doc, m, seg, depth, visits) ?
		    m : YML_NONE;
	for (i = yml_child_next(doc, m, m); i != YML_NONE;
	    i = yml_child_next(doc, m, i))
		if (merge_source_holds(doc, i, seg, depth, visits))
			return i;
	return YML_NONE;
}

static bool
merge_holds(const struct doc *doc, uint32_t map, const struct yml_seg *seg,
    int depth, int *visits)
{
	return merge_find(doc, map, seg, depth, visits) != YML_NONE;
}

static void
walk_anchor(const struct doc *doc, uint32_t node, struct yml_place *out)
{
	out->anchor = doc->nodes[node].kind == DOC_ALIAS ?
	    doc->nodes[node].value : "<<";
	out->line = doc->nodes[node].line;
}

static uint32_t
walk_document(const struct doc *doc, size_t number)
{
	const struct yml_tree	*t = doc->extra;
	uint32_t		 i;

	for (i = 0; i < t->n_real; i++)
		if (t->info[i].parent == YML_NONE && number-- == 0)
			return i;
	return YML_NONE;
}

/* One step down; true when the walk goes on. */
static bool
walk_down(const struct doc *doc, struct yml_place *out)
{
	uint32_t	 child = walk_child(doc, out->node, &out->last);
	int		 visits = MERGE_VISITS;

	out->parent = out->node;
	out->node = child;
	if (child != YML_NONE)
		return true;
	if (doc->nodes[out->parent].kind == DOC_MAPPING)
		child = merge_find(doc, out->parent, &out->last, 0, &visits);
	else if (doc->nodes[out->parent].kind == DOC_ALIAS)
		child = out->parent;
	if (child != YML_NONE)
		walk_anchor(doc, child, out);
	return false;
}

bool
yml_walk(const struct doc *doc, const char *path, struct yml_place *out,
    struct err *e)
{
	const char	*p = path, *before;
	bool		 first, is_down = true;
	int		 more = 1;

	*out = (struct yml_place){ .node = YML_NONE, .parent = YML_NONE };
	out->node = walk_document(doc, yml_path_document(&p));
	if (out->node == YML_NONE)
		return err_set(e, ERR_REFUSED, 0, T_YAML_DOCUMENT, path);
	for (first = true; more > 0 && is_down; first = false) {
		before = p;
		more = yml_path_next(&p, first, &out->last);
		if (more > 0)
			is_down = walk_down(doc, out);
		if (!is_down)
			out->reached = (size_t)(before - path);
	}
	out->is_last_missing = !is_down && *p == '\0';
	while (more > 0 && *p != '\0') {
		struct yml_seg seg;

		more = yml_path_next(&p, false, &seg);
	}
	if (more >= 0)
		return true;
	err_set(e, ERR_REFUSED, 0, T_YAML_PATH, path);
	return err_hint(e, T_YAML_PATH_HINT);
}
