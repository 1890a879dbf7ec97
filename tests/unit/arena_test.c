#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stconsole/arena.h"

static void
pieces_are_zeroed_aligned_and_apart(void **state)
{
	struct arena	*a = arena_new();
	unsigned char	*p[300];
	size_t		 i, k;

	(void)state;
	assert_non_null(a);
	for (i = 0; i < 300; i++) {
		p[i] = arena_take(a, i);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
		for (k = 0; k < i; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)(i & 0xff), i);
	}
	for (i = 0; i < 300; i++)
		for (k = 0; k < i; k++)
			assert_int_equal(p[i][k], i & 0xff);
	arena_free(a);
}

static void
a_piece_may_be_larger_than_a_chunk(void **state)
{
	struct arena	*a = arena_new();
	char		*big = arena_take(a, 1 << 20), *small;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', 1 << 20);
	small = arena_dup(a, "hello, all", 5);
	assert_string_equal(small, "hello");
	assert_int_equal(big[(1 << 20) - 1], 'x');
	assert_null(arena_take(a, SIZE_MAX));
	arena_free(a);
	arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
		cmocka_unit_test(a_piece_may_be_larger_than_a_chunk)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
