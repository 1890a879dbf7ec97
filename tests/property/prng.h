/*
 * Numbers that look random and come again with their seed (splitmix64).
 * PROPERTY_SEED=N in the environment starts elsewhere; a failed CHECK names
 * the seed of its round.
 */
#ifndef STCONSOLE_TESTS_PRNG_H
#define STCONSOLE_TESTS_PRNG_H

#include <stdint.h>
#include <stdlib.h>

struct prng {
	uint64_t	 seed, state;
};

#define CHECK(p, condition) do {					\
	if (!(condition))						\
		fail_msg("PROPERTY_SEED=%llu: %s",			\
		    (unsigned long long)(p)->seed, #condition);		\
} while (0)

static inline void
prng_init(struct prng *p, uint64_t round)
{
	const char *start = getenv("PROPERTY_SEED");

	p->seed = (start != NULL ? strtoull(start, NULL, 10) : 1) + round;
	p->state = p->seed;
}

static inline uint64_t
prng_next(struct prng *p)
{
	uint64_t z = (p->state += 0x9E3779B97F4A7C15u);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

/* From 0 to below n. */
static inline size_t
prng_below(struct prng *p, size_t n)
{
	return (size_t)(prng_next(p) % n);
}

/* One of the strings of an array. */
#define prng_pick(p, array) \
	((array)[prng_below(p, sizeof(array) / sizeof((array)[0]))])

#endif
