/*
 * YAML paths: services.nginx.ports[0], services["a.b"].image, and "1:" before
 * the paths of the second document.  Nodes carry the canonical spelling: a
 * name is quoted only when it must be; both spellings compare equal.
 */
#include <stdio.h>
#include <string.h>

#include "yml.h"

size_t
yml_path_document(const char **path)
{
	size_t n = strspn(*path, "0123456789"), i, number = 0;

	if (n == 0 || n > 8 || (*path)[n] != ':')
		return 0;
	for (i = 0; i < n; i++)
		number = number * 10 + (size_t)((*path)[i] - '0');
	*path += n + 1;
	return number;
}

/* ["name"] with \", \\ and \xHH inside. */
static int
path_next_quoted(const char **path, struct yml_seg *seg)
{
	const char *p = *path + 2;

	seg->text = p;
	seg->quoted = true;
	for (; *p != '"'; p++) {
		if (*p == '\0')
			return -1;
		if (*p != '\\')
			continue;
		p++;
		if (*p == 'x' && strspn(p + 1, "0123456789abcdef") >= 2)
			p += 2;
		else if (*p != '"' && *p != '\\')
			return -1;
	}
	seg->len = (size_t)(p - seg->text);
	if (p[1] != ']')
		return -1;
	*path = p + 2;
	return 1;
}

static int
path_next_index(const char **path, struct yml_seg *seg)
{
	const char	*p = *path + 1;
	size_t		 n = strspn(p, "0123456789"), i;

	if (n == 0 || n > 9 || p[n] != ']')
		return -1;
	for (i = 0; i < n; i++)
		seg->index = seg->index * 10 + (size_t)(p[i] - '0');
	seg->is_index = true;
	*path = p + n + 1;
	return 1;
}

int
yml_path_next(const char **path, bool first, struct yml_seg *seg)
{
	const char *p = *path;

	*seg = (struct yml_seg){ 0 };
	if (*p == '\0')
		return 0;
	if (p[0] == '[' && p[1] == '"')
		return path_next_quoted(path, seg);
	if (p[0] == '[')
		return path_next_index(path, seg);
	if (!first && *p++ != '.')
		return -1;
	seg->text = p;
	seg->len = strcspn(p, ".[");
	*path = p + seg->len;
	return seg->len > 0 ? 1 : -1;
}

static int
hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The next byte of a name at *i. */
static char
seg_byte(const struct yml_seg *seg, size_t *i)
{
	char c = seg->text[(*i)++];

	if (!seg->quoted || c != '\\')
		return c;
	c = seg->text[(*i)++];
	if (c != 'x')
		return c;
	*i += 2;
	return (char)(hex_digit(seg->text[*i - 2]) << 4 |
	    hex_digit(seg->text[*i - 1]));
}

static int
seg_compare(const struct yml_seg *a, const struct yml_seg *b)
{
	size_t i = 0, j = 0;

	if (a->is_index != b->is_index)
		return a->is_index ? -1 : 1;
	if (a->is_index)
		return a->index < b->index ? -1 : a->index > b->index;
	while (i < a->len && j < b->len) {
		unsigned char x = (unsigned char)seg_byte(a, &i);
		unsigned char y = (unsigned char)seg_byte(b, &j);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return i < a->len ? 1 : j < b->len ? -1 : 0;
}

bool
yml_seg_equal(const struct yml_seg *a, const struct yml_seg *b)
{
	return seg_compare(a, b) == 0;
}

void
yml_seg_name(const struct yml_seg *seg, struct buf *out)
{
	size_t i = 0;

	while (i < seg->len)
		buf_putc(out, seg_byte(seg, &i));
}

static bool
name_is_bare(const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f ||
		    strchr(".[]\"':\\", *p) != NULL)
			return false;
	return p != name;
}

void
yml_path_add_key(struct buf *path, const char *name, bool first)
{
	if (name_is_bare(name)) {
		if (!first)
			buf_putc(path, '.');
		buf_puts(path, name);
		return;
	}
	buf_puts(path, "[\"");
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			buf_putc(path, '\\');
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			buf_printf(path, "\\x%02x", *name);
		else
			buf_putc(path, *name);
	}
	buf_puts(path, "\"]");
}

void
yml_path_add_index(struct buf *path, size_t index)
{
	char	 digits[24];
	int	 n = snprintf(digits, sizeof(digits), "[%zu]", index);

	buf_add(path, digits, (size_t)n);
}

int
yml_path_compare(const char *a, const char *b)
{
	const char	*all_a = a, *all_b = b;
	size_t		 doc_a, doc_b;
	bool		 first = true;

	if (strcmp(a, b) == 0)
		return 0;
	doc_a = yml_path_document(&a);
	doc_b = yml_path_document(&b);
	if (doc_a != doc_b)
		return doc_a < doc_b ? -1 : 1;
	for (;; first = false) {
		struct yml_seg	 x, y;
		int		 more_a = yml_path_next(&a, first, &x);
		int		 more_b = yml_path_next(&b, first, &y);
		int		 c;

		if (more_a < 0 || more_b < 0)
			return strcmp(all_a, all_b);
		if (more_a == 0 || more_b == 0)
			return more_a - more_b;
		if ((c = seg_compare(&x, &y)) != 0)
			return c;
	}
}
