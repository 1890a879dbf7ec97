/*
 * The URL in every place of the site, with what makes it take effect.
 */
#include "stconsole/prepare.h"

#include "move.h"
#include "parts.h"

bool
move_switch_expand(struct ctx *ctx, const json_t *args, struct plan *sub,
    struct err *e)
{
	AUTO_MOVE struct move	 m = MOVE_INIT;
	AUTO_SECRET struct secret *url = NULL;

	return move_open(ctx, args, &m, e) && move_phase(&m, "switch", e) &&
	    url_switched(m.from, m.to, &url, e) &&
	    prepare_plan_urls(ctx, sub, url, e);
}
