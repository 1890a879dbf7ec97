/*
 * Anchors while a file is read: the last one of a name before an alias is
 * the one that is meant, within its document.
 */
#include <stdlib.h>
#include <string.h>

#include "yml.h"

/* FNV-1a. */
static uint32_t *
anchor_head(struct yml_anchors *all, const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return &all->heads[(h ^ h >> 16) % YML_ANCHOR_HEADS];
}

bool
yml_anchor_add(struct yml_anchors *all, const char *name, uint32_t node,
    struct err *e)
{
	uint32_t		*head = anchor_head(all, name);
	struct yml_anchor	*a;

	if (all->n == all->cap) {
		uint32_t cap = all->cap * 2 + 16;

		a = realloc(all->anchor, cap * sizeof(*a));
		if (a == NULL)
			return err_nomem(e);
		all->anchor = a;
		all->cap = cap;
	}
	a = &all->anchor[all->n];
	a->name = strdup(name);
	if (a->name == NULL)
		return err_nomem(e);
	a->node = node;
	a->document = all->document;
	a->next = *head;
	*head = ++all->n;
	return true;
}

uint32_t
yml_anchor_find(struct yml_anchors *all, const char *name)
{
	uint32_t i;

	for (i = *anchor_head(all, name); i != 0; i = all->anchor[i - 1].next)
		if (all->anchor[i - 1].document == all->document &&
		    strcmp(all->anchor[i - 1].name, name) == 0)
			return all->anchor[i - 1].node;
	return YML_NONE;
}

bool
yml_alias_add(struct yml_tree *t, struct yml_anchors *all, uint32_t node,
    uint32_t target, struct err *e)
{
	if (t->n_aliases == all->cap_aliases) {
		size_t			 cap = all->cap_aliases * 2 + 16;
		struct yml_alias	*more;

		more = realloc(t->aliases, cap * sizeof(*more));
		if (more == NULL)
			return err_nomem(e);
		t->aliases = more;
		all->cap_aliases = cap;
	}
	t->aliases[t->n_aliases++] = (struct yml_alias){ node, target };
	return true;
}

void
yml_anchors_fini(struct yml_anchors *all)
{
	while (all->n > 0)
		free(all->anchor[--all->n].name);
	free(all->anchor);
}
