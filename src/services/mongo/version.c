/*
 * The majors and the way from one to the next.  Sources: the manual's pages
 * "Upgrade a Replica Set to X" and "X Compatibility Changes"; which binary
 * starts on which featureCompatibilityVersion was seen up to 6.0.
 */
#include "stconsole/mongo_version.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_set.def"

/* Oldest first.  min_patch: CVE-2025-14847; 9.0: CVE-2026-89099. */
static const struct mongo_major majors[] = {
	{ .name = "4.0", .from = { "4.0" } },
	{ .name = "4.2", .from = { "4.0", "4.2" }, .goes_back = true,
	  .lowers_fcv = true },
	{ .name = "4.4", .from = { "4.2", "4.4" }, .min_patch = "4.4.30",
	  .goes_back = true, .lowers_fcv = true },
	{ .name = "5.0", .from = { "4.4", "5.0" }, .min_patch = "5.0.32",
	  .goes_back = true, .lowers_fcv = true, .needs_avx = true },
	{ .name = "6.0", .from = { "5.0", "6.0" }, .min_patch = "6.0.27",
	  .goes_back = true, .lowers_fcv = true, .needs_avx = true },
	{ .name = "7.0", .from = { "6.0", "7.0" }, .min_patch = "7.0.28",
	  .confirms = true, .needs_avx = true },
	{ .name = "8.0", .from = { "7.0", "8.0" }, .min_patch = "8.0.17",
	  .confirms = true, .needs_avx = true },
	{ .name = "8.2", .from = { "8.0", "8.2" }, .min_patch = "8.2.3",
	  .confirms = true, .needs_avx = true },
	{ .name = "8.3", .from = { "8.0", "8.2", "8.3" }, .confirms = true,
	  .goes_back = true, .lowers_fcv = true, .needs_avx = true },
	{ .name = "9.0", .from = { "8.0", "8.3", "9.0" },
	  .min_patch = "9.0.1", .confirms = true, .goes_back = true,
	  .lowers_fcv = true, .needs_avx = true },
};

static const struct mongo_sametime sametime[] = {
	{ "12.0.2 FP2", "7.0", "HCL KB0117290", true },
	{ "12.0.2", "6.0", "HCL guide, replica set page", false },
	{ "12.0", "4.4", "HCL guide, installing MongoDB", false },
};

const struct mongo_major *
mongo_major_find(const char *name)
{
	size_t	 i;

	for (i = 0; i < LENGTH(majors); i++)
		if (str_equal(majors[i].name, name))
			return &majors[i];
	return NULL;
}

bool
mongo_major_of(const char *version, char out[MONGO_MAJOR_SIZE])
{
	size_t	 major = strspn(version, "0123456789");
	size_t	 minor = version[major] != '.' ? 0 :
	    strspn(version + major + 1, "0123456789");

	out[0] = '\0';
	if (major == 0 || minor == 0 || major + 1 + minor >= MONGO_MAJOR_SIZE)
		return false;
	snprintf(out, MONGO_MAJOR_SIZE, "%.*s", (int)(major + 1 + minor),
	    version);
	return true;
}

int
mongo_version_compare(const char *a, const char *b)
{
	char	*end_a, *end_b;
	long	 x, y;

	for (;;) {
		x = strtol(a, &end_a, 10);
		y = strtol(b, &end_b, 10);
		if (x != y)
			return x < y ? -1 : 1;
		if (*end_a != '.' || *end_b != '.')
			return (*end_a == '.') - (*end_b == '.');
		a = end_a + 1;
		b = end_b + 1;
	}
}

static bool
major_starts_with(const struct mongo_major *m, const char *fcv)
{
	size_t	 i;

	for (i = 0; i < LENGTH(m->from) && m->from[i] != NULL; i++)
		if (strcmp(m->from[i], fcv) == 0)
			return true;
	return false;
}

/*
 * Backwards from the goal, by the oldest major that each starts with: fewest
 * hops, and none that the manual does not have.
 */
static size_t
chain_back(const struct mongo_major *from, const struct mongo_major *to,
    const char *back[MONGO_CHAIN_MAX])
{
	const struct mongo_major *at = to;
	size_t	 n = 0;

	while (at != from && n < MONGO_CHAIN_MAX) {
		back[n++] = at->name;
		if (major_starts_with(at, from->name))
			return n;
		if (str_equal(at->from[0], at->name))
			return 0;
		at = mongo_major_find(at->from[0]);
		if (at == NULL || at < from)
			return 0;
	}
	return at == from ? n : 0;
}

bool
mongo_chain(const char *from, const char *to,
    const char *chain[MONGO_CHAIN_MAX], size_t *count, struct err *e)
{
	const struct mongo_major *a = mongo_major_find(from);
	const struct mongo_major *b = mongo_major_find(to);
	const char	*back[MONGO_CHAIN_MAX];
	size_t		 i;

	*count = 0;
	if (a == NULL || b == NULL) {
		err_set(e, ERR_REFUSED, 0, T_CHAIN_UNKNOWN, a == NULL ?
		    from : to);
		return err_hint(e, T_CHAIN_HINT);
	}
	if (b < a) {
		err_set(e, ERR_REFUSED, 0, T_CHAIN_BACK, to, from);
		return err_hint(e, T_CHAIN_HINT);
	}
	if (a == b)
		return true;
	*count = chain_back(a, b, back);
	if (*count == 0) {
		err_set(e, ERR_REFUSED, 0, T_CHAIN_NONE, from, to);
		return err_hint(e, T_CHAIN_HINT);
	}
	for (i = 0; i < *count; i++)
		chain[i] = back[*count - 1 - i];
	return true;
}

const struct mongo_sametime *
mongo_sametime_list(size_t *count)
{
	*count = LENGTH(sametime);
	return sametime;
}
