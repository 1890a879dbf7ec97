/*
 * POSIX ustar in gzip (RFC 1952), written and checked with zlib.  The id of
 * a bundle is the comment of the gzip header: so a file that stands there
 * after a kill is known to be ours or somebody else's.
 */
#include "parts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define BLOCK		512
#define FOLDER		"stconsole-support"
#define COMMENT		"stconsole support bundle "
#define GZIP		(15 + 16)	/* windowBits with a gzip header */
#define OUT_BYTES	65536
#define ARCHIVE_MAX	((size_t)64 << 20)

struct ustar {
	char	name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char	checksum[8], type, link[100], magic[6], version[2];
	char	user[32], group[32], major[8], minor[8], prefix[155];
	char	fill[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a header is one block");

/* A name of more than 100 bytes is parted at a slash. */
static bool
name_put(struct ustar *h, const char *path)
{
	size_t		 len = strlen(path);
	const char	*slash;

	if (len <= sizeof(h->name)) {
		memcpy(h->name, path, len);
		return true;
	}
	slash = strchr(path + len - sizeof(h->name) - 1, '/');
	if (slash == NULL || (size_t)(slash - path) > sizeof(h->prefix))
		return false;
	memcpy(h->prefix, path, (size_t)(slash - path));
	memcpy(h->name, slash + 1, strlen(slash + 1));
	return true;
}

/* Octal with a NUL, as every tar reads it. */
static void
number_put(char *field, size_t size, unsigned long long value)
{
	field[--size] = '\0';
	for (; size > 0; value >>= 3)
		field[--size] = (char)('0' + (value & 7));
}

static void
header_make(struct ustar *h, const struct support_kept *b,
    const struct support_entry *entry, size_t index)
{
	AUTO_FREE char	*path = str_format(FOLDER "/%s", entry->name);
	const char	*bytes = (const char *)h;
	char		 number[48];
	unsigned	 sum = 0;
	size_t		 i;

	memset(h, 0, sizeof(*h));
	if (path == NULL || !name_put(h, path)) {
		snprintf(number, sizeof(number), FOLDER "/long/%zu", index);
		(void)name_put(h, number);
	}
	number_put(h->mode, sizeof(h->mode), 0600);
	number_put(h->uid, sizeof(h->uid), 0);
	number_put(h->gid, sizeof(h->gid), 0);
	number_put(h->size, sizeof(h->size), entry->text.len);
	number_put(h->mtime, sizeof(h->mtime),
	    (unsigned long long)b->made_ms / 1000);
	h->type = '0';
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->checksum, ' ', sizeof(h->checksum));
	for (i = 0; i < sizeof(*h); i++)
		sum += (unsigned char)bytes[i];
	number_put(h->checksum, sizeof(h->checksum) - 1, sum);
}

static bool
deflate_put(z_stream *z, const void *data, size_t len, int flush,
    struct buf *out, struct err *e)
{
	unsigned char	piece[OUT_BYTES];
	int		rc;

	z->next_in = (Bytef *)(uintptr_t)data;
	z->avail_in = (uInt)len;
	do {
		z->next_out = piece;
		z->avail_out = sizeof(piece);
		rc = deflate(z, flush);
		buf_add(out, piece, sizeof(piece) - z->avail_out);
	} while (rc == Z_OK && z->avail_out == 0);
	if (rc == Z_STREAM_ERROR)
		return err_nomem(e);
	return buf_ok(out, e);
}

static bool
entries_put(z_stream *z, const struct support_kept *b, struct buf *out,
    struct err *e)
{
	static const char	zeros[2 * BLOCK];
	struct ustar		header;
	size_t			i, odd;

	for (i = 0; i < b->count; i++) {
		const struct support_entry *entry = &b->entries[i];

		if (entry->is_left_out)
			continue;
		header_make(&header, b, entry, i);
		odd = entry->text.len % BLOCK;
		if (!deflate_put(z, &header, sizeof(header), Z_NO_FLUSH, out,
		    e) || !deflate_put(z, buf_str(&entry->text),
		    entry->text.len, Z_NO_FLUSH, out, e) || (odd > 0 &&
		    !deflate_put(z, zeros, BLOCK - odd, Z_NO_FLUSH, out, e)))
			return false;
	}
	return deflate_put(z, zeros, sizeof(zeros), Z_FINISH, out, e);
}

bool
archive_pack(const struct support_kept *b, const char *id, struct buf *out,
    struct err *e)
{
	char		comment[sizeof(COMMENT) + ARCHIVE_ID_SIZE];
	gz_header	header = { .os = 3, .comment = (Bytef *)comment };
	z_stream	z = { 0 };
	bool		ok;

	snprintf(comment, sizeof(comment), COMMENT "%s", id);
	header.time = (uLong)(b->made_ms / 1000);
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return err_nomem(e);
	ok = deflateSetHeader(&z, &header) == Z_OK &&
	    entries_put(&z, b, out, e);
	deflateEnd(&z);
	return ok;
}

/* Through all of it: only then is it whole. */
static bool
inflates(struct buf *text, char *comment, size_t size)
{
	unsigned char	piece[OUT_BYTES];
	gz_header	header = { .comment = (Bytef *)comment,
			    .comm_max = (uInt)size };
	z_stream	z = { 0 };
	int		rc = Z_OK;

	if (inflateInit2(&z, GZIP) != Z_OK)
		return false;
	z.next_in = (Bytef *)text->data;
	z.avail_in = (uInt)text->len;
	if (inflateGetHeader(&z, &header) == Z_OK)
		while (rc == Z_OK) {
			z.next_out = piece;
			z.avail_out = sizeof(piece);
			rc = inflate(&z, Z_NO_FLUSH);
		}
	inflateEnd(&z);
	return rc == Z_STREAM_END && z.avail_in == 0;
}

bool
archive_is(const char *path, const char *id, bool *is_it, struct err *e)
{
	AUTO_BUF struct buf	text = BUF_INIT;
	char			comment[sizeof(COMMENT) + ARCHIVE_ID_SIZE] = "";

	*is_it = false;
	if (!file_read(AT_FDCWD, path, ARCHIVE_MAX, &text, e))
		return false;
	if (text.len == 0 || !inflates(&text, comment, sizeof(comment) - 1))
		return true;
	*is_it = str_starts(comment, COMMENT) &&
	    strcmp(comment + strlen(COMMENT), id) == 0;
	return true;
}
