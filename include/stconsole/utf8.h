/*
 * Text as terminals show it: in clusters (what a person takes for one
 * character, UAX 29) and in columns (wcwidth(3), as ncurses measures).
 *
 * A cluster fits one cell of a screen: one spacing character with its marks.
 * It is an extended grapheme cluster of UAX 29 but for these:
 *   - a control character (CR and LF too) and a byte that is no UTF-8 stand
 *     alone;
 *   - what takes columns of its own begins one: spacing vowel signs (Tamil,
 *     Devanagari), halfwidth voiced marks, the digits behind a prepended
 *     sign.  In one cell with another they would not be seen.  Emoji that
 *     are joined (ZWJ), flags and skin tones stay one: they are shown as
 *     their first;
 *   - one longer than UTF8_CLUSTER_MAX bytes is cut there.
 * The boundaries found from any boundary on are those found from the start.
 *
 * wcwidth() needs an LC_CTYPE of UTF-8, which main sets.  Without it every
 * character beyond ASCII is a cluster, takes one column and is shown as '?';
 * only what is dropped (utf8_cluster_show) still is.
 * All functions keep nothing and may be called from any thread.
 */
#ifndef STCONSOLE_UTF8_H
#define STCONSOLE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the longest cluster; UAX 15 calls 30 marks enough for any. */
#define UTF8_CLUSTER_MAX	128
/* A character, as many marks as a cell of ncurses holds, and NUL. */
#define UTF8_CLUSTER_MARKS	4
#define UTF8_CLUSTER_SHOWN	(4 + 4 * UTF8_CLUSTER_MARKS + 1)

/* Bytes of the cluster that begins at s (NUL-terminated), 0 at the end. */
size_t	 utf8_cluster(const char *s);
/*
 * Bytes of the cluster that ends at at, in the NUL-terminated text that
 * begins at start; 0 when at is start.  When at is inside of a cluster: of
 * its part before at.
 */
size_t	 utf8_cluster_back(const char *start, const char *at);
/*
 * Columns of the one cluster of that many bytes, 0 to 2.  Control characters,
 * broken bytes and what the locale does not know take 1 (shown as '?'); 0 is
 * for one of which nothing is shown (a joiner, a bidi control alone).
 */
size_t	 utf8_cluster_columns(const char *s, size_t bytes);
/*
 * What goes to a screen cell for that cluster, with a NUL behind it.  Returns
 * its length, 0 when it takes no columns.  Tab and newline become a space,
 * other controls, broken bytes and unknown characters '?'; joiners, variation
 * selectors, bidi controls and other format characters (Cf) are dropped.  A
 * mark without a character to stand on gets U+25CC.
 */
size_t	 utf8_cluster_show(const char *s, size_t bytes,
	     char out[UTF8_CLUSTER_SHOWN]);
/* Whether it begins with a letter, a digit or '_': part of a word. */
bool	 utf8_cluster_is_word(const char *s, size_t bytes);
/* Columns of a NUL-terminated text. */
size_t	 utf8_columns(const char *s);
/*
 * Bytes of the longest beginning of whole clusters that takes at most that
 * many columns.  used may be NULL, else gets the columns it takes.
 */
size_t	 utf8_fit(const char *s, size_t columns, size_t *used);

#endif
