/*
 * A document as another reader sees it: a list of paths and values in the
 * order of the text, and what one edit may do to it.
 */
#ifndef STCONSOLE_TESTS_TREE_LIST_H
#define STCONSOLE_TESTS_TREE_LIST_H

#include "edit_property.h"

#define TREE_MAX	2000

struct tree_entry {
	char	*path, *value;
	bool	 is_value;	/* else a collection */
};

struct tree_list {
	struct tree_entry	 entry[TREE_MAX];
	size_t			 n;
};

static inline void
tree_list_add(struct tree_list *l, const char *path, const char *value,
    bool is_value)
{
	if (l->n == TREE_MAX)
		fail_msg("the generated document is too large");
	l->entry[l->n].path = strdup(path);
	l->entry[l->n].value = strdup(value);
	l->entry[l->n++].is_value = is_value;
}

static inline void
tree_list_free(struct tree_list *l)
{
	while (l->n > 0) {
		free(l->entry[--l->n].path);
		free(l->entry[l->n].value);
	}
}

static inline void
tree_list_set_holds(struct prng *p, const struct tree_list *b,
    const struct tree_list *a, size_t target, const char *value)
{
	CHECK(p, a->n == b->n);
	for (size_t i = 0; i < b->n; i++) {
		CHECK(p, strcmp(a->entry[i].path, b->entry[i].path) == 0);
		CHECK(p, strcmp(a->entry[i].value, i == target ? value :
		    b->entry[i].value) == 0);
	}
}

static inline void
tree_list_add_holds(struct prng *p, const struct tree_list *b,
    const struct tree_list *a, const char *path, const char *value)
{
	size_t more = 0;

	CHECK(p, a->n == b->n + 1);
	for (size_t i = 0; i < a->n; i++) {
		const struct tree_entry *x = &a->entry[i];

		if (i - more < b->n &&
		    strcmp(x->path, b->entry[i - more].path) == 0 &&
		    strcmp(x->value, b->entry[i - more].value) == 0)
			continue;
		CHECK(p, more == 0);
		CHECK(p, strcmp(x->path, path) == 0);
		CHECK(p, strcmp(x->value, value) == 0);
		more = 1;
	}
}

/* The entry and what is below it are gone; the values keep their order. */
static inline void
tree_list_unset_holds(struct prng *p, const struct tree_list *b,
    const struct tree_list *a, size_t target)
{
	const char	*path = b->entry[target].path;
	size_t		 len = strlen(path), j = 0;

	for (size_t i = 0; i < b->n; i++) {
		const char *other = b->entry[i].path;

		if (strncmp(other, path, len) == 0 &&
		    (other[len] == '\0' || other[len] == '['))
			continue;
		CHECK(p, j < a->n);
		CHECK(p, strcmp(a->entry[j].value, b->entry[i].value) == 0);
		j++;
	}
	CHECK(p, j == a->n);
}

#endif
