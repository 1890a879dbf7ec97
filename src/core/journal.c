/*
 * The journal of one job: "CRC32C JSON\n" lines, each on disk before the
 * next phase begins.  A last line without its newline was torn by a kill and
 * is cut off; any other line that does not fit its CRC stops the reader,
 * since what came after it cannot be trusted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "core.h"
#include "text.def"

#define JOURNAL_MAX	(256u << 20)
#define CRC_WIDTH	9		/* eight digits and a space */

struct journal {
	const struct clock	*clock;
	int			 fd;
	int64_t			 seq;
	char			*path;
};

/* The sequence shows a line that was taken out whole. */
static bool
parse_line(const char *line, size_t len, int number, json_t *lines)
{
	unsigned	 crc;
	json_t		*j;

	if (len <= CRC_WIDTH || sscanf(line, "%8x ", &crc) != 1 ||
	    digest_crc32c(line + CRC_WIDTH, len - CRC_WIDTH) != crc)
		return false;
	j = json_parse(line + CRC_WIDTH, len - CRC_WIDTH, NULL);
	if (j == NULL || json_int(j, "seq", 0) != number) {
		json_decref(j);
		return false;
	}
	return json_array_append_new(lines, j) == 0;
}

/* good_bytes: where the whole lines end. */
static json_t *
parse_all(const char *path, const struct buf *text, size_t *good_bytes,
    struct err *e)
{
	AUTO_JSON json_t	*lines = json_array();
	const char		*p = buf_str(text), *end = p + text->len, *nl;
	int			 number = 1;

	for (; p < end; p = nl + 1, number++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			break;
		if (lines == NULL || !parse_line(p, (size_t)(nl - p), number,
		    lines)) {
			err_set(e, ERR_JOURNAL, number, T_JOURNAL_LINE,
			    number, path);
			err_hint(e, T_JOURNAL_LINE_HINT);
			return NULL;
		}
	}
	*good_bytes = (size_t)(p - buf_str(text));
	return TAKE(lines);
}

json_t *
journal_read(const char *path, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct err		 why = { 0 };
	size_t			 good;

	if (!file_read(AT_FDCWD, path, JOURNAL_MAX, &text, &why)) {
		if (why.code == ENOENT)
			return json_array();
		err_copy(e, &why);
		return NULL;
	}
	return parse_all(path, &text, &good, e);
}

static bool
journal_prepare(struct journal *j, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_JSON json_t	*lines = NULL;
	size_t			 good = 0;

	if (!file_read(AT_FDCWD, j->path, JOURNAL_MAX, &text, e))
		return false;
	lines = parse_all(j->path, &text, &good, e);
	if (lines == NULL)
		return false;
	j->seq = (int64_t)json_array_size(lines);
	if (good < text.len && ftruncate(j->fd, (off_t)good) < 0)
		return err_sys(e, "%s", j->path);
	return true;
}

/* The job is named, not the file: DIR/jobs/ID/journal. */
static void
say_held(const char *path, struct err *e)
{
	AUTO_FREE char	*dir = strdup(path);
	char		*slash = dir != NULL ? strrchr(dir, '/') : NULL;

	if (errno != EWOULDBLOCK) {
		err_sys(e, "%s", path);
		return;
	}
	if (slash != NULL)
		*slash = '\0';
	slash = dir != NULL ? strrchr(dir, '/') : NULL;
	err_set(e, ERR_HELD, 0, T_JOURNAL_RUNS, slash != NULL ? slash + 1 :
	    path);
	err_hint(e, T_JOURNAL_RUNS_HINT);
}

/* A new journal whose name is lost in a power cut would hide what was done. */
static bool
sync_name(const char *path, struct err *e)
{
	AUTO_FREE char	*dir = strdup(path);
	char		*slash = dir != NULL ? strrchr(dir, '/') : NULL;

	if (slash == NULL)
		return dir != NULL ? true : err_nomem(e);
	*slash = '\0';
	return file_sync_dir(AT_FDCWD, dir, e);
}

struct journal *
journal_open(const struct clock *clock, const char *path, struct err *e)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL || (j->path = strdup(path)) == NULL) {
		free(j);
		err_nomem(e);
		return NULL;
	}
	j->clock = clock;
	j->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (j->fd < 0) {
		err_sys(e, "%s", path);
	} else if (!lock_fd(j->fd)) {
		say_held(path, e);
	} else if (sync_name(path, e) && journal_prepare(j, e)) {
		return j;
	}
	journal_close(j);
	return NULL;
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	/*
	 * Said in words: a child that another thread has just forked has the
	 * descriptor too, and the lock would last until it execs.
	 */
	if (j->fd >= 0) {
		(void)flock(j->fd, LOCK_UN);
		close(j->fd);
	}
	free(j->path);
	free(j);
}

/*
 * A line that could not be written whole (disk full) is taken back, so that
 * the next one does not stand behind half a line.
 */
static bool
append_durable(struct journal *j, const struct buf *line, struct err *e)
{
	off_t	end = lseek(j->fd, 0, SEEK_END);
	int	ignored;

	if (end >= 0 && file_write_all(j->fd, line->data, line->len, e) &&
	    (fdatasync(j->fd) == 0 || err_sys(e, "%s", j->path)))
		return true;
	if (end < 0)
		return err_sys(e, "%s", j->path);
	ignored = ftruncate(j->fd, end);
	(void)ignored;
	return err_context(e, "%s", j->path);
}

bool
journal_add(struct journal *j, const char *step, const char *phase,
    json_t *data, struct err *e)
{
	AUTO_JSON json_t	*given = data;
	AUTO_JSON json_t	*obj = NULL;
	AUTO_FREE char		*text = NULL;
	AUTO_BUF struct buf	 line = BUF_INIT;
	char			 now[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(j->clock), now);
	obj = json_pack("{s:I, s:s, s:I, s:s, s:s, s:O*}", "seq",
	    (json_int_t)(j->seq + 1), "time", now, "mono",
	    (json_int_t)clock_mono_ms(j->clock), "step", step, "phase",
	    phase, "data", given);
	text = obj != NULL ? json_dumps(obj, JSON_COMPACT) : NULL;
	if (text == NULL)
		return err_nomem(e);
	buf_printf(&line, "%08x %s\n", digest_crc32c(text, strlen(text)),
	    text);
	if (!buf_ok(&line, e) || !append_durable(j, &line, e))
		return false;
	j->seq++;
	return true;
}

bool
journal_is_held(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return false;
	return errno == EWOULDBLOCK;
}
