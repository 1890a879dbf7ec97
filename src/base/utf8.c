#include "stconsole/utf8.h"

#include <stdint.h>
#include <string.h>
#include <unictype.h>
#include <unigbrk.h>
#include <unistr.h>
#include <wchar.h>

#include "stconsole/str.h"

#define DOTTED_CIRCLE	"\xe2\x97\x8c"

/* One character of the text, or a byte that is none. */
struct character {
	ucs4_t	 code;
	size_t	 len;
	bool	 is_control;	/* or broken: alone, and never shown */
};

/* s[0] is not NUL; nothing from avail on is looked at. */
static struct character
character_at(const char *s, size_t avail)
{
	struct character c = { .len = str_utf8_len(s, avail) };

	if (c.len == 0)
		return (struct character){ .len = 1, .is_control = true };
	(void)u8_mbtouc(&c.code, (const uint8_t *)s, c.len);
	c.is_control = c.code < 0x20 || (c.code >= 0x7f && c.code < 0xa0);
	return c;
}

/* No character is longer than 4 bytes: a long text is not measured. */
static struct character
character_next(const char *s)
{
	return character_at(s, strnlen(s, 4));
}

/*
 * The character that ends at at, which is behind start; when at is inside of
 * one that, with the length of its part before at.
 */
static struct character
character_back(const char *start, const char *at)
{
	size_t			 n, most = at - start > 4 ? 4 :
				    (size_t)(at - start);
	struct character	 c;

	if (((unsigned char)at[0] & 0xc0) == 0x80)
		for (n = 1; n <= most; n++) {
			c = character_next(at - n);
			if (c.len <= n)
				continue;
			c.len = n;
			return c;
		}
	for (n = 1; n <= most; n++)
		if (str_utf8_len(at - n, n) == n)
			return character_at(at - n, n);
	return character_at(at - 1, 1);
}

static bool
is_ascii(char c)
{
	return ((unsigned char)c & 0x80) == 0;
}

/* A cluster of its own, told without a table: nothing joins to ASCII. */
static bool
is_plain(const char *s)
{
	return s[0] >= 0x20 && s[0] < 0x7f && is_ascii(s[1]);
}

/* How many of these, at most, stand at s: each is a byte and a column. */
static size_t
plain_run(const char *s, size_t most)
{
	size_t n = 0;

	while (n < most && is_plain(s + n))
		n++;
	return n;
}

/* glibc's wide characters are Unicode in every locale. */
static int
columns_of(ucs4_t code)
{
	return wcwidth((wchar_t)code);
}

static bool
is_regional(ucs4_t code)
{
	return code >= 0x1f1e6 && code <= 0x1f1ff;
}

static bool
is_joiner(ucs4_t code)
{
	return code == 0x200d;
}

/*
 * Takes part in shaping or order, but no terminal cell shows it.  Signs that
 * are prepended to digits (U+0600) are format characters and yet seen; the
 * filler for a vowel of Hangul holds a syllable together.
 */
static bool
is_dropped(ucs4_t code)
{
	if (code < 0xa0)
		return false;
	if (uc_is_general_category_withtable(code, UC_CATEGORY_MASK_Cf))
		return uc_graphemeclusterbreak_property(code) != GBP_PREPEND;
	return columns_of(code) == 0 &&
	    uc_is_property_default_ignorable_code_point(code) &&
	    uc_graphemeclusterbreak_property(code) != GBP_V;
}

/* A cluster as far as it was read. */
struct cluster {
	ucs4_t	 last;
	size_t	 regional;	/* how many in a row */
	bool	 is_emoji;	/* its end is one, with marks or a joiner */
};

static void
cluster_add(struct cluster *k, ucs4_t code)
{
	k->regional = is_regional(code) ? k->regional + 1 : 0;
	if (uc_is_property_extended_pictographic(code))
		k->is_emoji = true;
	else if (!is_joiner(code) &&
	    uc_graphemeclusterbreak_property(code) != GBP_EXTEND)
		k->is_emoji = false;
	k->last = code;
}

/* The rules GB11 to GB13 look at more than two characters. */
static bool
cluster_joins(const struct cluster *k, ucs4_t code)
{
	if (is_regional(code) && k->regional % 2 == 1)
		return true;
	if (k->is_emoji && is_joiner(k->last) &&
	    uc_is_property_extended_pictographic(code))
		return true;
	if (uc_is_grapheme_break(k->last, code))
		return false;
	if (k->is_emoji && uc_is_property_emoji_modifier(code))
		return true;
	return columns_of(code) == 0;
}

