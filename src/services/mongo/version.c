/*
 * The majors of MongoDB as tables.  Sources: the manual's upgrade, downgrade
 * and compatibility pages of 4.2 to 9.0, the server's own source for the
 * values of featureCompatibilityVersion that it starts with; what real
 * servers of 4.2 to 6.0 did was compared with them.
 */
#include "stconsole/mongo_version.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text_version.def"

/*
 * goes_back and lowers_fcv: up to 6.0 as measured.  7.0 and 8.0 document no
 * way back for Community.  8.3 and 9.0 do again, to an adjacent version; of
 * 8.2 no such page was found, so it is not promised.
 * min_patch: CVE-2025-14847 (memory is disclosed to anybody by a zlib
 * header); 9.0.2: CVE-2026-89099 and the two releases of the same day.
 */
static const struct mongo_major majors[] = {
	{ .name = "4.0", .goes_back = true, .lowers_fcv = true },
	{ .name = "4.2", .from = { "4.0" }, .goes_back = true,
	  .lowers_fcv = true },
	{ .name = "4.4", .from = { "4.2" }, .min_patch = "4.4.30",
	  .goes_back = true, .lowers_fcv = true },
	{ .name = "5.0", .from = { "4.4" }, .min_patch = "5.0.32",
	  .goes_back = true, .lowers_fcv = true, .needs_avx = true },
	{ .name = "6.0", .from = { "5.0" }, .min_patch = "6.0.27",
	  .goes_back = true, .lowers_fcv = true, .needs_avx = true },
	{ .name = "7.0", .from = { "6.0" }, .min_patch = "7.0.28",
	  .confirms = true, .needs_avx = true },
	{ .name = "8.0", .from = { "7.0" }, .min_patch = "8.0.17",
	  .confirms = true, .needs_avx = true },
	{ .name = "8.2", .from = { "8.0" }, .min_patch = "8.2.3",
	  .confirms = true, .needs_avx = true },
	{ .name = "8.3", .from = { "8.0", "8.2" }, .confirms = true,
	  .goes_back = true, .lowers_fcv = true, .needs_avx = true },
	{ .name = "9.0", .from = { "8.0", "8.3" }, .min_patch = "9.0.2",
	  .confirms = true, .goes_back = true, .lowers_fcv = true,
	  .needs_avx = true },
};

/* HCL's matrix is behind a log-in: what its guides and slides say. */
static const struct mongo_sametime sametime[] = {
	{ "12.0.2 FP2", "7.0",
	  "HCL KB0117290, as cited by HCL's upgrade slides", true },
	{ "12.0.2", "6.0",
	  "HCL guide, replica set page (t_create_mongo_replset)", false },
	{ "12.0.1", "4.4",
	  "HCL guide, installation page (installing_mongodb_linux)", false },
	{ "12.0", "4.4",
	  "HCL guide, installation page (installing_mongodb_linux)", false },
};

const struct mongo_sametime *
mongo_sametime_list(size_t *count)
{
	*count = LENGTH(sametime);
	return sametime;
}

const struct mongo_major *
mongo_major_find(const char *name)
{
	size_t	 i;

	for (i = 0; name != NULL && i < LENGTH(majors); i++)
		if (strcmp(majors[i].name, name) == 0)
			return &majors[i];
	return NULL;
}

bool
mongo_major_of(const char *version, char out[MONGO_MAJOR_SIZE])
{
	static const char digits[] = "0123456789";
	size_t	 first = version == NULL ? 0 : strspn(version, digits);
	size_t	 second = first == 0 || version[first] != '.' ? 0 :
	    strspn(version + first + 1, digits);
	size_t	 len = first + 1 + second;

	out[0] = '\0';
	if (second == 0 || len >= MONGO_MAJOR_SIZE)
		return false;
	memcpy(out, version, len);
	out[len] = '\0';
	return true;
}

/* The number at *s, 0 at the end or a suffix; *s is moved behind its dot. */
static unsigned long
number_next(const char **s)
{
	char		*end;
	unsigned long	 n = 0;

	if (**s >= '0' && **s <= '9') {
		n = strtoul(*s, &end, 10);
		*s = end + (*end == '.');
	}
	return n;
}

/* A suffix ("-rc1") comes before the version without it. */
int
mongo_version_compare(const char *a, const char *b)
{
	unsigned long	 x, y;
	int		 i;

	for (i = 0; i < 3; i++) {
		x = number_next(&a);
		y = number_next(&b);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (*b == '-') - (*a == '-');
}

/*
 * The shortest way, found backwards: a straight step wins; majors[].from is
 * sorted, so that 8.0 to 9.0 does not go by 8.3.  *count is where from's
 * successor goes.
 */
static bool
chain_find(const char *from, const struct mongo_major *to,
    const char *chain[MONGO_CHAIN_MAX], size_t *count)
{
	const struct mongo_major *before;
	size_t	 i, begun = *count;
	bool	 found = false;

	for (i = 0; i < LENGTH(to->from) && to->from[i] != NULL; i++)
		found = found || strcmp(to->from[i], from) == 0;
	for (i = 0; !found && i < LENGTH(to->from) && to->from[i] != NULL;
	    i++) {
		before = mongo_major_find(to->from[i]);
		*count = begun;
		found = before != NULL &&
		    mongo_version_compare(from, before->name) < 0 &&
		    chain_find(from, before, chain, count);
	}
	if (found && *count < MONGO_CHAIN_MAX)
		chain[(*count)++] = to->name;
	else
		found = false;
	return found;
}

bool
mongo_chain(const char *from, const char *to,
    const char *chain[MONGO_CHAIN_MAX], size_t *count, struct err *e)
{
	const struct mongo_major *first = mongo_major_find(from);
	const struct mongo_major *last = mongo_major_find(to);

	*count = 0;
	if (first == NULL || last == NULL) {
		err_set(e, ERR_REFUSED, 0, T_CHAIN_UNKNOWN,
		    first == NULL ? from : to);
		return err_hint(e, T_CHAIN_UNKNOWN_HINT, majors[0].name,
		    majors[LENGTH(majors) - 1].name);
	}
	if (first == last) {
		err_set(e, ERR_REFUSED, 0, T_CHAIN_SAME, from);
		return err_hint(e, T_CHAIN_SAME_HINT);
	}
	if (mongo_version_compare(from, to) > 0) {
		err_set(e, ERR_REFUSED, 0, T_CHAIN_BACK, from, to);
		return err_hint(e, T_CHAIN_BACK_HINT);
	}
	if (chain_find(from, last, chain, count))
		return true;
	return err_set(e, ERR_REFUSED, 0, T_CHAIN_NONE, from, to);
}
