/*
 * Which manual pages there are: stconsole(1), one for each group of verbs,
 * and those that other modules print of their own tables (world.h).  What
 * this list says is what make builds and installs.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/control.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define PREFIX	"stconsole-"
#define MAIN	"stconsole.1"

const struct verb *
manual_verb(const struct registry *r, size_t n)
{
	size_t i;

	for (i = 0; i < r->count; n -= r->services[i++]->verb_count)
		if (n < r->services[i]->verb_count)
			return &r->services[i]->verbs[n];
	return NULL;
}

bool
manual_is_of(const struct verb *v, const char *group, size_t len)
{
	return strncmp(v->name, group, len) == 0 &&
	    (v->name[len] == '.' || v->name[len] == '\0');
}

static int
name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A group is what its verbs begin with; by name, each once. */
static char **
groups(const struct registry *r, size_t *count)
{
	char			**names = NULL, **more;
	const struct verb	 *v;
	size_t			  n, i;

	*count = 0;
	for (n = 0; (v = manual_verb(r, n)) != NULL; n++) {
		size_t len = strcspn(v->name, ".");

		for (i = 0; i < *count && !(strlen(names[i]) == len &&
		    memcmp(names[i], v->name, len) == 0); i++)
			continue;
		if (i < *count)
			continue;
		more = realloc(names, (*count + 1) * sizeof(*names));
		if (more == NULL)
			break;
		names = more;
		names[*count] = strndup(v->name, len);
		if (names[*count] == NULL)
			break;
		++*count;
	}
	if (names != NULL)
		qsort(names, *count, sizeof(*names), name_order);
	return names;
}

bool
manual_each(const struct registry *r, const struct world_hooks *hooks,
    manual_take take, void *arg)
{
	size_t	 count, i, extra = hooks != NULL ? hooks->page_count : 0;
	char	**names = groups(r, &count);
	bool	 ok = take(arg, MAIN);

	for (i = 0; i < count; i++) {
		AUTO_FREE char *page = str_format(PREFIX "%s.1", names[i]);

		ok = ok && page != NULL && take(arg, page);
		free(names[i]);
	}
	free(names);
	for (i = 0; i < extra; i++)
		ok = ok && take(arg, hooks->pages[i].name);
	return ok && take(arg, control_page.name);
}

/* "admin", "stconsole-admin" and "stconsole-admin.1" are one page. */
static bool
is_called(const char *page, const char *typed)
{
	size_t		 stem = strcspn(page, ".");
	const char	*rest = str_starts(page, PREFIX) ?
			    page + strlen(PREFIX) : page;

	return str_equal(page, typed) ||
	    (strlen(typed) == stem && memcmp(page, typed, stem) == 0) ||
	    (strlen(typed) == stem - (size_t)(rest - page) &&
	    strncmp(rest, typed, strlen(typed)) == 0);
}

static bool
group_print(const struct registry *r, const struct world_hooks *hooks,
    const char *typed, struct buf *out)
{
	size_t	 count, i;
	char	**names = groups(r, &count);
	bool	 found = false;

	for (i = 0; i < count; i++) {
		AUTO_FREE char *page = str_format(PREFIX "%s.1", names[i]);

		if (page == NULL)
			out->failed = true;
		else if (!found && is_called(page, typed)) {
			man_group(r, hooks, names[i], out);
			found = true;
		}
		free(names[i]);
	}
	free(names);
	return found;
}

bool
manual_print(const struct registry *r, const struct world_hooks *hooks,
    const char *typed, struct buf *out)
{
	size_t i;

	if (is_called(MAIN, typed)) {
		man_page(r, hooks, out);
		return true;
	}
	if (group_print(r, hooks, typed, out))
		return true;
	if (is_called(control_page.name, typed)) {
		control_page.print(r, out);
		return true;
	}
	for (i = 0; hooks != NULL && i < hooks->page_count; i++)
		if (is_called(hooks->pages[i].name, typed)) {
			hooks->pages[i].print(r, out);
			return true;
		}
	return false;
}
