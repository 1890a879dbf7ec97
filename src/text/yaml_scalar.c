/*
 * How a value is written as a YAML scalar, so that every reader sees the
 * same text and type: libyaml and go-yaml resolve by YAML 1.1 (yes, 010,
 * 12:30), others by 1.2.  Where the two differ, text is quoted.
 */
#include <string.h>
#include <strings.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "yml.h"

static bool
is_one_of(const char *s, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcasecmp(s, words[i]) == 0)
			return true;
	return false;
}

static bool
spans(const char *s, const char *accepted)
{
	return *s != '\0' && s[strspn(s, accepted)] == '\0';
}

/* [digits][.digits][e[+-]digits] with at least one digit. */
static bool
is_float(const char *s)
{
	size_t whole = strspn(s, "0123456789_"), part = 0, power;

	s += whole;
	if (*s == '.') {
		part = strspn(++s, "0123456789_");
		s += part;
	}
	if (whole + part == 0)
		return false;
	if (*s != 'e' && *s != 'E')
		return *s == '\0';
	s++;
	s += *s == '+' || *s == '-';
	power = strspn(s, "0123456789");
	return power > 0 && s[power] == '\0';
}

static bool
is_int(const char *s)
{
	if (*s < '0' || *s > '9')
		return false;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return spans(s + 2, "0123456789abcdefABCDEF_");
	if (s[0] == '0' && (s[1] == 'b' || s[1] == 'o'))
		return spans(s + 2, "01234567_");
	/* 1.1 counts to the base of sixty with colons; a port pair may be. */
	return spans(s, "0123456789_:") && s[strlen(s) - 1] != ':';
}

/* 2024-05-01, with or without a time. */
static bool
is_date(const char *s)
{
	size_t year = strspn(s, "0123456789"), month;

	if (year != 4 || s[4] != '-')
		return false;
	month = strspn(s + 5, "0123456789");
	return month >= 1 && month <= 2 && s[5 + month] == '-' &&
	    s[6 + month] >= '0' && s[6 + month] <= '9';
}

enum yml_class
yml_class_of(const char *s)
{
	static const char *const nulls[] = { "", "~", "null" };
	static const char *const bools[] = { "true", "false", "yes", "no",
	    "on", "off", "y", "n" };
	static const char *const floats[] = { ".inf", ".nan" };
	const char *digits = s + (*s == '-' || *s == '+');

	if (is_one_of(s, nulls, LENGTH(nulls)))
		return YML_NULL;
	if (is_one_of(s, bools, LENGTH(bools)))
		return YML_BOOL;
	if (is_int(digits))
		return YML_INT;
	if (is_float(digits) || is_one_of(digits, floats, LENGTH(floats)))
		return YML_FLOAT;
	if (is_date(s) || strcmp(s, "<<") == 0 || strcmp(s, "=") == 0)
		return YML_OTHER;
	return YML_STRING;
}

/*
 * A number or truth value that every reader takes for the same: what a
 * person who types it means.  1.10 is not: a version would become 1.1.
 */
static bool
is_common_literal(const char *s)
{
	size_t n;

	if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0)
		return true;
	s += *s == '-';
	n = strspn(s, "0123456789");
	if (n == 0 || n > 15 || (s[0] == '0' && n > 1))
		return false;
	if (s[n] == '\0')
		return true;
	return s[n] == '.' && spans(s + n + 1, "0123456789") &&
	    s[strlen(s) - 1] != '0' && strlen(s) <= 16;
}

/* Characters that only double quotes can carry, but for the control ones. */
static bool
needs_escape(const char *s, const char *but)
{
	const unsigned char *u = (const unsigned char *)s;

	for (; *u != '\0'; u++) {
		if ((*u < ' ' && strchr(but, *u) == NULL) || *u == 0x7f)
			return true;
		if (u[0] == 0xc2 && u[1] < 0xa0)
			return true;
		if (u[0] == 0xe2 && u[1] == 0x80 && (u[2] & 0xfe) == 0xa8)
			return true;
		if ((u[0] == 0xef && u[1] == 0xbb && u[2] == 0xbf) ||
		    (u[0] == 0xef && u[1] == 0xbf && u[2] >= 0xbe))
			return true;
	}
	return false;
}

