/*
 * Any bytes, in any pieces, at any time: the decoder ends, gives out clean
 * text only, and after a pause hears the next key.
 */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/ui/press.h"
#include "stconsole/str.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
is_clean(const char *s, bool is_paste)
{
	size_t i;

	if (!str_is_utf8(s, strlen(s)))
		return false;
	for (i = 0; s[i] != '\0'; i++)
		if (((unsigned char)s[i] < 0x20 || s[i] == 0x7f) &&
		    !(is_paste && (s[i] == '\n' || s[i] == '\t')))
			return false;
	return true;
}

/* Takes what there is; returns the code of the last one. */
static enum press_code
drain(struct press_decoder *d, int64_t now, size_t most)
{
	enum press_code	 last = PRESS_NONE;
	struct press	 p;
	size_t		 n;

	for (n = 0; press_decoder_next(d, now, &p); n++) {
		check(n < most);
		check(p.code != PRESS_NONE && p.code != PRESS_EOF);
		check((p.paste != NULL) == (p.code == PRESS_PASTE));
		check(memchr(p.text, 0, sizeof(p.text)) != NULL);
		check(is_clean(p.code == PRESS_PASTE ? p.paste : p.text,
		    p.code == PRESS_PASTE));
		(void)press_act(&p, PLACE_LIST);
		last = p.code;
		press_fini(&p);
	}
	return last;
}

/* A piece is a byte of length and time, then that many bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct press_decoder	*d = press_decoder_new();
	int64_t			 now = 0;
	size_t			 len, i = 0;

	check(d != NULL);
	setlocale(LC_ALL, "C.UTF-8");
	while (i < size) {
		len = data[i] & 0x1f;
		now += (data[i++] >> 5) * 90;
		if (len > size - i)
			len = size - i;
		check(press_decoder_feed(d, (const char *)data + i, len, now));
		i += len;
		(void)drain(d, now, size + 2);
	}
	now += 5000;
	(void)drain(d, now, size + 2);
	check(press_decoder_due(d, now) == -1);
	now += 5000;
	check(press_decoder_feed(d, "\033[A", 3, now));
	check(drain(d, now, 2) == PRESS_UP);
	press_decoder_free(d);
	return 0;
}
