/* Inside the XML editor only. */
#ifndef STCONSOLE_TEXT_XML_DOC_H
#define STCONSOLE_TEXT_XML_DOC_H

#include "stconsole/doc.h"

#define XML_DEPTH_MAX	1000

/* One attribute in a start tag, as offsets into the text. */
struct xml_attr {
	size_t	 space;		/* the white space before it */
	size_t	 name, name_end;
	size_t	 value, end;	/* with its quotes */
};

/*
 * The next attribute of a start tag from at, which is after the element's
 * name or an earlier attribute.  False at the end of the tag: then attr->name
 * is the offset of its "/>" or ">".  The tag must be well-formed.
 */
bool	 xml_attr_next(const struct doc *doc, size_t at,
	     struct xml_attr *attr);
/* The offset after the name that begins at. */
size_t	 xml_name_end(const struct doc *doc, size_t at);

bool	 xml_parse(struct doc *doc, struct err *e);

/* xml_path.c; a is a node's path, b one that somebody typed. */
int	 xml_path_compare(const char *a, const char *b);

/*
 * Every prefix is declared (Namespaces in XML 1.0).  False also when memory
 * is gone or a comment holds bytes that are not UTF-8.
 */
bool	 xml_has_namespaces(const char *text, size_t len);

#endif
