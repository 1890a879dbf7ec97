/*
 * Settings of stconsole itself: STATE/settings.yaml, edited losslessly; the
 * ones that are secret live in STATE/secrets/NAME (0600) and are only shown
 * as set or not.  The table of all settings is in src/core/settings.c.
 */
#ifndef STCONSOLE_SETTINGS_H
#define STCONSOLE_SETTINGS_H

#include "stconsole/ctx.h"

/* The value or the table's default; malloc'd.  Unknown name: ERR_USAGE. */
bool	 settings_get(const struct ctx *ctx, const char *name, char **value,
	     struct err *e);
bool	 settings_get_int(const struct ctx *ctx, const char *name,
	     int64_t *value, struct err *e);
/* What a setting can be, "a|b|c"; NULL when it is not one of a few. */
const char *settings_choices(const char *name);
/* *value is NULL when it is not set. */
bool	 settings_get_secret(const struct ctx *ctx, const char *name,
	     struct secret **value, struct err *e);

#endif
