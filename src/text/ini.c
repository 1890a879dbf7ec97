/*
 * Ini files as the Sametime chat server's (sametime.ini, chatlogging.ini).
 *
 *  - [Section] begins a section; its name compares without case, and the same
 *    one may come again: the last one with the key wins.  Keys before any
 *    section belong to the section without a name: path "/key".
 *  - key=value: the first = divides, white space around both is not theirs.
 *    Keys compare exactly (they are documented in upper case).  Values have
 *    no quotes and no escapes; ; and # inside a value are part of it.
 *  - A line that begins with ; or # is a comment.  A line without = is kept
 *    and means nothing.
 *
 * Paths keep the case of the file; a section itself is "Section/", one node
 * for each of its headers.  The / that divides section and key is the
 * last one.  A new key goes behind the last entry of the last such section,
 * spaced around its = like that entry; a section is never added.  Unset and
 * comment-out take all assignments of the key, in every such section.
 */
#include <string.h>
#include <strings.h>

#include "lines.h"
#include "stconsole/doc.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

struct ini_line {
	size_t		 whole;		/* where it begins */
	size_t		 start, end;	/* without white space at both ends */
	size_t		 next;
	unsigned	 number;
};

struct ini_place {
	bool		 found;		/* the section */
	size_t		 at;
	size_t		 equals, equals_end; /* " = " of the last entry */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static void
trim(const char *text, size_t *start, size_t *end)
{
	while (*start < *end && is_blank(text[*start]))
		++*start;
	while (*end > *start && is_blank(text[*end - 1]))
		--*end;
}

static void
line_init(const struct doc *doc, struct ini_line *line)
{
	*line = (struct ini_line){ .next = lines_bom(doc->text, doc->len) };
}

static bool
line_next(const struct doc *doc, struct ini_line *line)
{
	const char *text = doc->text;

	if (line->next == doc->len)
		return false;
	line->whole = line->start = line->next;
	line->next = line->end = lines_next(text, doc->len, line->start);
	if (text[line->end - 1] == '\n')
		line->end--;
	trim(text, &line->start, &line->end);
	line->number++;
	return true;
}

static bool
is_comment(const struct doc *doc, const struct ini_line *line)
{
	return line->start < line->end &&
	    (doc->text[line->start] == ';' || doc->text[line->start] == '#');
}

/* [start, end) becomes the name inside the brackets. */
static bool
section_read(const struct doc *doc, const struct ini_line *line,
    size_t *start, size_t *end, struct err *e)
{
	const char	*open = doc->text + line->start + 1;
	const char	*close;
	size_t		 rest;

	close = memchr(open, ']', line->end - line->start - 1);
	if (close == NULL)
		return err_set(e, ERR_INI, 0, T_INI_SECTION_END,
		    line->number);
	rest = (size_t)(close - doc->text) + 1;
	while (rest < line->end && is_blank(doc->text[rest]))
		rest++;
	if (rest < line->end && doc->text[rest] != ';' &&
	    doc->text[rest] != '#')
		return err_set(e, ERR_INI, 0, T_INI_SECTION_REST,
		    line->number);
	*start = line->start + 1;
	*end = (size_t)(close - doc->text);
	trim(doc->text, start, end);
	return true;
}

/* False: no entry.  The key begins with the line, the value ends with it. */
static bool
entry_read(const struct doc *doc, const struct ini_line *line,
    size_t *key_end, size_t *start)
{
	const char	*text = doc->text;
	const char	*equals;
	size_t		 key = line->start;

	equals = memchr(text + line->start, '=', line->end - line->start);
	if (equals == NULL || equals == text + line->start)
		return false;
	*key_end = (size_t)(equals - text);
	trim(text, &key, key_end);
	for (*start = (size_t)(equals - text) + 1;
	    *start < line->end && is_blank(text[*start]); ++*start)
		;
	return true;
}

/* The path so far is the section and its /; a key comes and goes. */
static bool
node_add(struct doc *doc, const struct ini_line *line, struct buf *path,
    size_t key_end, size_t start, struct err *e)
{
	size_t		 section_len = path->len;
	struct doc_node	*node;

	buf_add(path, doc->text + line->start, key_end - line->start);
	if (!buf_ok(path, e))
		return false;
	node = doc_node_copy(doc, path->data, path->len, doc->text + start,
	    line->end - start, e);
	path->len = section_len;
	if (node == NULL)
		return false;
	node->start = start;
	node->end = line->end;
	node->whole_start = line->whole;
	node->whole_end = line->next;
	node->line = line->number;
	return true;
}

static bool
section_add(struct doc *doc, const struct ini_line *line, struct buf *path,
    struct err *e)
{
	struct doc_node	*node;
	size_t		 start, end;

