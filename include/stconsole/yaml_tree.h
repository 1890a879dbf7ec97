/*
 * A YAML file of the house (a theme, a screen) as a tree to read, strictly:
 * one document, every scalar is text ("off" stays "off"), a key that stands
 * twice, an anchor, an alias and a tag are errors, size and depth have a
 * limit.  Nothing is ever written back; customers' files are doc.h's.
 *
 * Any thread, each with its own tree.
 */
#ifndef STCONSOLE_YAML_TREE_H
#define STCONSOLE_YAML_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "stconsole/err.h"

#define YAML_TREE_SIZE_MAX	(1u << 18)	/* bytes of the file */
#define YAML_TREE_DEPTH_MAX	32
#define YAML_TREE_ENTRIES_MAX	2048		/* of one map or list */

enum yaml_kind { YAML_KIND_TEXT, YAML_KIND_MAP, YAML_KIND_LIST };

/* All of it belongs to the tree. */
struct yaml_node {
	enum yaml_kind		 kind;
	const char		*file;		/* as given, for errors */
	uint32_t		 line, column;	/* of the value, from 1 */
	uint32_t		 key_line;
	const char		*key;		/* NULL but in a map */
	const char		*text;		/* "" but of a text */
	size_t			 count;		/* entries */
	struct yaml_node	*children;	/* the first, in file order */
	struct yaml_node	*next;		/* of the same parent */
};

struct yaml_tree {
	char			*file;
	struct yaml_node	*root;		/* never NULL after reading */
};

#define YAML_TREE_INIT	{ NULL, NULL }
#define AUTO_YAML_TREE	__attribute__((cleanup(yaml_tree_free)))

/* Reads a file.  Errors are "FILE:LINE: what"; then t is left empty. */
bool	 yaml_tree_read(struct yaml_tree *t, const char *path, struct err *e);
/* The same from memory; file is only what errors call it. */
bool	 yaml_tree_parse(struct yaml_tree *t, const char *file,
	     const char *text, size_t len, struct err *e);
/* May be called again. */
void	 yaml_tree_free(struct yaml_tree *t);

/* The entry of a map; NULL when there is none, or map is NULL or no map. */
const struct yaml_node *yaml_node_get(const struct yaml_node *map,
	     const char *key);
/* Its text; NULL when there is none or it is not a text. */
const char *yaml_node_text(const struct yaml_node *map, const char *key);

/* ERR_YAML, "FILE:LINE: " before the words.  Always false. */
bool	 yaml_node_err(const struct yaml_node *n, struct err *e,
	     const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* node has this kind, or an error that says what was expected. */
bool	 yaml_node_is(const struct yaml_node *n, enum yaml_kind kind,
	     struct err *e);
/* n is a map with no key but these; the error names the nearest one. */
bool	 yaml_node_known(const struct yaml_node *n, const char *const *keys,
	     size_t count, struct err *e);
/* n is one of the words: its index in *out. */
bool	 yaml_node_word(const struct yaml_node *n, const char *const *words,
	     size_t count, size_t *out, struct err *e);
/* "true" or "false" and nothing else. */
bool	 yaml_node_bool(const struct yaml_node *n, bool *out, struct err *e);

#endif
