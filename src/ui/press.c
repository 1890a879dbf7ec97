/*
 * The decoder eats each byte at once, in the state that the bytes before it
 * left, and queues keys; only what time decides is decided when the next key
 * is asked for.  A sequence is first known whole by its grammar (ECMA-48),
 * then looked up: what no table knows is swallowed, never typed.
 */
#include "press.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/str.h"
#include "stconsole/utf8.h"

#include "press_sequence.h"

#define SEQUENCE_MAX	32
#define ESC		0x1b
#define BELL		0x07
/* The rest of a sequence, of a character: a line may stall inside. */
#define REST_MS		500
#define PASTE_MS	2000
/* Nobody types two keys within this: they are one sequence, or Alt. */
#define BURST_MS	20
/* After a lone ESC was given out its sequence may still come. */
#define LATE_MS		1000

enum state {
	STATE_GROUND, STATE_ESC, STATE_ESC_ESC, STATE_CSI, STATE_LINUX,
	STATE_SS3, STATE_STRING, STATE_STRING_ESC, STATE_UTF8, STATE_LATE,
	STATE_PASTE
};

struct learned {
	char		 sequence[SEQUENCE_MAX];
	size_t		 len;
	enum press_code	 code;
};

struct press_decoder {
	struct press	*queue;
	size_t		 head, count, cap;
	struct learned	*learned;
	size_t		 learned_count;
	enum state	 state;
	char		 seq[SEQUENCE_MAX];	/* since its first byte */
	size_t		 len, need;
	int64_t		 esc_at, last_at, given_at;
	int		 esc_ms;
	bool		 was_given;	/* a lone ESC, at given_at */
	bool		 is_dropped;	/* decoded, but nobody's key */
	bool		 failed;	/* memory */
	struct buf	 paste;
	size_t		 paste_end;	/* bytes of its end mark seen */
};

static const char paste_end[] = "\033[201~";

struct press_decoder *
press_decoder_new(void)
{
	struct press_decoder *d = calloc(1, sizeof(*d));

	if (d != NULL)
		d->esc_ms = 100;
	return d;
}

void
press_decoder_free(struct press_decoder *d)
{
	if (d == NULL)
		return;
	for (; d->count > 0; d->count--)
		press_fini(&d->queue[d->head++]);
	free(d->queue);
	free(d->learned);
	buf_fini(&d->paste);
	free(d);
}

/*
 * Keypad codes stay digits whatever terminfo calls them: vt100's says F5 for
 * the 4 of a keypad, and a digit chooses in menus.
 */
static bool
is_learnable(const char *s, size_t len)
{
	if (len < 2 || len >= SEQUENCE_MAX || s[0] != ESC)
		return false;
	if (len == 2)
		return s[1] >= 'A' && s[1] <= 'Z' && s[1] != 'O';
	return s[1] == '[' || (s[1] == 'O' && !(s[2] >= 'j' && s[2] <= 'y'));
}

bool
press_decoder_learn(struct press_decoder *d, const char *sequence,
    enum press_code code)
{
	size_t		 len = strlen(sequence);
	struct learned	*more;

	if (!is_learnable(sequence, len))
		return true;
	more = realloc(d->learned, (d->learned_count + 1) * sizeof(*more));
	if (more == NULL)
		return false;
	d->learned = more;
	more += d->learned_count++;
	memset(more, 0, sizeof(*more));
	memcpy(more->sequence, sequence, len);
	more->len = len;
	more->code = code;
	return true;
}

void
press_decoder_wait_set(struct press_decoder *d, int esc_ms)
{
	d->esc_ms = esc_ms;
}

/* --- the queue ---------------------------------------------------------- */

static struct press *
queue_add(struct press_decoder *d, enum press_code code)
{
	struct press	*p;
	size_t		 cap = d->cap == 0 ? 16 : 2 * d->cap;

	if (d->head + d->count == d->cap && d->head > 0) {
		memmove(d->queue, d->queue + d->head,
		    d->count * sizeof(*d->queue));
		d->head = 0;
	} else if (d->count == d->cap) {
		p = realloc(d->queue, cap * sizeof(*p));
		if (p == NULL) {
			d->failed = true;
			return NULL;
		}
		d->queue = p;
		d->cap = cap;
	}
	p = &d->queue[d->head + d->count++];
	memset(p, 0, sizeof(*p));
	p->code = code;
	return p;
}

