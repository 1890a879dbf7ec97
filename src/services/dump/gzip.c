/*
 * gzip members.  libdeflate makes the same size in a third of the time and
 * is taken where it is installed; it is looked for at run time, so that
 * nothing needs it (its calls are those of libdeflate.h, 1.0 and later).
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "files.h"
#include "text.def"

#define GZIP_WINDOW	(15 + 16)	/* zlib: 32 kB, with a gzip header */
#define GZIP_ROOM	64		/* header and trailer */

static struct {
	void	*(*compressor_new)(int level);
	size_t	 (*compress)(void *c, const void *in, size_t in_len,
		    void *out, size_t room);
	size_t	 (*bound)(void *c, size_t len);
	void	 (*compressor_free)(void *c);
} fast;

static pthread_once_t	 fast_once = PTHREAD_ONCE_INIT;

struct gz {
	int	 level;
	void	*fast;		/* NULL: zlib */
	uint8_t	*out;
	size_t	 room;
};

static bool
fast_call(void *library, const char *name, void *call)
{
	void	*at = dlsym(library, name);

	memcpy(call, &at, sizeof(at));
	return at != NULL;
}

static void
fast_load(void)
{
	void	*library = dlopen("libdeflate.so.0", RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return;
	if (fast_call(library, "libdeflate_gzip_compress", &fast.compress) &&
	    fast_call(library, "libdeflate_gzip_compress_bound",
	    &fast.bound) && fast_call(library, "libdeflate_free_compressor",
	    &fast.compressor_free))
		fast_call(library, "libdeflate_alloc_compressor",
		    &fast.compressor_new);
}

bool
gz_is_fast(void)
{
	pthread_once(&fast_once, fast_load);
	return fast.compressor_new != NULL;
}

struct gz *
gz_new(int level, struct err *e)
{
	struct gz	*gz = calloc(1, sizeof(*gz));

	if (gz == NULL) {
		err_nomem(e);
		return NULL;
	}
	gz->level = level < 1 || level > 9 ? GZIP_LEVEL : level;
	if (gz_is_fast())
		gz->fast = fast.compressor_new(gz->level);
	return gz;
}

void
gz_free(struct gz *gz)
{
	if (gz == NULL)
		return;
	if (gz->fast != NULL)
		fast.compressor_free(gz->fast);
	free(gz->out);
	free(gz);
}

static bool
gz_room(struct gz *gz, size_t need, struct err *e)
{
	uint8_t	*more;

	if (need <= gz->room)
		return true;
	more = realloc(gz->out, need);
	if (more == NULL)
		return err_nomem(e);
	gz->out = more;
	gz->room = need;
	return true;
}

static size_t
slow_member(struct gz *gz, const void *data, size_t len)
{
	z_stream	 z = { .next_in = (Bytef *)(uintptr_t)data,
		.avail_in = (uInt)len, .next_out = gz->out,
		.avail_out = (uInt)gz->room };
	int		 rc;

	if (deflateInit2(&z, gz->level, Z_DEFLATED, GZIP_WINDOW, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	rc = deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return rc == Z_STREAM_END ? z.total_out : 0;
}

bool
gz_member(struct gz *gz, const void *data, size_t len,
    struct mongo_bytes *out, struct err *e)
{
	size_t	 n;

	if (!gz_room(gz, GZIP_ROOM + (gz->fast != NULL ?
	    fast.bound(gz->fast, len) : compressBound(len)), e))
		return false;
	n = gz->fast != NULL ? fast.compress(gz->fast, data, len, gz->out,
	    gz->room) : slow_member(gz, data, len);
	if (n == 0)
		return err_nomem(e);
	*out = (struct mongo_bytes){ gz->out, (uint32_t)n };
	return true;
}
