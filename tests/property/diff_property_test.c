#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "patch.h"
#include "prng.h"
#include "stconsole/diff.h"

#define ROUNDS	20000

/* Few different lines, so that there are many ways to match them. */
static void
text_generate(struct prng *p, size_t lines, struct buf *out)
{
	static const char *const words[] = { "a\n", "b\n", "\n", "a\r\n",
	    "c \xff\n", "-d\n", "+e\n" };

	buf_reset(out);
	while (lines-- > 0)
		buf_puts(out, prng_pick(p, words));
	if (prng_below(p, 3) == 0)
		buf_puts(out, "no newline");
}

/* The same with some lines dropped, doubled or new. */
static void
text_vary(struct prng *p, const struct buf *text, size_t rarely,
    struct buf *out)
{
	const char	*s = buf_str(text), *stop = s + text->len, *end;

	buf_reset(out);
	for (; s < stop; s = end) {
		end = patch_line_end(s, stop);
		if (prng_below(p, rarely) == 0)
			buf_puts(out, "new\n");
		if (prng_below(p, rarely) != 0)
			buf_add(out, s, (size_t)(end - s));
		if (prng_below(p, rarely) == 0 && end[-1] == '\n')
			buf_add(out, s, (size_t)(end - s));
	}
}

static void
patch_holds(struct prng *p, const struct buf *a, const struct buf *b)
{
	AUTO_BUF struct buf	 diff = BUF_INIT;
	AUTO_BUF struct buf	 out = BUF_INIT;

	CHECK(p, diff_unified("a", "b", buf_str(a), a->len, buf_str(b),
	    b->len, NULL, NULL, &diff, NULL));
	CHECK(p, patch_apply(a, &diff, &out));
	CHECK(p, out.len == b->len &&
	    memcmp(buf_str(&out), buf_str(b), b->len) == 0);
}

static void
applied_diff_gives_the_new_text(void **state)
{
	AUTO_BUF struct buf	 a = BUF_INIT;
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct prng		 p;

	(void)state;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		prng_init(&p, round);
		text_generate(&p, prng_below(&p, 40), &a);
		if (prng_below(&p, 3) == 0)
			text_generate(&p, prng_below(&p, 40), &b);
		else
			text_vary(&p, &a, 2 + prng_below(&p, 20), &b);
		patch_holds(&p, &a, &b);
	}
}

static void
applied_diff_of_long_unlike_texts_gives_the_new_text(void **state)
{
	AUTO_BUF struct buf	 a = BUF_INIT;
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct prng		 p;

	(void)state;
	for (uint64_t round = 0; round < 20; round++) {
		prng_init(&p, round);
		text_generate(&p, 3000, &a);
		text_vary(&p, &a, 2 + prng_below(&p, 4), &b);
		patch_holds(&p, &a, &b);
		text_generate(&p, 2000, &b);
		patch_holds(&p, &a, &b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applied_diff_gives_the_new_text),
		cmocka_unit_test(
		    applied_diff_of_long_unlike_texts_gives_the_new_text),
	};

	return cmocka_run_group_tests_name("diff property", tests, NULL,
	    NULL);
}
