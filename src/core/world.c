/*
 * The world of one program, and a ctx from it for each call.  Nothing here
 * knows who calls.
 */
#include "stconsole/world.h"

#include "stconsole/store.h"

bool
world_open(struct world *w, struct err *e)
{
	w->store = store_open(w->state_wanted, e);
	if (w->store == NULL)
		return false;
	if (!identity_self(NULL, &w->who, e)) {
		world_close(w);
		return false;
	}
	w->read_only = w->read_only || store_is_read_only(w->store);
	return true;
}

void
world_close(struct world *w)
{
	store_close(w->store);
	w->store = NULL;
}

void
world_ctx(const struct world *w, struct cancel *cancel, struct ctx *ctx)
{
	const struct world_hooks *h = w->hooks;

	*ctx = (struct ctx){
		.registry = w->registry, .store = w->store,
		.clock = &clock_system, .cancel = cancel, .who = &w->who,
		.read_only = w->read_only, .site_wanted = w->site_wanted
	};
	if (h == NULL)
		return;
	ctx->prologue = h->prologue;
	ctx->services_end = h->services_end;
	ctx->site_free = h->site_free;
}
