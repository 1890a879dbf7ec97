/*
 * The proof of an edit: two lists of nodes, walked once side by side, differ
 * in exactly the intended path.
 *
 * The formats' splices are clever; this is not.  It believes nothing but the
 * two parsed texts, and where it is in doubt it refuses.  Messages name paths
 * and lines, never values: those may be secret.
 */
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "stconsole/doc.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

/* What an unset takes away, seen from the paths of the other nodes. */
struct gone {
	const struct doc	*before;
	const char		*path;		/* as typed */
	const char		*below;		/* prefix of descendants */
	size_t			 below_len;	/* 0: has none */
	bool			 is_element;
	size_t			 base_len;	/* "ports" of "ports[2]" */
	unsigned long		 index;		/* 2 */
};

static bool
is_same_but_path(const struct doc_node *a, const struct doc_node *b)
{
	return a->kind == b->kind && str_equal(a->value, b->value) &&
	    str_equal(a->anchor, b->anchor);
}

static bool
is_same(const struct doc_node *a, const struct doc_node *b)
{
	return is_same_but_path(a, b) && strcmp(a->path, b->path) == 0;
}

static bool
refuse(const char *path, const struct doc_node *other, struct err *e)
{
	err_set(e, ERR_REFUSED, 0, T_DOC_PROOF, path, other->path,
	    other->line);
	return err_hint(e, T_DOC_PROOF_HINT);
}

static bool
refuse_count(const char *path, struct err *e)
{
	err_set(e, ERR_REFUSED, 0, T_DOC_PROOF_COUNT, path);
	return err_hint(e, T_DOC_PROOF_HINT);
}

static bool
refuse_value(const char *path, struct err *e)
{
	err_set(e, ERR_REFUSED, 0, T_DOC_PROOF_VALUE, path);
	return err_hint(e, T_DOC_PROOF_HINT);
}

/* The target keeps its place and gets the value; its kind may change. */
static bool
prove_changed(const struct doc *before, const struct doc *after,
    const struct doc_node *target, const char *path, const char *value,
    struct err *e)
{
	if (after->n != before->n)
		return refuse_count(path, e);
	for (size_t i = 0; i < before->n; i++) {
		const struct doc_node *b = &before->nodes[i];
		const struct doc_node *a = &after->nodes[i];

		if (b != target && !is_same(b, a))
			return refuse(path, b, e);
		if (b == target && (strcmp(b->path, a->path) != 0 ||
		    !str_equal(a->value, value)))
			return refuse_value(path, e);
	}
	return true;
}

static bool
prove_added(const struct doc *before, const struct doc *after,
    const char *path, const char *value, struct err *e)
{
	size_t added = 0;

	if (after->n != before->n + 1)
		return refuse_count(path, e);
	for (size_t i = 0; i < after->n; i++) {
		const struct doc_node *a = &after->nodes[i];

		if (i - added < before->n &&
		    is_same(&before->nodes[i - added], a))
			continue;
		if (added != 0 || !path_is(after, a->path, path))
			return refuse(path, a, e);
		if (!str_equal(a->value, value))
			return refuse_value(path, e);
		added = 1;
	}
	return true;
}

static struct gone
gone_of(const struct doc *before, const char *path)
{
	const struct doc_node	*target = doc_find(before, path);
	struct gone		 g = { .before = before, .path = path };
	const char		*bracket;
	char			*end;

	if (target == NULL)
		return g;
	g.below = target->path;
	if (target->kind == DOC_MAPPING || target->kind == DOC_SEQUENCE)
		g.below_len = strlen(target->path);
	bracket = strrchr(target->path, '[');
	if (bracket == NULL || bracket[1] < '0' || bracket[1] > '9')
		return g;
	g.index = strtoul(bracket + 1, &end, 10);
	g.is_element = strcmp(end, "]") == 0;
	if (g.is_element)
		g.base_len = (size_t)(bracket - target->path);
	return g;
}

static bool
is_gone(const struct gone *g, const struct doc_node *n)
{
	if (path_is(g->before, n->path, g->path))
		return true;
	return g->below_len > 0 &&
	    strncmp(n->path, g->below, g->below_len) == 0 &&
	    n->path[g->below_len] != '\0' &&
	    strchr(".[/", n->path[g->below_len]) != NULL;
}

/* A later element of the same sequence is counted one less afterwards. */
static bool
is_path_after(const struct gone *g, const char *b, const char *a)
{
	unsigned long	 ib, ia;
	char		*rest_b, *rest_a;

	if (strcmp(b, a) == 0)
		return true;
	if (!g->is_element || strncmp(b, g->below, g->base_len + 1) != 0 ||
	    strncmp(a, g->below, g->base_len + 1) != 0)
		return false;
	ib = strtoul(b + g->base_len + 1, &rest_b, 10);
	ia = strtoul(a + g->base_len + 1, &rest_a, 10);
	return ib > g->index && ia == ib - 1 && strcmp(rest_b, rest_a) == 0;
}

static bool
prove_gone(const struct doc *before, const struct doc *after,
    const char *path, struct err *e)
{
	struct gone	 g = gone_of(before, path);
	size_t		 j = 0;

	for (size_t i = 0; i < before->n; i++) {
		const struct doc_node *b = &before->nodes[i];

		if (is_gone(&g, b))
			continue;
		if (j >= after->n || !is_same_but_path(b, &after->nodes[j]) ||
		    !is_path_after(&g, b->path, after->nodes[j].path))
			return refuse(path, b, e);
		j++;
	}
	return j == after->n ? true : refuse_count(path, e);
}

/*
 * Without the nodes behind aliases and merge keys, which come last: they are
 * the bytes of other nodes seen again, and follow when those change.
 */
static struct doc
own_nodes(const struct doc *doc)
{
	struct doc own = *doc;

	while (own.n > 0 && own.nodes[own.n - 1].anchor != NULL &&
	    own.nodes[own.n - 1].kind != DOC_ALIAS)
		own.n--;
	return own;
}

bool
doc_prove(const struct doc *before, const struct doc *after,
    enum doc_change change, const char *path, const char *value,
    struct err *e)
{
	struct doc		 b = own_nodes(before), a = own_nodes(after);
	const struct doc_node	*target = doc_find(&b, path);

	if (change != DOC_SET)
		return prove_gone(&b, &a, path, e);
	if (target == NULL)
		return prove_added(&b, &a, path, value, e);
	return prove_changed(&b, &a, target, path, value, e);
}
