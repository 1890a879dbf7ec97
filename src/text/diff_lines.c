/*
 * Myers' middle snake, found from both ends at once; the box is then split
 * there.  The right part is done by the loop, the left by recursion: with
 * the bound on the number of edits the depth stays below log2 of the bound
 * plus one for the two halves of a cut.
 */
#include "diff_lines.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Edits looked for before a box is cut where the search has got furthest. */
#define COST_MAX	128
#define V_SIZE		(2 * COST_MAX + 3)
#define V_ZERO		(COST_MAX + 1)

struct search {
	struct diff_line	*a, *b;
	ptrdiff_t		 forward[V_SIZE], backward[V_SIZE];
};

struct box {
	ptrdiff_t	 a0, a1, b0, b1;
};

static uint32_t
line_hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h;
}

bool
diff_side_init(struct diff_side *side, const char *text, size_t len,
    struct err *e)
{
	size_t n = 0, at = 0;

	*side = (struct diff_side){ NULL, 0 };
	for (const char *s = text; (size_t)(s - text) < len; n++) {
		const char *end = memchr(s, '\n', len - (size_t)(s - text));

		s = end == NULL ? text + len : end + 1;
	}
	if (n == 0)
		return true;
	side->lines = calloc(n, sizeof(*side->lines));
	if (side->lines == NULL)
		return err_nomem(e);
	for (side->n = 0; side->n < n; side->n++) {
		struct diff_line *line = &side->lines[side->n];
		const char	 *end = memchr(text + at, '\n', len - at);

		line->s = text + at;
		line->len = end == NULL ? len - at :
		    (size_t)(end - line->s) + 1;
		line->hash = line_hash(line->s, line->len);
		at += line->len;
	}
	return true;
}

void
diff_side_fini(struct diff_side *side)
{
	free(side->lines);
	*side = (struct diff_side){ NULL, 0 };
}

static bool
is_equal(const struct search *s, ptrdiff_t x, ptrdiff_t y)
{
	const struct diff_line *a = &s->a[x], *b = &s->b[y];

	return a->hash == b->hash && a->len == b->len &&
	    memcmp(a->s, b->s, a->len) == 0;
}

/* Counted from the beginning of the box, or from its end. */
static bool
is_equal_in(const struct search *s, const struct box *box, bool reverse,
    ptrdiff_t x, ptrdiff_t y)
{
	if (reverse)
		return is_equal(s, box->a1 - 1 - x, box->b1 - 1 - y);
	return is_equal(s, box->a0 + x, box->b0 + y);
}

/*
 * How far one gets on each diagonal k = x - y with one more edit; v[k] is x,
 * or -1 where the diagonal cannot be reached inside the box.
 */
static void
search_step(struct search *s, const struct box *box, ptrdiff_t cost,
    bool reverse)
{
	ptrdiff_t	*v = (reverse ? s->backward : s->forward) + V_ZERO;
	ptrdiff_t	 n = box->a1 - box->a0, m = box->b1 - box->b0;

	v[-cost - 1] = v[cost + 1] = -1;
	for (ptrdiff_t k = -cost; k <= cost; k += 2) {
		ptrdiff_t x = cost == 0 ? 0 : -1;

		if (cost > 0 && v[k + 1] - k <= m)
			x = v[k + 1];
		if (cost > 0 && v[k - 1] >= x && v[k - 1] >= 0 &&
		    v[k - 1] < n)
			x = v[k - 1] + 1;
		while (x >= 0 && x < n && x - k < m &&
		    is_equal_in(s, box, reverse, x, x - k))
			x++;
		v[k] = x;
	}
}

/* Where the two searches have met, seen from the one that moved last. */
static bool
search_has_met(const struct search *s, const struct box *box, ptrdiff_t cost,
    bool reverse, ptrdiff_t *x, ptrdiff_t *y)
{
	const ptrdiff_t	*f = s->forward + V_ZERO;
	const ptrdiff_t	*r = s->backward + V_ZERO;
	const ptrdiff_t	*mine = reverse ? r : f, *other = reverse ? f : r;
	ptrdiff_t	 n = box->a1 - box->a0, m = box->b1 - box->b0;
	ptrdiff_t	 reach = reverse ? cost : cost - 1;

	if (((n - m) % 2 == 0) != reverse)
		return false;
	for (ptrdiff_t k = -cost; k <= cost; k += 2) {
		ptrdiff_t k2 = n - m - k;

		if (mine[k] < 0 || k2 < -reach || k2 > reach ||
		    other[k2] < 0 || mine[k] + other[k2] < n)
			continue;
		*x = reverse ? n - mine[k] : mine[k];
		*y = reverse ? m - (mine[k] - k) : mine[k] - k;
		return true;
	}
	return false;
}

/* A point of the way through the box, not one of its two ends. */
static void
split_find(struct search *s, const struct box *box, ptrdiff_t *x,
    ptrdiff_t *y)
{
	const ptrdiff_t	*f = s->forward + V_ZERO;
	ptrdiff_t	 best = -1;

	for (ptrdiff_t cost = 0; cost <= COST_MAX; cost++) {
		search_step(s, box, cost, false);
		if (search_has_met(s, box, cost, false, x, y))
			return;
		search_step(s, box, cost, true);
		if (search_has_met(s, box, cost, true, x, y))
			return;
	}
	for (ptrdiff_t k = -COST_MAX; k <= COST_MAX; k += 2) {
		if (f[k] < 0 || 2 * f[k] - k <= best)
			continue;
		best = 2 * f[k] - k;
		*x = f[k];
		*y = f[k] - k;
	}
}

static void
box_trim(const struct search *s, struct box *box)
{
	while (box->a0 < box->a1 && box->b0 < box->b1 &&
	    is_equal(s, box->a0, box->b0)) {
		box->a0++;
		box->b0++;
	}
	while (box->a0 < box->a1 && box->b0 < box->b1 &&
	    is_equal(s, box->a1 - 1, box->b1 - 1)) {
		box->a1--;
		box->b1--;
	}
}

static void
box_mark(struct search *s, struct box box)
{
	ptrdiff_t	 x = 0, y = 0;

	for (;;) {
		box_trim(s, &box);
		if (box.a0 == box.a1 || box.b0 == box.b1)
			break;
		split_find(s, &box, &x, &y);
		box_mark(s, (struct box){ box.a0, box.a0 + x,
		    box.b0, box.b0 + y });
		box.a0 += x;
		box.b0 += y;
	}
	for (; box.a0 < box.a1; box.a0++)
		s->a[box.a0].changed = true;
	for (; box.b0 < box.b1; box.b0++)
		s->b[box.b0].changed = true;
}

void
diff_lines_mark(struct diff_side *a, struct diff_side *b)
{
	struct search s = { .a = a->lines, .b = b->lines };

	box_mark(&s, (struct box){ 0, (ptrdiff_t)a->n,
	    0, (ptrdiff_t)b->n });
}
