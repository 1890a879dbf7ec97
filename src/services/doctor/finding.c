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

/* Behind what is there already. */
static void
reason_add(struct finding *f, const char *between, const char *fmt,
    va_list ap)
{
	size_t	n = strlen(f->reason), gap = n > 0 ? strlen(between) : 0;

	if (n + gap + 1 >= sizeof(f->reason))
		return;
	memcpy(f->reason + n, between, gap);
	n += gap;
	write_text(f->reason + n, sizeof(f->reason) - n, fmt, ap);
}

void
finding_why(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reason_add(f, "; ", fmt, ap);
	va_end(ap);
}

void
finding_hint(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reason_add(f, ". ", fmt, ap);
	va_end(ap);
}

void
finding_err(struct finding *f, enum mark mark, const struct err *e)
{
	f->mark = mark;
	finding_why(f, "%s", e->msg);
	if (e->hint[0] != '\0')
		finding_hint(f, "%s", e->hint);
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

const char *
fix_verb(enum fix fix)
{
	static const char *const names[FIX_COUNT] = {
		[FIX_ADMIN_ADD] = "admin.add",
		[FIX_ADMIN_REPAIR] = "admin.repair",
		[FIX_CONFIG_SET] = "config.set",
		[FIX_DIRECTORY_TEST] = "directory.test",
		[FIX_SETTINGS_SET] = "settings.set",
		[FIX_SETUP] = "setup.show",
	};

	return names[fix];
}
