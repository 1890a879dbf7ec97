#include "stconsole/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "stconsole/buf.h"
#include "stconsole/msg.h"

#include "text.def"

struct secret {
	size_t	 len;
	char	 bytes[];
};

struct secret *
secret_new(const void *bytes, size_t len, struct err *e)
{
	struct secret *s = malloc(sizeof(*s) + len + 1);

	if (s == NULL) {
		err_nomem(e);
		return NULL;
	}
	/* The lock limit may be 0 for plain users; then it is best effort. */
	memset(s, 0, sizeof(*s) + len + 1);
	(void)mlock(s, sizeof(*s) + len + 1);
	s->len = len;
	if (len > 0)
		memcpy(s->bytes, bytes, len);
	return s;
}

struct secret *
secret_dup(const struct secret *s, struct err *e)
{
	return secret_new(s->bytes, s->len, e);
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	explicit_bzero(s->bytes, s->len);
	(void)munlock(s, sizeof(*s) + s->len + 1);
	free(s);
}

void
secret_free_at(struct secret **s)
{
	secret_free(*s);
}

const char *
secret_reveal(const struct secret *s)
{
	return s->bytes;
}

size_t
secret_len(const struct secret *s)
{
	return s->len;
}

/* One buffer of max + 2 bytes that never moves leaves no copies behind. */
struct secret *
secret_read(int fd, size_t max, struct err *e)
{
	struct buf	 b = BUF_INIT;
	struct secret	*s = NULL;
	ssize_t		 n = 0;

	buf_reserve(&b, max + 2);
	if (!buf_ok(&b, e))
		return NULL;
	while (b.len < max + 2) {
		n = read(fd, b.data + b.len, max + 2 - b.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err_sys(e, T_READ);
		if (n <= 0)
			break;
		b.len += (size_t)n;
	}
	if (b.len > 0 && b.data[b.len - 1] == '\n')
		b.len--;
	if (b.len > 0 && b.data[b.len - 1] == '\r')
		b.len--;
	if (n < 0)
		goto out;
	if (b.len > max)
		err_set(e, ERR_USAGE, 0, T_SECRET_BIG, max);
	else if (memchr(b.data, '\0', b.len) != NULL)
		err_set(e, ERR_USAGE, 0, T_SECRET_NUL);
	else
		s = secret_new(b.data, b.len, e);
out:
	buf_wipe(&b);
	return s;
}

void
secret_protect_process(void)
{
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
