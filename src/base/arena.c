/*
 * Chunks in a list, the newest first; the rest of an older one is given up.
 */
#include "stconsole/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES	4096u

struct chunk {
	struct chunk		*next;
	size_t			 size, used;
	alignas(max_align_t) char data[];
};

struct arena {
	struct chunk *chunks;
};

struct arena *
arena_new(void)
{
	return calloc(1, sizeof(struct arena));
}

void
arena_free(struct arena *a)
{
	struct chunk *c, *next;

	if (a == NULL)
		return;
	for (c = a->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

static struct chunk *
chunk_add(struct arena *a, size_t size)
{
	struct chunk *c = calloc(1, sizeof(*c) + size);

	if (c == NULL)
		return NULL;
	c->size = size;
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *
arena_take(struct arena *a, size_t size)
{
	const size_t	 unit = alignof(max_align_t);
	struct chunk	*c = a->chunks;
	void		*p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + unit - 1) / unit * unit;
	if (c == NULL || c->size - c->used < size)
		c = chunk_add(a, size > CHUNK_BYTES ? size : CHUNK_BYTES);
	if (c == NULL)
		return NULL;
	p = c->data + c->used;
	c->used += size;
	return p;
}

char *
arena_dup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_take(a, len + 1);

	if (copy != NULL && len > 0)
		memcpy(copy, s, len);
	return copy;
}
