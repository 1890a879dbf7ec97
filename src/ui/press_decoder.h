/*
 * Inside the decoder only: what is known between two bytes, and the calls
 * between the queue of keys (press.c) and the states (press_states.c).
 */
#ifndef UI_PRESS_DECODER_H
#define UI_PRESS_DECODER_H

#include "press.h"

#define SEQUENCE_MAX	32
/* Nobody types two keys within this: they are one sequence, or Alt. */
#define BURST_MS	20

enum press_state {
	STATE_GROUND, STATE_ESC, STATE_ESC_ESC, STATE_CSI, STATE_LINUX,
	STATE_SS3, STATE_STRING, STATE_STRING_ESC, STATE_UTF8, STATE_LATE,
	STATE_PASTE
};

struct press_learned {
	char		 sequence[SEQUENCE_MAX];
	size_t		 len;
	enum press_code	 code;
};

struct press_decoder {
	struct press	*queue;
	size_t		 head, count, cap;
	struct press_learned *learned;
	size_t		 learned_count;
	enum press_state state;
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

/* A key at the end of the queue; NULL when there is no memory. */
struct press *press_queue_add(struct press_decoder *d, enum press_code code);
/* A key, unless it belongs to what is dropped; a sequence has ended. */
void	 press_emit(struct press_decoder *d, enum press_code code);
/* One character; a mark joins the letter before it. */
void	 press_emit_text(struct press_decoder *d, const char *text,
	     size_t len);
/* What terminfo calls the sequence so far. */
enum press_code press_learned(const struct press_decoder *d);

/* One more byte. */
void	 press_byte(struct press_decoder *d, unsigned char b, int64_t now);
/* Nothing more came in time. */
void	 press_expire(struct press_decoder *d, int64_t now);

#endif
