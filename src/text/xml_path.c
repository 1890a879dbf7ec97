/*
 * XML paths.  A node's path begins with a slash and the root element, and
 * counts an element only when it has siblings of its name:
 * /Config/LDAP/Connection[1]/@HostName.  A person may leave the root away,
 * and may count an only child too.
 */
#include <string.h>

#include "xml_doc.h"

struct xml_step {
	const char	*name;
	size_t		 len;
	const char	*index;		/* digits, or NULL */
	size_t		 index_len;
};

/* The step at *p, which is moved to the next one; false at the end. */
static bool
step_next(const char **p, struct xml_step *s)
{
	size_t len = strcspn(*p, "/");

	if (**p == '\0')
		return false;
	*s = (struct xml_step){ .name = *p, .len = len };
	if (len > 2 && (*p)[len - 1] == ']') {
		size_t digits = len - 1;

		while (digits > 0 && (*p)[digits - 1] >= '0' &&
		    (*p)[digits - 1] <= '9')
			digits--;
		if (digits > 1 && digits < len - 1 &&
		    (*p)[digits - 1] == '[') {
			s->index = *p + digits;
			s->index_len = len - 1 - digits;
			s->len = digits - 1;
		}
	}
	*p += len + ((*p)[len] == '/');
	return true;
}

static bool
step_is(const struct xml_step *node, const struct xml_step *typed)
{
	if (node->len != typed->len ||
	    memcmp(node->name, typed->name, node->len) != 0)
		return false;
	if (typed->index == NULL)
		return node->index == NULL;
	if (node->index == NULL)
		return typed->index_len == 1 && *typed->index == '1';
	return node->index_len == typed->index_len &&
	    memcmp(node->index, typed->index, node->index_len) == 0;
}

static bool
steps_are(const char *node, const char *typed)
{
	struct xml_step	 a, b;
	bool		 more_a, more_b;

	for (;;) {
		more_a = step_next(&node, &a);
		more_b = step_next(&typed, &b);
		if (!more_a || !more_b)
			return !more_a && !more_b;
		if (!step_is(&a, &b))
			return false;
	}
}

int
xml_path_compare(const char *a, const char *b)
{
	const char	*node = *a == '/' ? a + 1 : a;
	bool		 is_absolute = *b == '/';
	struct xml_step	 root;

	if (steps_are(node, is_absolute ? b + 1 : b))
		return 0;
	if (!is_absolute && *a == '/' && step_next(&node, &root) &&
	    steps_are(node, b))
		return 0;
	return strcmp(a, b) < 0 ? -1 : 1;
}
