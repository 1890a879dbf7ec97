/*
 * What each byte does in each state.
 */
#include "press_decoder.h"

#include <string.h>

#include "stconsole/str.h"

#include "press_sequence.h"

#define ESC		0x1b
#define BELL		0x07
/* After a lone ESC was given out its sequence may still come. */
#define LATE_MS		1000
/* A secret is no longer; what grows leaves copies behind. */
#define SECRET_MAX	65536

/* Its ESC stands in front only, so it cannot begin again inside. */
static const char paste_end[] = "\033[201~";

/* --- sequences ---------------------------------------------------------- */

static void
seq_begin(struct press_decoder *d, enum press_state state,
    unsigned char b)
{
	d->seq[0] = (char)b;
	d->len = 1;
	d->state = state;
}

/* One longer than any key keeps its last byte only: it is dropped. */
static void
seq_add(struct press_decoder *d, unsigned char b)
{
	if (d->len < sizeof(d->seq))
		d->len++;
	d->seq[d->len - 1] = (char)b;
}

/* It ends in the middle; the byte begins something else. */
static void
seq_break(struct press_decoder *d, unsigned char b, int64_t now)
{
	d->state = STATE_GROUND;
	d->is_dropped = false;
	press_byte(d, b, now);
}

static void
csi_end(struct press_decoder *d)
{
	struct press	 reply = { .code = PRESS_REPLY };
	struct press	*p;

	if (d->len == sizeof(d->seq))
		press_emit(d, PRESS_NONE);
	else if (press_csi_reply(d->seq, d->len, &reply)) {
		p = press_queue_add(d, PRESS_REPLY);
		if (p != NULL)
			*p = reply;
		d->is_dropped = false;
		d->state = STATE_GROUND;
	} else if (press_csi_begins_paste(d->seq, d->len)) {
		buf_reset(&d->paste);
		buf_reserve(&d->paste, SECRET_MAX);
		d->paste_end = 0;
		d->is_dropped = false;
		d->state = STATE_PASTE;
	} else
		press_emit(d, press_csi_code(d->seq, d->len));
}

static void
csi_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	enum press_code code;

	if (b < 0x20 || b >= 0x7f) {
		seq_break(d, b, now);
		return;
	}
	seq_add(d, b);
	code = press_learned(d);
	if (code != PRESS_NONE)
		press_emit(d, code);
	else if (b == '[' && d->len == 3)
		d->state = STATE_LINUX;
	else if (press_csi_is_whole(d->seq, d->len))
		csi_end(d);
}

/* The linux console: ESC [ [ A is F1. */
static void
linux_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	if (b < 0x20 || b >= 0x7f)
		seq_break(d, b, now);
	else
		press_emit(d, b >= 'A' && b <= 'E' ?
		    (enum press_code)(PRESS_F1 + (b - 'A')) : PRESS_NONE);
}

/* Application keypad: j to o are * + , - . / and p to y are 0 to 9. */
static void
ss3_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	enum press_code	 code;
	char		 key;

	if (b < 0x20 || b >= 0x7f) {
		seq_break(d, b, now);
		return;
	}
	seq_add(d, b);
	code = press_learned(d);
	if (code != PRESS_NONE)
		press_emit(d, code);
	else if ((b >= '0' && b <= '9') || b == ';')
		return;			/* modifiers, as konsole had them */
	else if (b >= 'j' && b <= 'y') {
		key = (char)(b - 'j' + '*');
		press_emit_text(d, &key, 1);
	} else if (b == 'M')
		press_emit(d, PRESS_ENTER);
	else if (b == 'I')
		press_emit(d, PRESS_TAB);
	else
		press_emit(d, press_letter_code(b));
}

/* --- ESC and what follows ----------------------------------------------- */

static bool
is_burst(const struct press_decoder *d, int64_t now)
{
	return now - d->last_at < BURST_MS;
}

/*
 * ESC and a key in one burst is Alt, which is bound to nothing; typed one
 * after the other they are two keys.
 */
static void
esc_other(struct press_decoder *d, unsigned char b, int64_t now)
{
	if (is_burst(d, now)) {
		d->is_dropped = true;
		d->state = STATE_GROUND;
		if (b == 'P' || b == ']' || b == 'X' || b == '^' || b == '_')
			d->state = STATE_STRING;
		else if (b < 0x20 || b == 0x7f)
			d->is_dropped = false;
		else
			press_byte(d, b, now);
		return;
	}
	press_emit(d, PRESS_ESC);
	press_byte(d, b, now);
}

static void
esc_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	enum press_code code;

	if (b == ESC) {
		d->esc_at = now;
		d->state = STATE_ESC_ESC;
		return;
	}
	seq_add(d, b);
	code = press_learned(d);
	if (code != PRESS_NONE)
		press_emit(d, code);
	else if (b == '[')
		d->state = STATE_CSI;
	else if (b == 'O')
		d->state = STATE_SS3;
	else if (b >= '0' && b <= '9')
		press_emit(d, b == '0' ? PRESS_F10 :
		    (enum press_code)(PRESS_F1 + (b - '1')));
	else
		esc_other(d, b, now);
}

/* ESC ESC [ A is an arrow key with Alt; else the first was a key. */
static void
esc_esc_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	if (b != '[' && b != 'O')
		press_emit(d, PRESS_ESC);
	seq_begin(d, STATE_ESC, ESC);
	esc_in(d, b, now);
}

/*
 * "[15~" or "OA" in one burst after an ESC that was given out: the rest of
 * that key.  It meant something else than back, so nothing is done again.
 */
