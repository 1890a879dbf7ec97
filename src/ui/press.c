/*
 * The decoder eats each byte at once, in the state that the bytes before it
 * left, and queues keys; only what time decides is decided when the next key
 * is asked for.  A sequence is first known whole by its grammar (ECMA-48),
 * then looked up: what no table knows is swallowed, never typed.
 */
#include "press_decoder.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/utf8.h"

#define ESC		0x1b
/* The rest of a sequence, of a character: a line may stall inside. */
#define REST_MS		500
#define PASTE_MS	2000

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
	buf_wipe(&d->paste);
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
	struct press_learned *more;

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

enum press_code
press_learned(const struct press_decoder *d)
{
	size_t i;

	for (i = 0; i < d->learned_count; i++)
		if (d->learned[i].len == d->len &&
		    memcmp(d->learned[i].sequence, d->seq, d->len) == 0)
			return d->learned[i].code;
	return PRESS_NONE;
}

/* --- the queue ---------------------------------------------------------- */

struct press *
press_queue_add(struct press_decoder *d, enum press_code code)
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
void
press_emit(struct press_decoder *d, enum press_code code)
{
	if (code != PRESS_NONE && !d->is_dropped)
		(void)press_queue_add(d, code);
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

void
press_emit_text(struct press_decoder *d, const char *text, size_t len)
{
	struct press *p;

	if (!d->is_dropped && !joins_last(d, text, len)) {
		p = press_queue_add(d, PRESS_TEXT);
		if (p != NULL)
			memcpy(p->text, text, len);
	}
	d->is_dropped = false;
	d->state = STATE_GROUND;
}

/* --- in and out --------------------------------------------------------- */

bool
press_decoder_feed(struct press_decoder *d, const char *bytes, size_t len,
    int64_t now_ms)
{
	size_t i;

	d->failed = false;
	for (i = 0; i < len; i++) {
		press_byte(d, (unsigned char)bytes[i], now_ms);
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

bool
press_decoder_next(struct press_decoder *d, int64_t now_ms, struct press *p)
{
	if (d->count == 0 && press_decoder_due(d, now_ms) == 0)
		press_expire(d, now_ms);
	if (d->count == 0)
		return false;
	*p = d->queue[d->head];
	explicit_bzero(&d->queue[d->head++], sizeof(*p));
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
