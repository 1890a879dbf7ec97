/*
 * The last verified backup of a site, as a note in the state folder: an
 * upgrade asks for it, whoever dumped and read back leaves it.
 */
#include "dump.h"

#include <fcntl.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_copy.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "text_backup.def"

#define NOTE_MAX	((size_t)64 << 10)

/* STATE/sites/SITE/backups/latest.json, malloc'd. */
static char *
note_path(struct ctx *ctx, struct err *e)
{
	AUTO_FREE char	*folder = NULL;
	struct site	*site;
	char		*path;

	if (!site_need(ctx, &site, e))
		return NULL;
	folder = store_site_path(ctx->store, ctx->site_id, "backups", e);
	if (folder == NULL)
		return NULL;
	path = str_format("%s/latest.json", folder);
	if (path == NULL)
		err_nomem(e);
	return path;
}

static bool
note_is_whole(const json_t *backup)
{
	return json_str(backup, "dir") != NULL &&
	    json_int(backup, "time_ms", 0) > 0 &&
	    json_is_boolean(json_object_get(backup, "verified")) &&
	    json_str(backup, "hash") != NULL &&
	    json_str(backup, "source_version") != NULL;
}

bool
mongo_backup_note(struct ctx *ctx, const json_t *backup, struct err *e)
{
	AUTO_FREE char	*path = NULL, *text = NULL;

	if (!note_is_whole(backup))
		return err_set(e, ERR_JSON, 0, T_BACKUP_NOTE);
	if ((path = note_path(ctx, e)) == NULL)
		return false;
	if ((text = json_canonical(backup)) == NULL)
		return err_nomem(e);
	return file_write(AT_FDCWD, path, text, strlen(text), 0600, e);
}

bool
mongo_backup_last(struct ctx *ctx, json_t **out, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_FREE char	*path = note_path(ctx, e);
	AUTO_JSON json_t *note = NULL;

	*out = NULL;
	if (path == NULL)
		return false;
	if (!file_exists(AT_FDCWD, path))
		return true;
	if (!file_read(AT_FDCWD, path, NOTE_MAX, &text, e))
		return false;
	note = json_parse(buf_str(&text), text.len, e);
	if (note == NULL)
		return err_context(e, "%s", path);
	if (!note_is_whole(note))
		return err_set(e, ERR_JSON, 0, T_BACKUP_NOTE);
	*out = TAKE(note);
	return true;
}