static bool
plain_begins_well(const char *s)
{
	if (strncmp(s, "---", 3) == 0 || strncmp(s, "...", 3) == 0)
		return false;
	if (*s == '-')
		return s[1] != '\0' && strchr(" ,[]{}", s[1]) == NULL;
	return strchr("?:,[]{}#&*!|>'\"%@` ", *s) == NULL;
}

static bool
plain_is_safe(const char *s, bool in_flow)
{
	const char *p;

	if (*s == '\0' || !plain_begins_well(s) || needs_escape(s, ""))
		return false;
	if (in_flow && strpbrk(s, ",[]{}?") != NULL)
		return false;
	for (p = s; *p != '\0'; p++) {
		if (*p == ':' && (p[1] == ' ' || p[1] == '\0'))
			return false;
		if (*p == ' ' && (p[1] == '#' || p[1] == '\0'))
			return false;
	}
	return true;
}

static bool
plain_fits(const char *value, enum yml_class was, bool in_flow)
{
	enum yml_class now = yml_class_of(value);

	if (!plain_is_safe(value, in_flow))
		return false;
	if (now == YML_STRING)
		return true;
	if (now == YML_OTHER)
		return false;
	return was != YML_STRING && (now == was || is_common_literal(value));
}

static void
write_single(struct buf *out, const char *value)
{
	buf_putc(out, '\'');
	for (; *value != '\0'; value++) {
		if (*value == '\'')
			buf_putc(out, '\'');
		buf_putc(out, *value);
	}
	buf_putc(out, '\'');
}

/* One character that is more than printable ASCII; its bytes. */
static size_t
write_wide(struct buf *out, const char *s)
{
	const unsigned char	*u = (const unsigned char *)s;
	size_t			 n = str_utf8_len(s, strlen(s));
	char			 one[5] = { 0 };

	n = n == 0 ? 1 : n;
	memcpy(one, s, n);
	if (!needs_escape(one, ""))
		buf_add(out, s, n);
	else if (n == 2)
		buf_printf(out, "\\x%02X", u[1]);
	else if (n == 3)
		buf_printf(out, "\\u%04X", (u[0] & 0xfu) << 12 |
		    (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu));
	return n;
}

static void
write_double(struct buf *out, const char *value)
{
	static const char	 codes[] = "\"\"\\\\n\nt\tr\r";
	const char		*p = value;

	buf_putc(out, '"');
	while (*p != '\0') {
		const char *c = codes;

		while (*c != '\0' && c[1] != *p)
			c += 2;
		if (*c != '\0')
			buf_printf(out, "\\%c", *c);
		else if ((unsigned char)*p < ' ' || *p == 0x7f)
			buf_printf(out, "\\x%02X", *p);
		else if ((unsigned char)*p < 0x80)
			buf_putc(out, *p);
		else {
			p += write_wide(out, p);
			continue;
		}
		p++;
	}
	buf_putc(out, '"');
}

void
yml_scalar_write(struct buf *out, const char *value, enum yml_style style,
    enum yml_class was, bool in_flow)
{
	bool is_single_better = strpbrk(value, "\"\\") != NULL;

	if (style == YML_PLAIN && plain_fits(value, was, in_flow))
		buf_puts(out, value);
	else if ((style == YML_SINGLE ||
	    (style == YML_PLAIN && is_single_better)) &&
	    !needs_escape(value, "\t"))
		write_single(out, value);
	else
		write_double(out, value);
}

bool
yml_block_fits(const char *value)
{
	const char	*first = value + strspn(value, "\n");
	const char	*last;

	/* The first line tells the indentation, the last one the chomping. */
	if (*first == '\0' || *first == ' ' || *first == '\t' ||
	    str_ends(value, "\n\n"))
		return false;
	last = strrchr(first, '\n');
	if (last != NULL && last[1] != '\0' &&
	    last[1 + strspn(last + 1, " \t")] == '\0')
		return false;
	return !needs_escape(value, "\t\n");
}
