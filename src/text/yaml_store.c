/*
 * The tree beside the nodes of a YAML file, and finding nodes by their path.
 * A file of 10 MB has some 300,000 nodes: the tree takes 8 bytes for each.
 */
#include <stdlib.h>
#include <string.h>

#include "yml.h"

static bool
info_grow(struct yml_tree *t)
{
	size_t		 cap = t->cap < 64 ? 64 : t->cap + t->cap / 2;
	struct yml_info	*info = realloc(t->info, cap * sizeof(*info));

	if (info == NULL)
		return false;
	t->info = info;
	t->cap = cap;
	return true;
}

uint32_t
yml_node_add(struct doc *doc, struct yml_tree *t, const struct buf *path,
    const char *value, size_t value_len, struct err *e)
{
	if (doc->n == t->cap && !info_grow(t)) {
		err_nomem(e);
		return YML_NONE;
	}
	if (doc_node_copy(doc, buf_str(path), path->len, value, value_len,
	    e) == NULL)
		return YML_NONE;
	t->path_bytes += path->len;
	t->info[doc->n - 1] = (struct yml_info){ .parent = YML_NONE };
	return (uint32_t)doc->n - 1;
}

/* FNV-1a. */
static uint32_t
path_hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h ^ h >> 15;
}

static uint32_t *
table_place(const struct yml_table *table, const struct doc *doc,
    const char *path)
{
	size_t i = path_hash(path) & (table->cap - 1);

	while (table->slot[i] != 0 &&
	    strcmp(doc->nodes[table->slot[i] - 1].path, path) != 0)
		i = (i + 1) & (table->cap - 1);
	return &table->slot[i];
}

static bool
table_grow(struct yml_table *table, const struct doc *doc)
{
	struct yml_table	 next = { .used = table->used };
	size_t			 i;

	next.cap = table->cap;
	/* Filled to three quarters; as large as the nodes need at once. */
	while (next.cap < 1024 || next.cap / 4 * 3 <= doc->n ||
	    next.cap < table->used * 2)
		next.cap = next.cap < 1024 ? 1024 : next.cap * 2;
	next.slot = calloc(next.cap, sizeof(*next.slot));
	if (next.slot == NULL)
		return false;
	for (i = 0; i < table->cap; i++)
		if (table->slot[i] != 0)
			*table_place(&next, doc,
			    doc->nodes[table->slot[i] - 1].path) =
			    table->slot[i];
	free(table->slot);
	*table = next;
	return true;
}

uint32_t
yml_table_enter(struct yml_table *table, const struct doc *doc,
    uint32_t node, bool *lost)
{
	uint32_t *slot;

	if (table->used >= table->cap / 4 * 3 && !table_grow(table, doc)) {
		*lost = true;
		return YML_NONE;
	}
	slot = table_place(table, doc, doc->nodes[node].path);
	if (*slot != 0)
		return *slot - 1;
	*slot = node + 1;
	table->used++;
	return YML_NONE;
}

uint32_t
yml_alias_target(const struct yml_tree *t, uint32_t node)
{
	size_t low = 0, high = t->n_aliases;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->aliases[mid].node < node)
			low = mid + 1;
		else
			high = mid;
	}
	return low < t->n_aliases && t->aliases[low].node == node ?
	    t->aliases[low].target : YML_NONE;
}

void
yml_tree_free(struct doc *doc)
{
	struct yml_tree *t = doc->extra;

	if (t == NULL)
		return;
	free(t->info);
	free(t->aliases);
	free(t);
	doc->extra = NULL;
}
