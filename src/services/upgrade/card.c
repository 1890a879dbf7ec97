/*
 * The rollback card: what still leads back at each point (mongodb.md 1.6, and
 * what 4.2 to 6.0 were seen to do, mongodb-real.md C and K 26).
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/mongo_version.h"
#include "stconsole/msg.h"

#include "steps.h"
#include "text_steps.def"

void
card_before(const char *from, const char *to, bool enterprise, char *out,
    size_t size)
{
	const struct mongo_major *major = mongo_major_find(to);

	if (major != NULL && major->goes_back)
		snprintf(out, size, T_CARD_BACK, to, from);
	else if (enterprise)
		snprintf(out, size, T_CARD_SUPPORT, to, from);
	else
		snprintf(out, size, T_CARD_ANCHOR, to, from);
}

void
card_after(const char *from, const char *to, bool enterprise, char *out,
    size_t size)
{
	const struct mongo_major *major = mongo_major_find(to);

	if (major != NULL && major->lowers_fcv)
		snprintf(out, size, T_CARD_LOWER, to, from);
	else if (enterprise)
		snprintf(out, size, T_CARD_SUPPORT_ONLY, to);
	else
		snprintf(out, size, T_CARD_RESTORE, to);
}
