#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../property/patch.h"
#include "stconsole/diff.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two texts divided by a NUL byte; the applied diff gives the second. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t		*middle = memchr(data, '\0', size);
	AUTO_BUF struct buf	 a = BUF_INIT;
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_BUF struct buf	 diff = BUF_INIT;
	AUTO_BUF struct buf	 out = BUF_INIT;

	if (middle == NULL)
		return 0;
	buf_add(&a, data, (size_t)(middle - data));
	buf_add(&b, middle + 1, size - (size_t)(middle - data) - 1);
	if (!diff_unified("a", "b", buf_str(&a), a.len, buf_str(&b), b.len,
	    NULL, NULL, &diff, NULL) || !patch_apply(&a, &diff, &out) ||
	    out.len != b.len ||
	    memcmp(buf_str(&out), buf_str(&b), b.len) != 0)
		abort();
	return 0;
}
