/*
 * The one place that writes to standard output.  A document is built whole
 * and written at once, so that half an answer is never taken for one.
 */
#include "parts.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

/* A closed pipe, or a terminal that hung up. */
static bool
reader_is_gone(int fd)
{
	struct stat st;

	if (errno == EPIPE)
		return true;
	return errno == EIO && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
}

/* False when not all could be written; errno says why. */
static bool
write_all(int fd, const char *text, size_t len)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < len) {
		n = write(fd, text + done, len - done);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	return true;
}

bool
out_text(int fd, const char *text, size_t len, struct err *e)
{
	return write_all(fd, text, len) || reader_is_gone(fd) ||
	    err_sys(e, T_OUT_WRITE);
}

bool
out_followed(int fd, const char *text, size_t len)
{
	return write_all(fd, text, len);
}

bool
out_json(json_t *document, struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*text = document == NULL ? NULL :
				    json_dumps(document, JSON_COMPACT);

	json_decref(document);
	if (text == NULL)
		return err_nomem(e);
	buf_puts(&b, text);
	buf_putc(&b, '\n');
	return buf_ok(&b, e) && out_text(STDOUT_FILENO, buf_str(&b), b.len,
	    e);
}
