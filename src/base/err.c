#include "stconsole/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

static const char *const domain_names[ERR_DOMAIN_COUNT] = {
#define X(id, name) [ERR_##id] = name,
	ERR_DOMAINS(X)
#undef X
};

void
err_clear(struct err *e)
{
	if (e != NULL)
		memset(e, 0, sizeof(*e));
}

/* A message that had to be cut must not end in half a character. */
static void
err_finish(char *s, size_t size)
{
	if (strlen(s) == size - 1)
		str_cut(s, size - 2);
	for (; *s != '\0'; s++)
		if (*s == '\n' || *s == '\r')
			*s = ' ';
}

bool
err_set(struct err *e, enum err_domain domain, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return false;
	err_clear(e);
	e->domain = domain;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	err_finish(e->msg, sizeof(e->msg));
	return false;
}

bool
err_sys(struct err *e, const char *fmt, ...)
{
	int	 code = errno;
	size_t	 len;
	va_list	 ap;

	if (e == NULL)
		return false;
	err_clear(e);
	e->domain = ERR_SYS;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", strerror(code));
	err_finish(e->msg, sizeof(e->msg));
	errno = code;
	return false;
}

bool
err_nomem(struct err *e)
{
	return err_set(e, ERR_NOMEM, ENOMEM, T_NOMEM);
}

bool
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return false;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	err_finish(e->hint, sizeof(e->hint));
	return false;
}

bool
err_context(struct err *e, const char *fmt, ...)
{
	char	 old[sizeof(e->msg)];
	size_t	 len;
	va_list	 ap;

	if (e == NULL)
		return false;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", old);
	err_finish(e->msg, sizeof(e->msg));
	return false;
}

bool
err_copy(struct err *dst, const struct err *src)
{
	if (dst != NULL && src != NULL && dst != src)
		*dst = *src;
	return false;
}

const char *
err_domain_name(enum err_domain domain)
{
	return domain < ERR_DOMAIN_COUNT ? domain_names[domain] : "none";
}
