/*
 * SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) by OpenSSL, CRC-32C
 * (RFC 3720 B.4) for journal lines.  Any thread.
 */
#ifndef STCONSOLE_DIGEST_H
#define STCONSOLE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "stconsole/err.h"

#define DIGEST_HEX_SIZE	65	/* 64 hex digits and the NUL */

void	 digest_sha256(const void *data, size_t len,
	     char hex[DIGEST_HEX_SIZE]);
void	 digest_hmac(const void *key, size_t key_len, const void *data,
	     size_t len, char hex[DIGEST_HEX_SIZE]);
/* Digest of a whole file relative to dirfd (AT_FDCWD); reads in pieces. */
bool	 digest_file(int dirfd, const char *path, char hex[DIGEST_HEX_SIZE],
	     struct err *e);
uint32_t digest_crc32c(const void *data, size_t len);
/* Random bytes from the kernel as lower-case hex; hex holds 2 * n + 1. */
bool	 digest_random_hex(size_t n, char *hex, struct err *e);

#endif
