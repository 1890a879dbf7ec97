/*
 * The hash of a collection: each document's XXH3-128 (xxHash 0.8, seed 0;
 * github.com/Cyan4973/xxHash, doc/xxhash_spec.md), added up modulo 2^128, so
 * that the order of the documents does not count and one can be taken out
 * again.  It proves copies against mistakes, not against somebody who builds
 * collisions.  SHA-256 would cost more than all the rest of a dump.
 */
#include <inttypes.h>
#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "stconsole/mongo_copy.h"

static void
sum_add(struct mongo_hash *h, uint64_t lo, uint64_t hi)
{
	h->lo += lo;
	h->hi += hi + (h->lo < lo);
}

void
mongo_hash_add(struct mongo_hash *h, const uint8_t *data, size_t len)
{
	const XXH128_hash_t	 x = XXH3_128bits(data, len);

	sum_add(h, x.low64, x.high64);
	h->count++;
	h->bytes += len;
}

void
mongo_hash_remove(struct mongo_hash *h, const uint8_t *data, size_t len)
{
	const XXH128_hash_t	 x = XXH3_128bits(data, len);

	h->hi -= x.high64 + (h->lo < x.low64);
	h->lo -= x.low64;
	h->count--;
	h->bytes -= len;
}

void
mongo_hash_join(struct mongo_hash *h, const struct mongo_hash *more)
{
	sum_add(h, more->lo, more->hi);
	h->count += more->count;
	h->bytes += more->bytes;
}

bool
mongo_hash_is_equal(const struct mongo_hash *a, const struct mongo_hash *b)
{
	return a->lo == b->lo && a->hi == b->hi && a->count == b->count &&
	    a->bytes == b->bytes;
}

void
mongo_hash_text(const struct mongo_hash *h, char out[MONGO_HASH_TEXT])
{
	snprintf(out, MONGO_HASH_TEXT, "%016" PRIx64 "%016" PRIx64, h->hi,
	    h->lo);
}