static void
late_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	char first = d->seq[1];

	if (is_burst(d, now) && (press_letter_code(b) != PRESS_NONE ||
	    (first == '[' && ((b >= '0' && b <= '9') || b == '?' ||
	    b == '[')))) {
		d->is_dropped = true;
		d->state = first == '[' ? STATE_CSI : STATE_SS3;
		press_byte(d, b, now);
		return;
	}
	d->was_given = false;
	press_emit_text(d, &first, 1);
	press_byte(d, b, now);
}

static void
string_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	(void)now;
	if (b == BELL || (d->state == STATE_STRING_ESC && b == '\\')) {
		d->is_dropped = false;
		d->state = STATE_GROUND;
	} else
		d->state = b == ESC ? STATE_STRING_ESC : STATE_STRING;
}

/* --- text --------------------------------------------------------------- */

static void
utf8_begin(struct press_decoder *d, unsigned char b)
{
	d->need = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
	if (b < 0xc2 || b > 0xf4)
		d->is_dropped = false;	/* no character begins so */
	else
		seq_begin(d, STATE_UTF8, b);
}

static void
utf8_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	bool is_control;

	if ((b & 0xc0) != 0x80) {
		seq_break(d, b, now);
		return;
	}
	seq_add(d, b);
	if (d->len < d->need)
		return;
	is_control = (unsigned char)d->seq[0] == 0xc2 && b < 0xa0;
	if (str_utf8_len(d->seq, d->len) == d->len && !is_control)
		press_emit_text(d, d->seq, d->len);
	else
		press_emit(d, PRESS_NONE);
}

static void
control_in(struct press_decoder *d, unsigned char b)
{
	struct press *p;

	if (b == '\r' || b == '\n')
		press_emit(d, PRESS_ENTER);
	else if (b == '\t')
		press_emit(d, PRESS_TAB);
	else if (b == 0x7f || b == '\b')
		press_emit(d, PRESS_BACKSPACE);
	else if (b >= 1 && b <= 26) {
		p = press_queue_add(d, PRESS_CTRL);
		if (p != NULL)
			p->text[0] = (char)('A' + b - 1);
	}
}

static void
ground_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	char c = (char)b;

	if (d->was_given && now - d->given_at >= LATE_MS)
		d->was_given = false;
	if (b == ESC) {
		seq_begin(d, STATE_ESC, b);
		d->esc_at = now;
		d->was_given = d->is_dropped = false;
	} else if (d->was_given && (b == '[' || b == 'O')) {
		seq_begin(d, STATE_LATE, ESC);
		seq_add(d, b);
	} else if (b < 0x20 || b == 0x7f)
		control_in(d, b);
	else if (b < 0x80)
		press_emit_text(d, &c, 1);
	else
		utf8_begin(d, b);
}

/* --- paste -------------------------------------------------------------- */

static void
paste_done(struct press_decoder *d)
{
	struct press *p;

	d->state = STATE_GROUND;
	if (d->paste.failed) {
		buf_wipe(&d->paste);
		d->failed = true;
		return;
	}
	press_paste_clean(&d->paste);
	p = press_queue_add(d, PRESS_PASTE);
	if (p == NULL)
		return;
	p->paste = buf_take(&d->paste);
	if (p->paste == NULL) {
		d->count--;
		d->failed = true;
	}
}

static void
paste_add(struct press_decoder *d, const char *bytes, size_t len)
{
	size_t room = PRESS_PASTE_MAX - d->paste.len;

	buf_add(&d->paste, bytes, len < room ? len : room);
}

static void
paste_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	char c = (char)b;

	(void)now;
	if (c == paste_end[d->paste_end]) {
		if (paste_end[++d->paste_end] == '\0')
			paste_done(d);
		return;
	}
	paste_add(d, paste_end, d->paste_end);
	d->paste_end = c == ESC ? 1 : 0;
	if (c != ESC)
		paste_add(d, &c, 1);
}

/* --- the states --------------------------------------------------------- */

void
press_byte(struct press_decoder *d, unsigned char b, int64_t now)
{
	static void (*const states[])(struct press_decoder *d,
	    unsigned char b, int64_t now) = {
		[STATE_GROUND] = ground_in, [STATE_ESC] = esc_in,
		[STATE_ESC_ESC] = esc_esc_in, [STATE_CSI] = csi_in,
		[STATE_LINUX] = linux_in, [STATE_SS3] = ss3_in,
		[STATE_STRING] = string_in, [STATE_STRING_ESC] = string_in,
		[STATE_UTF8] = utf8_in, [STATE_LATE] = late_in,
		[STATE_PASTE] = paste_in
	};

	states[d->state](d, b, now);
}

/* ESC and [ typed by hand, one after the other, are two keys. */
static void
expire_begun(struct press_decoder *d)
{
	bool	 by_hand = d->len == 2 && d->last_at - d->esc_at >= BURST_MS;
	char	 key = d->seq[1];

	if (!by_hand || d->is_dropped) {
		press_emit(d, PRESS_NONE);
		return;
	}
	press_emit(d, PRESS_ESC);
	press_emit_text(d, &key, 1);
}

void
press_expire(struct press_decoder *d, int64_t now)
{
	switch (d->state) {
	case STATE_ESC_ESC:
		press_emit(d, PRESS_ESC);
		/* FALLTHROUGH */
	case STATE_ESC:
		press_emit(d, PRESS_ESC);
		d->was_given = true;
		d->given_at = now;
		break;
	case STATE_CSI:
	case STATE_SS3:
		expire_begun(d);
		break;
	case STATE_LATE:
		d->was_given = false;
		press_emit_text(d, &d->seq[1], 1);
		break;
	case STATE_PASTE:
		paste_add(d, paste_end, d->paste_end);
		paste_done(d);
		break;
	default:
		press_emit(d, PRESS_NONE);
	}
}
