/*
 * Values of env files: what compose reads, and a spelling that it reads back.
 * The steps are compose-go's (see env.c): quotes, then escapes, then $.
 */
#include "env.h"

#include <string.h>

#include "stconsole/str.h"

static bool
is_octal(const char *digits, size_t n)
{
	return n == 3 && digits[0] <= '3' && digits[1] <= '7' &&
	    digits[2] <= '7';
}

/* \0ddd is a character up to U+00FF; others lose the 0, as in compose-go. */
static size_t
octal_read(const char *s, size_t avail, struct buf *out)
{
	size_t		 n = 0;
	unsigned	 c;

	while (n < 3 && 2 + n < avail && s[2 + n] >= '0' && s[2 + n] <= '9')
		n++;
	if (!is_octal(s + 2, n)) {
		buf_putc(out, '\\');
		buf_add(out, s + 2, n);
		return 2 + n;
	}
	c = (unsigned)(s[2] - '0') * 64 + (unsigned)(s[3] - '0') * 8 +
	    (unsigned)(s[4] - '0');
	if (c >= 0x80)
		buf_putc(out, (char)(0xC0 | c >> 6));
	buf_putc(out, (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c));
	return 2 + n;
}

static void
escapes_read(const char *s, size_t len, struct buf *out)
{
	static const char	 from[] = "abfnrtv\\\"";
	static const char	 to[] = "\a\b\f\n\r\t\v\\\"";
	const char		*found;

	for (size_t i = 0; i < len; ) {
		if (s[i] != '\\' || i + 1 == len) {
			buf_putc(out, s[i++]);
			continue;
		}
		if (s[i + 1] == '0') {
			i += octal_read(s + i, len - i, out);
			continue;
		}
		found = s[i + 1] != '\0' ? strchr(from, s[i + 1]) : NULL;
		if (found != NULL)
			buf_putc(out, to[found - from]);
		else if (s[i + 1] == '$')
			buf_puts(out, "$$");
		else {
			buf_putc(out, s[i++]);
			continue;
		}
		i += 2;
	}
}

/* A backslash before the quote goes; every other one stays for later. */
static void
quotes_read(const char *s, size_t len, char quote, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len) {
			if (s[i + 1] != quote)
				buf_putc(out, s[i]);
			i++;
		}
		buf_putc(out, s[i]);
	}
}

/* The length of ${...} at s with what is nested in it; 0 without an end. */
static size_t
braces_len(const char *s, size_t avail)
{
	size_t depth = 0;

	for (size_t i = 1; i < avail; i++) {
		if (s[i] == '{')
			depth++;
		if (s[i] == '}' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* $$ is a $; a reference stays as it is written. */
static void
dollars_read(const char *s, size_t len, struct buf *out)
{
	bool	 open = true;	/* a brace may still find its end */
	size_t	 n;

	for (size_t i = 0; i < len; i += n) {
		n = 1;
		if (s[i] == '$' && i + 1 < len && s[i + 1] == '{' && open) {
			n = braces_len(s + i, len - i);
			open = n > 0;
			n = n > 0 ? n : 1;
		}
		buf_add(out, s + i, n);
		if (s[i] == '$' && i + 1 < len && s[i + 1] == '$')
			n = 2;
	}
}

void
env_value_read(const char *raw, size_t len, struct buf *out,
    struct buf *scratch)
{
	char quote = len > 0 && (*raw == '"' || *raw == '\'') ? *raw : 0;

	buf_reset(out);
	buf_reset(scratch);
	if (quote == 0) {
		dollars_read(raw, len, out);
		return;
	}
	quotes_read(raw + 1, len - 2, quote, out);
	if (quote == '\'')
		return;
	escapes_read(buf_str(out), out->len, scratch);
	buf_reset(out);
	dollars_read(buf_str(scratch), scratch->len, out);
	if (scratch->failed)
		out->failed = true;
}

/* A $ that compose would take for the beginning of something. */
static bool
is_dollar_live(const char *s)
{
	unsigned char next = (unsigned char)s[1];

	return *s == '$' && (next == '$' || next == '{' || next == '_' ||
	    (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
	    next >= 0x80);
}

/*
 * Stricter than compose needs: a # at the beginning or after any white space
 * is a comment to other readers of the same file.
 */
static bool
is_bare(const char *value)
{
	size_t	 len = strlen(value);
	bool	 after_space = true;

	if (*value == '"' || *value == '\'' || env_space_len(value, len) > 0)
		return false;
	for (size_t n = 1; n <= 3 && n <= len; n++)
		if (env_space_len(value + len - n, n) == n)
			return false;
	for (const char *s = value; *s != '\0'; s++) {
		if ((*s == '#' && after_space) || is_dollar_live(s) ||
		    *s == '\n' || *s == '\r')
			return false;
		after_space = *s == ' ' || *s == '\t';
	}
	return true;
}

/*
 * In single quotes \ cannot be doubled: an odd run of them would swallow the
 * quote behind it.
 */
static bool
is_single(const char *value)
{
	bool odd = false;

	for (; *value != '\0'; value++) {
		if (*value == '\n' || *value == '\r' ||
		    (*value == '\'' && odd))
			return false;
		odd = *value == '\\' && !odd;
	}
	return !odd;
}

static void
single_write(const char *value, struct buf *out)
{
	buf_putc(out, '\'');
	for (; *value != '\0'; value++) {
		if (*value == '\'')
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
	buf_putc(out, '\'');
}

static void
double_write(const char *value, struct buf *out)
{
	buf_putc(out, '"');
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			buf_puts(out, "\\n");
		else if (*value == '\r')
			buf_puts(out, "\\r");
		else {
			if (strchr("\"\\$", *value) != NULL)
				buf_putc(out, '\\');
			buf_putc(out, *value);
		}
	}
	buf_putc(out, '"');
}

void
env_value_write(const char *value, char quote, struct buf *out)
{
	bool single = is_single(value);

	if (quote == 0 && is_bare(value))
		buf_puts(out, value);
	else if (single && (quote != '"' || strchr(value, '$') != NULL))
		single_write(value, out);
	else
		double_write(value, out);
}
