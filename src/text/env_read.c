/*
 * The statements of an env file, found the way compose-go's parser does it
 * (see env.c for the rules).  The reader runs once from start to end and
 * keeps nothing but its position.
 */
#include "env.h"

#include <string.h>

#include "lines.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

void
env_reader_init(struct env_reader *r, const char *text, size_t len)
{
	size_t bom = lines_bom(text, len);

	*r = (struct env_reader){ .text = text, .len = len, .pos = bom,
	    .line_start = bom, .line = 1, .first = true };
}

/* unicode.IsSpace of Go, in UTF-8. */
size_t
env_space_len(const char *s, size_t avail)
{
	const unsigned char *u = (const unsigned char *)s;

	if (avail == 0)
		return 0;
	if (u[0] == ' ' || (u[0] >= '\t' && u[0] <= '\r'))
		return 1;
	if (avail >= 2 && u[0] == 0xC2 && (u[1] == 0x85 || u[1] == 0xA0))
		return 2;
	if (avail < 3 || u[0] < 0xE1 || u[0] > 0xE3)
		return 0;
	if (memcmp(s, "\xE1\x9A\x80", 3) == 0 ||
	    memcmp(s, "\xE2\x81\x9F", 3) == 0 ||
	    memcmp(s, "\xE3\x80\x80", 3) == 0)
		return 3;
	if (u[0] != 0xE2 || u[1] != 0x80)
		return 0;
	return (u[2] >= 0x80 && u[2] <= 0x8A) || u[2] == 0xA8 ||
	    u[2] == 0xA9 || u[2] == 0xAF ? 3 : 0;
}

/* compose-go's own isSpace: fewer characters, and no end of line. */
size_t
env_blank_len(const char *s, size_t avail)
{
	size_t n = env_space_len(s, avail);

	return n == 3 || (n == 1 && *s == '\n') ? 0 : n;
}

static size_t
blanks_skip(const struct env_reader *r, size_t at)
{
	size_t n;

	while ((n = env_blank_len(r->text + at, r->len - at)) > 0)
		at += n;
	return at;
}

static size_t
space_trim_end(const char *text, size_t start, size_t end)
{
	size_t n = 1;

	while (n <= 3 && end - start >= n) {
		if (env_space_len(text + end - n, n) == n) {
			end -= n;
			n = 1;
		} else
			n++;
	}
	return end;
}

static void
line_begin(struct env_reader *r, size_t at)
{
	r->line++;
	r->line_start = at;
}

static size_t
column_of(const struct env_reader *r, size_t at)
{
	return at - r->line_start + 1;
}

/* Runs over a name to its '=', ':' or end of line; gives where that is. */
static bool
key_scan(struct env_reader *r, size_t *end, struct err *e)
{
	const char	*text = r->text;
	size_t		 n;

	for (*end = r->pos; *end < r->len && text[*end] != '\n';
	    *end += n) {
		unsigned char c = (unsigned char)text[*end];

		n = env_blank_len(text + *end, r->len - *end);
		if (n > 0)
			continue;
		if (c == '=' || c == ':')
			return true;
		n = str_utf8_len(text + *end, r->len - *end);
		if ((n > 1 && env_space_len(text + *end, n) == 0) ||
		    (c >= '0' && c <= '9') ||
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c != '\0' && strchr("_.-[]", c) != NULL))
			continue;
		err_set(e, ERR_ENV, 0, T_ENV_CHAR, r->line,
		    column_of(r, *end));
		return err_hint(e, T_ENV_CHAR_HINT);
	}
	return true;
}

