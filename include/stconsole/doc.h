/*
 * What every lossless editor shares: a file parsed to a list of (path, byte
 * range), an edit as one splice of bytes, and the proof that the edited text,
 * parsed again, differs from the old one in exactly the intended path.
 *
 * Customers' files carry comments, odd spacing and vendor notes; they are
 * never re-emitted.  An editor knows one format and implements struct
 * doc_format; the callers (site, tests) use the doc_* functions and never
 * ask which format it is.  No thread state; a doc is used by one thread.
 */
#ifndef STCONSOLE_DOC_H
#define STCONSOLE_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stconsole/buf.h"

#define DOC_MAX_BYTES	(64u << 20)

enum doc_kind {
	DOC_SCALAR,		/* a value that can be read and set */
	DOC_MAPPING,		/* a YAML mapping, an ini section, an element */
	DOC_SEQUENCE,
	DOC_ALIAS		/* a YAML alias; value is the anchor's name */
};

/*
 * One node.  Path and value are owned by the doc.  The spans are offsets in
 * bytes into the text that was parsed (32 bits: a big file has many nodes).
 */
struct doc_node {
	char		*path;		/* as the user types it: see doc_find */
	char		*value;		/* decoded; NULL for none (MAPPING) */
	enum doc_kind	 kind;
	uint32_t	 start, end;	/* the value as written, with quotes */
	uint32_t	 whole_start;	/* the entry: key to end of its line, */
	uint32_t	 whole_end;	/*   what "unset" takes away */
	unsigned	 line;		/* from 1 */
	const char	*anchor;	/* behind this alias, merge; or NULL */
};

struct doc {
	const struct doc_format	*format;
	const char		*text;	/* borrowed; outlives the doc */
	size_t			 len;
	struct doc_node		*nodes;
	size_t			 n;
	void			*extra;	/* the format's own, or NULL */
	struct doc_chunk	*strings; /* doc.c's: what nodes point to */
	/* doc.c's, for the proof: a doc whose equal strings are shared. */
	const struct doc	*twin;
	size_t			 twin_at;
};

/* An edit: bytes [start, end) of the old text become data. */
struct doc_splice {
	size_t		 start, end;
	struct buf	 data;
};

enum doc_change {
	DOC_SET,		/* change or add a value */
	DOC_UNSET,		/* remove the entry */
	DOC_COMMENT_OUT		/* env and ini: keep it as a comment */
};

/*
 * parse fills doc->nodes in the order of the text; it refuses what it cannot
 * be sure about, with line and column.  splice works out one edit; it may
 * assume that the path was looked up.  Both leave nothing behind on failure
 * (doc_fini is called by the caller).
 */
struct doc_format {
	const char	*name;		/* env, ini, yaml, xml, helm */
	bool	(*parse)(struct doc *doc, struct err *e);
	bool	(*splice)(const struct doc *doc, enum doc_change change,
		    const char *path, const char *value,
		    struct doc_splice *out, struct err *e);
	/* Normalises a path: "a.b[0]", "SECTION/key"; NULL: as typed. */
	int	(*path_compare)(const char *a, const char *b);
	void	(*fini)(struct doc *doc);	/* frees extra; may be NULL */
};

extern const struct doc_format doc_env, doc_ini, doc_yaml, doc_xml, doc_helm;

/*
 * By file name: .env, *.env, *.ini, *.yml, *.yaml, *.xml; *.tpl and YAML in
 * a folder "templates" are Helm templates.  NULL when unknown.
 */
const struct doc_format *doc_format_of(const char *file_name);

/* Larger than DOC_MAX_BYTES is refused.  text is borrowed, not copied. */
bool	 doc_parse(struct doc *doc, const struct doc_format *format,
	     const char *text, size_t len, struct err *e);
void	 doc_fini(struct doc *doc);

/*
 * The node of a path, NULL when absent.  Paths are what a user types:
 *   env   NAME                       the last assignment wins
 *   ini   section/key, or /key before any section; section case-insensitive,
 *         the last one wins; section/ is the section itself
 *   yaml  services.nginx.ports[0], services["a.b"].image; in a file of
 *         several documents the second is prefixed "1:" and so on
 *   xml   LDAP/Connection[1]/@HostName, counted from 1; the root element may
 *         be left out; text of an element: LDAP/Name
 */
const struct doc_node *doc_find(const struct doc *doc, const char *path);

/*
 * One proved edit.  *out gets the new text (unchanged when there is nothing
 * to do) and *splice, when not NULL, what was replaced.  Refused, with the
 * path, the line and the reason, when the value cannot be written safely,
 * stands behind an alias or merge key (the anchor is named), the parent is
 * missing, or the proof fails.  reason: for DOC_COMMENT_OUT, may be NULL; it
 * travels in value.  A value must be UTF-8; NULL is set as "".
 * Unset means that the key has no value afterwards: all its assignments go,
 * or become comments, in the one splice.  out is replaced; on failure it is
 * as it was.
 */
bool	 doc_edit(const struct doc *doc, enum doc_change change,
	     const char *path, const char *value, struct buf *out,
	     struct doc_splice *splice, struct err *e);

/*
 * The proof alone, in linear time: before and after have the same nodes with
 * the same values in the same order, but for path.  DOC_SET: the node that
 * doc_find gives has the new value, or exactly one such node was added.
 * Otherwise: every node of that path is gone, and what was below it; later
 * elements of its sequence count one less.
 */
bool	 doc_prove(const struct doc *before, const struct doc *after,
	     enum doc_change change, const char *path, const char *value,
	     struct err *e);

/*
 * For the formats' parsers: appends a node.  Takes path and value, also when
 * it fails; a NULL path is lost memory.  The node is valid until the next one
 * is added.
 */
struct doc_node *doc_node_add(struct doc *doc, char *path, char *value,
	     struct err *e);
/* The same, but copies bytes; a NULL value is no value. */
struct doc_node *doc_node_copy(struct doc *doc, const char *path,
	     size_t path_len, const char *value, size_t value_len,
	     struct err *e);
void	 doc_splice_fini(struct doc_splice *s);
/* The line (from 1) of a byte offset. */
unsigned doc_line_at(const char *text, size_t offset);

#endif