/* A key, unless it belongs to what is dropped. */
static void
emit(struct press_decoder *d, enum press_code code)
{
	if (code != PRESS_NONE && !d->is_dropped)
		(void)queue_add(d, code);
	d->is_dropped = false;
	d->state = STATE_GROUND;
}

/* A mark that follows its letter is one key with it. */
static bool
joins_last(struct press_decoder *d, const char *text, size_t len)
{
	struct press	*last;
	char		 both[sizeof(last->text)];
	size_t		 n;

	if (d->count == 0 || (text[0] & 0x80) == 0)
		return false;
	last = &d->queue[d->head + d->count - 1];
	if (last->code != PRESS_TEXT)
		return false;
	n = strlen(last->text);
	if (n + len >= sizeof(both))
		return false;
	memcpy(both, last->text, n);
	memcpy(both + n, text, len);
	both[n + len] = '\0';
	if (utf8_cluster(both) != n + len)
		return false;
	memcpy(last->text, both, n + len + 1);
	return true;
}

static void
emit_text(struct press_decoder *d, const char *text, size_t len)
{
	struct press *p;

	if (!d->is_dropped && !joins_last(d, text, len)) {
		p = queue_add(d, PRESS_TEXT);
		if (p != NULL)
			memcpy(p->text, text, len);
	}
	d->is_dropped = false;
	d->state = STATE_GROUND;
}

/* --- sequences ---------------------------------------------------------- */

static void byte_in(struct press_decoder *d, unsigned char b, int64_t now);

static void
seq_begin(struct press_decoder *d, enum state state, unsigned char b)
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

static enum press_code
seq_learned(const struct press_decoder *d)
{
	size_t i;

	for (i = 0; i < d->learned_count; i++)
		if (d->learned[i].len == d->len &&
		    memcmp(d->learned[i].sequence, d->seq, d->len) == 0)
			return d->learned[i].code;
	return PRESS_NONE;
}

/* It ends in the middle; the byte begins something else. */
static void
seq_break(struct press_decoder *d, unsigned char b, int64_t now)
{
	d->state = STATE_GROUND;
	d->is_dropped = false;
	byte_in(d, b, now);
}

static void
csi_end(struct press_decoder *d)
{
	struct press	 reply = { .code = PRESS_REPLY };
	struct press	*p;

	if (d->len == sizeof(d->seq))
		emit(d, PRESS_NONE);
	else if (press_csi_reply(d->seq, d->len, &reply)) {
		p = queue_add(d, PRESS_REPLY);
		if (p != NULL)
			*p = reply;
		d->is_dropped = false;
		d->state = STATE_GROUND;
	} else if (press_csi_begins_paste(d->seq, d->len)) {
		buf_reset(&d->paste);
		d->paste_end = 0;
		d->is_dropped = false;
		d->state = STATE_PASTE;
	} else
		emit(d, press_csi_code(d->seq, d->len));
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
	code = seq_learned(d);
	if (code != PRESS_NONE)
		emit(d, code);
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
		emit(d, b >= 'A' && b <= 'E' ?
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
	code = seq_learned(d);
	if (code != PRESS_NONE)
		emit(d, code);
	else if ((b >= '0' && b <= '9') || b == ';')
		return;			/* modifiers, as konsole had them */
	else if (b >= 'j' && b <= 'y') {
		key = (char)(b - 'j' + '*');
		emit_text(d, &key, 1);
	} else if (b == 'M')
		emit(d, PRESS_ENTER);
	else if (b == 'I')
		emit(d, PRESS_TAB);
	else
		emit(d, press_letter_code(b));
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
			byte_in(d, b, now);
		return;
	}
	emit(d, PRESS_ESC);
	byte_in(d, b, now);
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
	code = seq_learned(d);
	if (code != PRESS_NONE)
		emit(d, code);
	else if (b == '[')
		d->state = STATE_CSI;
	else if (b == 'O')
		d->state = STATE_SS3;
	else if (b >= '0' && b <= '9')
		emit(d, b == '0' ? PRESS_F10 :
		    (enum press_code)(PRESS_F1 + (b - '1')));
	else
		esc_other(d, b, now);
}

