/*
 * Time as a value that is handed in, so that a test can hold it.
 */
#ifndef STCONSOLE_CLOCK_H
#define STCONSOLE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock {
	int64_t	(*wall_ms)(const struct clock *);	/* since 1970, UTC */
	int64_t	(*mono_ms)(const struct clock *);	/* never goes back */
	int64_t	  offset_ms;				/* for tests */
};

extern const struct clock clock_system;

#define CLOCK_ISO_SIZE	25	/* 2026-11-24T14:03:22.123Z and the NUL */

int64_t	 clock_wall_ms(const struct clock *c);
int64_t	 clock_mono_ms(const struct clock *c);
/* RFC 3339, UTC, milliseconds. */
void	 clock_iso(int64_t wall_ms, char out[CLOCK_ISO_SIZE]);

#endif
