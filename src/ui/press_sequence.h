/*
 * Inside the decoder only: what whole sequences mean.  All take the bytes
 * from ESC [ on, len of them, at least 3.
 */
#ifndef UI_PRESS_SEQUENCE_H
#define UI_PRESS_SEQUENCE_H

#include "press.h"

/* Its last byte ends it. */
bool	 press_csi_is_whole(const char *seq, size_t len);
/* PRESS_NONE for one that is no key. */
enum press_code press_csi_code(const char *seq, size_t len);
/* An answer of the terminal: fills row and col, or mode and value. */
bool	 press_csi_reply(const char *seq, size_t len, struct press *reply);
bool	 press_csi_begins_paste(const char *seq, size_t len);
/* The last byte of ESC O x, and of CSI without "~". */
enum press_code press_letter_code(unsigned char last);
/*
 * Line ends become newlines; other controls and broken bytes are left out.
 */
void	 press_paste_clean(struct buf *b);

#endif
