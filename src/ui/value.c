#include "value.h"

#include <string.h>
#include <time.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

#define MINUTE_S	60
#define HOUR_S		3600
#define DAY_S		86400
/* An age is told in the larger unit once there are two of it. */
#define ENOUGH		2

void
value_age_add(int64_t seconds, struct buf *out)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < ENOUGH * MINUTE_S)
		buf_printf(out, T_AGE_S, (long long)seconds);
	else if (seconds < ENOUGH * HOUR_S)
		buf_printf(out, T_AGE_M, (long long)(seconds / MINUTE_S));
	else if (seconds < ENOUGH * DAY_S)
		buf_printf(out, T_AGE_H, (long long)(seconds / HOUR_S));
	else
		buf_printf(out, T_AGE_D, (long long)(seconds / DAY_S));
}

void
value_bytes_add(int64_t bytes, struct buf *out)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double	 amount = (double)bytes;
	size_t	 i = 0;

	for (; amount >= 1000 && i + 1 < LENGTH(units); i++)
		amount /= 1000;
	buf_printf(out, i > 0 && amount < 10 ? "%.1f %s" : "%.0f %s", amount,
	    units[i]);
}

bool
value_time_parse(const char *text, int64_t *ms)
{
	struct tm	 tm = { 0 };
	const char	*rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t		 fraction = 0, scale = 100;

	if (rest == NULL)
		return false;
	if (*rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++) {
			fraction += (*rest - '0') * scale;
			scale /= 10;
		}
	*ms = (int64_t)timegm(&tm) * 1000 + fraction;
	return *rest == 'Z' || *rest == '\0';
}

static bool
time_of(const json_t *j, int64_t *ms)
{
	if (json_is_string(j))
		return value_time_parse(json_string_value(j), ms);
	*ms = json_integer_value(j);
	return json_is_integer(j);
}

/* A time of today by its clock, another with its date. */
static void
time_add(int64_t ms, int64_t now_ms, struct buf *out)
{
	time_t		 at = (time_t)(ms / 1000);
	time_t		 now = (time_t)(now_ms / 1000);
	struct tm	 then, today;
	char		 text[32];

	if (localtime_r(&at, &then) == NULL ||
	    localtime_r(&now, &today) == NULL)
		return;
	if (then.tm_year == today.tm_year && then.tm_yday == today.tm_yday)
		strftime(text, sizeof(text), "%H:%M:%S", &then);
	else
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &then);
	buf_puts(out, text);
}

void
value_add(const json_t *j, enum screen_format format, int64_t now_ms,
    struct buf *out)
{
	int64_t ms;

	if (format == FORMAT_AGE && json_is_integer(j))
		value_age_add(json_integer_value(j), out);
	else if (format == FORMAT_AGE && time_of(j, &ms))
		value_age_add((now_ms - ms) / 1000, out);
	else if (format == FORMAT_TIME && time_of(j, &ms))
		time_add(ms, now_ms, out);
	else if (format == FORMAT_BYTES && json_is_integer(j))
		value_bytes_add(json_integer_value(j), out);
	else if (format == FORMAT_HASH && json_is_string(j))
		buf_printf(out, "%.8s", json_string_value(j));
	else
		screen_value_text(j, out);
}

void
value_name_add(const char *name, struct buf *out)
{
	for (; *name != '\0'; name++)
		buf_putc(out, *name == '_' ? ' ' : *name);
}

static bool
is_leaf(const json_t *j)
{
	const json_t	*one;
	size_t		 i;

	if (json_is_object(j))
		return false;
	json_array_foreach(j, i, one)
		if (json_is_object(one) || json_is_array(one))
			return false;
	return true;
}

static void
member_tell(const char *name, const json_t *j, int indent, struct buf *out)
{
	const char *text = json_string_value(j);

	buf_printf(out, "%*s", indent, "");
	if (name != NULL) {
		value_name_add(name, out);
		buf_putc(out, ':');
	}
	if (text != NULL && strchr(text, '\n') != NULL) {
		buf_printf(out, "\n%s", text);
		if (text[strlen(text) - 1] != '\n')
			buf_putc(out, '\n');
	} else if (is_leaf(j)) {
		buf_puts(out, name != NULL ? " " : "- ");
		screen_value_text(j, out);
		buf_putc(out, '\n');
	} else {
		buf_puts(out, name != NULL ? "\n" : "-\n");
		value_tell(j, indent + 2, out);
	}
}

void
value_tell(const json_t *j, int indent, struct buf *out)
{
	const json_t	*one;
	const char	*name;
	size_t		 i;

	json_array_foreach(j, i, one)
		member_tell(NULL, one, indent, out);
	if (json_is_object(j))
		json_object_foreach((json_t *)(uintptr_t)j, name, one)
			member_tell(name, one, indent, out);
	else if (!json_is_array(j))
		member_tell(NULL, j, indent, out);
}
