#include "stconsole/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
now_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
system_wall_ms(const struct clock *c)
{
	return now_ms(CLOCK_REALTIME) + c->offset_ms;
}

static int64_t
system_mono_ms(const struct clock *c)
{
	return now_ms(CLOCK_MONOTONIC) + c->offset_ms;
}

const struct clock clock_system = { system_wall_ms, system_mono_ms, 0 };

int64_t
clock_wall_ms(const struct clock *c)
{
	return c->wall_ms(c);
}

int64_t
clock_mono_ms(const struct clock *c)
{
	return c->mono_ms(c);
}

void
clock_iso(int64_t wall_ms, char out[CLOCK_ISO_SIZE])
{
	time_t		 s = (time_t)(wall_ms / 1000);
	struct tm	 tm;
	char		 head[20];

	gmtime_r(&s, &tm);
	strftime(head, sizeof(head), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, CLOCK_ISO_SIZE, "%s.%03uZ", head,
	    (unsigned)(wall_ms % 1000) % 1000u);
}
