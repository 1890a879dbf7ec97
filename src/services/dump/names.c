/*
 * A collection's name as a file's name, as the official tools write it: Go's
 * url.QueryEscape; what gets longer than 238 bytes is cut at 208, be it in
 * the middle of an escape, and goes on with "%24" and the SHA-1 of the name
 * in base64url (mongo-tools common/util, EscapeCollectionName; facts,
 * mongodb.md 3.1).
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "stconsole/mem.h"

#include "files.h"

#define NAME_MAX_ESCAPED	238
#define NAME_CUT		208

static bool
is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || strchr("-_.~", c) != NULL;
}

static void
hash_add(const char *name, struct buf *out)
{
	static const char	 digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char		 md[SHA_DIGEST_LENGTH];
	unsigned		 bits = 0, count = 0;
	size_t			 i;

	SHA1((const unsigned char *)name, strlen(name), md);
	for (i = 0; i < sizeof(md); i++) {
		bits = bits << 8 | md[i];
		count += 8;
		while (count >= 6) {
			count -= 6;
			buf_putc(out, digits[bits >> count & 63]);
		}
	}
	if (count > 0)
		buf_putc(out, digits[bits << (6 - count) & 63]);
}

void
name_escape(const char *name, struct buf *out)
{
	const size_t	 start = out->len;
	const char	*c;

	for (c = name; *c != '\0'; c++) {
		if (is_plain((unsigned char)*c))
			buf_putc(out, *c);
		else if (*c == ' ')
			buf_putc(out, '+');
		else
			buf_printf(out, "%%%02X", (unsigned char)*c);
	}
	if (out->failed || out->len - start <= NAME_MAX_ESCAPED)
		return;
	out->len = start + NAME_CUT;
	buf_puts(out, "%24");
	hash_add(name, out);
}

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ?
	    c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
name_unescape(const char *file, size_t len, struct buf *out)
{
	size_t	 i;
	int	 high, low;

	for (i = 0; i < len; i++) {
		if (file[i] == '+') {
			buf_putc(out, ' ');
			continue;
		}
		if (file[i] != '%') {
			buf_putc(out, file[i]);
			continue;
		}
		high = i + 2 < len ? hex_value(file[i + 1]) : -1;
		low = high >= 0 ? hex_value(file[i + 2]) : -1;
		if (low < 0 || (high == 0 && low == 0))
			return false;
		buf_putc(out, (char)(high << 4 | low));
		i += 2;
	}
	return !out->failed;
}

bool
name_is_cut(const char *file, size_t len)
{
	return len == NAME_CUT + 3 + 27 &&
	    strncmp(file + NAME_CUT, "%24", 3) == 0;
}

bool
name_is_database(const char *name)
{
	size_t	 len = strlen(name);

	/* manual, Naming Restrictions; and nothing that leaves a folder. */
	return len > 0 && len < 64 && strpbrk(name, "/\\. \"$*<>:|?") == NULL;
}