static bool
key_read(struct env_reader *r, struct env_item *item, struct err *e)
{
	static const char	 word[] = "export";
	const size_t		 n = sizeof(word) - 1;
	size_t			 end;

	if (r->len - r->pos > n && memcmp(r->text + r->pos, word, n) == 0 &&
	    r->text[r->pos + n] != '\0' &&
	    strchr("\t\n\f\r ", r->text[r->pos + n]) != NULL)
		r->pos = blanks_skip(r, r->pos + n);
	if (!key_scan(r, &end, e))
		return false;
	item->key = r->pos;
	item->key_end = space_trim_end(r->text, r->pos, end);
	for (size_t i = item->key; i < item->key_end; i++)
		if (env_space_len(r->text + i, item->key_end - i) > 0) {
			err_set(e, ERR_ENV, 0, T_ENV_SPACE, r->line,
			    column_of(r, i));
			return err_hint(e, T_ENV_CHAR_HINT);
		}
	item->kind = end == r->len || r->text[end] == '\n' ?
	    ENV_PASS : ENV_ASSIGN;
	if (item->key == item->key_end &&
	    (item->kind == ENV_ASSIGN || end == r->len)) {
		err_set(e, ERR_ENV, 0, T_ENV_NO_NAME, r->line,
		    column_of(r, end));
		return err_hint(e, T_ENV_CHAR_HINT);
	}
	r->pos = end;
	return true;
}

static bool
quoted_read(struct env_reader *r, struct env_item *item, struct err *e)
{
	struct env_reader	 at = *r;
	const char		*text = r->text;
	char			 quote = text[r->pos];
	size_t			 i = r->pos + 1;

	for (; i < r->len && text[i] != quote; i++) {
		if (text[i] == '\\' && i + 1 < r->len)
			i++;
		if (text[i] == '\n')
			line_begin(&at, i + 1);
	}
	if (i >= r->len)
		return err_set(e, ERR_ENV, 0, T_ENV_UNTERMINATED, r->line,
		    column_of(r, r->pos));
	item->start = r->pos;
	item->end = at.pos = i + 1;
	i = blanks_skip(r, at.pos);
	item->whole_end = i >= r->len || text[i] == '#' || text[i] == '\n' ?
	    lines_next(text, r->len, i) : at.pos;
	*r = at;
	return true;
}

/* To the end of the line, or " #". */
static void
bare_read(struct env_reader *r, struct env_item *item, size_t separator)
{
	const char	*text = r->text;
	const char	*comment;
	size_t		 next = lines_next(text, r->len, r->pos);
	size_t		 end = next;

	comment = memmem(text + r->pos, end - r->pos, " #", 2);
	if (comment != NULL)
		end = (size_t)(comment - text);
	end = space_trim_end(text, r->pos, end);
	item->start = end == r->pos ? separator + 1 : r->pos;
	item->end = end == r->pos ? separator + 1 : end;
	item->whole_end = next;
	r->pos = next > r->pos && text[next - 1] == '\n' ? next - 1 : next;
}

static bool
statement_read(struct env_reader *r, struct env_item *item, struct err *e)
{
	size_t separator;

	item->whole_start = r->first ? r->line_start : r->pos;
	if (!key_read(r, item, e))
		return false;
	r->first = false;
	item->whole_end = lines_next(r->text, r->len, r->pos);
	if (item->kind == ENV_PASS)
		return true;
	separator = r->pos;
	r->pos = blanks_skip(r, separator + 1);
	if (r->pos < r->len &&
	    (r->text[r->pos] == '"' || r->text[r->pos] == '\''))
		return quoted_read(r, item, e);
	bare_read(r, item, separator);
	return true;
}

bool
env_next(struct env_reader *r, struct env_item *item, struct err *e)
{
	size_t n;

	while ((n = env_space_len(r->text + r->pos, r->len - r->pos)) > 0) {
		r->pos += n;
		if (r->text[r->pos - n] == '\n') {
			line_begin(r, r->pos);
			r->first = true;
		}
	}
	*item = (struct env_item){ .kind = ENV_END, .line = r->line,
	    .first = r->first, .start = r->pos };
	if (r->pos == r->len)
		return true;
	if (r->text[r->pos] != '#')
		return statement_read(r, item, e);
	item->kind = ENV_COMMENT;
	item->whole_start = r->line_start;
	item->whole_end = lines_next(r->text, r->len, r->pos);
	item->end = r->text[item->whole_end - 1] == '\n' ?
	    item->whole_end - 1 : item->whole_end;
	r->pos = item->end;
	return true;
}
