/*
 * libyaml and expat refuse invalid UTF-8 and control characters even in
 * comments, where a vendor's Latin-1 note does no harm.  They read a copy
 * in which each such byte is '?'; the caller refuses the file when one stood
 * in content.
 */
#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/str.h"

/*
 * The characters that libyaml's reader takes (yaml_parser_update_buffer);
 * XML 1.0 has DEL, the C1 controls and U+FEFF besides.
 */
static bool
char_is_allowed(enum text_source_kind kind, const unsigned char *u, size_t n)
{
	if (kind == SOURCE_XML && (n == 2 || u[0] == 0x7f ||
	    (n == 3 && u[0] == 0xef && u[1] == 0xbb)))
		return true;
	if (n == 1)
		return (u[0] >= ' ' && u[0] < 0x7f) || u[0] == '\t' ||
		    u[0] == '\n' || u[0] == '\r';
	if (n == 2)
		return u[0] != 0xc2 || u[1] >= 0xa0 || u[1] == 0x85;
	if (n == 3 && u[0] == 0xef && u[1] == 0xbf)
		return u[2] < 0xbe;
	/* A byte order mark inside the file. */
	if (n == 3 && u[0] == 0xef && u[1] == 0xbb && u[2] == 0xbf)
		return false;
	return true;
}

static bool
source_replace(struct text_source *s, size_t at, size_t n)
{
	if (s->copy == NULL) {
		s->copy = malloc(s->len);
		if (s->copy == NULL)
			return false;
		memcpy(s->copy, s->text, s->len);
		s->clean = s->copy;
	}
	memset(s->copy + at, '?', n);
	return true;
}

bool
text_source_init(struct text_source *s, enum text_source_kind kind,
    const char *text, size_t len, struct err *e)
{
	size_t i, n;

	*s = (struct text_source){ .text = text, .clean = text, .len = len,
	    .is_ascii = true };
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s->base = 3;
	s->byte = s->base;
	for (i = s->base; i < len; i += n) {
		const unsigned char *u = (const unsigned char *)text + i;

		n = 1;
		if (*u >= ' ' && *u < 0x7f)
			continue;
		n = str_utf8_len(text + i, len - i);
		if (n > 1)
			s->is_ascii = false;
		if (n > 0 && char_is_allowed(kind, u, n))
			continue;
		n = n == 0 ? 1 : n;
		if (!source_replace(s, i, n))
			return err_nomem(e);
	}
	return true;
}

void
text_source_fini(struct text_source *s)
{
	free(s->copy);
	*s = (struct text_source){ 0 };
}

static bool
is_inner_byte(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t
text_source_offset(struct text_source *s, size_t index)
{
	if (s->is_ascii)
		return s->base + index < s->len ? s->base + index : s->len;
	while (s->index < index && s->byte < s->len) {
		s->byte++;
		while (s->byte < s->len && is_inner_byte(s->clean[s->byte]))
			s->byte++;
		s->index++;
	}
	while (s->index > index && s->byte > s->base) {
		s->byte--;
		while (is_inner_byte(s->clean[s->byte]))
			s->byte--;
		s->index--;
	}
	return s->byte;
}

bool
text_source_is_clean(const struct text_source *s, size_t from, size_t to)
{
	return s->copy == NULL ||
	    memcmp(s->text + from, s->clean + from, to - from) == 0;
}
