/*
 * Shared by raw*.c.
 */
#ifndef STCONSOLE_MONGO_RAW_PRIVATE_H
#define STCONSOLE_MONGO_RAW_PRIVATE_H

#include "stconsole/mongo_raw.h"

static inline uint32_t
raw_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

#endif
