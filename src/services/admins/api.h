/*
 * A session with the Admin API (facts 2.2, 2.3).
 */
#ifndef ADMINS_API_H
#define ADMINS_API_H

#include "stconsole/ctx.h"

struct api;

#define AUTO_API	__attribute__((cleanup(api_close_at)))

/* refresh, login, refresh: after it working calls are accepted. */
bool	 api_open(struct ctx *ctx, struct api **out, struct err *e);
void	 api_close(struct api *a);
void	 api_close_at(struct api **a);
/* The administrators as the server answers them: an array, new reference. */
bool	 api_list(struct api *a, json_t **array, struct err *e);
bool	 api_insert(struct api *a, const char *email, struct err *e);
bool	 api_delete(struct api *a, const char *id, struct err *e);

#endif
