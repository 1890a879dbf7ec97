/*
 * Inside the terminal only: bytes on their way to it.  Nothing here waits but
 * tty_out_drain, and that not long.
 */
#ifndef UI_TTY_OUT_H
#define UI_TTY_OUT_H

#include <stdint.h>

#include "stconsole/buf.h"

struct tty_out {
	int		 fd;
	bool		 is_ours;	/* opened here */
	bool		 must_switch;	/* else it would block: tty_signal.h */
	bool		 is_gone;	/* nobody is there any more */
	bool		 is_stalled;	/* took a part of pending */
	struct buf	 pending;	/* to be written; append to it */
	size_t		 written;	/* of pending */
	uint64_t	 bytes, writes;
};

/*
 * Another open file of the same terminal, so that O_NONBLOCK is not set for
 * the shell, too.  The descriptor itself where that is not allowed: after su
 * the terminal may belong to somebody else.
 */
int	 tty_out_reopen(int fd, int flags, bool *is_ours);
void	 tty_out_init(struct tty_out *o, int fd);
void	 tty_out_fini(struct tty_out *o);
/* Writes of pending what the terminal takes now. */
void	 tty_out_write(struct tty_out *o);
/* Nothing is left of an earlier write, and the terminal takes more. */
bool	 tty_out_is_ready(struct tty_out *o);
/*
 * For an end or a stop: waits a moment for pending to go, and forgets what
 * did not.
 */
void	 tty_out_drain(struct tty_out *o);

#endif
