/*
 * Where things begin and end in a YAML text: lines, blanks and comments, the
 * properties before a node, the blank lines after a block scalar.
 */
#include <string.h>

#include "yml.h"

size_t
yml_line_start(const struct doc *doc, size_t at)
{
	bool has_mark = doc->len >= 3 &&
	    memcmp(doc->text, "\xef\xbb\xbf", 3) == 0;

	/* The LF of a CRLF belongs to the line that it ends. */
	if (at > 0 && at < doc->len && doc->text[at] == '\n' &&
	    doc->text[at - 1] == '\r')
		at--;
	while (at > 0 && doc->text[at - 1] != '\n' &&
	    doc->text[at - 1] != '\r')
		at--;
	return at == 0 && has_mark ? 3 : at;
}

size_t
yml_line_end(const struct doc *doc, size_t at)
{
	while (at < doc->len && doc->text[at] != '\n' &&
	    doc->text[at] != '\r')
		at++;
	if (at + 1 < doc->len && doc->text[at] == '\r' &&
	    doc->text[at + 1] == '\n')
		at++;
	return at < doc->len ? at + 1 : at;
}

bool
yml_is_blank(const struct doc *doc, size_t from, size_t to)
{
	for (; from < to; from++)
		if (memchr(" \t\r\n", doc->text[from], 4) == NULL)
			return false;
	return true;
}

const char *
yml_eol(const struct doc *doc)
{
	const char *lf = memchr(doc->text, '\n', doc->len);

	return lf != NULL && lf > doc->text && lf[-1] == '\r' ? "\r\n" : "\n";
}

size_t
yml_skip_line(const struct doc *doc, size_t at)
{
	while (at < doc->len && doc->text[at] != '\n' &&
	    doc->text[at] != '\r')
		at++;
	return at;
}

size_t
yml_skip_blank(const struct doc *doc, size_t at)
{
	while (at < doc->len) {
		if (doc->text[at] == '#')
			at = yml_skip_line(doc, at);
		else if (strchr(" \t\r\n", doc->text[at]) == NULL ||
		    doc->text[at] == '\0')
			break;
		else
			at++;
	}
	return at;
}

size_t
yml_skip_properties(const struct doc *doc, size_t at, size_t end,
    int left)
{
	for (; left > 0 && at < end && (doc->text[at] == '&' ||
	    doc->text[at] == '!'); left--) {
		while (at < end && strchr(" \t\r\n", doc->text[at]) == NULL)
			at++;
		at = yml_skip_blank(doc, at);
	}
	return at < end ? at : end;
}

size_t
yml_block_end(const struct doc *doc, size_t start, size_t end)
{
	size_t at = start + 1, line;

	for (; at < end && strchr("+-0123456789", doc->text[at]) != NULL; at++)
		if (doc->text[at] == '+')
			return end;
	for (at = yml_line_end(doc, at); end > at; end = line) {
		line = yml_line_start(doc, end - 1);
		if (!yml_is_blank(doc, line, end) || line < at)
			break;
	}
	return end;
}
