#include "prepare.h"
bool
prepare_plan_set(struct prepare_look *l, const struct prepare_wish *w,
    struct plan *plan, struct err *e)
{
	(void)l; (void)w; (void)plan; (void)e;
	return true;
}
