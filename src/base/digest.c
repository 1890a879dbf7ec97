#include "stconsole/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

#define PIECE_BYTES	65536

static void
to_hex(const unsigned char *bytes, size_t n, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * n] = '\0';
}

void
digest_sha256(const void *data, size_t len, char hex[DIGEST_HEX_SIZE])
{
	unsigned char md[SHA256_DIGEST_LENGTH];

	SHA256(data, len, md);
	to_hex(md, sizeof(md), hex);
}

void
digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
    char hex[DIGEST_HEX_SIZE])
{
	unsigned char	 md[EVP_MAX_MD_SIZE];
	unsigned int	 n = 0;

	HMAC(EVP_sha256(), key, (int)key_len, data, len, md, &n);
	to_hex(md, n, hex);
}

static bool
digest_fd(int fd, EVP_MD_CTX *md, const char *path, struct err *e)
{
	char	 piece[PIECE_BYTES];
	ssize_t	 n;

	for (;;) {
		n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, T_FILE_READ, path);
		if (n == 0)
			return true;
		if (EVP_DigestUpdate(md, piece, (size_t)n) != 1)
			return err_nomem(e);
	}
}

bool
digest_file(int dirfd, const char *path, char hex[DIGEST_HEX_SIZE],
    struct err *e)
{
	AUTO_CLOSE int	 fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	unsigned char	 out[EVP_MAX_MD_SIZE];
	unsigned int	 n = 0;
	EVP_MD_CTX	*md;
	bool		 ok;

	if (fd < 0)
		return err_sys(e, T_FILE_OPEN, path);
	md = EVP_MD_CTX_new();
	ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
	if (!ok)
		err_nomem(e);
	ok = ok && digest_fd(fd, md, path, e);
	if (ok && EVP_DigestFinal_ex(md, out, &n) != 1)
		ok = err_nomem(e);
	EVP_MD_CTX_free(md);
	if (ok)
		to_hex(out, n, hex);
	return ok;
}

uint32_t
digest_crc32c(const void *data, size_t len)
{
	const unsigned char	*p = data;
	uint32_t		 crc = 0xffffffffu;
	int			 bit;

	/* Bit by bit: journal lines are short and fsync dwarfs this. */
	while (len-- > 0) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1)));
	}
	return ~crc;
}

bool
digest_random_hex(size_t n, char *hex, struct err *e)
{
	unsigned char	 bytes[64];
	ssize_t		 got;

	if (n > sizeof(bytes))
		n = sizeof(bytes);
	got = getrandom(bytes, n, 0);
	if (got != (ssize_t)n)
		return err_sys(e, T_RANDOM);
	to_hex(bytes, n, hex);
	return true;
}
