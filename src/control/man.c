/*
 * stconsole-serve(8).
 */
#include "stconsole/control.h"
#include "stconsole/msg.h"

#include "man.def"

static void
serve_manual(const struct registry *r, struct buf *out)
{
	(void)r;
	buf_puts(out, MAN_SERVE);
}

const struct world_page control_page = { "stconsole-serve.8", serve_manual };
