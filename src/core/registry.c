/*
 * Looking verbs and actions up by name.  The tables are const and few
 * hundred entries long; a linear walk is far below a millisecond.
 */
#include <string.h>

#include "stconsole/action.h"
#include "stconsole/verb.h"

const struct verb *
registry_verb(const struct registry *r, const char *name)
{
	size_t i, k;

	for (i = 0; i < r->count; i++)
		for (k = 0; k < r->services[i]->verb_count; k++)
			if (strcmp(r->services[i]->verbs[k].name, name) == 0)
				return &r->services[i]->verbs[k];
	return NULL;
}

const struct action *
registry_action(const struct registry *r, const char *name)
{
	size_t i, k;

	for (i = 0; i < r->count; i++)
		for (k = 0; k < r->services[i]->action_count; k++)
			if (strcmp(r->services[i]->actions[k].name, name) == 0)
				return &r->services[i]->actions[k];
	return NULL;
}

/* How many of the words spell the whole name ("a.b" is "a" "b"), or 0. */
static size_t
words_spell(const char *name, const char *const *words, size_t count)
{
	size_t i, len;

	for (i = 0; i < count; i++) {
		len = strlen(words[i]);
		if (strncmp(name, words[i], len) != 0)
			return 0;
		if (name[len] == '\0')
			return i + 1;
		if (name[len] != '.')
			return 0;
		name += len + 1;
	}
	return 0;
}

const struct verb *
registry_match(const struct registry *r, const char *const *words,
    size_t count, size_t *used)
{
	const struct verb	*best = NULL;
	size_t			 i, k, n;

	*used = 0;
	for (i = 0; i < r->count; i++)
		for (k = 0; k < r->services[i]->verb_count; k++) {
			n = words_spell(r->services[i]->verbs[k].name, words,
			    count);
			if (n > *used) {
				*used = n;
				best = &r->services[i]->verbs[k];
			}
		}
	return best;
}
