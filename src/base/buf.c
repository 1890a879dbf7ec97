#include "stconsole/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

void
buf_wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_fini(b);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_reserve(struct buf *b, size_t more)
{
	size_t	 need = b->len + more + 1;
	size_t	 cap = b->cap < 64 ? 64 : b->cap;
	char	*data;

	if (b->failed || need <= b->cap)
		return;
	while (cap < need)
		cap += cap / 2;
	data = realloc(b->data, cap);
	if (data == NULL) {
		b->failed = true;
		return;
	}
	data[b->len] = '\0';
	b->data = data;
	b->cap = cap;
}

void
buf_add(struct buf *b, const void *bytes, size_t len)
{
	buf_reserve(b, len);
	if (b->failed || len == 0)
		return;
	memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list	 again;
	int	 len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0) {
		b->failed = true;
		return;
	}
	buf_reserve(b, (size_t)len);
	if (b->failed)
		return;
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	b->len += (size_t)len;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *
buf_str(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

bool
buf_ok(const struct buf *b, struct err *e)
{
	return b->failed ? err_nomem(e) : true;
}

char *
buf_take(struct buf *b)
{
	char *s = b->data;

	if (b->failed) {
		buf_fini(b);
		return NULL;
	}
	if (s == NULL)
		return strdup("");
	*b = (struct buf)BUF_INIT;
	return s;
}
