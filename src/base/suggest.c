/*
 * What somebody may have meant: the edit distance in which two swapped
 * letters count once (optimal string alignment).  Words are short; longer
 * ones than WORD_MAX are never near.
 */
#include "stconsole/suggest.h"

#include <string.h>

#define WORD_MAX	64

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t
suggest_distance(const char *a, const char *b, size_t limit)
{
	size_t	 row[3][WORD_MAX + 1];
	size_t	*two = row[0], *last = row[1], *now = row[2], *t;
	size_t	 la = strlen(a), lb = strlen(b), i, j;

	if (la > WORD_MAX || lb > WORD_MAX)
		return limit;
	memset(row, 0, sizeof(row));
	for (j = 0; j <= lb; j++)
		last[j] = j;
	for (i = 1; i <= la; i++) {
		now[0] = i;
		for (j = 1; j <= lb; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < now[j])
				now[j] = two[j - 2] + 1;
		}
		t = two;
		two = last;
		last = now;
		now = t;
	}
	return last[lb] < limit ? last[lb] : limit;
}

const char *
suggest_nearest(const char *word, const char *const *names, size_t count)
{
	size_t		 limit = strlen(word) / 3 + 1, best = limit, d, i;
	const char	*found = NULL;

	for (i = 0; i < count; i++) {
		d = suggest_distance(word, names[i], limit);
		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}
