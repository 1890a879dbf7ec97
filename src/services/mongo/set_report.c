/*
 * Reports on paper: what was checked, done or proved, kept beside the jobs of
 * the site.
 */
#include "stconsole/mongo_set.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "text_set.def"

#define NAMES_MAX	100

/* "KIND-20261125T140322.123Z.json", with ".2" and so on when it is taken. */
static char *
report_path(struct ctx *ctx, const char *dir, const char *kind)
{
	char	 iso[CLOCK_ISO_SIZE], *path, *to = iso;
	int	 i;

	clock_iso(clock_wall_ms(ctx->clock), iso);
	for (char *p = iso; *p != '\0'; p++)
		if (*p != '-' && *p != ':')
			*to++ = *p;
	*to = '\0';
	path = str_format("%s/%s-%s.json", dir, kind, iso);
	for (i = 2; path != NULL && i < NAMES_MAX &&
	    file_exists(AT_FDCWD, path); i++) {
		free(path);
		path = str_format("%s/%s-%s.%d.json", dir, kind, iso, i);
	}
	return path;
}

bool
mongo_report_write(struct ctx *ctx, const char *kind, const json_t *report,
    char **path, struct err *e)
{
	AUTO_FREE char	*dir = store_site_path(ctx->store, ctx->site_id,
	    "reports", e);
	AUTO_FREE char	*file = NULL, *text = NULL;
	AUTO_BUF struct buf page = BUF_INIT;

	if (dir == NULL)
		return false;
	file = report_path(ctx, dir, kind);
	text = json_dumps(report, JSON_INDENT(2));
	if (file == NULL || text == NULL)
		return err_nomem(e);
	buf_printf(&page, "%s\n", text);
	if (!buf_ok(&page, e) || !file_write(AT_FDCWD, file, page.data,
	    page.len, 0600, e))
		return err_context(e, T_REPORT);
	*path = TAKE(file);
	return true;
}
