/*
 * stconsole-console(7): the keys come from the key map.
 */
#include "manual.h"
#include "press.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "console_man.def"

void
console_manual(const struct registry *r, struct buf *out)
{
	enum act act;

	(void)r;
	buf_puts(out, MAN_CONSOLE_HEAD);
	for (act = ACT_NONE + 1; act < ACT_COUNT; act++) {
		AUTO_BUF struct buf keys = BUF_INIT;

		act_keys_all(act, &keys);
		if (keys.len > 0)
			manual_key(out, buf_str(&keys), act_help(act));
	}
	buf_puts(out, MAN_CONSOLE_TAIL);
}
