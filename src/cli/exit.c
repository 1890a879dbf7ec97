/*
 * What the exit statuses say, for help and man page; which one a call has is
 * decided in src/core/answer.c.
 */
#include "parts.h"

#include "stconsole/msg.h"
#include "text.def"

static const char *const meanings[EXIT_COUNT] = {
	[EXIT_DONE] = T_EXIT_DONE,
	[EXIT_FAILED] = T_EXIT_FAILED,
	[EXIT_USAGE] = T_EXIT_USAGE,
	[EXIT_REFUSED] = T_EXIT_REFUSED,
	[EXIT_CHANGED] = T_EXIT_CHANGED,
	[EXIT_CANCELLED] = T_EXIT_CANCELLED,
	[EXIT_HELD] = T_EXIT_HELD,
	[EXIT_UNVERIFIED] = T_EXIT_UNVERIFIED,
};

const char *
exit_meaning(enum answer_exit status)
{
	return meanings[status];
}