/* ESC ESC [ A is an arrow key with Alt; else the first was a key. */
static void
esc_esc_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	if (b != '[' && b != 'O')
		emit(d, PRESS_ESC);
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
		byte_in(d, b, now);
		return;
	}
	d->was_given = false;
	emit_text(d, &first, 1);
	byte_in(d, b, now);
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
		emit_text(d, d->seq, d->len);
	else
		emit(d, PRESS_NONE);
}

static void
control_in(struct press_decoder *d, unsigned char b)
{
	struct press *p;

	if (b == '\r' || b == '\n')
		emit(d, PRESS_ENTER);
	else if (b == '\t')
		emit(d, PRESS_TAB);
	else if (b == 0x7f || b == '\b')
		emit(d, PRESS_BACKSPACE);
	else if (b >= 1 && b <= 26) {
		p = queue_add(d, PRESS_CTRL);
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
		emit_text(d, &c, 1);
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
		buf_reset(&d->paste);
		d->failed = true;
		return;
	}
	press_paste_clean(&d->paste);
	p = queue_add(d, PRESS_PASTE);
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

/* The end mark has its ESC in front only, so it cannot begin inside. */
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

/* --- in and out --------------------------------------------------------- */

static void
byte_in(struct press_decoder *d, unsigned char b, int64_t now)
{
	switch (d->state) {
	case STATE_ESC:
		esc_in(d, b, now);
		break;
	case STATE_ESC_ESC:
		esc_esc_in(d, b, now);
		break;
	case STATE_CSI:
		csi_in(d, b, now);
		break;
	case STATE_LINUX:
		linux_in(d, b, now);
		break;
	case STATE_SS3:
		ss3_in(d, b, now);
		break;
	case STATE_STRING:
	case STATE_STRING_ESC:
		string_in(d, b, now);
		break;
	case STATE_UTF8:
		utf8_in(d, b, now);
		break;
	case STATE_LATE:
		late_in(d, b, now);
		break;
	case STATE_PASTE:
		paste_in(d, b, now);
		break;
	default:
		ground_in(d, b, now);
	}
}

bool
press_decoder_feed(struct press_decoder *d, const char *bytes, size_t len,
    int64_t now_ms)
{
	size_t i;

	d->failed = false;
	for (i = 0; i < len; i++) {
		byte_in(d, (unsigned char)bytes[i], now_ms);
		d->last_at = now_ms;
	}
	return !d->failed;
}

static int
wait_ms(const struct press_decoder *d)
{
	switch (d->state) {
	case STATE_ESC:
	case STATE_ESC_ESC:
		return d->esc_ms;
	case STATE_LATE:
		return BURST_MS;
	case STATE_PASTE:
		return PASTE_MS;
	default:
		return REST_MS;
	}
}

/* ESC and [ typed by hand, one after the other, are two keys. */
static void
expire_begun(struct press_decoder *d)
{
	bool	 by_hand = d->len == 2 && d->last_at - d->esc_at >= BURST_MS;
	char	 key = d->seq[1];

	if (!by_hand || d->is_dropped) {
		emit(d, PRESS_NONE);
		return;
	}
	emit(d, PRESS_ESC);
	emit_text(d, &key, 1);
}

static void
expire(struct press_decoder *d, int64_t now)
{
	switch (d->state) {
	case STATE_ESC_ESC:
		emit(d, PRESS_ESC);
		/* FALLTHROUGH */
	case STATE_ESC:
		emit(d, PRESS_ESC);
		d->was_given = true;
		d->given_at = now;
		break;
	case STATE_CSI:
	case STATE_SS3:
		expire_begun(d);
		break;
	case STATE_LATE:
		d->was_given = false;
		emit_text(d, &d->seq[1], 1);
		break;
	case STATE_PASTE:
		paste_add(d, paste_end, d->paste_end);
		paste_done(d);
		break;
	default:
		emit(d, PRESS_NONE);
	}
}

bool
press_decoder_next(struct press_decoder *d, int64_t now_ms, struct press *p)
{
	if (d->count == 0 && press_decoder_due(d, now_ms) == 0)
		expire(d, now_ms);
	if (d->count == 0)
		return false;
	*p = d->queue[d->head++];
	if (--d->count == 0)
		d->head = 0;
	return true;
}

int
press_decoder_due(const struct press_decoder *d, int64_t now_ms)
{
	int64_t at = d->last_at + wait_ms(d);

	if (d->count > 0)
		return 0;
	if (d->state == STATE_GROUND)
		return -1;
	return at <= now_ms ? 0 : (int)(at - now_ms);
}