size_t
utf8_cluster(const char *s)
{
	struct cluster		 k = { 0 };
	struct character	 c;
	size_t			 len;

	if (s[0] == '\0')
		return 0;
	if (is_plain(s))
		return 1;
	c = character_next(s);
	if (c.is_control)
		return c.len;
	cluster_add(&k, c.code);
	for (len = c.len; s[len] != '\0'; len += c.len) {
		c = character_next(s + len);
		if (c.is_control || len + c.len > UTF8_CLUSTER_MAX ||
		    !cluster_joins(&k, c.code))
			break;
		cluster_add(&k, c.code);
	}
	return len;
}

/* Whatever stands around the two, a cluster ends between them. */
static bool
is_boundary(const struct character *a, const struct character *b)
{
	if (a->is_control || b->is_control)
		return true;
	if (is_joiner(a->code) || (is_regional(a->code) &&
	    is_regional(b->code)))
		return false;
	return uc_is_grapheme_break(a->code, b->code);
}

/* Back to where a cluster begins for certain, and on from there. */
size_t
utf8_cluster_back(const char *start, const char *at)
{
	struct character	 before, c;
	const char		*from;
	size_t			 n;

	if (at == start)
		return 0;
	c = character_back(start, at);
	for (from = at - c.len; from > start; from -= c.len) {
		before = character_back(start, from);
		if (is_boundary(&before, &c))
			break;
		c = before;
	}
	for (;;) {
		n = utf8_cluster(from);
		if (n == 0 || from + n >= at)
			return (size_t)(at - from);
		from += n;
	}
}

size_t
utf8_cluster_columns(const char *s, size_t bytes)
{
	struct character	 c;
	size_t			 i;
	int			 columns;

	if (bytes == 1)
		return 1;
	for (i = 0; i < bytes; i += c.len) {
		c = character_at(s + i, bytes - i);
		if (c.is_control)
			return 1;
		if (is_dropped(c.code))
			continue;
		columns = columns_of(c.code);
		return columns < 1 ? 1 : (size_t)columns;
	}
	return 0;
}

static size_t
put(char *out, size_t len, const char *s, size_t n)
{
	memcpy(out + len, s, n);
	out[len + n] = '\0';
	return len + n;
}

size_t
utf8_cluster_show(const char *s, size_t bytes, char out[UTF8_CLUSTER_SHOWN])
{
	struct character	 c;
	size_t			 len = 0, marks = 0, i;
	int			 columns;

	out[0] = '\0';
	for (i = 0; i < bytes; i += c.len) {
		c = character_at(s + i, bytes - i);
		if (is_dropped(c.code))
			continue;
		columns = c.is_control ? -1 : columns_of(c.code);
		if (columns < 0 && len == 0)
			return put(out, 0, s[i] == '\t' || s[i] == '\n' ?
			    " " : "?", 1);
		if (columns != 0 && len > 0)
			continue;
		if (columns == 0 && len == 0)
			len = put(out, 0, DOTTED_CIRCLE,
			    strlen(DOTTED_CIRCLE));
		if (columns == 0 && marks++ == UTF8_CLUSTER_MARKS)
			break;
		len = put(out, len, s + i, c.len);
	}
	return len;
}

bool
utf8_cluster_is_word(const char *s, size_t bytes)
{
	struct character c;

	if (bytes == 0)
		return false;
	c = character_at(s, bytes);
	return !c.is_control && (c.code == '_' || uc_is_alnum(c.code));
}

size_t
utf8_columns(const char *s)
{
	size_t columns = 0, n;

	for (;;) {
		n = plain_run(s, SIZE_MAX);
		columns += n;
		s += n;
		n = utf8_cluster(s);
		if (n == 0)
			return columns;
		columns += utf8_cluster_columns(s, n);
		s += n;
	}
}

size_t
utf8_fit(const char *s, size_t columns, size_t *used)
{
	size_t len = 0, sum = 0, n, w;

	for (;;) {
		n = plain_run(s + len, columns - sum);
		len += n;
		sum += n;
		n = utf8_cluster(s + len);
		w = utf8_cluster_columns(s + len, n);
		if (n == 0 || sum + w > columns)
			break;
		len += n;
		sum += w;
	}
	if (used != NULL)
		*used = sum;
	return len;
}
