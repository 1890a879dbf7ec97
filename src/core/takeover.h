/* Private to src/core: the action job.end_holder. */
#ifndef TAKEOVER_H
#define TAKEOVER_H

#include "stconsole/action.h"

bool	 takeover_probe(struct ctx *ctx, const json_t *args,
	     const json_t *memo, enum probe *found, json_t *seen,
	     struct err *e);
bool	 takeover_act(struct ctx *ctx, const json_t *args,
	     const json_t *memo, struct err *e);

#endif
