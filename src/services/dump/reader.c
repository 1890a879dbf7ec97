/*
 * Documents from a dump's file.  Nothing in it is believed: not a length, not
 * a checksum, not that the file is over where it seems to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "files.h"
#include "text.def"

#define READ_BYTES	(2u * 1024 * 1024)
#define PACKED_BYTES	(256u * 1024)
#define GZIP_WINDOW	(15 + 16)

struct reader {
	int		 fd;
	char		*name;
	bool		 is_gz, is_over;
	z_stream	 z;
	/* A gzip member has begun, or must: not even an empty collection's
	 * file is empty. */
	bool		 in_member;
	uint8_t		*packed;
	uint8_t		*data;
	size_t		 room, at, len;	/* unread: data[at..len) */
	uint64_t	 offset;	/* of data[at] in the file unpacked */
};

struct reader *
reader_new(int fd, bool is_gz, const char *name, struct err *e)
{
	struct reader	*r = calloc(1, sizeof(*r));

	if (r == NULL) {
		close(fd);
		err_nomem(e);
		return NULL;
	}
	r->fd = fd;
	r->is_gz = r->in_member = is_gz;
	r->room = READ_BYTES;
	r->name = strdup(name);
	r->data = malloc(r->room);
	r->packed = is_gz ? malloc(PACKED_BYTES) : NULL;
	if (r->name == NULL || r->data == NULL ||
	    (is_gz && (r->packed == NULL ||
	    inflateInit2(&r->z, GZIP_WINDOW) != Z_OK))) {
		reader_free(r);
		err_nomem(e);
		return NULL;
	}
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return r;
}

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	if (r->is_gz && r->packed != NULL)
		inflateEnd(&r->z);
	close(r->fd);
	free(r->name);
	free(r->data);
	free(r->packed);
	free(r);
}

static bool
file_piece(struct reader *r, void *to, size_t room, size_t *got,
    struct err *e)
{
	ssize_t	 n;

	do
		n = read(r->fd, to, room);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, T_READ, r->name);
	*got = (size_t)n;
	return true;
}

/* Another member may follow the one that is over (RFC 1952 2.2). */
static bool
gz_input(struct reader *r, bool *over, struct err *e)
{
	size_t	 got;

	*over = false;
	if (r->z.avail_in > 0)
		return true;
	if (!file_piece(r, r->packed, PACKED_BYTES, &got, e))
		return false;
	r->z.next_in = r->packed;
	r->z.avail_in = (uInt)got;
	*over = got == 0;
	if (*over && r->in_member)
		return err_set(e, ERR_REFUSED, 0, T_GZ_CUT, r->name);
	return true;
}

static bool
gz_piece(struct reader *r, void *to, size_t room, size_t *got, struct err *e)
{
	bool	 over;
	int	 rc;

	r->z.next_out = to;
	r->z.avail_out = (uInt)room;
	while (r->z.avail_out == room) {
		if (!gz_input(r, &over, e))
			return false;
		if (over)
			break;
		r->in_member = true;
		rc = inflate(&r->z, Z_NO_FLUSH);
		if (rc == Z_STREAM_END) {
			r->in_member = false;
			inflateReset(&r->z);
		} else if (rc != Z_OK && rc != Z_BUF_ERROR)
			return err_set(e, ERR_REFUSED, 0, T_GZ_BAD, r->name);
	}
	*got = room - r->z.avail_out;
	return true;
}

static bool
fill(struct reader *r, struct err *e)
{
	size_t	 got = 0;

	if (r->is_over)
		return true;
	if (!(r->is_gz ? gz_piece : file_piece)(r, r->data + r->len,
	    r->room - r->len, &got, e))
		return false;
	r->len += got;
	r->is_over = got == 0;
	return true;
}

/* Makes sure that need bytes are there, or the file is over. */
static bool
want(struct reader *r, size_t need, struct err *e)
{
	uint8_t	*more;

	if (r->len - r->at >= need)
		return true;
	memmove(r->data, r->data + r->at, r->len - r->at);
	r->len -= r->at;
	r->at = 0;
	if (need > r->room) {
		if ((more = realloc(r->data, need)) == NULL)
			return err_nomem(e);
		r->data = more;
		r->room = need;
	}
	while (r->len < need && !r->is_over)
		if (!fill(r, e))
			return false;
	return true;
}

static uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static bool
bad_place(const struct reader *r, const char *text, struct err *e)
{
	err_set(e, ERR_REFUSED, 0, T_BAD_PLACE, r->name,
	    (unsigned long long)r->offset, text);
	return err_hint(e, T_BAD_FILE_HINT);
}

/* The first document is here as a whole; *len 0: there is none. */
static bool
first_doc(struct reader *r, uint32_t *len, struct err *e)
{
	*len = 0;
	if (!want(r, 4, e))
		return false;
	if (r->at == r->len)
		return true;
	if (r->len - r->at < 4)
		return bad_place(r, T_BAD_CUT, e);
	*len = le32(r->data + r->at);
	if (*len < 5 || *len > MONGO_BYTES_MAX)
		return bad_place(r, T_BAD_LENGTH, e);
	if (!want(r, *len, e))
		return false;
	if (r->len - r->at < *len)
		return bad_place(r, T_BAD_CUT, e);
	return true;
}

bool
reader_docs(struct reader *r, struct mongo_bytes *docs, size_t max,
    size_t *count, struct err *e)
{
	uint32_t	 len;

	*count = 0;
	if (!first_doc(r, &len, e))
		return false;
	while (len > 0) {
		if (r->data[r->at + len - 1] != 0)
			return bad_place(r, T_BAD_END, e);
		docs[(*count)++] = (struct mongo_bytes){ r->data + r->at,
			len };
		r->at += len;
		r->offset += len;
		if (*count == max || r->len - r->at < 4)
			break;
		/* What is not here as a whole is for the next call. */
		len = le32(r->data + r->at);
		if (len < 5 || len > MONGO_BYTES_MAX)
			return bad_place(r, T_BAD_LENGTH, e);
		if (len > r->len - r->at)
			break;
	}
	return true;
}

bool
reader_bytes(struct reader *r, void *out, size_t len, size_t *got,
    struct err *e)
{
	size_t	 n;

	for (*got = 0; *got < len; *got += n) {
		if (!want(r, 1, e))
			return false;
		n = r->len - r->at;
		if (n == 0)
			break;
		if (n > len - *got)
			n = len - *got;
		memcpy((uint8_t *)out + *got, r->data + r->at, n);
		r->at += n;
		r->offset += n;
	}
	return true;
}

bool
reader_all(int fd, bool is_gz, const char *name, size_t max, struct buf *out,
    struct err *e)
{
	struct reader	*r = reader_new(fd, is_gz, name, e);
	char		 piece[16384];
	size_t		 got = 1;
	bool		 ok = r != NULL;

	while (ok && got > 0) {
		ok = reader_bytes(r, piece, sizeof(piece), &got, e);
		if (ok && out->len + got > max)
			ok = err_set(e, ERR_REFUSED, 0, T_BAD_BIG, name, max);
		if (ok)
			buf_add(out, piece, got);
	}
	reader_free(r);
	return ok && buf_ok(out, e);
}
