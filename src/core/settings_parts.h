/*
 * Private to the settings: the table, the file and the plan share these.
 */
#ifndef CORE_SETTINGS_PARTS_H
#define CORE_SETTINGS_PARTS_H

#include "stconsole/json.h"
#include "stconsole/settings.h"

#include "core.h"

/* --- settings_table.c ------------------------------------------------- */

struct setting {
	struct verb_param	 value;		/* name, what it takes, help */
	const char		*fallback;
};

size_t	 setting_count(void);
const struct setting *setting_at(size_t i);
/* NULL with ERR_USAGE when no setting has that name. */
const struct setting *setting_find(const char *name, struct err *e);
bool	 setting_is_secret(const struct setting *s);
/* ERR_USAGE names the setting and what it takes.  Not for secret ones. */
bool	 setting_check(const struct setting *s, const char *value,
	     struct err *e);

/* --- settings.c ------------------------------------------------------- */

/* STATE/settings.yaml as it is; empty when there is none. */
bool	 settings_read_text(const struct ctx *ctx, struct buf *text,
	     struct err *e);
/* The path of a setting in the file; malloc'd or NULL. */
char	*setting_yaml_path(const char *name);
/* The file of a secret setting; malloc'd or NULL. */
char	*setting_secret_path(const struct ctx *ctx, const char *name);
/*
 * What is set now, NULL when nothing is; of a secret its HMAC.  malloc'd.
 */
bool	 setting_current(const struct ctx *ctx, const struct setting *s,
	     char **value, struct err *e);

/* --- settings_write.c ------------------------------------------------- */

/* Adds the write of one setting; nothing when it is so already. */
bool	 setting_plan_write(struct ctx *ctx, struct plan *plan,
	     const struct setting *s, const char *after, struct err *e);

#endif
