/*
 * The verb functions of config.*, for the table in show.c.  Private to
 * src/site.
 */
#ifndef STCONSOLE_SITE_CONFIG_H
#define STCONSOLE_SITE_CONFIG_H

#include "stconsole/verb.h"

bool	 config_get_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
bool	 config_set_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);
bool	 config_unset_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);

#endif