	if (!section_read(doc, line, &start, &end, e))
		return false;
	buf_reset(path);
	buf_add(path, doc->text + start, end - start);
	buf_putc(path, '/');
	if (!buf_ok(path, e))
		return false;
	node = doc_node_copy(doc, path->data, path->len, NULL, 0, e);
	if (node == NULL)
		return false;
	node->kind = DOC_MAPPING;
	node->start = start;
	node->end = end;
	node->whole_start = line->whole;
	node->whole_end = line->next;
	node->line = line->number;
	return true;
}

static bool
ini_parse(struct doc *doc, struct err *e)
{
	AUTO_BUF struct buf	 path = BUF_INIT;
	struct ini_line		 line;
	size_t			 key_end, start;

	buf_putc(&path, '/');
	line_init(doc, &line);
	while (line_next(doc, &line)) {
		if (line.start == line.end || is_comment(doc, &line))
			continue;
		if (memchr(doc->text + line.start, '\0',
		    line.end - line.start) != NULL)
			return err_set(e, ERR_INI, 0, T_INI_NUL,
			    line.number);
		if (doc->text[line.start] == '[') {
			if (!section_add(doc, &line, &path, e))
				return false;
		} else if (entry_read(doc, &line, &key_end, &start) &&
		    !node_add(doc, &line, &path, key_end, start, e))
			return false;
	}
	return buf_ok(&path, e);
}

static int
ini_path_compare(const char *a, const char *b)
{
	const char	*key_a = strrchr(a, '/'), *key_b = strrchr(b, '/');

	if (key_a == NULL || key_b == NULL || key_a - a != key_b - b ||
	    strncasecmp(a, b, (size_t)(key_a - a)) != 0)
		return key_a != NULL && key_b == NULL ? 1 : -1;
	return strcmp(key_a, key_b);
}

static bool
is_key(const char *key)
{
	size_t len = strlen(key);

	if (len == 0 || strchr("[;#", *key) != NULL || is_blank(*key) ||
	    is_blank(key[len - 1]) || !str_is_utf8(key, len))
		return false;
	for (; *key != '\0'; key++)
		if (*key == '=' || (unsigned char)*key < ' ' || *key == 0x7F)
			return false;
	return true;
}

static bool
is_value(const char *value)
{
	size_t len = strlen(value);

	return len == 0 || (strpbrk(value, "\r\n") == NULL &&
	    !is_blank(*value) && !is_blank(value[len - 1]));
}

/* Behind what was written last in the last section of that name. */
static struct ini_place
place_of(const struct doc *doc, const char *section, size_t len)
{
	struct ini_line		 line;
	struct ini_place	 place = { .found = len == 0 };
	bool			 inside = place.found;
	size_t			 start, end;

	line_init(doc, &line);
	place.at = line.next;
	while (line_next(doc, &line)) {
		if (line.start == line.end || is_comment(doc, &line))
			continue;
		if (doc->text[line.start] == '[' &&
		    section_read(doc, &line, &start, &end, NULL)) {
			inside = end - start == len &&
			    strncasecmp(doc->text + start, section, len) == 0;
			if (inside)
				place = (struct ini_place){ .found = true };
		} else if (inside && entry_read(doc, &line, &end, &start)) {
			place.equals = end;
			place.equals_end = start;
		}
		if (inside)
			place.at = line.next;
	}
	return place;
}

static bool
splice_add(const struct doc *doc, const char *path, const char *key,
    const char *value, struct doc_splice *out, struct err *e)
{
	AUTO_BUF struct buf	 entry = BUF_INIT;
	struct ini_place	 place;

	if (!is_key(key))
		return err_set(e, ERR_REFUSED, 0, T_INI_KEY, path);
	place = place_of(doc, path, (size_t)(key - path) - 1);
	if (!place.found) {
		err_set(e, ERR_REFUSED, 0, T_INI_MISSING, path);
		return err_hint(e, T_INI_MISSING_HINT);
	}
	buf_puts(&entry, key);
	if (place.equals_end > 0)
		buf_add(&entry, doc->text + place.equals,
		    place.equals_end - place.equals);
	else
		buf_putc(&entry, '=');
	buf_puts(&entry, value);
	lines_insert(doc, place.at, buf_str(&entry), out);
	return buf_ok(&entry, e);
}

static bool
ini_splice(const struct doc *doc, enum doc_change change, const char *path,
    const char *value, struct doc_splice *out, struct err *e)
{
	const struct doc_node	*node = doc_find(doc, path);
	const char		*key = strrchr(path, '/');

	if (key == NULL || key[1] == '\0') {
		err_set(e, ERR_REFUSED, 0, T_INI_PATH, path);
		return err_hint(e, T_INI_PATH_HINT);
	}
	if (change != DOC_SET)
		return lines_drop(doc, change, path, value, ';', out, e);
	if (!is_value(value))
		return err_set(e, ERR_REFUSED, 0, T_INI_VALUE, path);
	if (node == NULL)
		return splice_add(doc, path, key + 1, value, out, e);
	out->start = node->start;
	out->end = node->end;
	buf_puts(&out->data, value);
	return true;
}

const struct doc_format doc_ini = {
	.name = "ini",
	.parse = ini_parse,
	.splice = ini_splice,
	.path_compare = ini_path_compare,
};
