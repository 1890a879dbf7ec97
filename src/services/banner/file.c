/*
 * The file of the banner and its time.  The time is a line at the end that
 * nobody compares: it changes every minute, and a screen that scrolls every
 * minute helps nobody.
 */
#include "parts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define FILE_MAX	65536
/* What agetty(8) watches and "agetty --reload" touches (util-linux). */
#define RELOAD		"/run/agetty.reload"

void
banner_stamp(struct buf *out, int64_t wall_ms)
{
	time_t		now = (time_t)(wall_ms / 1000);
	char		at[32];
	struct tm	tm;

	localtime_r(&now, &tm);
	strftime(at, sizeof(at), "%Y-%m-%d %H:%M %Z", &tm);
	buf_printf(out, T_BANNER_AT, at);
	buf_putc(out, '\n');
}

bool
banner_read(const char *path, struct buf *out, struct err *e)
{
	size_t len;

	if (!file_exists(AT_FDCWD, path))
		return true;
	if (!file_read(AT_FDCWD, path, FILE_MAX, out, e))
		return false;
	/* Its last line is the time. */
	for (len = out->len > 0 ? out->len - 1 : 0; len > 0 &&
	    out->data[len - 1] != '\n';)
		len--;
	out->len = len;
	if (out->data != NULL)
		out->data[len] = '\0';
	return true;
}

bool
banner_put_file(struct ctx *ctx, const char *path, const char *text,
    struct err *e)
{
	AUTO_BUF struct buf	 whole = BUF_INIT;
	const char		*slash = strrchr(path, '/');
	AUTO_FREE char		*dir = strndup(path, slash != NULL ?
	    (size_t)(slash - path) : 0);

	if (dir == NULL)
		return err_nomem(e);
	buf_puts(&whole, text);
	banner_stamp(&whole, clock_wall_ms(ctx->clock));
	return buf_ok(&whole, e) && file_make_dirs(dir, 0755, e) &&
	    file_write(AT_FDCWD, path, whole.data, whole.len, 0644, e);
}

/* Where no agetty waits there is nobody to tell. */
void
banner_tell_agetty(const char *path)
{
	AUTO_CLOSE int fd = -1;

	if (!str_equal(path, BANNER_PATH))
		return;
	fd = open(RELOAD, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0)
		(void)futimens(fd, NULL);
}

bool
banner_remove(const char *path, struct err *e)
{
	if (!file_remove(AT_FDCWD, path, e))
		return false;
	banner_tell_agetty(path);
	return true;
}

bool
banner_refresh(struct ctx *ctx, const char *path, bool *changed,
    struct err *e)
{
	AUTO_BUF struct buf	text = BUF_INIT, now = BUF_INIT;
	bool			is_new;

	if (!banner_text(ctx, &text, e) || !banner_read(path, &now, e))
		return false;
	is_new = !str_equal(buf_str(&text), buf_str(&now));
	if (!banner_put_file(ctx, path, buf_str(&text), e))
		return false;
	if (is_new)
		banner_tell_agetty(path);
	if (changed != NULL)
		*changed = is_new;
	return true;
}
