/*
 * Handles that close themselves when their block ends, whichever return is
 * taken.  A variable that carries one of these must be initialised.
 */
#ifndef STCONSOLE_MEM_H
#define STCONSOLE_MEM_H

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
mem_free_at(void *p)
{
	free(*(void **)p);
}

static inline void
mem_close_at(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void
mem_json_at(json_t **j)
{
	json_decref(*j);
}

#define AUTO_FREE	__attribute__((cleanup(mem_free_at)))
#define AUTO_CLOSE	__attribute__((cleanup(mem_close_at)))
#define AUTO_JSON	__attribute__((cleanup(mem_json_at)))

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

/* Gives up ownership of a pointer variable: returns it and leaves NULL. */
#define TAKE(p) \
	(__extension__({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; }))

#endif
