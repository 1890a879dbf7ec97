/*
 * A person does it, since the server is where we cannot act.
 */
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "how.h"
#include "text_how.def"

static json_t *
hand_plan(const struct how_task *t, struct err *e)
{
	json_t *args = json_pack("{s:o}", "text", json_sprintf(T_HOW_BY_HAND,
	    t->member, t->to));

	if (args == NULL)
		err_nomem(e);
	return args;
}

const struct how how_hand = {
	.name = "hand",
	.is_by_hand = true,
	.plan = hand_plan,
};
