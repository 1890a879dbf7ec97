/*
 * Sequences of every terminal, whatever its terminfo says: Debian's vt100
 * has no PgUp, vt220 no F5 and no Home, while emulators send them all.
 */
#include "press_sequence.h"

#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

/* CSI n ~: vt220, linux, xterm; 7 and 8 rxvt; 28 is the Help key. */
static const enum press_code tilde_codes[] = {
	[1] = PRESS_HOME, [2] = PRESS_INSERT, [3] = PRESS_DELETE,
	[4] = PRESS_END, [5] = PRESS_PAGE_UP, [6] = PRESS_PAGE_DOWN,
	[7] = PRESS_HOME, [8] = PRESS_END, [11] = PRESS_F1, [12] = PRESS_F2,
	[13] = PRESS_F3, [14] = PRESS_F4, [15] = PRESS_F5, [17] = PRESS_F6,
	[18] = PRESS_F7, [19] = PRESS_F8, [20] = PRESS_F9, [21] = PRESS_F10,
	[23] = PRESS_F11, [24] = PRESS_F12, [28] = PRESS_F1
};

/* CSI and SS3 letters; a to d are rxvt's with Shift or Ctrl. */
static const enum press_code letter_codes[128] = {
	['A'] = PRESS_UP, ['B'] = PRESS_DOWN, ['C'] = PRESS_RIGHT,
	['D'] = PRESS_LEFT, ['H'] = PRESS_HOME, ['F'] = PRESS_END,
	['a'] = PRESS_UP, ['b'] = PRESS_DOWN, ['c'] = PRESS_RIGHT,
	['d'] = PRESS_LEFT, ['P'] = PRESS_F1, ['Q'] = PRESS_F2,
	['R'] = PRESS_F3, ['S'] = PRESS_F4
};

/* The numbers between ESC [ and the last byte; returns how many. */
static int
csi_numbers(const char *seq, size_t len, int out[2])
{
	size_t	 i;
	int	 n = 0;

	out[0] = out[1] = 0;
	for (i = 2; i < len; i++) {
		if (seq[i] == ';')
			n++;
		else if (seq[i] >= '0' && seq[i] <= '9' && n < 2 &&
		    out[n] < 100000)
			out[n] = 10 * out[n] + (seq[i] - '0');
	}
	return n + 1;
}

static bool
is_private(const char *seq)
{
	return seq[2] >= '<' && seq[2] <= '?';
}

/* rxvt ends a key with Shift by '$', elsewhere that is no end. */
bool
press_csi_is_whole(const char *seq, size_t len)
{
	char last = seq[len - 1];

	if (last == '$')
		return (len == 4 || len == 5) && seq[2] >= '0' &&
		    seq[2] <= '9';
	return last >= 0x40;
}

enum press_code
press_letter_code(unsigned char last)
{
	return last < LENGTH(letter_codes) ? letter_codes[last] : PRESS_NONE;
}

enum press_code
press_csi_code(const char *seq, size_t len)
{
	char	 last = seq[len - 1];
	int	 n[2];

	if (is_private(seq))
		return PRESS_NONE;
	if (last == 'Z')
		return PRESS_BACK_TAB;
	if (strchr("~^$@", last) == NULL)
		return press_letter_code((unsigned char)last);
	(void)csi_numbers(seq, len, n);
	return n[0] < (int)LENGTH(tilde_codes) ? tilde_codes[n[0]] :
	    PRESS_NONE;
}

/*
 * CSI row;col R and CSI ? mode;value $ y.  F3 with Shift is CSI 1;2 R: the
 * answer to a question for the last corner never is in row 1.
 */
bool
press_csi_reply(const char *seq, size_t len, struct press *reply)
{
	char	 last = seq[len - 1];
	int	 n[2];

	if (csi_numbers(seq, len, n) != 2)
		return false;
	if (last == 'R' && !is_private(seq) && n[0] > 1 && n[1] > 0) {
		reply->row = n[0];
		reply->col = n[1];
		return true;
	}
	if (last != 'y' || seq[2] != '?' || seq[len - 2] != '$')
		return false;
	reply->mode = n[0];
	reply->value = n[1];
	return true;
}

bool
press_csi_begins_paste(const char *seq, size_t len)
{
	return len == 6 && memcmp(seq, "\033[200~", len) == 0;
}

static bool
is_pasted(const char *s, size_t n)
{
	unsigned char c = (unsigned char)s[0];

	if (n == 1)
		return c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f);
	/* C1 controls are U+0080 to U+009F. */
	return n > 2 || (n == 2 &&
	    (c != 0xc2 || (unsigned char)s[1] >= 0xa0));
}

void
press_paste_clean(struct buf *b)
{
	size_t i = 0, out = 0, n;

	if (b->data == NULL)
		return;
	while (i < b->len) {
		n = str_utf8_len(b->data + i, b->len - i);
		if (b->data[i] == '\r') {
			b->data[out++] = '\n';
			n += i + 1 < b->len && b->data[i + 1] == '\n';
		} else if (is_pasted(b->data + i, n)) {
			memmove(b->data + out, b->data + i, n);
			out += n;
		}
		i += n > 0 ? n : 1;
	}
	explicit_bzero(b->data + out, b->len - out);
	b->len = out;
	b->data[out] = '\0';
}
