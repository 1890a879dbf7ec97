/*
 * "stconsole serve": no verb, since it answers nothing and ends when it is
 * told to.
 */
#include "parts.h"

#include <unistd.h>

#include "stconsole/control.h"

#include "stconsole/msg.h"
#include "text.def"

int
serve_run(const struct registry *r, const struct cli_options *o,
    const struct world_hooks *hooks)
{
	struct world	w = {
		.registry = r, .hooks = hooks, .state_wanted = o->state,
		.read_only = o->read_only
	};
	struct err	e = { 0 };
	bool		ok;

	if (!world_open(&w, &e))
		return report_error(o->json, &e, NULL);
	/* No folder is kept busy, and none is taken for a deployment. */
	ok = chdir("/") == 0 || err_sys(&e, "/");
	ok = ok && control_serve(&w, &e);
	world_close(&w);
	return ok ? EXIT_DONE : report_error(o->json, &e, NULL);
}
