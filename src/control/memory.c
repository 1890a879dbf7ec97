/*
 * Values that must not be in a message: secrets, and texts that are too long
 * for one.  They travel as memory files, which have no name and are gone with
 * their last descriptor.
 */
#include "control_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/secret.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

int
memory_make(const void *bytes, size_t len, struct err *e)
{
	int fd = memfd_create("stconsole", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0) {
		err_sys(e, T_MEMORY);
		return -1;
	}
	if (file_write_all(fd, bytes, len, e))
		return fd;
	close(fd);
	return -1;
}

/* Only memory files have seals; a pipe or a slow disk has none. */
static bool
memory_read(int fd, size_t max, struct buf *out, struct err *e)
{
	struct stat	st;
	ssize_t		n;

	if (fd < 0 || fcntl(fd, F_GET_SEALS) < 0 || fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return err_set(e, ERR_JSON, 0, T_MEMORY_KIND);
	if (st.st_size < 0 || (size_t)st.st_size > max)
		return err_set(e, ERR_USAGE, 0, T_MEMORY_SIZE, max);
	buf_reserve(out, (size_t)st.st_size + 1);
	if (!buf_ok(out, e))
		return false;
	while (out->len < (size_t)st.st_size) {
		n = pread(fd, out->data + out->len, (size_t)st.st_size -
		    out->len, (off_t)out->len);
		if (n <= 0)
			return err_set(e, ERR_JSON, 0, T_MEMORY_KIND);
		out->len += (size_t)n;
	}
	out->data[out->len] = '\0';
	return true;
}

/* The pages go when both ends have closed; until then they hold nothing. */
static void
memory_wipe(int fd, size_t len)
{
	static const char	zeros[4096];
	size_t			at, n;

	for (at = 0; at < len; at += n) {
		n = len - at < sizeof(zeros) ? len - at : sizeof(zeros);
		if (pwrite(fd, zeros, n, (off_t)at) != (ssize_t)n)
			return;
	}
}

struct secret *
memory_secret(int fd, struct err *e)
{
	struct buf	 text = BUF_INIT;
	struct secret	*s = NULL;

	if (memory_read(fd, CONTROL_SECRET_MAX, &text, e)) {
		memory_wipe(fd, text.len);
		s = secret_new(buf_str(&text), text.len, e);
	}
	buf_wipe(&text);
	return s;
}

bool
memory_text(int fd, struct buf *out, struct err *e)
{
	if (!memory_read(fd, CONTROL_INPUT_MAX, out, e))
		return false;
	if (!str_is_utf8(buf_str(out), out->len) ||
	    strlen(buf_str(out)) != out->len)
		return err_set(e, ERR_USAGE, 0, T_MEMORY_UTF8);
	return true;
}
