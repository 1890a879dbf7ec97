/*
 * banner.keep: what serve starts and stops at its end.  One failure does not
 * end it: the server that was not there comes back.  But what nobody could
 * refresh is taken away, rather than say "all is well" about another time.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/settings.h"

static bool
round_do(struct ctx *ctx, const char *path, int64_t *written, struct err *e)
{
	bool ok = banner_refresh(ctx, path, NULL, e);

	/* The site's files may have changed: each round opens it anew. */
	ctx_close(ctx);
	if (ok) {
		++*written;
		return true;
	}
	(void)banner_remove(path, NULL);
	return false;
}

bool
banner_keep_direct(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_FREE char	*path = NULL;
	struct err	 last = { 0 };
	int64_t		 every_s, written = 0;
	bool		 ok = true;

	(void)params;
	if (!banner_path(ctx, NULL, &path, e) ||
	    !settings_get_int(ctx, "banner.refresh_s", &every_s, e))
		return false;
	if (every_s > 0) {
		do
			ok = round_do(ctx, path, &written, &last);
		while (cancel_wait(ctx->cancel, (int)every_s * 1000));
		if (!banner_remove(path, e))
			return false;
	}
	/* Being stopped is its end and no failure. */
	if (!ok && last.domain != ERR_CANCELLED)
		return err_copy(e, &last);
	*result = json_pack("{s:I}", "written", (json_int_t)written);
	return *result != NULL || err_nomem(e);
}
