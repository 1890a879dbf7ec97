/*
 * Inside the YAML editor only: the tree beside the list of nodes, paths, and
 * how a scalar is written.  libyaml's types stay in yaml_parse.c.
 */
#ifndef STCONSOLE_TEXT_YML_H
#define STCONSOLE_TEXT_YML_H

#include <stdint.h>

#include "stconsole/doc.h"

#define YML_DEPTH_MAX	1000
#define YML_NONE	UINT32_MAX

enum yml_style {
	YML_PLAIN,
	YML_SINGLE,
	YML_DOUBLE,
	YML_LITERAL,
	YML_FOLDED,
	YML_BLOCK,		/* a collection by indentation */
	YML_FLOW,		/* a collection in brackets */
	YML_ALIAS
};

/* What a node needs besides struct doc_node; packed, there are many. */
struct yml_info {
	uint32_t	 parent;	/* YML_NONE for a document */
	uint32_t	 key : 27;	/* offset of its key or dash */
	uint32_t	 style : 4;
	uint32_t	 tagged : 1;	/* with another tag than !!str */
};

struct yml_alias {
	uint32_t	 node, target;
};

/* A hash of node numbers by path; 0 is an empty place. */
struct yml_table {
	uint32_t	*slot;
	size_t		 cap, used;
};

struct yml_tree {
	struct yml_info		*info;		/* of the first n_real nodes */
	size_t			 cap;		/* of info */
	size_t			 n_real;	/* the rest is behind aliases */
	struct yml_alias	*aliases;	/* by node */
	size_t			 n_aliases;
	size_t			 path_bytes;
};

#define YML_ANCHOR_HEADS	4096

struct yml_anchor {
	char		*name;
	uint32_t	 node, document;
	uint32_t	 next;		/* number + 1 in the same chain */
};

/* Zeroed to begin with. */
struct yml_anchors {
	struct yml_anchor	*anchor;
	uint32_t		 n, cap;
	uint32_t		 document;	/* the one being read */
	size_t			 cap_aliases;
	uint32_t		 heads[YML_ANCHOR_HEADS];
};

/* One step of a path: .name, ["name"] or [index]. */
struct yml_seg {
	const char	*text;		/* as typed, without quotes */
	size_t		 len;
	size_t		 index;
	bool		 is_index, quoted;
};

/* yaml_path.c */

/* The number of the document that a path starts with; moves *path on. */
size_t	 yml_path_document(const char **path);
/* 1: the next step is in *seg; 0: the end; -1: not a path. */
int	 yml_path_next(const char **path, bool first, struct yml_seg *seg);
bool	 yml_seg_equal(const struct yml_seg *a, const struct yml_seg *b);
/* The name itself, without escapes. */
void	 yml_seg_name(const struct yml_seg *seg, struct buf *out);
/* Appends a step; first: nothing but a document number stands before. */
void	 yml_path_add_key(struct buf *path, const char *name, bool first);
void	 yml_path_add_index(struct buf *path, size_t index);
int	 yml_path_compare(const char *a, const char *b);

/* yaml_store.c */

/* A node with copies of these strings; YML_NONE when memory is gone. */
uint32_t yml_node_add(struct doc *doc, struct yml_tree *t,
	     const struct buf *path, const char *value, size_t value_len,
	     struct err *e);
/*
 * The node that has this path already, else YML_NONE and the node is entered.
 * *lost is set when memory is gone.
 */
uint32_t yml_table_enter(struct yml_table *table, const struct doc *doc,
	     uint32_t node, bool *lost);
uint32_t yml_alias_target(const struct yml_tree *t, uint32_t node);
void	 yml_tree_free(struct doc *doc);

/* yaml_anchor.c */

bool	 yml_anchor_add(struct yml_anchors *all, const char *name,
	     uint32_t node, struct err *e);
/* The node of the last anchor of that name in this document, or YML_NONE. */
uint32_t yml_anchor_find(struct yml_anchors *all, const char *name);
bool	 yml_alias_add(struct yml_tree *t, struct yml_anchors *all,
	     uint32_t node, uint32_t target, struct err *e);
void	 yml_anchors_fini(struct yml_anchors *all);

/* yaml_parse.c, yaml_merge.c */

bool	 yml_parse(struct doc *doc, struct err *e);
/*
 * Adds what stands behind aliases and merge keys, for reading.  A bounded
 * number: the rest is absent here, and yml_walk finds its anchor still.
 */
bool	 yml_expand(struct doc *doc, struct yml_table *paths, struct err *e);

/* yaml_walk.c */

struct yml_place {
	uint32_t	 node;		/* YML_NONE: absent */
	uint32_t	 parent;	/* when absent: where it would be */
	const char	*anchor;	/* behind this anchor */
	unsigned	 line;		/*   which is used at this line */
	struct yml_seg	 last;		/* the last step */
	size_t		 reached;	/* absent: bytes of path that exist */
	bool		 is_last_missing;	/* only the last step lacks */
};

/* Where a path leads.  False when it is not a path. */
bool	 yml_walk(const struct doc *doc, const char *path,
	     struct yml_place *out, struct err *e);
/* The child of parent after node, or its first when node is parent. */
uint32_t yml_child_next(const struct doc *doc, uint32_t parent,
	     uint32_t node);

/* yaml_scalar.c */

enum yml_class {
	YML_STRING,
	YML_NULL,
	YML_BOOL,
	YML_INT,
	YML_FLOAT,
	YML_OTHER		/* dates, <<, = */
};

enum yml_class yml_class_of(const char *plain);
/*
 * Writes value as a scalar on one line, in the style wanted when the value
 * permits.  was: the class of the plain value that it replaces, YML_NULL for
 * none: a value that would turn from text into a number, or into one that
 * only some readers take for a boolean, is quoted.
 */
void	 yml_scalar_write(struct buf *out, const char *value,
	     enum yml_style style, enum yml_class was, bool in_flow);
/* Whether a block scalar can hold exactly this value. */
bool	 yml_block_fits(const char *value);

/* yaml_edit.c, yaml_add.c, yaml_unset.c */

bool	 yml_add(const struct doc *doc, const char *path,
	     const struct yml_place *place, const char *value,
	     struct doc_splice *out, struct err *e);
bool	 yml_unset(const struct doc *doc, const char *path, uint32_t node,
	     struct doc_splice *out, struct err *e);

/* yaml_span.c */

/* Offset of the first byte of the line that holds at. */
size_t	 yml_line_start(const struct doc *doc, size_t at);
/* Offset after the line end of the line that holds at. */
size_t	 yml_line_end(const struct doc *doc, size_t at);
/* Only spaces and tabs stand in [from, to). */
bool	 yml_is_blank(const struct doc *doc, size_t from, size_t to);
/* "\r\n" when the file's first line ends so, else "\n". */
const char *yml_eol(const struct doc *doc);
/* Offset of the end of the line's text. */
size_t	 yml_skip_line(const struct doc *doc, size_t at);
/* Over white space, line ends and comments. */
size_t	 yml_skip_blank(const struct doc *doc, size_t at);
/*
 * Over the anchor and tag of a node, left of them, to the node itself: not
 * over those of its first key, which begins where a mapping without begins.
 */
size_t	 yml_skip_properties(const struct doc *doc, size_t at, size_t end,
	     int left);
/* The end of a block scalar, without blank lines that do not count. */
size_t	 yml_block_end(const struct doc *doc, size_t start, size_t end);

#endif
