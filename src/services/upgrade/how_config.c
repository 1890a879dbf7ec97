/*
 * Options in a configuration file, by the lossless editors.  mongod reads
 * net.port as a nested mapping and as one key with a full stop, so paths are
 * compared without the quotes of the latter.
 */
#include <ctype.h>
#include <string.h>

#include "stconsole/doc.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "how_options.h"
#include "text_how.def"

#define PATH_ROOM	512
#define EDITS_MAX	200

/* NAME = VALUE lines: the first line that says something has no colon
 * before its equals sign. */
static bool
is_lines(const char *text)
{
	size_t n;

	for (; *text != '\0'; text += strcspn(text, "\n"), text += *text != 0) {
		text += strspn(text, " \t\r");
		if (*text == '#' || *text == '\n' || *text == '\0')
			continue;
		n = strcspn(text, "=:\n");
		return text[n] == '=';
	}
	return false;
}

/* ["a.b"].c as a.b.c; false when it does not fit: no option is that long. */
static bool
path_plain(const char *path, char out[PATH_ROOM])
{
	size_t n = 0;

	for (; *path != '\0'; path++) {
		if (*path == '[' && path[1] == '"') {
			path++;
			if (n > 0)
				out[n++] = '.';
		} else if (*path == '"' && path[1] == ']') {
			path++;
		} else {
			out[n++] = *path;
		}
		if (n + 2 > PATH_ROOM)
			return false;
	}
	out[n] = '\0';
	return true;
}

static bool
node_is(const struct doc_node *node, const char *path)
{
	char plain[PATH_ROOM];

	return path != NULL && path_plain(node->path, plain) &&
	    strcmp(plain, path) == 0;
}

static bool
option_names(const struct how_option *o, const struct doc_node *node,
    bool is_ini)
{
	AUTO_FREE char	*path = NULL;
	size_t		 len;

	if (o->parameter == NULL && !is_ini)
		return node_is(node, o->path);
	if (o->parameter == NULL)
		return o->word != NULL && node->path[0] == '/' &&
		    strcmp(node->path + 1, o->word) == 0;
	if (!is_ini) {
		path = str_format("setParameter.%s", o->parameter);
		return node_is(node, path);
	}
	len = strlen(o->parameter);
	return strcmp(node->path, "/setParameter") == 0 &&
	    node->value != NULL && strncmp(node->value, o->parameter, len) ==
	    0 && (node->value[len] == '=' || node->value[len] == ' ');
}

static const struct doc_node *
node_find(const struct doc *doc, const struct how_options *o)
{
	bool is_ini = doc->format == &doc_ini;

	for (size_t i = 0; i < doc->n; i++)
		for (size_t k = 0; k < o->count; k++)
			if ((o->list[k].since == NULL ||
			    mongo_version_compare(o->list[k].since,
			    o->major) <= 0) && option_names(&o->list[k],
			    &doc->nodes[i], is_ini))
				return &doc->nodes[i];
	return NULL;
}

/* Below the path, or the node itself. */
static bool
is_within(const char *path, const char *of)
{
	size_t len = strlen(of);

	return strncmp(path, of, len) == 0 && (path[len] == '\0' ||
	    path[len] == '.' || path[len] == '[');
}

/* The mapping that holds nothing but the path, from near to far; NULL. */
static const struct doc_node *
parent_emptied(const struct doc *doc, const char *path)
{
	const struct doc_node	*parent = NULL, *n;
	size_t			 i;

	for (i = 0; i < doc->n; i++) {
		n = &doc->nodes[i];
		if (n->kind == DOC_MAPPING && n->path[0] != '\0' &&
		    strcmp(n->path, path) != 0 && is_within(path, n->path) &&
		    (parent == NULL || strlen(n->path) >
		    strlen(parent->path)))
			parent = n;
	}
	for (i = 0; parent != NULL && i < doc->n; i++) {
		n = &doc->nodes[i];
		if (is_within(n->path, parent->path) && n != parent &&
		    !is_within(n->path, path))
			return NULL;
	}
	return parent;
}

/* One option taken out of text; *found false: there is none left. */
static bool
edit_once(const struct buf *text, const struct doc_format *format,
    const struct how_options *o, struct buf *out, json_t *dropped,
    bool *found, struct err *e)
{
	const struct doc_node	*node, *up;
	struct doc		 doc;
	bool			 ok;

	if (!doc_parse(&doc, format, buf_str(text), text->len, e))
		return false;
	node = node_find(&doc, o);
	*found = node != NULL;
	if (node == NULL) {
		doc_fini(&doc);
		return true;
	}
	if (dropped != NULL)
		json_array_append_new(dropped, json_string(node->path +
		    (node->path[0] == '/')));
	while ((up = parent_emptied(&doc, node->path)) != NULL)
		node = up;
	ok = doc_edit(&doc, DOC_UNSET, node->path, NULL, out, NULL, e);
	doc_fini(&doc);
	return ok;
}

bool
how_config_without(const char *text, size_t len, const struct how_options *o,
    struct buf *out, json_t *dropped, struct err *e)
{
	const struct doc_format	*format = is_lines(text) ? &doc_ini :
	    &doc_yaml;
	bool			 found = true;

	buf_reset(out);
	buf_add(out, text, len);
	/* Each edit takes a node away, so this ends. */
	for (int i = 0; found && i < EDITS_MAX; i++) {
		AUTO_BUF struct buf next = BUF_INIT;

		if (!buf_ok(out, e) || !edit_once(out, format, o, &next,
		    dropped, &found, e))
			return false;
		if (!found)
			break;
		buf_fini(out);
		*out = next;
		next = (struct buf)BUF_INIT;
	}
	return buf_ok(out, e);
}
