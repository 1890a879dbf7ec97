/*
 * What a check says, in fixed memory.  Names, paths and sentences come from
 * servers and files: control characters are taken out and long text is cut
 * at a character.
 */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stconsole/str.h"

static void
write_text(char *out, size_t size, const char *fmt, va_list ap)
{
	if (size == 0)
		return;
	vsnprintf(out, size, fmt, ap);
	str_cut(out, size - 1);
	str_strip_control(out);
}

void
finding_set(struct finding *f, enum mark mark, const char *fmt, ...)
{
	va_list ap;

	f->mark = mark;
	va_start(ap, fmt);
	write_text(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void
finding_why(struct finding *f, const char *fmt, ...)
{
	size_t	n = strlen(f->reason);
	va_list	ap;

	if (n > 0 && n + 2 < sizeof(f->reason)) {
		memcpy(f->reason + n, "; ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	write_text(f->reason + n, sizeof(f->reason) - n, fmt, ap);
	va_end(ap);
}

void
finding_err(struct finding *f, enum mark mark, const struct err *e)
{
	f->mark = mark;
	finding_why(f, "%s", e->msg);
	if (e->hint[0] != '\0')
		finding_why(f, "%s", e->hint);
}

const char *
mark_name(enum mark mark)
{
	static const char *const names[] = {
		[MARK_OK] = "ok", [MARK_WARN] = "warn",
		[MARK_FAIL] = "fail", [MARK_UNKNOWN] = "unknown"
	};

	return names[mark];
}
